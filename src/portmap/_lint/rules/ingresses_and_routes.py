"""Rules about Ingresses: the Services and ports behind them."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Severity
from portmap._lint.missing_references import missing_port, missing_service, place_of, values_along
from portmap._lint.rule import rule


@rule("ingress-service", on=ResolvedReference, severity="error")
def ingress_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Ingress names a Service that does not exist.

    What it reports:
    A backend of an Ingress, the default backend included, that names a Service which is
    not in its namespace.

    Why it matters:
    The Ingress is accepted, and its controller answers these requests with an error:
    502, 503 or 404, as the controller likes.

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
    It is an error where everything should be there (`--complete`, a rendered chart, what
    was read from a cluster) and where a Service to which nothing refers has almost this
    name. Otherwise it is information, or a warning where another part of the input has
    a Service of this name but without the port. The port `use-annotation` of the AWS
    controller names no Service, and is passed over.
    """
    if resolved.reference.role == "ingress":
        yield from missing_service(resolved, bundle)


@rule("ingress-port", on=ResolvedReference, severity="error")
def ingress_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Ingress names a port that its Service does not have.

    What it reports:
    A backend whose Service is there but has no port of that number, or of that name:
    whichever was given. And a backend that gives both a number and a name.

    Why it matters:
    Most controllers answer such requests with 503. A server refuses both a number and a
    name. An Ingress names the port of the
    Service; ingress-nginx alone takes the target port, too, so that the mistake comes to
    light when the controller is changed.

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
    A Service of type ExternalName may be named with any port: there is nothing to compare
    it with. It is a warning where another part of the input has a Service of the same name
    with this port.
    """
    if resolved.reference.role != "ingress":
        return
    given = values_along(resolved, bundle)[-2]
    if isinstance(given, Mapping) and given.get("name") and given.get("number"):
        yield place_of(resolved).finding(
            f"gives both the number {given['number']} and the name {given['name']!r}: a server refuses it",
            hint="leave one of them out",
            value=given["number"],
        )
    else:
        yield from missing_port(
            resolved, bundle, meant="only ingress-nginx takes a target port here, other controllers do not"
        )


_ROLES: Final = frozenset({"mirror", "parent", "route"})


@rule("route-service", on=ResolvedReference, severity="error")
def route_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Route names a Service that does not exist.

    What it reports:
    A backend of an HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute, the target of a
    mirror, a Service as the parent of a route, or a backend of an OpenShift Route, that
    names a Service which is not there.

    Why it matters:
    The route is accepted and gets the condition `ResolvedRefs: False`; its requests are
    answered with 500, or go nowhere.

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
    It is judged as `ingress-service` is: an error where everything should be there or a
    Service has almost this name, and information otherwise.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_service(resolved, bundle)


@rule("route-port", on=ResolvedReference, severity="error")
def route_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Route names a port that its Service does not have.

    What it reports:
    A `backendRefs[].port` that is no port of the Service, or none at all where the API
    wants one; for a Route of OpenShift, a `targetPort` that no port of the Service has.

    Why it matters:
    A `backendRef` names the port of the Service, not the target port. The gateway's
    controller says `BackendNotFound`, as if the Service did not exist, and the requests
    are answered with 500.

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
    Backends that are no Services are passed over: their controllers know their ports.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_port(resolved, bundle, meant="a backendRef names the Service port, not the target port")


@rule("route-grant", on=ResolvedReference, severity="error")
def route_grant(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Route refers to a Service in another namespace without a ReferenceGrant.

    What it reports:
    A backend in another namespace than the route's, where the Service is there and no
    ReferenceGrant of its namespace lets the route in.

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
    It is a warning where the input is not known to be complete, and information where
    another part of it has a ReferenceGrant for routes of this kind. Routes of a mesh,
    whose parents are Services, need no leave.
    """
    miss = resolved.miss
    if miss is None or miss.code != "reference-not-granted":
        return
    severity: Severity | None = None
    because = None
    if not bundle.complete and bundle.elsewhere.grants_to(resolved.source.kind):
        severity, because = "info", "another ReferenceGrant of the input may be meant for it"
    elif not bundle.complete:
        severity, because = "warning", "the ReferenceGrant may be elsewhere: nothing says that the input is complete"
    yield place_of(resolved).finding(
        miss.message, hint=miss.hint, value=resolved.reference.namespace, severity=severity, because=because
    )
