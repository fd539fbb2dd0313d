"""How certain it is that a reference that does not resolve is a mistake.

What a reference names may be in another part of the input, or be created by a controller.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.fragments import has_placeholder
from portmap._graph.group_graph import GroupGraph
from portmap._graph.injection import adder_of_port
from portmap._graph.label_selectors import Scope
from portmap._graph.object_name import ObjectName
from portmap._graph.outcomes import Assessment
from portmap._graph.reference import Role
from portmap._graph.targets import ResolvedReference, Severity
from portmap._model.services import Service
from portmap._model.workloads import Workload

NO_SERVICE: Final = frozenset({"no-such-service", "service-in-other-namespace"})
MONITORS: Final = frozenset({"pod-monitor", "service-monitor"})
_NOT_GRANTED: Final = "reference-not-granted"
_SELECTS_NOTHING: Final = "selector-matches-nothing"
_SEVERITIES: Final[Mapping[Role, Severity]] = {"governing-service": "warning", "network-policy": "warning"}
"""The severities of references that are less than an error if they do not resolve."""

# Every cluster has the Service of its API server.
_EVERYWHERE: Final = frozenset({("kubernetes", "default"), ("kubernetes", None)})
_NUMBER: Final = re.compile(r"[-.]?v?\d+")


def severity_of(role: Role) -> Severity:
    """Return the severity of a reference of this role that does not resolve."""
    return _SEVERITIES.get(role, "error")


def assess_reference(resolved: ResolvedReference, graph: GroupGraph) -> Assessment | None:
    """Return how certain it is that a reference is a mistake; `None` if it resolves or its result is unknown."""
    miss, role = resolved.miss, resolved.reference.role
    if miss is None:
        return None
    if miss.code in NO_SERVICE:
        name = resolved.reference.service or ""
        if (name, resolved.reference.namespace) in _EVERYWHERE or graph.elsewhere.has_invalid_service(name):
            return None
        return assess_service(resolved, graph)
    if miss.code == _NOT_GRANTED:
        return assess_grant(resolved, graph)
    if miss.code == _SELECTS_NOTHING:
        # A policy may select pods that do not exist yet.
        return assess_monitor(resolved, graph) if role in MONITORS else None
    return assess_port(resolved, graph)


# --- Services --------------------------------------------------------------------------------------------------


def assess_service(resolved: ResolvedReference, graph: GroupGraph) -> Assessment:
    """Assess a reference to a Service that does not exist."""
    name, port = resolved.reference.service or "", resolved.reference.port
    severity = severity_of(resolved.reference.role)
    if has_placeholder(name):
        return Assessment("info", f"a tool replaces the placeholder {name!r}")
    operator = graph.elsewhere.operator_of_service(name, resolved.reference.namespace)
    if operator is not None:
        return Assessment("info", f"the operator of {operator} creates the Service")
    others = services_elsewhere(resolved, graph)
    other = next(others, None)
    if other is not None and (has_port(other, port) or any(has_port(each, port) for each in others)):
        return Assessment("info", f"{other} is in another part of the input")
    if _is_near(resolved, graph):
        return Assessment(severity)
    maker = _maker(name, graph)
    if maker is not None:
        return Assessment("info", f"the controller of {maker} may create the Service")
    if graph.group.complete:
        return Assessment(severity)
    if other is not None:
        return Assessment("warning", f"{other} in another part of the input lacks this port")
    doubt = graph.group.doubts.adds
    return Assessment("info", doubt or "the input may be incomplete, and the Service elsewhere")


def services_elsewhere(resolved: ResolvedReference, graph: GroupGraph) -> Iterator[Service]:
    """Yield the Services of other groups that have the name of a reference; some of them, if there are very many."""
    reference = resolved.reference
    return graph.elsewhere.services_named(reference.service or "", reference.namespace)


def has_port(service: Service, port: int | str | None) -> bool:
    """Return whether a Service has a port of this number or name; an ExternalName Service has any port."""
    if port is None or service.effective_type == "ExternalName":
        return True
    return any(port == (each.port if isinstance(port, int) else each.name) for each in service.ports)


def _is_near(resolved: ResolvedReference, graph: GroupGraph) -> bool:
    """Return whether the reference probably misspells the name of a Service that nothing else refers to."""
    miss = resolved.miss
    if miss is None or miss.guess is None:
        return miss is not None and miss.code == "service-in-other-namespace"
    # `web-1` is no misspelling of `web-2`.
    if _NUMBER.sub("", miss.guess) == _NUMBER.sub("", resolved.reference.service or ""):
        return False
    similar = graph.services_named(miss.guess, resolved.reference.namespace)
    return any(graph.nodes[id(service)].name not in graph.referenced_services for service in similar)


def _maker(name: str, graph: GroupGraph) -> ObjectName | None:
    """Return a custom resource whose controller may create a Service of this name.

    Controllers name Services after the resource, often with a suffix: `shop-primary` for `shop`.
    """
    words = name.split("-")
    prefixes = ("-".join(words[:end]) for end in range(len(words), 0, -1))
    return next(filter(None, map(graph.elsewhere.service_maker, prefixes)), None)


# --- ports and grants ------------------------------------------------------------------------------------------


def assess_port(resolved: ResolvedReference, graph: GroupGraph) -> Assessment:
    """Assess a reference to a port that the Service, container or pod does not have."""
    port = resolved.reference.port
    if has_placeholder(port):
        return Assessment("info", f"a tool replaces the placeholder {port!r}")
    if resolved.reference.role in MONITORS:
        other = None if graph.group.complete else _monitored_with_port(resolved, graph)
        if other is not None:
            return Assessment("info", f"{other} in another part of the input has this port")
        adder = _adder_of_port(resolved, graph)
        if adder is not None:
            return Assessment("info", f"{adder} adds the port")
    if port is not None and resolved.reference.service is not None and not graph.group.complete:
        service = next((each for each in services_elsewhere(resolved, graph) if has_port(each, port)), None)
        if service is not None:
            return Assessment("warning", f"{service} in another part of the input has this port")
    return Assessment(severity_of(resolved.reference.role))


def assess_grant(resolved: ResolvedReference, graph: GroupGraph) -> Assessment:
    """Assess a reference to another namespace that no ReferenceGrant permits."""
    if graph.group.complete:
        return Assessment()
    if graph.elsewhere.grants_to(resolved.source.kind):
        return Assessment("info", "a ReferenceGrant in another part of the input may permit it")
    return Assessment("warning", "the input may be incomplete, and the ReferenceGrant elsewhere")


# --- monitors --------------------------------------------------------------------------------------------------


def assess_monitor(resolved: ResolvedReference, graph: GroupGraph) -> Assessment:
    """Assess a monitor that selects nothing."""
    for scope in resolved.reference.scopes or ():
        if has_placeholder(dict(scope.selector.labels)):
            return Assessment("info", "a tool replaces placeholders in its labels")
        added = next((key for key in scope.selector.labels if key in graph.group.added_labels), None)
        if added is not None:
            return Assessment("info", f"kustomize adds the label {added} to every object of this folder")
        other = next(selected_elsewhere(scope, resolved, graph), None)
        if other is not None:
            return Assessment("info", f"{other} in another part of the input has the labels")
        if resolved.reference.role == "service-monitor":
            operator = graph.elsewhere.operator_of_labelled_services(scope.selector.labels)
        else:
            operator = graph.elsewhere.operator_of_pods(scope.selector.labels, None)
        if operator is not None:
            return Assessment("info", f"the operator of {operator} creates objects with these labels")
    if graph.group.complete or (resolved.miss is not None and resolved.miss.near):
        return Assessment()
    missing = "Service" if resolved.reference.role == "service-monitor" else "pods"
    doubt = graph.group.doubts.adds
    return Assessment("info", doubt or f"the input may be incomplete, and the {missing} elsewhere")


def _monitored_with_port(resolved: ResolvedReference, graph: GroupGraph) -> Service | Workload | None:
    """Return an object in another part of the input that the monitor selects, and that has the port."""
    port = resolved.reference.port
    for scope in resolved.reference.scopes or ():
        for other in selected_elsewhere(scope, resolved, graph):
            if isinstance(other, Service):
                found = any(port in {each.name, each.effective_target_port} for each in other.ports)
            else:
                declared = (each for container in other.pod.port_containers for each in container.ports)
                found = any(port in {each.name, each.container_port} for each in declared)
            if found:
                return other
    return None


def _adder_of_port(resolved: ResolvedReference, graph: GroupGraph) -> str | None:
    """Return what adds the port of a monitor to pods that it selects, or that its Services select."""
    for scope in resolved.reference.scopes or ():
        for workload in graph.workloads:
            if resolved.reference.role == "pod-monitor":
                is_monitored = scope.selector.matches(workload.pod.labels)
            else:
                is_monitored = any(scope.selector.matches(each.labels or {}) for each in graph.selecting(workload))
            adder = adder_of_port(workload, resolved.reference.port, graph) if is_monitored else None
            if adder is not None:
                return adder
    return None


def selected_elsewhere(scope: Scope, resolved: ResolvedReference, graph: GroupGraph) -> Iterator[Service | Workload]:
    """Yield what a monitor selects in other parts of the input."""
    selector = scope.selector
    if not selector.labels:
        return
    if resolved.reference.role == "service-monitor":
        yield from graph.elsewhere.services_labelled(selector)
    else:
        selected = graph.elsewhere.selected_by(selector.labels)
        yield from (each for each in selected if selector.matches(each.pod.labels))
