"""`portmap trace TARGET`: who leads to a port, and where it leads from there."""

import argparse
import os
from typing import Final

from portmap._cli.arguments import add_input, cluster_of, read_documents
from portmap._reports.console import CommandError, Console

__all__ = ["add_trace"]

_COMMAND: Final = "portmap trace"
_SOMEWHERE: Final = 0
_NOWHERE: Final = 1


def add_trace(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "trace",
        allow_abbrev=False,
        help="say who leads to a port, a host or a node port, and where that leads",
        description="Follow one port both ways: who leads there, from the outside in, and which port of which "
        "container it finally reaches.",
        epilog="Exit codes: 0 everything that is meant leads somewhere; 1 something leads nowhere, or nothing leads "
        "to a container's port; 2 there is no such target, bad usage, or the input cannot be read.",
    )
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="service/web:http or web:80, a Service port; deployment/web:8080 or deployment/web:app:http, a "
        "container port; shop.example/api, a host and path; 30080 or 30080/UDP, a port of nodes; "
        "service/shop/web:http names the namespace, too",
    )
    add_input(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    try:
        documents, unreadable = read_documents(options.paths or ["."], cluster, console, _COMMAND)
    except CommandError as error:
        raise CommandError(*error.lines, *_swapped(options.target)) from None

    from portmap._graph.port_map import PortMap
    from portmap._manifests.documents import judged
    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.places import places_of
    from portmap._reports.trace import as_json, as_text, summary

    try:
        traces = PortMap.of(documents, cluster=cluster, namespace=options.namespace).trace(options.target)
    except (KeyError, ValueError) as error:
        told = f"{_COMMAND}: {error.args[0]}"
        raise CommandError(*map(str, unreadable), told, *_swapped(options.target)) from None
    places = places_of(documents, options.namespace)
    console.say(*map(str, unreadable))
    json = options.format == "json"
    if json:
        text = as_json(traces, places, options.target, cluster, unreadable)
    else:
        text = as_text(traces, places, width=console.width, colour=console.colour)
    if console.write(text) and not json:
        console.say(*violation_lines(judged(documents)), summary(traces))
    return _NOWHERE if any(trace.leads_nowhere for trace in traces) else _SOMEWHERE


def _swapped(target: str) -> list[str]:
    """What to say where a path stands in the place of the target."""
    if not os.path.exists(target):  # noqa: PTH110 - unlike `Path.exists`, it takes any text
        return []
    return [f"{_COMMAND}: {target} is a path, and the target comes first: write {_COMMAND} service/web:http {target}"]
