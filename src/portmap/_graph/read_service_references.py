"""How objects write their references to Services by name: Ingresses, routes, webhooks, StatefulSets.

A reader takes a place of the table and says what stands there. What is not shaped as
the API has it gives no reference: a server or another controller would refuse it.

Sources: Kubernetes API reference 1.36; Gateway API 1.3 (`apis/v1`, `apis/v1alpha2`);
OpenShift `route/v1`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.object_name import items_at, text_at, value_at
from portmap._graph.reference import Found, PathMatch, Reference, Role, number_or_none, port_or_none

__all__ = [
    "api_service",
    "governing_service",
    "ingress_backend",
    "openshift_backend",
    "route_backend",
    "route_parent",
    "webhook",
]

_WEBHOOK_PORT: Final = 443
_ANNOTATED: Final = "use-annotation"
"""The port name that tells the AWS controller to look into annotations: there is no such Service."""


# --- Ingress ---------------------------------------------------------------------------------------------------


def ingress_backend(found: Found) -> Iterator[Reference]:
    """A backend of an Ingress, in today's form or in that of the beta versions."""
    service = value_at(found.node, "service")
    if isinstance(service, Mapping):
        name = text_at(service, "name")
        # To a server 0 is no number, as the empty text is no name.
        key = "number" if value_at(service, "port", "number") else "name"
        port, field = value_at(service, "port", key), found.field("service", "port", key)
    else:
        name = text_at(found.node, "serviceName")
        port, field = value_at(found.node, "servicePort"), found.field("servicePort")
    if name is None or port == _ANNOTATED:
        return
    in_rule = len(found.path) > 2
    host = text_at(found.above(4), "host") if in_rule else None
    paths: tuple[PathMatch, ...] = ()
    if in_rule:
        kind = text_at(found.above(1), "pathType") or "ImplementationSpecific"
        paths = (PathMatch(kind, text_at(found.above(1), "path") or "/"),)
    yield Reference(
        source=found.source,
        field=field if port is not None else found.field(),
        role="ingress",
        lookup="service-port",
        service=name,
        namespace=found.source.namespace,
        port=port_or_none(port),
        hosts=(host,) if host else (),
        paths=paths,
    )


# --- Gateway API -----------------------------------------------------------------------------------------------


def _names_service(node: object) -> bool:
    return value_at(node, "group") in (None, "", "core") and value_at(node, "kind") in (None, "Service")


def route_backend(found: Found) -> Iterator[Reference]:
    """A backend of a route, or one that gets a copy of its requests."""
    name = text_at(found.node, "name")
    if name is None or not _names_service(found.node):
        return
    port = number_or_none(value_at(found.node, "port"))
    mesh = tuple(_services_of_mesh(found))
    yield Reference(
        source=found.source,
        field=found.field("port") if port is not None else found.field(),
        role="mirror" if found.path[-1] == "backendRef" else "route",
        lookup="service-port",
        service=name,
        namespace=text_at(found.node, "namespace") or found.source.namespace,
        port=port,
        protocol="UDP" if found.source.kind == "UDPRoute" else "TCP",
        # Meshes ask for no leave, and go by the Service that a request is for, not by host names.
        needs_grant=not mesh,
        hosts=mesh or tuple(each for each in items_at(found.manifest, "spec", "hostnames") if isinstance(each, str)),
        # `spec.rules[*]` is the fourth of the parents.
        paths=tuple(_route_paths(value_at(found.parents[3], "matches"))),
    )


def _services_of_mesh(found: Found) -> Iterator[str]:
    """For a route of a mesh, whose parents are Services and nothing else, the names of those Services as hosts."""
    parents = items_at(found.manifest, "spec", "parentRefs")
    if not all(value_at(each, "kind") == "Service" for each in parents):
        return
    for each in parents:
        namespace = text_at(each, "namespace")
        own = namespace in {None, found.source.namespace}
        yield (text_at(each, "name") or "") + ("" if own else f".{namespace}")


def _route_paths(matches: object) -> Iterator[PathMatch]:
    """The paths of an HTTPRoute's matches, or the methods of a GRPCRoute's as paths."""
    for match in matches if isinstance(matches, list) else ():
        method = value_at(match, "method")
        if isinstance(method, Mapping):
            service, called = text_at(method, "service"), text_at(method, "method")
            if text_at(method, "type") == "RegularExpression" or (called and not service):
                yield PathMatch("RegularExpression", f"/{service or '[^/]+'}/{called or '[^/]+'}")
            elif service:
                yield PathMatch("Exact" if called else "PathPrefix", f"/{service}/{called or ''}".rstrip("/"))
        else:
            value = text_at(match, "path", "value")
            yield PathMatch(text_at(match, "path", "type") or "PathPrefix", value or "/")


def route_parent(found: Found) -> Iterator[Reference]:
    """A Service as the parent of a route, as meshes have it; other parents are no matter of Services."""
    name = text_at(found.node, "name")
    if name is None or value_at(found.node, "kind") != "Service" or not _names_service(found.node):
        return
    port = number_or_none(value_at(found.node, "port"))
    yield Reference(
        source=found.source,
        field=found.field("port") if port is not None else found.field("name"),
        role="parent",
        lookup="service-port" if port is not None else "service",
        service=name,
        namespace=text_at(found.node, "namespace") or found.source.namespace,
        port=port,
        protocol="UDP" if found.source.kind == "UDPRoute" else "TCP",
    )


# --- OpenShift -------------------------------------------------------------------------------------------------


def openshift_backend(found: Found) -> Iterator[Reference]:
    """A backend of an OpenShift Route: the port that it names, or every port of the Service."""
    name = text_at(found.node, "name")
    if name is None or value_at(found.node, "kind") not in (None, "Service"):
        return
    port = port_or_none(value_at(found.manifest, "spec", "port", "targetPort"))
    host = text_at(found.manifest, "spec", "host")
    yield Reference(
        source=found.source,
        field=found.field("name") if port is None else "spec.port.targetPort",
        role="route",
        lookup="service" if port is None else "endpoint-port" if isinstance(port, int) else "service-port",
        service=name,
        namespace=found.source.namespace,
        port=port,
        hosts=(host,) if host else (),
        paths=(PathMatch("Prefix", text_at(found.manifest, "spec", "path") or "/"),),
    )


# --- Services by name ------------------------------------------------------------------------------------------


def governing_service(found: Found) -> Iterator[Reference]:
    """The Service under which the pods of a StatefulSet have their DNS names."""
    if isinstance(found.node, str) and found.node:
        yield Reference(
            source=found.source,
            field=found.field(),
            role="governing-service",
            lookup="service",
            service=found.node,
            namespace=found.source.namespace,
        )


def _by_number(found: Found, role: Role) -> Iterator[Reference]:
    name = text_at(found.node, "name")
    given = value_at(found.node, "port")
    if name is not None:
        yield Reference(
            source=found.source,
            field=found.field("port") if given is not None else found.field(),
            role=role,
            lookup="service-port",
            service=name,
            namespace=text_at(found.node, "namespace"),
            port=_WEBHOOK_PORT if given is None else number_or_none(given),
        )


def webhook(found: Found) -> Iterator[Reference]:
    """The Service of an admission webhook, or of a conversion."""
    yield from _by_number(found, "conversion" if found.path[0] == "spec" else "webhook")


def api_service(found: Found) -> Iterator[Reference]:
    """The Service that stands behind a part of the API."""
    yield from _by_number(found, "api-service")
