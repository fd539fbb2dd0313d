"""Rules about ports without a name, and references by number."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference, ServiceTarget
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.missing_references import place_of_reference
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload


@rule("unnamed-service-port", on=Service, severity="info", profile="strict")
def unnamed_service_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service port has no name.

    What it reports:
    A Service whose only port has no `name`.

    Why it matters:
    A ServiceMonitor finds ports by name only, a service mesh reads the protocol from the name, and an
    Ingress can refer to it. Before a second port is added, the first needs a name.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, protocol: TCP, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ```

    Notes:
    If a Service has several ports, an API server requires names: see `port-name-required`.
    ExternalName Services are skipped, because their ports have no effect.
    """
    del bundle
    if len(service.ports) == 1 and not service.ports[0].name and service.effective_type != "ExternalName":
        target = service.ports[0].effective_target_port
        name = target if isinstance(target, str) else "http"
        yield at(service, "spec", "ports", 0).finding(
            f"port {service.ports[0].port} has no name", hint=f"name it after its protocol, such as {name}"
        )


@rule("unnamed-container-port", on=Workload, severity="info", profile="strict")
def unnamed_container_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container port has no name.

    What it reports:
    A container port without `name`.

    Why it matters:
    Services, probes, monitors and policies that refer to a port by name need no change if the number
    changes. Each reference by number does.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Notes:
    A name has at most 15 lower-case letters, digits and hyphens, and should be unique in the pod.
    """
    for path, container, port in bundle.container_ports(workload):
        if not port.name:
            yield at(workload, *path).finding(
                f"port {port.container_port} of container {container.name!r} has no name",
                hint="name it after its protocol or purpose, such as http or metrics",
                value=port.container_port,
            )


@rule("numeric-target-port", on=Service, severity="info", profile="strict")
def numeric_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service refers to a container port by number.

    What it reports:
    A Service port with a numeric `targetPort`, or without one, whose number the selected pods declare.

    Why it matters:
    Two objects contain the number. If it changes in the container only, connections are refused, and
    no API server reports it. A name that does not resolve is an error: see `unresolved-target-port`.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ```

    Notes:
    Headless Services are skipped: their clients connect to the number of the pod. If the pods do not
    declare the number, `undeclared-target-port` or `no-container-port` reports it.
    """
    if service.cluster_ip == "None" or service.effective_type == "ExternalName":
        return
    for position, port in enumerate(service.ports):
        number = port.effective_target_port
        if not isinstance(number, int):
            continue
        names = {target.name for target in bundle.port_map.targets(service, position) if target.container is not None}
        if not names:
            continue
        name = names.pop() if len(names) == 1 else None
        field = "port" if port.target_port in {None, 0, ""} else "targetPort"
        yield at(service, "spec", "ports", position, field).finding(
            f"port {port.port} refers to port {number} of the pods by number",
            hint=f"write targetPort: {name}" if name else f"name port {number} in its container, and use the name",
            value=number,
        )


@rule("numeric-ingress-port", on=ResolvedReference, severity="info", profile="strict")
def numeric_ingress_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Ingress refers to a Service port by number.

    What it reports:
    A backend of an Ingress that gives the number of a Service port.

    Why it matters:
    A reader can take the number for that of the pod, and a change of the number affects two objects.
    A name is unambiguous.

    Example:
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      defaultBackend: {service: {name: web, port: {number: 80}}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web}
    spec:
      defaultBackend: {service: {name: web, port: {name: http}}}
    ```

    Notes:
    `ingress-port` reports numbers that do not resolve. Routes of the Gateway API allow numbers only.
    """
    del bundle
    number = resolved.reference.port
    if resolved.reference.role != "ingress" or not isinstance(number, int) or resolved.miss is not None:
        return
    ports = [target.port for target in resolved.targets if isinstance(target, ServiceTarget)]
    if resolved.targets and not any(ports):
        # An ExternalName Service without this port has nothing to name.
        return
    name = next((port.name for port in ports if port is not None and port.name), None)
    yield place_of_reference(resolved).finding(
        f"the Ingress refers to port {number} of Service {resolved.reference.service} by number",
        hint=f"write port: {{name: {name}}}" if name else "name the port of the Service, and use the name",
        value=number,
    )
