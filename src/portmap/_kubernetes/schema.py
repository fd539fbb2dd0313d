"""Plain data decoded as Go's strict JSON decoder does: wrong types and unknown fields are violations.

A `Reader` decodes one value: nulls are dropped and text is normalised. For a value of the wrong type
it adds a violation and returns `INVALID`. Readers do not raise, and do not stop at the first problem.
They do not convert types: `"80"` is text, `80.0` is not an integer, `True` is not a number.

Source: kubernetes/kubernetes 1.36.2, `sigs.k8s.io/json` and
`staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go`. The server answers 400
with one text for all of these; field, reason and code are portmap's own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias, final

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.violations import Violation, quote

Found: TypeAlias = list[Violation]
_Read: TypeAlias = Callable[[object, FieldPath, Found], Any]

_DEEPEST: Final = 200
_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)
# Compiled on first use: most objects need none of them.
_SURROGATE: Final = r"[\ud800-\udfff]"
_DIGITS: Final = r"[0-9]{1,9}"
_TIME: Final = (
    r"(?a)(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
)


@final
class _Invalid:
    """The type of `INVALID`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = _Invalid()
"""The result of a reader for a value of the wrong type."""


@final
class Reader:
    """A decoder of one type of value.

    Attributes:
        read: The function: it takes the value, its path and the list to add violations to.
        zero: The meaning of `null` as an item of a list.
        exact: A Python type of which all values are valid, so that the constructors need not read them.
        fields: The readers of the fields, if these are known; a scalar has none.
        item: The reader of the items of a list, or of the values of a map.
        judged: Whether rules check the values as far as the server does.
    """

    __slots__ = ("exact", "fields", "item", "judged", "read", "zero")

    def __init__(
        self,
        read: _Read,
        zero: object,
        exact: type | None = None,
        *,
        fields: "Mapping[str, Reader] | None" = None,
        item: "Reader | None" = None,
        judged: bool = True,
    ) -> None:
        self.read: _Read = read
        self.zero: object = zero
        self.exact: type | None = exact
        self.fields: Mapping[str, Reader] | None = fields
        self.item: Reader | None = item
        self.judged: bool = judged


def wrong_type(path: FieldPath, expected: str, value: object, hint: str | None = None) -> Violation:
    """Return the violation of a value that does not have the type of its field."""
    return Violation.about(
        path,
        "wrong-type",
        "FieldValueTypeInvalid",
        f"must be {expected}, not {_kind(value)}",
        hint=hint,
        value=value,
    )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number with a point or an exponent"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "null" if value is None else f"a {type(value).__name__}"


def _text(value: object, path: FieldPath, found: Found) -> object:
    if type(value) is str:
        # A lone surrogate reaches the server as U+FFFD.
        return value if value.isascii() else re.sub(_SURROGATE, "\ufffd", value)
    if isinstance(value, str):
        return _text(str.__str__(value), path, found)
    # A scalar of another type is probably a text that lacks its quotes.
    hint = f'quote it: "{quote(value)}"' if isinstance(value, bool | int | float) else None
    found.append(wrong_type(path, "text", value, hint))
    return INVALID


def _boolean(value: object, path: FieldPath, found: Found) -> object:
    if isinstance(value, bool):
        return value
    words = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
    boolean = words.get(value.lower()) if isinstance(value, str) else None
    found.append(wrong_type(path, "true or false", value, f"write {boolean}, without quotes" if boolean else None))
    return INVALID


def _integer(bounds: range, words: str) -> _Read:
    def read(value: object, path: FieldPath, found: Found) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            # `in` is fast for an exact int, and iterates over the range for an instance of a subclass.
            if (number := int(value)) in bounds:
                return number
            found.append(_too_large(path, words, value))
            return INVALID
        hint = None
        if isinstance(value, str) and re.fullmatch(_DIGITS, value.strip()):
            hint = f"write the number {int(value)}, without quotes"
        elif isinstance(value, float) and value.is_integer() and abs(value) < _INT32.stop:
            hint = f"write {int(value)}"
        found.append(wrong_type(path, "an integer", value, hint))
        return INVALID

    return read


def _too_large(path: FieldPath, words: str, value: int) -> Violation:
    # A hostile number may have millions of digits, which Python refuses to print.
    limit = 10**40
    shown = max(-limit, min(limit, value))
    return Violation.about(path, "wrong-type", "FieldValueTypeInvalid", f"does not fit into {words}", value=shown)


def _int_or_text(value: object, path: FieldPath, found: Found) -> object:
    if isinstance(value, str):
        return _text(value, path, found)
    if isinstance(value, int) and not isinstance(value, bool):
        if (number := int(value)) in _INT32:
            return number
        found.append(_too_large(path, "32 bits", value))
        return INVALID
    hint = f"write {int(value)}" if isinstance(value, float) and value.is_integer() and abs(value) < 65536 else None
    found.append(wrong_type(path, "an integer or text", value, hint))
    return INVALID


def _time(value: object, path: FieldPath, found: Found) -> object:
    if (
        isinstance(value, str)
        and (match := re.fullmatch(_TIME, value))
        and _day_exists(*map(int, match.group(1, 2, 3)))
    ):
        return value
    found.append(wrong_type(path, "a time such as 2026-01-31T12:00:00Z (RFC 3339)", value))
    return INVALID


