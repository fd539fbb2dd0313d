"""`portmap contract` for people: a block for each Service with what became of it, and the plan.

Every line is complete in itself. What is written to a terminal is wrapped to its width,
between words; a line that is piped on stays whole.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from portmap._contract.changes import SEVERITIES, Change, Contract, Step
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._reports.json_text import json_text
from portmap._reports.layout import INDENT, NARROWEST, Paint, wrapped
from portmap._reports.printable import printable

__all__ = ["VERSION", "as_json", "as_text", "summary"]

_WIDEST_COLUMN: Final = 32
_WRONG: Final = frozenset({"breaking", "refused"})


def as_text(contract: Contract, *, width: int | None = None, colour: bool = False) -> str:
    """The comparison as text; `""` where nothing differs.

    Args:
        contract: What to show.
        width: The width of the terminal; `None`: lines are as long as they are.
        colour: Whether what is wrong is red and names are bold.
    """
    width = width and max(width, NARROWEST)
    column = max(
        (len(each.port or "") for each in contract.changes if len(each.port or "") <= _WIDEST_COLUMN), default=0
    )
    blocks = [
        [
            _title(service, colour=colour),
            *(line for each in group for line in _change(each, column, width, colour=colour)),
        ]
        for service, group in groupby(contract.changes, key=lambda change: change.service)
    ]
    if contract.plan:
        blocks.append(list(_plan(contract.plan, width, colour=colour)))
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def summary(contract: Contract, unreadable: int = 0) -> str:
    """What came of it, in one line."""
    services = "1 Service is" if contract.services == 1 else f"{contract.services} Services are"
    parts = [f"{services} in both"]
    if unreadable:
        parts.append("1 file unreadable" if unreadable == 1 else f"{unreadable} files unreadable")
    counts = [f"{len(found)} {severity}" for severity in SEVERITIES if (found := contract.of(severity))]
    parts.append(", ".join(counts) if counts else "nothing differs")
    parts.append("the contract is kept" if contract.kept else "the contract is broken")
    return "; ".join(parts)


def _title(service: str | None, *, colour: bool) -> str:
    name = printable(service) if service is not None else "workloads"
    shown = Paint(colour).bold(name)
    return f"Service {shown}" if service is not None else shown[:1].upper() + shown[1:]


def _change(change: Change, column: int, width: int | None, *, colour: bool) -> Iterator[str]:
    port = printable(change.port or "").ljust(column)
    before = f"{INDENT}{change.severity.ljust(max(map(len, SEVERITIES)))}{INDENT}{port}"
    before = f"{before}{INDENT}" if column else before + INDENT
    whose = f"{', '.join(change.workloads)}: " if change.service is None and change.workloads else ""
    text = printable(f"{whose}{change.message}  [{change.code}]")
    start = len(before)
    if width is not None and start > width // 2:
        # What comes before takes a line of its own.
        yield before.rstrip()
        before, start = " " * 4, 4
    first, *rest = wrapped(text, width, " " * start)
    lines = [before + first.lstrip(), *rest]
    paint = Paint(colour and change.severity in _WRONG)
    yield from (paint.red(line) for line in lines)
    if change.users:
        yield from wrapped(printable(f"used by: {', '.join(change.users)}"), width, " " * (start + 2))
    if change.hint:
        yield from wrapped(printable(f"hint: {change.hint}"), width, " " * (start + 2))


def _plan(plan: Sequence[Step], width: int | None, *, colour: bool) -> Iterator[str]:
    yield Paint(colour).bold("A safe order")
    for number, step in enumerate(plan, 1):
        place = f"Service {step.service}: " if step.service else ""
        before = f"{INDENT}{f'{number}.'.ljust(len(str(len(plan))) + 1)} "
        first, *rest = wrapped(printable(f"{place}{step.action}"), width, " " * len(before))
        yield before + first.lstrip()
        yield from rest


VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(contract: Contract, cluster: Cluster, unreadable: Sequence[ManifestError] = ()) -> str:
    """The comparison as JSON text, in ASCII, with the fields in the order of their names."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": cluster.version,
            "kept": contract.kept,
            "changes": contract.changes,
            "plan": contract.plan,
            "unreadable": unreadable,
            "counts": {"services": contract.services} | {each: len(contract.of(each)) for each in SEVERITIES},
        }
    )
