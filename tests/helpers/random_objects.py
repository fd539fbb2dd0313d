"""Strategies for Services, clusters and manifests, valid ones and others."""

import copy
import math
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from portmap import Cluster, Service, strategies
from portmap._strategies.manifests import NULLABLE_FIELDS
from portmap._strategies.mistakes import DUAL_STACK
from portmap._strategies.words import texts

__all__ = [
    "EVERYWHERE",
    "Strategy",
    "clusters",
    "json_values",
    "near_manifests",
    "service_manifests",
    "services",
    "small_manifests",
    "untyped",
]

EVERYWHERE: Final = DUAL_STACK
"""A cluster with both IP families, which accepts every generated Service."""

Strategy = st.SearchStrategy


@st.composite
def services(draw: st.DrawFn) -> Service:
    """Draw a Service of any type, which may have empty words or a generated name."""
    service = draw(strategies.services(cluster=EVERYWHERE))
    changes: dict[str, Any] = {}
    if draw(st.booleans()):
        changes |= {"name": "", "generate_name": service.name[:50]}
    if service.type is None and draw(st.booleans()):
        changes["type"] = ""
    if service.session_affinity is None and draw(st.booleans()):
        changes["session_affinity"] = ""
    if draw(st.booleans()):
        changes["load_balancer_ip"] = draw(texts)
    if len(service.ports) == 1 and draw(st.booleans()):
        changes["ports"] = [attrs.evolve(service.ports[0], name="")]
    with EVERYWHERE:
        return attrs.evolve(service, **changes)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Draw a cluster of any version, with or without service CIDRs."""
    return Cluster(
        draw(st.sampled_from(["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"])),
        node_port_range=draw(st.sampled_from([range(30000, 32768), range(30000, 31000), range(20000, 22768)])),
        service_cidrs=draw(
            st.sampled_from(
                [None, ("10.0.0.0/16", "fd00:10::/108"), ("fd00:10::/64",), ("172.30.0.0/16",), ("10.0.0.0/20",)]
            )
        ),
    )


def service_manifests() -> Strategy[dict[str, Any]]:
    """Return manifests of Services as other tools write them, for a cluster with both IP families."""
    return strategies.manifests(kinds=["Service"], cluster=EVERYWHERE)


# --- invalid data --------------------------------------------------------------------------------------------------

_scalars: Final[Strategy[Any]] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 80, 65535, 65536, 2**31, 2**63, 2**64, 10**30, -(10**30), 10**400]),
    st.floats(),
    st.sampled_from([80.0, 1e300, math.inf, math.nan]),
    st.text(max_size=20),
    st.sampled_from(
        ["", "\ud800", "None", "80", "http", "a\n", "10.0.0.1", "ClusterIP", "v1", "Service", "x" * 300, "ü"]
    ),
)
json_values: Final[Strategy[Any]] = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
"""Values that a JSON parser may return, and some that only Python has."""

untyped: Final[Strategy[Any]] = json_values | st.sampled_from(
    [b"bytes", (), ("http",), {"a"}, range(3), object(), 1j, {1: 2}, [None], [[]], [{}], int, ...]
)
"""Values that a caller without type checks may pass."""

_FIELDS: Final = sorted(
    {
        *(field for fields in NULLABLE_FIELDS.values() for field in fields),
        "port",
        "name",
        "status",
        "apiVersion",
        "kind",
    }
    | {
        "spec",
        "metadata",
        "resourceVersion",
        "generation",
        "finalizers",
        "ownerReferences",
        "managedFields",
        "uid",
        "template",
        "containers",
        "clientIP",
    }
)


def _places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(data, dict):
        for key, item in data.items():
            found += _places(item, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            found += _places(item, (*path, index))
    return found


@st.composite
def near_manifests(draw: st.DrawFn) -> Any:
    """Draw the manifest of a Service with a few values replaced, added or removed."""
    manifest: Any = draw(service_manifests())
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_places(manifest)))
        if not path:
            manifest = manifest if draw(st.integers(0, 9)) else draw(json_values)
            if isinstance(manifest, dict):
                manifest[draw(st.sampled_from(_FIELDS))] = draw(json_values)
            continue
        parent = manifest
        for step in path[:-1]:
            parent = parent[step]
        action = draw(st.sampled_from(["replace", "remove", "add", "another"]))
        if action == "remove":
            del parent[path[-1]]
        elif action == "add" and isinstance(parent[path[-1]], dict):
            parent[path[-1]][draw(st.sampled_from(_FIELDS))] = draw(json_values)
        elif action == "another":
            parent[path[-1]] = copy.deepcopy(draw(st.sampled_from([manifest, *_scalar_leaves(manifest)])))
        else:
            parent[path[-1]] = draw(json_values)
    return manifest


def _scalar_leaves(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [leaf for item in data.values() for leaf in _scalar_leaves(item)]
    if isinstance(data, list):
        return [leaf for item in data for leaf in _scalar_leaves(item)]
    return [data]


def small_manifests() -> Strategy[dict[str, Any]]:
    """Return manifests with few names and numbers, so that two of them often share some."""
    port = st.fixed_dictionaries(
        {"port": st.integers(1, 3)},
        optional={"protocol": st.sampled_from(["TCP", "UDP"]), "name": st.sampled_from("ab")},
    )
    texts = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))
    metadata = st.fixed_dictionaries(
        {"name": st.just("web")},
        optional={"labels": texts, "finalizers": st.lists(st.sampled_from(["x/a", "x/b"]), unique=True)},
    )
    spec = st.fixed_dictionaries(
        {"type": st.sampled_from(["ClusterIP", "NodePort"])},
        optional={
            "ports": st.lists(port, max_size=3, unique_by=lambda port: (port["port"], port.get("protocol", "TCP"))),
            "selector": st.one_of(st.none(), texts),
        },
    )
    return st.fixed_dictionaries({"metadata": metadata, "spec": spec})
