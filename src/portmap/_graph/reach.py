"""Join the resolutions of Services with the workloads of a group: the container ports that each port reaches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import final

import attrs

from portmap._graph.inventory import Inventory, UnknownObject
from portmap._graph.object_name import ObjectName
from portmap._graph.targets import ContainerTarget, ServiceTarget
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.resolution import Resolution, resolve_among
from portmap._resolution.selection import Candidates


@final
@attrs.frozen(eq=False)
class ServiceNode:
    """A Service of the graph, and what its ports reach.

    Attributes:
        service: The Service.
        name: Its name and place.
        resolution: The endpoints of its ports, and why some have none.
        targets: For each of its ports, the container ports.
        selected: The workloads that it selects.
        unknown: The invalid objects whose pods it would select.
        names: The name of each workload of its group, or of the group to which it is linked, by `id`.
        linked: A workload of the only other group that has pods with its labels, if its own group has none.
            The targets are in that group then.
    """

    service: Service
    name: ObjectName
    resolution: Resolution
    targets: tuple[tuple[ContainerTarget, ...], ...]
    selected: tuple[Workload, ...]
    unknown: tuple[UnknownObject, ...]
    names: Mapping[int, ObjectName]
    linked: ObjectName | None = None

    def target(self, position: int | None) -> ServiceTarget:
        """Return a port of the Service, or the Service itself."""
        return ServiceTarget(self.name, position, None if position is None else self.service.ports[position])


@final
@attrs.frozen(eq=False)
class Reach:
    """What the Services of an inventory reach.

    Attributes:
        services: The Services, in the order of the inventory.
        candidates: The workloads of the inventory, by the labels of their pods.
        services_of: For each container port, the Service ports that reach it.
    """

    services: tuple[ServiceNode, ...]
    candidates: Candidates
    services_of: Mapping[ContainerTarget, tuple[ServiceTarget, ...]]
    _names: Mapping[int, ObjectName] = attrs.field(repr=False)
    _unknown: "_UnknownPods" = attrs.field(repr=False)

    @classmethod
    def of(cls, inventory: Inventory) -> "Reach":
        """Resolve all Services among all workloads, under the cluster in force."""
        candidates = Candidates(inventory.workloads, indexed=True)
        reach = cls((), candidates, {}, inventory.names, _UnknownPods(inventory.unknown))
        nodes = tuple(
            [
                reach.node(service, inventory.name(service), resolution, sources)
                for service, (resolution, sources) in zip(
                    inventory.services, resolve_among(inventory.services, candidates), strict=True
                )
            ]
        )
        return attrs.evolve(reach, services=nodes, services_of=services_of(nodes))

    def node(
        self, service: Service, name: ObjectName, resolution: Resolution, sources: Sequence[object]
    ) -> ServiceNode:
        """Return the node of a Service that is resolved among the workloads of the inventory."""
        selected = tuple([source for source in sources if isinstance(source, Workload)])
        unknown = () if resolution.elsewhere else tuple(self._unknown.selected_by(service))
        return ServiceNode(
            service, name, resolution, tuple(self._targets(service, resolution)), selected, unknown, self._names
        )

    def _targets(self, service: Service, resolution: Resolution) -> Iterator[tuple[ContainerTarget, ...]]:
        for port, endpoints in zip(service.ports, resolution.by_port, strict=True):
            target = port.effective_target_port
            found = [
                target_of(
                    endpoint.source,
                    self._names[id(endpoint.source)],
                    endpoint.container,
                    endpoint.port,
                    endpoint.protocol,
                    target,
                )
                for endpoint in endpoints
                if isinstance(endpoint.source, Workload)
            ]
            yield tuple(found if len(found) < 2 else dict.fromkeys(found))


def services_of(nodes: Iterable[ServiceNode]) -> Mapping[ContainerTarget, tuple[ServiceTarget, ...]]:
    """Return, for each container port, the ports of these Services that reach it."""
    found: dict[ContainerTarget, tuple[ServiceTarget, ...]] = {}
    more: dict[ContainerTarget, list[ServiceTarget]] = defaultdict(list)
    for node in nodes:
        for position, targets in enumerate(node.targets):
            # Most container ports are reached through one Service port, and share its tuple to save memory.
            alone = (node.target(position),)
            for target in targets:
                if found.setdefault(target, alone) is not alone:
                    more[target] += alone
    return found | {target: (*found[target], *others) for target, others in more.items()}


def target_of(
    workload: Workload,
    name: ObjectName,
    container: str | None,
    number: int,
    protocol: str,
    wanted: int | str | None = None,
) -> ContainerTarget:
    """Return a container port with its declared name: the wanted name, or the first name of that number."""
    if isinstance(wanted, str):
        return ContainerTarget(name, container, number, protocol, wanted)
    for declaring in workload.pod.port_containers:
        if declaring.name == container:
            for port in declaring.ports:
                if port.container_port == number and port.effective_protocol == protocol:
                    return ContainerTarget(name, container, number, protocol, port.name or None)
    return ContainerTarget(name, container, number, protocol)


def declared_targets(workload: Workload, name: ObjectName) -> Iterator[ContainerTarget]:
    """Yield the ports that the containers and sidecars of a workload declare, in their order."""
    for container in workload.pod.port_containers:
        for port in container.ports:
            yield ContainerTarget(name, container.name, port.container_port, port.effective_protocol, port.name or None)


@final
class _UnknownPods:
    """The objects that the API server would refuse, by the labels of the pods that they would create."""

    def __init__(self, unknown: Sequence[UnknownObject]) -> None:
        self._labelled: dict[tuple[str, object], list[tuple[UnknownObject, Mapping[str, object]]]] = defaultdict(list)
        for invalid in unknown:
            if invalid.name.kind != "Service":
                for labels in invalid.selections:
                    for key, value in labels.items():
                        if isinstance(value, str):
                            self._labelled[key, value].append((invalid, labels))

    def selected_by(self, service: Service) -> Iterator[UnknownObject]:
        """Yield the objects whose pods a Service would select, as far as their labels can be read."""
        selector = service.selector or {}
        seen: set[int] = set()
        for pair in selector.items():
            for invalid, labels in self._labelled.get(pair, ()):
                name = invalid.name
                apart = service.namespace and name.namespace and service.namespace != name.namespace
                if not apart and selector.items() <= labels.items() and id(invalid) not in seen:
                    seen.add(id(invalid))
                    yield invalid
            return
