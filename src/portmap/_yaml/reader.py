r"""The reader of YAML: text to plain data, as the Kubernetes API server reads it.

PyYAML's parser supplies the events. One pass over them makes the data, by the rules in `scalars`: that is
faster than composing PyYAML's nodes first, and PyYAML's own schema plays no part in it. Few documents are
read for their positions, and recording them takes a third of the time. The same reader does it in a second pass
over a document when one is first needed.

Where the C parser (libyaml 0.2.5) and Go's port of it differ, this reader follows Go if that is cheap: an anchor may
be defined again, `%YAML` may only say 1.1, `\/` is no escape, the value of a lone `!` is text, `[a?b]` is an error,
and aliases may not expand without bounds. Known differences that remain: `{a:}` is an error here and a key in Go; Go
reads only the first document of a request; kubectl splits documents at every line that begins with `---`, inside
quotes too. The pure Python parser, used where PyYAML has no C extension, also refuses a tab after a colon.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, TypeAlias, final

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from portmap._kubernetes.errors import ManifestError, Span
from portmap._yaml.parsed_document import ParsedDocument, duplicates_in
from portmap._yaml.positions import ALIAS, MAPPING, MAX_DEPTH, MAX_VALUES, SCALAR, SEQUENCE, WIDTH, Positions, Rows
from portmap._yaml.scalars import SPECIAL_FIRST, Scalar, ScalarError, decode, json_value, key_text, tagged
from portmap._yaml.source_text import SourceText
from portmap._yaml.syntax_errors import TOO_DEEP, TOO_MANY, ReadError, explained, refusal, unprintable

_MAX_ALIASED: Final = 500_000
_MAX_DUPLICATES: Final = 100_000

_Data: TypeAlias = Any
_Event: TypeAlias = Any  # The events of both parsers, whose stubs have little in common.


class _PureParser(Reader, Scanner, Parser):
    """The same events without the C extension."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> _Event:
        event: _Event = Parser.get_event(self)  # type: ignore[no-untyped-call] # has no types
        if type(event) is ScalarEvent:
            event.value.encode()  # PyYAML accepts escaped surrogates.
        return event


_EventParser: Any
try:
    from yaml._yaml import CParser as _EventParser
except ImportError:  # pragma: no cover
    _EventParser = _PureParser


# Go takes the value of a lone `!` as text, and libyaml's events do not show that there was one.
_LONE_TAG: Final = re.compile(r"!(?<![^\s\[{,:]!)(?=[\s\]},]|<!>|\Z)")
_TAGGED: Final = re.compile(r"(?:&\S+\s+)?!(?=[\s\]},]|<!>|\Z)")


# Go ends an unquoted text in brackets at a question mark, and then misses a comma. Whether brackets are open is
# not known before parsing: they may be if one or a comma is on the same line or on the line before.
_QUESTION: Final = re.compile(r"\?(?<=[^\s,\[\]{}]\?)")
_PERHAPS_IN_BRACKETS: Final = re.compile(r"[\[{,]")
_MANY: Final = 100


def _has_hidden_syntax(text: str) -> bool:
    """Return whether the text may have syntax that the events of the parser do not show."""
    if "\\/" in text or _LONE_TAG.search(text) is not None:
        return True
    for count, match in enumerate(_QUESTION.finditer(text), 1):
        line = text.rfind("\n", 0, match.start())
        before = text.rfind("\n", 0, max(line, 0)) + 1
        if count > _MANY or _PERHAPS_IN_BRACKETS.search(text, before, match.start()) is not None:
            return True
    return False


