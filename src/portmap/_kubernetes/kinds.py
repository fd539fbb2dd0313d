"""The kinds of objects that make pods: a table of kinds and where their pod template is.

To teach portmap another kind, add a row; a custom kind that has its template where a Deployment
has it needs none. The kinds of Kubernetes itself stand apart from those of other projects,
because an API server judges only the templates of its own.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from portmap._kubernetes.field_path import ROOT, FieldPath

__all__ = [
    "ADDED_LABELS",
    "CORE_VERSIONS",
    "OLD_GROUPS",
    "OTHER_KINDS",
    "SEVERAL_TEMPLATES",
    "SHORT_LIVED",
    "SHORT_NAMES",
    "USUAL_PLACE",
    "WORKLOAD_KINDS",
    "any_template_path",
    "group_of",
    "is_cluster_scoped",
    "is_custom",
    "kind_of_workload",
    "known_kinds",
    "template_path",
]

CORE_VERSIONS: Final = ("v1", "/v1", None, "")
"""What may stand as the `apiVersion` of a kind of the core group; the URL of a request says it too."""

_TEMPLATE: Final = FieldPath("spec", "template")
USUAL_PLACE: Final = _TEMPLATE
"""Where kinds that no table has are looked at for a pod template."""

WORKLOAD_KINDS: Final[Mapping[tuple[str, str], FieldPath]] = {
    ("", "Pod"): ROOT,
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): FieldPath("spec", "jobTemplate", "spec", "template"),
}
"""API group and kind of Kubernetes' own workloads, and the path from the object to its pod template."""

OTHER_KINDS: Final[Mapping[tuple[str, str], FieldPath]] = {
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

SEVERAL_TEMPLATES: Final[Mapping[tuple[str, str], tuple[str, FieldPath]]] = {
    ("operators.coreos.com", "ClusterServiceVersion"): (
        "Deployment",
        FieldPath("spec", "install", "spec", "deployments"),
    ),
}
"""Kinds that make several workloads: of which kind those are, and the path to the list of their names and specs."""

SHORT_LIVED: Final = frozenset({"CronJob", "Job"})
"""Kinds whose pods run to an end and seldom serve anybody."""

SHORT_NAMES: Final[Mapping[str, str]] = {
    "cj": "CronJob",
    "cm": "ConfigMap",
    "dc": "DeploymentConfig",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "ing": "Ingress",
    "ksvc": "Service.serving.knative.dev",
    "po": "Pod",
    "rc": "ReplicationController",
    "rs": "ReplicaSet",
    "sts": "StatefulSet",
    "svc": "Service",
}
"""The short names that kubectl has for kinds."""

_CLUSTER_SCOPED: Final = (
    r"Cluster.*|.*Class|Namespace|Node|PersistentVolume|CustomResourceDefinition|.*WebhookConfiguration|APIService"
    r"|ValidatingAdmissionPolicy.*|MutatingAdmissionPolicy.*|CertificateSigningRequest|CSIDriver|CSINode"
    r"|FlowSchema|PriorityLevelConfiguration|ServiceCIDR|IPAddress|Kustomization|Component"
)

_BY_KIND: Final = {kind: path for (_, kind), path in WORKLOAD_KINDS.items()}
OLD_GROUPS: Final = frozenset({"extensions"})
"""Groups in which workloads were before they had one of their own."""
# Words of Kubernetes, which other projects use for something else.
_AMBIGUOUS: Final = frozenset({"Service", *_BY_KIND})

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


def group_of(api_version: object) -> str:
    """The API group of an `apiVersion`; `""` is that of `v1`."""
    return api_version.rpartition("/")[0] if isinstance(api_version, str) else ""


def template_path(api_version: object, kind: object) -> FieldPath | None:
    """Where an object of one of Kubernetes' own kinds has its pod template; `None` if it has none."""
    if not isinstance(kind, str):
        return None
    group = group_of(api_version)
    path = WORKLOAD_KINDS.get((group, kind))
    if path is None and (group in OLD_GROUPS or not api_version):
        return _BY_KIND.get(kind)
    return path


def any_template_path(manifest: Mapping[str, Any]) -> FieldPath | None:
    """Where an object of any kind has its one pod template; `None` if it has none, or several.

    A kind of Kubernetes, or of the tables, has it in its place, be it there or not. An object of another
    custom kind has one if what stands in the usual place is the template of whole containers.
    """
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    path = template_path(api_version, kind)
    if path is not None or not isinstance(kind, str) or not api_version:
        return path
    group = group_of(api_version)
    path = OTHER_KINDS.get((group, kind))
    if path is None and is_custom(group) and (group, kind) not in SEVERAL_TEMPLATES and _has_template(manifest):
        return USUAL_PLACE
    return path


def is_cluster_scoped(kind: object) -> bool:
    """Return whether objects of this kind have no namespace; kustomize's files count as such."""
    return isinstance(kind, str) and re.fullmatch(_CLUSTER_SCOPED, kind) is not None


def is_custom(group: str) -> bool:
    """Whether an API group is none of Kubernetes' own, which are `""`, words and below `k8s.io`."""
    return "." in group and (not group.endswith(".k8s.io") or group.endswith(".x-k8s.io"))


def _has_template(manifest: Mapping[str, Any]) -> bool:
    """Whether a pod template stands in the usual place; a patch of one, whose containers have no image, is none."""
    found: Any = manifest
    for step in (*USUAL_PLACE, "spec", "containers"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return isinstance(found, list | tuple) and bool(found) and all(map(_has_image, found))


def _has_image(container: object) -> bool:
    return isinstance(container, Mapping) and isinstance(container.get("image"), str)


def kind_of_workload(api_version: object, kind: str) -> str:
    """What the kind is called: as in its manifest, with the group where that is ambiguous.

    `Service.serving.knative.dev` is what kubectl calls it, too.
    """
    group = group_of(api_version)
    return f"{kind}.{group}" if kind in _AMBIGUOUS and is_custom(group) else kind


def known_kinds() -> tuple[str, ...]:
    """The kinds that make pods, for people."""
    return tuple(sorted({*_BY_KIND, *(kind_of_workload(f"{group}/v1", kind) for group, kind in OTHER_KINDS)}))
