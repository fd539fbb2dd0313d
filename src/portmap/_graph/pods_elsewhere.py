"""Why the pods that a Service selects need not be in its graph.

In published repositories most selectors without pods are right: an operator creates the pods, a build step adds the
labels, or the workload is in another folder. Each function returns a reason for the report.
"""

import re
from collections.abc import Mapping
from typing import Final

from portmap._graph.fragments import has_placeholder
from portmap._graph.group_graph import GroupGraph
from portmap._model.services import Service

_ELECTED_KEY: Final = re.compile(
    r"(?:.*[-_./])?role|leader|is-leader|.*/leader|active|.*-active|.*/active|.*/primary|isMainInterface"
)
_ELECTED_VALUE: Final = re.compile(
    r"true|false|yes|no|[01]|active|passive|leader|follower|learner|master|slave|primary|secondary|replica|standby"
    r"|main|backup|read(?:-?write|-?only)|rw|ro|driver|executor|sentinel|arbiter|voter",
    re.IGNORECASE,
)
"""Keys and values of labels that leader election sets."""

_ELECTED: Final = re.compile(r"active|follower|leader|master|passive|primary|secondary|slave|standby", re.IGNORECASE)
"""Values that say so whatever the key of their label is."""

_CONTROLLERS: Final = [
    (re.compile(r"statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index"), "the StatefulSet controller"),
    (re.compile(r"(?:batch\.kubernetes\.io/)?job-name"), "the Job controller"),
    (re.compile(r"prometheus|alertmanager|operator\.prometheus\.io/.*|thanos-ruler"), "the Prometheus operator"),
    (re.compile(r"app\.kubernetes\.io/managed-by"), "the operator that it names"),
    (re.compile(r"gateway\.networking\.k8s\.io/.*|istio|istio\.io/.*"), "a gateway controller"),
]
"""Keys of labels that a controller sets, each with the controller."""

_POSSIBLE_CONTROLLERS: Final = [
    (_ELECTED_KEY, "leader election"),
    (
        re.compile(r"spark-role|.*-cluster|.*_cluster|.*/cluster(?:-name)?|cluster-name|.*-instance|.*/instance-name"),
        "an operator",
    ),
]
"""Keys of labels that a controller may set, although people use them for other purposes, too."""

# Tools that set the label app.kubernetes.io/managed-by and create no pods.
_DEPLOYMENT_TOOLS: Final = re.compile(
    r"helm|kustomize|kubectl|argo-?cd|flux.*|tiller|terraform|pulumi|cdk8s", re.IGNORECASE
)

# Labels that people write by hand although their keys have a domain.
_COMMON_DOMAINS: Final = (
    "app.kubernetes.io/",
    "k8s-app",
    "kubernetes.io/",
    "helm.sh/",
    "app.openshift.io/",
    "io.kompose.",
)

# The static pods of a control plane, which no manifest of a repository creates.
_CONTROL_PLANE: Final = re.compile(
    r"kube-(?:apiserver|controller-manager|scheduler|proxy|dns|etcd)|etcd|control-plane|coredns|kubelet"
)


def source_of_labels(service: Service, graph: GroupGraph) -> str | None:
    """Return what gives pods the labels that a Service selects; `None` if the input shows nothing."""
    selector = service.selector or {}
    return (
        _build_step(selector, graph)
        or _operator(service, graph)
        or _other_workload(service, graph)
        or _leader_election(service, graph)
    )


def _operator(service: Service, graph: GroupGraph) -> str | None:
    resource = graph.elsewhere.operator_of_pods(service.selector or {}, service.namespace)
    return None if resource is None else f"the operator of {resource} creates pods with these labels"


def _build_step(selector: Mapping[str, str], graph: GroupGraph) -> str | None:
    for key, value in selector.items():
        if has_placeholder(value) or has_placeholder(key):
            return f"a tool replaces the placeholder {value!r}"
        if key in graph.group.added_labels:
            return f"kustomize adds the label {key} to every object of this folder"
    return None


def _other_workload(service: Service, graph: GroupGraph) -> str | None:
    selected = graph.elsewhere.selected_by(service.selector or {})
    # A copy of a workload of the group is no other workload.
    other = next((each for each in selected if not graph.has_like(each)), None)
    return f"{other} in another part of the input has the labels" if other is not None else None


def _leader_election(service: Service, graph: GroupGraph) -> str | None:
    """Return a reason if pods of the group have all labels except those of an election."""
    selector = service.selector or {}
    elected = [
        key
        for key, value in selector.items()
        if _ELECTED.fullmatch(value) or (_ELECTED_KEY.fullmatch(key) and _ELECTED_VALUE.fullmatch(value))
    ]
    workload = graph.near_workloads.without_labels(service, elected) if elected else None
    if workload is None:
        return None
    return f"leader election may set the label {elected[0]} on the pods of {workload} at run time"


def controller_of_pods(service: Service, graph: GroupGraph) -> str | None:
    """Return which controller creates the pods that a Service selects; `None` if nothing names one."""
    for key, value in (service.selector or {}).items():
        resource = graph.elsewhere.pod_maker(value)
        if resource is not None:
            return f"the controller of {resource} may create the pods"
        if _CONTROL_PLANE.fullmatch(value):
            return f"pods with {key}={value} belong to the control plane"
        if key.endswith("/managed-by") and _DEPLOYMENT_TOOLS.fullmatch(value):
            continue
        controller = next((name for pattern, name in _CONTROLLERS if pattern.fullmatch(key)), None)
        if controller is not None and not graph.elsewhere.has_label(key):
            return f"{controller} sets the label {key}"
    return None


def possible_controller_of_pods(service: Service, graph: GroupGraph) -> str | None:
    """Return which controller may create the pods that a Service selects, guessed from the keys of labels alone."""
    for key in service.selector or {}:
        if graph.elsewhere.has_label(key):
            continue
        controller = next((name for pattern, name in _POSSIBLE_CONTROLLERS if pattern.fullmatch(key)), None)
        if controller is not None:
            return f"{controller} may set the label {key}"
        if "/" in key and not key.startswith(_COMMON_DOMAINS):
            return f"the label {key} belongs to {key.partition('/')[0]}, whose controllers may create the pods"
    return None
