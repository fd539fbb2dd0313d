"""Pods and Services that a set of manifests refers to and that need not be in it: what speaks for that.

In published repositories most selectors that match nothing are right: an operator makes
the pods, a build step adds the labels, or the other half lives in another folder.
"""

import re
from collections.abc import Mapping
from typing import Final

from portmap._services import Service
from portmap.lint._bundles import Bundle
from portmap.lint._fragments import has_placeholder

__all__ = ["pods_made_elsewhere"]

_CONTROLLERS: Final[Mapping[str, str]] = {
    r"statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index": "the controller of StatefulSets",
    r"(?:batch\.kubernetes\.io/)?job-name": "the controller of Jobs",
    r"prometheus|alertmanager|operator\.prometheus\.io/.*|thanos-ruler": "the Prometheus operator",
    r"(?:master-)?role|.*[./-]role|leader|is-leader|.*/leader": "whoever elects a leader at run time",
    r"active|.*-active|.*/active|.*/primary|isMainInterface": "whoever elects a leader at run time",
    r"app\.kubernetes\.io/managed-by": "the operator that it names",
    r"gateway\.networking\.k8s\.io/.*|istio|istio\.io/.*": "the controller of a gateway",
    r"kompose\.io/.*": "kompose",
    r"spark-role|.*-cluster|.*_cluster|.*/cluster(?:-name)?|cluster-name|.*-instance|.*/instance-name": "an operator",
}
"""Keys of labels, as patterns, that somebody else gives to pods, and who does."""

_PATTERNS: Final = [(re.compile(pattern), who) for pattern, who in _CONTROLLERS.items()]

# Labels that everybody writes by hand, although their keys belong to a domain.
_COMMON_DOMAINS: Final = ("app.kubernetes.io/", "k8s-app", "kubernetes.io/", "helm.sh/", "app.openshift.io/")

# The static pods of a control plane, which no manifest of a repository makes.
_CONTROL_PLANE: Final = re.compile(
    r"kube-(?:apiserver|controller-manager|scheduler|proxy|dns|etcd)|etcd|control-plane|coredns|kubelet"
)


def pods_made_elsewhere(service: Service, bundle: Bundle) -> str | None:
    """Why the pods that a Service selects need not be in the bundle; `None` where nothing speaks for that."""
    selector = service.selector or {}
    return _added(selector, bundle) or _elsewhere(selector, bundle) or _by_controllers(selector, bundle)


def _added(selector: Mapping[str, str], bundle: Bundle) -> str | None:
    for key, value in selector.items():
        if has_placeholder(value) or has_placeholder(key):
            return f"{value!r} is filled in by a tool"
        if key in bundle.added_labels:
            return f"kustomize adds the label {key} to every object of this folder"
    return None


def _elsewhere(selector: Mapping[str, str], bundle: Bundle) -> str | None:
    found = next(bundle.elsewhere.selected_by(selector), None)
    return f"{found} has the labels, in another part of the input" if found is not None else None


def _by_controllers(selector: Mapping[str, str], bundle: Bundle) -> str | None:
    for key, value in selector.items():
        owner = bundle.custom_names.get(value) or bundle.elsewhere.custom_names.get(value)
        if owner is not None:
            return f"the controller of {owner} may make the pods"
        if _CONTROL_PLANE.fullmatch(value):
            return f"{key}={value} are pods of the control plane"
        if key not in bundle.elsewhere.label_keys:
            who = next((who for pattern, who in _PATTERNS if pattern.fullmatch(key)), None)
            if who is not None:
                return f"the label {key} is given to pods by {who}"
            if "/" in key and not key.startswith(_COMMON_DOMAINS):
                return f"the label {key} belongs to {key.partition('/')[0]}, whose controllers may make the pods"
    return None
