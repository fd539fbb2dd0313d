"""Rules about the Services and ports that Ingresses and routes refer to."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.reference_outcomes import assess_grant
from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place
from portmap._lint.missing_references import missing_port, missing_service, place_of_reference, values_on_path
from portmap._lint.rule import rule


@rule("ingress-service", on=ResolvedReference, severity="error")
def ingress_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Ingress names a Service that does not exist.

    What it reports:
    A backend of an Ingress, or its default backend, that names a Service that is not in its
    namespace.

    Why it matters:
    An API server accepts the Ingress. The Ingress controller answers the requests with an error: 502,
    503 or 404, depending on the controller.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
      - http:
          paths:
          - {path: /, pathType: Prefix, backend: {service: {name: wbe, port: {number: 80}}}}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      rules:
      - http:
          paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
    ```

    Notes:
    The severity depends on the input:

    - error: the input is complete (`--complete`, a rendered chart, the dump of a cluster); or a Service
      that nothing refers to has a similar name.
    - warning: another part of the input has a Service of this name, but without the port.
    - info: otherwise.

    The port `use-annotation` of the AWS Load Balancer Controller names no Service, and is skipped.
    """
    if resolved.reference.role == "ingress":
        yield from missing_service(resolved, bundle)


@rule("ingress-port", on=ResolvedReference, severity="error", instead_of="ingress-port-ambiguous")
def ingress_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Ingress names a port that its Service does not have.

    What it reports:
    A backend whose Service has no port of this number or name. And a backend with both a number and a
    name.

    Why it matters:
    Most controllers answer the requests with 503. Only ingress-nginx also accepts a target port, so
    another controller can reveal the mistake. An API server rejects a backend with both a number and
    a name.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      defaultBackend: {service: {name: web, port: {number: 8080}}}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      defaultBackend: {service: {name: web, port: {number: 80}}}
    ```

    Notes:
    ExternalName Services may be used with any port. The severity is warning if another part of the
    input has a Service of the same name with this port.
    """
    if resolved.reference.role != "ingress":
        return
    port = values_on_path(resolved, bundle)[-2]
    if isinstance(port, Mapping) and port.get("name") and port.get("number"):
        yield place_of_reference(resolved).finding(
            f"the port has both the number {port['number']} and the name {port['name']!r}: an API server rejects it",
            hint="remove one of them",
            value=port["number"],
            related=[(Place(resolved.source, resolved.path[:-3]), "the backend")],
        )
    else:
        yield from missing_port(resolved, bundle, target_port_note="only ingress-nginx accepts a target port here")


_ROLES: Final = frozenset({"mirror", "parent", "route"})


@rule("route-service", on=ResolvedReference, severity="error")
def route_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Route names a Service that does not exist.

    What it reports:
    A reference to a Service that does not exist: a backend, mirror target or parent of an HTTPRoute,
    GRPCRoute, TLSRoute, TCPRoute or UDPRoute, or a backend of an OpenShift Route.

    Why it matters:
    An API server accepts the route. The route gets the condition `ResolvedRefs: False`, and the
    requests are answered with 500 or dropped.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      parentRefs: [{name: gateway}]
      rules: [{backendRefs: [{name: wbe, port: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      parentRefs: [{name: gateway}]
      rules: [{backendRefs: [{name: web, port: 80}]}]
    ```

    Notes:
    The severity is that of `ingress-service`: error if the input is complete or a Service has a
    similar name, and info otherwise.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_service(resolved, bundle)


@rule("route-port", on=ResolvedReference, severity="error")
def route_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Route names a port that its Service does not have.

    What it reports:
    A `backendRefs[].port` that the Service does not have, or that is missing although the API requires
    it. For an OpenShift Route, a `targetPort` that no port of the Service has.

    Why it matters:
    A `backendRef` refers to the port of the Service, not to the target port. The controller reports
    `BackendNotFound`, as if the Service did not exist, and the requests are answered with 500.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80, targetPort: 8080}]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      parentRefs: [{name: gateway}]
      rules: [{backendRefs: [{name: web, port: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web}
    spec:
      parentRefs: [{name: gateway}]
      rules: [{backendRefs: [{name: web, port: 80}]}]
    ```

    Notes:
    Backends that are not Services are skipped: their controllers define the ports.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_port(
            resolved, bundle, target_port_note="a backendRef refers to the Service port, not to the target port"
        )


@rule("route-grant", on=ResolvedReference, severity="error")
def route_grant(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Route refers to a Service in another namespace without a ReferenceGrant.

    What it reports:
    A backend in another namespace, whose Service exists, but which no ReferenceGrant of that namespace
    permits.

    Why it matters:
    The gateway treats the backend as if it did not exist (`RefNotPermitted`).

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec: {ports: [{port: 80}]}
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: web, namespace: edge}
    spec:
      parentRefs: [{name: gateway}]
      rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: gateway.networking.k8s.io/v1beta1
    kind: ReferenceGrant
    metadata: {name: edge, namespace: shop}
    spec:
      from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}]
      to: [{group: "", kind: Service}]
    ```

    Notes:
    The severity is warning unless the input is complete, and info if another part of the input has a
    ReferenceGrant for routes of this kind. Mesh routes, whose parents are Services, need no grant.
    """
    miss = resolved.miss
    if miss is None or miss.code != "reference-not-granted":
        return
    assessment = assess_grant(resolved, bundle.graph)
    yield place_of_reference(resolved).finding(
        miss.message,
        hint=miss.hint,
        value=resolved.reference.namespace,
        severity=assessment.lowered,
        because=assessment.because,
    )
