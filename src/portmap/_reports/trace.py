"""`portmap trace` for people: a block for each port or rule that is meant, a line for each way to it and from it."""

from collections.abc import Iterator, Sequence
from typing import Final

from portmap._graph.trace import Onward, Trace
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._reports.json_text import json_text
from portmap._reports.layout import INDENT, NARROWEST, Paint, approach_text, count, onward_text, wrapped
from portmap._reports.places import Places
from portmap._reports.printable import printable

__all__ = ["VERSION", "as_json", "as_text", "summary"]

_NOTHING_LEADS_THERE = "nothing leads there but the address of the pod itself"


def as_text(traces: Sequence[Trace], places: Places, *, width: int | None = None, colour: bool = False) -> str:
    """The traces as text.

    Args:
        traces: What to show.
        places: Where the objects stand.
        width: The width of the terminal; `None`: lines are as long as they are.
        colour: Whether what leads nowhere is red and names bold.
    """
    width = width and max(width, NARROWEST)
    blocks = (_block(trace, places, width, Paint(colour)) for trace in traces)
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def summary(traces: Sequence[Trace]) -> str:
    """How many were found, and how many of them lead nowhere, in one line."""
    unreached = sum(trace.leads_nowhere for trace in traces if trace.kind == "container-port")
    nowhere = sum(trace.leads_nowhere for trace in traces) - unreached
    found = "rule" if traces[0].kind == "request" else "port"
    parts = [count(len(traces), found)]
    if nowhere:
        parts.append(f"{nowhere} lead{'s' if nowhere == 1 else ''} nowhere")
    if unreached:
        parts.append(f"nothing leads to {unreached}")
    return "; ".join(parts)


def _block(trace: Trace, places: Places, width: int | None, paint: Paint) -> Iterator[str]:
    place = places.get(trace.subject.object)
    shown = printable(f" ({place})") if place else ""
    yield from (paint.bold(line) for line in wrapped(f"{_title(trace)}{shown}", width, "", hanging=2))
    for approach in trace.approaches:
        yield from wrapped(f"← {approach_text(approach)}", width, INDENT, hanging=2)
    if trace.kind == "container-port" and not trace.approaches:
        yield from (paint.red(line) for line in wrapped(f"✗ {_NOTHING_LEADS_THERE}", width, INDENT, hanging=2))
    for onward in trace.onward:
        yield from _onward(onward, places, width, paint)


def _title(trace: Trace) -> str:
    subject = trace.subject
    if trace.kind == "request":
        return printable(f"{subject.object} {subject.address}")
    number = f"{subject.port}/{subject.protocol}"
    if trace.kind == "node-port":
        return printable(f"{subject.object} node port {number}")
    if trace.kind == "host-port":
        return printable(f"{subject.object} host port {number}" + (f" of {subject.address}" if subject.address else ""))
    container = [trace.container or "(not declared)"] if trace.kind == "container-port" else []
    return printable(" ".join([str(subject.object), *container, *([trace.name] if trace.name else []), number]))


def _onward(onward: Onward, places: Places, width: int | None, paint: Paint) -> Iterator[str]:
    place = places.get(onward.end.workload) if onward.end else None
    text = onward_text(onward, [f"({place})"] if place else [])
    missed = onward.end is None and not onward.beyond
    for line in wrapped(f"{'✗' if missed else '→'} {text}", width, INDENT, hanging=2):
        yield paint.red(line) if missed else line
    if onward.hint:
        yield from wrapped(f"hint: {printable(onward.hint)}", width, INDENT * 2)


VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(
    traces: Sequence[Trace], places: Places, target: str, cluster: Cluster, unreadable: Sequence[ManifestError] = ()
) -> str:
    """The traces as JSON text, in ASCII, with the fields in the order of their names."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": cluster.version,
            "target": target,
            "traces": traces,
            "unreadable": unreadable,
        },
        places,
    )
