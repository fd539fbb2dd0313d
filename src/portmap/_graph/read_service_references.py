"""Read references to Services by name: Ingresses, routes, webhooks, StatefulSets, Rollouts.

A reader takes a node of the reference table. A malformed node has no reference: the API
server or another controller would refuse it.

Sources: Kubernetes API reference 1.36; Gateway API 1.3 (`apis/v1`, `apis/v1alpha2`); OpenShift `route/v1`;
Argo Rollouts 1.8 (`RolloutStrategy`).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.object_name import items_at, text_at, value_at
from portmap._graph.reference import Node, PathMatch, Reference, Role, number_or_none, port_or_none
from portmap._kubernetes.field_path import FieldPath

_WEBHOOK_PORT: Final = 443
_ANNOTATED: Final = "use-annotation"
"""The port name that directs the AWS controller to annotations. The backend names no Service then."""


def ingress_backend(node: Node) -> Iterator[Reference]:
    """Read a backend of an Ingress, of the current or a beta version."""
    service = value_at(node.value, "service")
    if isinstance(service, Mapping):
        name = text_at(service, "name")
        # The API server treats 0 as no number, and the empty text as no name.
        key = "number" if value_at(service, "port", "number") else "name"
        port, field = value_at(service, "port", key), node.field("service", "port", key)
    else:
        name = text_at(node.value, "serviceName")
        port, field = value_at(node.value, "servicePort"), node.field("servicePort")
    if name is None or port == _ANNOTATED:
        return
    in_rule = len(node.path) > 2
    host = text_at(node.above(4), "host") if in_rule else None
    paths: tuple[PathMatch, ...] = ()
    if in_rule:
        kind = text_at(node.above(1), "pathType") or "ImplementationSpecific"
        paths = (PathMatch(kind, text_at(node.above(1), "path") or "/"),)
    yield Reference(
        source=node.source,
        field=field if port is not None else node.field(),
        role="ingress",
        lookup="service-port",
        service=name,
        namespace=node.source.namespace,
        port=port_or_none(port),
        hosts=(host,) if host else (),
        paths=paths,
    )


def _names_service(node: object) -> bool:
    return value_at(node, "group") in (None, "", "core") and value_at(node, "kind") in (None, "Service")


def route_backend(node: Node) -> Iterator[Reference]:
    """Read a backend of a route, or a backend that receives a copy of its requests."""
    name = text_at(node.value, "name")
    if name is None or not _names_service(node.value):
        return
    port = number_or_none(value_at(node.value, "port"))
    mesh = tuple(_services_of_mesh(node))
    yield Reference(
        source=node.source,
        field=node.field("port") if port is not None else node.field(),
        role="mirror" if node.path[-1] == "backendRef" else "route",
        lookup="service-port",
        service=name,
        namespace=text_at(node.value, "namespace") or node.source.namespace,
        port=port,
        protocol="UDP" if node.source.kind == "UDPRoute" else "TCP",
        # A route of a mesh needs no grant, and matches the Service that a request is for, not host names.
        needs_grant=not mesh,
        hosts=mesh or tuple(host for host in items_at(node.manifest, "spec", "hostnames") if isinstance(host, str)),
        # `spec.rules[*]` is the fourth of the parents.
        paths=tuple(_route_paths(value_at(node.parents[3], "matches"))),
    )


def _services_of_mesh(node: Node) -> Iterator[str]:
    """Yield the parent Services of a route as hosts, if all of its parents are Services, as in a mesh."""
    parents = items_at(node.manifest, "spec", "parentRefs")
    if not all(value_at(parent, "kind") == "Service" for parent in parents):
        return
    for parent in parents:
        namespace = text_at(parent, "namespace")
        is_own = namespace in {None, node.source.namespace}
        yield (text_at(parent, "name") or "") + ("" if is_own else f".{namespace}")


def _route_paths(matches: object) -> Iterator[PathMatch]:
    """Yield the paths of the matches of an HTTPRoute, or the methods of a GRPCRoute as paths."""
    for match in matches if isinstance(matches, list) else ():
        method = value_at(match, "method")
        if isinstance(method, Mapping):
            service, rpc = text_at(method, "service"), text_at(method, "method")
            if text_at(method, "type") == "RegularExpression" or (rpc and not service):
                yield PathMatch("RegularExpression", f"/{service or '[^/]+'}/{rpc or '[^/]+'}")
            elif service:
                yield PathMatch("Exact" if rpc else "PathPrefix", f"/{service}/{rpc or ''}".rstrip("/"))
        else:
            value = text_at(match, "path", "value")
            yield PathMatch(text_at(match, "path", "type") or "PathPrefix", value or "/")


def route_parent(node: Node) -> Iterator[Reference]:
    """Read a Service as the parent of a route, as in a mesh. Other parents do not concern Services."""
    name = text_at(node.value, "name")
    if name is None or value_at(node.value, "kind") != "Service" or not _names_service(node.value):
        return
    port = number_or_none(value_at(node.value, "port"))
    yield Reference(
        source=node.source,
        field=node.field("port") if port is not None else node.field("name"),
        role="parent",
        lookup="service-port" if port is not None else "service",
        service=name,
        namespace=text_at(node.value, "namespace") or node.source.namespace,
        port=port,
        protocol="UDP" if node.source.kind == "UDPRoute" else "TCP",
    )


def openshift_backend(node: Node) -> Iterator[Reference]:
    """Read a backend of an OpenShift Route: the port that it names, or every port of the Service."""
    name = text_at(node.value, "name")
    if name is None or value_at(node.value, "kind") not in (None, "Service"):
        return
    port = port_or_none(value_at(node.manifest, "spec", "port", "targetPort"))
    host = text_at(node.manifest, "spec", "host")
    yield Reference(
        source=node.source,
        field=node.field("name") if port is None else FieldPath("spec", "port", "targetPort"),
        role="route",
        lookup="service" if port is None else "endpoint-port" if isinstance(port, int) else "service-port",
        service=name,
        namespace=node.source.namespace,
        port=port,
        hosts=(host,) if host else (),
        paths=(PathMatch("Prefix", text_at(node.manifest, "spec", "path") or "/"),),
    )


def governing_service(node: Node) -> Iterator[Reference]:
    """Read the Service that gives the pods of a StatefulSet their DNS names."""
    yield from _by_name(node, "governing-service")


def rollout_service(node: Node) -> Iterator[Reference]:
    """Read a Service whose selector the controller of a Rollout changes."""
    yield from _by_name(node, "rollout")


def _by_name(node: Node, role: Role) -> Iterator[Reference]:
    if isinstance(node.value, str) and node.value:
        yield Reference(
            source=node.source,
            field=node.field(),
            role=role,
            lookup="service",
            service=node.value,
            namespace=node.source.namespace,
        )


def _by_number(node: Node, role: Role) -> Iterator[Reference]:
    name = text_at(node.value, "name")
    port = value_at(node.value, "port")
    if name is not None:
        yield Reference(
            source=node.source,
            field=node.field("port") if port is not None else node.field(),
            role=role,
            lookup="service-port",
            service=name,
            namespace=text_at(node.value, "namespace"),
            port=_WEBHOOK_PORT if port is None else number_or_none(port),
        )


def webhook(node: Node) -> Iterator[Reference]:
    """Read the Service of an admission webhook, or of a conversion webhook."""
    yield from _by_number(node, "conversion" if node.path[0] == "spec" else "webhook")


def api_service(node: Node) -> Iterator[Reference]:
    """Read the Service of an APIService."""
    yield from _by_number(node, "api-service")
