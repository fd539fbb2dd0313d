"""Which ports of containers the ports of all Services reach: resolution, joined with the objects of a set."""

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

__all__ = ["Reach", "declared_targets", "target_of"]


@final
@attrs.frozen
class Reach:
    """What every Service of an inventory reaches. All sequences go by its Services.

    Attributes:
        resolutions: Where the ports of each Service lead.
        targets: For each Service, and each of its ports, the ports of containers.
        selected: The workloads that each Service selects.
        unknown: The invalid objects whose pods each Service would select.
        services_of: By port of a container, the ports of Services that reach it.
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
        """Resolves all Services among all workloads, under the cluster in force."""
        services, workloads = inventory.services, inventory.workloads
        candidates = Candidates(workloads, indexed=True)
        names = inventory.names
        unknown = _UnknownPods(inventory.unknown)
        resolutions, targets, selected, unseen = [], [], [], []
        services_of: dict[ContainerTarget, tuple[ServiceTarget, ...]] = {}
        more: dict[ContainerTarget, list[ServiceTarget]] = defaultdict(list)
        for service, (resolution, sources) in zip(services, resolve_among(services, candidates), strict=True):
            chosen = tuple([each for each in sources if isinstance(each, Workload)])
            reached = _targets(service, resolution, chosen, names)
            own = inventory.name(service)
            for position, found in enumerate(reached):
                # Most are reached through one Service alone, and share that tuple.
                alone = (ServiceTarget(own, position, service.ports[position]),)
                for target in found:
                    if services_of.setdefault(target, alone) is not alone:
                        more[target] += alone
            resolutions.append(resolution)
            targets.append(reached)
            selected.append(chosen)
            unseen.append(() if resolution.elsewhere else tuple(unknown.selected_by(service)))
        return cls(
            tuple(resolutions),
            tuple(targets),
            tuple(selected),
            tuple(unseen),
            services_of | {target: (*services_of[target], *others) for target, others in more.items()},
            candidates,
        )


def _targets(
    service: Service, resolution: Resolution, chosen: Sequence[Workload], names: Mapping[int, ObjectName]
) -> tuple[tuple[ContainerTarget, ...], ...]:
    return tuple(
        tuple(dict.fromkeys(_matched(endpoints, chosen, names, port.effective_target_port)))
        for port, endpoints in zip(service.ports, resolution.by_port, strict=True)
    )


def _matched(
    endpoints: Sequence[Endpoint], chosen: Sequence[Workload], names: Mapping[int, ObjectName], target: int | str
) -> Iterator[ContainerTarget]:
    """The ports of these endpoints. Both are in the order of the workloads."""
    rest = iter(chosen)
    for endpoint in endpoints:
        for workload in rest:
            called = None if workload.kind == "Pod" else f"{workload.kind}/{workload.name}"
            if endpoint.workload == called and endpoint.pod == workload.pod.name:
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
    """The port of a container, with the name under which it is declared: the wanted one, if that is a name."""
    if isinstance(wanted, str):
        return ContainerTarget(name, container, number, protocol, wanted)
    for each in workload.pod.port_containers:
        if each.name == container:
            for port in each.ports:
                if port.container_port == number and port.effective_protocol == protocol:
                    return ContainerTarget(name, container, number, protocol, port.name or None)
    return ContainerTarget(name, container, number, protocol)


def declared_targets(workload: Workload, name: ObjectName) -> Iterator[ContainerTarget]:
    """Every port that the containers and sidecars of a workload of this name declare, in their order."""
    for container in workload.pod.port_containers:
        for port in container.ports:
            yield ContainerTarget(name, container.name, port.container_port, port.effective_protocol, port.name or None)


@final
class _UnknownPods:
    """Objects that a server would refuse, by the labels of the pods that they would make."""

    def __init__(self, unknown: Sequence[UnknownObject]) -> None:
        self._labelled: dict[tuple[str, object], list[tuple[UnknownObject, Mapping[str, object]]]] = defaultdict(list)
        for each in unknown:
            if each.name.kind != "Service":
                for labels in each.selections:
                    for key, value in labels.items():
                        if isinstance(value, str):
                            self._labelled[key, value].append((each, labels))

    def selected_by(self, service: Service) -> Iterator[UnknownObject]:
        """Those whose pods a Service would select, as far as their labels can be read."""
        selector = service.selector or {}
        seen: set[ObjectName] = set()
        for pair in selector.items():
            for each, labels in self._labelled.get(pair, ()):
                apart = service.namespace and each.name.namespace and service.namespace != each.name.namespace
                if not apart and selector.items() <= labels.items() and each.name not in seen:
                    seen.add(each.name)
                    yield each
            return
