"""A diagram in words: what a picture says to those who cannot see it, and a map for terminals and logs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from portmap._draw.diagram import Box, Diagram, Line, Row

__all__ = ["as_text", "summary_of"]


def summary_of(diagram: Diagram) -> str:
    """What is in the picture, in a sentence or two."""
    boxes = Counter(box.column for box in diagram.boxes if box.kind not in {"nowhere", "elsewhere"})
    rows = Counter(row.state for box in diagram.boxes if box.kind not in {"nowhere", "elsewhere"} for row in box.rows)
    lost = sum(line.state == "nowhere" for line in diagram.lines)
    parts = [
        _count(boxes["ways-in"], "way in", "ways in"),
        _count(boxes["services"], "Service", "Services"),
        _count(boxes["pods"], "workload", "workloads"),
    ]
    return (
        f"{', '.join(parts)} in {_count(len(diagram.namespaces), 'namespace', 'namespaces')}. "
        f"{_count(lost, 'port leads', 'ports lead')} nowhere; "
        f"{_count(rows['unreached'], 'container port is', 'container ports are')} reached by nothing."
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def as_text(diagram: Diagram) -> str:
    """The diagram as text: each Service with its ports, what leads to them, and where they lead."""
    return "".join(f"{line}\n" for line in _Text(diagram).lines())


class _Text:
    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._home: Mapping[str, tuple[Box, Row]] = {row.id: (box, row) for box in diagram.boxes for row in box.rows}
        self._into: dict[str, list[Line]] = defaultdict(list)
        self._out: dict[str, list[Line]] = defaultdict(list)
        for line in diagram.lines:
            self._out[line.start].append(line)
            self._into[line.end].append(line)

    def lines(self) -> Iterator[str]:
        for number, namespace in enumerate(self._diagram.namespaces):
            if number:
                yield ""
            yield f"namespace {namespace}" if namespace else "no namespace"
            boxes = [box for box in self._diagram.boxes if box.namespace == namespace]
            yield from self._services(boxes)
            yield from self._others(boxes)

    def _services(self, boxes: Sequence[Box]) -> Iterator[str]:
        for box in boxes:
            if box.column == "services" and box.kind != "nowhere":
                yield f"  Service {box.name} ({box.kind})"
                for row in box.rows:
                    yield f"    {row.text}"
                    for line in self._into[row.id]:
                        source, way = self._home[line.start]
                        yield f"      ← {source.kind} {source.name} {way.text}"
                    for line in self._out[row.id]:
                        yield f"      → {self._end(line)}"

    def _end(self, line: Line) -> str:
        box, row = self._home[line.end]
        if line.state != "fine":
            return f"{box.kind}: {row.note}"
        place = f" in namespace {box.namespace}" if box.namespace != self._home[line.start][0].namespace else ""
        return f"{box.kind} {box.name} {row.text}{place}"

    def _others(self, boxes: Sequence[Box]) -> Iterator[str]:
        for box in boxes:
            if box.column == "ways-in":
                for row in box.rows:
                    for line in self._out[row.id]:
                        if self._home[line.end][0].column != "services" or line.state != "fine":
                            yield f"  {box.kind} {box.name} {row.text}"
                            yield f"    → {self._end(line)}"
        unreached = [
            (box, row) for box in boxes if box.column == "pods" for row in box.rows if row.state == "unreached"
        ]
        if unreached:
            yield "  nothing reaches"
            for box, row in unreached:
                yield f"    {box.kind} {box.name} {row.text}"
