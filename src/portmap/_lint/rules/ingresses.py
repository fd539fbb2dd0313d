"""Rules about Ingresses: the Services and ports behind them."""

from collections.abc import Iterator, Mapping

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import missing_port, missing_service, place_of, values_along
from portmap._lint.rule import rule

__all__ = ["ingress_port", "ingress_service"]


@rule("ingress-service", on=ResolvedReference, severity="error")
def ingress_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """An Ingress sends its requests to a Service that exists.

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
    """An Ingress names a port that its Service has.

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
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80, targetPort: 8080}]}
    ---
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
