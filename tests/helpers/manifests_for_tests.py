"""Manifests for the property tests: good ones, nearly good ones, and data that are anything but."""

import copy
import math
from typing import Any, Final

from hypothesis import strategies as st

from portmap import strategies
from portmap._strategies.manifests import NULLABLE_FIELDS
from strategies_for_tests import EVERYWHERE, Strategy

__all__ = ["json_values", "near_manifests", "service_manifests", "untyped"]


def service_manifests() -> Strategy[dict[str, Any]]:
    """A Service's manifest as others write it, for a cluster with both IP families."""
    return strategies.manifests(kinds=["Service"], cluster=EVERYWHERE)


# --- anything --------------------------------------------------------------------------------------------------

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
"""Whatever a JSON parser might make of a text, and some that only Python could."""

untyped: Final[Strategy[Any]] = json_values | st.sampled_from(
    [b"bytes", (), ("http",), {"a"}, range(3), object(), 1j, {1: 2}, [None], [[]], [{}], int, ...]
)
"""What a caller who reads no types might hand over."""

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
    """A manifest with a few places of it replaced, added or removed: the right names with the wrong things in them."""
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
