"""The short way through a YAML text: its data alone, where nothing in it needs more than that.

Most manifests have no anchor, tag or merge key and give no key twice, and where in them things
stand is asked of few. Their data takes less than half the time without positions, and much less
memory. For every other text there is the whole reader, which also words all errors.
"""

from collections.abc import Callable
from typing import Any, Final

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

from portmap.manifests._composed import MAX_DEPTH, MAX_VALUES
from portmap.manifests._scalars import SPECIAL_FIRST, ScalarError, decode, json_value

__all__ = ["plain_documents"]

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
