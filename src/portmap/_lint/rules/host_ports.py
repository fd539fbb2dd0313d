"""Rules about ports of the node that pods take, by a host port or by host networking."""

import re
from collections.abc import Callable, Iterator, Mapping
from math import ceil, floor
from typing import Any, Final

from portmap._graph.node_ports import HostPort, host_ports_of
from portmap._graph.object_name import ObjectName, items_at, text_at, value_at
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.workloads import Workload

_PERCENT: Final = re.compile(r"(\d{1,4})%")
_DEFAULT_PERCENT: Final = 25
"""The default of `maxSurge` and `maxUnavailable`."""
_HOST_NAME: Final = "kubernetes.io/hostname"


@rule("host-port", on=Workload, severity="warning", profile="strict")
def host_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container takes a port of its node.

    What it reports:
    A container port with a `hostPort`.

    Why it matters:
    The port is open at every address of the node, which bypasses Services and, with many network
    plugins, network policies. And only one such pod fits on a node.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - {name: web, image: web, ports: [{name: http, containerPort: 8080, hostPort: 8080, protocol: TCP}]}
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - {name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}
    ```

    Notes:
    Pods with `hostNetwork` are skipped: `host-network` reports them. How host ports affect rollouts
    is in the default profile: `host-port-rollout`.
    """
    if workload.pod.host_network:
        return
    for path, container, port in bundle.container_ports(workload):
        if port.host_port:
            yield at(workload, *path, "hostPort").finding(
                f"container {container.name!r} takes port {port.host_port} of its node",
                hint="remove hostPort, and create a Service",
                value=port.host_port,
            )


@rule("host-network", on=Workload, severity="warning", profile="strict")
def host_network(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Pods use the network of their node.

    What it reports:
    Pods with `hostNetwork: true`.

    Why it matters:
    Every port that they open is open on the node, and they can connect to processes that listen on
    its loopback address. Network policies do not apply to them.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          hostNetwork: true
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Notes:
    Network plugins and node agents need it: suppress the finding there.
    """
    if workload.pod.host_network:
        yield at(workload, *bundle.pod_spec(workload), "hostNetwork").finding(
            f"the pods of {workload} use the network of their node", hint="remove hostNetwork", value=True
        )


@rule("host-port-rollout", on=Workload, severity="warning")
def host_port_rollout(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Host port can block a rollout.

    What it reports:
    A Deployment whose pods take a port of the node, by `hostPort` or by `hostNetwork`, in two cases:
    it has several replicas; or its rollout creates new pods before it deletes old ones. The latter is
    the default for up to three replicas, because `maxUnavailable` is 25 %, rounded down.

    Why it matters:
    Two pods with the same host port cannot be on the same node. Without a free node, the rollout
    never ends: "didn't have free ports for the requested pod ports".

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: proxy}
    spec:
      selector: {matchLabels: {app: proxy}}
      template:
        metadata: {labels: {app: proxy}}
        spec:
          containers: [{name: proxy, image: proxy, ports: [{containerPort: 8080, hostPort: 80}]}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: proxy}
    spec:
      strategy: {type: Recreate}
      selector: {matchLabels: {app: proxy}}
      template:
        metadata: {labels: {app: proxy}}
        spec:
          containers: [{name: proxy, image: proxy, ports: [{containerPort: 8080, hostPort: 80}]}]
    ```

    Notes:
    `strategy: {type: Recreate}`, `maxSurge: 0` and `maxUnavailable: 1` delete an old pod first. With
    a required `podAntiAffinity` by node, several replicas are intended, and only the rollout is
    reported. To run a pod on each node, use a DaemonSet.
    """
    if workload.kind != "Deployment":
        return
    ports = list(host_ports_of([workload]).taken)
    if not ports:
        return
    raw = bundle.raw(workload)
    replicas = 1 if workload.replicas is None else workload.replicas
    spread = _is_spread(value_at(raw, "spec", "template", "spec"))
    reasons = []
    if replicas > 1 and not spread:
        reasons.append(f"{replicas} replicas need {replicas} nodes")
    if replicas > 0 and _waits(raw, replicas):
        reasons.append("a rollout deletes no old pod before a new one is ready")
    if not reasons:
        return
    first = ports[0]
    numbers = list(dict.fromkeys(str(port.number) for port in ports))
    host_ports = f"host port{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"
    yield at(workload, *bundle.pod_spec(workload), *_field(bundle, workload, first)).finding(
        f"the pods take {host_ports} of their node, and {' and '.join(reasons)}",
        hint="set the strategy to Recreate or maxUnavailable to 1, or use a DaemonSet",
        value=first.number,
    )


def _field(bundle: Bundle, workload: Workload | ObjectName, port: HostPort) -> FieldPath:
    """Return the field that takes a port of the node, as a path from the pod spec."""
    if port.host_network:
        return FieldPath("hostNetwork")
    path = ("spec", "template", "spec") if isinstance(workload, ObjectName) else bundle.pod_spec(workload)
    spec = value_at(bundle.raw(workload), *map(str, path))
    for group in ("containers", "initContainers"):
        for index, container in enumerate(items_at(spec, group)):
            for position, raw in enumerate(items_at(container, "ports")):
                numbers = value_at(raw, "hostPort"), value_at(raw, "containerPort")
                if numbers == (port.number, port.container_port) and text_at(container, "name") == port.container:
                    return FieldPath(group, index, "ports", position, "hostPort")
    return FieldPath("containers")


def _waits(raw: Mapping[str, Any], replicas: int) -> bool:
    """Return whether a rollout deletes no old pod before a new one is ready.

    Source: kubernetes/kubernetes 1.36.2, `pkg/controller/deployment/util/deployment_util.go` (ResolveFenceposts).
    """
    strategy = value_at(raw, "spec", "strategy")
    if "spec" not in raw or text_at(strategy, "type") == "Recreate":
        # A typed workload has no strategy.
        return False
    surge = _share(value_at(strategy, "rollingUpdate", "maxSurge"), replicas, ceil)
    unavailable = _share(value_at(strategy, "rollingUpdate", "maxUnavailable"), replicas, floor)
    # If both are 0, the controller sets maxUnavailable to 1.
    return surge > 0 and unavailable == 0


def _share(value: object, replicas: int, rounded: Callable[[float], int]) -> int:
    """Return a number of replicas that is given as a number or a percentage."""
    if type(value) is int:
        return value
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return rounded((int(percent[1]) if percent else _DEFAULT_PERCENT) * replicas / 100)


def _is_spread(pod_spec: object) -> bool:
    """Return whether the pods must be on different nodes."""
    terms = items_at(pod_spec, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return any(text_at(term, "topologyKey") == _HOST_NAME for term in terms)


@rule("host-port-collision", on=Bundle, severity="warning")
def host_port_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two DaemonSets use the same host port.

    What it reports:
    Two DaemonSets that take the same port of the node, by `hostPort` or by `hostNetwork`, at the
    same address and for the same protocol.

    Why it matters:
    Only one pod of a node can take the port. On each node, the pod of one DaemonSet stays pending, or
    fails because the address is in use.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: node-exporter}
    spec:
      selector: {matchLabels: {app: node-exporter}}
      template:
        metadata: {labels: {app: node-exporter}}
        spec:
          containers: [{name: exporter, image: exporter, ports: [{containerPort: 9100, hostPort: 9100}]}]
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: gpu-exporter}
    spec:
      selector: {matchLabels: {app: gpu-exporter}}
      template:
        metadata: {labels: {app: gpu-exporter}}
        spec:
          containers: [{name: exporter, image: exporter, ports: [{containerPort: 9100, hostPort: 9100}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: gpu-exporter}
    spec:
      selector: {matchLabels: {app: gpu-exporter}}
      template:
        metadata: {labels: {app: gpu-exporter}}
        spec:
          containers: [{name: exporter, image: exporter, ports: [{containerPort: 9400, hostPort: 9400}]}]
    ```

    Notes:
    The severity is info if their node selectors or affinities differ. Other workloads do not run on
    every node, and are skipped.
    """
    del subject
    for group in bundle.port_map.host_ports.collisions:
        of_daemon_sets: dict[ObjectName, HostPort] = {}
        for port in group:
            if port.workload.kind == "DaemonSet":
                of_daemon_sets.setdefault(port.workload, port)
        ports = list(of_daemon_sets.values())
        for other in ports[1:]:
            first = ports[0]
            differ = _nodes(bundle, first.workload) != _nodes(bundle, other.workload)
            because = "their node selectors or affinities differ" if differ else None
            here, there = (
                at(port.workload, "spec", "template", "spec", *_field(bundle, port.workload, port))
                for port in (other, first)
            )
            yield here.finding(
                f"the pods take host port {other.number}/{other.protocol}, as do those of {first.workload}",
                hint="give each DaemonSet its own host port",
                value=other.number,
                severity="info" if because else None,
                because=because,
                related=[(there, f"takes host port {first.number}, too")],
            )


def _nodes(bundle: Bundle, name: ObjectName) -> tuple[object, object]:
    """Return what restricts the nodes of a DaemonSet."""
    spec = value_at(bundle.raw(name), "spec", "template", "spec")
    return value_at(spec, "nodeSelector"), value_at(spec, "affinity", "nodeAffinity")
