"""Strategies for manifests as other tools write them: with nulls, empty values and unmodelled parts."""

import copy
from collections.abc import Collection, Mapping
from typing import Any, Final

from hypothesis import strategies as st

from portmap._apiserver.service_schema import SERVICE_PORT_FIELDS, SPEC_FIELDS
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.kinds import WORKLOAD_KINDS
from portmap._model.pods import Pod
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload
from portmap._strategies.arguments import check_cluster, check_strategy, choices_of, represented_by_call
from portmap._strategies.pods import KINDS_OF_WORKLOADS, pods, workloads
from portmap._strategies.services import services
from portmap._strategies.words import any_fields, finalizers, texts

Manifest = dict[str, Any]

_KINDS: Final = ("Service", "Pod", *KINDS_OF_WORKLOADS)


@represented_by_call
def manifests(
    *,
    kinds: Collection[str] = _KINDS,
    names: st.SearchStrategy[str] | None = None,
    namespaces: st.SearchStrategy[str | None] | None = None,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[Manifest]:
    """Generate manifests, as plain data, that an API server would accept.

    Those of Services may have nulls, empty lists, keys in any order, finalizers, owners and a status.

    Args:
        kinds: The kinds: `"Service"`, `"Pod"`, `"Deployment"` and other workloads.
        names: The values of `metadata.name`.
        namespaces: The values of `metadata.namespace`. `None` among them leaves it out.
        cluster: The target. The default is the cluster in force when an example is drawn.

    Raises:
        InvalidArgument: An argument is not valid.

    Example:
        >>> from hypothesis import given
        >>> from portmap.manifests import validate
        >>> from portmap.strategies import manifests
        >>> @given(manifests(kinds=["Service"]))
        ... def test_a_server_takes_it(manifest):
        ...     assert validate(manifest) == ()
        ...
        >>> test_a_server_takes_it()
    """
    wanted = choices_of("kinds", kinds, _KINDS)
    check_cluster(cluster)
    for argument, given in (("names", names), ("namespaces", namespaces)):
        check_strategy(argument, given)
    workload_kinds = tuple(kind for kind in wanted if kind in KINDS_OF_WORKLOADS)
    options: list[st.SearchStrategy[Manifest]] = []
    if "Service" in wanted:
        options.append(
            services(names=names, namespaces=namespaces, cluster=cluster).map(to_manifest).flatmap(_with_noise)
        )
    if "Pod" in wanted:
        options.append(pods(names=names, namespaces=namespaces, cluster=cluster).map(_pod_manifest))
    if workload_kinds:
        drawn = workloads(kinds=workload_kinds, names=names, namespaces=namespaces, cluster=cluster)
        options.append(drawn.map(workload_manifest))
    return st.one_of(*options)


# --- pods and workloads ----------------------------------------------------------------------------------------

_GROUPS: Final = {kind: group for group, kind in WORKLOAD_KINDS}
_WITH_PLAIN_SELECTOR: Final = "ReplicationController"
_PODS_END: Final = frozenset({"Job", "CronJob"})


def _pod_manifest(pod: Pod) -> Manifest:
    """Return the manifest of a pod with an image for each container, which a typed container need not have."""
    manifest = to_manifest(pod)
    for containers in (manifest["spec"]["containers"], manifest["spec"].get("initContainers", [])):
        for container in containers:
            container.setdefault("image", "example.com/app:1")
    return manifest


def workload_manifest(workload: Workload) -> Manifest:
    """Return a manifest that `portmap.manifests.read` reads as this workload, with images."""
    template = _pod_manifest(workload.pod)
    group = _GROUPS[workload.kind]
    labels = template["metadata"].get("labels", {})
    annotations = template["metadata"].get("annotations")
    inner: Any = {"metadata": {"labels": labels}, "spec": template["spec"]}
    if workload.kind in _PODS_END:
        inner["spec"]["restartPolicy"] = "Never"
    if annotations is not None:
        inner["metadata"]["annotations"] = annotations
    for step in reversed(WORKLOAD_KINDS[group, workload.kind]):
        inner = {step: inner}
    spec: Manifest = {}
    if workload.replicas is not None:
        spec["replicas"] = workload.replicas
    if workload.selector is not None:
        labels = dict(workload.selector)
        spec["selector"] = labels if workload.kind == _WITH_PLAIN_SELECTOR else {"matchLabels": labels}
    if workload.kind == "CronJob":
        spec["schedule"] = "0 4 * * *"
    metadata = {"name": workload.name, **({"namespace": workload.namespace} if workload.namespace else {})}
    return {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": workload.kind,
        "metadata": metadata,
        "spec": spec | inner["spec"],
    }


# --- Services --------------------------------------------------------------------------------------------------

_OWNERS: Final = st.lists(
    st.fixed_dictionaries(
        {
            "apiVersion": st.sampled_from(["v1", "apps/v1"]),
            "kind": st.just("Deployment"),
            "name": texts.filter(bool),
            "uid": st.uuids().map(str),
        },
        optional={"controller": st.sampled_from([False, None]), "blockOwnerDeletion": st.booleans()},
    ),
    max_size=2,
)
_STATUSES: Final[st.SearchStrategy[Manifest | None]] = st.sampled_from(
    [
        {},
        {"loadBalancer": {}},
        {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ports": [{"port": 80, "protocol": "TCP"}]}]}},
        None,
    ]
)
_UNMODELLED: Final = any_fields(
    {
        "finalizers": st.lists(finalizers, max_size=2) | st.none(),
        "ownerReferences": _OWNERS | st.none(),
        "generation": st.integers(0, 2**63 - 1) | st.none(),
        "uid": st.uuids().map(str),
        "creationTimestamp": st.sampled_from([None, "2026-01-31T12:00:00Z"]),
        "managedFields": st.sampled_from([None, [], [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]]),
        "selfLink": texts,
    }
)
NULLABLE_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "metadata": ("generateName", "namespace", "labels", "annotations", "deletionTimestamp"),
    "spec": tuple(field.path[0] for field in SPEC_FIELDS),
    "port": tuple(field.path[0] for field in SERVICE_PORT_FIELDS if not field.required),
}
"""The fields that may be null. Null means that the field is left out."""
_EMPTY: Final[Mapping[str, tuple[object, ...]]] = {
    "selector": ({},),
    "clusterIPs": ([],),
    "ipFamilies": ([],),
    "externalIPs": ([],),
    "loadBalancerSourceRanges": ([],),
    "sessionAffinityConfig": ({}, {"clientIP": None}, {"clientIP": {}}, {"clientIP": {"timeoutSeconds": None}}),
    "clusterIP": ("",),
    "externalName": ("",),
}


def _fields(names: Collection[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(names)), max_size=most)


_NULLED: Final = st.fixed_dictionaries(
    {
        "metadata": _fields(NULLABLE_FIELDS["metadata"], 3),
        "spec": _fields(NULLABLE_FIELDS["spec"], 3),
        "port": _fields(NULLABLE_FIELDS["port"], 2),
    }
)
_EMPTIED: Final = _fields(_EMPTY, 2).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(_EMPTY[name]) for name in names})
)


@st.composite
def _with_noise(draw: st.DrawFn, manifest: Manifest) -> Manifest:
    """Draw the manifest of a Service with unmodelled parts, nulls and empty values added."""
    manifest["metadata"] |= copy.deepcopy(draw(_UNMODELLED))
    spec = manifest.setdefault("spec", {})
    nulled = draw(_NULLED)
    for part, fields in ((manifest["metadata"], nulled["metadata"]), (spec, nulled["spec"])):
        for field in fields:
            part.setdefault(field, None)
    for field, value in draw(_EMPTIED).items():
        spec.setdefault(field, copy.deepcopy(value))
    for port in spec.get("ports") or ():
        for field in nulled["port"]:
            port.setdefault(field, None)
    if draw(st.booleans()):
        manifest["status"] = copy.deepcopy(draw(_STATUSES))
    if not spec and draw(st.booleans()):
        del manifest["spec"]
    return dict(draw(st.permutations(list(manifest.items()))))
