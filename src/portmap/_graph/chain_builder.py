"""Build chains from the container ports that Services reach and the references to both."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import final

import attrs

from portmap._graph.chains import Chain, Entry, Hop, entries_of, reference_hop, service_hop
from portmap._graph.graph import Graph
from portmap._graph.node_ports import HostPort, HostPorts
from portmap._graph.object_name import ObjectName
from portmap._graph.outcomes import PortOutcome
from portmap._graph.reach import ServiceNode, declared_targets, services_of
from portmap._graph.targets import ContainerTarget, ResolvedReference, ServiceTarget, Target
from portmap._model.workloads import Workload


@final
@attrs.frozen(eq=False)
class ChainBuilder:
    """The chains to container ports.

    Attributes:
        services: The Services, by name.
        services_of: The Service ports that reach each container port.
        referring: The references to each target.
        host_ports: The host ports of each container port.
        undeclared: The ports that are reached without being declared, by workload.
        outcome: Returns the outcome of a Service port.
    """

    services: Mapping[ObjectName, ServiceNode]
    services_of: Mapping[ContainerTarget, tuple[ServiceTarget, ...]]
    referring: Mapping[Target, tuple[ResolvedReference, ...]]
    host_ports: Mapping[ContainerTarget, tuple[HostPort, ...]]
    undeclared: Mapping[ObjectName, tuple[ContainerTarget, ...]]
    outcome: Callable[[ServiceNode, int | None], PortOutcome]

    @classmethod
    def of(
        cls,
        graph: Graph,
        host_ports: HostPorts,
    ) -> "ChainBuilder":
        """Join the results of resolution and of lookups."""
        nodes = {node.name: node for node in graph.services}
        reaching = services_of(nodes.values())
        referring: dict[Target, list[ResolvedReference]] = defaultdict(list)
        undeclared: dict[ObjectName, dict[ContainerTarget, None]] = defaultdict(dict)
        for target in reaching:
            if target.name is None:
                undeclared[target.workload][target] = None
        for resolved in graph.references:
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
            nodes,
            reaching,
            {target: tuple(found) for target, found in referring.items()},
            {target: tuple(found) for target, found in held.items()},
            {workload: tuple(found) for workload, found in undeclared.items()},
            graph.outcome,
        )

    def node(self, target: ServiceTarget) -> ServiceNode:
        """Return the Service of a target."""
        return self.services[target.service]

    def targets_of(self, workload: Workload, name: ObjectName) -> tuple[ContainerTarget, ...]:
        """Return the ports of a workload: those declared, then those reached without being declared."""
        reached = self.undeclared.get(name, ())
        return tuple(dict.fromkeys([*declared_targets(workload, name), *sorted(reached, key=lambda each: each.order)]))

    def through(self, node: ServiceNode, position: int, entry: Entry | None = None) -> Iterator[Chain]:
        """Yield the chains through a port of a Service: all, or those with this entry."""
        ends = node.targets[position]
        stops = None if ends else self.outcome(node, position).reason
        for own_entry, hops in self.into(node, position):
            if entry in {None, own_entry}:
                for end in ends or (None,):
                    yield Chain(own_entry, hops, end, stops)

    def from_node_port(self, name: ObjectName, position: int | None) -> Iterator[Chain]:
        """Yield the chains from a node port of a Service. The node port of health checks has none."""
        if position is not None:
            yield from self.through(self.services[name], position, "node-port")

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
        for service in self.services_of.get(target, ()):
            if service.position is not None:
                chains += [
                    Chain(entry, hops, target) for entry, hops in self.into(self.node(service), service.position)
                ]
        for resolved in self.referring.get(target, ()):
            chains += [Chain(entry, (hop,), target) for entry, hop in reference_hop(resolved.reference)]
        return tuple(dict.fromkeys(chains))

    def into(self, node: ServiceNode, position: int) -> Iterator[tuple[Entry, tuple[Hop, ...]]]:
        """Yield the entries of a port of a Service, each with the steps including the Service."""
        target = node.target(position)
        yield from entries_of(node.service, node.name, node.service.ports[position])
        for resolved in self.referring.get(target, ()):
            for entry, hop in reference_hop(resolved.reference):
                yield entry, (hop, service_hop(target))

    def _ends(self, target: ServiceTarget) -> Iterator[tuple[ContainerTarget | None, str | None]]:
        node = self.node(target)
        if target.position is None:
            yield None, node.resolution.elsewhere
            return
        reached = node.targets[target.position]
        yield from ((end, None) for end in reached)
        if not reached:
            yield None, self.outcome(node, target.position).reason
