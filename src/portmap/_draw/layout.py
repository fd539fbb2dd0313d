"""Where the boxes of a diagram stand: lanes below each other, three columns in each.

The columns are given by what the boxes are, so there is little to search: a few sweeps put
each box near those that it is joined to, and each box then stands as close to the height
of its neighbours as those above it allow. The same diagram always gets the same layout.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, final

import attrs

from portmap._draw.diagram import Box, Column, Diagram

__all__ = ["Lane", "Layout", "Placed", "laid_out"]

WIDTHS: Final[Mapping[Column, int]] = {"ways-in": 300, "services": 260, "pods": 320}
LEFT: Final[Mapping[Column, int]] = {"ways-in": 24, "services": 424, "pods": 784}
WIDTH: Final = 1128
TITLE: Final = 24
ROW: Final = 20
BELOW: Final = 6
GAP: Final = 14
LANE_TOP: Final = 38
LANE_GAP: Final = 16
CHARACTER: Final = 6.7
"""How wide a character of a row is, about, in pixels."""

_COLUMNS: Final[tuple[Column, ...]] = ("ways-in", "services", "pods")
_STACKING: Final[tuple[Column, ...]] = ("services", "pods", "services", "ways-in")
_SWEEPS: Final[Sequence[tuple[Column, Column]]] = (
    *((("pods", "services"), ("services", "pods")) * 3),
    ("pods", "services"),
    ("ways-in", "services"),
)
"""Which column is put in order by which, one after the other."""


@final
@attrs.frozen
class Placed:
    """A box and where it stands: the left upper corner, in pixels."""

    box: Box
    x: int
    y: int

    @property
    def width(self) -> int:
        """How wide it is."""
        return WIDTHS[self.box.column]

    @property
    def height(self) -> int:
        """How high it is."""
        return height_of(self.box)

    def row_y(self, number: int) -> int:
        """The height of the middle of a row."""
        return self.y + TITLE + ROW * number + ROW // 2


@final
@attrs.frozen
class Lane:
    """One namespace.

    Attributes:
        namespace: Its name; `None` for what names none.
        top: Where it begins.
        height: How high it is.
        gaps: The heights between its Services, where a line can pass.
    """

    namespace: str | None
    top: int
    height: int
    gaps: tuple[int, ...]

    def passage(self, height: int) -> int:
        """The height nearest to this one at which a line can pass the column of Services."""
        return min(self.gaps, key=lambda gap: (abs(gap - height), gap))


@final
@attrs.frozen
class Layout:
    """A diagram with positions."""

    placed: tuple[Placed, ...]
    lanes: tuple[Lane, ...]
    width: int
    height: int


def height_of(box: Box) -> int:
    """How high a box is."""
    return TITLE + ROW * len(box.rows) + BELOW


def laid_out(diagram: Diagram) -> Layout:
    """Where everything stands."""
    neighbours = _neighbours(diagram)
    placed: list[Placed] = []
    lanes: list[Lane] = []
    top = 0
    for namespace in diagram.namespaces:
        boxes = [box for box in diagram.boxes if box.namespace == namespace]
        inside = _in_lane(boxes, neighbours, top + LANE_TOP)
        bottom = max((each.y + each.height for each in inside), default=top + LANE_TOP)
        services = [each for each in inside if each.box.column == "services"]
        gaps = (top + LANE_TOP - GAP // 2, *(each.y + each.height + GAP // 2 for each in services))
        lanes.append(Lane(namespace, top, bottom + GAP - top, gaps))
        placed += inside
        top = bottom + GAP + LANE_GAP
    return Layout(tuple(placed), tuple(lanes), WIDTH, max(top - LANE_GAP, LANE_TOP))


def _neighbours(diagram: Diagram) -> Mapping[str, Sequence[tuple[str, int]]]:
    """By box, the boxes and numbers of the rows to which its lines lead or from which they come."""
    home = {row.id: (box.id, number) for box in diagram.boxes for number, row in enumerate(box.rows)}
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for line in diagram.lines:
        start, end = home.get(line.start), home.get(line.end)
        if start and end:
            found[start[0]].append(end)
            found[end[0]].append(start)
    return found


def _in_lane(boxes: Sequence[Box], neighbours: Mapping[str, Sequence[tuple[str, int]]], top: int) -> list[Placed]:
    columns = {column: [box for box in boxes if box.column == column] for column in _COLUMNS}
    _untangle(columns, neighbours)
    heights: dict[str, int] = {}
    placed: dict[Column, list[Placed]] = {}
    # Services twice: once to put the pods beside them, and then beside the pods, which are often higher.
    for column in _STACKING:
        placed[column] = _stacked(columns[column], top, neighbours, heights)
        heights.update((each.box.id, each.y) for each in placed[column])
    return [each for column in _COLUMNS for each in placed[column]]


def _untangle(columns: dict[Column, list[Box]], neighbours: Mapping[str, Sequence[tuple[str, int]]]) -> None:
    """Order the boxes of each column so that few lines cross: Services go by their pods, and the rest by Services."""
    order: dict[Column, dict[str, int]] = {}
    for column, boxes in columns.items():
        order[column] = {box.id: place for place, box in enumerate(boxes)}
    for column, beside in _SWEEPS:
        places = order[beside]

        def middle(box: Box, own: Column = column, places: Mapping[str, int] = places) -> float:
            near = [places[other] for other, _ in neighbours.get(box.id, ()) if other in places]
            return sum(near) / len(near) if near else order[own][box.id]

        columns[column].sort(key=middle)
        order[column] = {box.id: place for place, box in enumerate(columns[column])}


def _stacked(
    boxes: Sequence[Box], top: int, neighbours: Mapping[str, Sequence[tuple[str, int]]], heights: Mapping[str, int]
) -> list[Placed]:
    """The boxes below each other, each beside the highest row to which it is joined if there is room."""
    placed = []
    for box in boxes:
        rows = [heights[other] + ROW * number for other, number in neighbours.get(box.id, ()) if other in heights]
        y = max(top, min(rows, default=0))
        placed.append(Placed(box, LEFT[box.column], y))
        top = y + height_of(box) + GAP
    return placed
