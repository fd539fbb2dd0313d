"""The writer: plain data to a YAML document that every reader reads as the same data.

`scalars.plain_ok` decides which texts need quotes. It quotes more than any one reader needs: PyYAML's own dumper
leaves texts unquoted that kubectl reads as numbers and booleans (12.3). No anchors, tags or directives are ever
written (12.7). The module needs no third-party package; nearly all of the time of writing is spent in it.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.labels import Labels
from portmap._yaml.scalars import plain_ok

LONGEST_PLAIN: Final = 64
_MAX_DEPTH: Final = 200
_SIMPLE_KEY: Final = 1000
"""How many bytes a key may have without a `?` before it.

YAML allows 1024 characters, but readers count differently: UTF-16 units in JavaScript. There are never fewer bytes.
"""

_INT64: Final = 1 << 63
_MAPPINGS: Final = (dict, Labels, Mapping)
"""Classes of mappings, the usual ones first: an instance check of an abstract class takes time."""


class WriteError(Exception):
    """A value cannot be written. The steps to it are added while the stack unwinds."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.steps: list[str | int] = []


def emit(data: object) -> str:
    """Return the data as one YAML document, in block style, with the keys in the order given.

    Args:
        data: What JSON can carry: mappings with text as keys, lists or tuples, text, numbers, booleans and None.

    Raises:
        ManifestError: The data has something else, or what JSON cannot carry (infinities, NaN, halves of surrogate
            pairs), or an integer that readers would round, or it contains itself. The message begins with the path.
    """
    pieces: list[str] = []
    try:
        if isinstance(data, Mapping) and data:
            _mapping(data, "", "", pieces.append, 0)
        elif isinstance(data, (list, tuple)) and data:
            _sequence(data, "", "", pieces.append, 0)
        else:
            # A block scalar needs a parent to be indented from.
            pieces.append(f"{_quoted(data) if isinstance(data, str) else _atom(data)}\n")
    except WriteError as error:
        path = FieldPath(*reversed(error.steps))
        raise ManifestError(f"{path}: {error.problem}" if path else error.problem) from None
    except RecursionError:
        raise ManifestError("the data nest too deeply, or contain themselves") from None
    return "".join(pieces)


def _mapping(data: Mapping[str, Any], lead: str, pad: str, write: Callable[[str], None], depth: int) -> None:
    """Write one line or more for each key: `lead` before the first, `pad` before the others."""
    _check_depth(depth)
    name: object = None
    try:
        for name, value in data.items():
            kind = type(value)
            if (kind is str and len(value) <= LONGEST_PLAIN and plain_ok(value)) or (
                kind is int and -_INT64 <= value < _INT64
            ):
                write(f"{lead}{_key(name, pad)}: {value}\n")
            else:
                write_entry(f"{lead}{_key(name, pad)}:", value, pad, write, depth)
            lead = pad
    except WriteError as error:
        error.steps.append(name if isinstance(name, str) else f"[{name!r}]")
        raise


def write_entry(start: str, value: object, pad: str, write: Callable[[str], None], depth: int) -> None:
    """Write one value of a mapping; `start` is all that comes before it, with the colon.

    Raises:
        WriteError: It cannot be written.
    """
    if isinstance(value, _MAPPINGS) and value:
        write(f"{start}\n")
        _mapping(value, pad + "  ", pad + "  ", write, depth + 1)
    elif isinstance(value, (list, tuple)) and value:
        # The dashes are below the key, as kubectl writes them.
        write(f"{start}\n")
        _sequence(value, pad, pad, write, depth + 1)
    else:
        write(f"{start} {_scalar(value, pad)}\n")


def _sequence(data: Iterable[object], lead: str, pad: str, write: Callable[[str], None], depth: int) -> None:
    _check_depth(depth)
    index = 0
    inner = pad + "  "
    try:
        for index, value in enumerate(data):  # noqa: B007  (the handler below has it)
            if isinstance(value, _MAPPINGS) and value:
                _mapping(value, f"{lead}- ", inner, write, depth + 1)
            elif isinstance(value, (list, tuple)) and value:
                _sequence(value, f"{lead}- ", inner, write, depth + 1)
            else:
                write(f"{lead}- {_scalar(value, pad)}\n")
            lead = pad
    except WriteError as error:
        error.steps.append(index)
        raise


def _check_depth(depth: int) -> None:
    if depth >= _MAX_DEPTH:
        raise WriteError(f"the data nest deeper than {_MAX_DEPTH} levels, or contain themselves")


@lru_cache(maxsize=4096)
def _key(name: object, pad: str) -> str:
    """Return a key of a mapping, without its colon; `pad` indents the mapping.

    The cache is for the names of fields, which all manifests repeat.
    """
    if not isinstance(name, str):
        raise WriteError(f"a key must be text, not {type(name).__name__}")
    name = str.__str__(name)
    if len(name) <= LONGEST_PLAIN and plain_ok(name):
        return name
    written = _quoted(name)
    return written if len(written.encode()) <= _SIMPLE_KEY else f"? {written}\n{pad}"


def _scalar(value: object, pad: str) -> str:
    return text_value(str.__str__(value), pad) if isinstance(value, str) else _atom(value)


def text_value(value: str, pad: str) -> str:
    """Return a text as a value in a mapping or an item of a list; `pad` indents that mapping or list."""
    if "\n" in value and re.fullmatch(_LITERAL, value):
        return _literal(value, pad + "  ")
    return value if len(value) <= LONGEST_PLAIN and plain_ok(value) else _quoted(value)


def _atom(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return _integer(int(value))
        case float():
            return _float(float(value))
        case Mapping():
            return "{}"
        case list() | tuple():
            return "[]"
    raise WriteError(f"{type(value).__name__} cannot be written to a manifest")


def _integer(value: int) -> str:
    if -_INT64 <= value < _INT64:
        return str(value)
    # Readers make a float of it, which is right if it has the digits of one.
    from portmap._yaml.scalars import resolve

    if abs(value) < 10**21 and resolve(str(value)) == value:
        return str(value)
    raise WriteError("an integer beyond 64 bits would be rounded by readers")


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise WriteError(f"{value} is not possible in JSON")
    digits = repr(value)
    # Without a point PyYAML reads 1e-07 as text.
    return digits if "." in digits else digits.replace("e", ".0e")


# A raw string, because some type checkers cannot keep half a surrogate pair in their caches.
_ESCAPED: Final = r'["\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]'
# These patterns are compiled when they are first needed: most manifests have neither.
_NAMED: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _quoted(text: str) -> str:
    """Return the text in double quotes, which every reader understands (12.7, rule 3)."""
    return f'"{re.sub(_ESCAPED, _escape, str.__str__(text))}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise WriteError("half a surrogate pair is not text")
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


# Lines that begin and end with a visible character, except that lines after the first may be indented; no line of
# blanks alone. Readers and editors disagree about blanks at the edges.
_VISIBLE: Final = "!-~\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_LITERAL: Final = (
    f"[{_VISIBLE}](?:[{_VISIBLE} \t]*[{_VISIBLE}])?(?:\n+(?: *[{_VISIBLE}](?:[{_VISIBLE} \t]*[{_VISIBLE}])?))*\n*"
)


def _literal(text: str, pad: str) -> str:
    """Return the text as a literal block, each line as it is."""
    kept = text.rstrip("\n")
    ends = len(text) - len(kept)
    header = ("|-", "|", "|+")[min(ends, 2)]
    body = "\n".join(f"{pad}{line}" if line else "" for line in kept.split("\n"))
    return f"{header}\n{body}" + "\n" * max(ends - 1, 0)