def _day_exists(year: int, month: int, day: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _opaque(value: object, path: FieldPath, found: Found) -> object:
    """Accept any JSON data. There is no recursion, so data of any depth get a verdict."""
    left: list[tuple[object, int]] = [(value, 0)]
    while left:
        node, depth = left.pop()
        if isinstance(node, Mapping) and all(isinstance(key, str) for key in node):
            left.extend((item, depth + 1) for item in node.values())
        elif isinstance(node, list | tuple):
            left.extend((item, depth + 1) for item in node)
        elif node is not None and not isinstance(node, str | int | float):
            found.append(wrong_type(path, "plain JSON data", node))
            return INVALID
        if depth > _DEEPEST:
            found.append(wrong_type(path, f"data of at most {_DEEPEST} levels", None))
            return INVALID
    return value


TEXT: Final = Reader(_text, "", str, fields={})
BOOLEAN: Final = Reader(_boolean, False, bool, fields={})  # noqa: FBT003 - the zero of the type
INT32: Final = Reader(_integer(_INT32, "32 bits"), 0, fields={})
INT64: Final = Reader(_integer(_INT64, "64 bits"), 0, fields={})
INT_OR_TEXT: Final = Reader(_int_or_text, 0, fields={})
TIME: Final = Reader(_time, None, fields={})
OPAQUE: Final = Reader(_opaque, None)


def unjudged(reader: Reader) -> Reader:
    """Return the reader for a field whose values no rule checks, although the server does."""
    return Reader(reader.read, reader.zero, reader.exact, fields=reader.fields, item=reader.item, judged=False)


def unjudged_fields(reader: Reader, path: FieldPath = ROOT) -> Iterator[FieldPath]:
    """Yield the paths of the fields below this one whose values no rule checks; `[*]` is any index."""
    if not reader.judged:
        yield path
    elif reader.fields is not None:
        for name, field in reader.fields.items():
            yield from unjudged_fields(field, path.child(name))
    elif reader.item is not None:
        yield from unjudged_fields(reader.item, path.key("*"))


def list_of(reader: Reader) -> Reader:
    """Return a reader of lists with items of one type."""
    read_item, zero = reader.read, reader.zero

    def read(value: object, path: FieldPath, found: Found) -> object:
        if type(value) is not list and not isinstance(value, (list, tuple)):
            hint = "write a list, even of one" if isinstance(value, str | Mapping) else None
            found.append(wrong_type(path, "a list", value, hint))
            return INVALID
        return [
            zero if item is None else read_item(item, path.index(position), found)
            for position, item in enumerate(value)
        ]

    return Reader(read, [], item=reader)


def _text_map(value: object, path: FieldPath, found: Found) -> object:
    if type(value) is not dict and not isinstance(value, Mapping):
        found.append(wrong_type(path, "a mapping of text to text", value))
        return INVALID
    clean: dict[str, object] = {}
    for key, item in value.items():
        if type(key) is str and type(item) is str and key.isascii() and item.isascii():
            clean[key] = item
            continue
        here = path.key(key if isinstance(key, str) else quote(key))
        text = _text(key, here, found)
        if text is not INVALID:
            clean[str(text)] = "" if item is None else _text(item, here, found)
    return clean


TEXT_MAP: Final = Reader(_text_map, {}, Labels, item=TEXT)
TEXTS: Final = list_of(TEXT)


def struct(
    fields: Mapping[str, Reader], *, open_to_others: bool = False, moved: Mapping[str, str] | None = None
) -> Reader:
    """Return a reader of mappings with these fields.

    Field names are case-sensitive, as under strict validation of the API server.

    Args:
        fields: The reader of each field.
        open_to_others: Whether other fields are ignored; otherwise they are violations.
        moved: Fields of older API versions, and what to write instead.
    """
    readers = {name: reader.read for name, reader in fields.items()}

    def read(value: object, path: FieldPath, found: Found) -> object:
        # Nearly all values are dicts, and the exact type check is much faster than that with an ABC.
        if type(value) is not dict and not isinstance(value, Mapping):
            found.append(wrong_type(path, "a mapping", value))
            return INVALID
        clean = {}
        for name, item in value.items():
            reader = readers.get(name) if isinstance(name, str) else None
            if reader is None:
                if not open_to_others:
                    missing = [field for field in readers if field not in value]
                    found.append(_unknown_field(path, name, missing, moved))
            elif item is not None:
                # Most values are plain text, which needs no path.
                plain = reader is _text and type(item) is str and item.isascii()
                clean[name] = item if plain else reader(item, path.child(name), found)
        return clean

    return Reader(read, {}, fields=None if open_to_others else fields)


def _unknown_field(path: FieldPath, name: object, missing: Iterable[str], moved: Mapping[str, str] | None) -> Violation:
    if not isinstance(name, str):
        return wrong_type(path.key(quote(name)), "text: a field's name", name)
    guess = nearest(name, missing)
    detail, hint = "no such field", "remove it: a strict server refuses the object, others drop the field"
    if moved and name in moved:
        hint = f"write {moved[name]}"
    elif guess is not None:
        detail, hint = f"no such field; did you mean {quote(guess)}?", f"rename it to {guess}"
    return Violation.about(
        path.child(name),
        "unknown-field",
        "FieldValueTypeInvalid",
        detail,
        hint=hint,
        value=name,
        opening="Unknown field",
    )
