"""The kinds of objects that make pods: a table of kinds and where their pod template is.

To teach portmap another kind, add a row. The kinds of Kubernetes itself stand apart from
those of other projects, because an API server judges only the templates of its own.
"""

from collections.abc import Mapping
from typing import Final

from portmap._paths import Path

__all__ = [
    "ADDED_LABELS",
    "OTHER_KINDS",
    "SEVERAL_TEMPLATES",
    "WORKLOAD_KINDS",
    "any_template_path",
    "kind_of_workload",
    "known_kinds",
    "template_path",
]

_TEMPLATE: Final[Path] = ("spec", "template")

WORKLOAD_KINDS: Final[Mapping[tuple[str, str], Path]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""API group and kind of Kubernetes' own workloads, and the path from the object to its pod template."""

OTHER_KINDS: Final[Mapping[tuple[str, str], Path]] = {
    ("apps.openshift.io", "DeploymentConfig"): _TEMPLATE,
    ("", "DeploymentConfig"): _TEMPLATE,
    ("argoproj.io", "Rollout"): _TEMPLATE,
    ("apps.kruise.io", "CloneSet"): _TEMPLATE,
    ("apps.kruise.io", "DaemonSet"): _TEMPLATE,
    ("apps.kruise.io", "StatefulSet"): _TEMPLATE,
    ("serving.knative.dev", "Configuration"): _TEMPLATE,
    ("serving.knative.dev", "Service"): _TEMPLATE,
}
"""The same for kinds of other projects."""

SEVERAL_TEMPLATES: Final[Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]] = {
    ("operators.coreos.com", "ClusterServiceVersion"): ("Deployment", ("spec", "install", "spec", "deployments")),
}
"""Kinds that make several workloads: of which kind those are, and the path to the list of their names and specs."""

_BY_KIND: Final = {kind: path for (_, kind), path in WORKLOAD_KINDS.items()}
_OLD_GROUPS: Final = frozenset({"extensions"})
# Two projects use this word for something else than Kubernetes does.
_AMBIGUOUS: Final = frozenset({"Service", "DaemonSet", "StatefulSet"})

# Labels that a controller adds to the pods that it makes, and the values they take
# for a workload of some name. Any value: the controller makes it up.
_ANY: Final = r".+"
_STATEFUL: Final = {
    "statefulset.kubernetes.io/pod-name": r"{name}-[0-9]+",
    "apps.kubernetes.io/pod-index": r"[0-9]+",
    "controller-revision-hash": _ANY,
}
_REVISION: Final = {
    "serving.knative.dev/configuration": r"{name}",
    "serving.knative.dev/revision": _ANY,
}
ADDED_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "Deployment": {"pod-template-hash": _ANY},
    "ReplicaSet": {"pod-template-hash": _ANY},
    "StatefulSet": _STATEFUL,
    "DaemonSet": {"controller-revision-hash": _ANY, "pod-template-generation": r"[0-9]+"},
    "Job": {
        "job-name": r"{name}",
        "batch.kubernetes.io/job-name": r"{name}",
        "controller-uid": _ANY,
        "batch.kubernetes.io/controller-uid": _ANY,
        "batch.kubernetes.io/job-completion-index": r"[0-9]+",
    },
    "CronJob": {
        "job-name": r"{name}-[0-9]+",
        "batch.kubernetes.io/job-name": r"{name}-[0-9]+",
        "controller-uid": _ANY,
        "batch.kubernetes.io/controller-uid": _ANY,
    },
    "DeploymentConfig": {"deploymentconfig": r"{name}", "deployment": r"{name}-[0-9]+"},
    "Rollout": {"rollouts-pod-template-hash": _ANY},
    "CloneSet": {"controller-revision-hash": _ANY, "apps.kruise.io/cloneset-instance-id": _ANY},
    "StatefulSet.apps.kruise.io": _STATEFUL,
    "DaemonSet.apps.kruise.io": {"controller-revision-hash": _ANY},
    "Configuration": _REVISION,
    "Service.serving.knative.dev": {**_REVISION, "serving.knative.dev/service": r"{name}"},
}
"""By kind of workload, the labels that its pods have beyond those of the template, and patterns of their values."""


def _group(api_version: object) -> str:
    return api_version.rpartition("/")[0] if isinstance(api_version, str) else ""


def template_path(api_version: object, kind: object) -> Path | None:
    """Where an object of one of Kubernetes' own kinds has its pod template; `None` if it has none."""
    if not isinstance(kind, str):
        return None
    group = _group(api_version)
    path = WORKLOAD_KINDS.get((group, kind))
    if path is None and (group in _OLD_GROUPS or not api_version):
        return _BY_KIND.get(kind)
    return path


def any_template_path(api_version: object, kind: object) -> Path | None:
    """Where an object of any known kind has its one pod template; `None` if it has none, or several."""
    path = template_path(api_version, kind)
    if path is None and isinstance(kind, str) and api_version:
        return OTHER_KINDS.get((_group(api_version), kind))
    return path


def kind_of_workload(api_version: object, kind: str) -> str:
    """What the kind is called: as in its manifest, with the group where that is ambiguous.

    `Service.serving.knative.dev` is what kubectl calls it, too.
    """
    group = _group(api_version)
    return f"{kind}.{group}" if kind in _AMBIGUOUS and (group, kind) in OTHER_KINDS else kind


def known_kinds() -> tuple[str, ...]:
    """The kinds that make pods, for people."""
    return tuple(sorted({*_BY_KIND, *(kind_of_workload(f"{group}/v1", kind) for group, kind in OTHER_KINDS)}))
