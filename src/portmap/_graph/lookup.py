"""What references lead to: one function for each way of looking a reference up.

A reference that finds nothing is a miss only where the set could have had what it
names. Where the object is invalid, or the set has nothing of that namespace, it is
unknown what it leads to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, final

import attrs

from portmap._graph import reference_misses as misses
from portmap._graph.index import Directory
from portmap._graph.items import Grant, Inventory
from portmap._graph.label_selectors import Scope
from portmap._graph.reach import Reach, declared_targets, target_of
from portmap._graph.reference import Lookup, Reference
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget, Target
from portmap._kubernetes.field_path import FieldPath
from portmap._model.pods import Container
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = ["look_up_all"]

_EXTERNAL: Final = "ExternalName"


def look_up_all(inventory: Inventory, reach: Reach) -> tuple[ResolvedReference, ...]:
    """Every reference of the inventory with what it leads to, in their order."""
    looking = _LookingUp(inventory, reach, Directory(inventory, reach.candidates))
    return tuple(looking.up(reference, workload) for reference, workload in inventory.references)


@final
@attrs.frozen
class _LookingUp:
    inventory: Inventory
    reach: Reach
    directory: Directory

    def up(self, reference: Reference, workload: Workload | None) -> ResolvedReference:
        """The reference with what it leads to."""
        found = _WAYS[reference.lookup](self, reference, workload)
        if isinstance(found, MapMiss):
            return ResolvedReference(reference, miss=found)
        if isinstance(found, str):
            return ResolvedReference(reference, unknown=found)
        return ResolvedReference(reference, tuple(dict.fromkeys(found)))

    def service(self, place: int) -> Service:
        """The Service in this place."""
        return self.inventory.services[place]

    def target(self, place: int, position: int | None) -> ServiceTarget:
        """A port of the Service in this place."""
        service = self.service(place)
        return ServiceTarget(
            self.inventory.name(service), position, None if position is None else service.ports[position]
        )

    def named(self, reference: Reference) -> "Sequence[int] | MapMiss | str":
        """The Services that a reference names, or why there is none."""
        name, namespace = reference.service or "", reference.namespace
        places = self.directory.services_named(name, namespace)
        if places:
            return places if self.is_granted(reference) else self.not_granted(reference)
        unknown = self.directory.unknown_service(name, namespace)
        if unknown is not None:
            return f"{unknown} is invalid"
        if not self.directory.covers(namespace):
            return f"the set has no Service in namespace {namespace}" if namespace else "the set has no Service"
        return misses.no_service(reference, self.directory.elsewhere(name), self.directory.service_names(namespace))

    def is_granted(self, reference: Reference) -> bool:
        """Whether the namespace of the Service lets the reference in."""
        source = reference.source
        spaces = {source.namespace, reference.namespace}
        if not reference.needs_grant or len(spaces) == 1 or None in spaces:
            return True
        return any(
            Grant(source.kind, source.namespace or "", where, service) in self.inventory.grants
            for where in (reference.namespace, None)
            for service in (reference.service, None)
        )

    def not_granted(self, reference: Reference) -> MapMiss:
        """The Service is there, in a namespace that does not let the reference in."""
        message = f"no ReferenceGrant lets {reference.source} refer to Services in namespace {reference.namespace}"
        hint = f"add one in namespace {reference.namespace}, from {reference.source.kind} to Service"
        return misses.miss(reference, "reference-not-granted", message, hint)


_Answer = Iterable[Target] | MapMiss | str


def _service(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    places = looking.named(reference)
    if isinstance(places, MapMiss | str):
        return places
    if reference.role == "route":
        # An OpenShift Route without a port is for all ports of the Service.
        return [
            looking.target(place, position)
            for place in places
            for position, _ in enumerate(looking.service(place).ports)
        ]
    return [looking.target(place, None) for place in places]


def _service_port(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    places = looking.named(reference)
    if isinstance(places, MapMiss | str):
        return places
    found = []
    for place in places:
        service = looking.service(place)
        found += [
            looking.target(place, position)
            for position, port in enumerate(service.ports)
            if reference.port is not None
            and reference.port == (port.port if isinstance(reference.port, int) else port.name)
            and reference.protocol in {None, port.effective_protocol}
        ]
        if not found and service.effective_type == _EXTERNAL and reference.port is not None:
            # Its ports are of no effect: whoever dials the DNS name dials the port that is named.
            found.append(looking.target(place, None))
    return found or misses.no_service_port(reference, looking.service(places[0]), looking.reach.targets[places[0]])


def _endpoint_port(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    places = looking.named(reference)
    if isinstance(places, MapMiss | str):
        return places
    reached = [
        (looking.target(place, position), {target.port for target in targets})
        for place in places
        for position, targets in enumerate(looking.reach.targets[place])
    ]
    found = [target for target, numbers in reached if reference.port in numbers]
    if found:
        return found
    first = places[0]
    if not any(numbers for _, numbers in reached):
        # No pods, which is a miss of the Service; a number may be right all the same.
        return f"{looking.inventory.name(looking.service(first))} reaches no pod of the set"
    return misses.no_endpoint_port(
        reference, looking.service(first), (number for _, numbers in reached for number in numbers)
    )


def _hand_written(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    places = looking.named(reference)
    if isinstance(places, MapMiss | str):
        return places
    found = []
    for place in places:
        service = looking.service(place)
        if service.selector:
            return f"{service} has a selector, so a controller writes its endpoints"
        found += [
            looking.target(place, position)
            for position, port in enumerate(service.ports)
            if (port.name or "") == reference.port and port.effective_protocol == reference.protocol
        ]
    return found or misses.other_name(reference, looking.service(places[0]))


# --- by labels -------------------------------------------------------------------------------------------------


def _selected_services(looking: _LookingUp, reference: Reference) -> "Sequence[int] | MapMiss | str":
    scopes = reference.scopes or ()
    places = looking.directory.services_in(scopes)
    if places:
        return places
    unknown = looking.directory.unknown_services_in(scopes)
    if unknown is not None:
        return f"{unknown} is invalid"
    namespaces = [space for scope in scopes for space in looking.directory.namespaces_of(scope) or (None,)]
    if not any(looking.directory.covers(namespace) for namespace in namespaces):
        return "the set has no Service where it looks"
    anywhere = [Scope(scope.selector) for scope in scopes]
    other = next(iter(looking.directory.services_in(anywhere)), None)
    workload = next(iter(looking.directory.workloads_in(scopes)), None) if other is None else None
    return misses.nothing_selected(
        reference,
        "Service",
        _wanted(scopes),
        None if other is None else looking.inventory.name(looking.service(other)),
        workload,
    )


def _wanted(scopes: Iterable[Scope]) -> str:
    return " or ".join(dict.fromkeys(str(scope.selector) for scope in scopes))


def _selected_service_port(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    places = _selected_services(looking, reference)
    if isinstance(places, MapMiss | str):
        return places
    found = [
        looking.target(place, position)
        for place in places
        for position, port in enumerate(looking.service(place).ports)
        if port.name == reference.port
    ]
    if found:
        return found
    if not str(reference.port).replace("-", "").isalnum():
        return f"{reference.port!r} is a pattern"
    return misses.no_service_port(reference, looking.service(places[0]), looking.reach.targets[places[0]])


def _selected_service_target(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    places = _selected_services(looking, reference)
    if isinstance(places, MapMiss | str):
        return places
    workloads = [workload for place in places for workload in looking.reach.selected[place]]
    if not workloads:
        return f"{looking.inventory.name(looking.service(places[0]))} reaches no pod of the set"
    return _declared_or_miss(looking, attrs.evolve(reference, protocol=None), workloads)


def _declared_or_miss(looking: _LookingUp, reference: Reference, workloads: Sequence[Workload]) -> _Answer:
    return (
        _declared(looking, reference, workloads)
        or _port_in_front(looking, reference, workloads)
        or misses.no_pod_port(reference, workloads)
    )


def _declared(looking: _LookingUp, reference: Reference, workloads: Iterable[Workload]) -> list[Target]:
    """The declared ports of this name or number, whatever their protocol."""
    return [
        target
        for workload in workloads
        for target in declared_targets(workload, looking.inventory.name(workload))
        if reference.port == (target.port if isinstance(reference.port, int) else target.name)
    ]


def _selected_workloads(looking: _LookingUp, reference: Reference) -> "Sequence[Workload] | MapMiss | str":
    scopes = reference.scopes or ()
    workloads = looking.directory.workloads_in(scopes)
    if workloads:
        return workloads
    unknown = looking.directory.unknown_pods_in(scopes)
    if unknown is not None:
        return f"{unknown} is invalid"
    if not looking.directory.has_workloads_in(scopes) or all(scope.selector.picks_all for scope in scopes):
        return "the set has no pods where it looks"
    other = next(iter(looking.directory.workloads_in(Scope(scope.selector) for scope in scopes)), None)
    return misses.nothing_selected(
        reference, "pod", _wanted(scopes), None if other is None else looking.inventory.name(other)
    )


def _declared_pod_port(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    workloads = _selected_workloads(looking, reference)
    if isinstance(workloads, MapMiss | str):
        return workloads
    return _declared_or_miss(looking, reference, workloads)


def _pod_port(looking: _LookingUp, reference: Reference, _: Workload | None) -> _Answer:
    if reference.scopes is None:
        return "it may lead to addresses beyond the set"
    egress = reference.path.starts_with(FieldPath("spec", "egress"))
    workloads = _selected_workloads(looking, reference)
    if isinstance(workloads, MapMiss) and egress:
        return workloads.message
    if isinstance(workloads, MapMiss | str):
        return workloads
    if isinstance(reference.port, str):
        found = [target for target in _declared(looking, reference, workloads) if _of_protocol(target, reference)]
        return found or _port_in_front(looking, reference, workloads) or misses.no_pod_port(reference, workloads)
    return _numbers(looking, reference, workloads)


def _of_protocol(target: Target, reference: Reference) -> bool:
    return isinstance(target, ContainerTarget) and target.protocol == reference.protocol


def _numbers(looking: _LookingUp, reference: Reference, workloads: Sequence[Workload]) -> _Answer:
    """The declared ports of a number or range; a number that nobody declares may be the Service's by mistake."""
    first = reference.port if isinstance(reference.port, int) else 0
    last = reference.end_port or first
    found = [
        target
        for workload in workloads
        for target in declared_targets(workload, looking.inventory.name(workload))
        if first <= target.port <= last and target.protocol == reference.protocol
    ]
    if found:
        return found
    if last != first:
        return f"no pod of the set declares a port from {first} to {last}; they may listen there all the same"
    undeclared = [
        target_of(workload, looking.inventory.name(workload), None, first, reference.protocol or "TCP")
        for workload in workloads
    ]
    if any(target in looking.reach.services_of for target in undeclared):
        return undeclared
    return _port_in_front(looking, reference, workloads) or undeclared


