"""Pods and Services that a set of manifests refers to and that need not be in it: what speaks for that.

In published repositories most selectors that match nothing are right: an operator makes
the pods, a build step adds the labels, or the other half lives in another folder.
"""

import re
from collections.abc import Mapping
from typing import Final

from portmap._lint.bundle import Bundle
from portmap._lint.kustomize import has_placeholder
from portmap._model.services import Service

__all__ = ["pods_made_elsewhere", "pods_perhaps_made_elsewhere", "where_the_labels_are"]

_CONTROLLERS: Final[Mapping[str, str]] = {
    r"statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index": "the controller of StatefulSets",
    r"(?:batch\.kubernetes\.io/)?job-name": "the controller of Jobs",
    r"prometheus|alertmanager|operator\.prometheus\.io/.*|thanos-ruler": "the Prometheus operator",
    r"app\.kubernetes\.io/managed-by": "the operator that it names",
    r"gateway\.networking\.k8s\.io/.*|istio|istio\.io/.*": "the controller of a gateway",
}
"""Keys of labels, as patterns, that a certain controller gives to pods, and which does."""

_OPERATORS: Final[Mapping[str, str]] = {
    r"(?:.*[-_./])?role|leader|is-leader|.*/leader": "whoever elects a leader at run time",
    r"active|.*-active|.*/active|.*/primary|isMainInterface": "whoever elects a leader at run time",
    r"spark-role|.*-cluster|.*_cluster|.*/cluster(?:-name)?|cluster-name|.*-instance|.*/instance-name": "an operator",
}
"""The same for keys that people use for other things, too."""

_ELECTED: Final = re.compile(
    r"(?:.*[-_./])?role|leader|is-leader|.*/leader|active|.*-active|.*/active|.*/primary|isMainInterface"
)
_PART: Final = re.compile(
    r"true|false|yes|no|[01]|active|passive|leader|follower|learner|master|slave|primary|secondary|replica|standby"
    r"|main|backup|read(?:-?write|-?only)|rw|ro|driver|executor|sentinel|arbiter|voter",
    re.IGNORECASE,
)
"""What is told of a pod by whoever elects a leader."""

_PATTERNS: Final = [(re.compile(pattern), who) for pattern, who in _CONTROLLERS.items()]
_MAYBE: Final = [(re.compile(pattern), who) for pattern, who in _OPERATORS.items()]

# What writes this label and makes no pods.
_NO_OPERATORS: Final = re.compile(
    r"helm|kustomize|kubectl|argo-?cd|flux.*|tiller|terraform|pulumi|cdk8s", re.IGNORECASE
)

# Labels that everybody writes by hand, although their keys belong to a domain.
_COMMON_DOMAINS: Final = (
    "app.kubernetes.io/",
    "k8s-app",
    "kubernetes.io/",
    "helm.sh/",
    "app.openshift.io/",
    "io.kompose.",
)

# The static pods of a control plane, which no manifest of a repository makes.
_CONTROL_PLANE: Final = re.compile(
    r"kube-(?:apiserver|controller-manager|scheduler|proxy|dns|etcd)|etcd|control-plane|coredns|kubelet"
)


def pods_made_elsewhere(service: Service, bundle: Bundle) -> str | None:
    """Why the pods that a Service selects are not in the bundle; `None` where nothing speaks for that."""
    return where_the_labels_are(service, bundle) or _by_controllers(service.selector or {}, bundle)


def pods_perhaps_made_elsewhere(service: Service, bundle: Bundle) -> str | None:
    """Why they may not be in it, although that is no more than a guess from the keys of labels."""
    for key in service.selector or {}:
        who = next((who for pattern, who in _MAYBE if pattern.fullmatch(key)), None)
        of_domain = "/" in key and not key.startswith(_COMMON_DOMAINS)
        if (who is not None or of_domain) and not bundle.elsewhere.has_label(key):
            if who is not None:
                return f"the label {key} is given to pods by {who}"
            return f"the label {key} belongs to {key.partition('/')[0]}, whose controllers may make the pods"
    return None


def where_the_labels_are(service: Service, bundle: Bundle) -> str | None:
    """What gives the labels of a selector to pods, as far as it is in the input; `None` where nothing does."""
    selector = service.selector or {}
    return _added(selector, bundle) or _elsewhere(service, bundle) or _elected(service, bundle)


def _added(selector: Mapping[str, str], bundle: Bundle) -> str | None:
    for key, value in selector.items():
        if has_placeholder(value) or has_placeholder(key):
            return f"{value!r} is filled in by a tool"
        if key in bundle.added_labels:
            return f"kustomize adds the label {key} to every object of this folder"
    return None


def _elsewhere(service: Service, bundle: Bundle) -> str | None:
    selected = bundle.elsewhere.selected_by(service.selector or {})
    found = next((each for each in selected if not bundle.has_like(each)), None)
    return f"{found} has the labels, in another part of the input" if found is not None else None


def _elected(service: Service, bundle: Bundle) -> str | None:
    """Whether pods of the bundle have all labels but those that say which part a pod plays."""
    selector = service.selector or {}
    told = [key for key, value in selector.items() if _ELECTED.fullmatch(key) and _PART.fullmatch(value)]
    found = bundle.unselected.with_the_rest(service, told) if told else None
    if found is None:
        return None
    return f"the label {told[0]} is given to pods, those of {found} perhaps, by whoever elects a leader at run time"


def _by_controllers(selector: Mapping[str, str], bundle: Bundle) -> str | None:
    for key, value in selector.items():
        owner = bundle.makers_of_pods.get(value) or bundle.elsewhere.maker_of_pods(value)
        if owner is not None:
            return f"the controller of {owner} may make the pods"
        if _CONTROL_PLANE.fullmatch(value):
            return f"{key}={value} are pods of the control plane"
        who = next((who for pattern, who in _PATTERNS if pattern.fullmatch(key)), None)
        if (
            who is not None
            and not (key.endswith("/managed-by") and _NO_OPERATORS.fullmatch(value))
            and not bundle.elsewhere.has_label(key)
        ):
            return f"the label {key} is given to pods by {who}"
    return None
