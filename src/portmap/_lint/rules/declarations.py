"""Rules about what containers and Services leave unsaid of their ports."""

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
from portmap._model.workloads import Workload

_SCRAPE: Final = "prometheus.io/scrape"
_SCRAPED_PORT: Final = "prometheus.io/port"


def _more(number: int) -> str:
    return f" (nor do {number} more)" if number > 1 else " (nor does 1 more)" if number else ""


@rule("implicit-protocol", on=Bundle, severity="info", profile="strict")
def implicit_protocol(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Port does not set its protocol.

    What it reports:
    A port of a Service or container without `protocol`; one finding for each object.

    Why it matters:
    Server-side apply tells the ports of a list apart by number and protocol. Without the
    key some tools that compare manifests with a cluster, or merge them, fail or always
    see a difference (kubernetes-sigs/structured-merge-diff#130).

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
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
    Left out it is TCP, so nothing changes in the cluster.
    """
    del subject
    for service in bundle.services:
        silent = [position for position, port in enumerate(service.ports) if not port.protocol]
        if silent:
            number = service.ports[silent[0]].port
            yield _silent(at(service, "spec", "ports", silent[0]), number, len(silent) - 1)
    for workload in bundle.workloads:
        unsaid = [(path, port) for path, _, port in bundle.container_ports(workload) if not port.protocol]
        if unsaid:
            path, port = unsaid[0]
            yield _silent(at(workload, *path), port.container_port, len(unsaid) - 1)


def _silent(place: Place, number: int, others: int) -> Found:
    return place.finding(f"port {number} does not say its protocol{_more(others)}", hint="write protocol: TCP")


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
        yield at(workload, *bundle.pod_spec(workload), "containers").finding(
            f"{service} leads to {ports} here, and no container declares a port",
            hint="declare the ports on which the containers listen",
            related=[(at(service, "spec", "ports"), "leads here")],
        )


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
