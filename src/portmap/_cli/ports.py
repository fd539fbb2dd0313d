"""`portmap ports`: the node ports and host ports that a set of manifests takes, their collisions, and the free ones."""

import argparse
from typing import Final

from portmap._cli.arguments import add_input, cluster_of, read_documents
from portmap._reports.console import Console

__all__ = ["add_ports"]

_COMMAND: Final = "portmap ports"
_FREE: Final = 0
_COLLIDE: Final = 1


def add_ports(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "ports",
        allow_abbrev=False,
        help="list the node ports and host ports that are taken, their collisions, and the free ones",
        description="List the ports of nodes that the objects in the input take, as objects of one cluster: node "
        "ports and host ports, which of them collide, and which node ports are free.",
        epilog="Exit codes: 0 no two of them collide; 1 some do, or an object is invalid; 2 bad usage, or the input "
        "cannot be read.",
    )
    add_input(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    documents, unreadable = read_documents(options.paths or ["."], cluster, console, _COMMAND)

    from portmap._graph.port_map import PortMap
    from portmap._manifests.documents import judged
    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.places import places_of
    from portmap._reports.ports import as_json, as_text, summary

    found = PortMap.of(documents, cluster=cluster, namespace=options.namespace)
    places = places_of(documents, options.namespace)
    console.say(*map(str, unreadable))
    json = options.format == "json"
    if json:
        text = as_json(found, places, unreadable)
    else:
        text = as_text(found, places, width=console.width, colour=console.colour)
    if console.write(text) and not json:
        console.say(*violation_lines(judged(documents)), summary(found))
    collide = found.node_ports.collisions or found.host_ports.collisions
    return _COLLIDE if collide or found.unknown else _FREE
