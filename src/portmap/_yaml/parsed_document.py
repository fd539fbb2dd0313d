"""One document of a text as a reader returns it: plain data, and where everything in it is."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._kubernetes.errors import Span
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.violations import Violation
from portmap._yaml.positions import Positions, Range
from portmap._yaml.source_text import SourceText

Duplicate: TypeAlias = tuple[FieldPath, Span, Span]
"""A key that is given again: its path, where it was before, and where it is again."""


@final
@attrs.frozen(eq=False)
class ParsedDocument:
    """One document.

    Attributes:
        data: Plain data: dicts with text as keys, lists, and JSON's scalars. An empty document,
            or one that is null, is `{}`.
        source_text: The text with the document, and with the documents around it; or the part of it that
            was read at a time.
        positions: Where everything is in the text.
        duplicates: Keys given twice, which a strict server refuses (2.5). The last one counts in `data`.
        overrides: Keys that override those of a merge key (`<<`). A strict server refuses them, too, but not
            what kubectl makes of them: it sends JSON.
        number: Which document of the text it is, from 0.
        lines_before: How many lines come before that text.
    """

    data: Any
    source_text: SourceText = attrs.field(repr=False)
    positions: Positions = attrs.field(repr=False)
    duplicates: tuple[Duplicate, ...] = ()
    number: int = 0
    lines_before: int = 0
    overrides: tuple[Duplicate, ...] = ()

    @property
    def text(self) -> str:
        """The text with the document, and with the documents around it."""
        return self.source_text.text

    @property
    def is_json(self) -> bool:
        """Whether it was read as JSON, which all readers understand alike."""
        return self.source_text.is_json

    def duplicate_violations(self) -> list[Violation]:
        """Return a violation for each key given more than once, with its path in the whole document."""
        lines: dict[FieldPath, list[int]] = {}
        for path, first, second in self.duplicates:
            lines.setdefault(path, [first.line + self.lines_before]).append(second.line + self.lines_before)
        return [_duplicate_violation(path, found) for path, found in lines.items()]

    def span(self, path: FieldPath) -> Span:
        """Return where the value at this path is.

        If there is no such value: where the key of its nearest parent is, or the parent itself if it has no key.
        """
        row, is_missing = self._find(path)
        return self._span_of_key(row) if is_missing else self.span_of(row)

    def key_span(self, path: FieldPath) -> Span:
        """Return where the key of the value at this path is; the same as `span` if it has no key."""
        row, _ = self._find(path)
        return self._span_of_key(row)

    def _find(self, path: FieldPath) -> tuple[int, bool]:
        """Return the row of the value at this path or of its nearest parent, and whether it is the parent."""
        row = Positions.ROOT
        for step in path:
            children = self.positions.children(row)
            if isinstance(children, dict) and step in children:
                row = children[str(step)]
            elif isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
                row = children[step]
            else:
                return row, True
        return row, False

    def _span_of_key(self, row: int) -> Span:
        key = self.positions.key(row)
        return self.span_of(row) if key is None else self._span(key)

    def span_of(self, row: int) -> Span:
        """Return where the value of a row of the positions is."""
        return self._span(self.positions.value(row))

    def _span(self, found: Range) -> Span:
        return shifted(self.source_text.span(*found), self.lines_before)


def duplicates_in(positions: Positions) -> tuple[tuple[Duplicate, ...], tuple[Duplicate, ...]]:
    """Return the keys that are given twice in the document with these positions, and those that override merged ones.

    Both are in the order of the text.
    """

    def span_of_key(row: int) -> Span:
        return positions.source_text.span(*(positions.key(row) or positions.value(row)))

    found: tuple[list[Duplicate], list[Duplicate]] = ([], [])
    for path, first, again, is_override in positions.duplicates():
        found[is_override].append((path, span_of_key(first), span_of_key(again)))
    return tuple(found[False]), tuple(found[True])


def shifted(span: Span, lines: int) -> Span:
    """Return the span that many lines further down."""
    return Span(span.line + lines, span.column, span.end_line + lines, span.end_column) if lines else span


_MOST_LINES: Final = 10


def _duplicate_violation(path: FieldPath, lines: Sequence[int]) -> Violation:
    """Return the violation for a key that is given in each of these lines."""
    *most, last = lines
    listed = ", ".join(map(str, most[:_MOST_LINES])) + (", …" if len(most) > _MOST_LINES else "")
    times = "twice" if len(lines) == 2 else f"{len(lines)} times"
    hint = "remove one: readers differ in which of them counts"
    if path in {FieldPath("apiVersion"), FieldPath("kind")}:
        hint = "put --- before it if another object begins there; else remove one"
    return Violation.about(
        path,
        "duplicate-field",
        "FieldValueTypeInvalid",
        f"given {times}, in lines {listed} and {last}",
        hint=hint,
        value=path[-1],
        opening="Duplicate field",
    )
