"""The reader of JSON, as strict as the API server is with the JSON of a request (2.1).

Python's own parser makes the data. Where everything stands is found by a second, slower pass,
which is put off until somebody asks, unless a key is given twice.
"""

import bisect
import json
import math
import re
import sys
from typing import Any, Final, NoReturn

import attrs

from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._yaml.positions import (
    MAX_DEPTH,
    MAX_VALUES,
    Composed,
    Duplicate,
    Entry,
    Node,
    Place,
    further_down,
    span_of,
)
from portmap._yaml.scalars import ScalarError
from portmap._yaml.syntax_errors import TOO_DEEP, TOO_MANY, ReadError, refusal, unprintable

__all__ = ["compose_json", "compose_json_values", "is_value"]

_SURROGATES: Final = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def compose_json(text: str, source: str = "") -> Composed:
    """A JSON text, read as strictly as the API server reads one (2.1).

    Numbers with a point or an exponent stay floats, which no integer field takes. Half a
    surrogate pair becomes U+FFFD.

    Raises:
        ManifestError: for a text that is no JSON.
    """
    twice = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        data = dict(pairs)
        twice = twice or len(data) < len(pairs)
        return data

    try:
        text.encode()
        if "\\ud" in text or "\\uD" in text:
            # The replacement is as long as what it replaces, so that positions stay.
            text = _SURROGATES.sub(lambda match: match[1] or "\\ufffd", text)
        if sum(map(text.count, ",[{")) > 2 * MAX_VALUES:  # Texts may hold such characters, too.
            raise ScalarError(TOO_MANY)
        data = json.loads(text, object_pairs_hook=members, parse_constant=_constant, parse_float=_finite)
        if data is None:
            return Composed({}, text=text, is_json=True)
        if twice or _too_deep(data):
            places = _Places(text)
            return Composed(data, tuple(places.duplicates), places.root, text, is_json=True)
        return Composed(data, (), _LaterPlaces(text), text, is_json=True)
    except (ValueError, RecursionError, ReadError) as error:
        raise _json_error(text, source, error) from None


def compose_json_values(text: str, source: str = "") -> list[Composed]:
    """A JSON text of one value, or of several objects one after the other, as kubectl and jq write them.

    Raises:
        ManifestError: As `compose_json` does.
    """
    found: list[Composed] = []
    start, lines = 0, 0
    for end in _ends(text):
        if not start and end == len(text):
            break
        # On the column where it stands, so that its places are those of the text.
        margin = start - (text.rfind("\n", 0, start) + 1)
        try:
            composed = compose_json(" " * margin + text[start:end], source)
        except ManifestError as error:
            place = error.span and further_down(error.span, lines)
            raise ManifestError(error.problem, error.source, place) from None
        found.append(attrs.evolve(composed, lines_before=lines))
        lines += text.count("\n", start, end)
        start = end
    return found or [compose_json(text, source)]


_BLANKS: Final = re.compile(r"[ \t\r\n]*")


def _ends(text: str) -> list[int]:
    """Where each of several objects ends, with the blanks after it; one end, that of the text, for anything else."""
    decode = json.JSONDecoder().raw_decode
    ends: list[int] = []
    try:
        at = _end_of(_BLANKS.match(text))
        while at < len(text):
            if not text.startswith("{", at):
                return [len(text)]
            _, end = decode(text, at)
            at = _end_of(_BLANKS.match(text, end))
            ends.append(at)
    except (ValueError, RecursionError):
        # Of several, the last may be broken: it is then said where.
        if len(ends) < 1 or not text.startswith("{", at):
            return [len(text)]
        ends.append(len(text))
    return ends


def _end_of(match: re.Match[str] | None) -> int:
    return 0 if match is None else match.end()


def is_value(text: str) -> bool:
    """Whether this is one JSON value, or several."""
    try:
        compose_json_values(text)
    except ManifestError:
        return False
    return True


