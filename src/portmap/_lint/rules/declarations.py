"""Rules about ports that containers do not declare, or declare in vain."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._graph.targets import ContainerTarget
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.rule import rule
from portmap._lint.rules.places import containers_of
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

_SCRAPE: Final = "prometheus.io/scrape"


_SCRAPED_PORT: Final = "prometheus.io/port"


@rule("no-container-port", on=Workload, severity="info", profile="strict")
def no_container_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Containers behind a Service declare no ports.

    What it reports:
    A workload that a Service selects, and whose containers declare no port at all.

    Why it matters:
    It works, as a number is passed on whether it is declared or not. But nothing can tell
    whether it is the right one: not a reader, nor `undeclared-target-port`.

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
          containers: [{name: web, image: web}]
    ```

    Fix:
    ```yaml
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

    Notes:
    The pods of Jobs are not meant to serve, and headless Services without ports only give
    pods a name: both are passed over.
    """
    if workload.kind in SHORT_LIVED or any(True for _ in bundle.container_ports(workload)):
        return
    service = next((each for each in bundle.selecting(workload) if each.ports), None)
    if service is not None:
        ports = ", ".join(dict.fromkeys(str(each.effective_target_port) for each in service.ports))
        yield containers_of(workload, bundle).finding(
            f"{service} leads to {ports} here, and no container declares a port",
            hint="declare the ports on which the containers listen",
            related=[(at(service, "spec", "ports"), "leads here")],
        )


@rule("undeclared-target-port", on=Service, severity="warning")
def undeclared_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Target port is not a port that the containers declare.

    What it reports:
    A Service none of whose ports leads to a port that the selected pods declare, although
    they do declare some.

    Why it matters:
    A number is passed on whether it is declared or not, so this may work; but where the
    containers say that they listen on 8080 and the Service sends to 80, connections are
    probably refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ```

    Notes:
    It is information where other ports of the Service do lead to declared ones, and where
    other Services lead to all that are declared. Pods that declare no port at all are passed
    over, and so are the pods of Jobs.
    """
    workloads = [each for each in bundle.selected(service) if each.kind not in SHORT_LIVED]
    declared = {
        (port.container_port, port.effective_protocol)
        for workload in workloads
        for container in workload.pod.port_containers
        for port in container.ports
    }
    if not declared or any(not _declares_some(workload) for workload in workloads):
        return
    numbers = {number for number, _ in declared}
    stray = [
        (position, port)
        for position, port in enumerate(service.ports)
        if isinstance(port.effective_target_port, int) and port.effective_target_port not in numbers
    ]
    some_lead = len(stray) < len(service.ports)
    known = ", ".join(f"{number}/{protocol}" for number, protocol in sorted(declared))
    because = "other ports of the Service lead to declared ones" if some_lead else None
    if not some_lead and stray and numbers <= _reached_by_others(service, workloads, bundle):
        because = "other Services lead to all declared ports: these may be left undeclared"
    # One mistake, one finding: where no port leads to a declared one, the first stands for all.
    for position, port in stray if some_lead else stray[:1]:
        others = "" if some_lead or len(stray) == 1 else f" (nor any of the {len(stray) - 1} others)"
        yield _written(service, position, port).finding(
            f"no container of {workloads[0]} declares port {port.effective_target_port}{others}: declared are {known}",
            hint=None if because else _number_hint(declared, port),
            value=port.effective_target_port,
            severity="info" if because else None,
            because=because,
            related=[(containers_of(workloads[0], bundle), "its containers")],
        )


def _reached_by_others(service: Service, workloads: Sequence[Workload], bundle: Bundle) -> set[int]:
    """The numbers to which other Services lead in the pods of these workloads."""
    others = {id(each): each for workload in workloads for each in bundle.selecting(workload) if each is not service}
    return {
        end.port for each in others.values() for port in each.ports for end in bundle.resolution(each).endpoints(port)
    }


def _declares_some(workload: Workload) -> bool:
    return any(container.ports for container in workload.pod.port_containers)


def _number_hint(declared: set[tuple[int, str]], port: ServicePort) -> str | None:
    fitting = [number for number, protocol in declared if protocol == port.effective_protocol]
    return f"write targetPort: {fitting[0]}" if len(fitting) == 1 else None


def _written(service: Service, position: int, port: ServicePort) -> Place:
    """The field from which the target comes: that of the port itself where there is no target port."""
    return at(service, "spec", "ports", position, "targetPort" if port.target_port is not None else "port")


@rule("unreached-container-port", on=Bundle, severity="info", profile="strict")
def unreached_container_port(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Nothing refers to a declared container port.

    What it reports:
    A container port to which no Service, host port, probe, hook or monitor leads, of a
    workload that some Service selects, or in an input that was declared to be complete.

    Why it matters:
    It may be a port that a Service should have, or one that the process gave up long ago.

    Example:
    ```yaml
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
          containers:
          - name: web
            image: web
            ports: [{name: http, containerPort: 8080, protocol: TCP}, {name: admin, containerPort: 9000, protocol: TCP}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
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
    Ports that the annotations `prometheus.io/scrape` and `prometheus.io/port` speak of are
    reached by Prometheus. Whoever asks a headless Service for pods reaches all of their
    ports, so what a headless Service selects is passed over.
    """
    del subject
    by_workload: Mapping[ObjectName, list[ContainerTarget]] = defaultdict(list)
    for target in bundle.port_map.unreached:
        by_workload[target.workload].append(target)
    for workload in bundle.workloads:
        unreached, services = by_workload.get(name_of(workload), ()), bundle.selecting(workload)
        headless = any(service.cluster_ip == "None" for service in services)
        if unreached and not headless and (services or bundle.declared_complete):
            yield from _unreached(workload, unreached, bundle)


def _unreached(workload: Workload, unreached: Sequence[ContainerTarget], bundle: Bundle) -> Iterator[Found]:
    annotations = workload.pod.annotations or {}
    scraped = annotations.get(_SCRAPED_PORT)
    if annotations.get(_SCRAPE) == "true" and scraped is None:
        return
    wanted = {(each.container, each.port, each.protocol) for each in unreached if str(each.port) != scraped}
    for path, container, port in bundle.container_ports(workload):
        if (container.name, port.container_port, port.effective_protocol) in wanted:
            shown = f" ({port.name})" if port.name else ""
            yield at(workload, *path).finding(
                f"nothing leads to port {port.container_port}{shown} of container {container.name!r}",
                hint="add it to a Service, or leave it out",
                value=port.container_port,
            )
