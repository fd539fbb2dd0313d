"""Pictures of a port map: SVG, an HTML page, Mermaid and text."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, TypeAlias

from portmap._draw.diagram import Diagram, diagram_of
from portmap._draw.html import as_html
from portmap._draw.mermaid import as_mermaid
from portmap._draw.svg import as_svg
from portmap._draw.text import as_text
from portmap._graph.port_map import PortMap
from portmap._kubernetes.printable import printable

Format: TypeAlias = Literal["svg", "html", "mermaid", "text"]

FORMATS: Final[Mapping[Format, Callable[[Diagram, str], str]]] = {
    "svg": as_svg,
    "html": as_html,
    "mermaid": lambda diagram, _: as_mermaid(diagram),
    "text": lambda diagram, _: as_text(diagram),
}


def draw(objects: PortMap | Iterable[object], *, format: Format = "svg", title: str = "Where the ports lead") -> str:
    """Return a picture of what each port reaches: the same text for the same objects, in any order.

    From left to right it shows entry points (node ports, load balancers, Ingresses, routes),
    Services, and pods. Unresolved ports are red; container ports that nothing reaches are amber.

    Args:
        objects: A map, or the objects that `PortMap.of` takes.
        format: `"svg"` is an image in one file. `"html"` is a page with a search, a filter and
            chains to follow. `"mermaid"` is a flow chart. `"text"` is plain text.
        title: The title of the picture.

    Raises:
        ValueError: There is no such format.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("map.svg").write_text(draw([web, pod]), encoding="utf-8")
        >>> "no container port named 'htpp'" in draw([typo, pod], format="text")
        True
    """
    if format not in FORMATS:
        raise ValueError(f"{format!r} is not a format of pictures: choose one of {', '.join(FORMATS)}")
    port_map = objects if isinstance(objects, PortMap) else PortMap.of(objects)
    return FORMATS[format](diagram_of(port_map), printable(title))
