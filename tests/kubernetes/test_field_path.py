"""Field paths: as the API server writes them, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._kubernetes.field_path import Key, Path, describe, parse, sort_key

FIELDS = st.text("abcXYZ", min_size=1, max_size=5)
KEYS = st.text("ab./-_ ", min_size=1, max_size=8).map(Key)
PATHS = st.builds(lambda first, rest: (first, *rest), FIELDS, st.lists(FIELDS | st.integers(0, 20) | KEYS, max_size=5))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "ports", 0, "targetPort"), "spec.ports[0].targetPort"),
        (("metadata", "annotations", Key("example.com/a.b")), "metadata.annotations[example.com/a.b]"),
        (("spec", "clusterIPs", 1), "spec.clusterIPs[1]"),
        ((0, "name"), "[0].name"),
    ],
)
def test_examples(path: Path, text: str) -> None:
    """Indices and keys of maps stand in brackets, fields after dots."""
    assert describe(path) == text
    assert parse(text) == path


@given(PATHS)
def test_every_path_parses_back(path: Path) -> None:
    """`parse(describe(path)) == path`, and keys of maps stay keys."""
    again = parse(describe(path))
    assert again == path
    assert [type(step) for step in again] == [type(step) for step in path]


@given(st.text(max_size=30))
def test_any_text_is_taken(text: str) -> None:
    """What is no path is one step, so that sorting never fails."""
    path = parse(text)
    assert isinstance(path, tuple)
    assert sort_key(text) == sort_key(text)


@pytest.mark.parametrize("text", ["a..b", "a[", "]", "a]b", "."])
def test_what_is_no_path_is_one_step(text: str) -> None:
    """A text with a bracket too many, or nothing between dots, stays whole."""
    assert parse(text) == (text,)


def test_indices_sort_as_numbers() -> None:
    """`ports[2]` comes before `ports[10]`, and an object before its parts."""
    fields = ["spec.ports[10]", "spec.ports[2].name", "spec.ports[2]", "spec", "metadata.name", ""]
    assert sorted(fields, key=sort_key) == [
        *("", "metadata.name", "spec", "spec.ports[2]", "spec.ports[2].name", "spec.ports[10]")
    ]


@given(st.lists(PATHS.map(describe), min_size=2, max_size=6))
def test_any_fields_can_be_sorted(fields: list[str]) -> None:
    """Any two fields can be compared, an index with a name at the same place too, and the order is one."""
    backwards = sorted(fields, key=sort_key, reverse=True)
    assert [sort_key(field) for field in reversed(backwards)] == sorted(map(sort_key, fields))
