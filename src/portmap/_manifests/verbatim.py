"""Documents that nobody changed, as they stood in their file: comments, quotes, order and all."""

import json
import re
from typing import TYPE_CHECKING, Any, Final

from portmap._kubernetes.errors import ManifestError
from portmap._yaml.reader import read_yaml

if TYPE_CHECKING:
    from portmap._manifests.documents import Document

__all__ = ["AsRead"]

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_BOUNDARY: Final = re.compile(r"---(?:\s|\Z)")
_EMPTY: Final = re.compile(r"(?:---(?=\s|\Z))?\s*(?:#.*)?\Z", re.DOTALL)


class AsRead:
    """Finds the texts of documents; a text of many documents is cut once."""

    def __init__(self) -> None:
        self._text: str | None = None
        self._pieces: list[str] = []

    def text(self, document: "Document") -> str | None:
        """The document as it was read, with the comments before it, down to the next one.

        `None` if it did not stand alone, as the items of a `List` do not, is of a JSON text, has
        directives, which kubectl does not read, or says something else than its `raw` does now.
        """
        parsed, root = document.origin
        if root or parsed.is_json:
            return None
        if self._text is not parsed.text:
            self._text, self._pieces = parsed.text, _pieces(parsed.text)
        if parsed.number >= len(self._pieces):
            return None
        piece = self._pieces[parsed.number]
        try:
            said = [each.data for each in read_yaml(piece) if each.data != {}]
        except ManifestError:
            return None
        if len(said) != 1 or _spelt(said[0]) != _spelt(document.raw):
            return None
        return piece if piece.endswith("\n") else f"{piece}\n"


def _spelt(data: Any) -> str | None:  # noqa: ANN401 - any JSON value, or what somebody put into it
    try:
        return json.dumps(data)
    except (TypeError, ValueError):
        return None


def _pieces(text: str) -> list[str]:
    """The text of each document, by number; one that is empty stands with the next, or else the last one."""
    parts: list[list[str]] = [[]]
    for line in _LINE.findall(text):
        if line.startswith("%"):
            return []
        if _BOUNDARY.match(line) and any(map(_begins, parts[-1])):
            parts.append([])
        parts[-1].append(line)
    whole = ["".join(part) for part in parts]
    full = [not all(_EMPTY.match(line) for line in part) for part in parts]
    if True in full:
        last = len(full) - 1 - full[::-1].index(True)
        whole[last] += "".join(whole[last + 1 :])
        for number in range(last):
            if not full[number]:
                whole[number + 1] = whole[number] + whole[number + 1]
    return whole


def _begins(line: str) -> bool:
    """Whether a document has begun on this line."""
    return _BOUNDARY.match(line) is not None or _EMPTY.match(line) is None
