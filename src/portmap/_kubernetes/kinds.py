"""Kinds of objects: their groups, scope and short names, and where workloads have their pod template.

A workload of another project is one more row of `OTHER_KINDS`; a custom kind with its template at
`spec.template` needs no row. Kubernetes' own kinds have a table of their own because an API server
validates only their templates.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from portmap._kubernetes.field_path import ROOT, FieldPath

CORE_VERSIONS: Final = ("v1", "/v1", None, "")
"""Values of `apiVersion` for a kind of the core group: the URL of a request has the group and version, too."""

_TEMPLATE: Final = FieldPath("spec", "template")
USUAL_PLACE: Final = _TEMPLATE
"""Where a kind that is in no table may have a pod template."""

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
"""API group and kind of workloads of other projects, and the path from the object to its pod template."""

SEVERAL_TEMPLATES: Final[Mapping[tuple[str, str], tuple[str, FieldPath]]] = {
    ("operators.coreos.com", "ClusterServiceVersion"): (
        "Deployment",
        FieldPath("spec", "install", "spec", "deployments"),
    ),
}
"""Kinds that make several workloads: the kind of these, and the path to the list of their names and specs."""

SHORT_LIVED: Final = frozenset({"CronJob", "Job"})
"""Kinds whose pods run to completion and seldom serve requests."""

SHORT_NAMES: Final[Mapping[str, str]] = {
    "cj": "CronJob",
    "cm": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "csr": "CertificateSigningRequest",
    "dc": "DeploymentConfig",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "ep": "Endpoints",
    "ev": "Event",
    "gc": "GatewayClass",
    "gtw": "Gateway",
    "hpa": "HorizontalPodAutoscaler",
    "ing": "Ingress",
    "ip": "IPAddress",
    "ksvc": "Service.serving.knative.dev",
    "limits": "LimitRange",
    "netpol": "NetworkPolicy",
    "no": "Node",
    "ns": "Namespace",
    "pc": "PriorityClass",
    "pdb": "PodDisruptionBudget",
    "pmon": "PodMonitor",
    "po": "Pod",
    "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim",
    "quota": "ResourceQuota",
    "rc": "ReplicationController",
    "refgrant": "ReferenceGrant",
    "ro": "Rollout",
    "rs": "ReplicaSet",
    "sa": "ServiceAccount",
    "sc": "StorageClass",
    "smon": "ServiceMonitor",
    "sts": "StatefulSet",
    "svc": "Service",
}
"""Kinds by their short names in kubectl."""

_CLUSTER_SCOPED: Final = (
    r"Cluster.*|.*Class|Namespace|Node|PersistentVolume|CustomResourceDefinition|.*WebhookConfiguration|APIService"
    r"|ValidatingAdmissionPolicy.*|MutatingAdmissionPolicy.*|CertificateSigningRequest|CSIDriver|CSINode"
    r"|FlowSchema|PriorityLevelConfiguration|ServiceCIDR|IPAddress|Kustomization|Component"
)

_BY_KIND: Final = {kind: path for (_, kind), path in WORKLOAD_KINDS.items()}
OLD_GROUPS: Final = frozenset({"extensions"})
"""Groups that workloads were in before Kubernetes 1.16."""
# Names of Kubernetes' own kinds, which other projects use for kinds of theirs.
_AMBIGUOUS: Final = frozenset({"Service", *_BY_KIND})

# A controller chooses these values itself.
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
"""By kind of workload: the labels that its controller adds to pods, and patterns of their values.

`{name}` is the name of the workload.
"""


def group_of(api_version: object) -> str:
    """Return the API group of an `apiVersion`, `""` for `v1`."""
    return api_version.rpartition("/")[0] if isinstance(api_version, str) else ""


def template_path(api_version: object, kind: object) -> FieldPath | None:
    """Return the path of the pod template in a kind of Kubernetes; `None` for a kind without one."""
    if not isinstance(kind, str):
        return None
    group = group_of(api_version)
    path = WORKLOAD_KINDS.get((group, kind))
    if path is None and (group in OLD_GROUPS or not api_version):
        return _BY_KIND.get(kind)
    return path


def any_template_path(manifest: Mapping[str, Any]) -> FieldPath | None:
    """Return the path of the pod template in an object of any kind; `None` if it has none, or several.

    For a kind of the tables it is the path of the table, even if the object lacks the template. An object of
    another custom kind has a template if `spec.template` is one, with images in its containers.
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
    """Return whether an API group is not Kubernetes' own: those are `""`, single words, and below `k8s.io`."""
    return "." in group and (not group.endswith(".k8s.io") or group.endswith(".x-k8s.io"))


def _has_template(manifest: Mapping[str, Any]) -> bool:
    """Return whether the object has a template at `spec.template`: a patch, whose containers lack images, is none."""
    found: Any = manifest
    for step in (*USUAL_PLACE, "spec", "containers"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return isinstance(found, list | tuple) and bool(found) and all(map(_has_image, found))


def _has_image(container: object) -> bool:
    return isinstance(container, Mapping) and isinstance(container.get("image"), str)


def kind_of_workload(api_version: object, kind: str) -> str:
    """Return the kind, with its group if Kubernetes has a kind of the same name.

    kubectl uses the same form: `Service.serving.knative.dev`.
    """
    group = group_of(api_version)
    return f"{kind}.{group}" if kind in _AMBIGUOUS and is_custom(group) else kind


def known_kinds() -> tuple[str, ...]:
    """Return the kinds that make pods, for people."""
    return tuple(sorted({*_BY_KIND, *(kind_of_workload(f"{group}/v1", kind) for group, kind in OTHER_KINDS)}))
