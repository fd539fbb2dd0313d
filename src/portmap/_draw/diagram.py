"""What a picture of a port map shows: boxes in three columns, their rows, and the lines between rows.

From left to right: the ways in (node ports, load balancers, Ingresses, routes, …), Services
and their ports, and what makes pods, with the ports of its containers. Nothing here knows of
formats or positions.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final, Literal, TypeAlias, final

import attrs

from portmap._graph.chains import reference_hop
from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._graph.port_map import PortMap
from portmap._graph.targets import ContainerTarget, ResolvedReference, ServiceTarget
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._reports.printable import printable

__all__ = ["COLUMNS", "Box", "Column", "Diagram", "Line", "Row", "State", "diagram_of"]

Column: TypeAlias = Literal["ways-in", "services", "pods"]
State: TypeAlias = Literal["fine", "nowhere", "unreached", "elsewhere"]
"""`nowhere`: it should lead to a port and does not. `unreached`: nothing leads to it. `elsewhere`: beyond the set."""

COLUMNS: Final[tuple[Column, ...]] = ("ways-in", "services", "pods")
"""From left to right."""

_ON_NODES: Final = frozenset({"NodePort", "LoadBalancer"})
_LOAD_BALANCED: Final = "LoadBalancer"
_WITHOUT_PORTS: Final = "without ports"
_PICKED: Final = "picked by the cluster"


def _printable(text: str | None) -> str | None:
    return None if text is None else printable(text)


@final
@attrs.frozen
class Row:
    """A line of text in a box, to which lines lead.

    What manifests bring into it is printable: what is not is escaped.

    Attributes:
        id: Unique in the diagram.
        text: What it says.
        aside: What it says besides: the container of a port.
        state: How it stands with it.
        note: What there is to say about it, at length.
    """

    id: str
    text: str = attrs.field(converter=printable)
    aside: str = attrs.field(default="", converter=printable)
    state: State = "fine"
    note: str = attrs.field(default="", converter=printable)


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
        state: How it stands with the whole of it; what is not `fine` is not there, and its only row says why.
        objects: How many objects it stands for.
    """

    id: str
    column: Column
    namespace: str | None = attrs.field(converter=_printable)
    kind: str = attrs.field(converter=printable)
    name: str = attrs.field(converter=printable)
    rows: tuple[Row, ...]
    state: State = "fine"
    objects: int = 1

    @property
    def label(self) -> str:
        """What it is called, for people: `Deployment web`."""
        return f"{self.kind} {self.name}".rstrip()


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

    @property
    def lanes(self) -> dict[str | None, list[Box]]:
        """The boxes of each lane, lanes in order."""
        found: dict[str | None, list[Box]] = {each: [] for each in self.namespaces}
        for box in self.boxes:
            found[box.namespace].append(box)
        return found


def diagram_of(port_map: PortMap) -> Diagram:
    """The picture of a port map: the same for the same objects, in any order."""
    return _Maker(port_map).diagram()


