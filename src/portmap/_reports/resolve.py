"""The report of `portmap resolve`: a block for each Service, a line for each hop to and from its ports; or JSON.

Each line is complete in itself, so that a report can be searched line by line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from portmap._graph.object_name import ObjectName, Place
from portmap._graph.outcomes import PortMiss
from portmap._kubernetes.plain_data import plain_data
from portmap._kubernetes.printable import printable
from portmap._manifests.documents import Document
from portmap._model.ports import ServicePort
from portmap._reports.chains import approach_text, is_own_address
from portmap._reports.invalid_objects import violation_line
from portmap._reports.json_text import json_text, position
from portmap._reports.layout import INDENT, Page, count, join_blocks
from portmap._reports.resolve_data import (
    Backend,
    ResolvedPort,
    ResolvedService,
    ResolveReport,
)

VERSION: Final = 1
"""The version of the JSON schema. It changes when a key is removed or gets another meaning."""

_WIDEST_COLUMN: Final = 48
_DEEPER: Final = " " * 6
_PLAIN: Final = Page()
_NOWHERE: Final = Place("")


# --- JSON ------------------------------------------------------------------------------------------------------


def as_json(report: ResolveReport) -> str:
    """Return the report as JSON text."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": report.cluster.version,
            "services": [_service_data(each) for each in report.services],
            "invalidWorkloads": [
                {**_identity(each, ObjectName.of(each.raw)), "violations": _violations(each)}
                for each in report.invalid_workloads
            ],
            "unreadable": report.unreadable,
            "counts": {
                "services": len(report.services),
                "invalidServices": report.invalid_services,
                "portsLeadingNowhere": report.ports_without_endpoints,
                "portsInDoubt": report.ports_in_doubt,
                "skipped": len(report.skipped),
                "workloads": report.workloads,
                "pods": report.pods,
                "invalidWorkloads": len(report.invalid_workloads),
                "others": report.others,
                "unreadable": len(report.unreadable),
            },
        }
    )


def _identity(document: Document, name: ObjectName) -> dict[str, object]:
    return {**plain_data(name), **plain_data(Place(document.source, document))}


def _service_data(service: ResolvedService) -> dict[str, object]:
    return {
        **_identity(service.document, service.name),
        "elsewhere": service.elsewhere,
        "renderedBy": service.rendered_by,
        "leadsNowhere": bool(service.ports_without_endpoints or service.document.violations),
        "ports": [_port_data(each) for each in service.ports],
        "violations": _violations(service.document),
    }


def _port_data(resolved: ResolvedPort) -> dict[str, object]:
    port = resolved.port
    return {
        "name": port and port.name,
        "port": port and port.port,
        "protocol": port and port.effective_protocol,
        "nodePort": (port and port.node_port) or None,
        "targetPort": port and port.effective_target_port,
        "approaches": resolved.approaches,
        "beyond": resolved.outcome.addresses,
        "doubt": resolved.outcome.doubt,
        "endpoints": resolved.backends,
        "misses": [_miss_data(each) for each in resolved.outcome.misses],
    }


def _miss_data(located: PortMiss) -> dict[str, object]:
    miss, place = located.miss, located.subject and located.subject.place
    return {
        "code": miss.code,
        "message": miss.message,
        "hint": miss.hint,
        "pod": None if miss.workload else miss.pod,
        "workload": miss.workload,
        "source": place and place.source,
        "line": place and place.line,
    }


def _violations(document: Document) -> list[dict[str, object]]:
    return [{**plain_data(each), **position(document.span(each.field))} for each in document.violations]


# --- text ------------------------------------------------------------------------------------------------------


class _Line(NamedTuple):
    """One line of the text, before layout.

    Attributes:
        port: The Service port.
        mark: `←` for what leads to the port, `→` for a backend, `✗` for a miss, `?` for one in doubt.
        cells: Pod or workload, container, number, and the place if only that tells backends apart; or one text.
        notes: How to fix a miss, and why it may be right, on lines of their own.
    """

    port: str
    mark: str
    cells: tuple[str, ...]
    notes: tuple[str, ...] = ()


