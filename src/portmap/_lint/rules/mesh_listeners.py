"""Rules for those who run a service mesh, about ports on which the proxy beside a workload listens once for all."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.items import name_of
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.mesh_protocols import protocol_of
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload

_ALIKE: Final[Mapping[str, str]] = {"grpc": "http2", "grpc-web": "http2", "https": "tcp", "tls": "tcp"}
"""What a proxy beside the server treats alike: gRPC is HTTP/2 to it, and what it cannot decrypt is bytes."""


@rule("conflicting-protocols", on=Workload, severity="warning", profile="mesh")
def conflicting_protocols(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Services set different protocols for the same container port.

    What it reports:
    A TCP port of a workload to which several Services lead, for which they decide
    different protocols.

    Why it matters:
    The proxy beside the container listens on that port once, and must treat all
    connections alike. Which Service wins is chance.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web-raw}
    spec:
      selector: {app: web}
      ports: [{name: tcp, port: 8080}]
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
    metadata: {name: web-raw}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 8080}]
    ```

    Notes:
    Ports for which nothing decides the protocol are passed over: see `undecided-protocol`.
    gRPC and HTTP/2 are one to the proxy, and so are TCP and TLS. istioctl's IST0116 looks for
    TCP and UDP on one number of Services, which get on with each other.
    """
    for (_, number), leading in _leading(workload, bundle).items():
        decided: dict[str, tuple[Service, int]] = {}
        for service, position in leading:
            protocol = protocol_of(service.ports[position])
            if protocol is not None:
                decided.setdefault(protocol, (service, position))
        conflicting = len({_ALIKE.get(protocol, protocol) for protocol in decided}) > 1
        if conflicting and len({id(service) for service, _ in decided.values()}) > 1:
            said = ", ".join(f"{protocol} by {service}" for protocol, (service, _) in decided.items())
            yield _on_port(workload, number, bundle).finding(
                f"port {number} of {workload} is said to speak {said}",
                hint="give the ports of these Services one protocol",
                value=number,
                related=[
                    (at(service, "spec", "ports", place), f"says {name}") for name, (service, place) in decided.items()
                ],
            )


@rule("shared-target-port", on=Workload, severity="warning", profile="mesh")
def shared_target_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Different Service ports lead to the same container port.

    What it reports:
    A TCP port of a workload to which several ports of Services lead, with different numbers.

    Why it matters:
    The proxy beside the container finds settings for a connection by the port of the
    Service, which it no longer sees: it takes those of one of them, by chance.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web-admin}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 81, targetPort: 8080}]
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
    metadata: {name: web-admin}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```

    Notes:
    It is information where all of the ports are one Service's. A headless Service has the
    number of the pod, and is passed over. istioctl: IST0137.
    """
    for (_, number), leading in _leading(workload, bundle).items():
        by_number: dict[int, tuple[Service, int]] = {}
        for service, position in leading:
            if service.cluster_ip != "None":
                by_number.setdefault(service.ports[position].port, (service, position))
        if len(by_number) > 1:
            said = ", ".join(f"port {port} of {service}" for port, (service, _) in by_number.items())
            several = len({id(service) for service, _ in by_number.values()}) > 1
            because = None if several else "all of them are ports of one Service, which rules of a mesh treat together"
            yield _on_port(workload, number, bundle).finding(
                f"port {number} of {workload} is reached from {said}",
                hint="give these ports of Services one number, or a port of the container each",
                value=number,
                severity=None if several else "info",
                because=because,
                related=[(at(service, "spec", "ports", place), "leads here") for service, place in by_number.values()],
            )


def _leading(workload: Workload, bundle: Bundle) -> Mapping[tuple[str | None, int], Sequence[tuple[Service, int]]]:
    """The Services that lead to each TCP port of a workload, with the positions of their ports.

    They are apart by namespace: a workload that names none is in that of some of them only.
    """
    found: Mapping[tuple[str | None, int], list[tuple[Service, int]]] = defaultdict(list)
    name = name_of(workload)
    for service in bundle.selecting(workload):
        for position, port in enumerate(service.ports):
            targets = bundle.port_map.targets(service, position) if port.effective_protocol == "TCP" else ()
            for number in dict.fromkeys(each.port for each in targets if each.workload == name):
                found[service.namespace, number].append((service, position))
    return found


def _on_port(workload: Workload, number: int, bundle: Bundle) -> Place:
    """The declaration of a port; the containers, where it is not declared."""
    for path, _, port in bundle.container_ports(workload):
        if port.container_port == number and port.effective_protocol == "TCP":
            return at(workload, *path, "containerPort")
    return at(workload, *bundle.pod_spec(workload), "containers")
