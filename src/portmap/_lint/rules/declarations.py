"""Rules about ports that containers do not declare, or declare without a use."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.object_name import ObjectName
from portmap._graph.targets import ContainerTarget
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._lint.rules.near_ports import near_port, near_port_text, purpose_of
from portmap._lint.rules.places import containers_of
from portmap._model.services import Service
from portmap._model.workloads import Workload

_SCRAPE: Final = "prometheus.io/scrape"
_SCRAPED_PORT: Final = "prometheus.io/port"


@rule("no-container-port", on=Workload, severity="info", profile="strict")
def no_container_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Containers behind a Service declare no ports.

    What it reports:
    A workload that a Service selects, and whose containers declare no ports.

    Why it matters:
    This works: traffic to a numeric target port is forwarded whether a container declares the port
    or not. But neither a reader nor `undeclared-target-port` can tell whether the number is right.

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
    Jobs are skipped, because their pods do not serve. So are Services without ports: headless ones may have none.
    """
    if workload.kind in SHORT_LIVED or any(True for _ in bundle.container_ports(workload)):
        return
    service = next((service for service in bundle.selecting(workload) if service.ports), None)
    if service is not None:
        targets = ", ".join(dict.fromkeys(str(port.effective_target_port) for port in service.ports))
        yield containers_of(workload, bundle).finding(
            f"{service} has the target port {targets}, but no container declares a port",
            hint="declare the ports on which the containers listen",
            related=[(at(service, "spec", "ports"), "selects these pods")],
        )


@rule("undeclared-target-port", on=Service, severity="warning")
def undeclared_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Target port is not a port that the containers declare.

    What it reports:
    A numeric `targetPort`, or a `port` without one, that the selected pods do not declare, although
    they declare other ports.

    Why it matters:
    Traffic is forwarded whether a container declares the port or not, so this may work. But if
    the containers declare 8080 and the Service forwards to 80, connections are probably refused.

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
    The severity is info if other ports of the Service have declared target ports, or if the declared ports have
    other purposes by their names: pods that declare `webhook` may well listen for `metrics` elsewhere. It is
    warning if a declared port has the name or the number of the Service port. Pods that declare no ports are
    skipped, and so are the pods of Jobs. If a Service has no declared target port, only its first port is
    reported.
    """
    workloads = [workload for workload in bundle.selected(service) if workload.kind not in SHORT_LIVED]
    declared_by_each = [_declared_ports(workload, bundle) for workload in workloads]
    if not declared_by_each or not all(declared_by_each):
        return
    declared = set[tuple[int, str]]().union(*declared_by_each)
    numbers = {number for number, _ in declared}
    undeclared = [
        (position, port)
        for position, port in enumerate(service.ports)
        if isinstance(port.effective_target_port, int) and port.effective_target_port not in numbers
    ]
    some_declared = len(undeclared) < len(service.ports)
    known = ", ".join(f"{number}/{protocol}" for number, protocol in sorted(declared))
    container_ports = [port for workload in workloads for _, _, port in bundle.container_ports(workload)]
    # If all ports are wrong, that is probably one mistake.
    for position, port in undeclared if some_declared else undeclared[:1]:
        more = "" if some_declared or len(undeclared) == 1 else f" (nor the other {len(undeclared) - 1})"
        near = near_port(port, container_ports)
        because = None
        if near is None and some_declared:
            because = "other ports of the Service have declared target ports"
        elif near is None and purpose_of(port.name) not in {purpose_of(each.name) for each in container_ports}:
            because = "the declared ports have other purposes, so the container may listen on this one, too"
        number = port.effective_target_port
        hint = f"declare {number}/{port.effective_protocol} in the container, if it listens there"
        if near is not None:
            hint = f"{near_port_text(near)}; {hint}"
        yield at(service, "spec", "ports", position, "port" if port.target_port is None else "targetPort").finding(
            f"no container of {workloads[0]} declares port {number}{more}: it declares {known}",
            hint=hint,
            value=number,
            severity="info" if because else None,
            because=because,
            related=[(containers_of(workloads[0], bundle), "its containers")],
        )


def _declared_ports(workload: Workload, bundle: Bundle) -> set[tuple[int, str]]:
    return {(port.container_port, port.effective_protocol) for _, _, port in bundle.container_ports(workload)}


@rule("unreached-container-port", on=Bundle, severity="info", profile="strict")
def unreached_container_port(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Nothing refers to a declared container port.

    What it reports:
    A container port that no Service, host port, probe, hook or monitor uses, in a workload that a
    Service selects. With `--complete`, in any workload.

    Why it matters:
    A Service may lack the port, or the process may not listen on it any more.

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
    Prometheus uses the ports that the annotations `prometheus.io/scrape` and `prometheus.io/port`
    name. Clients of a headless Service can use all ports of its pods, so these pods are skipped.
    """
    del subject
    unreached: Mapping[ObjectName, list[ContainerTarget]] = defaultdict(list)
    for target in bundle.port_map.unreached:
        unreached[target.workload].append(target)
    for workload in bundle.workloads:
        services = bundle.selecting(workload)
        is_headless = any(service.cluster_ip == "None" for service in services)
        if not is_headless and (services or bundle.declared_complete):
            yield from _unreached(workload, unreached.get(bundle.name_of(workload), ()), bundle)


def _unreached(workload: Workload, targets: Sequence[ContainerTarget], bundle: Bundle) -> Iterator[Found]:
    annotations = workload.pod.annotations or {}
    scraped = annotations.get(_SCRAPED_PORT)
    if annotations.get(_SCRAPE) == "true" and scraped is None:
        # Without the port, Prometheus tries them all.
        return
    unused = {(target.container, target.port, target.protocol) for target in targets if str(target.port) != scraped}
    for path, container, port in bundle.container_ports(workload):
        if (container.name, port.container_port, port.effective_protocol) in unused:
            name = f" ({port.name})" if port.name else ""
            yield at(workload, *path).finding(
                f"nothing uses port {port.container_port}{name} of container {container.name!r}",
                hint="add it to a Service, or remove it",
                value=port.container_port,
            )
