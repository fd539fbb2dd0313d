"""A diagram in words: what a picture says to those who cannot see it, and a map for terminals and logs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

from portmap._draw.diagram import Box, Diagram, Line, Row

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


def as_text(diagram: Diagram) -> str:
    """The diagram as text: each Service with its ports, what leads to them, and where they lead."""
    return "".join(f"{line}\n" for line in _Text(diagram).lines())


class _Text:
    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._home = _home(diagram)
        self._into: dict[str, list[Line]] = defaultdict(list)
        self._out: dict[str, list[Line]] = defaultdict(list)
        for line in diagram.lines:
            self._out[line.start].append(line)
            self._into[line.end].append(line)

    def lines(self) -> Iterator[str]:
        for number, (namespace, boxes) in enumerate(self._diagram.lanes.items()):
            if number:
                yield ""
            yield f"namespace {namespace}" if namespace else "no namespace"
            for depth, text in (*self._services(boxes), *self._others(boxes)):
                yield from _within(depth, text)

    def _services(self, boxes: Sequence[Box]) -> Iterator[tuple[int, str]]:
        for box in boxes:
            if box.column == "services" and box.state == "fine":
                yield 2, f"Service {box.name} ({box.kind})"
                for row in box.rows:
                    yield 4, row.text
                    for line in self._into[row.id]:
                        yield 6, f"← {_named(*self._home[line.start])}{self._place(line.start, box)}"
                    for line in self._out[row.id]:
                        yield 6, f"→ {self._end(line)}"

    def _end(self, line: Line) -> str:
        box, row = self._home[line.end]
        if line.state != "fine":
            return ": ".join(dict.fromkeys(part for part in (box.kind, box.name, row.text) if part))
        return f"{_named(box, row)}{self._place(line.end, self._home[line.start][0])}"

    def _place(self, end: str, seen_from: Box) -> str:
        """The namespace of what is in another one."""
        box, _ = self._home[end]
        return f" in namespace {box.namespace}" if box.namespace and box.namespace != seen_from.namespace else ""

    def _others(self, boxes: Sequence[Box]) -> Iterator[tuple[int, str]]:
        for box in boxes:
            if box.column == "ways-in":
                for row in box.rows:
                    for line in self._out[row.id]:
                        if self._home[line.end][0].column != "services" or line.state != "fine":
                            yield 2, _named(box, row)
                            yield 4, f"→ {self._end(line)}"
        unreached = [
            (box, row) for box in boxes if box.column == "pods" for row in box.rows if row.state == "unreached"
        ]
        if unreached:
            yield 2, "nothing reaches"
            for box, row in unreached:
                yield 4, _named(box, row)


def _within(depth: int, text: str) -> Iterator[str]:
    """The text in lines that fit a terminal, except for words that are longer: a name is never broken."""
    if depth + len(text) <= _WIDTH:
        yield " " * depth + text
        return
    yield from wrap(
        text,
        _WIDTH,
        initial_indent=" " * depth,
        subsequent_indent=" " * (depth + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )
