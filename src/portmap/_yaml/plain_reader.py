"""The short way through a YAML text: its data alone, where nothing in it needs more than that.

Most manifests have no anchor, tag or merge key and give no key twice, and where in them things
stand is asked of few. Their data takes less than half the time without positions, and much less
memory; who asks for positions gets them from a second pass, which need not look at values. For
every other text there is the whole reader, which also words all errors.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, final

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from portmap._yaml.positions import MAX_DEPTH, MAX_VALUES, Entry, Node
from portmap._yaml.scalars import SPECIAL_FIRST, ScalarError, decode, json_value

__all__ = ["Positions", "plain_documents"]

_KEPT_TREES: Final = 64

_OTHER_ERRORS: Final = (ReaderError, UnicodeEncodeError, RecursionError, yaml.YAMLError)


class _NotPlain(Exception):  # noqa: N818 - it is no error: the whole reader takes over
    pass


def plain_documents(text: str, parser: Callable[[str], Any]) -> list[tuple[Any, int, int]] | None:
    """The data of all documents of a text, or `None` where the whole reader has to look at it.

    Each has beside it where the line begins in which the document does, and its number, from 0.

    Args:
        text: One or more documents.
        parser: Makes PyYAML's parser of a text; that of its C extension.
    """
    try:
        return _Plain(parser(text).get_event).documents()
    except (_NotPlain, ScalarError, *_OTHER_ERRORS):
        return None


class _Plain:
    """Makes data of a stream of events."""

    __slots__ = ("_collections", "_keys", "_take")

    def __init__(self, take: Any) -> None:  # noqa: ANN401 - as above
        self._take = take
        self._keys: dict[str, str] = {}
        self._collections = 0
        take()

    def documents(self) -> list[tuple[Any, int, int]]:
        found = []
        take = self._take
        while type(event := take()) is not StreamEndEvent:
            if event.version is not None:
                raise _NotPlain
            begin = event.start_mark
            found.append((self._value(take(), 0), begin.index - begin.column, begin.line))
            take()
        return found

    def _value(self, event: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
        kind = type(event)
        if kind is AliasEvent or event.anchor is not None or event.tag is not None:
            raise _NotPlain
        if kind is ScalarEvent:
            value = event.value
            return json_value(decode(value)) if value[:1] in SPECIAL_FIRST and event.implicit[0] else value
        self._collections += 1
        if depth >= MAX_DEPTH or self._collections > MAX_VALUES:
            raise _NotPlain
        return self._sequence(depth) if kind is SequenceStartEvent else self._mapping(depth)

    def _sequence(self, depth: int) -> list[Any]:
        items = []
        take = self._take
        while type(event := take()) is not SequenceEndEvent:
            items.append(self._value(event, depth + 1))
            if len(items) > MAX_VALUES:
                raise _NotPlain
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        take, keys, special = self._take, self._keys, SPECIAL_FIRST
        while type(event := take()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor is not None or event.tag is not None:
                raise _NotPlain
            raw = event.value
            key = keys.get(raw) if event.implicit[0] else raw
            if key is None:
                if raw == "<<" or type(decode(raw)) is not str:
                    raise _NotPlain
                keys[raw] = key = raw
            event = take()
            if type(event) is ScalarEvent and event.anchor is None and event.tag is None:
                value: Any = event.value
                if value[:1] in special and event.implicit[0]:
                    value = json_value(decode(value))
            else:
                value = self._value(event, depth + 1)
            if key in data or len(data) >= MAX_VALUES:
                raise _NotPlain
            data[key] = value
        return data


@final
class Positions:
    """The positions in each document of a text of which `plain_documents` gave the data.

    A text may hold many thousands of documents, of which few are asked for: each is parsed again by
    itself. The trees of the last few are kept; those of all would cost the garbage collector more time
    than the parsing.

    Args:
        text: The text.
        begins: Where the lines begin in which its documents do, and their numbers, from 0.
        parser: As for `plain_documents`.
    """

    __slots__ = ("_begins", "_parser", "_text", "_trees")

    def __init__(self, text: str, begins: Sequence[tuple[int, int]], parser: Callable[[str], Any]) -> None:
        self._text = text
        self._begins = begins
        self._parser = parser
        self._trees: dict[int, Node] = {}

    def tree(self, index: int) -> Node:
        """The positions in the document of this number."""
        found = self._trees.get(index)
        if found is None:
            # What stands before the first document may be directives and comments.
            start, line = self._begins[index] if index else (0, 0)
            end = self._begins[index + 1][0] if index + 1 < len(self._begins) else None
            found = self._trees[index] = _Tree(self._parser(self._text[start:end]).get_event, line).document()
            if len(self._trees) > _KEPT_TREES:
                del self._trees[next(iter(self._trees))]
        return found

    def forget(self) -> None:
        """Keep no tree any longer."""
        self._trees.clear()


@final
class _Tree:
    """Makes the positions in one document of a stream of events, so many lines further down."""

    __slots__ = ("_lines", "_take")

    def __init__(self, take: Any, lines: int) -> None:  # noqa: ANN401 - as above
        self._take = take
        self._lines = lines

    def document(self) -> Node:
        self._take()
        self._take()
        return self._node(self._take())

    def _node(self, event: Any) -> Node:  # noqa: ANN401 - as above
        mark, end, lines = event.start_mark, event.end_mark, self._lines
        if type(event) is ScalarEvent:
            return mark.line + lines, mark.column, end.line + lines, end.column, None
        inside: list[Node] | dict[str, Entry]
        last: Node | None = None
        if type(event) is SequenceStartEvent:
            inside, take = [], self._take
            while type(each := take()) is not SequenceEndEvent:
                last = self._node(each)
                inside.append(last)
        else:
            inside, take = {}, self._take
            while type(each := take()) is not MappingEndEvent:
                first, stop = each.start_mark, each.end_mark
                last = self._node(take())
                inside[each.value] = first.line + lines, first.column, stop.line + lines, stop.column, last
        if event.flow_style or last is None:
            end = each.end_mark
            return mark.line + lines, mark.column, end.line + lines, end.column, inside
        # A collection in block style ends with its last value, and not where the next begins.
        return mark.line + lines, mark.column, last[2], last[3], inside
