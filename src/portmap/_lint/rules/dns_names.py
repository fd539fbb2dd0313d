"""Rules about Services as DNS names: headless Services, which map no ports, and aliases."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.missing_references import missing_service
from portmap._lint.rule import rule
from portmap._model.services import Service


@rule("headless-port-mapping", on=Service, severity="warning")
def headless_port_mapping(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Headless Service maps a port, which has no effect.

    What it reports:
    A headless Service (`clusterIP: None`) whose `port` is not its target port.

    Why it matters:
    The DNS name of a headless Service resolves to the addresses of the pods. Clients connect to
    `port` of a pod, which listens on the target port.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports: [{port: 80, targetPort: 5432}]
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}
      ports: [{port: 5432}]
    ```

    Notes:
    Clients that read EndpointSlices or SRV records see the right number.
    """
    if service.cluster_ip != "None" or service.effective_type == "ExternalName":
        return
    resolution = bundle.resolution(service)
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        numbers = {target} if isinstance(target, int) else {endpoint.port for endpoint in resolution.endpoints(port)}
        different = min(numbers - {port.port}, default=None)
        if different is not None:
            yield at(service, "spec", "ports", position, "port").finding(
                f"{service} is headless: clients connect to port {port.port} of its pods, which listen on {different}",
                hint=f"write port: {different}, or remove clusterIP",
                value=port.port,
            )


@rule("governing-service", on=ResolvedReference, severity="warning")
def governing_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """StatefulSet names a Service that does not exist.

    What it reports:
    A `serviceName` that is not the name of a Service in the namespace.

    Why it matters:
    The pods have no DNS names (`web-0.web`), so members of a database cluster do not find each
    other. No API server checks the name.

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
    The severity is warning if the input is complete or a Service has a similar name, and info
    otherwise. If the pods need no DNS names, `serviceName` may be omitted from Kubernetes 1.34 on.
    """
    if resolved.reference.role == "governing-service":
        yield from missing_service(resolved, bundle, effect="without it the pods have no DNS names")


@rule("external-name-fields", on=Service, severity="warning")
def external_name_fields(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service has fields without effect.

    What it reports:
    An ExternalName Service with a `selector`, or with a target port that differs from its port.

    Why it matters:
    The Service is an alias in DNS and nothing else. It selects no pods, and a client that connects
    to port 80 connects to port 80 of the external host.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com
      selector: {app: db}
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com
    ```

    Notes:
    Ports without another target port are not reported: some Ingress controllers require them. A
    target port is info if an Ingress or route refers to the Service, because ingress-nginx uses it.
    """
    if service.effective_type != "ExternalName":
        return
    if service.selector:
        yield at(service, "spec", "selector").finding(
            "a Service of type ExternalName selects no pods: its selector is ignored",
            hint="remove the selector, or remove the type to forward to the pods",
            value=dict(service.selector),
        )
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        if isinstance(target, int) and target != port.port:
            is_referred = any(name.name == service.name for name in bundle.referenced_services)
            because = "the controller of an Ingress or route may use the target port" if is_referred else None
            yield at(service, "spec", "ports", position, "targetPort").finding(
                f"clients that connect to port {port.port} reach port {port.port} of {service.external_name}, "
                f"not {target}",
                hint=f"let clients connect to {target}, and remove the ports",
                value=target,
                severity="info" if because else None,
                because=because,
            )
