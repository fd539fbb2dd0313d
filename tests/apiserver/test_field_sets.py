"""Sets of field paths, and values walked by path."""

from typing import Any

import pytest
from hypothesis import given

from portmap._apiserver.field_sets import (
    assembled,
    children,
    difference,
    fields_of,
    read_fields,
    shown_path,
    with_parents,
    without,
)
from portmap._apiserver.merge_types import SERVICE_MERGE, MergeType
from random_objects import small_manifests as manifests

HTTP = 'k:{"port":80,"protocol":"TCP"}'


def test_managed_fields_are_read() -> None:
    """A dot is the path itself, and an empty mapping is a leaf. The spelling of keys does not matter."""
    fields = {
        "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
        "f:spec": {"f:ports": {'k:{"protocol": "TCP", "port": 80}': {".": {}, "f:name": {}}}, "f:type": {}},
    }
    assert read_fields(fields) == {
        ("f:metadata", "f:labels"),
        ("f:metadata", "f:labels", "f:app"),
        ("f:spec", "f:ports", HTTP),
        ("f:spec", "f:ports", HTTP, "f:name"),
        ("f:spec", "f:type"),
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("f:spec", "f:selector"), ".spec.selector"),
        (("f:spec", "f:ports", HTTP, "f:name"), '.spec.ports[port=80,protocol="TCP"].name'),
        (("f:metadata", "f:finalizers", 'v:"x/a"'), '.metadata.finalizers[="x/a"]'),
    ],
)
def test_paths_are_shown_as_the_server_shows_them(path: tuple[str, ...], text: str) -> None:
    """Paths have the spelling of the messages of a server."""
    assert shown_path(path) == text


def test_a_manifest_owns_its_leaves_and_items() -> None:
    """The selector is one field, the default protocol is TCP, and an empty list owns nothing."""
    manifest = {
        "metadata": {"labels": {"app": "web"}, "finalizers": ["x/a"], "annotations": {}},
        "spec": {"ports": [{"port": 80, "name": None}], "selector": {"a": "b"}, "externalIPs": []},
        "status": {"conditions": []},
    }
    assert fields_of(manifest, SERVICE_MERGE) == {
        ("f:metadata", "f:labels", "f:app"),
        ("f:metadata", "f:finalizers", 'v:"x/a"'),
        ("f:metadata", "f:annotations"),
        ("f:spec", "f:ports", HTTP),
        ("f:spec", "f:ports", HTTP, "f:port"),
        ("f:spec", "f:ports", HTTP, "f:name"),
        ("f:spec", "f:selector"),
        ("f:spec", "f:externalIPs"),
    }


def test_a_difference_tells_added_from_modified() -> None:
    """A new container is added itself. An empty container that changes is a leaf."""
    old = {"metadata": {"labels": {}}, "spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81}], "type": "NodePort"}}
    new = {"metadata": {"labels": None}, "spec": {"ports": [{"port": 80, "name": "b"}], "selector": {}}}
    change = difference(old, new, SERVICE_MERGE)
    gone = 'k:{"port":81,"protocol":"TCP"}'
    assert change.added == {("f:spec", "f:selector")}
    assert change.modified == {("f:spec", "f:ports", HTTP, "f:name"), ("f:metadata", "f:labels")}
    assert change.removed == {("f:spec", "f:type"), ("f:spec", "f:ports", gone), ("f:spec", "f:ports", gone, "f:port")}


def test_parents_are_fields_and_no_items() -> None:
    """An owned field does not include the list item that contains it."""
    path = ("f:spec", "f:ports", HTTP, "f:name")
    assert with_parents(frozenset({path})) == {path, ("f:spec",), ("f:spec", "f:ports")}


def test_a_container_that_loses_all_becomes_null() -> None:
    """A container without children becomes null."""
    value = {"metadata": {"labels": {"a": "1"}, "name": "web"}}
    paths = frozenset({("f:metadata", "f:labels", "f:a")})
    assert without(value, paths, SERVICE_MERGE) == {"metadata": {"labels": None, "name": "web"}}


@given(manifests())
def test_a_value_is_what_its_children_assemble(manifest: dict[str, Any]) -> None:
    """The children of a value assemble to an equal value."""
    parts: tuple[tuple[Any, MergeType], ...] = (
        (manifest, SERVICE_MERGE),
        (manifest["metadata"], SERVICE_MERGE.of["metadata"]),
        (manifest["spec"], SERVICE_MERGE.of["spec"]),
    )
    for value, merge_type in parts:
        assert assembled(children(value, merge_type), merge_type) == value


@given(manifests(), manifests())
def test_nothing_differs_only_between_equals(old: dict[str, Any], new: dict[str, Any]) -> None:
    """A manifest does not differ from itself, and manifests that do not differ have the same fields."""
    assert not any(difference(old, old, SERVICE_MERGE))
    change = difference(old, new, SERVICE_MERGE)
    back = difference(new, old, SERVICE_MERGE)
    assert (change.added, change.modified, change.removed) == (back.removed, back.modified, back.added)
    if not any(change):
        assert fields_of(old, SERVICE_MERGE) == fields_of(new, SERVICE_MERGE)
