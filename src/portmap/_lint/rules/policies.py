"""Rules about namespaces, shared selectors and replicas: a project may decide otherwise."""

from collections.abc import Iterator
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
"""Words in names of Services whose selectors change during a rollout: by Argo Rollouts, Flagger or by hand."""
_REPLACEABLE: Final = frozenset({"Deployment", "ReplicaSet", "ReplicationController", "Rollout"})
_SCALERS: Final = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})


@rule("default-namespace", on=Bundle, severity="info", profile="strict")
def default_namespace(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Object is in the namespace `default`.

    What it reports:
    A Service or workload that sets the namespace `default`.

    Why it matters:
    Permissions, quotas and NetworkPolicies apply to a namespace. Objects of all applications that set
    no other namespace share `default`.

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
    Objects that set no namespace are skipped: the client decides. So is the Service of the API server, `kubernetes`.
    """
    del subject
    objects: list[Service | Workload] = [*bundle.services, *bundle.workloads]
    for typed in objects:
        if typed.namespace == _DEFAULT and not (isinstance(typed, Service) and typed.name == "kubernetes"):
            yield at(typed, "metadata", "namespace").finding(
                f"{typed} is in the namespace {_DEFAULT}", hint="use a namespace for each application", value=_DEFAULT
            )


@rule("shared-selector", on=Bundle, severity="info", profile="strict")
def shared_selector(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services select the same pods for the same port.

    What it reports:
    A Service with the same selector, type and target port as another Service in its namespace.

    Why it matters:
    The Service may be a copy whose selector was not changed. Then it sends traffic to the pods of
    another application.

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
    Services with different types or target ports are not reported. Examples are a headless Service
    for a StatefulSet, a LoadBalancer for external clients, and a Service for metrics. Services whose
    selectors change during a rollout are skipped: those of an Argo Rollout, and those with a word such
    as `canary`, `stable`, `blue` or `preview` in their name.
    """
    del subject
    first_with: dict[object, Service] = {}
    for service in bundle.services:
        if not service.selector or service.effective_type == "ExternalName" or _is_rolled_out(service, bundle):
            continue
        shared = (
            service.namespace,
            service.effective_type,
            service.cluster_ip == "None",
            frozenset(service.selector.items()),
        )
        keys = [(shared, port.effective_target_port, port.effective_protocol) for port in service.ports]
        other = next((first_with[key] for key in keys if key in first_with), None)
        for key in keys:
            first_with.setdefault(key, service)
        if other is not None:
            yield at(service, "spec", "selector").finding(
                f"{service} and {other} select the same pods and forward to the same port",
                hint="remove one of them, or change its selector",
                value=dict(service.selector),
                related=[(at(other, "spec", "selector"), "is the same selector")],
            )


def _is_rolled_out(service: Service, bundle: Bundle) -> bool:
    """Return whether the selector of a Service probably changes during a rollout."""
    if not _PHASES.isdisjoint(service.name.split("-")):
        return True
    return any(workload.kind in _ROLLOUTS for workload in bundle.selected(service))


@rule("single-replica", on=Bundle, severity="info", profile="strict")
def single_replica(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Only one pod serves a Service.

    What it reports:
    A Deployment or similar workload with `replicas: 1` that is the only workload of a Service.

    Why it matters:
    If its node is drained or its pod is evicted, the Service has no endpoints until a new pod is ready.

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
    Workloads without `replicas` are skipped, because an autoscaler may set it. So are workloads that
    an autoscaler of the input scales, workloads with the strategy `Recreate`, which intend a single
    pod, and StatefulSets, whose pods are not interchangeable. popeye: 1109.
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
        services = (each for each in bundle.selecting(workload) if each.ports and len(bundle.selected(each)) == 1)
        service = next(services, None)
        if service is not None:
            yield at(workload, "spec", "replicas").finding(
                f"{service} has one pod only, that of {workload}",
                hint="set 2 or more replicas and add a PodDisruptionBudget, or remove replicas for an autoscaler",
                value=1,
                related=[(at(service, "spec", "selector"), "selects it")],
            )
