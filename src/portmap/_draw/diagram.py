"""The content of a picture of a port map: boxes in three columns, their rows, and lines between rows.

From left to right: entry points (node ports, load balancers, Ingresses, routes, …), Services
and their ports, and workloads with their container ports. Formats and positions are decided elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count
from operator import itemgetter
from typing import Final, Literal, TypeAlias, final

import attrs

from portmap._graph.chains import Entry, Hop, entries_of, reference_hop
from portmap._graph.object_name import ObjectName
from portmap._graph.port_map import PortMap
from portmap._graph.reach import ServiceNode, declared_targets
from portmap._graph.targets import ContainerTarget, ResolvedReference, ServiceTarget
from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.printable import printable
from portmap._model.ports import ServicePort

Column: TypeAlias = Literal["ways-in", "services", "pods"]
State: TypeAlias = Literal["fine", "nowhere", "doubtful", "unreached", "elsewhere"]
"""`nowhere`: it does not resolve. `doubtful`: the same, and it may be right; or its targets are in another part
of the input. `unreached`: nothing leads to it. `elsewhere`: it leads out of the input."""

COLUMNS: Final[tuple[Column, ...]] = ("ways-in", "services", "pods")
"""From left to right."""

# Clients of a load balancer do not dial the node ports that the cluster picks for it, so those are not shown.
_ENTRY_POINTS: Final[Mapping[Entry, tuple[str, str]]] = {
    "external-ip": ("e", "External IP"),
    "load-balancer": ("l", "Load balancer"),
    "node-port": ("n", "Node port"),
}
_STATES: Final[Mapping[str, State]] = {"unresolved": "nowhere", "doubtful": "doubtful", "elsewhere": "elsewhere"}
_PLACEHOLDERS: Final[Mapping[State, str]] = {"nowhere": "unresolved", "doubtful": "in doubt", "elsewhere": "elsewhere"}
_WITHOUT_PORTS: Final = "without ports"
_PICKED: Final = "picked by the cluster"


def _printable(text: str | None) -> str | None:
    return None if text is None else printable(text)


@final
@attrs.frozen
class Row:
    """A row of a box, where lines begin and end. Characters that are not printable are escaped.

    Attributes:
        id: Its id, unique in the diagram.
        text: Its text.
        aside: A second text: the container of a port.
        state: Whether it resolves.
        note: More about its state.
    """

    id: str
    text: str = attrs.field(converter=printable)
    aside: str = attrs.field(default="", converter=printable)
    state: State = "fine"
    note: str = attrs.field(default="", converter=printable)


@final
@attrs.frozen
class Box:
    """An object, or a placeholder for one that is missing.

    Attributes:
        id: Its id, unique in the diagram.
        column: Its column.
        namespace: Its lane; `None` for objects that name no namespace.
        kind: Its kind, for people.
        name: Its name; `""` if it has none.
        rows: Its rows. The only row of a placeholder is the reason.
        state: `fine` for an object; another state for a placeholder.
        objects: How many objects it represents.
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
        """Return kind and name: `Deployment web`."""
        return f"{self.kind} {self.name}".rstrip()


@final
@attrs.frozen
class Line:
    """A line from one row to another."""

    start: str
    end: str
    state: State = "fine"


@final
@attrs.frozen
class Diagram:
    """A picture of a port map, without positions.

    Attributes:
        boxes: The boxes, sorted by namespace and name within each column.
        lines: The lines, in the order of the rows where they begin.
    """

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]

    @property
    def namespaces(self) -> tuple[str | None, ...]:
        """Return the names of the lanes, in order; objects without a namespace are last."""
        namespaces = dict.fromkeys(box.namespace for box in self.boxes)
        return tuple(sorted(namespaces, key=lambda each: (each is None, each or "")))

    @property
    def lanes(self) -> dict[str | None, list[Box]]:
        """Return the boxes of each lane, in order."""
        lanes: dict[str | None, list[Box]] = {each: [] for each in self.namespaces}
        for box in self.boxes:
            lanes[box.namespace].append(box)
        return lanes


def diagram_of(port_map: PortMap) -> Diagram:
    """Return the picture of a port map: the same for the same objects, in any order."""
    return _Builder(port_map).diagram()


