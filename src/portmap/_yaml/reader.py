r"""The reader of YAML: text to plain data, as the Kubernetes API server reads it.

PyYAML's parser supplies events and nothing more. One pass over them makes the data, by the
rules in `_scalars`, and beside it a tree of positions, one tuple a node: that is faster than
composing PyYAML's nodes first, and nothing of PyYAML's own schema gets in the way.

Where the C parser (libyaml 0.2.5) and Go's port of it part, Go is followed if that is cheap:
anchors may be redefined, `%YAML` may only say 1.1, `\/` is no escape, what stands behind a lone `!`
is text, `[a?b]` an error, aliases may not expand without end. Known to be left: `{a:}` is an error
here and a key in Go; Go reads only the first document of a request; kubectl cuts documents at any
line that begins with `---`, inside quotes too. The pure Python parser, used where PyYAML has no C
extension, also refuses a tab after a colon.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, TypeAlias, final

import attrs
import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._yaml.plain_reader import Positions, plain_documents
from portmap._yaml.positions import MAX_DEPTH, MAX_VALUES, Composed, Duplicate, Entry, Node, Place, span_of
from portmap._yaml.scalars import SPECIAL_FIRST, Scalar, ScalarError, decode, json_value, key_text, tagged
from portmap._yaml.syntax_errors import TOO_DEEP, TOO_MANY, ReadError, explained, refusal, unprintable

__all__ = ["compose_all"]

_MAX_ALIASED: Final = 500_000
_MAX_TWICE: Final = 100_000

_Data: TypeAlias = Any
_Event: TypeAlias = Any  # Both parsers' events, whose stubs have little in common.


class _PureParser(Reader, Scanner, Parser):
    """The same events without the C extension."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> _Event:
        event: _Event = Parser.get_event(self)  # type: ignore[no-untyped-call]
        if type(event) is ScalarEvent:
            event.value.encode()  # PyYAML lets the escapes of surrogates pass.
        return event


_EventParser: Any
try:
    from yaml._yaml import CParser as _EventParser
except ImportError:  # pragma: no cover
    _EventParser = _PureParser


# Go takes whatever stands behind a lone `!` for text, and libyaml does not tell that there was one.
_LONE_TAG: Final = re.compile(r"!(?<![^\s\[{,:]!)(?=[\s\]},]|<!>|\Z)")
_TAGGED: Final = re.compile(r"(?:&\S+\s+)?!(?=[\s\]},]|<!>|\Z)")


# Go ends an unquoted text in brackets at a question mark, and then misses a comma. Whether brackets are open is
# not known here: it may be where one or a comma stands on the line or on the one before.
_QUESTION: Final = re.compile(r"\?(?<=[^\s,\[\]{}]\?)")
_PERHAPS_IN_BRACKETS: Final = re.compile(r"[\[{,]")
_MANY: Final = 100


def _is_odd(text: str) -> bool:
    """Whether something may be in this text that parsers do not tell of."""
    if "\\/" in text or _LONE_TAG.search(text) is not None:
        return True
    for count, match in enumerate(_QUESTION.finditer(text), 1):
        line = text.rfind("\n", 0, match.start())
        before = text.rfind("\n", 0, max(line, 0)) + 1
        if count > _MANY or _PERHAPS_IN_BRACKETS.search(text, before, match.start()) is not None:
            return True
    return False


def compose_all(text: str, source: str = "") -> Iterator[Composed]:
    """The documents of a YAML text, one by one as they are asked for.

    A stream without any document, such as one that holds only comments, gives none.

    Raises:
        ManifestError: for a text that Kubernetes cannot read, when the document is reached.
    """
    text = text.removeprefix("\ufeff")
    # Only the C parser refuses by itself whatever `_value` would refuse of an event.
    found = None if _EventParser is _PureParser or _is_odd(text) else plain_documents(text, _EventParser)
    if found is None:
        yield from _composed_fully(text, source)
    else:
        positions = Positions(text, [(place, line) for _, place, line in found], _EventParser)
        for index, (data, _, _) in enumerate(found):
            if data is None:
                yield Composed({}, text=text, number=index)
            else:
                yield Composed(data, (), _LaterNode(positions, index), text, number=index)


