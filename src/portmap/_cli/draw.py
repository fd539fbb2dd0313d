"""`portmap draw`: a picture of where every port of a set of manifests leads."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import add_input, cluster_of, read_documents
from portmap._reports.console import CommandError, Console
from portmap._reports.printable import printable

if TYPE_CHECKING:
    from portmap._draw import Format

__all__ = ["add_draw"]

_COMMAND: Final = "portmap draw"
_SUFFIXES: "Final[dict[str, Format]]" = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".txt": "text",
}


def add_draw(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "draw",
        allow_abbrev=False,
        help="draw where every port leads, as an image, a page, a Mermaid chart or text",
        description="Draw where every port in the input leads: ways in, Services and pods; what leads nowhere in red.",
        epilog="Exit codes: 0 the picture is drawn, whatever it shows; 2 bad usage, or the input cannot be read, or "
        "the picture not written.",
    )
    add_input(parser, formats=("svg", "html", "mermaid", "text"))
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the file to write: .svg, .html, .mmd or .txt say the format (default: text, on standard output)",
    )
    parser.add_argument("--title", help="what the picture is called")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    output = Path(options.output) if options.output else None
    format_ = options.format or _format_of(output)
    documents, unreadable = read_documents(options.paths or ["."], cluster, console, _COMMAND)

    from portmap._draw import FORMATS
    from portmap._draw.diagram import diagram_of
    from portmap._draw.mermaid import too_much
    from portmap._draw.text import as_text
    from portmap._graph.port_map import PortMap
    from portmap._manifests.documents import judged
    from portmap._reports.invalid_objects import violation_lines

    found = PortMap.of(documents, cluster=cluster, namespace=options.namespace)
    diagram = diagram_of(found)
    title = options.title or f"Where the ports of {', '.join(options.paths or ['.'])} lead"
    # What a server would refuse is not in the picture.
    console.say(*map(str, unreadable), *violation_lines(judged(documents)))
    if output is None and format_ == "text" and console.width:
        console.write(as_text(diagram, width=console.width, colour=console.colour))
        return 0
    text = FORMATS[format_](diagram, printable(title))
    if format_ == "mermaid" and (why := too_much(diagram, text)):
        console.say(f"{_COMMAND}: note: {why}")
    if output is None:
        console.write(text)
    else:
        _write(output, text)
    return 0


def _format_of(output: Path | None) -> "Format":
    if output is None:
        return "text"
    found = _SUFFIXES.get(output.suffix.lower())
    if found is None:
        raise CommandError(f"{_COMMAND}: {output}: say the format with --format, or by one of {', '.join(_SUFFIXES)}")
    return found


def _write(output: Path, text: str) -> None:
    from portmap._manifests.atomic_write import write_whole

    try:
        write_whole(output, text.encode())
    except OSError as error:
        raise CommandError(f"{_COMMAND}: {output}: cannot be written: {error.strerror or error}") from None