def as_text(report: ResolveReport, page: Page = _PLAIN) -> str:
    """Return the report as text; `""` if there is no Service."""
    blocks = [(service, [*_lines(service.ports)]) for service in report.services]
    columns = _columns(line for _, lines in blocks for line in lines)
    return join_blocks(_block(service, lines, columns, page) for service, lines in blocks)


def table(ports: Sequence[ResolvedPort]) -> str:
    """Return the ports of one Service as text: a line for each backend, and one for each miss."""
    lines = [*_lines(ports)]
    columns = _columns(lines)
    return "".join(f"{text}\n" for line in lines for text in _laid_out(line, columns, _PLAIN))


def summary(report: ResolveReport) -> str:
    """Return what was read and what is wrong with it, in one line."""
    read = [count(len(report.services), "Service"), count(report.workloads, "workload")]
    if report.pods:
        read.append(count(report.pods, "pod"))
    read.append(count(report.others, "other object"))
    lost = report.ports_without_endpoints
    lacks_pods = any(each.ports and each.elsewhere is None for each in report.services)
    skipped = ", ".join(dict.fromkeys(report.skipped))
    remarks = [
        (report.skipped, f"{len(report.skipped)} skipped ({skipped})"),
        (len(report.unreadable), f"{count(len(report.unreadable), 'file')} unreadable"),
        (report.invalid_services, count(report.invalid_services, "invalid Service")),
        (
            len(report.invalid_workloads),
            count(len(report.invalid_workloads), "invalid workload or pod", "invalid workloads or pods"),
        ),
        (lost, f"{count(lost, 'port')} without endpoints"),
        (report.ports_in_doubt, f"{count(report.ports_in_doubt, 'port')} in doubt"),
        (lacks_pods and not report.workloads + report.pods, "there are no pods or workloads in the input"),
    ]
    return "; ".join([", ".join(read), *(remark for applies, remark in remarks if applies)])


def _lines(ports: Sequence[ResolvedPort]) -> Iterator[_Line]:
    """Yield a line for each approach, backend and miss of these ports; a note is given once."""
    ambiguous = _ambiguous_labels(ports)
    noted: set[tuple[str, str]] = set()
    for resolved in ports:
        port = _port_text(resolved.port)
        for approach in resolved.approaches:
            if not is_own_address(approach):
                yield _Line(port, "←", (approach_text(approach),))
        outcome = resolved.outcome
        if outcome.addresses is not None:
            yield _Line(port, "→", (printable(outcome.addresses),))
        for backend in resolved.backends:
            yield _Line(port, "→", _backend_cells(backend, with_place=backend.label in ambiguous))
        doubt = outcome.doubt and f"in doubt: {outcome.doubt}"
        for located in outcome.misses:
            text, hint = _miss_text(located, with_place=_label(located) in ambiguous), located.miss.hint
            notes = [(text, note) for note in (hint and f"hint: {hint}", doubt) if note and (text, note) not in noted]
            mark = "?" if resolved.is_in_doubt else "✗"
            yield _Line(port, mark, (text,), tuple(printable(note) for _, note in notes))
            noted.update(notes)
        if doubt and not outcome.misses:
            yield _Line(port, "?", (printable(doubt),))


def _ambiguous_labels(ports: Sequence[ResolvedPort]) -> set[str | None]:
    """Return the labels that several selected pods or workloads share: only their places tell them apart."""
    places: set[tuple[str, Place | None]] = {
        (each.label, each.place) for resolved in ports for each in resolved.backends
    }
    missed = {
        (label, each.subject.place if each.subject else _NOWHERE)
        for resolved in ports
        for each in resolved.outcome.misses
        if (label := _label(each))
    }
    counts = Counter(label for label, _ in places | missed)
    return {label for label, number in counts.items() if number > 1}


