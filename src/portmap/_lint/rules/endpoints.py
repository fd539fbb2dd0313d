"""Rules about endpoints that are written by hand, for Services without a selector."""

from collections.abc import Iterator
from typing import Final

from portmap._graph.object_name import text_at
from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.missing_references import missing_port
from portmap._lint.rule import rule
from portmap._model.services import Service

_NO_ENDPOINTS = "no-endpoints-for-port"


_ENDPOINTS: Final = frozenset({"Endpoints", "EndpointSlice"})
_SERVICE_NAME: Final = "kubernetes.io/service-name"


@rule("endpoints-port-name", on=ResolvedReference, severity="error")
def endpoints_port_name(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Hand-written endpoints have a port that their Service does not have.

    What it reports:
    A port of an Endpoints or EndpointSlice object whose name, or protocol, is that of no
    port of its Service, which has no selector.

    Why it matters:
    The ports of both are joined by name alone. The addresses are there and look right,
    and the Service sends nothing to them.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec: {ports: [{name: sql, port: 5432}]}
    ---
    apiVersion: v1
    kind: Endpoints
    metadata: {name: db}
    subsets:
    - {addresses: [{ip: 192.0.2.10}], ports: [{port: 5432}]}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Endpoints
    metadata: {name: db}
    subsets:
    - {addresses: [{ip: 192.0.2.10}], ports: [{name: sql, port: 5432}]}
    ```

    Notes:
    Endpoints without a Service in the same part of the input are passed over: some
    programs use them for other purposes.
    """
    if resolved.reference.role == "endpoints":
        yield from missing_port(resolved, bundle)


@rule("port-without-endpoints", on=Bundle, severity="warning")
def port_without_endpoints(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Hand-written endpoints lack a port of their Service.

    What it reports:
    A port of a Service without a selector, for which the Endpoints or EndpointSlices in
    the input have no port, although they have some for other ports of it.

    Why it matters:
    Connections to this port of the Service are refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec: {ports: [{name: sql, port: 5432}, {name: metrics, port: 9187}]}
    ---
    apiVersion: v1
    kind: Endpoints
    metadata: {name: db}
    subsets:
    - {addresses: [{ip: 192.0.2.10}], ports: [{name: sql, port: 5432}]}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Endpoints
    metadata: {name: db}
    subsets:
    - addresses: [{ip: 192.0.2.10}]
      ports: [{name: sql, port: 5432}, {name: metrics, port: 9187}]
    ```

    Notes:
    Where a port of the endpoints has a name that the Service does not know,
    `endpoints-port-name` says so, and this rule is silent.
    """
    del subject
    misses = bundle.port_map.misses
    if not any(each.code == _NO_ENDPOINTS for each in misses):
        return
    wrong = {
        (each.reference.namespace, each.reference.service)
        for each in bundle.port_map.references
        if each.miss is not None and each.reference.role == "endpoints"
    }
    for miss in misses:
        if miss.code == _NO_ENDPOINTS and (miss.source.namespace, miss.source.name) not in wrong:
            yield Place(miss.source, miss.path).finding(miss.message, hint="add the port to the endpoints")


@rule("service-without-selector", on=Bundle, severity="info", profile="strict")
def service_without_selector(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Service has neither a selector nor endpoints.

    What it reports:
    A Service without `selector` for which the same part of the input has no Endpoints or
    EndpointSlice.

    Why it matters:
    The cluster makes no endpoints for it: whoever writes them decides where its traffic
    goes. Where the selector was forgotten, nobody does, and connections are refused.

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
    ExternalName Services need none. Passed over are folders whose kustomization adds labels,
    which may be those of the selector, and patches: Services of which another part of the
    input has one with a selector. Operators make endpoints for Services that they own:
    suppress it there.
    """
    del subject
    if bundle.added_labels:
        return
    written = {
        (text_at(item.raw, "metadata", "labels", _SERVICE_NAME) or item.name.name, item.name.namespace)
        for item in bundle.items
        if item.name.kind in _ENDPOINTS
    }
    nowhere = {name for name, namespace in written if namespace is None}
    anywhere = {name for name, _ in written}
    for service in bundle.services:
        if service.selector or service.effective_type == "ExternalName":
            continue
        there = (
            service.name in anywhere
            if service.namespace is None
            else service.name in nowhere or (service.name, service.namespace) in written
        )
        if not there and service.name != "kubernetes" and not _is_patch(service, bundle):
            yield at(service, "spec").finding(
                f"{service} has no selector, and there are no endpoints for it",
                hint="write a selector, or an EndpointSlice",
            )


def _is_patch(service: Service, bundle: Bundle) -> bool:
    """Whether another part of the input has the same Service, with a selector."""
    return any(each.selector for each in bundle.elsewhere.services_named(service.name, service.namespace))
