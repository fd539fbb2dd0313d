"""Resolve references: one function for each kind of lookup.

A reference that finds nothing is a miss only if the set should contain what it names. If
the object is invalid, or the set has nothing in that namespace, the result is unknown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, final

import attrs

from portmap._graph import reference_misses as misses
from portmap._graph.index import Index
from portmap._graph.inventory import Grant, Inventory
from portmap._graph.label_selectors import Scope
from portmap._graph.reach import Reach, ServiceNode, declared_targets, target_of
from portmap._graph.reference import Lookup, Reference
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, Target
from portmap._kubernetes.field_path import FieldPath
from portmap._model.pods import Container
from portmap._model.workloads import Workload

_EXTERNAL: Final = "ExternalName"


@final
@attrs.frozen(eq=False)
class Lookups:
    """Resolve references among the objects of a group."""

    inventory: Inventory
    reach: Reach
    index: Index

    def all(self) -> tuple[ResolvedReference, ...]:
        """Resolve every reference of the group, in their order."""
        return tuple([self.resolve(reference, workload) for reference, workload in self.inventory.references])

    def resolve(self, reference: Reference, workload: Workload | None) -> ResolvedReference:
        """Return the reference with its targets, its miss, or why the result is unknown."""
        found = _LOOKUPS[reference.lookup](self, reference, workload)
        if isinstance(found, MapMiss):
            return ResolvedReference(reference, miss=found)
        if isinstance(found, str):
            return ResolvedReference(reference, unknown=found)
        return ResolvedReference(reference, tuple(dict.fromkeys(found)))

    def named(self, reference: Reference) -> "Sequence[ServiceNode] | MapMiss | str":
        """Return the Services that a reference names, or why there is none."""
        name, namespace = reference.service or "", reference.namespace
        services = self.index.services_named(name, namespace)
        if services:
            return services if self.is_granted(reference) else self.not_granted(reference)
        unknown = self.index.unknown_service(name, namespace)
        if unknown is not None:
            return f"{unknown} is invalid"
        if not self.index.covers(namespace):
            return f"the set has no Service in namespace {namespace}" if namespace else "the set has no Service"
        return misses.no_service(reference, self.index.services_anywhere(name), self.index.service_names(namespace))

    def is_granted(self, reference: Reference) -> bool:
        """Return whether the namespace of the Service permits the reference."""
        source = reference.source
        namespaces = {source.namespace, reference.namespace}
        if not reference.needs_grant or len(namespaces) == 1 or None in namespaces:
            return True
        return any(
            Grant(source.kind, source.namespace or "", where, service) in self.inventory.grants
            for where in (reference.namespace, None)
            for service in (reference.service, None)
        )

    def not_granted(self, reference: Reference) -> MapMiss:
        """Return the miss of a reference to a Service in a namespace that does not permit it."""
        message = f"no ReferenceGrant lets {reference.source} refer to Services in namespace {reference.namespace}"
        hint = f"add one in namespace {reference.namespace}, from {reference.source.kind} to Service"
        return misses.miss(reference, "reference-not-granted", message, hint)


_Answer = Iterable[Target] | MapMiss | str


def _service(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    services = lookup.named(reference)
    if isinstance(services, MapMiss | str):
        return services
    if reference.role == "route":
        # An OpenShift Route without a port applies to all ports of the Service.
        return [node.target(position) for node in services for position, _ in enumerate(node.service.ports)]
    return [node.target(None) for node in services]


def _service_port(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    services = lookup.named(reference)
    if isinstance(services, MapMiss | str):
        return services
    found = []
    for node in services:
        service = node.service
        found += [
            node.target(position)
            for position, port in enumerate(service.ports)
            if reference.port is not None
            and reference.port == (port.port if isinstance(reference.port, int) else port.name)
            and reference.protocol in {None, port.effective_protocol}
        ]
        if not found and service.effective_type == _EXTERNAL and reference.port is not None:
            # The ports of an ExternalName Service have no effect: clients connect to the port of the reference.
            found.append(node.target(None))
    return found or misses.no_service_port(reference, services[0])


def _endpoint_port(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    services = lookup.named(reference)
    if isinstance(services, MapMiss | str):
        return services
    reached = [
        (node.target(position), {target.port for target in targets})
        for node in services
        for position, targets in enumerate(node.targets)
    ]
    found = [target for target, numbers in reached if reference.port in numbers]
    if found:
        return found
    first = services[0]
    if not any(numbers for _, numbers in reached):
        # A Service without pods is a miss of the Service. The number may still be correct.
        return f"{first.name} reaches no pod of the set"
    return misses.no_endpoint_port(reference, first.service, (number for _, numbers in reached for number in numbers))


def _hand_written(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    services = lookup.named(reference)
    if isinstance(services, MapMiss | str):
        return services
    found = []
    for node in services:
        service = node.service
        if service.selector:
            return f"{service} has a selector, so a controller writes its endpoints"
        found += [
            node.target(position)
            for position, port in enumerate(service.ports)
            if (port.name or "") == reference.port and port.effective_protocol == reference.protocol
        ]
    return found or misses.other_name(reference, services[0].service)


# --- by labels -------------------------------------------------------------------------------------------------


def _selected_services(lookup: Lookups, reference: Reference) -> "Sequence[ServiceNode] | MapMiss | str":
    scopes = reference.scopes or ()
    services = lookup.index.services_in(scopes)
    if services:
        return services
    unknown = lookup.index.unknown_services_in(scopes)
    if unknown is not None:
        return f"{unknown} is invalid"
    namespaces = [space for scope in scopes for space in lookup.index.namespaces_of(scope) or (None,)]
    if not any(lookup.index.covers(namespace) for namespace in namespaces):
        return "the set has no Service where it looks"
    anywhere = [Scope(scope.selector) for scope in scopes]
    other = next(iter(lookup.index.services_in(anywhere)), None)
    workload = next(iter(lookup.index.workloads_in(scopes)), None) if other is None else None
    return misses.nothing_selected(
        reference,
        "Service",
        _wanted(scopes),
        None if other is None else other.name,
        workload,
    )


def _wanted(scopes: Iterable[Scope]) -> str:
    return " or ".join(dict.fromkeys(str(scope.selector) for scope in scopes))


def _selected_service_port(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    services = _selected_services(lookup, reference)
    if isinstance(services, MapMiss | str):
        return services
    found = [
        node.target(position)
        for node in services
        for position, port in enumerate(node.service.ports)
        if port.name == reference.port
    ]
    if found:
        return found
    if not str(reference.port).replace("-", "").isalnum():
        return f"{reference.port!r} is a pattern"
    return misses.no_service_port(reference, services[0])


def _selected_service_target(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    services = _selected_services(lookup, reference)
    if isinstance(services, MapMiss | str):
        return services
    workloads = [workload for node in services for workload in node.selected]
    if not workloads:
        return f"{services[0].name} reaches no pod of the set"
    return _declared_or_miss(lookup, attrs.evolve(reference, protocol=None), workloads)


def _declared_or_miss(lookup: Lookups, reference: Reference, workloads: Sequence[Workload]) -> _Answer:
    return (
        _declared(lookup, reference, workloads)
        or _port_in_front(lookup, reference, workloads)
        or misses.no_pod_port(reference, workloads)
    )


def _declared(lookup: Lookups, reference: Reference, workloads: Iterable[Workload]) -> list[Target]:
    """Return the declared ports of this name or number, of any protocol."""
    return [
        target
        for workload in workloads
        for target in declared_targets(workload, lookup.inventory.name(workload))
        if reference.port == (target.port if isinstance(reference.port, int) else target.name)
    ]


def _selected_workloads(lookup: Lookups, reference: Reference) -> "Sequence[Workload] | MapMiss | str":
    scopes = reference.scopes or ()
    workloads = lookup.index.workloads_in(scopes)
    if workloads:
        return workloads
    unknown = lookup.index.unknown_pods_in(scopes)
    if unknown is not None:
        return f"{unknown} is invalid"
    if not lookup.index.has_workloads_in(scopes) or all(scope.selector.matches_all for scope in scopes):
        return "the set has no pods where it looks"
    other = next(iter(lookup.index.workloads_in(Scope(scope.selector) for scope in scopes)), None)
    return misses.nothing_selected(
        reference, "pod", _wanted(scopes), None if other is None else lookup.inventory.name(other)
    )


def _declared_pod_port(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    workloads = _selected_workloads(lookup, reference)
    if isinstance(workloads, MapMiss | str):
        return workloads
    return _declared_or_miss(lookup, reference, workloads)


def _pod_port(lookup: Lookups, reference: Reference, _: Workload | None) -> _Answer:
    if reference.scopes is None:
        return "it may lead to addresses beyond the set"
    egress = reference.path.starts_with(FieldPath("spec", "egress"))
    workloads = _selected_workloads(lookup, reference)
    if isinstance(workloads, MapMiss) and egress:
        return workloads.message
    if isinstance(workloads, MapMiss | str):
        return workloads
    if isinstance(reference.port, str):
        found = [target for target in _declared(lookup, reference, workloads) if _of_protocol(target, reference)]
        return found or _port_in_front(lookup, reference, workloads) or misses.no_pod_port(reference, workloads)
    return _numbers(lookup, reference, workloads)


def _of_protocol(target: Target, reference: Reference) -> bool:
    return isinstance(target, ContainerTarget) and target.protocol == reference.protocol


def _numbers(lookup: Lookups, reference: Reference, workloads: Sequence[Workload]) -> _Answer:
    """Return the declared ports of a number or range, or the undeclared number unless it is that of the Service."""
    first = reference.port if isinstance(reference.port, int) else 0
    last = reference.end_port or first
    found = [
        target
        for workload in workloads
        for target in declared_targets(workload, lookup.inventory.name(workload))
        if first <= target.port <= last and target.protocol == reference.protocol
    ]
    if found:
        return found
    if last != first:
        return f"no pod of the set declares a port from {first} to {last}; they may listen there all the same"
    undeclared = [
        target_of(workload, lookup.inventory.name(workload), None, first, reference.protocol or "TCP")
        for workload in workloads
    ]
    if any(target in lookup.reach.services_of for target in undeclared):
        return undeclared
    return _port_in_front(lookup, reference, workloads) or undeclared


def _port_in_front(lookup: Lookups, reference: Reference, workloads: Iterable[Workload]) -> MapMiss | None:
    """Return the miss of a reference to a pod port that names the port of a Service instead, if it does."""
    for workload in workloads:
        for target in declared_targets(workload, lookup.inventory.name(workload)):
            for service in lookup.reach.services_of.get(target, ()):
                own = service.port
                port = own and (own.port if isinstance(reference.port, int) else own.name)
                if port == reference.port and reference.protocol in {None, target.protocol}:
                    return misses.service_port_meant(reference, service.service, target)
    return None


# --- in one container ------------------------------------------------------------------------------------------


def _container_port(lookup: Lookups, reference: Reference, workload: Workload | None) -> _Answer:
    if workload is None:
        return f"{reference.source} has no pods of its own"
    containers = [each for each in _containers(workload) if each.name == reference.container]
    for container in containers:
        for port in container.ports:
            if reference.port == (port.container_port if isinstance(reference.port, int) else port.name):
                return [
                    ContainerTarget(
                        lookup.inventory.name(workload),
                        container.name,
                        port.container_port,
                        port.effective_protocol,
                        port.name or None,
                    )
                ]
    if isinstance(reference.port, int):
        return [ContainerTarget(lookup.inventory.name(workload), reference.container or None, reference.port, "TCP")]
    if not containers:
        return f"{reference.source} has no container {reference.container!r}"
    return misses.no_container_port(reference, containers[0], workload)


def _containers(workload: Workload) -> Iterator[Container]:
    yield from workload.pod.containers
    yield from workload.pod.init_containers


_LOOKUPS: Final[Mapping[Lookup, Callable[[Lookups, Reference, Workload | None], _Answer]]] = {
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