def _label(located: PortMiss) -> str | None:
    """Return `Deployment/web` or `Pod/web-0`; `None` if the miss is about no pod."""
    return located.miss.workload or (f"Pod/{located.miss.pod}" if located.miss.pod else None)


def _miss_text(located: PortMiss, *, with_place: bool) -> str:
    message, place = located.miss.message, str(located.subject and located.subject.place)
    return printable(f"{message} ({place})" if with_place and place not in message else message)


def _port_text(port: ServicePort | None) -> str:
    if port is None:
        return "no ports"
    name = f"{port.name} " if port.name else ""
    return printable(f"{name}{port.port}/{port.effective_protocol}")


def _backend_cells(backend: Backend, *, with_place: bool) -> tuple[str, ...]:
    place = [f"({printable(str(backend.place))})"] if with_place else []
    ready = "" if backend.ready else ", not ready"
    if backend.port is None:
        return (printable(f"{backend.label}{ready}"), *place)
    container = printable(backend.container or "(not declared)")
    return printable(backend.label), container, f"{backend.port}/{backend.protocol}{ready}", *place


def _columns(lines: Iterable[_Line]) -> list[int]:
    """Return the widths of the columns, that of the ports first; a very long cell does not widen its column."""
    columns = [0] * 4
    for line in lines:
        # The last cell of a line needs no column.
        for column, cell in enumerate((line.port, *line.cells[:-1])):
            if columns[column] < len(cell) <= _WIDEST_COLUMN:
                columns[column] = len(cell)
    return columns


def _block(service: ResolvedService, lines: Sequence[_Line], columns: Sequence[int], page: Page) -> Iterator[str]:
    document = service.document
    namespace = f"{service.name.namespace}/" if service.name.namespace else ""
    name = printable(f"{namespace}{service.name.name or '(no name)'}")
    rendered = f", rendered by {service.rendered_by}" if service.rendered_by else ""
    place = f"({printable(f'{service.place}{rendered}')}){' is invalid' if document.violations else ''}"
    if page.width is not None and len(f"{document.kind} {name} {place}") > page.width:
        yield f"{document.kind} {page.bold(name)}"
        yield from page.wrap(place, _DEEPER)
    else:
        yield f"{document.kind} {page.bold(name)} {place}"
    for violation in document.violations:
        yield from map(page.red, page.wrap(printable(violation_line(document, violation)), INDENT))
        if violation.hint:
            yield from page.wrap(f"hint: {printable(violation.hint)}", _DEEPER)
    if service.elsewhere is not None:
        yield from page.wrap(printable(service.elsewhere), INDENT)
    for line in lines:
        yield from _laid_out(line, columns, page)


def _laid_out(line: _Line, columns: Sequence[int], page: Page) -> Iterator[str]:
    first, *others = columns
    before = f"{INDENT}{line.port.ljust(first)}{INDENT}"
    start = len(before)
    aligned = [cell.ljust(column) for cell, column in zip(line.cells[:-1], others, strict=False)]
    text = f"{line.mark} {INDENT.join([*aligned, line.cells[-1]])}"
    if page.width is not None and start + len(text) > page.width:
        text = f"{line.mark} {INDENT.join(line.cells)}"
        longest = max(map(len, text.split()), default=0)
        if start > page.width // 2 or start + len(INDENT) + longest > page.width:
            # The port takes a line of its own.
            yield before.rstrip()
            before, start = "", 4
    beginning, *rest = page.wrap(text, " " * start, hanging=2)
    beginning = beginning.lstrip()
    paint = {"✗": page.red, "?": page.yellow}.get(line.mark, str)
    yield before.ljust(start) + paint(beginning)
    yield from map(paint, rest)
    for note in line.notes:
        yield from page.wrap(note, " " * (start + 2))
