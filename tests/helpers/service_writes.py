"""Strategies of manifests of Services that are written over each other."""

from typing import Any

from hypothesis import strategies as st

__all__ = ["manifests"]


def manifests() -> st.SearchStrategy[dict[str, Any]]:
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
