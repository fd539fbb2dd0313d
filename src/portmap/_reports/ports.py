"""The report of `portmap ports`: a table of node ports with the free ones, and one of host ports; or JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from portmap._graph.node_ports import HostPort, HostPorts, NodePort, NodePorts
from portmap._graph.object_name import ObjectName
from portmap._graph.port_map import PortMap
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.printable import printable
from portmap._reports.json_text import json_text
from portmap._reports.layout import INDENT, Page, count, join_blocks

VERSION: Final = 1
"""The version of the JSON schema. It changes when a key is removed or gets another meaning."""

_MOST_RANGES: Final = 8
"""How many ranges of free ports are listed: the longest ones are the most useful."""


class _Row(NamedTuple):
    cells: tuple[str, ...]
    problem: str | None = None


def as_json(port_map: PortMap, unreadable: Sequence[ManifestError] = ()) -> str:
    """Return the ports of nodes as JSON text."""
    return json_text(
        {
            "version": VERSION,
            "kubernetesVersion": port_map.cluster.version,
            "nodePorts": port_map.node_ports,
            "hostPorts": port_map.host_ports,
            "unknown": port_map.unknown,
            "unreadable": unreadable,
        },
        located=True,
    )


def as_text(port_map: PortMap, page: Page) -> str:
    """Return the ports of nodes as text."""
    nodes, hosts = port_map.node_ports, port_map.host_ports
    blocks = [[*_title(nodes, page), *_table(_node_rows(nodes), page), *_free(nodes, page)]]
    if hosts.taken:
        blocks.append([page.bold("Host ports"), *_table(_host_rows(hosts), page)])
    return join_blocks(blocks)


def summary(port_map: PortMap) -> str:
    """Return how many ports are taken and how many collide, in one line."""
    nodes, hosts = port_map.node_ports, port_map.host_ports
    parts = [f"{count(len(nodes.taken), 'node port')} and {count(len(hosts.taken), 'host port')} taken"]
    if nodes.collisions:
        parts.append(count(len(nodes.collisions), "collision") + " of node ports")
    if hosts.collisions:
        parts.append(count(len(hosts.collisions), "collision") + " of host ports")
    if port_map.unknown:
        parts.append(f"{count(len(port_map.unknown), 'invalid object')}, whose ports are not counted")
    return "; ".join(parts)


# --- node ports ------------------------------------------------------------------------------------------------


def _title(ports: NodePorts, page: Page) -> Iterator[str]:
    cluster = ports.cluster
    bands = [
        f"{name} {_span(band)}"
        for name, band in (("static", cluster.static_node_ports), ("dynamic", cluster.dynamic_node_ports))
        if band
    ]
    title = f"Node ports {_span(cluster.node_port_range)} ({', '.join(bands)})"
    yield from map(page.bold, page.wrap(title, hanging=2))


def _node_rows(ports: NodePorts) -> Iterator[_Row]:
    conflicts = {
        (ObjectName("Service", each.service.name or "", each.service.namespace), each.violation.field): each
        for each in ports.collisions
    }
    for port in ports.taken:
        conflict = conflicts.get((port.service, _field(port)))
        use = "health check" if port.position is None else ""
        cells = (f"{port.number}/{port.protocol}", port.band, f"{port.service}{_place(port.service)}", use)
        yield _Row(cells, None if conflict is None else f"taken by {conflict.other}")


def _field(port: NodePort) -> str:
    return "spec.healthCheckNodePort" if port.position is None else f"spec.ports[{port.position}].nodePort"


def _free(ports: NodePorts, page: Page) -> Iterator[str]:
    for band, ranges in (("static", ports.free_static), ("dynamic", ports.free_dynamic)):
        text = f"{sum(map(len, ranges))} free in the {band} band" + (f": {_longest(ranges)}" if ranges else "")
        yield from page.wrap(text, INDENT, hanging=2)
    if ports.left_to_the_cluster:
        text = f"{ports.left_to_the_cluster} more to be picked by the cluster"
        yield from page.wrap(text, INDENT, hanging=2)


def _longest(ranges: Sequence[range]) -> str:
    shown = sorted(sorted(ranges, key=len, reverse=True)[:_MOST_RANGES], key=lambda each: each.start)
    more = len(ranges) - len(shown)
    return ", ".join(map(_span, shown)) + (f" and {count(more, 'smaller range')}" if more else "")


def _span(numbers: range) -> str:
    return f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"


# --- host ports ------------------------------------------------------------------------------------------------


def _host_rows(ports: HostPorts) -> Iterator[_Row]:
    others: dict[HostPort, list[HostPort]] = {}
    for group in ports.collisions:
        for port in group:
            others[port] = [other for other in group if other.workload != port.workload]
    for port in ports.taken:
        cells = (
            f"{port.number}/{port.protocol}" + (f" of {port.host_ip}" if port.host_ip else ""),
            f"{port.workload}{_place(port.workload)}",
            port.container,
            "host network" if port.host_network else f"{port.container_port}",
        )
        taken = dict.fromkeys(str(other.workload) for other in others.get(port, ()))
        yield _Row(cells, f"cannot be on a node with {', '.join(taken)}" if taken else None)


def _place(name: ObjectName) -> str:
    place = name.place
    return f" ({place})" if place else ""


# --- layout ----------------------------------------------------------------------------------------------------


def _table(rows: Iterable[_Row], page: Page) -> Iterator[str]:
    """Yield rows in aligned columns; a row that is too wide is wrapped by itself."""
    shown = [_Row(tuple(map(printable, row.cells)), row.problem and printable(row.problem)) for row in rows]
    columns = [max(map(len, cells)) for cells in zip(*(row.cells for row in shown), strict=True)]
    for row in shown:
        cells = [cell.ljust(column) for cell, column in zip(row.cells, columns, strict=True)]
        line = INDENT.join(cells).rstrip()
        if page.width is not None and len(INDENT) + len(line) > page.width:
            line = INDENT.join(filter(None, row.cells))
        yield from page.wrap(line, INDENT, hanging=2)
        if row.problem:
            yield from map(page.red, page.wrap(f"✗ {row.problem}", INDENT * 2, hanging=2))
