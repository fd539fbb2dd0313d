"""The report of `portmap contract`: a block for each Service with its changes, then the plan; or JSON.

Each line is complete in itself, so that a report can be searched line by line.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from portmap._contract.changes import SEVERITIES, Change, Contract, Step
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.printable import printable
from portmap._reports.json_text import json_text
from portmap._reports.layout import INDENT, Page, count, join_blocks

VERSION: Final = 1
"""The version of the JSON schema. It changes when a key is removed or gets another meaning."""

_WIDEST_COLUMN: Final = 32
_SEVERITY_COLUMN: Final = max(map(len, SEVERITIES))
_RED: Final = frozenset({"breaking", "refused"})
_PLAIN: Final = Page()


def as_json(contract: Contract, cluster: Cluster, unreadable: Sequence[ManifestError] = ()) -> str:
    """Return the comparison as JSON text."""
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


def as_text(contract: Contract, page: Page = _PLAIN) -> str:
    """Return the comparison as text; `""` if nothing differs."""
    ports = [len(each.port or "") for each in contract.changes]
    column = max((length for length in ports if length <= _WIDEST_COLUMN), default=0)
    blocks = [
        [_title(service, page), *(line for change in changes for line in _change(change, column, page))]
        for service, changes in groupby(contract.changes, key=lambda change: change.service)
    ]
    if contract.plan:
        blocks.append([*_plan(contract.plan, page)])
    return join_blocks(blocks)


def summary(contract: Contract, unreadable: int = 0) -> str:
    """Return what was compared and the result, in one line."""
    services = "1 Service is" if contract.services == 1 else f"{contract.services} Services are"
    parts = [f"{services} in both"]
    if unreadable:
        parts.append(f"{count(unreadable, 'file')} unreadable")
    counts = [f"{len(changes)} {severity}" for severity in SEVERITIES if (changes := contract.of(severity))]
    parts.append(", ".join(counts) if counts else "nothing differs")
    parts.append("the contract is kept" if contract.kept else "the contract is broken")
    return "; ".join(parts)


def _title(service: str | None, page: Page) -> str:
    return page.bold("Workloads") if service is None else f"Service {page.bold(printable(service))}"


def _change(change: Change, column: int, page: Page) -> Iterator[str]:
    port = printable(change.port or "").ljust(column)
    before = f"{INDENT}{change.severity.ljust(_SEVERITY_COLUMN)}{INDENT}{port}{INDENT}"
    workloads = f"{', '.join(change.workloads)}: " if change.service is None and change.workloads else ""
    text = printable(f"{workloads}{change.message}  [{change.code}]")
    start = len(before)
    if page.width is not None and start > page.width // 2:
        # The message takes lines of its own.
        yield before.rstrip()
        before, start = " " * 4, 4
    first, *rest = page.wrap(text, " " * start)
    lines = [before + first.lstrip(), *rest]
    yield from map(page.red, lines) if change.severity in _RED else lines
    if change.users:
        yield from page.wrap(printable(f"used by: {', '.join(change.users)}"), " " * (start + 2))
    if change.hint:
        yield from page.wrap(printable(f"hint: {change.hint}"), " " * (start + 2))


def _plan(plan: Sequence[Step], page: Page) -> Iterator[str]:
    yield page.bold("A safe order")
    for number, step in enumerate(plan, 1):
        service = f"Service {step.service}: " if step.service else ""
        before = f"{INDENT}{f'{number}.'.ljust(len(str(len(plan))) + 1)} "
        first, *rest = page.wrap(printable(f"{service}{step.action}"), " " * len(before))
        yield before + first.lstrip()
        yield from rest
