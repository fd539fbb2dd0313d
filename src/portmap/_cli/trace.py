"""`portmap trace TARGET`: what leads to a port, and which container it reaches."""

import argparse
import os
from typing import Final

from portmap._cli.arguments import Commands, add_input, cluster_of, read_documents
from portmap._reports.console import CommandError, Console

_COMMAND: Final = "portmap trace"


def add_trace(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "trace",
        allow_abbrev=False,
        help="show what leads to a port, a host or a node port, and which container it reaches",
        description="Follow one port both ways: show what leads to it from outside, and which port of which "
        "container it reaches.",
        epilog="Exit codes: 0 every target resolves, or may be right; 1 a target has no endpoints, or a container port "
        "is unreached; 2 there is no such target, bad usage, or the input cannot be read.",
    )
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="service/web:http or web:80 for a Service port; deployment/web:8080 or deployment/web:app:http for a "
        "container port; shop.example/api for a host and path; 30080 or 30080/UDP for a port of nodes; "
        "service/shop/web:http also names the namespace",
    )
    add_input(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    try:
        documents, unreadable = read_documents(options.paths or ["."], cluster, console, _COMMAND)
    except CommandError as error:
        raise CommandError(*error.lines, *_swapped_hint(options.target)) from None

    from portmap._graph.port_map import PortMap
    from portmap._manifests.documents import judged
    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.trace import as_json, as_text, summary

    try:
        traces = PortMap.of(documents, cluster=cluster, namespace=options.namespace).trace(options.target)
    except (KeyError, ValueError) as error:
        problem = f"{_COMMAND}: {error.args[0]}"
        raise CommandError(*map(str, unreadable), problem, *_swapped_hint(options.target)) from None
    console.note(*map(str, unreadable))
    if options.format == "json":
        console.write(as_json(traces, options.target, cluster, unreadable))
    elif console.write(as_text(traces, console.page)):
        console.note(*violation_lines(judged(documents)), summary(traces))
    return 1 if any(trace.leads_nowhere for trace in traces) else 0


def _swapped_hint(target: str) -> list[str]:
    """Return a hint if the target is a path."""
    if not os.path.exists(target):  # noqa: PTH110 - unlike `Path.exists`, it takes any text
        return []
    return [f"{_COMMAND}: {target} is a path, and the target comes first: write {_COMMAND} service/web:http {target}"]
