"""`portmap draw`: a picture of the Services of a set of manifests, what leads to them, and what they reach."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import Commands, add_input, cluster_of, read_documents, write_file
from portmap._kubernetes.printable import printable
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._draw import Format

_COMMAND: Final = "portmap draw"
_SUFFIXES: "Final[Mapping[str, Format]]" = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".txt": "text",
}


def add_draw(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "draw",
        allow_abbrev=False,
        help="draw what each port reaches, as an image, a page, a Mermaid chart or text",
        description="Draw entry points, Services and pods of the input, and the connections between their ports; "
        "broken ones are red.",
        epilog="Exit codes: 0 the picture is drawn, whatever it shows; 2 bad usage, or the input cannot be read, or "
        "the picture cannot be written.",
    )
    add_input(parser, formats=("svg", "html", "mermaid", "text"))
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the file to write: .svg, .html, .mmd or .txt set the format (default: text, on standard output)",
    )
    parser.add_argument("--title", help="the title of the picture")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    output = Path(options.output) if options.output else None
    format_ = options.format or _format_of(output)
    paths = options.paths or ["."]
    documents, unreadable = read_documents(paths, cluster, console, _COMMAND)

    from portmap._draw import FORMATS
    from portmap._draw.diagram import diagram_of
    from portmap._draw.mermaid import too_large
    from portmap._draw.text import as_text
    from portmap._graph.port_map import PortMap
    from portmap._manifests.documents import judged
    from portmap._reports.invalid_objects import violation_lines

    diagram = diagram_of(PortMap.of(documents, cluster=cluster, namespace=options.namespace))
    title = options.title or f"Where the ports of {', '.join(paths)} lead"
    # The picture lacks the objects that a server would refuse.
    console.note(*map(str, unreadable), *violation_lines(judged(documents)))
    if output is None and format_ == "text" and console.page.width:
        console.write(as_text(diagram, console.page))
        return 0
    text = FORMATS[format_](diagram, printable(title))
    if format_ == "mermaid" and (problem := too_large(diagram, text)):
        console.note(f"{_COMMAND}: note: {problem}")
    if output is None:
        console.write(text)
    else:
        write_file(output, text.encode(), _COMMAND)
    return 0


def _format_of(output: Path | None) -> "Format":
    if output is None:
        return "text"
    format_ = _SUFFIXES.get(output.suffix.lower())
    if format_ is None:
        raise CommandError(f"{_COMMAND}: {output}: set the format with --format, or by one of {', '.join(_SUFFIXES)}")
    return format_