def _port_in_front(looking: _LookingUp, reference: Reference, workloads: Iterable[Workload]) -> MapMiss | None:
    """The miss of a reference to a port of pods that names the port of a Service in front of them."""
    for workload in workloads:
        for target in declared_targets(workload, looking.inventory.name(workload)):
            for each in looking.reach.services_of.get(target, ()):
                port = each.port and (each.port.port if isinstance(reference.port, int) else each.port.name)
                if port == reference.port and reference.protocol in {None, target.protocol}:
                    for place in looking.directory.services_named(each.service.name, each.service.namespace):
                        return misses.service_port_meant(reference, looking.service(place), target)
    return None


# --- in one container ------------------------------------------------------------------------------------------


def _container_port(looking: _LookingUp, reference: Reference, workload: Workload | None) -> _Answer:
    if workload is None:
        return f"{reference.source} has no pods of its own"
    containers = [each for each in _containers(workload) if each.name == reference.container]
    for container in containers:
        for port in container.ports:
            if reference.port == (port.container_port if isinstance(reference.port, int) else port.name):
                return [
                    ContainerTarget(
                        looking.inventory.name(workload),
                        container.name,
                        port.container_port,
                        port.effective_protocol,
                        port.name or None,
                    )
                ]
    if isinstance(reference.port, int):
        return [ContainerTarget(looking.inventory.name(workload), reference.container or None, reference.port, "TCP")]
    if not containers:
        return f"{reference.source} has no container {reference.container!r}"
    return misses.no_container_port(reference, containers[0], workload)


def _containers(workload: Workload) -> Iterator[Container]:
    yield from workload.pod.containers
    yield from workload.pod.init_containers


_WAYS: Final[Mapping[Lookup, Callable[[_LookingUp, Reference, Workload | None], _Answer]]] = {
    "service": _service,
    "service-port": _service_port,
    "endpoint-port": _endpoint_port,
    "selected-service-port": _selected_service_port,
    "selected-service-target": _selected_service_target,
    "container-port": _container_port,
    "pod-port": _pod_port,
    "declared-pod-port": _declared_pod_port,
    "hand-written": _hand_written,
}
