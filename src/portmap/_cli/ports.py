"""`portmap ports`: the node ports and host ports that a set of manifests takes, their collisions, and the free ones."""

import argparse
from typing import Final

from portmap._cli.arguments import Commands, add_input, cluster_of, read_documents
from portmap._reports.console import Console

_COMMAND: Final = "portmap ports"


def add_ports(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "ports",
        allow_abbrev=False,
        help="list the node ports and host ports that are taken, their collisions, and the free ones",
        description="List the ports of nodes that the objects in the input take, as objects of one cluster: node "
        "ports and host ports, their collisions, and the free node ports.",
        epilog="Exit codes: 0 there are no collisions; 1 there are, or an object is invalid; 2 bad usage, or the "
        "input cannot be read.",
    )
    add_input(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    documents, unreadable = read_documents(options.paths or ["."], cluster, console, _COMMAND)

    from portmap._graph.port_map import PortMap
    from portmap._manifests.documents import judged
    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.ports import as_json, as_text, summary

    port_map = PortMap.of(documents, cluster=cluster, namespace=options.namespace)
    console.note(*map(str, unreadable))
    if options.format == "json":
        console.write(as_json(port_map, unreadable))
    elif console.write(as_text(port_map, console.page)):
        console.note(*violation_lines(judged(documents)), summary(port_map))
    return 1 if port_map.node_ports.collisions or port_map.host_ports.collisions or port_map.unknown else 0
