"""Labels: an immutable mapping of text to text."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import Labels

PLAIN = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=5)


@given(PLAIN)
def test_equal_to_the_dict(plain: dict[str, str]) -> None:
    """Labels have the items, order and repr of their dict."""
    labels = Labels(plain)
    assert labels == plain
    assert plain == labels
    assert repr(labels) == repr(plain)
    assert list(labels) == list(plain)
    assert list(labels.items()) == list(plain.items())
    assert len(labels) == len(plain)
    assert bool(labels) == bool(plain)
    assert all(key in labels and labels[key] == value for key, value in plain.items())


@given(PLAIN, PLAIN)
def test_equal_labels_hash_alike(one: dict[str, str], other: dict[str, str]) -> None:
    """Equality and hash do not depend on the order of keys."""
    assert (Labels(one) == Labels(other)) == (one == other)
    assert hash(Labels(one)) == hash(Labels(dict(reversed(one.items()))))


@given(PLAIN)
def test_copies(plain: dict[str, str]) -> None:
    """Copies and pickles are equal; changes of the original dict have no effect."""
    labels = Labels(plain)
    assert copy.copy(labels) == copy.deepcopy(labels) == pickle.loads(pickle.dumps(labels)) == labels
    plain["new key"] = "new"
    assert "new key" not in labels


@given(PLAIN)
def test_the_dict_of_it_may_change(plain: dict[str, str]) -> None:
    """`copy` returns a new dict in the same order."""
    labels = Labels(plain)
    own = labels.copy()
    assert list(own.items()) == list(plain.items())
    own["new key"] = "new"
    assert labels == plain


def test_it_cannot_change() -> None:
    """A label cannot be set."""
    labels: Any = Labels({"app": "web"})
    with pytest.raises(TypeError):
        labels["app"] = "other"
    with pytest.raises(AttributeError):
        labels.other = 1


def test_nothing_is_no_labels() -> None:
    """Labels without items are empty."""
    assert Labels() == {} == Labels(None)
    assert "app" not in Labels()
    with pytest.raises(KeyError):
        Labels()["app"]


@pytest.mark.parametrize("items", [{1: "a"}, {"a": 1}, {"a": None}, {"a": ["b"]}])
def test_only_text(items: Any) -> None:
    """Numbers, nulls and lists are refused."""
    with pytest.raises(TypeError):
        Labels(items)


def test_it_equals_mappings_alone() -> None:
    """Labels are not equal to a list of their items."""
    assert Labels({"a": "b"}) != [("a", "b")]
    assert Labels({"a": "b"}) != {"a": "c"}


@pytest.mark.parametrize("items", ["ab", 5, ["ab"], [("a", "b")], b"a"])
def test_labels_of_no_mapping(items: Any) -> None:
    """Labels of anything but a mapping are an error in portmap's words; two letters are not a key and a value."""
    with pytest.raises(TypeError, match="labels are a mapping of text to text, not "):
        Labels(items)
