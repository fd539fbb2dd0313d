"""`portmap resolve` for people: a block for each Service, a line for all that leads to a port or is reached by it.

Every line is complete in itself, so that the report can be searched line by line. What is written
to a terminal is wrapped to its width, between words; a line that is piped on stays whole.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, final

import attrs

from portmap._graph.object_name import ObjectName
from portmap._kubernetes.plain_data import plain_data
from portmap._manifests.documents import Document
from portmap._model.ports import ServicePort
from portmap._reports.invalid_objects import violation_line
from portmap._reports.json_text import json_text, position
from portmap._reports.layout import INDENT, NARROWEST, Paint, approach_text, count, is_own_address, wrapped
from portmap._reports.places import Place
from portmap._reports.printable import printable
from portmap._reports.resolve_data import Missed, Reached, Report, Route, ServiceRoutes

__all__ = ["VERSION", "as_json", "as_text", "summary", "table"]

_WIDEST_COLUMN: Final = 48
_DEEPER: Final = " " * 6


@final
@attrs.frozen
class _Line:
    """One line before it is laid out.

    Attributes:
        port: The Service port.
        cells: What it reaches: pod or workload, container, number, and the place where only that tells
            it from others; or one text that says why nothing.
        mark: What stands between the two.
        hint: What was probably meant; on a line of its own.
    """

    port: str
    cells: tuple[str, ...]
    mark: str
    hint: str | None = None

    @property
    def is_miss(self) -> bool:
        return self.mark == "✗"


def as_text(report: Report, *, width: int | None = None, colour: bool = False) -> str:
    """The report as text; `""` where there is no Service.

    Args:
        report: What to show.
        width: The width of the terminal; `None`: lines are as long as they are.
        colour: Whether misses are red and names bold.
    """
    paint = Paint(colour)
    blocks = [(service, list(_lines(service.routes))) for service in report.services]
    columns = _columns(line for _, lines in blocks for line in lines)
    width = width and max(width, NARROWEST)
    return "\n".join(
        "".join(f"{line}\n" for line in _block(service, lines, columns, width, paint)) for service, lines in blocks
    )


def table(routes: Sequence[Route]) -> str:
    """Where the ports of one Service lead, a line for each port and what it reaches, and for each reason why not."""
    lines = list(_lines(routes))
    columns = _columns(lines)
    return "".join(f"{text}\n" for line in lines for text in _laid_out(line, columns, None, Paint(on=False)))


def summary(report: Report) -> str:
    """What was read and what came of it, in one line."""
    read = [count(len(report.services), "Service"), count(report.workloads, "workload")]
    if report.pods:
        read.append(count(report.pods, "pod"))
    read.append(count(report.others, "other object"))
    nowhere = report.ports_leading_nowhere
    selecting = any(each.leads_nowhere for each in report.services if each.elsewhere is None)
    remarks = [
        (len(report.unreadable), f"{count(len(report.unreadable), 'file')} unreadable"),
        (report.invalid_services, count(report.invalid_services, "invalid Service")),
        (len(report.invalid_workloads), _invalid(len(report.invalid_workloads))),
        (nowhere, f"{count(nowhere, 'port')} lead{'s' if nowhere == 1 else ''} nowhere"),
        (selecting and not report.workloads + report.pods, "there are no pods or workloads in the input"),
    ]
    return "; ".join([", ".join(read), *(remark for applies, remark in remarks if applies)])


def _invalid(number: int) -> str:
    return "1 invalid workload or pod" if number == 1 else f"{number} invalid workloads or pods"


# --- what there is to say --------------------------------------------------------------------------------------


def _lines(routes: Sequence[Route]) -> Iterator[_Line]:
    """A line for each port and what it reaches, and for each reason why it reaches nothing."""
    several = _called_alike(routes)
    told: set[tuple[str, str | None]] = set()
    for route in routes:
        port = _port(route.port)
        for each in route.approaches:
            if not is_own_address(each):
                yield _Line(port, (approach_text(each),), "←")
        if route.beyond is not None:
            yield _Line(port, (printable(route.beyond),), "→")
        for reached in route.reached:
            yield _Line(port, _cells(reached, with_place=reached.called in several), "→")
        for missed in route.misses:
            text = _reason(missed, with_place=missed.called in several)
            hint = missed.miss.hint if (text, missed.miss.hint) not in told else None
            told.add((text, missed.miss.hint))
            yield _Line(port, (text,), "✗", hint and printable(hint))


def _called_alike(routes: Sequence[Route]) -> set[str | None]:
    """What several of the pods or workloads are called that a Service selects: only their places tell them apart."""
    found = {(each.called, each.place) for route in routes for each in route.reached}
    missed = {(each.called, each.place) for route in routes for each in route.misses if each.called}
    counts = Counter(called for called, _ in found | missed)
    return {called for called, count in counts.items() if count > 1}


def _reason(missed: Missed, *, with_place: bool) -> str:
    message, place = missed.miss.message, str(missed.place)
    return printable(f"{message} ({place})" if with_place and place not in message else message)


def _port(port: ServicePort | None) -> str:
    if port is None:
        return "no ports"
    named = f"{port.name} " if port.name else ""
    return printable(f"{named}{port.port}/{port.effective_protocol}")


def _cells(reached: Reached, *, with_place: bool) -> tuple[str, ...]:
    place = [f"({printable(str(reached.place))})"] if with_place else []
    ready = "" if reached.ready else ", not ready"
    if reached.port is None:
        return (printable(f"{reached.called}{ready}"), *place)
    return (
        printable(reached.called),
        printable(reached.container or "(not declared)"),
        f"{reached.port}/{reached.protocol}{ready}",
        *place,
    )


# --- how it is laid out ----------------------------------------------------------------------------------------


def _columns(lines: Iterable[_Line]) -> list[int]:
    """The widths of the columns, that of the ports first; a cell that is very long sticks out of its own."""
    columns = [0] * 4
    for line in lines:
        # What stands last needs no column.
        for column, cell in enumerate((line.port, *line.cells[:-1])):
            if columns[column] < len(cell) <= _WIDEST_COLUMN:
                columns[column] = len(cell)
    return columns


def _block(
    service: ServiceRoutes, lines: Sequence[_Line], columns: Sequence[int], width: int | None, paint: Paint
) -> Iterator[str]:
    document = service.document
    name = printable(f"{service.namespace}/" if service.namespace else "") + printable(document.name or "(no name)")
    invalid = " is invalid" if document.violations else ""
    place = f"({printable(str(service.place))}){invalid}"
    title = f"{document.kind} {name} {place}"
    if width is not None and len(title) > width:
        yield f"{document.kind} {paint.bold(name)}"
        yield from wrapped(place, width, _DEEPER)
    else:
        yield f"{document.kind} {paint.bold(name)} {place}"
    for violation in document.violations:
        text = printable(violation_line(document, violation))
        yield from (paint.red(line) for line in wrapped(text, width, INDENT))
        if violation.hint:
            yield from wrapped(f"hint: {printable(violation.hint)}", width, _DEEPER)
    if service.elsewhere is not None:
        yield from wrapped(printable(service.elsewhere), width, INDENT)
    for line in lines:
        yield from _laid_out(line, columns, width, paint)


def _laid_out(line: _Line, columns: Sequence[int], width: int | None, paint: Paint) -> Iterator[str]:
    first, *others = columns
    before = f"{INDENT}{line.port.ljust(first)}{INDENT}"
    start = len(before)
    aligned = [cell.ljust(column) for cell, column in zip(line.cells[:-1], others, strict=False)]
    text = f"{line.mark} {INDENT.join([*aligned, line.cells[-1]])}"
    if width is not None and start + len(text) > width:
        text = f"{line.mark} {INDENT.join(line.cells)}"
        longest = max(map(len, text.split()), default=0)
        if start > width // 2 or start + len(INDENT) + longest > width:
            # The port takes a line of its own.
            yield before.rstrip()
            before, start = "", 4
    beginning, *rest = wrapped(text, width, " " * start, hanging=2)
    beginning = beginning.lstrip()
    yield before.ljust(start) + (paint.red(beginning) if line.is_miss else beginning)
    yield from (paint.red(each) if line.is_miss else each for each in rest)
    if line.hint:
        yield from wrapped(f"hint: {line.hint}", width, " " * (start + 2))


VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(report: Report) -> str:
    """The report as JSON text, in ASCII, with the fields in the order of their names."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": report.cluster.version,
            "services": [_service(each) for each in report.services],
            "invalidWorkloads": [
                {**_identity(each, _namespace(each)), "violations": _violations(each)}
                for each in report.invalid_workloads
            ],
            "unreadable": report.unreadable,
            "counts": {
                "services": len(report.services),
                "invalidServices": report.invalid_services,
                "portsLeadingNowhere": report.ports_leading_nowhere,
                "workloads": report.workloads,
                "pods": report.pods,
                "invalidWorkloads": len(report.invalid_workloads),
                "others": report.others,
                "unreadable": len(report.unreadable),
            },
        }
    )


def _identity(document: Document, namespace: str | None) -> dict[str, object]:
    name = ObjectName(document.kind, document.name, namespace)
    return {**plain_data(name), **plain_data(Place.of(document))}


def _namespace(document: Document) -> str | None:
    """The namespace that an invalid object names, whatever else is wrong with it."""
    metadata = document.raw.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return namespace if isinstance(namespace, str) else None


def _service(service: ServiceRoutes) -> dict[str, object]:
    return {
        **_identity(service.document, service.namespace),
        "elsewhere": service.elsewhere,
        "leadsNowhere": bool(service.leads_nowhere or service.document.violations),
        "ports": [_route(each) for each in service.routes],
        "violations": _violations(service.document),
    }


def _route(route: Route) -> dict[str, object]:
    port = route.port
    return {
        "name": port and port.name,
        "port": port and port.port,
        "protocol": port and port.effective_protocol,
        "nodePort": (port and port.node_port) or None,
        "targetPort": port and port.effective_target_port,
        "approaches": route.approaches,
        "beyond": route.beyond,
        "endpoints": route.reached,
        "misses": [_miss(each) for each in route.misses],
    }


def _miss(missed: Missed) -> dict[str, object]:
    miss, place = missed.miss, missed.place
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
