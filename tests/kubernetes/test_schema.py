"""Plain data, decoded as strictly as by the API server."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import Violation
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.schema import (
    BOOLEAN,
    INT32,
    INT64,
    INT_OR_TEXT,
    INVALID,
    OPAQUE,
    TEXT,
    TEXT_MAP,
    TEXTS,
    TIME,
    Reader,
    list_of,
    struct,
)

PORT = struct({"name": TEXT, "port": INT32, "targetPort": INT_OR_TEXT})
LOOSE = struct({"name": TEXT}, open_to_others=True)


def read(reader: Reader, value: Any) -> tuple[Any, list[Violation]]:
    found: list[Violation] = []
    return reader.read(value, FieldPath("at"), found), found


def refused(reader: Reader, value: Any) -> Violation:
    result, found = read(reader, value)
    assert result is INVALID
    [violation] = found
    assert violation.code == "wrong-type"
    assert violation.reason == "FieldValueTypeInvalid"
    return violation


class TestScalars:
    """Scalars are not converted."""

    @pytest.mark.parametrize(
        ("reader", "value"),
        [
            *((TEXT, ""), (TEXT, "é"), (BOOLEAN, True), (BOOLEAN, False), (INT32, 2**31 - 1), (INT32, -(2**31))),
            *((INT64, 2**63 - 1), (INT64, -(2**63)), (INT_OR_TEXT, 80), (INT_OR_TEXT, "http"), (INT_OR_TEXT, "80")),
        ],
    )
    def test_good(self, reader: Reader, value: Any) -> None:
        """A value of the right type is returned."""
        result, found = read(reader, value)
        assert result == value
        assert type(result) is type(value)
        assert found == []

    @pytest.mark.parametrize(
        ("reader", "value"),
        [
            *((TEXT, 1), (TEXT, True), (TEXT, ["a"]), (TEXT, {}), (TEXT, b"a"), (TEXT, 1.5)),
            *((BOOLEAN, 0), (BOOLEAN, 1), (BOOLEAN, "true"), (BOOLEAN, "yes"), (BOOLEAN, [])),
            *((INT32, "80"), (INT32, 80.0), (INT32, True), (INT32, 2**31), (INT32, -(2**31) - 1), (INT32, [])),
            *((INT64, 2**63), (INT64, -(2**63) - 1), (INT64, 1e3)),
            *((INT_OR_TEXT, True), (INT_OR_TEXT, 80.0), (INT_OR_TEXT, 2**31), (INT_OR_TEXT, []), (INT_OR_TEXT, {})),
            *((TIME, 5), (TIME, "yesterday"), (TIME, "")),
        ],
    )
    def test_bad(self, reader: Reader, value: Any) -> None:
        """A value of another type is refused, however similar."""
        assert refused(reader, value).field == "at"

    @pytest.mark.parametrize(
        ("reader", "value", "hint"),
        [
            (TEXT, 8080, 'quote it: "8080"'),
            (TEXT, True, 'quote it: "true"'),
            (TEXT, 1.5, 'quote it: "1.5"'),
            (TEXT, [], None),
            (BOOLEAN, "yes", "write true, without quotes"),
            (BOOLEAN, "Off", "write false, without quotes"),
            (BOOLEAN, "maybe", None),
            (INT32, "80", "write the number 80, without quotes"),
            (INT32, 80.0, "write 80"),
            (INT32, "http", None),
            (INT32, 80.5, None),
            (INT_OR_TEXT, 80.0, "write 80"),
            (INT_OR_TEXT, 80.5, None),
            (INT_OR_TEXT, True, None),
            (TEXTS, "one", "write a list, even of one"),
            (TEXTS, {}, "write a list, even of one"),
            (TEXTS, 5, None),
        ],
    )
    def test_hints(self, reader: Reader, value: Any, hint: str | None) -> None:
        """The hint is the right spelling, where it is clear."""
        assert refused(reader, value).hint == hint

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
    def test_floats_that_are_no_numbers(self, value: float) -> None:
        """Infinities and NaN are refused without a hint."""
        assert refused(INT32, value).hint is None
        assert refused(INT_OR_TEXT, value).hint is None
        refused(TEXT, value)

    def test_half_characters(self) -> None:
        """A lone surrogate is replaced as by the server."""
        assert read(TEXT, "a\ud800b")[0] == "a\ufffdb"

    def test_subclasses(self) -> None:
        """Instances of subclasses of str and int become plain values."""

        class Name(str):
            __slots__ = ()

        class Number(int):
            pass

        assert type(read(TEXT, Name("web"))[0]) is str
        assert type(read(INT32, Number(80))[0]) is int
        assert type(read(INT_OR_TEXT, Number(80))[0]) is int


class TestTimes:
    """RFC 3339."""

    @pytest.mark.parametrize(
        "text",
        [
            *("2026-01-31T12:00:00Z", "2024-02-29T23:59:59.999+01:00", "2000-02-29T00:00:00Z", "0001-01-01T00:00:00Z"),
            "2026-01-31T12:00:00,5-23:59",
        ],
    )
    def test_good(self, text: str) -> None:
        """A time has an existing day, a time of day and a zone."""
        assert read(TIME, text) == (text, [])

    @pytest.mark.parametrize(
        "text",
        [
            *("2026-01-31", "2026-01-31T12:00:00", "2026-02-29T12:00:00Z", "1900-02-29T12:00:00Z"),
            *("2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-04-31T12:00:00Z", "2026-01-31T24:00:00Z"),
            *("2026-01-31t12:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:00Z\n", "2026-01-31T12:00:00+24:00"),
            "\u0662026-01-31T12:00:00Z",
        ],
    )
    def test_bad(self, text: str) -> None:
        """Times without zone, with days or hours that do not exist, or with more text are refused."""
        refused(TIME, text)


class TestCollections:
    """Lists and mappings."""

    def test_nulls_in_lists(self) -> None:
        """A null in a list is the zero value of its type, as in Go."""
        assert read(TEXTS, ["a", None]) == (["a", ""], [])
        assert read(list_of(INT32), [None]) == ([0], [])
        assert read(list_of(BOOLEAN), [None]) == ([False], [])
        assert read(list_of(PORT), [None]) == ([{}], [])
        assert read(TEXT_MAP, {"a": None}) == ({"a": ""}, [])

    def test_nulls_of_fields(self) -> None:
        """A field with a null is omitted."""
        assert read(PORT, {"name": None, "port": 80}) == ({"port": 80}, [])

    def test_every_mistake(self) -> None:
        """Decoding goes on after a problem, and each problem has its path."""
        result, found = read(list_of(PORT), [{"port": "80"}, 5, {"prot": 1, "name": 2}, {"port": 80}])
        assert [(each.field, each.code) for each in found] == [
            ("at[0].port", "wrong-type"),
            ("at[1]", "wrong-type"),
            ("at[2].prot", "unknown-field"),
            ("at[2].name", "wrong-type"),
        ]
        assert result[3] == {"port": 80}

    def test_maps_of_text(self) -> None:
        """Keys and values are text, and the path has the key."""
        _, found = read(TEXT_MAP, {"a": 1, 2: "b", "c": "d", "é": "é"})
        assert [(each.field, each.code) for each in found] == [("at[a]", "wrong-type"), ("at[2]", "wrong-type")]
        refused(TEXT_MAP, ["a"])

    def test_misspelt_fields(self) -> None:
        """An unknown field is reported with the nearest known one."""
        _, [violation] = read(PORT, {"targetport": 80})
        assert (violation.field, violation.code) == ("at.targetport", "unknown-field")
        assert violation.hint == "rename it to targetPort"
        assert "did you mean" in violation.message
        _, [violation] = read(PORT, {"replicas": 80})
        assert "did you mean" not in violation.message

    def test_keys_that_are_no_text(self) -> None:
        """A key that is not text is not a field."""
        _, [violation] = read(PORT, {80: "http"})
        assert (violation.field, violation.code) == ("at[80]", "wrong-type")

    def test_open_to_others(self) -> None:
        """An open reader ignores other fields."""
        assert read(LOOSE, {"name": "a", "image": 5, 7: 8}) == ({"name": "a"}, [])
        refused(LOOSE, [])

    @pytest.mark.parametrize("value", [{"f:spec": {}}, [1, 2.5, None, "a", True], "", 0, {}])
    def test_opaque(self, value: Any) -> None:
        """Any JSON data are accepted, and returned unchanged."""
        assert read(OPAQUE, value) == (value, [])

    def test_data_that_are_not_json(self) -> None:
        """Data that are not JSON, or nest too deeply, are refused."""
        endless: list[Any] = []
        endless.append(endless)
        for value in (object(), {1: 2}, {"a": {"b"}}, [b"a"], endless):
            refused(OPAQUE, value)

    @given(st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
    def test_any_map_of_text(self, data: dict[str, str]) -> None:
        """Text is unchanged, except for lone surrogates, and so is the input."""
        before = dict(data)
        result, found = read(TEXT_MAP, data)
        assert found == []
        assert data == before
        assert len(result) <= len(data)
        assert all(item == data[key] for key, item in result.items() if key in data and "\ufffd" not in item)

    def test_the_repr_of_invalid(self) -> None:
        """The result for a refused value has a readable repr."""
        assert repr(INVALID) == "INVALID"


def test_a_reader_knows_what_it_reads() -> None:
    """A reader knows the readers of its fields or items; scalars have no fields."""
    assert PORT.fields is not None
    assert PORT.fields["targetPort"] is INT_OR_TEXT
    assert (list_of(PORT).item, TEXT_MAP.item, TEXTS.item) == (PORT, TEXT, TEXT)
    assert (LOOSE.fields, OPAQUE.fields, list_of(PORT).fields) == (None, None, None)
    assert all(each.fields == {} for each in (TEXT, BOOLEAN, INT32, INT64, INT_OR_TEXT, TIME))
