"""Join the resolutions of all Services with the workloads of a set: the container ports that each port reaches."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import final

import attrs

from portmap._graph.items import Inventory, UnknownObject
from portmap._graph.object_name import ObjectName
from portmap._graph.targets import ContainerTarget, ServiceTarget
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.resolution import Endpoint, Resolution, resolve_among
from portmap._resolution.selection import Candidates


@final
@attrs.frozen
class Reach:
    """The container ports that each Service of an inventory reaches. The sequences have the order of its Services.

    Attributes:
        resolutions: The resolution of each Service.
        targets: For each Service, and each of its ports, the container ports.
        selected: The workloads that each Service selects.
        unknown: The invalid objects whose pods each Service would select.
        services_of: For each container port, the Service ports that reach it.
        candidates: All workloads, by their labels.
    """

    resolutions: tuple[Resolution, ...]
    targets: tuple[tuple[tuple[ContainerTarget, ...], ...], ...]
    selected: tuple[tuple[Workload, ...], ...]
    unknown: tuple[tuple[UnknownObject, ...], ...]
    services_of: Mapping[ContainerTarget, tuple[ServiceTarget, ...]]
    candidates: Candidates

    @classmethod
    def of(cls, inventory: Inventory) -> "Reach":
        """Resolve all Services among all workloads, under the cluster in force."""
        services, workloads = inventory.services, inventory.workloads
        candidates = Candidates(workloads, indexed=True)
        names = inventory.names
        unknown_index = _UnknownPods(inventory.unknown)
        resolutions, targets, selected, unknown_pods = [], [], [], []
        services_of: dict[ContainerTarget, tuple[ServiceTarget, ...]] = {}
        more: dict[ContainerTarget, list[ServiceTarget]] = defaultdict(list)
        for service, (resolution, sources) in zip(services, resolve_among(services, candidates), strict=True):
            workloads_selected = tuple([source for source in sources if isinstance(source, Workload)])
            reached = _targets(service, resolution, workloads_selected, names)
            own = inventory.name(service)
            for position, found in enumerate(reached):
                # Most container ports are reached through one Service port, and share its tuple to save memory.
                alone = (ServiceTarget(own, position, service.ports[position]),)
                for target in found:
                    if services_of.setdefault(target, alone) is not alone:
                        more[target] += alone
            resolutions.append(resolution)
            targets.append(reached)
            selected.append(workloads_selected)
            unknown_pods.append(() if resolution.elsewhere else tuple(unknown_index.selected_by(service)))
        return cls(
            tuple(resolutions),
            tuple(targets),
            tuple(selected),
            tuple(unknown_pods),
            services_of | {target: (*services_of[target], *others) for target, others in more.items()},
            candidates,
        )


def _targets(
    service: Service, resolution: Resolution, workloads: Sequence[Workload], names: Mapping[int, ObjectName]
) -> tuple[tuple[ContainerTarget, ...], ...]:
    return tuple(
        tuple(dict.fromkeys(_matched(endpoints, workloads, names, port.effective_target_port)))
        for port, endpoints in zip(service.ports, resolution.by_port, strict=True)
    )


def _matched(
    endpoints: Sequence[Endpoint], workloads: Sequence[Workload], names: Mapping[int, ObjectName], target: int | str
) -> Iterator[ContainerTarget]:
    """Yield the container ports of these endpoints, which are in the order of the workloads."""
    rest = iter(workloads)
    for endpoint in endpoints:
        for workload in rest:
            display_name = None if workload.kind == "Pod" else f"{workload.kind}/{workload.name}"
            if endpoint.workload == display_name and endpoint.pod == workload.pod.name:
                yield target_of(
                    workload, names[id(workload)], endpoint.container, endpoint.port, endpoint.protocol, target
                )
                break


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
        seen: set[ObjectName] = set()
        for pair in selector.items():
            for invalid, labels in self._labelled.get(pair, ()):
                name = invalid.name
                apart = service.namespace and name.namespace and service.namespace != name.namespace
                if not apart and selector.items() <= labels.items() and name not in seen:
                    seen.add(name)
                    yield invalid
            return
