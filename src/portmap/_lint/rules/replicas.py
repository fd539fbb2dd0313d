"""Rules about how many pods stand behind a Service."""

from collections.abc import Iterator
from typing import Final

from portmap._graph.object_name import text_at, value_at
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule

_REPLACEABLE: Final = frozenset({"Deployment", "ReplicaSet", "ReplicationController", "Rollout"})
_SCALERS: Final = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})


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
