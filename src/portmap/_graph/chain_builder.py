"""Build chains from the container ports that Services reach and the references to both."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import final

import attrs

from portmap._graph.chains import Chain, Entry, Hop, entries_of, reference_hop, service_hop
from portmap._graph.items import Inventory, name_of
from portmap._graph.node_ports import HostPort, HostPorts
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach, declared_targets
from portmap._graph.set_misses import NO_ENDPOINTS, path_of_port
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget, Target
from portmap._kubernetes.field_path import FieldPath
from portmap._model.workloads import Workload
from portmap._resolution.why_not import some


@final
@attrs.frozen(eq=False)
class ChainBuilder:
    """The chains to container ports.

    Attributes:
        inventory: The objects.
        reach: The container ports that the Services reach.
        services_named: The positions of the Services of a name; several, if the set has it more than once.
        referring: The references to each target.
        host_ports: The host ports of each container port.
        undeclared: The ports of each workload that are reached without being declared.
        without_endpoints: By Service and field, why the manual endpoints have none for a port.
    """

    inventory: Inventory
    reach: Reach
    services_named: Mapping[ObjectName, tuple[int, ...]]
    referring: Mapping[Target, tuple[ResolvedReference, ...]]
    host_ports: Mapping[ContainerTarget, tuple[HostPort, ...]]
    undeclared: Mapping[ObjectName, tuple[ContainerTarget, ...]]
    without_endpoints: Mapping[tuple[ObjectName, FieldPath], MapMiss]

    @classmethod
    def of(
        cls,
        inventory: Inventory,
        reach: Reach,
        references: Iterable[ResolvedReference],
        host_ports: HostPorts,
        misses: Iterable[MapMiss],
    ) -> "ChainBuilder":
        """Join the results of resolution and of lookups."""
        services_named: dict[ObjectName, list[int]] = defaultdict(list)
        for index, service in enumerate(inventory.services):
            services_named[inventory.name(service)].append(index)
        referring: dict[Target, list[ResolvedReference]] = defaultdict(list)
        undeclared: dict[ObjectName, dict[ContainerTarget, None]] = defaultdict(dict)
        for target in reach.services_of:
            if target.name is None:
                undeclared[target.workload][target] = None
        for resolved in references:
            # A policy permits traffic to a number, which is no evidence that a container listens on it.
            is_policy = resolved.reference.role == "network-policy"
            for found in resolved.targets:
                referring[found].append(resolved)
                if not is_policy and isinstance(found, ContainerTarget) and found.name is None:
                    undeclared[found.workload][found] = None
        held: dict[ContainerTarget, list[HostPort]] = defaultdict(list)
        for port in host_ports.taken:
            held[ContainerTarget(port.workload, port.container, port.container_port, port.protocol)].append(port)
        return cls(
            inventory,
            reach,
            {name: tuple(found) for name, found in services_named.items()},
            {target: tuple(found) for target, found in referring.items()},
            {target: tuple(found) for target, found in held.items()},
            {name: tuple(found) for name, found in undeclared.items()},
            {(miss.source, miss.path): miss for miss in misses if miss.code == NO_ENDPOINTS},
        )

    def targets_of(self, workload: Workload) -> tuple[ContainerTarget, ...]:
        """Return the ports of a workload: those declared, then those reached without being declared."""
        name = name_of(workload)
        reached = self.undeclared.get(name, ())
        return tuple(dict.fromkeys([*declared_targets(workload, name), *sorted(reached, key=lambda each: each.order)]))

    def through(self, index: int, position: int, entry: Entry | None = None) -> Iterator[Chain]:
        """Yield the chains through a port of a Service: all, or those with this entry."""
        ends = self.reach.targets[index][position]
        stops = None if ends else self.why_not(index, position)
        for own_entry, hops in self.into(index, position):
            if entry in {None, own_entry}:
                for end in ends or (None,):
                    yield Chain(own_entry, hops, end, stops)

    def from_node_port(self, number: int, name: ObjectName, position: int | None) -> Iterator[Chain]:
        """Yield the chains from a node port of a Service. The node port of health checks has none."""
        for index in self.services_named[name]:
            ports = self.inventory.services[index].ports
            if position is not None and position < len(ports) and ports[position].node_port == number:
                yield from self.through(index, position, "node-port")

    def onward(self, rule: ResolvedReference) -> Iterator[Chain]:
        """Yield the chains from a backend of an Ingress or route."""
        for entry, hop in reference_hop(rule.reference):
            if not rule.targets:
                yield Chain(entry, (hop,), None, rule.unknown or (rule.miss and rule.miss.message))
            for target in rule.targets:
                if isinstance(target, ServiceTarget):
                    for end, stops in self._ends(target):
                        yield Chain(entry, (hop, service_hop(target)), end, stops)

    def to(self, target: ContainerTarget) -> tuple[Chain, ...]:
        """Return the chains to a container port, the direct one first."""
        chains = [Chain("direct", (), target)]
        for port in self.host_ports.get(target, ()):
            on_node = Hop(target.workload, port.number, port.protocol, port.host_ip or None)
            chains += [Chain("host-port", (on_node,), target)]
        for service in self.reach.services_of.get(target, ()):
            for index in self.services_named[service.service]:
                position = service.position
                if position is not None and self.has(index, service) and target in self.reach.targets[index][position]:
                    chains += [Chain(entry, hops, target) for entry, hops in self.into(index, position)]
        for resolved in self.referring.get(target, ()):
            chains += [Chain(entry, (hop,), target) for entry, hop in reference_hop(resolved.reference)]
        return tuple(dict.fromkeys(chains))

    def why_not(self, index: int, position: int) -> str:
        """Return why a port of a Service reaches no container port."""
        resolution = self.reach.resolutions[index]
        if resolution.elsewhere is not None:
            miss = self.no_manual_endpoints(index, position)
            return miss.message if miss else self.manual_endpoints(index, position) or resolution.elsewhere
        unknown = self.reach.unknown[index]
        if unknown:
            return f"its pods are unknown: {unknown[0].name} is invalid"
        reasons = [miss.message for miss in resolution.misses if miss.position in {None, position}]
        return reasons[0] if reasons else "it reaches no pod of the set"

    def no_manual_endpoints(self, index: int, position: int) -> MapMiss | None:
        """Return why the manual endpoints of a Service without a selector have none for a port, if so."""
        return self.without_endpoints.get((name_of(self.inventory.services[index]), path_of_port(position)))

    def manual_endpoints(self, index: int, position: int) -> str | None:
        """Return the addresses of the manual endpoints of a port, if any: `10.0.0.1:80 (Endpoints web)`."""
        service = self.inventory.services[index]
        target = ServiceTarget(name_of(service), position, service.ports[position])
        addresses = [
            f"{some(resolved.reference.addresses) or 'no address'} ({resolved.source})"
            for resolved in self.referring.get(target, ())
            if resolved.reference.role == "endpoints"
        ]
        return ", ".join(addresses) or None

    def into(self, index: int, position: int) -> Iterator[tuple[Entry, tuple[Hop, ...]]]:
        """Yield the entries of a port of a Service, each with the steps including the Service."""
        service = self.inventory.services[index]
        name = name_of(service)
        target = ServiceTarget(name, position, service.ports[position])
        yield from entries_of(service, name, service.ports[position])
        for resolved in self.referring.get(target, ()):
            for entry, hop in reference_hop(resolved.reference):
                yield entry, (hop, service_hop(target))

    def _ends(self, target: ServiceTarget) -> Iterator[tuple[ContainerTarget | None, str | None]]:
        for index in self.services_named[target.service]:
            if target.position is None:
                yield None, self.reach.resolutions[index].elsewhere
            elif self.has(index, target):
                reached = self.reach.targets[index][target.position]
                yield from ((end, None) for end in reached)
                if not reached:
                    yield None, self.why_not(index, target.position)

    def has(self, index: int, target: ServiceTarget) -> bool:
        """Return whether a Service has the target's port. Several Services can have the target's name."""
        ports, position = self.inventory.services[index].ports, target.position
        return position is not None and position < len(ports) and ports[position] == target.port
