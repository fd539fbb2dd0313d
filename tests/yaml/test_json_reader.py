"""The reader of JSON, which is stricter than that of YAML, as in the API server."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._kubernetes.errors import ManifestError, Span
from portmap._kubernetes.field_path import FieldPath
from portmap._yaml.json_reader import read_json
from portmap._yaml.positions import MAX_DEPTH
from reading import json_values, one


class TestAnyText:
    """Only `ManifestError` is raised."""

    @given(st.text() | st.text(alphabet='{}[],:"\\ud8c0ntrefals1e.-+ \n\x00'))
    def test_any(self, text: str) -> None:
        """Any text is JSON, or refused by a ManifestError."""
        try:
            document = read_json(text)
        except ManifestError:
            return
        assert document.span(FieldPath()).line >= 1

    @pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? ", "[{a: ", "a:\n", '{"a":[', "&a [", "!!a ["])
    def test_depth(self, unit: str) -> None:
        """Endless nesting is refused, fast and without exhausting the stack."""
        with pytest.raises(ManifestError):
            read_json(unit * 100_000)

    def test_depth_limit(self) -> None:
        """Nesting is accepted up to the limit and refused beyond it."""
        assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH).data
        with pytest.raises(ManifestError, match="deeper"):
            read_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))

    def test_long_numbers(self) -> None:
        """Numbers longer than Python converts, or larger than a float, are read or refused."""
        with pytest.raises(ManifestError):
            read_json("9" * 10_000)
        with pytest.raises(ManifestError, match="too large"):
            read_json("1e999")


class TestData:
    """Plain data."""

    @given(json_values)
    def test_json_is_yaml(self, value: Any) -> None:
        """JSON has the same data as YAML, except for the empty text, which is an empty document."""
        text = json.dumps(value, ensure_ascii=False)
        expected = {} if value is None else value
        assert read_json(text).data == expected
        # YAML has no keys of more than 1024 characters, and does not allow some characters.
        if text.isascii() and len(text) < 1000 and "\x7f" not in text:
            assert one(text).data == expected

    def test_numbers(self) -> None:
        """Floats stay floats, which no integer field accepts."""
        data = read_json("[80, 80.0, 8e1, -0, 123456789012345678901234567890]").data
        assert [type(number) for number in data] == [int, float, float, int, int]

    def test_surrogates(self) -> None:
        """Pairs of surrogates are characters, lone ones become U+FFFD."""
        data = read_json(r'["\ud83d\ude00", "\ud83d", "\ude00\ud83d", "\\ud83d", "\/"]').data
        assert data == ["😀", "\ufffd", "\ufffd\ufffd", r"\ud83d", "/"]

    @pytest.mark.parametrize(
        "text", ["", "\ufeff{}", "{} {}", "NaN", "[Infinity]", "-Infinity", "{a: 1}", "[1,]", "080"]
    )
    def test_refused(self, text: str) -> None:
        """Texts that Go's reader refuses are refused."""
        with pytest.raises(ManifestError):
            read_json(text)


class TestPositions:
    """Lines and columns, from 1."""

    @given(json_values)
    def test_span(self, value: Any) -> None:
        """The span of every value is its position in the text."""
        text = json.dumps({"k": value}, indent=1)
        document = read_json(text)
        lines = text.split("\n")
        found = document.span(FieldPath("k"))
        if found.line == found.end_line:
            assert json.loads(lines[found.line - 1][found.column - 1 : found.end_column - 1]) == value

    def test_duplicates(self) -> None:
        """A key given twice is reported with both positions, and the last value counts."""
        document = read_json('{"a": [{"b": 1,\n "\\u0062": 2}]}')
        assert document.data == {"a": [{"b": 2}]}
        assert document.duplicates == ((FieldPath("a", 0, "b"), Span(1, 9, 1, 12), Span(2, 2, 2, 10)),)

    def test_place(self) -> None:
        """The error has a line and a column."""
        with pytest.raises(ManifestError, match=r"^svc\.json:2:6: this is not JSON"):
            read_json('{\n"a": }', "svc.json")