@final
class _Builder:
    def __init__(self, port_map: PortMap) -> None:
        self._map = port_map
        self._boxes: list[Box] = []
        self._lines: list[Line] = []
        self._services: dict[ObjectName, str] = {}
        self._workloads: dict[ObjectName, str] = {}
        self._rows: dict[ContainerTarget, str] = {}
        self._placeholders: dict[tuple[Column, str | None, str, str, State], str] = {}
        self._numbers = count()

    def diagram(self) -> Diagram:
        self._add_pods()
        for number, node in enumerate(self._map.graph.services):
            self._services[node.name] = f"s{number}"
            self._add_service(node, f"s{number}")
        self._add_references()
        self._add_host_ports()
        return Diagram(tuple(self._boxes), tuple(dict.fromkeys(self._lines)))

    # --- pods ---

    def _add_pods(self) -> None:
        unreached = set(self._map.unreached)
        reached = self._reached()
        without_ports: dict[str | None, list[str]] = defaultdict(list)
        for number, (workload, name) in enumerate(self._map.graph.workloads):
            targets = list(dict.fromkeys([*declared_targets(workload, name), *reached[name]]))
            if targets:
                self._workloads[name] = f"w{number}"
                self._add_workload(name, f"w{number}", targets, unreached)
            else:
                without_ports[name.namespace].append(f"{name.kind} {name.name}")
        for number, (namespace, names) in enumerate(without_ports.items()):
            rows = tuple(Row(f"b{number}.{position}", text) for position, text in enumerate(names))
            self._boxes.append(Box(f"b{number}", "pods", namespace, _WITHOUT_PORTS, "", rows, objects=len(rows)))

    def _reached(self) -> dict[ObjectName, list[ContainerTarget]]:
        """Return the container ports that anything leads to, by workload. They need not be declared."""
        reached: dict[ObjectName, list[ContainerTarget]] = defaultdict(list)
        for node in self._map.graph.services:
            for target in chain.from_iterable(node.targets):
                reached[target.workload].append(target)
        for each in self._references():
            for end in each.targets:
                if isinstance(end, ContainerTarget):
                    reached[end.workload].append(end)
        return reached

    def _add_workload(
        self, name: ObjectName, box_id: str, targets: Iterable[ContainerTarget], unreached: set[ContainerTarget]
    ) -> None:
        rows = []
        for number, target in enumerate(targets):
            row = f"{box_id}.{number}"
            self._rows[target] = row
            text = " ".join(part for part in (_port(target.port, target.protocol), target.name) if part)
            container = target.container or "undeclared"
            if target in unreached:
                rows.append(Row(row, text, container, "unreached", "nothing reaches this port"))
            else:
                rows.append(Row(row, text, container))
        self._boxes.append(Box(box_id, "pods", name.namespace, name.kind, name.name, tuple(rows)))

    # --- Services ---

    def _add_service(self, node: ServiceNode, box_id: str) -> None:
        service = node.service
        rows = []
        unresolved: dict[tuple[str, State], list[str]] = defaultdict(list)
        for position, port in enumerate(service.ports):
            row = f"{box_id}.{position}"
            targets = node.targets[position]
            outcome = self._map.graph.outcome(node, position)
            state = _STATES.get(outcome.state, "fine")
            self._lines += [Line(row, self._rows[target], state) for target in targets]
            note = (outcome.doubt or "") if targets else _with_doubt(outcome.reason, outcome.doubt)
            if not targets:
                unresolved[note, state].append(row)
            rows.append(Row(row, _service_port(port), state=state, note=note))
        if not service.ports:
            rows.append(Row(f"{box_id}.0", f"→ {service.external_name}" if service.external_name else "no ports"))
        kind = "headless" if service.is_headless else service.effective_type
        self._boxes.append(Box(box_id, "services", service.namespace, kind, service.name, tuple(rows)))
        for (reason, state), sources in unresolved.items():
            self._add_placeholder("pods", service.namespace, "", reason, sources, state)
        self._add_entry_points(node, box_id)

    def _add_entry_points(self, node: ServiceNode, box_id: str) -> None:
        """Add the entry points that the Service itself opens, each with rows that lead to its ports."""
        service = node.service
        entries = [
            (number, position, entry, hops[0])
            for position, port in enumerate(service.ports)
            for number, (entry, hops) in enumerate(entries_of(service, node.name, port))
        ]
        # All ports of an address come before the next address.
        entries.sort(key=itemgetter(0))
        for wanted, (suffix, kind) in _ENTRY_POINTS.items():
            rows: list[Row] = []
            for _, position, entry, hop in entries:
                if entry == wanted and not (hop.port is None and service.effective_type == "LoadBalancer"):
                    row = Row(f"{box_id}.{suffix}{len(rows)}", _entry_text(entry, hop))
                    rows.append(row)
                    self._lines.append(Line(row.id, f"{box_id}.{position}"))
            if rows:
                box = Box(f"{box_id}.{suffix}", "ways-in", service.namespace, kind, service.name, tuple(rows))
                self._boxes.append(box)

    def _add_placeholder(
        self, column: Column, namespace: str | None, name: str, reason: str, sources: Iterable[str], state: State
    ) -> None:
        """Add lines to a placeholder, one for all lines that miss the same object for the same reason."""
        key = column, namespace, name, reason, state
        box_id = self._placeholders.get(key)
        if box_id is None:
            box_id = self._placeholders[key] = f"x{next(self._numbers)}"
            kind = _PLACEHOLDERS[state]
            row = Row(f"{box_id}.0", reason or kind, state=state, note=reason)
            self._boxes.append(Box(box_id, column, namespace, kind, name, (row,), state, 0))
        self._lines += [Line(source, f"{box_id}.0", state) for source in sources]

    # --- references ---

    def _references(self) -> Iterator[ResolvedReference]:
        """Yield the references that traffic follows: no probes, which the node sends itself, and no policies."""
        for each in self._map.references:
            if each.reference.role not in {"probe", "hook"} and next(reference_hop(each.reference), None):
                yield each

    def _add_references(self) -> None:
        by_source: dict[ObjectName, list[ResolvedReference]] = defaultdict(list)
        for each in self._references():
            by_source[each.source].append(each)
        for number, (source, references) in enumerate(by_source.items()):
            self._add_source(f"r{number}", source, references)

    def _add_source(self, box_id: str, source: ObjectName, references: Iterable[ResolvedReference]) -> None:
        rows: dict[str, Row] = {}
        unresolved: dict[tuple[str, str, State], list[str]] = defaultdict(list)
        for each in references:
            for _, hop in reference_hop(each.reference):
                text = hop.address or each.reference.names
                row = rows.setdefault(text, Row(f"{box_id}.{len(rows)}", text)).id
                self._lines += [Line(row, self._end(target)) for target in each.targets]
                if not each.targets:
                    miss = each.miss
                    reason = each.unknown or (_with_doubt(miss.message, miss.because) if miss else "")
                    state: State = "elsewhere"
                    if miss and not each.unknown:
                        state = "nowhere" if miss.severity == "error" else "doubtful"
                    # The message of a miss names the object.
                    wanted = each.reference.names if each.unknown else ""
                    unresolved[wanted, reason, state].append(row)
        self._boxes.append(Box(box_id, "ways-in", source.namespace, source.kind, source.name, tuple(rows.values())))
        for (wanted, reason, state), sources in unresolved.items():
            self._add_placeholder("services", source.namespace, wanted, reason, sources, state)

    def _end(self, target: ServiceTarget | ContainerTarget) -> str:
        """Return the id of the row that a reference leads to."""
        if isinstance(target, ContainerTarget):
            return self._rows[target]
        return f"{self._services[target.service]}.{target.position or 0}"

    def _add_host_ports(self) -> None:
        by_workload: dict[ObjectName, list[tuple[str, str]]] = defaultdict(list)
        for port in self._map.host_ports.taken:
            target = ContainerTarget(port.workload, port.container, port.container_port, port.protocol)
            if target in self._rows:
                address = f"{_host(port.host_ip)}:" if port.host_ip else ""
                by_workload[port.workload].append((f"{address}{_port(port.number, port.protocol)}", self._rows[target]))
        for name, found in by_workload.items():
            box_id = f"{self._workloads[name]}.h"
            rows = tuple(Row(f"{box_id}{position}", text) for position, (text, _) in enumerate(found))
            self._boxes.append(Box(box_id, "ways-in", name.namespace, "Host port", name.name, rows))
            self._lines += [Line(row.id, end) for row, (_, end) in zip(rows, found, strict=True)]


def _with_doubt(reason: str, doubt: str | None) -> str:
    return f"{reason} ({doubt})" if doubt else reason


def _port(number: int | str | None, protocol: str) -> str:
    return f"{number}" if protocol == "TCP" else f"{number}/{protocol}"


def _entry_text(entry: Entry, hop: Hop) -> str:
    port = _port(hop.port or _PICKED, hop.protocol or DEFAULT_PROTOCOL)
    return f"{_host(hop.address)}:{port}" if hop.address and entry != "node-port" else port


def _host(address: str) -> str:
    """Return an address as it is written before a port."""
    return f"[{address}]" if ":" in address else address


def _service_port(port: ServicePort) -> str:
    named = f" {port.name}" if port.name else ""
    target = port.effective_target_port
    shown = f" → {target}" if target != port.port else ""
    return f"{_port(port.port, port.effective_protocol)}{named}{shown}"