def _too_deep(data: object) -> bool:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            each
            for collection in level
            if isinstance(collection, dict | list)
            for each in (collection.values() if isinstance(collection, dict) else collection)
            if type(each) is dict or type(each) is list
        ]
        if not level:
            return False
    return True


def _json_error(text: str, source: str, error: Exception) -> ManifestError:
    match error:
        case ReadError():
            return refusal(text, source, error.problem, error.place)
        case json.JSONDecodeError():
            line, column = error.lineno - 1, error.colno - 1
            return refusal(text, source, f"this is no JSON: {error.msg}", (line, column, line, column + 1))
        case UnicodeEncodeError():
            return unprintable(text, source)
        case RecursionError():
            return ManifestError(TOO_DEEP, source)
        case ScalarError():
            return refusal(text, source, str(error), _odd_number(text))
    return refusal(text, source, "an integer is too long to be read", _odd_number(text))


def _odd_number(text: str) -> Place:
    """Where the first number stands that Python does not read, or reads as none of JSON's."""
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word in _CONSTANTS or (word[0] in "-0123456789" and _is_odd(word)):
            line = text.count("\n", 0, token.start())
            before = text.rfind("\n", 0, token.start()) + 1
            return line, token.start() - before, line, token.end() - before
    return 0, 0, 0, 0


def _is_odd(number: str) -> bool:
    whole = number.removeprefix("-").isdigit()
    return len(number) > sys.get_int_max_str_digits() > 0 if whole else math.isinf(float(number))


def _constant(name: str) -> NoReturn:
    raise ScalarError(f"JSON has no {name}")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ScalarError(f"the number {digits[:40]} is too large")
    return value


_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{},:]|[^][{},:"\s]+')


_CONSTANTS: Final = frozenset({"NaN", "Infinity", "-Infinity"})


class _LaterPlaces:
    """Gives the root of the positions, which are only looked for when it is first asked for."""

    __slots__ = ("_root", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: Node | None = None

    def __call__(self) -> Node:
        if self._root is None:
            self._root = _Places(self._text).root
        return self._root

    def forget(self) -> None:
        self._root = None


class _Places:
    """The positions in a text that is known to be JSON, and the keys that it gives twice."""

    def __init__(self, text: str) -> None:
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._tokens = _TOKEN.finditer(text)
        self._path: list[str | int] = []
        self.duplicates: list[Duplicate] = []
        self.root: Node = self._value(next(self._tokens))

    def _value(self, token: re.Match[str]) -> Node:
        opening = token[0]
        if opening not in ("{", "["):
            return (*self._place(token), None)
        if len(self._path) >= MAX_DEPTH:
            raise ReadError(TOO_DEEP, self._place(token))
        inside = self._members() if opening == "{" else self._items()
        return (*self._place(token)[:2], *self._here, inside)

    def _items(self) -> list[Node]:
        items: list[Node] = []
        while (token := self._after_comma("]")) is not None:
            self._path.append(len(items))
            items.append(self._value(token))
            self._path.pop()
        return items

    def _members(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while (token := self._after_comma("}")) is not None:
            key = json.loads(token[0])
            next(self._tokens)
            self._path.append(key)
            entry = (*self._place(token), self._value(next(self._tokens)))
            if key in entries:
                self.duplicates.append((FieldPath(*self._path), span_of(entries[key]), span_of(entry)))
            self._path.pop()
            entries[key] = entry
        return entries

    def _after_comma(self, closing: str) -> re.Match[str] | None:
        token = next(self._tokens)
        if token[0] == ",":
            token = next(self._tokens)
        if token[0] != closing:
            return token
        self._here = self._place(token)[2:]
        return None

    def _place(self, token: re.Match[str]) -> Place:
        # No token of JSON spans lines.
        line = bisect.bisect_left(self._breaks, token.start())
        before = self._breaks[line - 1] + 1 if line else 0
        return line, token.start() - before, line, token.end() - before
