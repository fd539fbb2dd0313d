"""`portmap ports` for people: a table of the node ports, one of the host ports, and what is free."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, final

import attrs

from portmap._graph.node_ports import HostPort, HostPorts, NodePort, NodePorts
from portmap._graph.object_name import ObjectName
from portmap._graph.port_map import PortMap
from portmap._kubernetes.errors import ManifestError
from portmap._reports.json_text import json_text
from portmap._reports.layout import INDENT, NARROWEST, Paint, count, wrapped
from portmap._reports.places import Places
from portmap._reports.printable import printable

__all__ = ["VERSION", "as_json", "as_text", "summary"]

_MOST_RANGES: Final = 8
"""How many ranges of free ports are shown: those that hold the most numbers are of the most use."""


@final
@attrs.frozen
class _Row:
    cells: tuple[str, ...]
    wrong: str | None = None


def as_text(found: PortMap, places: Places, *, width: int | None = None, colour: bool = False) -> str:
    """The ports of nodes as text.

    Args:
        found: Whose they are.
        places: Where the objects stand.
        width: The width of the terminal; `None`: lines are as long as they are.
        colour: Whether collisions are red and headings bold.
    """
    width = width and max(width, NARROWEST)
    paint = Paint(colour)
    nodes = found.node_ports
    blocks = [[*_heading(nodes, width, paint), *_table(_node_rows(nodes, places), width, paint), *_free(nodes, width)]]
    if found.host_ports.taken:
        blocks.append([paint.bold("Host ports"), *_table(_host_rows(found.host_ports, places), width, paint)])
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def summary(found: PortMap) -> str:
    """How many ports are taken and how many collide, in one line."""
    nodes, hosts = found.node_ports, found.host_ports
    parts = [f"{count(len(nodes.taken), 'node port')} and {count(len(hosts.taken), 'host port')} taken"]
    if nodes.collisions:
        parts.append(count(len(nodes.collisions), "collision") + " of node ports")
    if hosts.collisions:
        parts.append(count(len(hosts.collisions), "collision") + " of host ports")
    if found.unknown:
        parts.append(f"{count(len(found.unknown), 'invalid object')}, whose ports are not counted")
    return "; ".join(parts)


# --- node ports ------------------------------------------------------------------------------------------------


def _heading(ports: NodePorts, width: int | None, paint: Paint) -> Iterator[str]:
    cluster = ports.cluster
    bands = [
        f"{name} {_span(band)}"
        for name, band in (("static", cluster.static_node_ports), ("dynamic", cluster.dynamic_node_ports))
        if band
    ]
    for line in wrapped(f"Node ports {_span(cluster.node_port_range)} ({', '.join(bands)})", width, "", hanging=2):
        yield paint.bold(line)


def _node_rows(ports: NodePorts, places: Places) -> Iterator[_Row]:
    refused = {
        (ObjectName("Service", each.service.name or "", each.service.namespace), each.violation.field): each
        for each in ports.collisions
    }
    for port in ports.taken:
        conflict = refused.get((port.service, _field(port)))
        use = "health check" if port.position is None else ""
        cells = (f"{port.number}/{port.protocol}", port.band, f"{port.service}{_place(port.service, places)}", use)
        yield _Row(cells, None if conflict is None else f"taken by {conflict.other}")


def _field(port: NodePort) -> str:
    return "spec.healthCheckNodePort" if port.position is None else f"spec.ports[{port.position}].nodePort"


def _free(ports: NodePorts, width: int | None) -> Iterator[str]:
    for name, free in (("static", ports.free_static), ("dynamic", ports.free_dynamic)):
        numbers = sum(map(len, free))
        text = f"{numbers} free in the {name} band" + (f": {_ranges(free)}" if free else "")
        yield from wrapped(text, width, INDENT, hanging=2)
    if ports.left_to_the_cluster:
        yield from wrapped(f"{ports.left_to_the_cluster} more to be picked by the cluster", width, INDENT, hanging=2)


def _ranges(free: Sequence[range]) -> str:
    shown = sorted(sorted(free, key=len, reverse=True)[:_MOST_RANGES], key=lambda each: each.start)
    more = len(free) - len(shown)
    return ", ".join(map(_span, shown)) + (f" and {count(more, 'smaller range')}" if more else "")


def _span(numbers: range) -> str:
    return f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"


# --- host ports ------------------------------------------------------------------------------------------------


def _host_rows(ports: HostPorts, places: Places) -> Iterator[_Row]:
    others: dict[HostPort, list[HostPort]] = {}
    for group in ports.collisions:
        for each in group:
            others[each] = [other for other in group if other.workload != each.workload]
    for port in ports.taken:
        cells = (
            f"{port.number}/{port.protocol}" + (f" of {port.host_ip}" if port.host_ip else ""),
            f"{port.workload}{_place(port.workload, places)}",
            port.container,
            "host network" if port.host_network else f"{port.container_port}",
        )
        taken = dict.fromkeys(str(each.workload) for each in others.get(port, ()))
        yield _Row(cells, f"cannot be on a node with {', '.join(taken)}" if taken else None)


def _place(name: ObjectName, places: Places) -> str:
    place = places.get(name)
    return f" ({place})" if place else ""


# --- how they are laid out -------------------------------------------------------------------------------------


def _table(rows: Iterable[_Row], width: int | None, paint: Paint) -> Iterator[str]:
    """Aligned columns; where they do not fit, each row is wrapped by itself."""
    shown = [_Row(tuple(map(printable, row.cells)), row.wrong and printable(row.wrong)) for row in rows]
    columns = [max(map(len, cells)) for cells in zip(*(row.cells for row in shown), strict=True)]
    for row in shown:
        cells = [cell.ljust(column) for cell, column in zip(row.cells, columns, strict=True)]
        line = INDENT.join(cells).rstrip()
        if width is not None and len(INDENT) + len(line) > width:
            line = INDENT.join(filter(None, row.cells))
        yield from wrapped(line, width, INDENT, hanging=2)
        if row.wrong:
            yield from (paint.red(each) for each in wrapped(f"✗ {row.wrong}", width, INDENT * 2, hanging=2))


VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(found: PortMap, places: Places, unreadable: Sequence[ManifestError] = ()) -> str:
    """The ports of nodes as JSON text, in ASCII, with the fields in the order of their names."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": found.cluster.version,
            "nodePorts": found.node_ports,
            "hostPorts": found.host_ports,
            "unknown": found.unknown,
            "unreadable": unreadable,
        },
        places,
    )
