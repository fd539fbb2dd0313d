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

_HINT: Final = "apply it on the server's side (kubectl apply --server-side), or replace the list when it changes"


# Load balancers that are known to serve several protocols on one address.
_SERVES_ALL: Final = re.compile(
    r"(?:metallb\.(?:io|universe\.tf)|kube-vip\.io|io\.cilium|purelb\.io|lbipam\.cilium\.io)/.*"
)


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


def _more(number: int) -> str:
    return f" (nor do {number} more)" if number > 1 else " (nor does 1 more)" if number else ""


@rule("service-merge-key", on=Service, severity="warning")
def service_merge_key(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Client-side apply confuses two ports of a Service.

    What it reports:
    Two ports of a Service with one number and different protocols, such as 53/TCP and
    53/UDP.

    Why it matters:
    A server accepts them, and a create works. But `kubectl apply`, Helm and kustomize
    merge this list by the number alone: a protocol that is added later is lost, or
    replaces the other, and patches change the wrong one.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      ports: [{name: dns, port: 53, protocol: UDP}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: dns-tcp}
    spec:
      ports: [{name: dns-tcp, port: 53, protocol: TCP}]
    ```

    Notes:
    Where everything is applied on the server's side, nothing is lost and the rule may be
    ignored. The issues are kubernetes/kubernetes#39188 and #105610.
    """
    del bundle
    shared = _shared(_numbers(service))
    if shared is not None:
        position, message = shared
        number = service.ports[position].port
        yield at(service, "spec", "ports", position, "port").finding(message, hint=_HINT, value=number)


@rule("container-merge-key", on=Workload, severity="warning")
def container_merge_key(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Client-side apply confuses two ports of a container.

    What it reports:
    Two ports of a container with one number and different protocols, where no Service in
    the same part of the input has the same two, of which `service-merge-key` speaks.

    Why it matters:
    As with `service-merge-key`: the list is merged by `containerPort` alone.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: dns}
    spec:
      selector: {matchLabels: {app: dns}}
      template:
        metadata: {labels: {app: dns}}
        spec:
          containers:
          - name: dns
            image: dns
            ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: dns}
    spec:
      selector: {matchLabels: {app: dns}}
      template:
        metadata: {labels: {app: dns}}
        spec:
          containers:
          - name: dns
            image: dns
            ports: [{containerPort: 53, protocol: UDP}]
    ```

    Notes:
    A port works without being declared, unless something names it.
    """
    if any(_shared(_numbers(service)) for service in bundle.selecting(workload)):
        return
    pod = workload.pod
    for field, containers in (("containers", pod.containers), ("initContainers", pod.init_containers)):
        for place, container in enumerate(containers):
            shared = _shared((each.container_port, each.effective_protocol) for each in container.ports)
            if shared is not None:
                position, message = shared
                path = (*bundle.pod_spec(workload), field, place, "ports", position, "containerPort")
                number = container.ports[position].container_port
                yield at(workload, *path).finding(message, hint=_HINT, value=number)


def _numbers(service: Service) -> Sequence[tuple[int, str]]:
    return [(each.port, each.effective_protocol) for each in service.ports]


def _shared(ports: Iterable[tuple[int, str]]) -> tuple[int, str] | None:
    """The position of the first port that has the number of another but not its protocol, and a message."""
    protocols: Mapping[int, list[str]] = defaultdict(list)
    found: list[tuple[int, int]] = []
    for position, (number, protocol) in enumerate(ports):
        if len(protocols[number]) == 1 and protocol not in protocols[number]:
            found.append((position, number))
        protocols[number].append(protocol)
    if not found:
        return None
    position, number = found[0]
    more = f" (and {len(found) - 1} more numbers, too)" if len(found) > 1 else ""
    spoken = " and ".join(dict.fromkeys(protocols[number]))
    return position, f"{number} is both {spoken}{more}, and client-side apply tells ports apart by number alone"


@rule("mixed-protocol-load-balancer", on=Service, severity="warning")
def mixed_protocol_load_balancer(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Load balancer has ports of different protocols.

    What it reports:
    A Service of type LoadBalancer with ports of different protocols.

    Why it matters:
    The API accepts it, but not every provider does: the load balancer stays pending,
    with the event "mixed protocol is not supported".

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
    It is information where an annotation shows that MetalLB, Cilium, kube-vip or PureLB
    serves it, which all can.
    """
    del bundle
    protocols = list(dict.fromkeys(each.effective_protocol for each in service.ports))
    if service.effective_type != "LoadBalancer" or len(protocols) < 2:
        return
    key = next((key for key in service.annotations or {} if _SERVES_ALL.fullmatch(key)), None)
    because = f"{key} shows a load balancer that serves all protocols" if key else None
    position = next(
        place
        for place, each in enumerate(service.ports)
        if each.effective_protocol != service.ports[0].effective_protocol
    )
    yield at(service, "spec", "ports", position).finding(
        f"a load balancer for {' and '.join(protocols)} at once is not supported by every provider",
        hint="make a Service for each protocol, or make sure that the provider supports it",
        value=protocols,
        severity="info" if because else None,
        because=because,
    )
