"""A diagram as one SVG image that needs nothing else: no script, no font, no style sheet of its own."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from portmap._draw.diagram import Diagram, Line, Row, State
from portmap._draw.layout import CHARACTER, LANE_TOP, LEFT, ROW, TITLE, WIDTHS, Lane, Layout, Placed, laid_out
from portmap._draw.words import summary_of

__all__ = ["as_svg", "body_of", "style"]

# Each colour of text has a contrast of at least 4.5 to 1 on its ground (WCAG 2.1 AA).
_STYLE: Final = """
.lane { fill: #f4f6f8; stroke: #d5dbe1; }
.lane-name { font: 600 14px system-ui, sans-serif; fill: #3c4650; }
.box rect { fill: #ffffff; stroke: #8a97a5; }
.ways-in rect { fill: #eef4fd; stroke: #6b93c7; }
.pods rect { fill: #effaf1; stroke: #6aa579; }
.kind { font: 11px system-ui, sans-serif; fill: #55606b; }
.name { font: 600 12px system-ui, sans-serif; fill: #1b2228; }
.row text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1b2228; }
.box .ground { stroke: none; fill: transparent; }
.row.unreached .ground { fill: #fff3d6; }
.row.unreached text { fill: #7a4b00; }
.row.nowhere text, .nowhere .kind { fill: #a4161a; }
.box.nowhere > rect { fill: #fdeeee; stroke: #c1272d; stroke-dasharray: 5 3; }
.box.elsewhere > rect { fill: #f4f4f4; stroke: #767f88; stroke-dasharray: 2 3; }
.line { fill: none; stroke: #5d6b79; stroke-width: 1.4; }
.line.nowhere { stroke: #c1272d; stroke-dasharray: 5 3; }
.line.elsewhere { stroke: #767f88; stroke-dasharray: 2 3; }
.column { font: 600 12px system-ui, sans-serif; fill: #55606b; }
"""

_MARGIN: Final = 12
_HEAD: Final = 40
_LEGEND: Final = "✗ leads nowhere   ○ nothing reaches it"
_COLUMN_NAMES: Final = (("Ways in", 24), ("Services", 424), ("Pods", 784))


def style() -> str:
    """The style of the picture."""
    return _STYLE


def as_svg(diagram: Diagram, title: str) -> str:
    """The diagram as the text of an SVG file.

    Args:
        diagram: The diagram.
        title: What the picture is called, for those who cannot see it and in tool tips.
    """
    layout = laid_out(diagram)
    width, height = layout.width + 2 * _MARGIN, layout.height + _HEAD + _MARGIN
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" ',
            f'height="{height}" role="img" aria-labelledby="portmap-title portmap-description">\n',
            f'<title id="portmap-title">{escape(title)}</title>\n',
            f'<desc id="portmap-description">{escape(summary_of(diagram))}</desc>\n',
            f"<style>{_STYLE}</style>\n",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n',
            *body_of(diagram, layout),
            "</svg>\n",
        ]
    )


def body_of(diagram: Diagram, layout: Layout) -> Iterator[str]:
    """Everything in the picture, lane by lane, each with its lines below its boxes; then the lines between lanes."""
    yield f'<g transform="translate({_MARGIN} {_HEAD})">\n'
    for name, x in _COLUMN_NAMES:
        yield f'<text class="column" x="{x}" y="-14">{name}</text>\n'
    yield f'<text class="column" x="{layout.width - 16}" y="-14" text-anchor="end">{_LEGEND}</text>\n'
    home = {lane.namespace: lane for lane in layout.lanes}
    boxes: dict[str | None, list[Placed]] = defaultdict(list)
    for placed in layout.placed:
        boxes[placed.box.namespace].append(placed)
    ends = {
        row.id: (placed, placed.row_y(number)) for placed in layout.placed for number, row in enumerate(placed.box.rows)
    }
    inside: dict[str | None, list[str]] = defaultdict(list)
    between: list[str] = []
    for line in diagram.lines:
        if line.start in ends and line.end in ends:
            (start, _), (end, _) = ends[line.start], ends[line.end]
            same = start.box.namespace == end.box.namespace
            drawn = _line(line, *ends[line.start], *ends[line.end], home[start.box.namespace])
            (inside[start.box.namespace] if same else between).append(drawn)
    for lane in layout.lanes:
        yield f'<g class="lane-group" data-namespace={quoteattr(lane.namespace or "")} data-height="{lane.height}">\n'
        yield from _lane(lane, layout.width)
        yield from inside[lane.namespace]
        for placed in boxes[lane.namespace]:
            yield from _box(placed)
        yield "</g>\n"
    yield f'<g class="between">\n{"".join(between)}</g>\n</g>\n'


def _lane(lane: Lane, width: int) -> Iterator[str]:
    name = f"namespace {lane.namespace}" if lane.namespace else "no namespace"
    yield f'<rect class="lane" x="0" y="{lane.top}" width="{width}" height="{lane.height}" rx="8"/>\n'
    yield f'<text class="lane-name" x="16" y="{lane.top + LANE_TOP - 14}">{escape(name)}</text>\n'


def _line(line: Line, start: Placed, start_y: int, end: Placed, end_y: int, lane: Lane) -> str:
    x1, x2 = start.x + start.width, end.x
    if start.box.column == "ways-in" and end.box.column == "pods":
        path = _past_services(x1, start_y, x2, end_y, lane.passage((start_y + end_y) // 2))
    else:
        bend = (x2 - x1) // 2
        path = f"M{x1} {start_y}C{x1 + bend} {start_y} {x2 - bend} {end_y} {x2} {end_y}"
    return f'<path class="line {line.state}" d="{path}" data-from="{line.start}" data-to="{line.end}"/>\n'


def _past_services(x1: int, y1: int, x2: int, y2: int, gap: int) -> str:
    """A line that leads past the Services, not behind them, as if it led to one."""
    left, right = LEFT["services"] - 6, LEFT["services"] + WIDTHS["services"] + 6
    first, second = (left - x1) // 2, (x2 - right) // 2
    return (
        f"M{x1} {y1}C{x1 + first} {y1} {left - first} {gap} {left} {gap}"
        f"L{right} {gap}C{right + second} {gap} {x2 - second} {y2} {x2} {y2}"
    )


def _box(placed: Placed) -> Iterator[str]:
    box = placed.box
    label = " ".join(part for part in (box.kind, box.name) if part)
    yield (
        f'<g class="box {box.column} {box.state}" id="{box.id}" data-namespace={quoteattr(box.namespace or "")} '
        f"data-name={quoteattr(label)}>\n"
    )
    yield f'<rect x="{placed.x}" y="{placed.y}" width="{placed.width}" height="{placed.height}" rx="5"/>\n'
    kind = escape(_marked(box.kind, box.state))
    yield f'<text x="{placed.x + 10}" y="{placed.y + 16}"><tspan class="kind">{kind}</tspan>'
    if box.name:
        room = placed.width - 20 - round(len(box.kind) * 6) - 8
        yield f'<tspan class="name" dx="6">{escape(_cut(box.name, room))}</tspan>'
    yield "</text>\n"
    for number, row in enumerate(box.rows):
        yield from _row(placed, row, placed.y + TITLE + ROW * number)
    yield "</g>\n"


def _row(placed: Placed, row: Row, y: int) -> Iterator[str]:
    yield f'<g class="row {row.state}" id="{row.id}">'
    yield f"<title>{escape(row.note or row.text)}</title>"
    yield f'<rect class="ground" x="{placed.x + 2}" y="{y}" width="{placed.width - 4}" height="{ROW}"/>'
    # A box for what is not there says so in its title; in the rows of others a mark does.
    text = row.text if placed.box.state != "fine" else _marked(row.text, row.state)
    shown = escape(_cut(text, placed.width - 20))
    yield f'<text x="{placed.x + 10}" y="{y + 14}">{shown}</text></g>\n'


def _marked(text: str, state: State) -> str:
    # Not by colour alone.
    return {"nowhere": f"✗ {text}", "unreached": f"○ {text}"}.get(state, text)


def _cut(text: str, room: int) -> str:
    most = max(4, int(room / CHARACTER) - 1)
    return text if len(text) <= most else text[: most - 1] + "…"
