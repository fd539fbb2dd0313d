"""Rules about Services that are DNS names only, and map no ports: headless and ExternalName Services."""

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
    A headless Service (`clusterIP: None`) with a `port` that is not the number on which
    its pods are reached.

    Why it matters:
    The DNS name of a headless Service gives the addresses of the pods, and clients
    connect to those directly: to `port` on a pod that listens on `targetPort`.

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
    Clients that read the endpoints or the SRV records see the right number, which is why
    it is accepted.
    """
    if service.cluster_ip != "None" or service.effective_type == "ExternalName":
        return
    resolution = bundle.resolution(service)
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        numbers = {target} if isinstance(target, int) else {each.port for each in resolution.endpoints(port)}
        wrong = sorted(number for number in numbers if number != port.port)
        if wrong:
            yield at(service, "spec", "ports", position, "port").finding(
                f"{service} is headless: clients who connect to port {port.port} of its pods find them on {wrong[0]}",
                hint=f"write port: {wrong[0]}, or leave clusterIP out",
                value=port.port,
            )


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


@rule("external-name-fields", on=Service, severity="warning")
def external_name_fields(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service has fields without effect.

    What it reports:
    An ExternalName Service with a `selector`, or with a port that says to lead to another
    number.

    Why it matters:
    The DNS name leads to another host, and that is all: no pods are selected, and who
    connects to port 80 connects to port 80 of that host.

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
    Ports that lead to their own number change nothing, and some controllers of Ingresses
    want them. Another target port is information where an Ingress leads to the Service:
    ingress-nginx goes by it.
    """
    if service.effective_type != "ExternalName":
        return
    if service.selector:
        yield at(service, "spec", "selector").finding(
            "a Service of type ExternalName selects no pods: its selector is ignored",
            hint="leave the selector out, or leave the type out to reach the pods",
            value=dict(service.selector),
        )
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        if isinstance(target, int) and target != port.port:
            referred = any(name.name == service.name for name in bundle.referred)
            because = (
                "an Ingress or route leads to it, whose controller may go by the target port" if referred else None
            )
            yield at(service, "spec", "ports", position, "targetPort").finding(
                f"who connects to port {port.port} reaches port {port.port} of {service.external_name}, not {target}",
                hint=f"let clients connect to {target}, and leave the ports out",
                value=target,
                severity="info" if because else None,
                because=because,
            )
