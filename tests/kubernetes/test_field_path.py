"""Field paths: steps, text, order, and what a user writes."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._kubernetes.field_path import ROOT, FieldPath, Key, as_path

FIELDS = st.text("abcXYZ", min_size=1, max_size=5)
KEYS = st.text("ab./-_ ", min_size=1, max_size=8).map(Key)
STEPS = FIELDS | st.integers(0, 20) | KEYS
PATHS = st.builds(lambda first, rest: FieldPath(first, *rest), FIELDS, st.lists(STEPS, max_size=5))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (ROOT, ""),
        (FieldPath("spec", "ports").index(0).child("targetPort"), "spec.ports[0].targetPort"),
        (FieldPath("metadata", "annotations").key("example.com/a.b"), "metadata.annotations[example.com/a.b]"),
        (FieldPath("spec", "clusterIPs", 1), "spec.clusterIPs[1]"),
        (FieldPath(0, "name"), "[0].name"),
    ],
)
def test_text(path: FieldPath, text: str) -> None:
    """Indices and keys of maps are in brackets, field names after dots."""
    assert str(path) == text
    assert as_path(text) == path


@given(PATHS)
def test_text_becomes_the_same_path(path: FieldPath) -> None:
    """`as_path(str(path)) == path`, with the same kinds of steps."""
    again = as_path(str(path))
    assert again == path
    assert [type(step) for step in again] == [type(step) for step in path]


@given(st.text(max_size=30) | st.text("a.[]0", max_size=8))
def test_any_text_is_a_path(text: str) -> None:
    """A path keeps the text that it was made of, whatever the text is."""
    assert str(as_path(text)) == text


@pytest.mark.parametrize("text", ["a..b", "a[", "]", "a]b", ".", ".a", "[0]a", "a[007]"])
def test_text_that_is_no_path_is_one_step(text: str) -> None:
    """A text with a bracket too many, or nothing between dots, is not divided."""
    assert as_path(text).steps == (text,)


def test_a_path_is_returned_as_it_is() -> None:
    """`as_path` takes a path as well, for constructors that take both."""
    path = FieldPath("spec")
    assert as_path(path) is path


def test_indices_sort_as_numbers() -> None:
    """`ports[2]` comes before `ports[10]`, and an object before its fields."""
    texts = ["spec.ports[10]", "spec.ports[2].name", "spec.ports[2]", "spec", "metadata.name", ""]
    assert [str(path) for path in sorted(map(as_path, texts))] == [
        *("", "metadata.name", "spec", "spec.ports[2]", "spec.ports[2].name", "spec.ports[10]")
    ]


@given(st.lists(PATHS, min_size=2, max_size=6))
def test_any_paths_can_be_sorted(paths: list[FieldPath]) -> None:
    """Any two paths can be compared, also an index with a name at the same place, and the order is total."""
    backwards = paths[::-1]
    assert sorted(backwards) == sorted(paths)


@given(PATHS, PATHS)
def test_equal_paths_look_alike(one: FieldPath, other: FieldPath) -> None:
    """Paths are equal if and only if their texts are; equal paths have equal hashes."""
    assert (one == other) == (str(one) == str(other))
    assert one != other or hash(one) == hash(other)
    assert (one < other) + (one == other) + (other < one) == 1


@given(PATHS, PATHS)
def test_paths_are_joined(root: FieldPath, rest: FieldPath) -> None:
    """A joined path has the steps of both, and can be cut again."""
    path = root + rest
    assert path.steps == root.steps + rest.steps
    assert path.starts_with(root)
    assert path[len(root) :] == rest
    assert path[-1] == rest.steps[-1]
    assert path.parent == path[:-1]


def test_a_path_is_immutable() -> None:
    """No step can be changed; copies and pickles are equal."""
    path = FieldPath("metadata", "labels").key("a.b/c").index(1)
    with pytest.raises(AttributeError, match="immutable"):
        path.steps = ()
    with pytest.raises(AttributeError, match="immutable"):
        del path.steps
    for twin in (copy.copy(path), copy.deepcopy(path), pickle.loads(pickle.dumps(path))):
        assert twin == path
        assert str(twin) == str(path)


def test_representation() -> None:
    """The representation is Python that makes the path."""
    path = FieldPath("spec", 0).key("a")
    assert repr(path) == "FieldPath('spec', 0, Key('a'))"
    assert eval(repr(path)) == path


def test_a_path_is_no_text() -> None:
    """A path is equal to no text."""
    assert FieldPath("spec") != "spec"


def test_keys_with_dots_are_in_brackets() -> None:
    """A step with dots is shown in brackets, so that it is read as one step again; a text that is no path stays."""
    path = FieldPath("metadata", "labels", "app.kubernetes.io/name")
    assert str(path) == "metadata.labels[app.kubernetes.io/name]"
    assert list(as_path(str(path))) == list(path)
    assert str(FieldPath("a..b")) == "a..b"
