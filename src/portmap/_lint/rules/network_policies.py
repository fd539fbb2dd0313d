"""Rules about NetworkPolicies."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._graph.items import name_of
from portmap._graph.label_selectors import Selector, read_selector
from portmap._graph.object_name import ObjectName, items_at, text_at, value_at
from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import place_of
from portmap._lint.rule import rule
from portmap._lint.rules.places import pod_labels_of
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

_OWN_POLICIES: Final = ("networking.k8s.io/", "extensions/")


@rule("network-policy-port", on=ResolvedReference, severity="warning")
def network_policy_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """NetworkPolicy names a port that its pods do not have.

    What it reports:
    A port that is the number of a Service in front of the pods, while the pods are
    reached on another; and a port by a name, or for a protocol, that none of the pods
    declares.

    Why it matters:
    Policies are applied where packets arrive, behind the Service: a policy that lets in
    port 80 blocks all traffic to a pod that listens on 8080.

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
    Other numbers need not be declared and are passed over. Whether a policy is about any
    pod at all is not a matter of ports, and is not judged.
    """
    del bundle
    miss = resolved.miss
    if (
        miss is not None
        and resolved.reference.role == "network-policy"
        # Which pods a policy is about is not a matter of ports.
        and miss.code != "selector-matches-nothing"
    ):
        yield place_of(resolved).finding(miss.message, hint=miss.hint, value=resolved.reference.port)


@rule("pod-without-network-policy", on=Bundle, severity="warning", profile="strict")
def pod_without_network_policy(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Pods behind a Service have no NetworkPolicy.

    What it reports:
    A workload that a Service selects and no NetworkPolicy for incoming traffic picks, in a
    namespace for which the input has such policies; in any, where the input was declared
    to be complete.

    Why it matters:
    Pods that no policy picks take connections from everywhere. Where others are shut off,
    that is probably not meant.

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
    Pods with `hostNetwork`, for which policies do not hold, are passed over. So is an input
    with policies of other projects (Cilium, Calico), which are not read.
    """
    del subject
    policies = [item.raw for item in bundle.items if _is_policy(item.name, item.raw)]
    others = any(item.name.kind.endswith("NetworkPolicy") and not _is_own(item.raw) for item in bundle.items)
    if others or not (policies or bundle.declared_complete):
        return
    wanted = {
        (text_at(raw, "metadata", "namespace"), read_selector(value_at(raw, "spec", "podSelector"))) for raw in policies
    }
    spaces = {namespace for namespace, _ in wanted}
    picked = _picked(wanted, bundle)
    for workload in bundle.workloads:
        within = bundle.declared_complete or None in {workload.namespace, *spaces} or workload.namespace in spaces
        if not within or workload.pod.host_network or name_of(workload) in picked:
            continue
        service = next((each for each in bundle.selecting(workload) if each.ports), None)
        if service is not None:
            yield pod_labels_of(workload, bundle).finding(
                f"no NetworkPolicy says who may connect to the pods of {workload}, to which {service} leads",
                hint="write a NetworkPolicy that picks them",
                value=dict(workload.pod.labels),
            )


def _is_own(raw: Mapping[str, Any]) -> bool:
    return (text_at(raw, "apiVersion") or "").startswith(_OWN_POLICIES)


def _is_policy(name: ObjectName, raw: Mapping[str, Any]) -> bool:
    """Whether this is a NetworkPolicy about incoming traffic."""
    types = items_at(raw, "spec", "policyTypes")
    return name.kind == "NetworkPolicy" and _is_own(raw) and (not types or "Ingress" in types)


def _picked(wanted: set[tuple[str | None, Selector | None]], bundle: Bundle) -> set[ObjectName]:
    """The workloads that policies pick; all of a namespace where a policy cannot be read."""
    candidates = Candidates(bundle.workloads, indexed=True)
    found: set[ObjectName] = set()
    for namespace, selector in wanted:
        if selector is not None and selector.labels:
            for each in candidates.selected_by(selector.labels, namespace):
                if isinstance(each, Workload) and selector.requirements_hold(each.pod.labels):
                    found.add(name_of(each))
            continue
        for workload in bundle.workloads:
            here = namespace is None or workload.namespace in {None, namespace}
            if here and (selector is None or selector.requirements_hold(workload.pod.labels)):
                found.add(name_of(workload))
    return found
