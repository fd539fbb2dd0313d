"""One change to a text at the recorded positions, which leaves every other character as it is.

The result is not trusted: `edit_document` parses it again and compares the data with the wanted data.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, final

from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._manifests.known_fields import APPEND
from portmap._yaml.line_breaks import LINE_BREAK
from portmap._yaml.parsed_document import ParsedDocument
from portmap._yaml.positions import Range
from portmap._yaml.scalars import plain_ok
from portmap._yaml.writer import emit, text_value

_Data: TypeAlias = Any

_COLON: Final = re.compile(r"\s*:(?:[ \t]+[&!]\S*)*")
_REST: Final = re.compile(r"[ \t]*(?P<comma>,?)[ \t]*(?:#.*)?")
_PROPERTIES: Final = re.compile(r"(?:[&!]\S*\s+)+")
_ANCHOR: Final = re.compile(r"&\S+")
# Wider than `plain_ok`: a text that was not quoted and not in brackets, such as `nginx:1.27`, stays without quotes.
_PLAIN: Final = re.compile(r"/?[A-Za-z][A-Za-z0-9_./:@+%=-]*(?<!:)")


@final
class Splicer:
    """A text without its byte order mark, and the positions of the document to change."""

    def __init__(self, text: str, parsed: ParsedDocument, source: str) -> None:
        self._text = text
        self._parsed = parsed
        self._positions = parsed.positions
        self._source = source
        found = LINE_BREAK.search(text)
        self._newline = found[0] if found is not None and found[0] in ("\r\n", "\n", "\r") else "\n"

    def set(self, path: FieldPath, value: _Data) -> str:
        """Return the text with this value at the path, and with the missing values above it.

        Raises:
            ManifestError: This needs changes in other places.
        """
        row, rest = self._descend(path)
        if not rest:
            return self._replaced(row, value, path)
        for step in reversed(rest[1:]):
            value = [value] if step == APPEND else {str(step): value}
        start = self._content(row)
        if self._positions.children(row) is None:  # A null, which becomes the collection.
            return self._replaced(row, [value] if rest[0] == APPEND else {str(rest[0]): value}, path)
        flow = self._text[start : start + 1] in ("{", "[")
        return self._flow_added(row, rest[0], value) if flow else self._block_added(row, rest[0], value)

    def remove(self, path: FieldPath) -> str:
        """Return the text without the value at this path.

        Raises:
            ManifestError: There is no such value, or this needs changes in other places.
        """
        parent, rest = self._descend(path[:-1])
        _, missing = self._descend(path)
        if rest or missing:
            raise self._refusal(f"there is no {path} to remove", parent)
        places = self._own_children(parent)
        own = sorted(places.values())
        at = own.index(places[path[-1]])
        flow = self._text[self._content(parent)] in ("{", "[")
        start, end = own[at]
        if len(own) == 1:
            return self._emptied(path[:-1], parent, start, end, flow=flow)
        if flow:
            return self._flow_removed(own, at)
        line = self._line_start(start)
        if self._text[line:start].strip(" ") == "":
            return self._lines_removed(start, end)
        if at + 1 == len(own):
            raise self._refusal(f"{path} shares its line with another field", parent)
        between = self._text[self._line_end(end) : own[at + 1][0]]
        if "#" in between:
            # A comment on its own line stays, and the content after the dash begins below it.
            return self._cut(len(self._text[:start].rstrip(" ")), self._line_end(end))
        return self._cut(start, own[at + 1][0])

    def _emptied(self, path: FieldPath, parent: int, start: int, end: int, *, flow: bool) -> str:
        """Return the text with a collection empty that has only this item or entry."""
        if flow:
            opening, closing = self._content(parent) + 1, self._end(parent) - 1
            blank = self._text[opening:start].strip() == self._text[end:closing].strip(" \t\r\n,") == ""
            return self._cut(opening, closing) if blank else self._cut(start, end)
        empty = "{}" if isinstance(self._positions.children(parent), dict) else "[]"
        colon = self._colon(path)
        if colon is None or self._text[self._line_start(start) : start].strip(" ") != "":
            return self._cut(self._content(parent), self._end(parent), empty)
        without = self._lines_removed(start, end)
        return f"{without[:colon]} {empty}{without[colon:]}"

    def _colon(self, path: FieldPath) -> int | None:
        """Return where the value of a field can begin on the line of its colon, after its anchor and tag."""
        row, _ = self._descend(path)
        key = self._positions.key(row)
        match = None if key is None else _COLON.match(self._text, key[1])
        return None if match is None else match.end()

    def _lines_removed(self, start: int, end: int) -> str:
        """Return the text without the lines of this range."""
        line, stop = self._line_start(start), self._line_end(end)
        after = LINE_BREAK.match(self._text, stop)
        if after is not None:
            return self._cut(line, after.end())
        return self._cut(len(self._text[:line].rstrip("\r\n")), stop)

    def _flow_removed(self, own: list[tuple[int, int]], at: int) -> str:
        start, end = own[at]
        if at + 1 < len(own):
            return self._cut(start, own[at + 1][0])
        before = own[at - 1][1]
        rest = _REST.fullmatch(self._text, end, self._line_end(end))
        if rest is None or self._text[self._line_start(start) : start].strip(" \t") != "":
            return self._cut(before, end)
        # It has its own lines, and the item before it can have a comment.
        text = self._lines_removed(start, end)
        comma = self._text.find(",", before, start)
        return text if rest["comma"] else text[:comma] + text[comma + 1 :]

    # --- positions -----------------------------------------------------------------------------------------------

    def _descend(self, path: FieldPath) -> tuple[int, FieldPath]:
        """Return the row of the deepest value on the path that exists, and the remaining steps."""
        row = self._positions.ROOT
        for position, step in enumerate(path):
            children = self._positions.children(row)
            if self._text.startswith("*", self._start(row)):
                alias = path[:position]
                raise self._refusal(f"{alias} is an alias: change the anchored value, or write the value here", row)
            if isinstance(children, dict) and step in children:
                child = children[str(step)]
                if not self._owns(row, child):
                    raise self._refusal(f"{path[: position + 1]} comes from a merge key", row)
                row = child
            elif isinstance(children, list) and isinstance(step, int):
                row = children[step]
            else:
                return row, path[position:]
        return row, ROOT

    def _own_children(self, row: int) -> dict[str | int, Range]:
        """Return the ranges of the entries written in a mapping, or of the items of a list with their dashes."""
        children = self._positions.children(row)
        found: dict[str | int, Range] = {}
        if isinstance(children, dict):
            for key, child in children.items():
                place = self._positions.key(child)
                if place is not None and self._owns(row, child):
                    found[key] = place[0], max(place[1], self._end(child))
            return found
        flow = self._text[self._content(row)] == "["
        for index, item in enumerate(children or ()):
            start, end = self._start(item), self._end(item)
            dash = start if flow else self._text.rfind("-", 0, max(start, 1))
            found[index] = dash, max(end, dash + 1)
        return found

    def _owns(self, row: int, child: int) -> bool:
        """Return whether an entry is written in this mapping, and not merged into it."""
        key = self._positions.key(child)
        start, end = self._positions.value(row)
        return key is not None and start <= key[0] < max(start + 1, end)

    def _start(self, row: int) -> int:
        return self._positions.value(row)[0]

    def _content(self, row: int) -> int:
        """Return where a value begins after its anchor and tag."""
        start = self._start(row)
        match = _PROPERTIES.match(self._text, start)
        return start if match is None else match.end()

    def _end(self, row: int) -> int:
        """Return where a value ends, without the line breaks after a block scalar."""
        start, end = self._positions.value(row)
        return start + len(self._text[start:end].rstrip(" \t\r\n"))

    def _line_start(self, offset: int) -> int:
        return max(self._text.rfind(each, 0, offset) for each in "\n\r") + 1

    def _line_end(self, offset: int) -> int:
        match = LINE_BREAK.search(self._text, offset)
        return len(self._text) if match is None else match.start()

    def _cut(self, start: int, end: int, instead: str = "") -> str:
        return self._text[:start] + instead + self._text[end:]

    def _refusal(self, problem: str, row: int) -> ManifestError:
        return ManifestError(problem, self._source, self._parsed.span_of(row))

    # --- writing -----------------------------------------------------------------------------------------------

    def _replaced(self, row: int, value: _Data, path: FieldPath) -> str:
        start, end = self._start(row), self._end(row)
        old = self._text[start:end]
        if old.startswith("*"):
            raise self._refusal(f"{path} is an alias: change the anchored value, or write the value here", row)
        content = min(self._content(row), end)
        if self._positions.children(row) is not None and self._text[content] not in ("{", "["):
            raise self._refusal(f"{path} is a block of several fields: change them one by one", row)
        anchor = _ANCHOR.match(old)
        written = self._block(value, path, end) or self._flow(value, self._text[content:end])
        if anchor is not None:
            written = f"{anchor[0]} {written}"
        if not old and self._text[start - 1 : start] not in (" ", ""):
            written = f" {written}"
        return self._cut(start, end, written)

    def _block(self, value: _Data, path: FieldPath, end: int) -> str | None:
        """Return a text of several lines as a literal block; `None` if a block is not possible here."""
        if self._parsed.is_json or not isinstance(value, str) or "\n" not in value or value.endswith("\n\n"):
            return None
        parent, _ = self._descend(path[:-1])
        if not path or self._text[self._content(parent)] in ("{", "["):
            return None
        stop = self._line_end(end)
        if self._text[end:stop].strip() != "" or stop == len(self._text):
            return None
        start = self._own_children(parent)[path[-1]][0]
        written = text_value(value, " " * (start - self._line_start(start)))
        return written.replace("\n", self._newline) if written.startswith("|") else None

    def _flow(self, value: _Data, old: str = "") -> str:
        """Return a value on one line, in the quotes of the value that it replaces."""
        if self._parsed.is_json:
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self._flow(key)}: {self._flow(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._flow, value)) + "]"
        if not isinstance(value, str):
            return emit(value)[:-1]
        if old.startswith("'") and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        plain = plain_ok(value) or (
            old[:1].isalpha() and _PLAIN.fullmatch(value) and plain_ok(re.sub("[:@+%=]", "_", value.removeprefix("/")))
        )
        return value if plain and not old.startswith('"') else emit(value)[:-1]

    def _flow_added(self, row: int, step: str | int, value: _Data) -> str:
        written = self._flow(value)
        own = self._own_children(row)
        colon = ": "
        children = self._positions.children(row)
        if isinstance(children, dict):
            if own and self._parsed.is_json:
                first = next(iter(children.values()))
                key = self._positions.key(first)
                colon = colon if key is None else self._text[key[1] : self._start(first)]
            written = f"{self._flow(str(step))}{colon}{written}"
        if not own:
            opening = self._content(row)
            return self._cut(opening + 1, opening + 1, written)
        start, end = max(own.values())
        lead = self._text[self._line_start(start) : start]
        if lead.strip() != "":
            return self._cut(end, end, (", " if colon != ":" else ",") + written)
        stop = self._line_end(end)
        rest = _REST.fullmatch(self._text, end, stop)
        if rest is None:
            return self._cut(end, end, f",{self._newline}{lead}{written}")
        # The last item keeps its comment, and a comma follows the new last item if one followed the old one.
        comma = rest["comma"]
        kept = rest[0] if comma else f",{rest[0]}"
        return self._cut(end, stop, f"{kept}{self._newline}{lead}{written}{comma}")

    def _block_added(self, row: int, step: str | int, value: _Data) -> str:
        if isinstance(self._positions.children(row), dict):
            first = min(self._own_children(row).values())[0]
            written = emit({str(step): value})
        else:
            first = self._content(row)
            written = emit([value])
        pad = " " * (first - self._line_start(first))
        lines = written.removesuffix("\n").split("\n")
        end = self._line_end(self._end(row))
        return self._cut(end, end, "".join(f"{self._newline}{pad}{line}" if line else self._newline for line in lines))
