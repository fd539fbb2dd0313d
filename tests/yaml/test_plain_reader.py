"""The short way of the reader gives what the whole reader gives, or leaves the text to it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from portmap import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._yaml import reader as compose
from portmap._yaml.plain_reader import plain_documents
from portmap._yaml.positions import MAX_VALUES
from portmap._yaml.reader import _composed_fully, compose_all

if not yaml.__with_libyaml__:
    pytest.skip("PyYAML has no C extension", allow_module_level=True)

PARSER: Any = compose._EventParser

LINES = [
    "a: 1",
    "a: b",
    "- x",
    "- a: 1",
    "  b: 2",
    "  - y",
    "---",
    "...",
    "key: [1, {a: b}]",
    "? odd",
    ": value",
    "<<: *a",
    "&a b: c",
    "x: *a",
    "!!str a: 1",
    "y: n",
    "1: 2",
    "'<<': 1",
    "a: >",
    "  text",
    "# comment",
    "%YAML 1.1",
    "~: 1",
    "n: .inf",
    "o: 0o17",
    "{a: 1}",
    "[",
    "",
    "a: 08",
    "2001-01-01: x",
    "on: off",
    "a: ! 1",
    "! b: [!, c ]",
    "d: |+",
    "",
    "e: [1,",
    "  2]",
    "f: [a?, b]",
    "g: a?b",
    "[h,",
    "i?]",
    '"a": "\\/"',
    "\tx",
    "ž🙂: é",
    "  indented: 1",
]
BREAKS = ["\n", "\n", "\n", "\r\n", "\r", "\x85", "\u2028"]


def outcome(text: str, *, fully: bool) -> list[Any]:
    """The documents with every position, and the error that ends them."""
    documents = _composed_fully(text, "") if fully else compose_all(text)
    try:
        return [(repr(each.data), each.duplicates, each.node) for each in documents]
    except ManifestError as error:
        return [str(error)]


@given(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(BREAKS)).map("".join)).map("".join))
@example("a: 1\n---\n---\nb: {}\n")
@example("\ufeffa: 1\n")
@example("a: \ud800")
def test_both_ways_agree(text: str) -> None:
    """Data, duplicates, positions and errors are the same both ways, whatever the text."""
    text = text.removeprefix("\ufeff")
    assert outcome(text, fully=False) == outcome(text, fully=True)


@pytest.mark.parametrize("text", ["a: &x 1", "a: 1\na: 2", "<<: {a: 1}", "a: !!str 1", "1: a", "a: [", "a: .inf"])
def test_what_is_not_plain_is_left_alone(text: str) -> None:
    """A text with anchors, tags, merge keys, odd keys, keys given twice or errors is left to the whole reader."""
    assert plain_documents(text, PARSER) is None
    assert plain_documents("a: 1", PARSER) == [({"a": 1}, 0, 0)]


def test_positions_are_found_when_asked_for() -> None:
    """Positions are found later, again after they were dropped, and nobody who drops them loses any."""
    first, second = compose_all("a: 1\n---\nb:\n  c: 2\n")
    place = second.span(FieldPath("b", "c"))
    second.forget()
    first.forget()
    assert second.span(FieldPath("b", "c")) == place
    assert place is not None
    assert (place.line, place.column) == (4, 6)


@pytest.mark.parametrize("text", ["- a\n" * 3, "a: b\nc: d\ne: f", "[[], [], []]", "[a, b, c]"])
def test_the_number_of_values_is_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text with more values than fit into memory is refused with the place where there are too many."""
    for module in ("reader", "plain_reader"):
        monkeypatch.setattr(f"portmap._yaml.{module}.MAX_VALUES", 2)
    with pytest.raises(ManifestError, match=f"more than {MAX_VALUES} values") as caught:
        list(compose_all(text))
    assert caught.value.span is not None


def test_the_corpus_reads_the_same(shared: Path) -> None:
    """Published manifests are read the same both ways, and nearly all of them the short way."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((shared / "corpus").rglob("*.y*ml"))[::7]]
    assert len(texts) > 400
    plain = 0
    for text in texts:
        assert outcome(text, fully=False) == outcome(text, fully=True)
        plain += plain_documents(text, PARSER) is not None
    assert plain > 0.9 * len(texts)
