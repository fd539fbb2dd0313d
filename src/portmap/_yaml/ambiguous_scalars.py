"""Unquoted scalars that other readers of YAML do not read as kubectl does.

`targetPort: 1e3` is a number to kubectl and in YAML 1.2, and text to PyYAML; readers disagree about `0o17`,
`y`, `010` and `12:30`, too. Sources: YAML 1.2.2, section 10.3.2 (core schema), and PyYAML's `resolver.py`, which
follows https://yaml.org/type/ for YAML 1.1.

Times are left out: kubectl itself writes them unquoted, and PyYAML alone reads them as something else than text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._yaml.line_breaks import LINE_BREAK
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.positions import Positions, Range
from portmap._yaml.scalars import SPECIAL_FIRST, Scalar, ScalarError, key_text, resolve
from portmap._yaml.writer import emit

_NULLS: Final = ("", "~", "null", "Null", "NULL")
_CORE_WORDS: Final[dict[str, Scalar]] = (
    dict.fromkeys(_NULLS, None)
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)
_OLD_WORDS: Final[dict[str, Scalar]] = (
    _CORE_WORDS
    | dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True)
    | dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False)
)
_CORE_INTEGER: Final = re.compile(r"([-+]?[0-9]+)|0o([0-7]+)|0x([0-9a-fA-F]+)")
_CORE_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OLD_INTEGER: Final = re.compile(r"([-+]?)(?:0b([01_]+)|0([0-7_]*)|([1-9][0-9_]*)|0x([0-9a-fA-F_]+))")
_OLD_FLOAT: Final = re.compile(r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?")
_OLD_BASE_60: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")

_ANCHOR: Final = re.compile(r"&\S+[ \t]+")
_LONGEST: Final = 100


class AmbiguousScalar(NamedTuple):
    """An unquoted scalar about which readers disagree.

    Attributes:
        path: The path of the value, or of the value that has the scalar as its key, from the root on.
        text: The scalar as it is written.
        message: What readers make of it.
        hint: What to write instead.
    """

    path: FieldPath
    text: str
    message: str
    hint: str


def ambiguous_scalars(document: ParsedDocument, root: FieldPath) -> Iterator[AmbiguousScalar]:
    """Yield the unquoted keys and values about which readers disagree.

    Args:
        document: The document.
        root: The path in the document of the value to look at.
    """
    positions = document.positions
    if document.is_json:
        return
    row = positions.ROOT
    for step in root:
        children = positions.children(row)
        if not children:
            return
        row = children[str(step)] if isinstance(children, dict) else children[int(step)]
    for path, (start, end), is_key in _scalars(positions, row, ROOT):
        written = document.text[start:end]
        text = _ANCHOR.sub("", written, count=1) if written.startswith("&") else written
        if text[:1] in SPECIAL_FIRST and LINE_BREAK.search(text) is None:
            message = readings(text)
            if message is not None:
                yield AmbiguousScalar(path, text, message, _hint(text, is_key=is_key))


def _scalars(positions: Positions, row: int, path: FieldPath) -> Iterator[tuple[FieldPath, Range, bool]]:
    """Yield the path and place of each key and scalar, and whether it is a key."""
    children = positions.children(row)
    if isinstance(children, dict):
        for key, child in children.items():
            below = path.child(key)
            yield below, positions.key(child) or positions.value(child), True
            yield from _scalars(positions, child, below)
    elif children is None:
        yield path, positions.value(row), False
    else:
        for index, item in enumerate(children):
            yield from _scalars(positions, item, path.index(index))


@lru_cache(maxsize=1024)
def readings(text: str) -> str | None:
    """Return what readers make of this unquoted text, as a sentence; `None` if they agree."""
    if len(text) > _LONGEST:
        return None
    try:
        kubectl = _shown(resolve(text))
    except ScalarError:
        return None
    others = [("YAML 1.2", _core(text)), ("YAML 1.1 as PyYAML reads it", _old(text))]
    different = [f"{reading} in {reader}" for reader, reading in others if reading != kubectl]
    return f"unquoted, {text} is {kubectl} to kubectl, but {' and '.join(different)}" if different else None


def _hint(text: str, *, is_key: bool) -> str:
    value = resolve(text)
    if isinstance(value, str):
        return f'quote it: "{text}"'
    clear = f'"{key_text(value)}"' if is_key else emit(value).rstrip()
    return f'write {clear}, or "{text}" for text'


def _core(text: str) -> str:
    if text in _CORE_WORDS:
        return _shown(_CORE_WORDS[text])
    match = _CORE_INTEGER.fullmatch(text)
    if match is not None:
        decimal, octal, hexadecimal = match.groups()
        return _shown(int(decimal) if decimal else int(octal, 8) if octal else int(hexadecimal, 16))
    return _shown(float(text) if _CORE_FLOAT.fullmatch(text) else text)


def _old(text: str) -> str:
    if text in _OLD_WORDS:
        return _shown(_OLD_WORDS[text])
    if _OLD_BASE_60.fullmatch(text):
        return "a number to the base 60"
    match = _OLD_INTEGER.fullmatch(text)
    if match is not None:
        sign, *digits = match.groups()
        magnitude = next(
            int(number.replace("_", "") or "0", base)
            for number, base in zip(digits, (2, 8, 10, 16), strict=True)
            if number is not None
        )
        return _shown(-magnitude if sign == "-" else magnitude)
    return _shown(float(text.replace("_", "")) if _OLD_FLOAT.fullmatch(text) else text)


def _shown(value: Scalar) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value:.17g}" if abs(value) < 1e15 else f"the number {value!r}"
    return "text"
