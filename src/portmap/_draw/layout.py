"""The layout of a diagram: lanes below each other, with three columns in each.

Each box has its column, so only the order within columns is searched: a few sweeps put each box near its neighbours,
and then each box is placed as close to the height of its neighbours as the boxes above it allow. The result is
deterministic. Apart from sorting, the cost is linear.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final, NamedTuple, TypeAlias, final
from unicodedata import combining

import attrs

from portmap._draw.diagram import COLUMNS, Box, Column, Diagram

Measure: TypeAlias = Callable[[str], float]
"""Returns the width of a text in pixels."""

TITLE: Final = 24
ROW: Final = 20
PAD: Final = 10
LANE_TOP: Final = 38
LANE_GAP: Final = 16
MARK: Final = "✗ "
"""The mark of an unresolved row, as wide as any."""

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
"""Pairs of columns: the first is sorted by the order of the second, one pair after the other."""


@final
@attrs.frozen
class Span:
    """The place of a column: its left edge and its width, in pixels."""

    left: int
    width: int

    @property
    def right(self) -> int:
        """Return the right edge."""
        return self.left + self.width


@final
@attrs.frozen
class Placed:
    """A box with its position.

    Attributes:
        box: The box.
        span: Its left edge and width.
        y: Its upper edge, relative to the lane.
        lines: The text of its rows; a long reason takes several lines.
    """

    box: Box
    span: Span
    y: int
    lines: tuple[tuple[str, ...], ...]

    @property
    def height(self) -> int:
        """Return the height."""
        return TITLE + ROW * sum(map(len, self.lines)) + _BELOW

    def row_y(self, number: int) -> int:
        """Return the middle of the first line of a row, relative to the lane."""
        return self.y + TITLE + ROW * number + ROW // 2


@final
@attrs.frozen
class Lane:
    """The objects of one namespace.

    Attributes:
        namespace: Its name; `None` for objects that name none.
        placed: Its boxes, sorted by column and height.
        top: Its upper edge.
        height: Its height.
        gaps: The heights between its Services where a line can pass, from the top.
    """

    namespace: str | None
    placed: tuple[Placed, ...]
    top: int
    height: int
    gaps: tuple[int, ...]

    def passage(self, height: int) -> int:
        """Return the gap between Services that is nearest to a height."""
        place = bisect_left(self.gaps, height)
        return min(self.gaps[max(place - 1, 0) : place + 1], key=lambda gap: (abs(gap - height), gap))


@final
@attrs.frozen
class Layout:
    """The positions of a diagram.

    Attributes:
        lanes: The lanes, from the top.
        spans: The columns that have boxes.
        width: The width of the lanes.
        height: The height of all lanes and the gaps between them.
    """

    lanes: tuple[Lane, ...]
    spans: Mapping[Column, Span]
    width: int
    height: int


# --- positions -----------------------------------------------------------------------------------------------


def laid_out(diagram: Diagram) -> Layout:
    """Return the layout of a diagram."""
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
    """Return the columns, as wide as their boxes need, within limits."""
    needs: dict[Column, int] = {}
    for box in diagram.boxes:
        needs[box.column] = max(needs.get(box.column, _NARROWEST), _needed_width(box))
    spans = {}
    left = _SIDE
    for column in COLUMNS:
        if column in needs:
            spans[column] = Span(left, min(needs[column], _WIDEST))
            left = spans[column].right + _BETWEEN
    return spans


def _needed_width(box: Box) -> int:
    """Return the width that shows a box in full."""
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
    """Return the other ends of the lines of each box: a box and the number of a row."""
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
    # Services twice: first for the pods beside them, then beside the pods, whose boxes are often higher.
    for column in _STACKING:
        if column in spans:
            placed[column] = _stacked(columns[column], spans[column], neighbours, heights)
            heights.update((each.box.id, each.y) for each in placed[column])
    return [each for column in COLUMNS for each in placed.get(column, ())]


def _untangle(columns: dict[Column, list[Box]], neighbours: Mapping[str, Sequence[tuple[str, int]]]) -> None:
    """Sort the boxes of each column so that few lines cross: Services by their pods, the others by Services."""
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
    """Return the boxes below each other, each beside its highest neighbour if there is room."""
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


# --- the width of text ---------------------------------------------------------------------------------------

_CODE: Final = 7.25
"""The width of a character in the monospaced font, at 12 pixels."""
_FIRST_WIDE: Final = 0x250
"""The first character that may come from another font, as wide as two."""
_LONGEST: Final = 2000
"""The most characters that a column has room for."""


def _widths() -> dict[str, float]:
    # DejaVu Sans Bold, rounded up, relative to the size of the font.
    groups = {"ijl.,:;|'!": 0.40, "ft-r /()[]_": 0.50, "mMW@%→…": 1.05, "w": 0.93, "ckszx": 0.67}
    found = {each: 0.79 if each.isupper() else 0.72 for each in map(chr, range(32, 127))}
    return found | {each: width for group, width in groups.items() for each in group}


_BOLD: Final = _widths()


def width_of_code(text: str) -> float:
    """Return the width in the font of ports."""
    if text.isascii():
        return len(text) * _CODE
    return sum(_CODE * (0 if combining(each) else 1 + (ord(each) >= _FIRST_WIDE)) for each in text)


def width_of_bold(text: str) -> float:
    """Return the width in the font of names."""
    return 12 * sum(_BOLD.get(each) or (0 if combining(each) else 1.2) for each in text)


def width_of_small(text: str) -> float:
    """Return the width in the font of kinds."""
    return 0.95 * 11 / 12 * width_of_bold(text)


def fitted(text: str, room: float, width_of: Measure) -> str:
    """Return the text, or its beginning and end around `…`: names often differ at the end."""
    if len(text) <= _LONGEST and width_of(text) <= room:
        return text
    room -= width_of("…")
    head = _begin(text[:_LONGEST], room * 0.6, width_of)
    tail = _begin(text[: -_LONGEST - 1 : -1], room - width_of(head), width_of)[::-1]
    return f"{head}…{tail}"


def _begin(text: str, room: float, width_of: Measure) -> str:
    for place, each in enumerate(text):
        room -= width_of(each)
        if room < 0:
            return text[:place]
    return text


def wrapped(text: str, room: float, most: int) -> tuple[str, ...]:
    """Return the text in the font of ports, on at most this many lines."""
    characters = max(8, int(room / _CODE))
    lines = wrap(text[:_LONGEST], characters, max_lines=most, placeholder=" …", break_on_hyphens=False)
    return tuple(_fit_lines(lines, room)) or ("",)


def _fit_lines(lines: list[str], room: float) -> Iterator[str]:
    for line in lines:
        yield fitted(line, room, width_of_code)


# --- tracks of long lines ------------------------------------------------------------------------------------

LONG: Final = 150
"""Lines that rise or fall by more pixels than this get a track."""

_TRACKS: Final = 10
_CLEARANCE: Final = 12


@final
class Stretch(NamedTuple):
    """A long line: the rows at its ends, and their heights in the whole picture."""

    start: str
    end: str
    from_y: int
    to_y: int


def tracks_of(stretches: Iterable[Stretch]) -> Mapping[Stretch, int]:
    """Return the track of each line, from the left: the fewest tracks without overlaps, if there are enough."""
    lines = list(stretches)
    leave = Counter(each.start for each in lines)
    arrive = Counter(each.end for each in lines)
    bundles: dict[tuple[str, str], list[Stretch]] = defaultdict(list)
    for each in lines:
        bundles[("to", each.end) if arrive[each.end] >= leave[each.start] else ("from", each.start)].append(each)
    found: dict[Stretch, int] = {}
    free = [-_CLEARANCE] * _TRACKS
    for top, bottom, key in sorted((*_reach(bundle), key) for key, bundle in bundles.items()):
        # The first free track, or the one that is free soonest.
        track = next((number for number, taken in enumerate(free) if taken + _CLEARANCE <= top), free.index(min(free)))
        free[track] = bottom
        found |= dict.fromkeys(bundles[key], track)
    return found


def _reach(bundle: Iterable[Stretch]) -> tuple[int, int]:
    heights = [height for each in bundle for height in (each.from_y, each.to_y)]
    return min(heights), max(heights)
