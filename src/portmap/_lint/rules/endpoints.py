"""Rules about Services without a selector, and the endpoints that are written by hand for them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.items import Item
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.missing_references import missing_port
from portmap._lint.rule import rule
from portmap._model.services import Service

_NO_ENDPOINTS: Final = "no-endpoints-for-port"
_ENDPOINTS: Final = frozenset({"Endpoints", "EndpointSlice"})
_SERVICE_NAME: Final = "kubernetes.io/service-name"
_MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
# People write `staff` there, and controllers their domain.
_CONTROLLER: Final = re.compile(r"[./]|controller|operator")
_LEADER: Final = "control-plane.alpha.kubernetes.io/leader"


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


@rule("endpoints-service", on=Bundle, severity="warning")
def endpoints_service(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Hand-written endpoints belong to no Service.

    What it reports:
    An Endpoints object with addresses but without a Service of its name in its namespace. An
    EndpointSlice without the label `kubernetes.io/service-name`, or with one that names no Service.

    Why it matters:
    The cluster finds the endpoints of a Service by that name, so no traffic is sent to the addresses.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec: {ports: [{name: sql, port: 5432}]}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1}
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
    ports: [{name: sql, port: 5432}]
    ```

    Notes:
    Endpoints without addresses are placeholders that a program fills in, and are skipped. So are those
    of leader elections and those that a controller manages. Unless the input is complete, endpoints are
    reported only if a Service without a selector, which lacks endpoints, has a similar name.
    """
    del subject
    endpoints = [item for item in bundle.items if item.name.kind in _ENDPOINTS and _is_hand_written(item)]
    named = {(item.name.namespace, _service_name(item)) for item in endpoints}
    waiting = [
        service
        for service in bundle.services
        if not service.selector
        and service.effective_type != "ExternalName"
        and named.isdisjoint({(service.namespace, service.name), (None, service.name)})
    ]
    for item in endpoints:
        name, namespace = _service_name(item), item.name.namespace
        if name is not None and _has_service(name, namespace, bundle):
            continue
        own = name if item.name.kind == "Endpoints" else (name or item.name.name)
        near = next((each for each in waiting if _may_belong(own or "", each)), None)
        if near is None and not bundle.complete:
            continue
        where = f" in namespace {namespace}" if namespace else ""
        if name is None:
            problem = f"the label {_SERVICE_NAME} is missing, which says to which Service the endpoints belong"
        else:
            problem = f"these endpoints belong to Service {name!r}{where}, which does not exist"
        hint = None
        if near is not None:
            other_namespace = near.namespace if near.namespace not in {None, namespace} else None
            field = "metadata.name" if item.name.kind == "Endpoints" else f"the label {_SERVICE_NAME}: {near.name}"
            hint = f"{near} has no endpoints: " + (
                f"write namespace: {other_namespace}" if other_namespace else f"set {field}"
            )
        path = ("labels", _SERVICE_NAME) if item.name.kind == "EndpointSlice" and name else ("name",)
        yield at(item, "metadata", *path).finding(problem, hint=hint, value=name)


def _is_hand_written(item: Item) -> bool:
    """Return whether a person wrote endpoints, with addresses, and no controller manages them."""
    labels, annotations = (value_at(item.raw, "metadata", field) for field in ("labels", "annotations"))
    if _CONTROLLER.search(text_at(labels, _MANAGED_BY) or "") or text_at(annotations, _LEADER):
        return False
    if item.name.kind == "EndpointSlice":
        return any(items_at(endpoint, "addresses") for endpoint in items_at(item.raw, "endpoints"))
    return any(
        items_at(subset, field)
        for subset in items_at(item.raw, "subsets")
        for field in ("addresses", "notReadyAddresses")
    )


def _service_name(item: Item) -> str | None:
    if item.name.kind == "Endpoints":
        return item.name.name or None
    return text_at(item.raw, "metadata", "labels", _SERVICE_NAME)


def _has_service(name: str, namespace: str | None, bundle: Bundle) -> bool:
    if bundle.elsewhere.has_invalid_service(name) or name == "kubernetes":
        return True
    return bool(bundle.services_named(name, namespace)) or any(bundle.elsewhere.services_named(name, namespace))


def _may_belong(name: str, service: Service) -> bool:
    """Return whether endpoints of this name may be meant for a Service: `db-1` for `db`, `dbs` for `db`."""
    return name.startswith(service.name) or service.name.startswith(name) or nearest(name, [service.name]) is not None


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
