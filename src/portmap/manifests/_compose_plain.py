"""The short way through a YAML text: its data alone, where nothing in it needs more than that.

Most manifests have no anchor, tag or merge key and give no key twice, and where in them things
stand is asked of few. Their data takes less than half the time without positions, and much less
memory; who asks for positions gets them from a second pass, which need not look at values. For
every other text there is the whole reader, which also words all errors.
"""

from array import array
from collections.abc import Callable, Iterator
from itertools import islice
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

from portmap.manifests._composed import MAX_DEPTH, MAX_VALUES, Entry, Node
from portmap.manifests._scalars import SPECIAL_FIRST, ScalarError, decode, json_value

__all__ = ["Positions", "plain_documents"]

_KEPT_TREES: Final = 64

_OTHER_ERRORS: Final = (ReaderError, UnicodeEncodeError, RecursionError, yaml.YAMLError)


class _NotPlain(Exception):  # noqa: N818 - it is no error: the whole reader takes over
    pass


def plain_documents(text: str, parser: Callable[[str], Any]) -> list[Any] | None:
    """The data of all documents of a text, or `None` where the whole reader has to look at it.

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

    def documents(self) -> list[Any]:
        found = []
        take = self._take
        while type(event := take()) is not StreamEndEvent:
            if event.version is not None:
                raise _NotPlain
            found.append(self._value(take(), 0))
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

    They are kept as numbers, five a node, since a tree of tuples for each of many thousands of
    documents costs the garbage collector more time than all of the parsing. The trees of the
    last few documents that were asked for are kept beside them.
    """

    __slots__ = ("_names", "_places", "_starts", "_take", "_trees")

    def __init__(self, text: str, parser: Callable[[str], Any]) -> None:
        # In the order of the text, for each node: line, column, end line and end column, and then 0 for a scalar,
        # 1 + 2 n for a list of n items, 2 + 2 n for a mapping. Before each value of a mapping stand the four
        # numbers of its key, whose name is in a list of its own.
        self._places = array("L")
        self._names: list[str] = []
        self._starts: list[tuple[int, int]] = []
        self._trees: dict[int, Node] = {}
        self._take: Any = parser(text).get_event
        self._take()
        while type(self._take()) is not StreamEndEvent:
            self._starts.append((len(self._places), len(self._names)))
            self._note(self._take())
            self._take()
        self._starts.append((len(self._places), len(self._names)))
        self._take = None

    def tree(self, index: int) -> Node:
        """The positions in the document of this number."""
        found = self._trees.get(index)
        if found is None:
            (start, first), (end, last) = self._starts[index : index + 2]
            names = iter(self._names[first:last])
            found = self._trees[index] = _node(iter(self._places[start:end].tolist()), names)
            if len(self._trees) > _KEPT_TREES:
                del self._trees[next(iter(self._trees))]
        return found

    def _note(self, event: Any) -> None:  # noqa: ANN401 - as above
        mark, end = event.start_mark, event.end_mark
        if type(event) is ScalarEvent:
            self._places.extend((mark.line, mark.column, end.line, end.column, 0))
            return
        at = len(self._places)
        self._places.extend((mark.line, mark.column, 0, 0, 0))
        size, last, end = self._items() if type(event) is SequenceStartEvent else self._entries()
        self._places[at + 4] = size
        if event.flow_style or not last:
            self._places[at + 2], self._places[at + 3] = end.line, end.column
        else:
            # A collection in block style ends with its last value, and not where the next begins.
            self._places[at + 2 : at + 4] = self._places[last + 2 : last + 4]

    def _items(self) -> tuple[int, int, Any]:
        event: Any = self._take()
        size, last = 1, 0
        while type(event) is not SequenceEndEvent:
            last = len(self._places)
            self._note(event)
            size += 2
            event = self._take()
        return size, last, event.end_mark

    def _entries(self) -> tuple[int, int, Any]:
        take, add, name = self._take, self._places.extend, self._names.append
        event: Any = take()
        size, last = 2, 0
        while type(event) is not MappingEndEvent:
            name(event.value)
            mark, end = event.start_mark, event.end_mark
            value: Any = take()
            kind = type(value)
            if kind is ScalarEvent:  # What `_note` does, written out: most values are scalars.
                first, stop = value.start_mark, value.end_mark
                last = len(self._places) + 4
                add((mark.line, mark.column, end.line, end.column, first.line, first.column, stop.line, stop.column, 0))
            else:
                add((mark.line, mark.column, end.line, end.column))
                last = len(self._places)
                self._note(value)
            size += 2
            event = take()
        return size, last, event.end_mark


def _node(numbers: Iterator[int], names: Iterator[str]) -> Node:
    line, column, end_line, end_column, size = islice(numbers, 5)
    if not size:
        return line, column, end_line, end_column, None
    if size % 2:
        return line, column, end_line, end_column, [_node(numbers, names) for _ in range(size // 2)]
    entries: dict[str, Entry] = {}
    for _ in range(size // 2 - 1):
        name = next(names)
        key_line, key_column, key_end_line, key_end_column = islice(numbers, 4)
        entries[name] = key_line, key_column, key_end_line, key_end_column, _node(numbers, names)
    return line, column, end_line, end_column, entries