def read_yaml(text: str, source: str = "") -> Iterator[ParsedDocument]:
    """Yield the documents of a YAML text, each parsed when it is reached.

    A stream without any document, such as one of comments alone, yields none.

    Raises:
        ManifestError: Kubernetes cannot read the document that is reached.
    """
    source_text = SourceText(text.removeprefix("\ufeff"))
    try:
        reader = _Reader(source_text)
        while (document := reader.document()) is not None:
            yield document
    except ReadError as error:
        raise refusal(source_text, source, error.problem, error.span) from None
    except yaml.MarkedYAMLError as error:
        raise refusal(source_text, source, *explained(error)) from None
    except (ReaderError, UnicodeEncodeError):
        raise unprintable(source_text, source) from None
    except RecursionError:
        raise ManifestError(TOO_DEEP, source) from None


def _rows(text: str) -> Rows:
    """Return the positions in the text of one document, which was read before."""
    rows = Rows.empty()
    _Reader(SourceText(text), rows).document()
    return rows


def _fail(problem: str, event: _Event) -> NoReturn:
    start, end = event.start_mark, event.end_mark
    raise ReadError(problem, Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1))


@final
class _Reader:
    """Makes data from a stream of events. The methods follow the shape of the data."""

    def __init__(self, source_text: SourceText, rows: Rows | None = None) -> None:
        self._source_text = source_text
        self._recorder = None if rows is None else _Recorder(rows)
        self._take: Callable[[], _Event] = _EventParser(source_text.text).get_event
        self._checks_source = _has_hidden_syntax(source_text.text)
        # The class of scalars whose events say all about them; none, if those of this text may not.
        self._plain = None if self._checks_source else ScalarEvent
        # What Go makes of unquoted texts: the same few occur all the time.
        self._known_keys: dict[str, str] = {}
        self._known_values: dict[str, Scalar] = {}
        self._open_brackets = 0
        self._values = 0  # How many values there are in the whole text, but for scalars directly in mappings.
        self._duplicates = 0  # How many keys of the whole text are given twice.
        self._number = 0
        self._begin()
        self._take()

    def _begin(self) -> None:
        self._anchors: dict[str, tuple[_Data, int, _Event] | None] = {}
        self._aliased = 0  # How many values aliases made.
        self._replaced = 0  # How many keys and values were replaced by others.

    def document(self) -> ParsedDocument | None:
        """Return the next document; `None` after the last one."""
        start = self._take()
        if type(start) is StreamEndEvent:
            return None
        if start.version not in (None, (1, 1)):
            _fail("the %YAML directive asks for another version than 1.1, which Kubernetes refuses", start)
        self._begin()
        duplicates_before = self._duplicates
        first = self._take()
        data = self._value(first, 0)
        if self._aliased > 100 and self._expands_excessively(_size(data) + self._replaced):
            _fail("its aliases expand to far more than its text, which Kubernetes refuses", first)
        end = self._take()
        number, self._number = self._number, self._number + 1
        mark = start.start_mark
        positions = Positions(_rows, self._source_text, mark.index - mark.column, end.end_mark.index)
        has_duplicates = self._duplicates > duplicates_before and self._recorder is None
        duplicates, overrides = duplicates_in(positions) if has_duplicates else ((), ())
        data = {} if data is None else data
        return ParsedDocument(data, self._source_text, positions, duplicates, number, overrides=overrides)

    def _expands_excessively(self, size: int) -> bool:
        """Return whether more values come from aliases than Go allows: 99 % in documents of this size."""
        return size > 1000 and self._aliased > 0.99 * size

    def _value(self, event: _Event, depth: int) -> _Data:
        self._values += 1
        if self._values > MAX_VALUES:
            _fail(TOO_MANY, event)
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event, depth)
        if depth >= MAX_DEPTH and kind is not ScalarEvent:
            _fail(TOO_DEEP, event)
        row = 0 if self._recorder is None else self._recorder.add(event)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
        value: _Data
        if kind is ScalarEvent:
            value = self._json(self._decoded(event), event)
        else:
            # Brackets count where they are in the text: an alias of what is in brackets is not.
            self._open_brackets += bool(event.flow_style)
            is_mapping = kind is MappingStartEvent
            value, end = self._mapping(depth) if is_mapping else self._sequence(depth)
            self._open_brackets -= bool(event.flow_style)
            if self._recorder is not None:
                self._recorder.close(row, MAPPING if is_mapping else SEQUENCE, event, end)
        # An anchor inside the value may have defined this one again; then that one is in force.
        if anchor is not None and self._anchors[anchor] is None:
            self._anchors[anchor] = (value, row, event)
        return value

    def _sequence(self, depth: int) -> tuple[list[_Data], _Event]:
        items: list[_Data] = []
        take = self._take
        event = take()
        while type(event) is not SequenceEndEvent:
            items.append(self._value(event, depth + 1))
            event = take()
        return items, event

    def _mapping(self, depth: int) -> tuple[dict[str, _Data], _Event]:  # noqa: C901 - calls would cost a fifth more
        data: dict[str, _Data] = {}
        take, plain, recorder = self._take, self._plain, self._recorder
        known_keys, known_values = self._known_keys, self._known_values
        event = take()
        while type(event) is not MappingEndEvent:
            key = None
            if type(event) is plain and event.anchor is None and event.tag is None and event.implicit[0]:
                key = known_keys.get(event.value)
            if key is None:
                if _is_merge(event):
                    self._merge(event, depth, data)
                    event = take()
                    continue
                key = self._key(event)
            if recorder is not None:
                recorder.next_key(key, event)
            event = take()
            # For most scalars, what `_value` does is written out here: most of the time is spent in this loop.
            if type(event) is plain and event.anchor is None and event.tag is None:
                value: _Data = event.value
                if value[:1] in SPECIAL_FIRST and event.implicit[0]:
                    value = known_values[value] if value in known_values else self._plain_value(value, event)
                if recorder is not None:
                    recorder.add(event)
            else:
                value = self._value(event, depth + 1)
            if key in data:
                self._duplicate(event)
            data[key] = value
            if len(data) > MAX_VALUES:
                _fail(TOO_MANY, event)
            event = take()
        return data, event

    def _merge(self, key: _Event, depth: int, data: dict[str, _Data]) -> None:
        """Put the entries of a merge key into the mapping, in the order of the text, as go-yaml v2 does.

        Of several mappings the earlier ones take precedence.
        """
        if self._recorder is not None:
            self._recorder.next_key(None, key)
        event = self._take()
        value = self._value(event, depth + 1)
        for source in reversed(value) if type(value) is list else [value]:
            if type(source) is not dict:
                _fail("the merge key << takes a mapping, or a list of mappings", event)
            for merged in source:
                if merged in data:
                    self._duplicate(event)
                data[merged] = source[merged]

    def _duplicate(self, event: _Event) -> None:
        self._replaced += 2
        self._duplicates += 1
        if self._duplicates > _MAX_DUPLICATES:
            _fail(f"more than {_MAX_DUPLICATES} keys are given twice", event)

    def _key(self, event: _Event) -> str:
        if type(event) is AliasEvent:
            original = self._anchored(event)[2]
        else:
            original = event
            if type(event) is ScalarEvent and event.anchor is not None:
                self._anchors[event.anchor] = None
        if type(original) is not ScalarEvent:
            _fail("a mapping or a list cannot be a key", event)
        value = self._decoded(original)
        try:
            key = key_text(value)
        except ScalarError as error:
            _fail(str(error), event)
        if event is original:
            if event.anchor is not None:
                self._anchors[event.anchor] = (None, 0, event)
            elif event.tag is None and event.implicit[0]:
                self._known_keys[event.value] = key
        return key

    def _plain_value(self, text: str, event: _Event) -> Scalar:
        value = self._known_values[text] = self._json(decode(text), event)
        return value

    def _decoded(self, event: _Event) -> Scalar:
        """Return the scalar as Go has it before it becomes JSON."""
        text: str = event.value
        if self._checks_source:
            if event.style == '"':
                self._check_escapes(event)
            if event.implicit[0] and _TAGGED.match(self._source_text.text, event.start_mark.index):
                return text
            if event.implicit[0] and self._open_brackets and "?" in text:
                _fail("Kubernetes reads no `?` in an unquoted text inside of brackets; quote the text", event)
        if event.tag not in (None, "!"):
            try:
                return tagged(event.tag, text)
            except ScalarError as error:
                _fail(str(error), event)
        return decode(text) if event.implicit[0] else text

    def _json(self, value: Scalar, event: _Event) -> Scalar:
        try:
            return json_value(value)
        except ScalarError as error:
            _fail(str(error), event)

    def _check_escapes(self, event: _Event) -> None:
        written = self._source_text.text[event.start_mark.index : event.end_mark.index]
        if "/" in re.findall(r"\\(.)", written, re.DOTALL):
            _fail("`\\/` is not an escape in YAML as Kubernetes reads it; write a plain `/`", event)

    def _anchored(self, event: _Event) -> tuple[_Data, int, _Event]:
        """Return the value of an alias, its row, and its event."""
        if event.anchor not in self._anchors:
            _fail(f"the alias *{event.anchor} has no anchor &{event.anchor} before it", event)
        found = self._anchors[event.anchor]
        if found is None:
            _fail(f"the value of the anchor &{event.anchor} contains itself", event)
        return found

    def _alias(self, event: _Event, depth: int) -> _Data:
        value, row, original = self._anchored(event)
        is_scalar = type(original) is ScalarEvent
        if self._recorder is not None:
            self._recorder.add(event, SCALAR if is_scalar else row << 2 | ALIAS)
        return self._copy(self._json(self._decoded(original), event) if is_scalar else value, depth, event)

    def _copy(self, value: _Data, depth: int, event: _Event) -> _Data:
        """Return a value of its own for each alias, as in Go, so that changing one changes no other."""
        self._aliased += 1
        if self._aliased > _MAX_ALIASED:
            _fail(f"its aliases expand to more than {_MAX_ALIASED} values", event)
        if not isinstance(value, (dict, list)):
            return value
        if depth >= MAX_DEPTH:
            _fail(TOO_DEEP, event)
        if isinstance(value, list):
            return [self._copy(item, depth + 1, event) for item in value]
        self._aliased += len(value)
        return {key: self._copy(item, depth + 1, event) for key, item in value.items()}


