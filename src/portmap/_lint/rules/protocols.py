"""Rules about the protocols of ports."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload

_HINT: Final = "use server-side apply (kubectl apply --server-side)"
# DNS, mDNS, port mapper, NFS and its helpers, Kerberos, LDAP, syslog, STUN, QUIC, and gossip of memberlist and Serf.
_USUAL_PAIRS: Final = frozenset(
    {53, 5353, 111, 2049, 662, 875, 20048, 32803, 88, 464, 389, 514, 3478, 443, 8443, 7946, 8301, 8302, 8600, 9094}
)
"""Numbers that are usually used over TCP and UDP."""
# Annotations of load balancers that serve several protocols at one address.
_SERVES_ALL: Final = re.compile(
    r"(?:metallb\.(?:io|universe\.tf)|kube-vip\.io|io\.cilium|purelb\.io|lbipam\.cilium\.io)/.*"
)


@rule("implicit-protocol", on=Bundle, severity="info", profile="strict")
def implicit_protocol(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Port does not set its protocol.

    What it reports:
    The first port of a Service or workload that has no `protocol`.

    Why it matters:
    Server-side apply identifies the ports of a list by number and protocol. Without the protocol,
    some tools that merge manifests or compare them with a cluster fail or always report a difference
    (kubernetes-sigs/structured-merge-diff#130).

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
    The default is TCP, so writing it changes nothing in the cluster.
    """
    del subject
    for service in bundle.services:
        yield from _implicit(
            [
                (at(service, "spec", "ports", position), port.port)
                for position, port in enumerate(service.ports)
                if not port.protocol
            ]
        )
    for workload in bundle.workloads:
        yield from _implicit(
            [
                (at(workload, *path), port.container_port)
                for path, _, port in bundle.container_ports(workload)
                if not port.protocol
            ]
        )


def _implicit(ports: Sequence[tuple[Place, int]]) -> Iterator[Found]:
    """Yield one finding for all ports of an object without a protocol."""
    if ports:
        place, number = ports[0]
        more = f" (nor {len(ports) - 1} more)" if len(ports) > 1 else ""
        yield place.finding(f"port {number} does not set its protocol{more}", hint="write protocol: TCP")


@rule("service-merge-key", on=Service, severity="warning")
def service_merge_key(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Client-side apply confuses two ports of a Service.

    What it reports:
    Two ports of a Service with the same number and different protocols, such as 7777/TCP and 7777/UDP.

    Why it matters:
    An API server accepts them. But `kubectl apply`, Helm and kustomize merge the list by number
    only. A protocol that is added later is lost or replaces the other, and patches can change the
    wrong port.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: game}
    spec:
      ports: [{name: play, port: 7777, protocol: UDP}, {name: chat, port: 7777, protocol: TCP}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: game}
    spec:
      ports: [{name: play, port: 7777, protocol: UDP}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: game-chat}
    spec:
      ports: [{name: chat, port: 7777, protocol: TCP}]
    ```

    Notes:
    The severity is info for numbers that are usually used over both protocols: those of DNS, NFS, gossip,
    HTTP/3 and the like. If everything is applied with server-side apply, ignore this rule. See
    kubernetes/kubernetes#39188 and #105610.
    """
    del bundle
    confused = _confused_port(_service_ports(service))
    if confused is not None:
        position, message = confused
        yield _of_pair(at(service, "spec", "ports", position, "port"), service.ports[position].port, message)


@rule("container-merge-key", on=Workload, severity="warning")
def container_merge_key(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Client-side apply confuses two ports of a container.

    What it reports:
    Two ports of a container with the same number and different protocols.

    Why it matters:
    Client-side apply merges the list by `containerPort` only: see `service-merge-key`.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: game}
    spec:
      selector: {matchLabels: {app: game}}
      template:
        metadata: {labels: {app: game}}
        spec:
          containers:
          - name: game
            image: game
            ports: [{containerPort: 7777, protocol: UDP}, {containerPort: 7777, protocol: TCP}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: game}
    spec:
      selector: {matchLabels: {app: game}}
      template:
        metadata: {labels: {app: game}}
        spec:
          containers:
          - name: game
            image: game
            ports: [{containerPort: 7777, protocol: UDP}]
    ```

    Notes:
    If `service-merge-key` reports a Service of these pods, this rule reports nothing. A port that
    nothing refers to by name need not be declared.
    """
    if any(_confused_port(_service_ports(service)) for service in bundle.selecting(workload)):
        return
    pod = workload.pod
    for field, containers in (("containers", pod.containers), ("initContainers", pod.init_containers)):
        for index, container in enumerate(containers):
            confused = _confused_port((port.container_port, port.effective_protocol) for port in container.ports)
            if confused is not None:
                position, message = confused
                path = (*bundle.pod_spec(workload), field, index, "ports", position, "containerPort")
                yield _of_pair(at(workload, *path), container.ports[position].container_port, message)


def _of_pair(place: Place, number: int, message: str) -> Found:
    because = f"{number} is usually used over both, so that is on purpose" if number in _USUAL_PAIRS else None
    return place.finding(message, hint=_HINT, value=number, severity="info" if because else None, because=because)


def _service_ports(service: Service) -> Iterator[tuple[int, str]]:
    return ((port.port, port.effective_protocol) for port in service.ports)


def _confused_port(ports: Iterable[tuple[int, str]]) -> tuple[int, str] | None:
    """Return the position of a port with the number and not the protocol of another, and a message."""
    protocols: Mapping[int, list[str]] = defaultdict(list)
    confused: list[tuple[int, int]] = []
    for position, (number, protocol) in enumerate(ports):
        if len(protocols[number]) == 1 and protocol not in protocols[number]:
            confused.append((position, number))
        protocols[number].append(protocol)
    if not confused:
        return None
    position, number = next((each for each in confused if each[1] not in _USUAL_PAIRS), confused[0])
    more = f" (and {len(confused) - 1} more numbers)" if len(confused) > 1 else ""
    both = " and ".join(dict.fromkeys(protocols[number]))
    return position, f"port {number} is both {both}{more}, but client-side apply identifies ports by number only"


@rule("mixed-protocol-load-balancer", on=Service, severity="warning")
def mixed_protocol_load_balancer(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Load balancer has ports of different protocols.

    What it reports:
    A Service of type LoadBalancer with ports of different protocols.

    Why it matters:
    An API server accepts it, but not every provider does. Then the load balancer stays pending, with
    the event "mixed protocol is not supported".

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: game}
    spec:
      type: LoadBalancer
      ports: [{name: play, port: 7777, protocol: UDP}, {name: status, port: 8080}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: game}
    spec:
      type: LoadBalancer
      ports: [{name: play, port: 7777, protocol: UDP}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: game-status}
    spec:
      type: LoadBalancer
      ports: [{name: status, port: 8080}]
    ```

    Notes:
    The severity is info if an annotation of the Service shows that MetalLB, Cilium, kube-vip or
    PureLB provides the load balancer. They support several protocols.
    """
    del bundle
    protocols = [port.effective_protocol for port in service.ports]
    different = list(dict.fromkeys(protocols))
    if service.effective_type != "LoadBalancer" or len(different) < 2:
        return
    key = next((key for key in service.annotations or {} if _SERVES_ALL.fullmatch(key)), None)
    because = f"{key} shows a load balancer that supports several protocols" if key else None
    yield at(service, "spec", "ports", protocols.index(different[1])).finding(
        f"not every provider supports a load balancer for both {' and '.join(different)}",
        hint="create a Service for each protocol, or check that the provider supports several",
        value=different,
        severity="info" if because else None,
        because=because,
    )
