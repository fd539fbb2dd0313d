"""Where readers of YAML do not agree about an unquoted value, and what portmap says of it."""

import io
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portmap import load
from portmap._yaml.ambiguous_scalars import disagreement
from portmap._yaml.scalars import ScalarError, resolve
from portmap.manifests import iter_documents

DIVISIVE = ["1e3", "12345e7", "y", "no", "On", "010", "08", "0o17", "1_000", "12:30", "2026-01-31", "0b1", "+0x1f"]
CLEAR = ["http", "80", "-5", "1.5", "80.0", "true", "~", "", "null", "nginx", "off-peak", ".5", "1.20.3", "0", "0x1f"]


@pytest.mark.parametrize("text", DIVISIVE)
def test_values_that_divide_the_readers(text: str) -> None:
    """A note names what kubectl makes of the value, and what others do."""
    message = disagreement(text)
    assert message is not None
    assert message.startswith(f"unquoted, {text} is ")
    [document] = load(io.StringIO(f"kind: ConfigMap\ndata:\n  a: {text}\n  b: [{text}, {text!r}]\n"))
    assert [note.field for note in document.notes] == ["data.a", "data.b[0]"]
    assert str(document.span(document.notes[0].field)) == "3:6"
    assert document.notes[0].message == message


@pytest.mark.parametrize("text", CLEAR)
def test_values_that_all_read_alike(text: str) -> None:
    """There is no note where all readers agree, nor of what stands in quotes."""
    assert disagreement(text) is None
    [document] = load(io.StringIO(f"kind: ConfigMap\ndata: {{a: {text}, b: '1e3', c: \"y\"}}\n"))
    assert document.notes == ()


def same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


@given(st.text(alphabet="0123456789_+-.:eExoOabfynNtrue~", min_size=1, max_size=8))
def test_a_note_is_made_wherever_pyyaml_reads_something_else(text: str) -> None:
    """Where PyYAML really reads another value than kubectl does, there is a note."""
    try:
        ours, theirs = resolve(text), yaml.safe_load(f"a: {text}\n")["a"]
    except (ScalarError, ValueError, yaml.YAMLError):
        return  # No plain scalar, or one that a reader fails at.
    if not isinstance(theirs, dict | list) and not same(ours, theirs):
        assert disagreement(text) is not None


def test_items_of_a_list_have_their_own_notes() -> None:
    """Each object of a List has the notes of its own values, with fields from itself on."""
    text = "kind: List\nitems:\n- kind: A\n  a: 1\n- kind: B\n  b: 1e3\n"
    first, second = load(io.StringIO(text))
    assert first.notes == ()
    assert [note.field for note in second.notes] == ["b"]


def test_keys_have_notes_too() -> None:
    """A key that kubectl reads as a boolean is told of under the name that it gets."""
    [document] = load(io.StringIO("kind: ConfigMap\ndata:\n  on: a\n  'off': b\n  web: c\n"))
    [note] = document.notes
    assert (note.field, note.hint) == ("data.true", 'quote it if text is meant: "on"')
    assert note.message == "unquoted, on is true to kubectl, but text in YAML 1.2"


def test_aliases_tags_and_json_have_none_of_their_own() -> None:
    """A value stands where its anchor does; a tag says what it is; JSON means the same to everybody."""
    text = "kind: A\na: &x 1e3\nb: *x\nc: !!str 1e3\nd: |\n  1e3\ne: &y y\n"
    [document] = load(io.StringIO(text))
    assert [note.field for note in document.notes] == ["a", "e"]
    [document] = load(io.StringIO('{"kind": "A", "a": 1e3}'))
    assert document.notes == ()


def test_notes_of_a_stream() -> None:
    """Documents that are read one at a time have their own notes, with places in the whole stream."""
    documents = [*iter_documents(io.StringIO("kind: A\na: 1\n---\nkind: B\nb: 010\n"))]
    assert [note.field for each in documents for note in each.notes] == ["b"]
    assert str(documents[1].span("b")) == "5:4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--- {kind: A}\n", "begins on the line"),
        ("kind: B\n---  !x {kind: A}\n", "begins on the line"),
        ("%YAML 1.1\n---\nkind: A\n", "directive"),
        ("# c\n%TAG !e! tag:e,2000:\n%YAML 1.1\n\n--- # d\n# e\nkind: A\n", "directive"),
    ],
)
def test_what_kubectl_refuses_of_what_a_server_reads(text: str, said: str) -> None:
    """kubectl cuts files at lines before it reads YAML, and then finds something else than a document."""
    *others, document = load(io.StringIO(text))
    assert document.kind == "A"
    [note] = document.notes
    assert (note.field, said in note.message) == ("", True)
    assert [each.notes for each in others] == [()] * len(others)


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n...\n%YAML 1.1\n---\nkind: A\n",
        "---\nkind: A\n",
        "--- # c\n# d\n\nkind: A\n",
        "kind: '\n %x'\n---\nkind: A\n",
    ],
)
def test_what_kubectl_takes(text: str) -> None:
    """Comments may stand behind `---`, and directives behind `...`."""
    assert [note for document in load(io.StringIO(text)) for note in document.notes] == []
