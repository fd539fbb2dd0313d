"""Where the boxes of a diagram stand: lanes below each other, three columns in each.

The columns are given by what the boxes are, so there is little to search: a few sweeps put
each box near those that it is joined to, and each box then stands as close to the height
of its neighbours as those above it allow. The same diagram always gets the same layout,
and its cost grows with the diagram, but for sorting.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, final

import attrs

from portmap._draw.diagram import COLUMNS, Box, Column, Diagram
from portmap._draw.measure import width_of_bold, width_of_code, width_of_small, wrapped

__all__ = ["Lane", "Layout", "Placed", "Span", "laid_out"]

TITLE: Final = 24
ROW: Final = 20
PAD: Final = 10
LANE_TOP: Final = 38
LANE_GAP: Final = 16
MARK: Final = "✗ "
"""What stands before a row that has a state."""

_BELOW: Final = 6
_GAP: Final = 14
_SIDE: Final = 20
_BETWEEN: Final = 90
_NARROWEST: Final = 200
_WIDEST: Final = 400
_WIDEST_REASON: Final = 320
_MOST_LINES: Final = 5
_NARROWEST_PICTURE: Final = 620
_STACKING: Final[tuple[Column, ...]] = ("services", "pods", "services", "ways-in")
_SWEEPS: Final[Sequence[tuple[Column, Column]]] = (
    *((("pods", "services"), ("services", "pods")) * 3),
    ("pods", "services"),
    ("ways-in", "services"),
)
"""Which column is put in order by which, one after the other."""


@final
@attrs.frozen
class Span:
    """Where a column is: its left edge, and how wide it is, in pixels."""

    left: int
    width: int

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.left + self.width


@final
@attrs.frozen
class Placed:
    """A box and where it stands.

    Attributes:
        box: The box.
        span: From where to where.
        y: Its upper edge, below that of its lane.
        lines: What its rows show, each one line or, where a reason is long, more.
    """

    box: Box
    span: Span
    y: int
    lines: tuple[tuple[str, ...], ...]

    @property
    def height(self) -> int:
        """How high it is."""
        return TITLE + ROW * sum(map(len, self.lines)) + _BELOW

    def row_y(self, number: int) -> int:
        """The height of the middle of the first line of a row, in its lane."""
        return self.y + TITLE + ROW * number + ROW // 2


@final
@attrs.frozen
class Lane:
    """One namespace.

    Attributes:
        namespace: Its name; `None` for what names none.
        placed: Its boxes, by column and height.
        top: Where it begins.
        height: How high it is.
        gaps: The heights between its Services, from above, where a line can pass.
    """

    namespace: str | None
    placed: tuple[Placed, ...]
    top: int
    height: int
    gaps: tuple[int, ...]

    def passage(self, height: int) -> int:
        """The height nearest to this one at which a line can pass the column of Services."""
        place = bisect_left(self.gaps, height)
        return min(self.gaps[max(place - 1, 0) : place + 1], key=lambda gap: (abs(gap - height), gap))


@final
@attrs.frozen
class Layout:
    """A diagram with positions.

    Attributes:
        lanes: From above.
        spans: The columns in which there is anything.
        width: Of the lanes.
        height: Of all lanes with what is between them.
    """

    lanes: tuple[Lane, ...]
    spans: Mapping[Column, Span]
    width: int
    height: int


def laid_out(diagram: Diagram) -> Layout:
    """Where everything stands."""
    neighbours = _neighbours(diagram)
    spans = _spans(diagram)
    lanes: list[Lane] = []
    top = 0
    for namespace, boxes in diagram.lanes.items():
        inside = _in_lane(boxes, neighbours, spans)
        bottom = max((each.y + each.height for each in inside), default=LANE_TOP)
        services = [each for each in inside if each.box.column == "services"]
        gaps = (LANE_TOP - _GAP // 2, *(each.y + each.height + _GAP // 2 for each in services))
        lanes.append(Lane(namespace, tuple(inside), top, bottom + _GAP, gaps))
        top += bottom + _GAP + LANE_GAP
    right = max((each.right for each in spans.values()), default=0) + _SIDE
    return Layout(tuple(lanes), spans, max(right, _NARROWEST_PICTURE), max(top - LANE_GAP, 0))


def _spans(diagram: Diagram) -> Mapping[Column, Span]:
    """The columns, as wide as most of what stands in them needs."""
    needs: dict[Column, int] = {}
    for box in diagram.boxes:
        needs[box.column] = max(needs.get(box.column, _NARROWEST), _need(box))
    spans = {}
    left = _SIDE
    for column in COLUMNS:
        if column in needs:
            spans[column] = Span(left, min(needs[column], _WIDEST))
            left = spans[column].right + _BETWEEN
    return spans


def _need(box: Box) -> int:
    """How wide a box would have to be."""
    if box.state != "fine":
        reason = width_of_code(box.rows[0].text) + 2 * PAD
        title = width_of_small(MARK + box.kind) + 6 + width_of_bold(box.name) + 2 * PAD
        return int(max(min(reason, _WIDEST_REASON), title)) + 1
    widths = [width_of_small(box.kind) + 6 + width_of_bold(box.name)]
    for row in box.rows:
        aside = 16 + width_of_small(row.aside) if row.aside else 0
        widths.append(width_of_code(row.text if row.state == "fine" else MARK + row.text) + aside)
    return int(max(widths)) + 1 + 2 * PAD


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


def _in_lane(
    boxes: Sequence[Box], neighbours: Mapping[str, Sequence[tuple[str, int]]], spans: Mapping[Column, Span]
) -> list[Placed]:
    columns = {column: [box for box in boxes if box.column == column] for column in COLUMNS}
    _untangle(columns, neighbours)
    heights: dict[str, int] = {}
    placed: dict[Column, list[Placed]] = {}
    # Services twice: once to put the pods beside them, and then beside the pods, which are often higher.
    for column in _STACKING:
        if column in spans:
            placed[column] = _stacked(columns[column], spans[column], neighbours, heights)
            heights.update((each.box.id, each.y) for each in placed[column])
    return [each for column in COLUMNS for each in placed.get(column, ())]


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
    boxes: Sequence[Box], span: Span, neighbours: Mapping[str, Sequence[tuple[str, int]]], heights: Mapping[str, int]
) -> list[Placed]:
    """The boxes below each other, each beside the highest row to which it is joined if there is room."""
    placed = []
    top = LANE_TOP
    for box in boxes:
        rows = [heights[other] + ROW * number for other, number in neighbours.get(box.id, ()) if other in heights]
        each = Placed(box, span, max(top, min(rows, default=0)), _lines(box, span))
        placed.append(each)
        top = each.y + each.height + _GAP
    return placed


def _lines(box: Box, span: Span) -> tuple[tuple[str, ...], ...]:
    if box.state != "fine":
        return (wrapped(box.rows[0].text, span.width - 2 * PAD, _MOST_LINES),)
    return tuple((row.text,) for row in box.rows)
