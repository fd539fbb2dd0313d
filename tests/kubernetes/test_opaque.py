"""Data that is not modelled: immutable, and equal to the original."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._kubernetes.opaque import Opaque, merged, residue

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


@given(MAPPINGS)
def test_it_is_the_data(data: dict[str, Any]) -> None:
    """Opaque data are equal to the original."""
    opaque = Opaque(data)
    assert opaque == data
    assert data == opaque
    assert opaque.copy() == data
    assert sorted(opaque) == sorted(data)
    assert len(opaque) == len(data)
    assert all(opaque[key] == value for key, value in data.items())
    assert eval(repr(opaque)) == data


@given(MAPPINGS)
def test_it_is_a_value(data: dict[str, Any]) -> None:
    """Copies and pickles are equal and have equal hashes."""
    opaque = Opaque(data)
    for twin in (Opaque(data), copy.copy(opaque), copy.deepcopy(opaque), pickle.loads(pickle.dumps(opaque))):
        assert twin == opaque
        assert hash(twin) == hash(opaque)


def test_immutable() -> None:
    """Changes of the original, or of what is returned, have no effect."""
    data = {"status": {"ports": [1]}}
    opaque = Opaque(data)
    data["status"]["ports"].append(2)
    opaque["status"]["ports"].append(3)
    opaque.copy()["status"] = None
    assert opaque == {"status": {"ports": [1]}}


def test_it_equals_mappings_alone() -> None:
    """Data are equal if they are equal as mappings, whatever the order of keys."""
    assert Opaque({"a": 1, "b": 2}) == Opaque({"b": 2, "a": 1})
    assert Opaque({"a": 1}) != Opaque({"a": True})
    assert Opaque({"a": 1}) != [("a", 1)]
    assert Opaque({"a": Opaque({"b": (1, 2)})}) == {"a": {"b": [1, 2]}}


@pytest.mark.parametrize("data", [{1: 2}, {"a": {1: 2}}, {"a": object()}, {"a": b"b"}, {"a": {"b"}}])
def test_only_json(data: Any) -> None:
    """Data that are not JSON are refused."""
    with pytest.raises((TypeError, ValueError)):
        Opaque(data)


class TestResidue:
    """The part of a manifest that is not modelled."""

    @pytest.mark.parametrize(
        ("authored", "modelled", "left"),
        [
            ({}, {}, {}),
            ({"a": 1}, {"a": 1}, {}),
            ({"a": 1, "b": None}, {"a": 1}, {"b": None}),
            ({"a": {"b": 1, "c": []}}, {"a": {"b": 1}}, {"a": {"c": []}}),
            ({"a": {"b": 1}}, {"a": {"b": 1}}, {}),
            ({"a": {}}, {}, {"a": {}}),
            ({"a": None}, {"b": 1}, {"a": None}),
        ],
    )
    def test_examples(self, authored: dict[str, Any], modelled: dict[str, Any], left: dict[str, Any]) -> None:
        """The residue has the keys that the modelled manifest lacks, at any depth."""
        assert residue(authored, modelled) == left
        assert merged(copy.deepcopy(modelled), left) == {**modelled, **authored}

    @given(MAPPINGS, st.data())
    def test_merge_restores_the_whole(self, authored: dict[str, Any], data: st.DataObject) -> None:
        """A part and its residue are the whole manifest."""

        def part_of(whole: dict[str, Any]) -> dict[str, Any]:
            kept = {key: item for key, item in whole.items() if data.draw(st.booleans())}
            return {key: part_of(item) if isinstance(item, dict) else item for key, item in kept.items()}

        modelled = part_of(authored)
        assert merged(modelled, residue(authored, modelled)) == authored

    def test_modelled_values_have_precedence(self) -> None:
        """Modelled values have precedence."""
        assert merged({"a": 1, "b": {"c": 2}}, {"a": 9, "b": {"c": 9, "d": 3}}) == {"a": 1, "b": {"c": 2, "d": 3}}
        assert merged({"a": {"b": 1}}, {"a": 9}) == {"a": {"b": 1}}