@final
class _Maker:
    def __init__(self, port_map: PortMap) -> None:
        self._map = port_map
        self._boxes: list[Box] = []
        self._lines: list[Line] = []
        # A set may have several Services of a name, as where it has a base beside its overlays.
        self._services: dict[ObjectName, list[tuple[Service, str]]] = defaultdict(list)
        self._workloads: dict[ObjectName, str] = {}
        self._rows: dict[ContainerTarget, str] = {}
        self._ghosts: dict[tuple[Column, str | None, str, str, State], str] = {}
        self._numbers = count()

    def diagram(self) -> Diagram:
        self._add_pods()
        for number, service in enumerate(self._map.services):
            self._services[name_of(service)].append((service, f"s{number}"))
            self._add_service(service, f"s{number}")
        self._add_references()
        self._add_host_ports()
        return Diagram(tuple(self._boxes), tuple(dict.fromkeys(self._lines)))

    # --- pods ---

    def _add_pods(self) -> None:
        unreached = set(self._map.unreached)
        reached = self._reached()
        bare: dict[str | None, list[str]] = defaultdict(list)
        named: dict[ObjectName, list[Workload]] = defaultdict(list)
        for workload in self._map.workloads:
            named[name_of(workload)].append(workload)
        for number, (name, same) in enumerate(named.items()):
            declared = [target for each in same for target in self._map.declared(each)]
            targets = list(dict.fromkeys([*declared, *reached[name]]))
            if targets:
                self._workloads[name] = f"w{number}"
                self._add_workload(same[0], f"w{number}", targets, unreached)
            else:
                bare[name.namespace].append(f"{same[0].kind} {same[0].name}")
        for number, (namespace, names) in enumerate(bare.items()):
            rows = tuple(Row(f"b{number}.{place}", text) for place, text in enumerate(names))
            self._boxes.append(Box(f"b{number}", "pods", namespace, _WITHOUT_PORTS, "", rows, objects=len(rows)))

    def _reached(self) -> dict[ObjectName, list[ContainerTarget]]:
        """By what makes the pods, all ports to which anything leads: they need not be declared."""
        found: dict[ObjectName, list[ContainerTarget]] = defaultdict(list)
        for service in self._map.services:
            for position in range(len(service.ports)):
                for target in self._map.targets(service, position):
                    found[target.workload].append(target)
        for each in self._references():
            for end in each.targets:
                if isinstance(end, ContainerTarget):
                    found[end.workload].append(end)
        return found

    def _add_workload(
        self, workload: Workload, own: str, targets: Iterable[ContainerTarget], unreached: set[ContainerTarget]
    ) -> None:
        rows = []
        for number, target in enumerate(targets):
            row = f"{own}.{number}"
            self._rows[target] = row
            lost = target in unreached
            text = " ".join(part for part in (_port(target.port, target.protocol), target.name) if part)
            state: State = "unreached" if lost else "fine"
            rows.append(
                Row(row, text, target.container or "undeclared", state, "nothing reaches this port" if lost else "")
            )
        self._boxes.append(Box(own, "pods", workload.namespace, workload.kind, workload.name, tuple(rows)))

    # --- Services ---

    def _add_service(self, service: Service, own: str) -> None:
        resolution = self._map.resolution(service)
        rows = []
        lost: dict[str, list[str]] = defaultdict(list)
        for position, port in enumerate(service.ports):
            row = f"{own}.{position}"
            targets = self._map.targets(service, position)
            self._lines += [Line(row, self._rows[target]) for target in targets]
            why = "" if targets else self._map.why_not(service, position)
            state: State = "fine" if targets else "elsewhere" if resolution.elsewhere else "nowhere"
            if why:
                lost[why].append(row)
            rows.append(Row(row, _service_port(port), state=state, note=why))
        if not service.ports:
            rows.append(Row(f"{own}.0", f"→ {service.external_name}" if service.external_name else "no ports"))
        kind = "headless" if service.is_headless else service.effective_type
        self._boxes.append(Box(own, "services", service.namespace, kind, service.name, tuple(rows)))
        away: State = "elsewhere" if resolution.elsewhere else "nowhere"
        for why, sources in lost.items():
            self._add_ghost("pods", service.namespace, "", why, sources, away)
        self._add_own_ways(service, own)

    def _add_own_ways(self, service: Service, own: str) -> None:
        """The ways in that a Service opens itself."""
        ports = [(place, port, _port(port.port, port.effective_protocol)) for place, port in enumerate(service.ports)]
        addresses = service.external_ips or ()
        self._add_way(
            f"{own}.e",
            "External IP",
            service,
            [(place, f"{_host(each)}:{shown}") for each in addresses for place, _, shown in ports],
        )
        if service.effective_type == _LOAD_BALANCED:
            address = f"{_host(service.load_balancer_ip)}:" if service.load_balancer_ip else ""
            self._add_way(
                f"{own}.l", "Load balancer", service, [(place, f"{address}{each}") for place, _, each in ports]
            )
        if service.effective_type in _ON_NODES:
            # The node ports that the cluster picks for a load balancer are its own business.
            picked = service.effective_type != _LOAD_BALANCED
            on_nodes = [
                (place, _port(port.node_port or _PICKED, port.effective_protocol))
                for place, port, _ in ports
                if port.node_port or picked
            ]
            self._add_way(f"{own}.n", "Node port", service, on_nodes)

    def _add_way(self, own: str, kind: str, service: Service, ways: Iterable[tuple[int, str]]) -> None:
        """A way in, by rows that each lead to one of the Service's ports."""
        rows = []
        for number, (place, text) in enumerate(ways):
            rows.append(Row(f"{own}{number}", text))
            self._lines.append(Line(f"{own}{number}", f"{own.partition('.')[0]}.{place}"))
        if rows:
            self._boxes.append(Box(own, "ways-in", service.namespace, kind, service.name, tuple(rows)))

    def _add_ghost(
        self, column: Column, namespace: str | None, name: str, why: str, sources: Iterable[str], state: State
    ) -> None:
        """A box for what is not there: one for all that miss the same."""
        key = column, namespace, name, why, state
        own = self._ghosts.get(key)
        if own is None:
            own = self._ghosts[key] = f"x{next(self._numbers)}"
            kind = "elsewhere" if state == "elsewhere" else "nowhere"
            row = Row(f"{own}.0", why or kind, state=state, note=why)
            self._boxes.append(Box(own, column, namespace, kind, name, (row,), state, 0))
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
        lost: dict[tuple[str, str, State], list[str]] = defaultdict(list)
        for each in references:
            for _, hop in reference_hop(each.reference):
                text = hop.address or each.reference.names
                row = rows.setdefault(text, Row(f"{own}.{len(rows)}", text)).id
                self._lines += [Line(row, end) for target in each.targets for end in self._ends(target)]
                if not each.targets:
                    why = each.unknown or (each.miss.message if each.miss else "")
                    # A miss says itself what it was after.
                    wanted = each.reference.names if each.unknown else ""
                    lost[wanted, why, "elsewhere" if each.unknown else "nowhere"].append(row)
        self._boxes.append(Box(own, "ways-in", source.namespace, source.kind, source.name, tuple(rows.values())))
        for (wanted, why, state), sources in lost.items():
            self._add_ghost("services", source.namespace, wanted, why, sources, state)

    def _ends(self, target: ServiceTarget | ContainerTarget) -> Iterator[str]:
        """The rows that stand for what a reference leads to."""
        if isinstance(target, ContainerTarget):
            yield self._rows[target]
            return
        for service, own in self._services[target.service]:
            if target.position is None:
                yield f"{own}.0"
            elif target.position < len(service.ports) and service.ports[target.position] == target.port:
                yield f"{own}.{target.position}"

    def _add_host_ports(self) -> None:
        by_workload: dict[ObjectName, list[tuple[str, str]]] = defaultdict(list)
        for port in self._map.host_ports.taken:
            target = ContainerTarget(port.workload, port.container, port.container_port, port.protocol)
            if target in self._rows:
                address = f"{_host(port.host_ip)}:" if port.host_ip else ""
                by_workload[port.workload].append((f"{address}{_port(port.number, port.protocol)}", self._rows[target]))
        for name, found in by_workload.items():
            own = f"{self._workloads[name]}.h"
            rows = tuple(Row(f"{own}{place}", text) for place, (text, _) in enumerate(found))
            self._boxes.append(Box(own, "ways-in", name.namespace, "Host port", name.name, rows))
            self._lines += [Line(row.id, end) for row, (_, end) in zip(rows, found, strict=True)]


def _port(number: int | str | None, protocol: str) -> str:
    return f"{number}" if protocol == "TCP" else f"{number}/{protocol}"


def _host(address: str) -> str:
    """The address as it stands before a port."""
    return f"[{address}]" if ":" in address else address


def _service_port(port: ServicePort) -> str:
    named = f" {port.name}" if port.name else ""
    target = port.effective_target_port
    shown = f" → {target}" if target != port.port else ""
    return f"{_port(port.port, port.effective_protocol)}{named}{shown}"
