"""Rules that some projects have about where objects live, who selects whom, and who may connect."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._graph.items import name_of
from portmap._graph.label_selectors import Selector, read_selector
from portmap._graph.object_name import ObjectName, items_at, text_at, value_at
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

_DEFAULT: Final = "default"
_ENDPOINTS: Final = frozenset({"Endpoints", "EndpointSlice"})
_SERVICE_NAME: Final = "kubernetes.io/service-name"
_ROLLOUTS: Final = frozenset({"Rollout"})
_PHASES: Final = frozenset({"active", "blue", "canary", "green", "preview", "primary", "stable"})
"""Words in the names of Services whose selectors Argo Rollouts, Flagger and people change as a roll-out goes on."""

_OWN_POLICIES: Final = ("networking.k8s.io/", "extensions/")


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


@rule("service-without-selector", on=Bundle, severity="info", profile="strict")
def service_without_selector(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Service has neither a selector nor endpoints.

    What it reports:
    A Service without `selector` for which the same part of the input has no Endpoints or
    EndpointSlice.

    Why it matters:
    The cluster makes no endpoints for it: whoever writes them decides where its traffic
    goes. Where the selector was forgotten, nobody does, and connections are refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      ports: [{name: sql, port: 5432, protocol: TCP}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
    addressType: IPv4
    endpoints: [{addresses: [192.0.2.10]}]
    ports: [{name: sql, port: 5432, protocol: TCP}]
    ```

    Notes:
    ExternalName Services need none. Passed over are folders whose kustomization adds labels,
    which may be those of the selector, and patches: Services of which another part of the
    input has one with a selector. Operators make endpoints for Services that they own:
    suppress it there.
    """
    del subject
    if bundle.added_labels:
        return
    written = {
        (text_at(item.raw, "metadata", "labels", _SERVICE_NAME) or item.name.name, item.name.namespace)
        for item in bundle.items
        if item.name.kind in _ENDPOINTS
    }
    nowhere = {name for name, namespace in written if namespace is None}
    anywhere = {name for name, _ in written}
    for service in bundle.services:
        if service.selector or service.effective_type == "ExternalName":
            continue
        there = (
            service.name in anywhere
            if service.namespace is None
            else service.name in nowhere or (service.name, service.namespace) in written
        )
        if not there and service.name != "kubernetes" and not _is_patch(service, bundle):
            yield at(service, "spec").finding(
                f"{service} has no selector, and there are no endpoints for it",
                hint="write a selector, or an EndpointSlice",
            )


def _is_patch(service: Service, bundle: Bundle) -> bool:
    """Whether another part of the input has the same Service, with a selector."""
    return any(each.selector for each in bundle.elsewhere.services_named(service.name, service.namespace))


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
            yield at(workload, *bundle.pod_spec(workload)[:-1], "metadata", "labels").finding(
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
