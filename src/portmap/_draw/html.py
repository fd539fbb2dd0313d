"""A diagram as one HTML page, without network access: search, a filter by namespace, and following one chain."""

from html import escape
from importlib.resources import files

from portmap._draw.diagram import Diagram
from portmap._draw.svg import as_svg
from portmap._draw.words import summary_of

__all__ = ["as_html"]


def as_html(diagram: Diagram, title: str) -> str:
    """The diagram as the text of an HTML file.

    Args:
        diagram: The diagram.
        title: What the page is called.
    """
    namespaces = "".join(
        f'<option value="{escape(each or "")}">{escape(each or "no namespace")}</option>' for each in diagram.namespaces
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>
{_part("page.css")}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<label>Search <input type="search" id="search" placeholder="name, port or kind  ( / )" autocomplete="off"></label>
<label>Namespace <select id="namespace"><option value="*">all</option>{namespaces}</select></label>
<span id="found" role="status" aria-live="polite"></span>
</header>
<p>{escape(summary_of(diagram))} Click a port, or choose one with Tab and Enter, to follow its chain both ways;
Escape shows everything again.</p>
<main>
{as_svg(diagram, title)}</main>
<script>
{_part("page.js")}</script>
</body>
</html>
"""


def _part(name: str) -> str:
    return files("portmap._draw").joinpath(name).read_text(encoding="utf-8")
