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
_USUAL_PERCENT: Final = 25
"""What `maxSurge` and `maxUnavailable` are where they are left out."""
_HOST_NAME: Final = "kubernetes.io/hostname"


@rule("host-port", on=Workload, severity="warning", profile="strict")
def host_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container takes a port of its node.

    What it reports:
    A container port with a `hostPort`.

    Why it matters:
    The port is open at every address of the node, past Services and, with many network
    plugins, past network policies. And a node has room for one such pod only.

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
    Where the pods use the network of their node anyway, `host-network` says so once. What
    host ports do to updates is in the default profile: `host-port-rollout`.
    """
    if workload.pod.host_network:
        return
    for path, container, port in bundle.container_ports(workload):
        if port.host_port:
            yield at(workload, *path, "hostPort").finding(
                f"container {container.name!r} takes port {port.host_port} of its node",
                hint="leave hostPort out, and make a Service",
                value=port.host_port,
            )


@rule("host-network", on=Workload, severity="warning", profile="strict")
def host_network(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Pods use the network of their node.

    What it reports:
    Pods with `hostNetwork: true`.

    Why it matters:
    Every port that they open is open on the node, and they reach what listens on its
    loopback address. Network policies do not hold for them.

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
    Network plugins and agents of nodes need it: suppress it there, and say so.
    """
    if workload.pod.host_network:
        yield at(workload, *bundle.pod_spec(workload), "hostNetwork").finding(
            f"the pods of {workload} use the network of their node", hint="leave hostNetwork out", value=True
        )


@rule("host-port-rollout", on=Workload, severity="warning")
def host_port_rollout(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Host port can block a rollout.

    What it reports:
    A Deployment whose pods take a port of the node, by `hostPort` or by `hostNetwork`, and
    that has several replicas, or whose update waits for new pods before it ends old ones (which
    is the default for up to three replicas: a quarter of them, rounded down, may be unavailable).

    Why it matters:
    Two pods with one host port cannot be on one node. An update waits for a free node for
    ever where there is none: "didn't have free ports for the requested pod ports".

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
    `strategy: {type: Recreate}`, `maxSurge: 0` and `maxUnavailable: 1` end an old pod first.
    Where a required `podAntiAffinity` says that replicas are on different nodes, so many nodes
    are meant, and only the update is reported. Where each node should have one, use a DaemonSet.
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
        reasons.append("an update ends no old pod before a new one is ready")
    if not reasons:
        return
    first = ports[0]
    what = f"host port{'' if len({each.number for each in ports}) == 1 else 's'} {_shown(ports)}"
    yield at(workload, *bundle.pod_spec(workload), *_field(bundle, workload, first)).finding(
        f"the pods take {what} of their node, and {' and '.join(reasons)}",
        hint="set the strategy to Recreate or maxUnavailable to 1, or use a DaemonSet",
        value=first.number,
    )


def _shown(ports: list[HostPort]) -> str:
    return ", ".join(dict.fromkeys(str(each.number) for each in ports))


def _field(bundle: Bundle, workload: Workload | ObjectName, port: HostPort) -> FieldPath:
    """The field that takes a port of the node, from the spec of the pods on."""
    if port.host_network:
        return FieldPath("hostNetwork")
    path = ("spec", "template", "spec") if isinstance(workload, ObjectName) else bundle.pod_spec(workload)
    spec = value_at(bundle.raw(workload), *map(str, path))
    for group in ("containers", "initContainers"):
        for place, container in enumerate(items_at(spec, group)):
            for position, each in enumerate(items_at(container, "ports")):
                same = (
                    value_at(each, "hostPort") == port.number and value_at(each, "containerPort") == port.container_port
                )
                if same and text_at(container, "name") == port.container:
                    return FieldPath(group, place, "ports", position, "hostPort")
    return FieldPath("containers")


def _waits(raw: Mapping[str, Any], replicas: int) -> bool:
    """Whether an update ends no old pod before a new one is ready.

    Source: kubernetes/kubernetes 1.36.2, `pkg/controller/deployment/util/deployment_util.go` (ResolveFenceposts).
    """
    strategy = value_at(raw, "spec", "strategy")
    if "spec" not in raw or text_at(strategy, "type") == "Recreate":
        # A typed workload brings no strategy.
        return False
    surge = _share(value_at(strategy, "rollingUpdate", "maxSurge"), replicas, ceil)
    unavailable = _share(value_at(strategy, "rollingUpdate", "maxUnavailable"), replicas, floor)
    # Where both are 0, the controller takes 1 for the latter.
    return surge > 0 and unavailable == 0


def _share(given: object, replicas: int, rounded: Callable[[float], int]) -> int:
    if type(given) is int:
        return given
    percent = _PERCENT.fullmatch(given) if isinstance(given, str) else None
    return rounded((int(percent[1]) if percent else _USUAL_PERCENT) * replicas / 100)


def _is_spread(pod_spec: object) -> bool:
    """Whether its pods must be on different nodes."""
    terms = items_at(pod_spec, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return any(text_at(each, "topologyKey") == _HOST_NAME for each in terms)


@rule("host-port-collision", on=Bundle, severity="warning")
def host_port_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two DaemonSets use the same host port.

    What it reports:
    Two DaemonSets that take one host port, by `hostPort` or by `hostNetwork`, at the same
    address and for the same protocol.

    Why it matters:
    One pod of a node can have the port. On each node the pod of one of them is pending, or
    ends because the address is in use.

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
    It is information where they say differently on which nodes they run. Workloads that
    are not on every node may keep out of each other's way, and are passed over.
    """
    del subject
    for group in bundle.port_map.host_ports.collisions:
        of_daemon_sets: dict[ObjectName, HostPort] = {}
        for each in group:
            if each.workload.kind == "DaemonSet":
                of_daemon_sets.setdefault(each.workload, each)
        taking = list(of_daemon_sets.values())
        for other in taking[1:]:
            first = taking[0]
            apart = _nodes(bundle, first.workload) != _nodes(bundle, other.workload)
            because = "they say differently on which nodes they run" if apart else None
            path = ("spec", "template", "spec")
            here, there = (_field(bundle, each.workload, each) for each in (other, first))
            yield at(other.workload, *path, *here).finding(
                f"the pods take host port {other.number}/{other.protocol} of their node, "
                f"which those of {first.workload} take already",
                hint="give each of them a host port of its own",
                value=other.number,
                severity="info" if because else None,
                because=because,
                related=[(at(first.workload, *path, *there), f"takes host port {first.number}, too")],
            )


def _nodes(bundle: Bundle, name: ObjectName) -> tuple[object, object]:
    spec = value_at(bundle.raw(name), "spec", "template", "spec")
    return value_at(spec, "nodeSelector"), value_at(spec, "affinity", "nodeAffinity")
