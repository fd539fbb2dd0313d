"""The colours of pictures, light and dark, and the style sheet made of them.

Text has a contrast of at least 4.5 to 1 on its ground, and lines and edges one of 3 to 1
on what is beside them (WCAG 2.1 AA); `tests/draw/test_palette.py` computes both.
"""

from collections.abc import Mapping
from typing import Final

__all__ = ["DARK", "LIGHT", "style"]

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
    "unreached": "#fff0cc",
    "unreached-text": "#7a4b00",
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
    "unreached": "#453509",
    "unreached-text": "#ffd479",
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
.line.elsewhere { stroke-dasharray: 2 3; marker-end: url(#portmap-elsewhere); }
.box.nowhere .frame { stroke-dasharray: 5 3; }
.box.elsewhere .frame { stroke-dasharray: 2 3; }
"""


def style() -> str:
    """The style of a picture: light, and dark on screens that are asked to be."""
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
.elsewhere .frame {{ fill: {of["elsewhere"]}; stroke: {of["elsewhere-edge"]}; }}
.row.unreached .ground {{ fill: {of["unreached"]}; }}
.row.unreached text {{ fill: {of["unreached-text"]}; }}
.row.nowhere .ground {{ fill: {of["nowhere"]}; }}
.row.nowhere text, .box.nowhere .kind {{ fill: {of["nowhere-text"]}; }}
.line {{ stroke: {of["line"]}; }}
.tip {{ fill: {of["line"]}; }}
.line.nowhere {{ stroke: {of["nowhere-edge"]}; }}
.tip.nowhere {{ fill: {of["nowhere-edge"]}; }}
.line.elsewhere {{ stroke: {of["elsewhere-edge"]}; }}
.tip.elsewhere {{ fill: {of["elsewhere-edge"]}; }}
"""
