"""Find the misses of a whole set, and the container ports that nothing reaches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.items import Inventory, name_of
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach, declared_targets
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget
from portmap._kubernetes.field_path import FieldPath
from portmap._model.ports import ServicePort
from portmap._model.services import Service

NO_ENDPOINTS: Final = "no-endpoints-for-port"
_NOTHING_SELECTED: Final = "selector-matches-nothing"
_ENDED: Final = frozenset({"Succeeded", "Failed"})


def misses_of(inventory: Inventory, reach: Reach, references: Sequence[ResolvedReference]) -> tuple[MapMiss, ...]:
    """Return every miss of a Service port and of a reference, sorted by object and field."""
    found = dict.fromkeys(_of_services(inventory, reach))
    found.update(dict.fromkeys(_without_endpoints(inventory, references)))
    found.update(dict.fromkeys(resolved.miss for resolved in references if resolved.miss is not None))
    return tuple(sorted(found, key=lambda miss: (miss.source.order, miss.path, miss.code, miss.message)))


def _of_services(inventory: Inventory, reach: Reach) -> Iterator[MapMiss]:
    for service, resolution, unknown in zip(inventory.services, reach.resolutions, reach.unknown, strict=True):
        for miss in resolution.misses:
            if not (miss.code == _NOTHING_SELECTED and unknown):
                yield MapMiss(name_of(service), miss.path, miss.code, miss.message, miss.hint)


def _without_endpoints(inventory: Inventory, references: Sequence[ResolvedReference]) -> Iterator[MapMiss]:
    """Yield the ports without endpoints of Services without a selector whose endpoints are written by hand."""
    with_endpoints: Mapping[ObjectName, set[int]] = defaultdict(set)
    named: dict[tuple[str | None, str | None], ObjectName] = {}
    for resolved in references:
        if resolved.reference.lookup == "hand-written":
            named[resolved.reference.namespace, resolved.reference.service] = resolved.source
            for target in resolved.targets:
                if isinstance(target, ServiceTarget) and target.position is not None:
                    with_endpoints[target.service].add(target.position)
    # A kustomize patch of a Service omits the selector but is not a Service without one.
    selecting = {name_of(service) for service in inventory.services if service.selector}
    for service in inventory.services:
        name = name_of(service)
        source = named.get((name.namespace, name.name))
        if source is not None and name not in selecting and service.effective_type != "ExternalName":
            for position, port in enumerate(service.ports):
                if position not in with_endpoints[name]:
                    yield _no_endpoints(service, position, port, source)


def path_of_port(position: int) -> FieldPath:
    """Return the path of a port of a Service."""
    return FieldPath("spec", "ports", position)


def _no_endpoints(service: Service, position: int, port: ServicePort, source: ObjectName) -> MapMiss:
    shown = f"named {port.name!r}" if port.name else "without a name"
    return MapMiss(
        name_of(service),
        path_of_port(position),
        NO_ENDPOINTS,
        f"{source} has no {port.effective_protocol} port {shown}, and the Service has no selector",
    )


def unreached_targets(
    inventory: Inventory, reach: Reach, references: Iterable[ResolvedReference]
) -> tuple[ContainerTarget, ...]:
    """Return the declared ports that no Service, host port, probe, hook or monitor reaches.

    Workloads without replicas, pods that have finished, and pods that an invalid Service
    would select are skipped.
    """
    reached = _reached(reach, references)
    unknown = _UnknownServices(inventory)
    unreached: dict[ContainerTarget, None] = {}
    for workload in inventory.workloads:
        if workload.replicas == 0 or workload.pod.phase in _ENDED or workload.pod.host_network:
            continue
        if unknown.select(workload.pod.labels, workload.namespace):
            continue
        declared, on_host = set(), set()
        for container in workload.pod.port_containers:
            for port in container.ports:
                number = port.container_port, port.effective_protocol
                declared.add(number)
                if port.host_port:
                    on_host.add(number)
        name = inventory.name(workload)
        missed = declared - on_host - reached.get(name, set())
        if missed:
            targets = declared_targets(workload, name)
            unreached.update((each, None) for each in targets if (each.port, each.protocol) in missed)
    return tuple(unreached)


def _reached(reach: Reach, references: Iterable[ResolvedReference]) -> Mapping[ObjectName, set[tuple[int, str]]]:
    """Return the reached numbers of each workload. The containers of a pod share its address, so they do not matter."""
    reached: dict[ObjectName, set[tuple[int, str]]] = defaultdict(set)
    for target in reach.services_of:
        reached[target.workload].add((target.port, target.protocol))
    for resolved in references:
        for found in resolved.targets if resolved.reference.role != "network-policy" else ():
            if isinstance(found, ContainerTarget):
                reached[found.workload].add((found.port, found.protocol))
    return reached


class _UnknownServices:
    """The selectors of the Services that the API server would refuse."""

    def __init__(self, inventory: Inventory) -> None:
        self._by_label: dict[tuple[str, object], list[tuple[str | None, Mapping[str, object]]]] = defaultdict(list)
        for invalid in inventory.unknown:
            if invalid.name.kind == "Service":
                for selector in invalid.selections:
                    for pair in selector.items():
                        if isinstance(pair[1], str):
                            self._by_label[pair].append((invalid.name.namespace, selector))
                        break

    def select(self, labels: Mapping[str, str], namespace: str | None) -> bool:
        """Return whether any of them selects pods with these labels."""
        if not self._by_label:
            return False
        return any(
            (own is None or namespace is None or own == namespace) and selector.items() <= labels.items()
            for pair in labels.items()
            for own, selector in self._by_label.get(pair, ())
        )
