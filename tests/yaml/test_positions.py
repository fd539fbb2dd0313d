"""Positions: every key and value is where PyYAML's composer finds it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from portmap import ManifestError
from portmap._kubernetes.errors import Span
from portmap._kubernetes.field_path import ROOT, FieldPath, Step
from portmap._yaml import positions, reader
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.read_documents import read_documents
from portmap._yaml.reader import read_yaml
from portmap._yaml.scalars import decode, key_text
from reading import json_values

LINES = ["# comment", "", "...", "---", "<<: *a", "m: &a {k: v, l: [1]}", "n: {<<: *a, k: w}", "x: *a", "{a: 1}", "- y"]
LINES += [
    "? odd",
    ": value",
    "!!str a: 1",
    "'<<': 1",
    "d: |+",
    "  text",
    "[h,",
    "i?]",
    "g: a?b",
    "y: n",
    "a: b",
    "a: c",
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw output of PyYAML in one of its styles, with arbitrary lines inserted."""
    data = draw(st.lists(st.dictionaries(st.text(max_size=3), json_values, max_size=4), max_size=3))
    lines = yaml.safe_dump_all(
        data,
        default_flow_style=draw(st.sampled_from([False, True, None])),
        default_style=draw(st.sampled_from([None, None, "'", '"', "|", ">"])),
        indent=draw(st.integers(2, 5)),
        width=draw(st.sampled_from([20, 80])),
        allow_unicode=draw(st.booleans()),
        explicit_start=True,
        explicit_end=draw(st.booleans()),
    ).split("\n")
    for position, line in draw(st.lists(st.tuples(st.integers(0, 10), st.sampled_from(LINES)), max_size=4)):
        lines.insert(position, line)
    return draw(st.sampled_from(["\n", "\r\n", "\x85"])).join(lines)


def documents(text: str) -> list[ParsedDocument]:
    """Return the documents before the first unreadable one."""
    found: list[ParsedDocument] = []
    with suppress(ManifestError):
        found.extend(read_yaml(text))
    return found


def paths(data: Any, path: FieldPath = ROOT) -> Iterator[FieldPath]:
    yield path
    for step, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(value, FieldPath(*path, step))


def composed(text: str) -> list[Any]:
    """Return the root nodes that PyYAML composes of a text, up to the first error."""
    found: list[Any] = []
    with suppress(yaml.YAMLError, UnicodeEncodeError):
        found.extend(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    return found


def spans(node: Any, path: FieldPath = ROOT) -> Iterator[tuple[FieldPath, Span | None, Span]]:
    """Yield each path with the positions of its key and value; for a key given twice, those of the last."""
    inside: list[tuple[Step, Any, Any]] = []
    if isinstance(node, yaml.SequenceNode):
        inside = [(index, None, item) for index, item in enumerate(node.value)]
    elif isinstance(node, yaml.MappingNode):
        inside = [(key_text(key.value if key.style else decode(key.value)), key, item) for key, item in node.value]
    for step, key, item in {step: (step, key, item) for step, key, item in inside}.values():
        yield FieldPath(*path, step), None if key is None else place(key), place(item)
        yield from spans(item, FieldPath(*path, step))


def place(node: Any) -> Span:
    start, end = node.start_mark, node.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


@given(texts())
@example("a: 1\n---\n---\nb: {}\n")
@example("a: {b: c}\n\n\n---\n? d\n: e\n")
def test_positions_are_those_of_pyyaml(text: str) -> None:
    """Keys and values begin where PyYAML's composer has them, and end there or, in block style, before."""
    assert_same_positions(text)


def assert_same_positions(text: str) -> None:
    # PyYAML places the missing value of a `? key` on the next line, which is empty.
    if any(sign in text for sign in ("*", "!", "<<", "?")):
        return  # PyYAML has the nodes of anchors for those of aliases, and other tags.
    for document, node in zip(documents(text), composed(text), strict=False):
        for path, key, value in spans(node) if document.data != {} else ():
            found = document.span(path)
            assert (found.line, found.column) == (value.line, value.column)
            assert (found.end_line, found.end_column) <= (value.end_line, value.end_column)
            assert document.key_span(path) == (key or found)


@given(texts())
@example("m: &a {k: v}\nx: *a\nn: {<<: *a, k: w}\n")
@example("m: &a {k: v}\nn:\n  <<: [*a, {l: 1, k: 2}]\n  l: 3\n")
def test_every_value_has_a_position(text: str) -> None:
    """Every value of the data has a position, also after positions were forgotten."""
    for document in documents(text):
        found = {path: (document.span(path), document.key_span(path)) for path in paths(document.data)}
        document.positions.forget()
        for path, places in found.items():
            assert places == (document.span(path), document.key_span(path))
            if path and isinstance(path[-1], str):
                assert document.key_span(path) != document.key_span(path[:-1]) or places[0] == places[1]


def test_published_manifests_have_the_positions_of_pyyaml(shared: Path) -> None:
    """Positions in published manifests are those of PyYAML's composer."""
    files = sorted((shared / "corpus").rglob("*.y*ml"))[::40]
    assert len(files) > 50
    for file in files:
        assert_same_positions(file.read_text(encoding="utf-8"))


def test_each_document_forgets_by_itself() -> None:
    """If one document forgets its positions, another keeps them."""
    first, second = read_yaml("a: 1\n---\nb:\n  c: 2\n")
    first.positions.forget()
    assert str(second.span(FieldPath("b", "c"))) == "4:6"
    assert str(first.span(FieldPath("a"))) == "1:4"


@pytest.mark.parametrize("text", ["- a\n" * 3, "a: b\nc: d\ne: f", "[[], [], []]", "[a, b, c]"])
def test_the_number_of_values_is_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text with too many values for the memory is refused, with the position."""
    monkeypatch.setattr(reader, "MAX_VALUES", 2)
    with pytest.raises(ManifestError, match=f"more than {positions.MAX_VALUES} values") as caught:
        list(read_yaml(text))
    assert caught.value.span is not None


@pytest.mark.parametrize(
    ("text", "is_json"), [('{"a": "\\/"}', True), (' \n{"a": 1}', True), ("{a: 1}", False), ('["a"]', False)]
)
def test_what_looks_like_json_is_read_as_json(text: str, is_json: bool) -> None:
    """A text that begins with a brace is JSON if possible, as for kubectl; every other text is YAML."""
    [document] = read_documents(text)
    assert document.is_json == is_json