@final
class _Recorder:
    """Records a row for each value that is read."""

    def __init__(self, rows: Rows) -> None:
        self._keys, self._numbers = rows
        self._key: tuple[str | None, int, int] = (None, 0, 0)
        self._end = 0  # Where the last complete value ends.

    def next_key(self, key: str | None, event: _Event) -> None:
        """Note the key of the value that comes next."""
        self._key = (key, event.start_mark.index, event.end_mark.index)

    def add(self, event: _Event, contents: int = SCALAR) -> int:
        """Add a row for a value, and return its number."""
        key, key_start, key_end = self._key
        self._key = (None, 0, 0)
        self._keys.append(key)
        self._end = event.end_mark.index
        self._numbers.extend((key_start, key_end, event.start_mark.index, self._end, contents))
        return len(self._keys) - 1

    def close(self, row: int, kind: int, start: _Event, end: _Event) -> None:
        """Complete the row of a collection."""
        # A collection in block style ends with its last value, not where the next one begins.
        if start.flow_style or len(self._keys) == row + 1:
            self._end = end.end_mark.index
        self._numbers[row * WIDTH + 3] = self._end
        self._numbers[row * WIDTH + 4] = len(self._keys) << 2 | kind


def _is_merge(event: _Event) -> bool:
    if type(event) is not ScalarEvent or event.value != "<<":
        return False
    return event.implicit[0] is True or event.tag == "tag:yaml.org,2002:merge"


def _size(value: _Data) -> int:
    """Return how many values and keys there are, as Go counts them."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
