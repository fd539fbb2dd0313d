"""All ways through a set of objects, joined from what Services reach and what refers to them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import final

import attrs

from portmap._graph.chains import Chain, Entry, Hop, entries_of, reference_hop, service_hop
from portmap._graph.items import Inventory, name_of
from portmap._graph.node_ports import HostPort, HostPorts
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach, declared_targets
from portmap._graph.set_misses import NO_ENDPOINTS, field_of_port
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget, Target
from portmap._model.workloads import Workload
from portmap._resolution.why_not import some

__all__ = ["Ways"]


@final
@attrs.frozen(eq=False)
class Ways:
    """The ways to ports of containers.

    Attributes:
        inventory: The objects.
        reach: What the Services reach.
        places: The places of the Services of a name; several, where the set has it more than once.
        referring: By what is referred to, the references.
        host_ports: By what they lead to, the host ports.
        undeclared: By workload, the ports that are reached without being declared.
        without_endpoints: By Service and place of the port, why endpoints written by hand are none for the port.
    """

    inventory: Inventory
    reach: Reach
    places: Mapping[ObjectName, tuple[int, ...]]
    referring: Mapping[Target, tuple[ResolvedReference, ...]]
    host_ports: Mapping[ContainerTarget, tuple[HostPort, ...]]
    undeclared: Mapping[ObjectName, tuple[ContainerTarget, ...]]
    without_endpoints: Mapping[tuple[ObjectName, str], MapMiss]

    @classmethod
    def of(
        cls,
        inventory: Inventory,
        reach: Reach,
        references: Iterable[ResolvedReference],
        host_ports: HostPorts,
        misses: Iterable[MapMiss],
    ) -> "Ways":
        """Joins what was found."""
        places: dict[ObjectName, list[int]] = defaultdict(list)
        for place, service in enumerate(inventory.services):
            places[inventory.name(service)].append(place)
        referring: dict[Target, list[ResolvedReference]] = defaultdict(list)
        undeclared: dict[ObjectName, dict[ContainerTarget, None]] = defaultdict(dict)
        for target in reach.services_of:
            if target.name is None:
                undeclared[target.workload][target] = None
        for each in references:
            # A policy lets traffic to a number; it is no sign that anybody listens there.
            leads = each.reference.role != "network-policy"
            for found in each.targets:
                referring[found].append(each)
                if leads and isinstance(found, ContainerTarget) and found.name is None:
                    undeclared[found.workload][found] = None
        held: dict[ContainerTarget, list[HostPort]] = defaultdict(list)
        for port in host_ports.taken:
            held[ContainerTarget(port.workload, port.container, port.container_port, port.protocol)].append(port)
        return cls(
            inventory,
            reach,
            {name: tuple(found) for name, found in places.items()},
            {target: tuple(found) for target, found in referring.items()},
            {target: tuple(found) for target, found in held.items()},
            {name: tuple(found) for name, found in undeclared.items()},
            {(miss.source, miss.field): miss for miss in misses if miss.code == NO_ENDPOINTS},
        )

    def targets_of(self, workload: Workload) -> tuple[ContainerTarget, ...]:
        """The ports of a workload: the declared ones, then those that are reached all the same."""
        name = name_of(workload)
        reached = self.undeclared.get(name, ())
        return tuple(dict.fromkeys([*declared_targets(workload, name), *sorted(reached, key=lambda each: each.order)]))

    def through(self, place: int, position: int, entry: Entry | None = None) -> Iterator[Chain]:
        """The ways through a port of the Service in this place: all, or those that begin in one way."""
        ends = self.reach.targets[place][position]
        stops = None if ends else self.why_not(place, position)
        for begin, hops in self.into(place, position):
            if entry in {None, begin}:
                for end in ends or (None,):
                    yield Chain(begin, hops, end, stops)

    def onward(self, rule: ResolvedReference) -> Iterator[Chain]:
        """The ways on from a backend of an Ingress or route."""
        for entry, hop in reference_hop(rule.reference):
            if not rule.targets:
                yield Chain(entry, (hop,), None, rule.unknown or (rule.miss and rule.miss.message))
            for target in rule.targets:
                if isinstance(target, ServiceTarget):
                    for end, stops in self._ends(target):
                        yield Chain(entry, (hop, service_hop(target)), end, stops)

    def to(self, target: ContainerTarget) -> tuple[Chain, ...]:
        """Every way to a port of a container, the direct one first."""
        chains = [Chain("direct", (), target)]
        for port in self.host_ports.get(target, ()):
            on_node = Hop(target.workload, port.number, port.protocol, port.host_ip or None)
            chains += [Chain("host-port", (on_node,), target)]
        for service in self.reach.services_of.get(target, ()):
            for place in self.places[service.service]:
                position = service.position
                if position is not None and self.has(place, service) and target in self.reach.targets[place][position]:
                    chains += [Chain(entry, hops, target) for entry, hops in self.into(place, position)]
        for each in self.referring.get(target, ()):
            chains += [Chain(entry, (hop,), target) for entry, hop in reference_hop(each.reference)]
        return tuple(dict.fromkeys(chains))

    def why_not(self, place: int, position: int) -> str:
        """Why a port of a Service reaches no container."""
        resolution = self.reach.resolutions[place]
        if resolution.elsewhere is not None:
            miss = self.no_endpoints(place, position)
            return miss.message if miss else self.written(place, position) or resolution.elsewhere
        unknown = self.reach.unknown[place]
        if unknown:
            return f"its pods are unknown: {unknown[0].name} is invalid"
        why = [miss.message for miss in resolution.misses if miss.position in {None, position}]
        return why[0] if why else "it reaches no pod of the set"

    def no_endpoints(self, place: int, position: int) -> MapMiss | None:
        """Why endpoints written by hand are none for a port of a Service without a selector, if they are not."""
        return self.without_endpoints.get((name_of(self.inventory.services[place]), field_of_port(position)))

    def written(self, place: int, position: int) -> str | None:
        """Where endpoints written by hand lead, for a port without other ones: `10.0.0.1:80 (Endpoints web)`."""
        service = self.inventory.services[place]
        target = ServiceTarget(name_of(service), position, service.ports[position])
        led = [
            f"{some(each.reference.addresses) or 'no address'} ({each.source})"
            for each in self.referring.get(target, ())
            if each.reference.role == "endpoints"
        ]
        return ", ".join(led) or None

    def into(self, place: int, position: int) -> Iterator[tuple[Entry, tuple[Hop, ...]]]:
        """The ways into a port of the Service in this place, up to and including the Service."""
        service = self.inventory.services[place]
        name = name_of(service)
        target = ServiceTarget(name, position, service.ports[position])
        yield from entries_of(service, name, service.ports[position])
        for each in self.referring.get(target, ()):
            for entry, hop in reference_hop(each.reference):
                yield entry, (hop, service_hop(target))

    def _ends(self, target: ServiceTarget) -> Iterator[tuple[ContainerTarget | None, str | None]]:
        for place in self.places[target.service]:
            if target.position is None:
                yield None, self.reach.resolutions[place].elsewhere
            elif self.has(place, target):
                reached = self.reach.targets[place][target.position]
                yield from ((end, None) for end in reached)
                if not reached:
                    yield None, self.why_not(place, target.position)

    def has(self, place: int, target: ServiceTarget) -> bool:
        """Whether the Service in this place is the one that is meant, where the set has its name more than once."""
        ports, position = self.inventory.services[place].ports, target.position
        return position is not None and position < len(ports) and ports[position] == target.port
