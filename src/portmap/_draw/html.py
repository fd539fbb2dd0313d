"""A diagram as an HTML page without network access, with a search, a filter and chains to follow."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files

from portmap._draw.diagram import Diagram
from portmap._draw.layout import Layout, laid_out
from portmap._draw.svg import DARK, LIGHT, TIPS, Drawing, heads_of, legend_of, style
from portmap._draw.text import summary_of


def as_html(diagram: Diagram, title: str) -> str:
    """Return the diagram as an HTML file.

    Args:
        diagram: The diagram.
        title: The title of the page.
    """
    namespaces = "".join(
        f'<option value="{escape(each or "")}">{escape(each or "no namespace")}</option>' for each in diagram.namespaces
    )
    styles = f"\n{style()}{_variables()}{_part('page.css')}"
    script = f"\n{_part('page.js')}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src {_hash(styles)}; script-src {_hash(script)}; base-uri 'none';
 form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{styles}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<search>
<label>Search <input type="search" id="search" placeholder="name, port, host or kind" autocomplete="off"
 spellcheck="false" aria-keyshortcuts="/" aria-describedby="found"></label>
<button type="button" id="previous" aria-label="previous hit" disabled>&lsaquo;</button>
<button type="button" id="next" aria-label="next hit" disabled>&rsaquo;</button>
<span id="found" role="status"></span>
<label>Namespace <select id="namespace"><option value="*">all</option>{namespaces}</select></label>
</search>
</header>
<main aria-label="Where the ports lead">
<p>{escape(summary_of(diagram))}</p>
<p class="how"><b>Click</b> a port to follow its chain both ways. Or choose one with <kbd>Tab</kbd> and the arrow keys
and press <kbd>Enter</kbd>; <kbd>/</kbd> searches, <kbd>Esc</kbd> shows everything again.</p>
<div id="map">
{"".join(_map(diagram, laid_out(diagram)))}</div>
</main>
<aside id="chain" aria-labelledby="chain-title" hidden>
<h2 id="chain-title"></h2>
<button type="button" id="close" aria-label="show everything again">✕</button>
<div id="links"></div>
</aside>
<script>{script}</script>
</body>
</html>
"""


def _map(diagram: Diagram, layout: Layout) -> Iterator[str]:
    drawing = Drawing(diagram, layout, interactive=True)
    width = layout.width
    yield f'<svg width="{width}" height="64" viewBox="0 0 {width} 64" aria-hidden="true">\n{TIPS}'
    yield from legend_of(diagram, 20)
    yield from heads_of(layout, 54)
    yield "</svg>\n"
    for lane in layout.lanes:
        name = f"namespace {lane.namespace}" if lane.namespace else "no namespace"
        yield (
            f'<section class="lane-group" aria-label="{escape(name)}" data-namespace="{escape(lane.namespace or "")}" '
            f'data-top="{lane.top}" data-height="{lane.height}">\n'
            f'<svg role="group" width="{width}" height="{lane.height}" viewBox="0 0 {width} {lane.height}">\n'
        )
        yield from drawing.lane(lane)
        yield "</svg>\n</section>\n"
    yield (
        f'<svg id="between" aria-hidden="true" width="{width}" height="{layout.height}" '
        f'viewBox="0 0 {width} {layout.height}">\n'
    )
    yield from drawing.between
    yield "</svg>\n"


def _variables() -> str:
    """Return the colours of the picture as variables for the page."""
    light, dark = ("".join(f"--{name}: {colour}; " for name, colour in colours.items()) for colours in (LIGHT, DARK))
    return f":root {{ {light}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"


def _hash(text: str) -> str:
    """Return the hash by which the content security policy allows this text and no other."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return files("portmap._draw").joinpath(name).read_text(encoding="utf-8")
