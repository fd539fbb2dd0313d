"""The report of `portmap trace`: a block for each port or rule, with a line for each chain; or JSON."""

from collections.abc import Iterator, Sequence
from typing import Final

from portmap._graph.trace import Onward, Trace
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.printable import printable
from portmap._reports.chains import approach_text, onward_text
from portmap._reports.json_text import json_text
from portmap._reports.layout import INDENT, Page, count, join_blocks

VERSION: Final = 1
"""The version of the JSON schema. It changes when a key is removed or gets another meaning."""


def as_json(traces: Sequence[Trace], target: str, cluster: Cluster, unreadable: Sequence[ManifestError] = ()) -> str:
    """Return the traces as JSON text."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": cluster.version,
            "target": target,
            "traces": traces,
            "unreadable": unreadable,
        },
        located=True,
    )


def as_text(traces: Sequence[Trace], page: Page) -> str:
    """Return the traces as text."""
    return join_blocks(_block(trace, page) for trace in traces)


def summary(traces: Sequence[Trace]) -> str:
    """Return how many ports or rules were traced and how many of the chains are broken, in one line."""
    kinds = [trace.kind for trace in traces if trace.leads_nowhere]
    unreached = kinds.count("container-port")
    unresolved = len(kinds) - unreached
    parts = [count(len(traces), "rule" if traces[0].kind == "request" else "port")]
    if unresolved:
        parts.append(f"{unresolved} without endpoints")
    if doubtful := sum(trace.is_doubtful for trace in traces):
        parts.append(f"{doubtful} in doubt")
    if unreached:
        parts.append(f"{unreached} unreached")
    return "; ".join(parts)


def _block(trace: Trace, page: Page) -> Iterator[str]:
    place = trace.subject.object.place
    title = f"{_title(trace)} ({place})" if place else _title(trace)
    yield from map(page.bold, page.wrap(printable(title), hanging=2))
    for approach in trace.approaches:
        yield from page.wrap(f"← {approach_text(approach)}", INDENT, hanging=2)
    if trace.kind == "container-port" and not trace.approaches:
        text = "✗ unreached: only the address of the pod itself leads here"
        yield from map(page.red, page.wrap(text, INDENT, hanging=2))
    for onward in trace.onward:
        yield from _onward(onward, page)


def _title(trace: Trace) -> str:
    subject = trace.subject
    if trace.kind == "request":
        return f"{subject.object} {subject.address}"
    number = f"{subject.port}/{subject.protocol}"
    if trace.kind == "node-port":
        return f"{subject.object} node port {number}"
    if trace.kind == "host-port":
        return f"{subject.object} host port {number}" + (f" of {subject.address}" if subject.address else "")
    container = (trace.container or "(not declared)") if trace.kind == "container-port" else None
    return " ".join(filter(None, (str(subject.object), container, trace.name, number)))


def _onward(onward: Onward, page: Page) -> Iterator[str]:
    place = onward.end.workload.place if onward.end else None
    text = onward_text(onward, [f"({place})"] if place else [])
    if onward.end or onward.beyond:
        yield from page.wrap(f"→ {text}", INDENT, hanging=2)
    elif onward.doubt:
        yield from map(page.yellow, page.wrap(f"? {text}", INDENT, hanging=2))
    else:
        yield from map(page.red, page.wrap(f"✗ {text}", INDENT, hanging=2))
    if onward.hint:
        yield from page.wrap(f"hint: {printable(onward.hint)}", INDENT * 2)
    if onward.doubt:
        yield from page.wrap(f"in doubt: {printable(onward.doubt)}", INDENT * 2)
