"""A diagram in words: what a picture says to those who cannot see it, and a map for terminals and logs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from portmap._draw.diagram import Box, Diagram, Line, Row
from portmap._reports.layout import Paint, wrapped

__all__ = ["as_text", "summary_of", "told"]

_WIDTH: Final = 80
_MOST_TOLD: Final = 10


def summary_of(diagram: Diagram) -> str:
    """What is in the picture, in a sentence or two."""
    boxes: Counter[str] = Counter()
    for box in diagram.boxes:
        boxes[box.column] += box.objects
    unreached = sum(row.state == "unreached" for box in diagram.boxes for row in box.rows)
    lost = len({line.start for line in diagram.lines if line.state == "nowhere"})
    parts = [
        _count(boxes["ways-in"], "way in", "ways in"),
        _count(boxes["services"], "Service", "Services"),
        _count(boxes["pods"], "workload", "workloads"),
    ]
    return (
        f"{', '.join(parts)} in {_count(len(diagram.namespaces), 'namespace', 'namespaces')}. "
        f"{_count(lost, 'port leads', 'ports lead')} nowhere; "
        f"{_count(unreached, 'container port is', 'container ports are')} reached by nothing."
    )


def told(diagram: Diagram) -> str:
    """The summary, and what leads nowhere, as far as one would listen."""
    home = _home(diagram)
    lost = [line for line in diagram.lines if line.state == "nowhere"]
    parts = [summary_of(diagram)]
    for line in lost[:_MOST_TOLD]:
        (box, row), (_, reason) = home[line.start], home[line.end]
        parts.append(f"{_named(box, row)} leads nowhere: {reason.text}.")
    if len(lost) > _MOST_TOLD:
        parts.append(f"And {len(lost) - _MOST_TOLD} more.")
    return " ".join(parts)


def _home(diagram: Diagram) -> Mapping[str, tuple[Box, Row]]:
    return {row.id: (box, row) for box in diagram.boxes for row in box.rows}


def _named(box: Box, row: Row) -> str:
    kind = "Service" if box.column == "services" and box.state == "fine" else box.kind
    return " ".join(part for part in (kind, box.name, row.aside, row.text) if part)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def as_text(diagram: Diagram, *, width: int = _WIDTH, colour: bool = False) -> str:
    """The diagram as text: each Service with its ports, what leads to them, and where they lead.

    Args:
        diagram: The diagram.
        width: After how many characters a line goes on below; a longer word stays whole, for it is a name.
        colour: Whether what leads nowhere is red and namespaces are bold.
    """
    paint = Paint(colour)
    return "".join(
        f"{paint.red(line) if said.wrong else paint.bold(line) if said.heading else line}\n"
        for said in _Text(diagram).said()
        for line in (wrapped(said.text, width, " " * said.depth, hanging=4) if said.text else [""])
    )


class _Said(NamedTuple):
    """A line of the report, before it is wrapped."""

    depth: int
    text: str
    wrong: bool = False
    heading: bool = False


class _Text:
    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._home = _home(diagram)
        self._into: dict[str, list[Line]] = defaultdict(list)
        self._out: dict[str, list[Line]] = defaultdict(list)
        for line in diagram.lines:
            self._out[line.start].append(line)
            self._into[line.end].append(line)

    def said(self) -> Iterator[_Said]:
        for number, (namespace, boxes) in enumerate(self._diagram.lanes.items()):
            if number:
                yield _Said(0, "")
            yield _Said(0, f"namespace {namespace}" if namespace else "no namespace", heading=True)
            yield from self._services(boxes)
            yield from self._others(boxes)

    def _services(self, boxes: Sequence[Box]) -> Iterator[_Said]:
        for box in boxes:
            if box.column == "services" and box.state == "fine":
                yield _Said(2, f"Service {box.name} ({box.kind})")
                for row in box.rows:
                    yield _Said(4, row.text)
                    for line in self._into[row.id]:
                        yield _Said(6, f"← {_named(*self._home[line.start])}{self._place(line.start, box)}")
                    for line in self._out[row.id]:
                        yield self._end(6, line)

    def _end(self, depth: int, line: Line) -> _Said:
        box, row = self._home[line.end]
        if line.state != "fine":
            parts = dict.fromkeys(part for part in (box.kind, box.name, row.text) if part)
            return _Said(depth, f"→ {': '.join(parts)}", wrong=line.state == "nowhere")
        return _Said(depth, f"→ {_named(box, row)}{self._place(line.end, self._home[line.start][0])}")

    def _place(self, end: str, seen_from: Box) -> str:
        """The namespace of what is in another one."""
        box, _ = self._home[end]
        return f" in namespace {box.namespace}" if box.namespace and box.namespace != seen_from.namespace else ""

    def _others(self, boxes: Sequence[Box]) -> Iterator[_Said]:
        for box in boxes:
            if box.column == "ways-in":
                for row in box.rows:
                    for line in self._out[row.id]:
                        if self._home[line.end][0].column != "services" or line.state != "fine":
                            yield _Said(2, _named(box, row))
                            yield self._end(4, line)
        unreached = [
            (box, row) for box in boxes if box.column == "pods" for row in box.rows if row.state == "unreached"
        ]
        if unreached:
            yield _Said(2, "nothing reaches")
            for box, row in unreached:
                yield _Said(4, _named(box, row))
