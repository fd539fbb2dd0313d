"""What other readers make of an unquoted scalar, where that is not what kubectl makes of it.

`targetPort: 1e3` is a number to kubectl and to YAML 1.2, and text to PyYAML; `0o17`, `y`, `010` and
`12:30` divide the readers otherwise. Sources: YAML 1.2.2, section 10.3.2 (core schema), and
PyYAML's `resolver.py`, which follows https://yaml.org/type/ for YAML 1.1.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._yaml.line_breaks import LINE_BREAK
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.positions import Positions
from portmap._yaml.scalars import SPECIAL_FIRST, Scalar, ScalarError, resolve

__all__ = ["disagreement", "divisive", "refused_by_kubectl"]

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
_OLD_SIXTIES: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_OLD_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:.*")

_BEHIND: Final = re.compile(r"---[ \t]+[^\s#]")
_BETWEEN: Final = re.compile(r"(?:---)?[ \t]*(?:#.*)?$", re.MULTILINE)
_ANCHOR: Final = re.compile(r"&\S+[ \t]+")


def divisive(composed: ParsedDocument, root: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """The unquoted keys and values of a document about which readers do not agree, with their paths from the root on.

    Args:
        composed: The document.
        root: The path of the value in which they are looked for.
    """
    positions = composed.positions
    if positions is None or composed.is_json:
        return
    row = positions.ROOT
    for step in root:
        children = positions.children(row)
        if not children:
            return
        row = children[str(step)] if isinstance(children, dict) else children[int(step)]
    for path, start, end in _scalars(positions, row, ROOT):
        written = composed.text[start:end]
        text = _ANCHOR.sub("", written, count=1) if written.startswith("&") else written
        if text[:1] in SPECIAL_FIRST and LINE_BREAK.search(text) is None and disagreement(text) is not None:
            yield path, text


def refused_by_kubectl(composed: ParsedDocument) -> tuple[str, str] | None:
    """Why kubectl refuses a document that a server reads, and what to do, if it does.

    It cuts a file at every line that begins with `---` before it reads YAML. Source:
    `staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go`, `YAMLReader.Read`.
    """
    if composed.positions is None or composed.is_json:
        return None
    text, starts = composed.text, composed.source_text.line_starts
    start, _ = composed.positions.value(Positions.ROOT)
    number = composed.source_text.span(start, start).line - 1
    if _BEHIND.match(text, starts[number]) is not None:
        return "kubectl refuses a document that begins on the line of its `---`", "begin it on the next line"
    directive = False
    for start in reversed(starts[:number]):
        if directive and text.startswith("---", start):
            break
        if text.startswith("%", start):
            directive = True
        elif _BETWEEN.match(text, start) is None:
            # With what ends another document the directive is dropped.
            return None
    if directive:
        return "kubectl refuses a document with a directive", "remove the line that begins with %"
    return None


def _scalars(positions: Positions, row: int, path: FieldPath) -> Iterator[tuple[FieldPath, int, int]]:
    children = positions.children(row)
    if isinstance(children, dict):
        for key, child in children.items():
            yield path.child(key), *(positions.key(child) or positions.value(child))
            yield from _scalars(positions, child, path.child(key))
    elif children is None:
        yield path, *positions.value(row)
    else:
        for index, item in enumerate(children):
            yield from _scalars(positions, item, path.index(index))


@lru_cache(maxsize=1024)
def disagreement(text: str) -> str | None:
    """What readers make of this unquoted text, as a sentence for people, if they do not agree."""
    if len(text) > 100:
        return None
    try:
        here = _shown(resolve(text))
    except ScalarError:
        return None
    others = [("YAML 1.2", _core(text)), ("YAML 1.1 as PyYAML reads it", _old(text))]
    said = [f"{reading} in {reader}" for reader, reading in others if reading != here]
    return f"unquoted, {text} is {here} to kubectl, but {' and '.join(said)}" if said else None


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
    if _OLD_TIME.fullmatch(text):
        return "a time"
    if _OLD_SIXTIES.fullmatch(text):
        return "a number to the base 60"
    match = _OLD_INTEGER.fullmatch(text)
    if match is not None:
        sign, *digits = match.groups()
        magnitude = next(
            int(each.replace("_", "") or "0", base)
            for each, base in zip(digits, (2, 8, 10, 16), strict=True)
            if each is not None
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
