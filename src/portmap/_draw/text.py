"""A diagram as text: for terminals and logs, and to describe a picture to screen readers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, final

from portmap._draw.diagram import Box, Diagram, Line, Row, State
from portmap._reports.layout import Page, count

_PLAIN: Final = Page(80)
_MOST_DESCRIBED: Final = 10
_MARKS: Final[Mapping[State, str]] = {"nowhere": "✗", "doubtful": "?"}


def as_text(diagram: Diagram, page: Page = _PLAIN) -> str:
    """Return the diagram as text: each Service with its ports, what leads to them, and what they reach."""
    lines: list[str] = []
    for line in _Writer(diagram).lines():
        style = {"nowhere": page.red, "doubtful": page.yellow}.get(line.state, page.bold if line.is_title else str)
        lines += map(style, page.wrap(line.text, " " * line.depth, hanging=4) if line.text else [""])
    return "".join(f"{line}\n" for line in lines)


def summary_of(diagram: Diagram) -> str:
    """Return how many boxes and problems the picture shows, in two sentences."""
    boxes: Counter[str] = Counter()
    for box in diagram.boxes:
        boxes[box.column] += box.objects
    unreached = sum(row.state == "unreached" for box in diagram.boxes for row in box.rows)
    unresolved, doubtful = (
        {line.start for line in diagram.lines if line.state == state} for state in ("nowhere", "doubtful")
    )
    in_doubt = f", {len(doubtful - unresolved)} in doubt" if doubtful - unresolved else ""
    return (
        f"{count(boxes['ways-in'], 'entry point')}, {count(boxes['services'], 'Service')}, "
        f"{count(boxes['pods'], 'workload')} in {count(len(diagram.namespaces), 'namespace')}. "
        f"{count(len(unresolved), 'port is', 'ports are')} unresolved{in_doubt}; "
        f"{count(unreached, 'container port is', 'container ports are')} unreached."
    )


def description_of(diagram: Diagram) -> str:
    """Return the summary, and the first unresolved ports with their reasons. Ports in doubt come last."""
    home = _home(diagram)
    words = {"nowhere": "unresolved", "doubtful": "in doubt"}
    unresolved = [line for state in words for line in diagram.lines if line.state == state]
    parts = [summary_of(diagram)]
    for line in unresolved[:_MOST_DESCRIBED]:
        (box, row), (_, end) = home[line.start], home[line.end]
        parts.append(f"{_name(box, row)} is {words[line.state]}: {row.note or end.text}.")
    if len(unresolved) > _MOST_DESCRIBED:
        parts.append(f"And {len(unresolved) - _MOST_DESCRIBED} more.")
    return " ".join(parts)


def _home(diagram: Diagram) -> Mapping[str, tuple[Box, Row]]:
    """Return each row and its box, by the row's id."""
    return {row.id: (box, row) for box in diagram.boxes for row in box.rows}


def _name(box: Box, row: Row) -> str:
    kind = "Service" if box.column == "services" and box.state == "fine" else box.kind
    return " ".join(part for part in (kind, box.name, row.aside, row.text) if part)


class _TextLine(NamedTuple):
    """A line before it is wrapped."""

    depth: int
    text: str
    state: State = "fine"
    is_title: bool = False


@final
class _Writer:
    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._home = _home(diagram)
        self._incoming: dict[str, list[Line]] = defaultdict(list)
        self._outgoing: dict[str, list[Line]] = defaultdict(list)
        for line in diagram.lines:
            self._outgoing[line.start].append(line)
            self._incoming[line.end].append(line)

    def lines(self) -> Iterator[_TextLine]:
        for number, (namespace, boxes) in enumerate(self._diagram.lanes.items()):
            if number:
                yield _TextLine(0, "")
            yield _TextLine(0, f"namespace {namespace}" if namespace else "no namespace", is_title=True)
            yield from self._services(boxes)
            yield from self._others(boxes)

    def _services(self, boxes: Sequence[Box]) -> Iterator[_TextLine]:
        for box in boxes:
            if box.column == "services" and box.state == "fine":
                yield _TextLine(2, f"Service {box.name} ({box.kind})")
                for row in box.rows:
                    yield _TextLine(4, row.text)
                    for line in self._incoming[row.id]:
                        yield _TextLine(6, f"← {_name(*self._home[line.start])}{self._namespace(line.start, box)}")
                    for line in self._outgoing[row.id]:
                        yield self._end(6, line)

    def _end(self, depth: int, line: Line) -> _TextLine:
        (start, port), (box, row) = self._home[line.start], self._home[line.end]
        if box.state == "fine":
            text = f"{_name(box, row)}{self._namespace(line.end, start)}"
            doubtful = line.state == "doubtful"
            return _TextLine(depth, f"? {text} ({port.note})" if doubtful else f"→ {text}", line.state)
        parts = [part for part in (box.name, row.text) if part and part != box.kind]
        if mark := _MARKS.get(line.state):
            return _TextLine(depth, f"{mark} {': '.join(parts or [box.kind])}", line.state)
        return _TextLine(depth, f"→ {': '.join([box.kind, *parts])}")

    def _namespace(self, end: str, seen_from: Box) -> str:
        """Return the namespace of a box in another one."""
        box, _ = self._home[end]
        return f" in namespace {box.namespace}" if box.namespace and box.namespace != seen_from.namespace else ""

    def _others(self, boxes: Sequence[Box]) -> Iterator[_TextLine]:
        """Yield entry points that lead to no Service, and container ports that nothing reaches."""
        for box in boxes:
            if box.column == "ways-in":
                for row in box.rows:
                    for line in self._outgoing[row.id]:
                        if self._home[line.end][0].column != "services" or line.state != "fine":
                            yield _TextLine(2, _name(box, row))
                            yield self._end(4, line)
        unreached = [
            (box, row) for box in boxes if box.column == "pods" for row in box.rows if row.state == "unreached"
        ]
        if unreached:
            yield _TextLine(2, "unreached")
            for box, row in unreached:
                yield _TextLine(4, _name(box, row))
