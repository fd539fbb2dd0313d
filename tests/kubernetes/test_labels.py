"""Labels: an immutable mapping of text to text."""

import copy
import io
import json
import pickle
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

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


@pytest.mark.parametrize(
    "change",
    [
        lambda labels: labels.__setitem__("app", "other"),
        lambda labels: labels.__delitem__("app"),
        lambda labels: labels.__ior__({"app": "other"}),
        lambda labels: labels.update(app="other"),
        lambda labels: labels.setdefault("tier", "front"),
        lambda labels: labels.pop("app"),
        lambda labels: labels.popitem(),
        lambda labels: labels.clear(),
    ],
)
def test_it_cannot_change(change: Any) -> None:
    """No method of a dict changes labels; the error says how to make other ones."""
    labels: Any = Labels({"app": "web"})
    with pytest.raises(TypeError, match=r"make other ones, labels \| \{key: value\}"):
        change(labels)
    with pytest.raises(AttributeError):
        labels.other = 1
    assert labels == {"app": "web"}


@given(PLAIN, PLAIN)
def test_a_union_is_a_dict(one: dict[str, str], other: dict[str, str]) -> None:
    """`|` works on either side, and its result may change."""
    assert Labels(one) | other == one | Labels(other) == Labels(one) | Labels(other) == one | other
    assert type(Labels(one) | other) is dict


@given(st.dictionaries(st.text("abc", min_size=1), st.text("abc"), max_size=3))
def test_writers_of_dicts_write_it(plain: dict[str, str]) -> None:
    """JSON and every dumper of PyYAML write labels as the dict of the same items."""
    labels = Labels(plain)
    assert isinstance(labels, dict)
    assert json.dumps(labels) == json.dumps(plain)
    for dumper in (yaml.SafeDumper, yaml.Dumper, yaml.CSafeDumper):
        assert yaml.dump({"labels": labels}, Dumper=dumper) == yaml.dump({"labels": plain}, Dumper=dumper)
    text = io.StringIO()
    YAML(typ="safe").dump({"labels": labels}, text)
    assert YAML(typ="safe").load(text.getvalue()) == {"labels": plain}


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
    items: object = [("a", "b")]
    assert Labels({"a": "b"}) != items
    assert Labels({"a": "b"}) != {"a": "c"}


@pytest.mark.parametrize("items", ["ab", 5, ["ab"], [("a", "b")], b"a"])
def test_labels_of_no_mapping(items: Any) -> None:
    """Labels of anything but a mapping are an error in portmap's words; two letters are not a key and a value."""
    with pytest.raises(TypeError, match="labels are a mapping of text to text, not "):
        Labels(items)
