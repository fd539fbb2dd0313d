"""A diagram as one SVG image that refers to no other file: no script, no font, no style sheet."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from textwrap import wrap
from typing import Final, NamedTuple, final
from xml.sax.saxutils import escape

from portmap._draw.diagram import Column, Diagram, Line, Row, State
from portmap._draw.layout import (
    LANE_TOP,
    LONG,
    MARK,
    PAD,
    ROW,
    TITLE,
    Lane,
    Layout,
    Placed,
    Stretch,
    fitted,
    laid_out,
    tracks_of,
    width_of_bold,
    width_of_code,
    width_of_small,
)
from portmap._draw.text import description_of, summary_of

NOTHING: Final = "Nothing to draw: no Service, no pods, and nothing that leads to them."

_MARGIN: Final = 12
_COLUMN_NAMES: Final[dict[Column, str]] = {"ways-in": "Entry points", "services": "Services", "pods": "Pods"}
# Lines in one passage run beside each other.
_APART: Final = (0, -3, 3, -6, 6)
_MARKS: Final[dict[State, str]] = {"nowhere": MARK, "doubtful": "? ", "unreached": "○ "}
_LEGEND: Final[dict[State, str]] = {
    "nowhere": "✗ unresolved",
    "doubtful": "? in doubt",
    "unreached": "○ unreached",
    "elsewhere": "outside the input",
}
TIPS: Final = "<defs>{}</defs>\n".format(
    "".join(
        f'<marker id="portmap-{state}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="tip {state}" d="M0 1L8 4L0 7z"/></marker>'
        for state in ("fine", "nowhere", "doubtful", "elsewhere")
    )
)
"""The tips of lines."""


def as_svg(diagram: Diagram, title: str) -> str:
    """Return the diagram as an SVG file.

    Args:
        diagram: The diagram.
        title: The title of the picture; screen readers read it, too.
    """
    layout = laid_out(diagram)
    summary = wrap(summary_of(diagram), layout.width // 7)
    legend = list(legend_of(diagram, 0))
    head = 36 + 17 * len(summary) + (64 if legend else 34)
    width, height = layout.width + 2 * _MARGIN, layout.height + head + _MARGIN
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" ',
            f'height="{height}" role="img" aria-labelledby="portmap-title portmap-description">\n',
            f'<title id="portmap-title">{escape(title)}</title>\n',
            f'<desc id="portmap-description">{escape(description_of(diagram))}</desc>\n',
            f"<style>\n{style()}</style>\n",
            TIPS,
            f'<rect class="sheet" width="{width}" height="{height}" fill="#ffffff"/>\n',
            f'<g transform="translate({_MARGIN} 0)">\n',
            f'<text class="heading" x="0" y="32">{escape(fitted(title, layout.width / 1.5, width_of_bold))}</text>\n',
            *(
                f'<text class="summary" x="0" y="{52 + 17 * place}">{escape(line)}</text>\n'
                for place, line in enumerate(summary)
            ),
            *(f'<g transform="translate(0 {head - 42})">\n', *legend, "</g>\n"),
            *heads_of(layout, head - 10),
            f'</g>\n<g transform="translate({_MARGIN} {head})">\n',
            *_lanes(diagram, layout),
            "</g>\n</svg>\n",
        ]
    )


def legend_of(diagram: Diagram, y: int) -> Iterator[str]:
    """Yield the legend of the marks in the picture."""
    rows = {row.state for box in diagram.boxes for row in box.rows}
    x = 0
    for state, text in _LEGEND.items():
        if state not in rows:
            continue
        if state == "unreached":
            yield (
                f'<g class="row unreached"><rect class="ground" x="{x}" y="{y - 15}" width="140" height="20" rx="3"/>'
                f'<text class="legend" x="{x + 8}" y="{y}">{text}</text></g>\n'
            )
            x += 160
        else:
            yield (
                f'<g class="row {state}"><path class="line {state}" d="M{x} {y - 4}L{x + 34} {y - 4}"/>'
                f'<text class="legend" x="{x + 42}" y="{y}">{text}</text></g>\n'
            )
            x += 164
    if not rows:
        yield f'<text class="legend" x="0" y="{y}">{NOTHING}</text>\n'


def heads_of(layout: Layout, y: int) -> Iterator[str]:
    """Yield the titles of the columns."""
    for column, span in layout.spans.items():
        yield f'<text class="column" x="{span.left}" y="{y}">{_COLUMN_NAMES[column]}</text>\n'


def _lanes(diagram: Diagram, layout: Layout) -> Iterator[str]:
    drawing = Drawing(diagram, layout)
    for lane in layout.lanes:
        yield f'<g transform="translate(0 {lane.top})">\n'
        yield from drawing.lane(lane)
        yield "</g>\n"
    yield from drawing.between


@final
class _End(NamedTuple):
    """An end of a line: the box, its lane, and the height within the lane."""

    placed: Placed
    lane: Lane
    y: int


def _in_track(x1: int, y1: int, x2: int, y2: int, x: int) -> str:
    turn = 6 if y2 > y1 else -6
    return f"M{x1} {y1}L{x - 6} {y1}Q{x} {y1} {x} {y1 + turn}L{x} {y2 - turn}Q{x} {y2} {x + 6} {y2}L{x2} {y2}"


@final
class Drawing:
    """A diagram in parts: each lane with the lines inside it, and the lines between lanes.

    Args:
        diagram: The diagram.
        layout: Its layout.
        interactive: Whether to mark each row and the ends of each line, for the script of a page.
    """

    def __init__(self, diagram: Diagram, layout: Layout, *, interactive: bool = False) -> None:
        self._layout = layout
        self._interactive = interactive
        self._passed: Counter[tuple[str | None, int]] = Counter()
        self._inside: dict[str | None, list[str]] = defaultdict(list)
        self.between: list[str] = []
        ends = {
            row.id: _End(placed, lane, placed.row_y(number))
            for lane in layout.lanes
            for placed in lane.placed
            for number, row in enumerate(placed.box.rows)
        }
        joined = [(line, ends[line.start], ends[line.end]) for line in diagram.lines]
        tracks = self._tracks(joined)
        for line, start, end in joined:
            # Inside a lane, heights are relative to it.
            top = 0 if start.lane is end.lane else start.lane.top
            drawn = self._line(line, start, end, top, tracks.get(line))
            (self._inside[start.lane.namespace] if start.lane is end.lane else self.between).append(drawn)

    def _tracks(self, joined: Iterable[tuple[Line, "_End", "_End"]]) -> Mapping[Line, int]:
        """Return the tracks of long lines between two columns, counted from the first column."""
        long: dict[int, dict[Stretch, Line]] = defaultdict(dict)
        for line, start, end in joined:
            heights = start.y + start.lane.top, end.y + end.lane.top
            if abs(heights[0] - heights[1]) > LONG and not self._passes(start, end):
                long[start.placed.span.right][Stretch(line.start, line.end, *heights)] = line
        return {lines[each]: track for lines in long.values() for each, track in tracks_of(lines).items()}

    def _passes(self, start: "_End", end: "_End") -> bool:
        """Return whether a line crosses the column of Services."""
        columns = start.placed.box.column, end.placed.box.column
        return columns == ("ways-in", "pods") and "services" in self._layout.spans

    def lane(self, lane: Lane) -> Iterator[str]:
        """Yield a lane: its background, its lines, and its boxes on top."""
        name = f"namespace {lane.namespace}" if lane.namespace else "no namespace"
        shown = fitted(name, (self._layout.width - 32) * 12 / 14, width_of_bold)
        yield f'<rect class="lane" x="0" y="0" width="{self._layout.width}" height="{lane.height}" rx="8"/>\n'
        yield f'<text class="lane-name" x="16" y="{LANE_TOP - 14}">{escape(shown)}</text>\n'
        yield from self._inside[lane.namespace]
        yield from chain.from_iterable(map(self._box, lane.placed))

    def _line(self, line: Line, start: "_End", end: "_End", top: int, track: int | None) -> str:
        x1, x2 = start.placed.span.right, end.placed.span.left - 1
        y1, y2 = start.y + top, end.y + (end.lane.top if top or start.lane is not end.lane else 0)
        if self._passes(start, end):
            lane = start.lane
            gap = lane.passage((y1 + y2) // 2 - top)
            apart = _APART[self._passed[lane.namespace, gap] % len(_APART)]
            self._passed[lane.namespace, gap] += 1
            path = self._past_services(x1, y1, x2, y2, gap + top + apart)
        elif track is not None:
            path = _in_track(x1, y1, x2, y2, x1 + 14 + 6 * track)
        else:
            bend = (x2 - x1) // 2
            path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
        ends = f' data-from="{line.start}" data-to="{line.end}"' if self._interactive else ""
        return f'<path class="line {line.state}" d="{path}"{ends}/>\n'

    def _past_services(self, x1: int, y1: int, x2: int, y2: int, gap: int) -> str:
        """Return a path through a gap between Services."""
        services = self._layout.spans["services"]
        left, right = services.left - 6, services.right + 6
        first, second = (left - x1) // 2, (x2 - right) // 2
        return (
            f"M{x1} {y1}C{x1 + first} {y1} {left - first} {gap} {left} {gap}"
            f"L{right} {gap}C{right + second} {gap} {x2 - second} {y2} {x2} {y2}"
        )

    def _box(self, placed: Placed) -> Iterator[str]:
        box, span, y = placed.box, placed.span, placed.y
        kind = fitted(_MARKS.get(box.state, "") + box.kind, 160, width_of_small)
        taken = width_of_small(kind) + 6
        name = escape(fitted(box.name, span.width - 2 * PAD - taken, width_of_bold)) if box.name else ""
        # `dx` puts a name right after its kind, whatever the font. A name that may be written from right
        # to left gets a position, or the two would swap.
        place = 'dx="6"' if box.name.isascii() else f'x="{span.left + PAD + round(taken)}"'
        yield f'<g class="box {box.column} {box.state}" id="{box.id}"><title>{escape(box.label)}</title>\n'
        yield (
            f'<rect class="frame" x="{span.left}" y="{y}" width="{span.width}" height="{placed.height}" rx="5"/>'
            f'<text x="{span.left + PAD}" y="{y + 16}"><tspan class="kind">{escape(kind)}</tspan>'
            f'<tspan class="name" {place}>{name}</tspan></text>\n'
        )
        top = y + TITLE
        for row, lines in zip(box.rows, placed.lines, strict=True):
            yield from self._row(placed, row, lines, top)
            top += ROW * len(lines)
        yield "</g>\n"

    def _row(self, placed: Placed, row: Row, lines: tuple[str, ...], y: int) -> Iterator[str]:
        span = placed.span
        whole = " ".join(part for part in (row.text, row.aside) if part)
        room = span.width - 2 * PAD
        if placed.box.state == "fine":
            # The title of a placeholder has the mark; rows of other boxes have their own.
            mark = _MARKS.get(row.state, "")
            beside = max(room * 0.45, room - width_of_code(mark + row.text) - 16)
            aside = fitted(row.aside, beside, width_of_small) if row.aside else ""
            left = room - (16 + width_of_small(aside) if aside else 0)
            lines = (mark + fitted(row.text, left - width_of_code(mark), width_of_code),)
        else:
            aside = ""
        yield f'<g class="row {row.state}" id="{row.id}">'
        if row.note or lines != (row.text,) or aside != row.aside:
            note = row.note if row.note != row.text else ""
            yield f"<title>{escape(': '.join(part for part in (whole, note) if part))}</title>"
        if self._interactive or (row.state in _MARKS and placed.box.state == "fine"):
            height = ROW * len(lines)
            yield f'<rect class="ground" x="{span.left + 1}" y="{y}" width="{span.width - 2}" height="{height}"/>'
        # The spaces separate the texts for screen readers and searches.
        yield " ".join(
            f'<text class="code" x="{span.left + PAD}" y="{y + 14 + ROW * number}">{escape(text)}</text>'
            for number, text in enumerate(lines)
        )
        if aside:
            yield (f' <text class="aside" x="{span.right - PAD}" y="{y + 14}" text-anchor="end">{escape(aside)}</text>')
        yield "</g>\n"


# --- the style -----------------------------------------------------------------------------------------------

LIGHT: Final[Mapping[str, str]] = {
    "sheet": "#ffffff",
    "lane": "#f4f6f8",
    "lane-edge": "#d5dbe1",
    "heading": "#3c4650",
    "text": "#1b2228",
    "muted": "#525d68",
    "line": "#5d6b79",
    "services": "#ffffff",
    "services-edge": "#7b8794",
    "ways-in": "#eef4fd",
    "ways-in-edge": "#5680b4",
    "pods": "#effaf1",
    "pods-edge": "#4c8a5e",
    "nowhere": "#fdeaea",
    "nowhere-edge": "#c1272d",
    "nowhere-text": "#a4161a",
    "amber": "#fff0cc",
    "amber-edge": "#996300",
    "amber-text": "#7a4b00",
    "elsewhere": "#f4f4f4",
    "elsewhere-edge": "#6f7881",
    "focus": "#1a5fb4",
}

DARK: Final[Mapping[str, str]] = {
    "sheet": "#12161b",
    "lane": "#1a2027",
    "lane-edge": "#323c47",
    "heading": "#d3dae1",
    "text": "#e8ecf0",
    "muted": "#a9b4bf",
    "line": "#8e9cab",
    "services": "#232b34",
    "services-edge": "#7d8a98",
    "ways-in": "#1a2b44",
    "ways-in-edge": "#6792cc",
    "pods": "#16301e",
    "pods-edge": "#57a06c",
    "nowhere": "#471b1e",
    "nowhere-edge": "#f07178",
    "nowhere-text": "#ffb4b4",
    "amber": "#453509",
    "amber-edge": "#d9a036",
    "amber-text": "#ffd479",
    "elsewhere": "#23272c",
    "elsewhere-edge": "#8f99a3",
    "focus": "#78b0ff",
}

_SHAPES: Final = """\
text { white-space: pre; }
.heading, .lane-name, .name, .kind, .aside, .column, .legend, .summary {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.heading { font-size: 18px; font-weight: 600; }
.summary, .legend { font-size: 12px; }
.column { font-size: 12px; font-weight: 600; }
.lane-name { font-size: 14px; font-weight: 600; }
.kind, .aside { font-size: 11px; }
.name { font-size: 12px; font-weight: 600; }
.code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }
.ground { fill: none; pointer-events: all; }
.line { fill: none; stroke-width: 1.4; marker-end: url(#portmap-fine); }
.line.nowhere { stroke-dasharray: 5 3; marker-end: url(#portmap-nowhere); }
.line.doubtful { stroke-dasharray: 5 3; marker-end: url(#portmap-doubtful); }
.line.elsewhere { stroke-dasharray: 2 3; marker-end: url(#portmap-elsewhere); }
.box.nowhere .frame, .box.doubtful .frame { stroke-dasharray: 5 3; }
.box.elsewhere .frame { stroke-dasharray: 2 3; }
"""


def style() -> str:
    """Return the style of a picture: light, or dark where the reader prefers it."""
    dark = _colours(DARK).replace("\n", "\n  ").rstrip()
    return f"{_SHAPES}{_colours(LIGHT)}@media screen and (prefers-color-scheme: dark) {{\n  {dark}\n}}\n"


def _colours(of: Mapping[str, str]) -> str:
    return f"""\
.sheet {{ fill: {of["sheet"]}; }}
.lane {{ fill: {of["lane"]}; stroke: {of["lane-edge"]}; }}
.heading, .name, .code {{ fill: {of["text"]}; }}
.lane-name {{ fill: {of["heading"]}; }}
.summary, .legend, .column, .kind, .aside {{ fill: {of["muted"]}; }}
.services .frame {{ fill: {of["services"]}; stroke: {of["services-edge"]}; }}
.ways-in .frame {{ fill: {of["ways-in"]}; stroke: {of["ways-in-edge"]}; }}
.pods .frame {{ fill: {of["pods"]}; stroke: {of["pods-edge"]}; }}
.nowhere .frame {{ fill: {of["nowhere"]}; stroke: {of["nowhere-edge"]}; }}
.doubtful .frame {{ fill: {of["amber"]}; stroke: {of["amber-edge"]}; }}
.elsewhere .frame {{ fill: {of["elsewhere"]}; stroke: {of["elsewhere-edge"]}; }}
.row.unreached .ground, .row.doubtful .ground {{ fill: {of["amber"]}; }}
.row.unreached text, .row.doubtful text, .box.doubtful .kind {{ fill: {of["amber-text"]}; }}
.row.nowhere .ground {{ fill: {of["nowhere"]}; }}
.row.nowhere text, .box.nowhere .kind {{ fill: {of["nowhere-text"]}; }}
.line {{ stroke: {of["line"]}; }}
.tip {{ fill: {of["line"]}; }}
.line.nowhere {{ stroke: {of["nowhere-edge"]}; }}
.tip.nowhere {{ fill: {of["nowhere-edge"]}; }}
.line.doubtful {{ stroke: {of["amber-edge"]}; }}
.tip.doubtful {{ fill: {of["amber-edge"]}; }}
.line.elsewhere {{ stroke: {of["elsewhere-edge"]}; }}
.tip.elsewhere {{ fill: {of["elsewhere-edge"]}; }}
"""