@final
@attrs.frozen(eq=False)
class _LaterNode:
    """The positions in one document of a text."""

    _all: Positions
    _index: int

    def __call__(self) -> Node:
        return self._all.tree(self._index)

    def forget(self) -> None:
        self._all.forget()


def _composed_fully(text: str, source: str) -> Iterator[Composed]:
    try:
        reader = _Reader(text)
        number = 0
        while (composed := reader.document(number)) is not None:
            yield composed
            number += 1
    except ReadError as fault:
        raise refusal(text, source, fault.problem, fault.place) from None
    except yaml.MarkedYAMLError as error:
        raise refusal(text, source, *explained(error)) from None
    except (ReaderError, UnicodeEncodeError):
        raise unprintable(text, source) from None
    except RecursionError:
        raise ManifestError(TOO_DEEP, source) from None


def _fault(problem: str, event: _Event) -> NoReturn:
    raise ReadError(problem, _place(event))


def _place(event: _Event) -> Place:
    start, end = event.start_mark, event.end_mark
    return start.line, start.column, end.line, end.column


class _Reader:
    """Makes data and positions of a stream of events. The methods follow the shape of the data."""

    __slots__ = (
        "_aliased",
        "_anchors",
        "_duplicates",
        "_flow",
        "_keys",
        "_lost",
        "_odd",
        "_path",
        "_take",
        "_text",
        "_twices",
        "_values",
    )

    def __init__(self, text: str) -> None:
        self._text = text
        self._take: Callable[[], _Event] = _EventParser(text).get_event
        self._odd = _is_odd(text)
        self._flow = 0  # How many brackets are open.
        self._keys: dict[str, str] = {}
        self._anchors: dict[str, tuple[Any, Node, Any] | None] = {}
        self._duplicates: list[Duplicate] = []
        self._path: list[str | int] = []
        self._values = 0  # Of the whole text, but for the plain ones in mappings.
        self._aliased = 0  # Values that aliases made.
        self._lost = 0  # Keys and values that others replaced.
        self._twices = 0  # Keys given twice, of the whole text.
        self._take()

    def document(self, number: int) -> Composed | None:
        event = self._take()
        if type(event) is StreamEndEvent:
            return None
        if event.version not in (None, (1, 1)):
            _fault("the %YAML directive asks for another version than 1.1, which Kubernetes refuses", event)
        self._anchors, self._duplicates, self._path, self._aliased, self._lost = {}, [], [], 0, 0
        first = self._take()
        data, node = self._value(first, 0)
        if self._aliased > 100 and self._excessive(_size(data) + self._lost):
            _fault("its aliases expand to far more than its text, which Kubernetes refuses", first)
        self._take()
        if data is None:
            return Composed({}, text=self._text, number=number)
        return Composed(data, tuple(self._duplicates), node, self._text, number=number)

    def _excessive(self, size: int) -> bool:
        """Go's limit for documents of this size: at most 99 % may come from aliases."""
        return size > 1000 and self._aliased > 0.99 * size

    def _value(self, event: _Event, depth: int) -> tuple[Any, Node]:
        kind = type(event)
        self._values += 1
        if self._values > MAX_VALUES:
            _fault(TOO_MANY, event)
        if kind is AliasEvent:
            return self._alias(event, depth)
        if depth >= MAX_DEPTH and kind is not ScalarEvent:
            _fault(TOO_DEEP, event)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
        found: tuple[Any, Node]
        if kind is ScalarEvent:
            found = (self._json(self._decoded(event), event), (*_place(event), None))
        elif kind is MappingStartEvent:
            found = self._mapping(event, depth)
        else:
            found = self._sequence(event, depth)
        # An anchor inside may have redefined this one, and then that is the one in force.
        if anchor is not None and self._anchors[anchor] is None:
            self._anchors[anchor] = (found[0], found[1], event)
        return found

    def _sequence(self, start: _Event, depth: int) -> tuple[list[Any], Node]:
        items: list[Any] = []
        nodes: list[Node] = []
        take, path = self._take, self._path
        self._flow += bool(start.flow_style)
        event = take()
        while type(event) is not SequenceEndEvent:
            path.append(len(items))
            item, node = self._value(event, depth + 1)
            path.pop()
            items.append(item)
            nodes.append(node)
            event = take()
        self._flow -= bool(start.flow_style)
        end = nodes[-1] if nodes and not start.flow_style else None
        return items, _around(start, event, end, nodes)

    def _mapping(self, start: _Event, depth: int) -> tuple[dict[str, Any], Node]:
        data: dict[str, Any] = {}
        entries: dict[str, Entry] = {}
        event: _Event
        mark: _Event
        end: _Event
        value: _Data
        take, path, keys, special, odd = self._take, self._path, self._keys, SPECIAL_FIRST, self._odd
        node: Node | None = None
        self._flow += bool(start.flow_style)
        event = take()
        while type(event) is not MappingEndEvent:
            if (
                type(event) is ScalarEvent
                and event.anchor is None
                and event.tag is None
                and event.implicit[0]
                and not odd
            ):
                raw = event.value
                # Only keys that are neither merges nor special get into the memory.
                key = keys.get(raw)
                if key is None:
                    if raw == "<<":
                        node = self._merge(take(), depth, data, entries)
                        event = take()
                        continue
                    key = self._key(event)
                    keys[raw] = key
            elif _is_merge(event):
                node = self._merge(take(), depth, data, entries)
                event = take()
                continue
            else:
                key = self._key(event)
            mark, end = event.start_mark, event.end_mark
            line, column, end_line, end_column = mark.line, mark.column, end.line, end.column
            event = take()
            # What follows is `_value` for most scalars, written out because most of the time is spent here.
            if type(event) is ScalarEvent and event.anchor is None and event.tag is None and not odd:
                value = event.value
                if value[:1] in special and event.implicit[0]:
                    value = self._json(decode(value), event)
                mark, end = event.start_mark, event.end_mark
                node = (mark.line, mark.column, end.line, end.column, None)
            else:
                path.append(key)
                value, node = self._value(event, depth + 1)
                path.pop()
            entry = (line, column, end_line, end_column, node)
            if key in data:
                self._twice(key, entries[key], entry)
            data[key] = value
            entries[key] = entry
            if len(data) > MAX_VALUES:
                _fault(TOO_MANY, event)
            event = take()
        self._flow -= bool(start.flow_style)
        return data, _around(start, event, None if start.flow_style else node, entries)

    def _merge(self, event: _Event, depth: int, data: dict[str, Any], entries: dict[str, Entry]) -> Node:
        """Puts what `<<` stands for into the mapping, in the order of the text, as go-yaml v2 does.

        Of several mappings the earlier ones count more.
        """
        value, node = self._value(event, depth + 1)
        sources = [(value, node)]
        if type(value) is list and isinstance(node[4], list):
            sources = [*zip(value, node[4], strict=True)][::-1]
        for source, place in sources:
            if type(source) is not dict or not isinstance(place[4], dict):
                _fault("the merge key << takes a mapping, or a list of mappings", event)
            for key, entry in place[4].items():
                if key in data:
                    self._twice(key, entries[key], entry)
                data[key] = source[key]
                entries[key] = entry
        return node

    def _twice(self, key: str, first: Entry, second: Entry) -> None:
        self._lost += 2
        self._twices += 1
        if self._twices > _MAX_TWICE:
            raise ReadError(f"more than {_MAX_TWICE} keys are given twice", second[:4])
        self._duplicates.append((FieldPath(*self._path, key), span_of(first), span_of(second)))

    def _key(self, event: _Event) -> str:
        if type(event) is AliasEvent:
            original = self._anchored(event)[2]
        else:
            original = event
            if type(event) is ScalarEvent and event.anchor is not None:
                self._anchors[event.anchor] = None
        if type(original) is not ScalarEvent:
            _fault("a mapping or a list cannot be a key", event)
        value = self._decoded(original)
        try:
            key = key_text(value)
        except ScalarError as error:
            _fault(str(error), event)
        if event is original and event.anchor is not None:
            self._anchors[event.anchor] = (None, (*_place(event), None), event)
        return key

    def _decoded(self, event: _Event) -> Scalar:
        """The scalar as Go has it before JSON."""
        text: str = event.value
        if self._odd:
            if event.style == '"':
                self._check_escapes(event)
            if event.implicit[0] and _TAGGED.match(self._text, event.start_mark.index):
                return text
            if event.implicit[0] and self._flow and "?" in text:
                _fault("Kubernetes reads no `?` in an unquoted text inside of brackets; quote the text", event)
        if event.tag not in (None, "!"):
            try:
                return tagged(event.tag, text)
            except ScalarError as error:
                _fault(str(error), event)
        return decode(text) if event.implicit[0] else text

    def _json(self, value: Scalar, event: _Event) -> Scalar:
        try:
            return json_value(value)
        except ScalarError as error:
            _fault(str(error), event)

    def _check_escapes(self, event: _Event) -> None:
        written = self._text[event.start_mark.index : event.end_mark.index]
        if "/" in re.findall(r"\\(.)", written, re.DOTALL):
            _fault("`\\/` is no escape in YAML as Kubernetes reads it; write a plain `/`", event)

    def _anchored(self, event: _Event) -> tuple[Any, Node, Any]:
        if event.anchor not in self._anchors:
            _fault(f"the alias *{event.anchor} has no anchor &{event.anchor} before it", event)
        found = self._anchors[event.anchor]
        if found is None:
            _fault(f"the value of the anchor &{event.anchor} contains itself", event)
        return found

    def _alias(self, event: _Event, depth: int) -> tuple[Any, Node]:
        data, node, original = self._anchored(event)
        if type(original) is ScalarEvent:
            data = self._json(self._decoded(original), event)
        return self._copy(data, depth, event), (*_place(event), node[4])

    def _copy(self, value: _Data, depth: int, event: _Event) -> _Data:
        """A value of its own for each alias, as in Go, so that changing one changes no other."""
        self._aliased += 1
        if self._aliased > _MAX_ALIASED:
            _fault(f"its aliases expand to more than {_MAX_ALIASED} values", event)
        if not isinstance(value, (dict, list)):
            return value
        if depth >= MAX_DEPTH:
            _fault(TOO_DEEP, event)
        if isinstance(value, list):
            return [self._copy(item, depth + 1, event) for item in value]
        self._aliased += len(value)
        return {key: self._copy(item, depth + 1, event) for key, item in value.items()}


def _is_merge(event: _Event) -> bool:
    if type(event) is not ScalarEvent or event.value != "<<":
        return False
    return event.implicit[0] is True or event.tag == "tag:yaml.org,2002:merge"


def _around(start: _Event, end: _Event, last: Node | None, inside: "dict[str, Entry] | list[Node]") -> Node:
    """The position of a collection. One in block style ends with its last value, not where the next begins."""
    mark = start.start_mark
    if last is None:
        return mark.line, mark.column, end.end_mark.line, end.end_mark.column, inside
    return mark.line, mark.column, last[2], last[3], inside


def _size(value: _Data) -> int:
    """How many values and keys there are, as Go counts them."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
