"""Rules that a project may set for itself."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.object_name import text_at, value_at
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload

_DEFAULT: Final = "default"
_ROLLOUTS: Final = frozenset({"Rollout"})
_PHASES: Final = frozenset({"active", "blue", "canary", "green", "preview", "primary", "stable"})
"""Words in the names of Services whose selectors Argo Rollouts, Flagger and people change as a roll-out goes on."""
_REPLACEABLE: Final = frozenset({"Deployment", "ReplicaSet", "ReplicationController", "Rollout"})
_SCALERS: Final = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})


@rule("default-namespace", on=Bundle, severity="info", profile="strict")
def default_namespace(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Object is in the namespace `default`.

    What it reports:
    A Service or workload that names the namespace `default`.

    Why it matters:
    Rights, quotas and network policies are given by namespace, and `default` is where
    everything ends up that nobody thought about.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: default}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Notes:
    An object that names no namespace goes where the client says, and is passed over. So is
    the Service of the API server itself, `kubernetes`.
    """
    del subject
    subjects: list[Service | Workload] = [*bundle.services, *bundle.workloads]
    for each in subjects:
        if each.namespace == _DEFAULT and not (isinstance(each, Service) and each.name == "kubernetes"):
            yield at(each, "metadata", "namespace").finding(
                f"{each} is in the namespace {_DEFAULT}", hint="give it a namespace of its own", value=_DEFAULT
            )


@rule("shared-selector", on=Bundle, severity="info", profile="strict")
def shared_selector(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services select the same pods for the same port.

    What it reports:
    A Service with the selector of another one in its namespace.

    Why it matters:
    It may be a copy whose labels were never changed, so that it sends traffic to the pods
    of another application.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
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
    A headless Service beside one that is not is how StatefulSets are made, and is passed
    over. So are Services that lead to different ports of the pods, such as one for clients
    and one for metrics; Services of different types, such as one that the cluster uses and a
    LoadBalancer for the world; and those that a controller for roll-outs tells apart: of an
    Argo Rollout, or with a word such as `canary`, `stable`, `blue` or `preview` in their names.
    """
    del subject
    alike: Mapping[object, list[Service]] = defaultdict(list)
    for service in bundle.services:
        rolled_out = not _PHASES.isdisjoint(service.name.split("-")) or any(
            each.kind in _ROLLOUTS for each in bundle.selected(service)
        )
        if service.selector and service.effective_type != "ExternalName" and not rolled_out:
            labels = frozenset(service.selector.items())
            kind = (service.effective_type, service.cluster_ip == "None")
            alike[service.namespace, kind, labels].append(service)
    for services in alike.values():
        first_to: dict[object, Service] = {}
        for service in services:
            targets = [(port.effective_target_port, port.effective_protocol) for port in service.ports]
            other = next((first_to[target] for target in targets if target in first_to), None)
            for target in targets:
                first_to.setdefault(target, service)
            if other is not None:
                yield at(service, "spec", "selector").finding(
                    f"{service} selects the same pods as {other}, and leads to the same port of them",
                    hint="leave one of them out, or change its selector",
                    value=dict(service.selector or {}),
                    related=[(at(other, "spec", "selector"), "is the same")],
                )


@rule("single-replica", on=Bundle, severity="info", profile="strict")
def single_replica(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Only one pod serves a Service.

    What it reports:
    A Deployment, or what is like one, that says `replicas: 1` and is all that a Service selects.

    Why it matters:
    When its node is drained or its pod is evicted, nobody answers until another pod is ready.

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
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Notes:
    Passed over are workloads that leave `replicas` out, as those do that something else
    scales; that an autoscaler of the input scales; that are updated by `Recreate`, so that
    there is never more than one pod on purpose; and StatefulSets, whose members are no
    copies of each other. popeye: 1109.
    """
    del subject
    scaled = {
        (text_at(item.raw, "spec", "scaleTargetRef", "kind") or "Deployment", target)
        for item in bundle.items
        if item.name.kind in _SCALERS and (target := text_at(item.raw, "spec", "scaleTargetRef", "name"))
    }
    for workload in bundle.workloads:
        if workload.kind not in _REPLACEABLE or (workload.kind, workload.name) in scaled:
            continue
        raw = bundle.raw(workload)
        replicas = value_at(raw, "spec", "replicas")
        if replicas != 1 or replicas is True or text_at(raw, "spec", "strategy", "type") == "Recreate":
            continue
        alone = (each for each in bundle.selecting(workload) if each.ports and len(bundle.selected(each)) == 1)
        service = next(alone, None)
        if service is not None:
            yield at(workload, "spec", "replicas").finding(
                f"one pod of {workload} answers for {service}",
                hint="write 2 or more, and a PodDisruptionBudget; leave replicas out where an autoscaler decides",
                value=1,
                related=[(at(service, "spec", "selector"), "selects it")],
            )
