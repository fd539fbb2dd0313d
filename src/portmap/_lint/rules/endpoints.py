"""Rules about endpoints that are written by hand, for Services without a selector."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.field_path import parse
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place
from portmap._lint.missing_references import missing_port, missing_service
from portmap._lint.rule import rule

_NO_ENDPOINTS = "no-endpoints-for-port"


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
            yield Place(miss.source, parse(miss.field)).finding(miss.message, hint="add the port to the endpoints")


@rule("governing-service", on=ResolvedReference, severity="warning")
def governing_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """StatefulSet names a Service that does not exist.

    What it reports:
    A `serviceName` that no Service of the namespace has.

    Why it matters:
    The pods have no DNS names (`web-0.web`), so that members of a cluster of databases or
    queues do not find each other. No server checks it.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec: {clusterIP: None, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headles
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headless
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Notes:
    It is a warning where everything should be there or a Service has almost this name,
    and information otherwise. A StatefulSet whose pods need no names may do without a
    Service: since Kubernetes 1.34 `serviceName` may be left out.
    """
    if resolved.reference.role == "governing-service":
        yield from missing_service(resolved, bundle, effect="without it the pods have no DNS names")
