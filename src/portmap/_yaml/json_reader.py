"""The reader of JSON, as strict as the API server is with the JSON of a request (2.1).

Python's own parser makes the data. A second, slower pass finds the positions. It runs when a position is
first needed, or if a key is given twice.
"""

import json
import math
import re
import sys
from typing import Any, Final, NoReturn, final

from portmap._kubernetes.errors import ManifestError
from portmap._yaml.parsed_document import ParsedDocument, duplicates_in
from portmap._yaml.positions import MAPPING, MAX_DEPTH, MAX_VALUES, SCALAR, SEQUENCE, WIDTH, Positions, Range, Rows
from portmap._yaml.scalars import ScalarError
from portmap._yaml.source_text import SourceText
from portmap._yaml.syntax_errors import TOO_DEEP, TOO_MANY, refusal, unprintable

_SURROGATES: Final = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def read_json(text: str, source: str = "") -> ParsedDocument:
    """Return the value of a JSON text, read as strictly as the API server reads one (2.1).

    Numbers with a point or an exponent stay floats, which no integer field takes. Half a
    surrogate pair becomes U+FFFD.

    Raises:
        ManifestError: The text is not JSON.
    """
    source_text = _source_text(text)
    return _read(source_text, 0, len(text), source)


def read_json_values(text: str, source: str = "") -> list[ParsedDocument]:
    """Return the value of a JSON text, or several objects one after the other, as kubectl and jq write them.

    Raises:
        ManifestError: As in `read_json`.
    """
    source_text = _source_text(text)
    ends = _ends(source_text.text)
    starts = [0, *ends[:-1]]
    return [
        _read(source_text, start, end, source, number)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _source_text(text: str) -> SourceText:
    if "\\ud" in text or "\\uD" in text:
        # The replacement is as long as what it replaces, so positions stay.
        text = _SURROGATES.sub(lambda match: match[1] or "\\ufffd", text)
    return SourceText(text, is_json=True)


def _read(source_text: SourceText, start: int, end: int, source: str, number: int = 0) -> ParsedDocument:
    has_duplicates = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_duplicates
        data = dict(pairs)
        has_duplicates = has_duplicates or len(data) < len(pairs)
        return data

    text = source_text.text[start:end]
    try:
        text.encode()
        if sum(map(text.count, ",[{")) > 2 * MAX_VALUES:  # Texts may contain such characters, too.
            raise ScalarError(TOO_MANY)
        data = json.loads(text, object_pairs_hook=members, parse_constant=_constant, parse_float=_finite)
        if _is_too_deep(data):
            raise ScalarError(TOO_DEEP)
    except (ValueError, RecursionError) as error:
        raise _json_error(source_text, start, end, source, error) from None
    positions = Positions(_rows, source_text, start, end)
    duplicates = duplicates_in(positions)[False] if has_duplicates else ()
    return ParsedDocument({} if data is None else data, source_text, positions, duplicates, number)


_BLANKS: Final = re.compile(r"[ \t\r\n]*")


def _ends(text: str) -> list[int]:
    """Return where each of several objects ends, with the blanks after it; for anything else, the end of the text."""
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
        # If the last of several objects is broken, its error has the place.
        if len(ends) < 1 or not text.startswith("{", at):
            return [len(text)]
        ends.append(len(text))
    return ends


def _end_of(match: re.Match[str] | None) -> int:
    return 0 if match is None else match.end()


def is_json(text: str) -> bool:
    """Return whether the text is one JSON value, or several objects."""
    try:
        read_json_values(text)
    except ManifestError:
        return False
    return True


def _is_too_deep(data: object) -> bool:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            value
            for collection in level
            if isinstance(collection, dict | list)
            for value in (collection.values() if isinstance(collection, dict) else collection)
            if type(value) is dict or type(value) is list
        ]
        if not level:
            return False
    return True


def _json_error(source_text: SourceText, start: int, end: int, source: str, error: Exception) -> ManifestError:
    match error:
        case json.JSONDecodeError():
            at = start + error.pos
            return refusal(source_text, source, f"this is not JSON: {error.msg}", source_text.span(at, at + 1))
        case UnicodeEncodeError():
            return unprintable(source_text, source)
        case RecursionError():
            return ManifestError(TOO_DEEP, source)
        case ScalarError():
            problem = str(error)
        case _:
            problem = "an integer is too long to be read"
    return refusal(source_text, source, problem, source_text.span(*_bad_token(source_text.text, start, end)))


def _bad_token(text: str, start: int, end: int) -> Range:
    """Return where the first number is that Python does not read or JSON does not have, or a bracket too many."""
    depth = 0
    for token in _TOKEN.finditer(text, start, end):
        word = token[0]
        depth += (word in ("{", "[")) - (word in ("}", "]"))
        if depth > MAX_DEPTH or word in _CONSTANTS or (word[0] in "-0123456789" and _is_too_large(word)):
            return token.span()
    return start, start


def _is_too_large(number: str) -> bool:
    is_integer = number.removeprefix("-").isdigit()
    return len(number) > sys.get_int_max_str_digits() > 0 if is_integer else math.isinf(float(number))


def _constant(name: str) -> NoReturn:
    raise ScalarError(f"JSON has no {name}")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ScalarError(f"the number {digits[:40]} is too large")
    return value


_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{},:]|[^][{},:"\s]+')
_CONSTANTS: Final = frozenset({"NaN", "Infinity", "-Infinity"})


def _rows(text: str) -> Rows:
    """Return the positions in the text of one value, which was read before."""
    return _Recorder(text).rows


@final
class _Recorder:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.finditer(text)
        self.rows = Rows.empty()
        self._value(next(self._tokens))

    def _value(self, token: re.Match[str], key: str | None = None, key_range: Range = (0, 0)) -> None:
        keys, numbers = self.rows
        row = len(keys)
        keys.append(key)
        numbers.extend((*key_range, *token.span(), SCALAR))
        if token[0] in ("{", "["):
            kind = MAPPING if token[0] == "{" else SEQUENCE
            numbers[row * WIDTH + 3] = self._members() if kind == MAPPING else self._items()
            numbers[row * WIDTH + 4] = len(keys) << 2 | kind

    def _items(self) -> int:
        while (token := self._next_after_comma())[0] != "]":
            self._value(token)
        return token.end()

    def _members(self) -> int:
        while (token := self._next_after_comma())[0] != "}":
            next(self._tokens)
            self._value(next(self._tokens), json.loads(token[0]), token.span())
        return token.end()

    def _next_after_comma(self) -> re.Match[str]:
        token = next(self._tokens)
        return next(self._tokens) if token[0] == "," else token
