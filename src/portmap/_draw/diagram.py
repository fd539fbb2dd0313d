"""What a picture of a port map shows: boxes in three columns, their rows, and the lines between rows.

From left to right: the ways in (node ports, load balancers, Ingresses, routes, …), Services
and their ports, and what makes pods, with the ports of its containers. Nothing here knows of
formats or positions.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final, Literal, TypeAlias, final

import attrs

from portmap._map.chains import reference_hop
from portmap._map.inventory import name_of
from portmap._map.object_names import ObjectName
from portmap._map.port_map import PortMap
from portmap._map.targets import ContainerTarget, ResolvedReference, ServiceTarget
from portmap._ports import ServicePort
from portmap._services import Service
from portmap._workloads import Workload

__all__ = ["Box", "Column", "Diagram", "Line", "Row", "State", "diagram_of"]

Column: TypeAlias = Literal["ways-in", "services", "pods"]
State: TypeAlias = Literal["fine", "nowhere", "unreached", "elsewhere"]
"""`nowhere`: it should lead to a port and does not. `unreached`: nothing leads to it. `elsewhere`: beyond the set."""

_ON_NODES: Final = frozenset({"NodePort", "LoadBalancer"})
_LOAD_BALANCED: Final = "LoadBalancer"
_WRAPPED: Final = {"ways-in": 40, "services": 34, "pods": 42}
"""After how many characters a reason goes on in the next row, by column."""
_MOST_LINES: Final = 4


@final
@attrs.frozen
class Row:
    """A line of text in a box, to which lines lead.

    Attributes:
        id: Unique in the diagram.
        text: What it says.
        state: How it stands with it.
        note: What there is to say about it, at length.
    """

    id: str
    text: str
    state: State = "fine"
    note: str = ""


@final
@attrs.frozen
class Box:
    """An object, or what stands for something that is not there.

    Attributes:
        id: Unique in the diagram.
        column: Where it is.
        namespace: In whose lane it is; `None` for what names no namespace.
        kind: Its kind, for people.
        name: Its name; `""` where it has none.
        rows: Its rows.
        state: How it stands with the whole of it.
    """

    id: str
    column: Column
    namespace: str | None
    kind: str
    name: str
    rows: tuple[Row, ...]
    state: State = "fine"


@final
@attrs.frozen
class Line:
    """A way from one row to another."""

    start: str
    end: str
    state: State = "fine"


@final
@attrs.frozen
class Diagram:
    """A picture of a port map, without positions.

    Attributes:
        boxes: By namespace and name within each column.
        lines: In the order of the rows from which they come.
    """

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]

    @property
    def namespaces(self) -> tuple[str | None, ...]:
        """The lanes, in order: what names no namespace comes last."""
        found = dict.fromkeys(box.namespace for box in self.boxes)
        return tuple(sorted(found, key=lambda each: (each is None, each or "")))


def diagram_of(port_map: PortMap) -> Diagram:
    """The picture of a port map: the same for the same objects, in any order."""
    return _Maker(port_map).diagram()


@final
class _Maker:
    def __init__(self, port_map: PortMap) -> None:
        self._map = port_map
        self._boxes: list[Box] = []
        self._lines: list[Line] = []
        self._services: dict[ObjectName, str] = {}
        self._workloads: dict[ObjectName, str] = {}
        self._rows: dict[ContainerTarget, str] = {}

    def diagram(self) -> Diagram:
        for service in self._map.services:
            self._services.setdefault(name_of(service), f"s{len(self._services)}")
        self._add_pods()
        for service in {name_of(each): each for each in self._map.services}.values():
            self._add_service(service, self._services[name_of(service)])
        self._add_references()
        self._add_host_ports()
        return Diagram(tuple(self._boxes), tuple(dict.fromkeys(self._lines)))

    # --- pods ---

    def _add_pods(self) -> None:
        unreached = set(self._map.unreached)
        undeclared: dict[ObjectName, dict[ContainerTarget, None]] = defaultdict(dict)
        for service in self._map.services:
            for position in range(len(service.ports)):
                for target in self._map.targets(service, position):
                    undeclared[target.workload][target] = None
        for each in self._references():
            for found in each.targets:
                if isinstance(found, ContainerTarget):
                    undeclared[found.workload][found] = None
        for workload in self._map.workloads:
            name = name_of(workload)
            if name not in self._workloads:
                self._workloads[name] = f"w{len(self._workloads)}"
                targets = list(dict.fromkeys([*self._map.declared(workload), *undeclared[name]]))
                self._add_workload(workload, self._workloads[name], targets, unreached)

    def _add_workload(
        self, workload: Workload, own: str, targets: Iterable[ContainerTarget], unreached: set[ContainerTarget]
    ) -> None:
        rows = []
        for number, target in enumerate(targets):
            row = f"{own}.{number}"
            self._rows[target] = row
            lost = target in unreached
            text = " ".join(
                part for part in (target.container, _port(target.port, target.protocol), target.name) if part
            )
            rows.append(Row(row, text, "unreached" if lost else "fine", "nothing reaches this port" if lost else ""))
        self._boxes.append(Box(own, "pods", workload.namespace, workload.kind, workload.name, tuple(rows)))

    # --- Services ---

    def _add_service(self, service: Service, own: str) -> None:
        resolution = self._map.resolution(service)
        rows = []
        lost: dict[str, list[str]] = defaultdict(list)
        for position, port in enumerate(service.ports):
            row = f"{own}.{position}"
            targets = self._map.targets(service, position)
            self._lines += [Line(row, self._rows[target]) for target in targets if target in self._rows]
            why = "" if targets else self._map.why_not(service, position)
            state: State = "fine" if targets else "elsewhere" if resolution.elsewhere else "nowhere"
            if why:
                lost[why].append(row)
            rows.append(Row(row, _service_port(port), state, why))
        if not service.ports:
            rows.append(Row(f"{own}.0", f"→ {service.external_name}" if service.external_name else "no ports"))
        kind = "headless" if service.is_headless else service.effective_type
        self._boxes.append(Box(own, "services", service.namespace, kind, service.name, tuple(rows)))
        away: State = "elsewhere" if resolution.elsewhere else "nowhere"
        for number, (why, sources) in enumerate(lost.items()):
            self._add_ghost(f"{own}.x{number}", "pods", service.namespace, why, sources, away)
        self._add_own_ways(service, own)

    def _add_own_ways(self, service: Service, own: str) -> None:
        """The ways in that a Service opens itself."""
        if service.effective_type not in _ON_NODES:
            return
        ports = list(enumerate(service.ports))
        if service.effective_type == _LOAD_BALANCED:
            rows = [Row(f"{own}.l{place}", _port(port.port, port.effective_protocol)) for place, port in ports]
            self._boxes.append(
                Box(f"{own}.l", "ways-in", service.namespace, "Load balancer", service.name, tuple(rows))
            )
            self._lines += [Line(f"{own}.l{place}", f"{own}.{place}") for place, _ in ports]
        taken = [(place, port) for place, port in ports if port.node_port]
        if taken:
            rows = [Row(f"{own}.n{place}", _port(port.node_port, port.effective_protocol)) for place, port in taken]
            self._add_way(f"{own}.n", "Node port", service, rows)
            self._lines += [Line(f"{own}.n{place}", f"{own}.{place}") for place, _ in taken]

    def _add_way(self, own: str, kind: str, service: Service, rows: Iterable[Row]) -> None:
        self._boxes.append(Box(own, "ways-in", service.namespace, kind, service.name, tuple(rows)))

    def _add_ghost(
        self, own: str, column: Column, namespace: str | None, why: str, sources: Iterable[str], state: State
    ) -> None:
        """A box for what is not there."""
        kind = "elsewhere" if state == "elsewhere" else "nowhere"
        lines = wrap(why, _WRAPPED[column], max_lines=_MOST_LINES, placeholder=" …", break_on_hyphens=False) or [kind]
        rows = tuple(Row(f"{own}.{place}", text, state, why) for place, text in enumerate(lines))
        self._boxes.append(Box(own, column, namespace, kind, "", rows, state))
        self._lines += [Line(source, f"{own}.0", state) for source in sources]

    # --- references ---

    def _references(self) -> Iterator[ResolvedReference]:
        """The references by which somebody gets in; probes come from the node itself, and policies lead nowhere."""
        for each in self._map.references:
            if each.reference.role not in {"probe", "hook"} and next(reference_hop(each.reference), None):
                yield each

    def _add_references(self) -> None:
        by_source: dict[ObjectName, list[ResolvedReference]] = defaultdict(list)
        for each in self._references():
            by_source[each.source].append(each)
        for number, (source, references) in enumerate(by_source.items()):
            self._add_source(f"r{number}", source, references)

    def _add_source(self, own: str, source: ObjectName, references: Iterable[ResolvedReference]) -> None:
        rows: dict[str, Row] = {}
        lost: dict[tuple[str, State], list[str]] = defaultdict(list)
        for each in references:
            for _, hop in reference_hop(each.reference):
                text = hop.address or each.reference.names
                row = rows.setdefault(text, Row(f"{own}.{len(rows)}", text)).id
                for target in each.targets:
                    end = self._end(target)
                    if end is not None:
                        self._lines.append(Line(row, end))
                if not each.targets:
                    why = each.unknown or (each.miss.message if each.miss else "")
                    lost[why, "elsewhere" if each.unknown else "nowhere"].append(row)
        self._boxes.append(Box(own, "ways-in", source.namespace, source.kind, source.name, tuple(rows.values())))
        for number, ((why, state), sources) in enumerate(lost.items()):
            self._add_ghost(f"{own}.x{number}", "services", source.namespace, why, sources, state)

    def _end(self, target: ServiceTarget | ContainerTarget) -> str | None:
        if isinstance(target, ContainerTarget):
            return self._rows.get(target)
        own = self._services.get(target.service)
        return None if own is None else f"{own}.{target.position or 0}"

    def _add_host_ports(self) -> None:
        by_workload: dict[ObjectName, list[tuple[str, str]]] = defaultdict(list)
        for port in self._map.host_ports.taken:
            target = ContainerTarget(port.workload, port.container, port.container_port, port.protocol)
            if target in self._rows:
                address = f"{port.host_ip}:" if port.host_ip else ""
                by_workload[port.workload].append((f"{address}{_port(port.number, port.protocol)}", self._rows[target]))
        for name, found in by_workload.items():
            own = f"{self._workloads[name]}.h"
            rows = tuple(Row(f"{own}{place}", text) for place, (text, _) in enumerate(found))
            self._boxes.append(Box(own, "ways-in", name.namespace, "Host port", name.name, rows))
            self._lines += [Line(row.id, end) for row, (_, end) in zip(rows, found, strict=True)]


def _port(number: int | str | None, protocol: str) -> str:
    return f"{number}" if protocol == "TCP" else f"{number}/{protocol}"


def _service_port(port: ServicePort) -> str:
    named = f" {port.name}" if port.name else ""
    target = port.effective_target_port
    shown = f" → {target}" if target != port.port else ""
    return f"{_port(port.port, port.effective_protocol)}{named}{shown}"
