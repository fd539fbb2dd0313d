"""Rules about ports that have no name, and references by number."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference, ServiceTarget
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.missing_references import place_of
from portmap._lint.rule import rule
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload


@rule("unnamed-service-port", on=Service, severity="info", profile="strict")
def unnamed_service_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service port has no name.

    What it reports:
    A Service whose only port has no `name`.

    Why it matters:
    A ServiceMonitor finds ports by name alone, a mesh reads the protocol from it, and an
    Ingress may use it. A second port can be added only when both have names, and whatever
    goes by the number must then be looked through.

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
    Of several ports each must have a name: a server refuses the Service otherwise. The
    ports of ExternalName Services are of no effect, and are passed over.
    """
    del bundle
    if len(service.ports) == 1 and not service.ports[0].name and service.effective_type != "ExternalName":
        target = service.ports[0].effective_target_port
        name = target if isinstance(target, str) else "http"
        yield at(service, "spec", "ports", 0).finding(
            f"port {service.ports[0].port} has no name", hint=f"name it for what it speaks, such as {name}"
        )


@rule("unnamed-container-port", on=Workload, severity="info", profile="strict")
def unnamed_container_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container port has no name.

    What it reports:
    A container port without `name`.

    Why it matters:
    What refers to the port by a name (Services, probes, monitors, policies) need not change
    when the number does. What refers to it by number must, in every place.

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
    A name has at most 15 lower-case letters, digits and hyphens, and is unique in the pod.
    """
    for path, container, port in bundle.container_ports(workload):
        if not port.name:
            yield at(workload, *path).finding(
                f"port {port.container_port} of container {container.name!r} has no name",
                hint="name it for what it speaks, such as http or metrics",
                value=port.container_port,
            )


@rule("numeric-target-port", on=Service, severity="info", profile="strict")
def numeric_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service refers to a container port by number.

    What it reports:
    A port of a Service with a number for `targetPort`, or without one, where the
    containers of the selected pods declare that number.

    Why it matters:
    The number stands in two objects, and nothing compares them: change it in the container
    alone, and connections are refused. A name that leads nowhere is an error,
    `unresolved-target-port`.

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
    Headless Services are passed over: their clients dial the number of the pod. Where the
    number is not declared, `undeclared-target-port` and `no-container-port` say so.
    """
    if service.cluster_ip == "None" or service.effective_type == "ExternalName":
        return
    for position, port in enumerate(service.ports):
        number = port.effective_target_port
        if not isinstance(number, int):
            continue
        reached = [each for each in bundle.port_map.targets(service, position) if each.container is not None]
        if not reached:
            continue
        names = list(dict.fromkeys(each.name for each in reached))
        name = names[0] if len(names) == 1 else None
        yield _written(service, position, port).finding(
            f"port {port.port} leads to {number} of the pods by number",
            hint=f"write targetPort: {name}" if name else f"name port {number} in its container, and lead to that name",
            value=number,
        )


def _written(service: Service, position: int, port: ServicePort) -> Place:
    return at(service, "spec", "ports", position, "port" if port.target_port in {None, 0, ""} else "targetPort")


@rule("numeric-ingress-port", on=ResolvedReference, severity="info", profile="strict")
def numeric_ingress_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Ingress refers to a Service port by number.

    What it reports:
    A backend of an Ingress that gives the number of a Service port.

    Why it matters:
    A number is taken for that of the pod as easily as for that of the Service, and must be
    changed in both objects. A name says what is meant.

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
    Numbers that lead nowhere are the business of `ingress-port`. Routes of the Gateway API
    know numbers only.
    """
    del bundle
    number = resolved.reference.port
    if resolved.reference.role != "ingress" or not isinstance(number, int) or resolved.miss is not None:
        return
    ports = [each.port for each in resolved.targets if isinstance(each, ServiceTarget)]
    if resolved.targets and not any(ports):
        # An ExternalName Service without this port: there is nothing to name.
        return
    name = next((each.name for each in ports if each is not None and each.name), None)
    yield place_of(resolved).finding(
        f"port {number} of Service {resolved.reference.service} is given by number",
        hint=f"write port: {{name: {name}}}" if name else "name the port of the Service, and write that name here",
        value=number,
    )
