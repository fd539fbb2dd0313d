"""Rules about Services without a selector, and the endpoints that are written by hand for them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.object_name import text_at
from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.missing_references import missing_port
from portmap._lint.rule import rule
from portmap._model.services import Service

_NO_ENDPOINTS: Final = "no-endpoints-for-port"
_ENDPOINTS: Final = frozenset({"Endpoints", "EndpointSlice"})
_SERVICE_NAME: Final = "kubernetes.io/service-name"


@rule("endpoints-port-name", on=ResolvedReference, severity="error")
def endpoints_port_name(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Hand-written endpoints have a port that their Service does not have.

    What it reports:
    A port of an Endpoints or EndpointSlice object that no port of its Service matches by name and
    protocol. The Service has no selector.

    Why it matters:
    Ports of Services and endpoints are matched by name. The addresses look right, but the Service
    sends no traffic to them.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec: {ports: [{name: sql, port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
    addressType: IPv4
    endpoints: [{addresses: [192.0.2.10]}]
    ports: [{port: 5432}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
    addressType: IPv4
    endpoints: [{addresses: [192.0.2.10]}]
    ports: [{name: sql, port: 5432}]
    ```

    Notes:
    Endpoints without a Service in the same part of the input are skipped: some programs use them
    for other purposes.
    """
    if resolved.reference.role == "endpoints":
        yield from missing_port(resolved, bundle)


@rule("port-without-endpoints", on=Bundle, severity="warning")
def port_without_endpoints(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Hand-written endpoints lack a port of their Service.

    What it reports:
    A port of a Service without a selector that its Endpoints or EndpointSlices do not have, although
    they have other ports of the Service.

    Why it matters:
    Connections to this port of the Service are refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec: {ports: [{name: sql, port: 5432}, {name: metrics, port: 9187}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
    addressType: IPv4
    endpoints: [{addresses: [192.0.2.10]}]
    ports: [{name: sql, port: 5432}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
    addressType: IPv4
    endpoints: [{addresses: [192.0.2.10]}]
    ports: [{name: sql, port: 5432}, {name: metrics, port: 9187}]
    ```

    Notes:
    If the endpoints have a port that the Service does not have, only `endpoints-port-name` reports.
    """
    del subject
    misses = [miss for miss in bundle.port_map.misses if miss.code == _NO_ENDPOINTS]
    if not misses:
        return
    misnamed = {
        (resolved.reference.namespace, resolved.reference.service)
        for resolved in bundle.port_map.references
        if resolved.miss is not None and resolved.reference.role == "endpoints"
    }
    for miss in misses:
        if (miss.source.namespace, miss.source.name) not in misnamed:
            yield Place(miss.source, miss.path).finding(miss.message, hint="add the port to the endpoints")


@rule("service-without-selector", on=Bundle, severity="info", profile="strict")
def service_without_selector(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Service has neither a selector nor endpoints.

    What it reports:
    A Service without a `selector`, and without Endpoints or an EndpointSlice in the same part of
    the input.

    Why it matters:
    The cluster creates no endpoints for a Service without a selector. If nothing else creates
    them, connections are refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      ports: [{name: sql, port: 5432, protocol: TCP}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
    addressType: IPv4
    endpoints: [{addresses: [192.0.2.10]}]
    ports: [{name: sql, port: 5432, protocol: TCP}]
    ```

    Notes:
    ExternalName Services are skipped. So are folders whose kustomization adds labels, perhaps to the
    selector, and patches of a Service that has a selector in another part of the input. Operators
    create endpoints for their Services: suppress the finding there.
    """
    del subject
    if bundle.added_labels:
        return
    namespaces: Mapping[str, set[str | None]] = defaultdict(set)
    for item in bundle.items:
        if item.name.kind in _ENDPOINTS:
            name = text_at(item.raw, "metadata", "labels", _SERVICE_NAME) or item.name.name
            namespaces[name].add(item.name.namespace)
    for service in bundle.services:
        if service.selector or service.effective_type == "ExternalName" or service.name == "kubernetes":
            continue
        found = namespaces.get(service.name, set())
        has_endpoints = bool(found if service.namespace is None else found & {None, service.namespace})
        if not has_endpoints and not _is_patch(service, bundle):
            yield at(service, "spec").finding(
                f"{service} has no selector, and the input has no endpoints for it",
                hint="add a selector, or an EndpointSlice",
            )


def _is_patch(service: Service, bundle: Bundle) -> bool:
    """Return whether another part of the input has the same Service, with a selector."""
    named = (service.name, service.namespace)
    return any(other.selector for other in (*bundle.services_named(*named), *bundle.elsewhere.services_named(*named)))
