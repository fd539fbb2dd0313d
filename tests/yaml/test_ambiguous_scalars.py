"""Unquoted scalars that readers of YAML read differently."""

import datetime as dt
import io
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portmap import load
from portmap._yaml.ambiguous_scalars import AmbiguousScalar, ambiguous_scalars, readings
from portmap._yaml.kubectl_refusals import kubectl_refusal
from portmap._yaml.scalars import ScalarError, resolve
from portmap.manifests import Document

AMBIGUOUS = ["1e3", "12345e7", "y", "no", "On", "010", "08", "0o17", "1_000", "12:30", "0b1", "+0x1f"]
CLEAR = ["http", "80", "-5", "1.5", "80.0", "true", "~", "", "null", "nginx", "off-peak", ".5", "1.20.3", "0", "0x1f"]


def found_in(document: Document) -> list[AmbiguousScalar]:
    return [*ambiguous_scalars(*document.origin)]


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_ambiguous_values(text: str) -> None:
    """The message has the value for kubectl and for other readers."""
    message = readings(text)
    assert message is not None
    assert message.startswith(f"unquoted, {text} is ")
    [document] = load(io.StringIO(f"kind: ConfigMap\ndata:\n  a: {text}\n  b: [{text}, {text!r}]\n"))
    found = found_in(document)
    assert [str(scalar.path) for scalar in found] == ["data.a", "data.b[0]"]
    assert found[0].message == message


@pytest.mark.parametrize("text", [*CLEAR, "2026-01-31", "2026-01-31T09:24:46Z"])
def test_clear_values(text: str) -> None:
    """Values on which all readers agree, quoted values and times are not reported."""
    assert readings(text) is None
    [document] = load(io.StringIO(f"kind: ConfigMap\ndata: {{a: {text}, b: '1e3', c: \"y\"}}\n"))
    assert found_in(document) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("0400", 'write 256, or "0400" for text'),
        ("1e3", 'write 1000, or "1e3" for text'),
        ("y", 'write true, or "y" for text'),
        ("12:30", 'quote it: "12:30"'),
    ],
)
def test_hints(text: str, hint: str) -> None:
    """The hint is a value that all readers read as kubectl reads this one, or the quoted text."""
    [document] = load(io.StringIO(f"kind: A\na: {text}\n"))
    [found] = found_in(document)
    assert found.hint == hint
    value = resolve(text)
    clear = hint.removeprefix("quote it: ").removeprefix("write ").partition(",")[0]
    assert yaml.safe_load(clear) == value


def same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


@given(st.text(alphabet="0123456789_+-.:eExoOabfynNtrue~", min_size=1, max_size=8))
def test_whatever_pyyaml_reads_as_something_else_is_ambiguous(text: str) -> None:
    """If PyYAML reads another value than kubectl, the scalar is ambiguous."""
    try:
        ours, theirs = resolve(text), yaml.safe_load(f"a: {text}\n")["a"]
    except (ScalarError, ValueError, yaml.YAMLError):
        return  # It is no plain scalar, or a reader fails at it.
    if not isinstance(theirs, dict | list | dt.date) and not same(ours, theirs):
        assert readings(text) is not None


def test_items_of_a_list() -> None:
    """Paths begin at the object, also in a List."""
    text = "kind: List\nitems:\n- kind: A\n  a: 1\n- kind: B\n  b: 1e3\n"
    first, second = load(io.StringIO(text))
    assert found_in(first) == []
    assert [str(scalar.path) for scalar in found_in(second)] == ["b"]


def test_keys() -> None:
    """A key that kubectl reads as a boolean is reported under the name that it becomes."""
    [document] = load(io.StringIO("kind: ConfigMap\ndata:\n  on: a\n  'off': b\n  web: c\n"))
    [found] = found_in(document)
    assert (str(found.path), found.hint) == ("data.true", 'write "true", or "on" for text')
    assert found.message == "unquoted, on is true to kubectl, but text in YAML 1.2"


def test_aliases_tags_and_json() -> None:
    """A value is reported at its anchor; a tag makes it unambiguous; JSON is unambiguous."""
    text = "kind: A\na: &x 1e3\nb: *x\nc: !!str 1e3\nd: |\n  1e3\ne: &y y\n"
    [document] = load(io.StringIO(text))
    assert [str(scalar.path) for scalar in found_in(document)] == ["a", "e"]
    [document] = load(io.StringIO('{"kind": "A", "a": 1e3}'))
    assert found_in(document) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--- {kind: A}\n", "begins on the line"),
        ("kind: B\n---  !x {kind: A}\n", "begins on the line"),
        ("%YAML 1.1\n---\nkind: A\n", "directive"),
        ("kind: B\n---\n%YAML 1.1\n---\nkind: A\n", "directive"),
        ("# c\n%TAG !e! tag:e,2000:\n%YAML 1.1\n\n--- # d\n# e\nkind: A\n", "directive"),
    ],
)
def test_what_kubectl_refuses(text: str, words: str) -> None:
    """kubectl cuts files at lines before it parses YAML, and refuses some of the parts."""
    *others, document = load(io.StringIO(text))
    assert document.kind == "A"
    refusal = kubectl_refusal(document.origin[0])
    assert refusal is not None
    assert words in refusal[0]
    assert [kubectl_refusal(each.origin[0]) for each in others] == [None] * len(others)


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n...\n%YAML 1.1\n---\nkind: A\n",
        "---\nkind: A\n",
        "--- # c\n# d\n\nkind: A\n",
        "kind: '\n %x'\n---\nkind: A\n",
        '{"kind": "A"}',
    ],
)
def test_what_kubectl_reads(text: str) -> None:
    """Comments may follow `---`, and directives `...`."""
    assert {kubectl_refusal(document.origin[0]) for document in load(io.StringIO(text))} == {None}


OBJECT = "{apiVersion: v1, kind: A, metadata: {name: a}}"


@pytest.mark.parametrize(
    "text", [f"--- {OBJECT}\n", f"%YAML 1.1\n---\n{OBJECT}\n", f"--- # c\n{OBJECT}\n", f"--- !x {OBJECT}\n"]
)
def test_kubectl_agrees(text: str) -> None:
    """kubectl itself, if it is installed, refuses these documents and no others."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    command = [kubectl, "label", "--local", "-f", "-", "read=back", "-o", "name"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=120)
    [document] = load(io.StringIO(text))
    assert (done.returncode == 0) == (kubectl_refusal(document.origin[0]) is None)
