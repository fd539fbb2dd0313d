"""Rules about NetworkPolicies."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from portmap._graph.label_selectors import Selector, read_selector
from portmap._graph.object_name import ObjectName, items_at, text_at, value_at
from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import place_of_reference
from portmap._lint.rule import rule
from portmap._lint.rules.places import pod_labels_of
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

_BUILT_IN_GROUPS: Final = ("networking.k8s.io/", "extensions/")


@rule("network-policy-port", on=ResolvedReference, severity="warning")
def network_policy_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """NetworkPolicy names a port that its pods do not have.

    What it reports:
    A port number of a Service, although its traffic arrives at another port of the pods. And a port
    name, or a protocol of a name, that none of the pods declares.

    Why it matters:
    NetworkPolicies apply to the ports of pods. A policy that allows port 80 blocks all traffic to a
    pod that listens on 8080.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
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
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress: [{ports: [{port: 80}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector: {matchLabels: {app: web}}
      ingress: [{ports: [{port: 8080}]}]
    ```

    Notes:
    Other numbers need not be declared, and are skipped. A policy that selects no pods is not reported.
    """
    del bundle
    miss = resolved.miss
    if (
        miss is not None
        and resolved.reference.role == "network-policy"
        # A policy may select pods that do not exist yet.
        and miss.code != "selector-matches-nothing"
    ):
        yield place_of_reference(resolved).finding(miss.message, hint=miss.hint, value=resolved.reference.port)


@rule("pod-without-network-policy", on=Bundle, severity="warning", profile="strict")
def pod_without_network_policy(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Pods behind a Service have no NetworkPolicy.

    What it reports:
    A workload that a Service selects, but no NetworkPolicy for ingress traffic, in a namespace that
    has such policies in the input. With `--complete`, in any namespace.

    Why it matters:
    Pods that no NetworkPolicy selects accept connections from everywhere. If other pods are isolated,
    that is probably not intended.

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
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db}
    spec:
      podSelector: {matchLabels: {app: db}}
      policyTypes: [Ingress]
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
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: all}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{ports: [{port: http}]}]
    ```

    Notes:
    Pods with `hostNetwork` are skipped, because NetworkPolicies do not apply to them. An input with
    policies of other projects (Cilium, Calico) is skipped, because portmap does not read them.
    """
    del subject
    policies = [item.raw for item in bundle.items if _is_ingress_policy(item.name, item.raw)]
    has_others = any(item.name.kind.endswith("NetworkPolicy") and not _is_built_in(item.raw) for item in bundle.items)
    if has_others or not (policies or bundle.declared_complete):
        return
    selectors = {
        (text_at(raw, "metadata", "namespace"), read_selector(value_at(raw, "spec", "podSelector"))) for raw in policies
    }
    namespaces = {namespace for namespace, _ in selectors}
    selected = _selected_by(selectors, bundle)
    for workload in bundle.workloads:
        is_covered = workload.namespace is None or not namespaces.isdisjoint({None, workload.namespace})
        if not (is_covered or bundle.declared_complete) or workload.pod.host_network:
            continue
        if bundle.name_of(workload) in selected:
            continue
        service = next((service for service in bundle.selecting(workload) if service.ports), None)
        if service is not None:
            yield pod_labels_of(workload, bundle).finding(
                f"no NetworkPolicy selects the pods of {workload}, to which {service} forwards",
                hint="add a NetworkPolicy that selects them",
                value=dict(workload.pod.labels),
            )


def _is_built_in(raw: Mapping[str, Any]) -> bool:
    return (text_at(raw, "apiVersion") or "").startswith(_BUILT_IN_GROUPS)


def _is_ingress_policy(name: ObjectName, raw: Mapping[str, Any]) -> bool:
    """Return whether an object is a NetworkPolicy for ingress traffic."""
    types = items_at(raw, "spec", "policyTypes")
    return name.kind == "NetworkPolicy" and _is_built_in(raw) and (not types or "Ingress" in types)


def _selected_by(selectors: Iterable[tuple[str | None, Selector | None]], bundle: Bundle) -> set[ObjectName]:
    """Return the workloads that policies select; all of a namespace if the selector of a policy cannot be read."""
    candidates = Candidates(bundle.workloads, indexed=True)
    selected: set[ObjectName] = set()
    for namespace, selector in selectors:
        if selector is not None and selector.labels:
            for workload in candidates.selected_by(selector.labels, namespace):
                if isinstance(workload, Workload) and selector.requirements_hold(workload.pod.labels):
                    selected.add(bundle.name_of(workload))
            continue
        for workload in bundle.workloads:
            in_namespace = namespace is None or workload.namespace in {None, namespace}
            if in_namespace and (selector is None or selector.requirements_hold(workload.pod.labels)):
                selected.add(bundle.name_of(workload))
    return selected
