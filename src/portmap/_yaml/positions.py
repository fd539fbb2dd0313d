"""What a reader makes of one document: plain data, and beside it where everything stands.

The positions are a tree of tuples, one a node, in the shape of the data. Most are those of
scalars, tuples of integers, which the garbage collector soon leaves alone as it would not leave
objects: a program that keeps thousands of documents feels that.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

import attrs

from portmap._kubernetes.errors import Span
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.violations import Violation

__all__ = [
    "MAX_DEPTH",
    "MAX_VALUES",
    "Composed",
    "Duplicate",
    "Entry",
    "Later",
    "Node",
    "Place",
    "further_down",
    "span_of",
]

MAX_DEPTH: Final = 200
"""How deep collections may nest: far beyond any manifest, and shallow enough for all that walk the data."""

MAX_VALUES: Final = 2_000_000
"""How many values one text may hold: the dump of a large cluster has fewer, and they fit in half a gigabyte."""

Place: TypeAlias = tuple[int, int, int, int]
"""Line, column, end line and end column, from 0."""

Node: TypeAlias = tuple[int, int, int, int, "dict[str, Entry] | list[Node] | None"]
"""Where a value stands, as in `Place`, and what is in it."""

Entry: TypeAlias = tuple[int, int, int, int, Node]
"""Where a key stands, and the node of its value."""

Duplicate: TypeAlias = tuple[FieldPath, Span, Span]
"""A key given twice: its path, and where it stands first and again."""


class Later(Protocol):
    """Finds the root of the positions when it is asked for, and keeps it until it is to forget it."""

    def __call__(self) -> Node | None: ...
    def forget(self) -> None: ...


@attrs.frozen(eq=False)
class Composed:
    """One document.

    Attributes:
        data: Plain data: dicts with text as keys, lists, and JSON's scalars. An empty document,
            or one that is null, is `{}`.
        duplicates: Keys given twice, which a strict server refuses (2.5). In `data` the last one
            counts. A key that overrides one merged by `<<`, or is overridden by it, is among them.
        text: The whole text in which it stands, that of other documents included; or the part
            of it that was read at a time.
        is_json: Whether it was read as JSON, about which all readers agree.
        lines_before: How many lines stand before that part.
        number: Which document of the text it is, from 0.
    """

    data: Any
    duplicates: tuple[Duplicate, ...] = ()
    _positions: "Node | Later | None" = None  # Or what finds them when they are asked for.
    text: str = attrs.field(default="", repr=False)
    is_json: bool = False
    lines_before: int = 0
    number: int = 0

    def duplicate_violations(self) -> list[Violation]:
        """Return a violation for each key that is given more than once, by its path in the whole document."""
        lines: dict[FieldPath, list[int]] = {}
        for path, first, second in self.duplicates:
            lines.setdefault(path, [first.line + self.lines_before]).append(second.line + self.lines_before)
        return [_duplicate(path, found) for path, found in lines.items()]

    @property
    def node(self) -> Node | None:
        """The root of the positions, None for an empty document."""
        positions = self._positions
        return positions if positions is None or isinstance(positions, tuple) else positions()

    def forget(self) -> None:
        """Drop positions that can be found again, of all documents of the text."""
        if self._positions is not None and not isinstance(self._positions, tuple):
            self._positions.forget()

    def span(self, path: FieldPath) -> Span | None:
        """Where the value at this path stands.

        If there is no such value: where the key of the nearest parent stands that there is, or
        the parent itself, if it has no key.
        """
        key, node, missing = self._find(path)
        return self._span(key if key is not None and missing else node)

    def key_span(self, path: FieldPath) -> Span | None:
        """Where the key that leads to this path stands; like `span` where no key does."""
        key, node, _ = self._find(path)
        return self._span(node if key is None else key)

    def _span(self, node: Node | Entry | None) -> Span | None:
        return None if node is None else further_down(span_of(node), self.lines_before)

    def _find(self, path: FieldPath) -> tuple[Entry | None, Node | None, bool]:
        key, node = None, self.node
        for step in path:
            inside = None if node is None else node[4]
            if isinstance(inside, dict) and step in inside:
                key = inside[str(step)]
                node = key[4]
            elif isinstance(inside, list) and isinstance(step, int) and 0 <= step < len(inside):
                key, node = None, inside[step]
            else:
                return key, node, True
        return key, node, False


def further_down(span: Span, lines: int) -> Span:
    """The same place, so many lines further down."""
    return Span(span.line + lines, span.column, span.end_line + lines, span.end_column) if lines else span


def span_of(node: Node | Entry) -> Span:
    """Where it stands, counted from 1 as people do."""
    return Span(node[0] + 1, node[1] + 1, node[2] + 1, node[3] + 1)


_MOST_LINES: Final = 10


def _duplicate(path: FieldPath, lines: Sequence[int]) -> Violation:
    """The violation of a key that is given in each of these lines."""
    *most, last = lines
    told = ", ".join(map(str, most[:_MOST_LINES])) + (", …" if len(most) > _MOST_LINES else "")
    times = "twice" if len(lines) == 2 else f"{len(lines)} times"
    hint = "remove one: readers differ in which of them counts"
    if path in {FieldPath("apiVersion"), FieldPath("kind")}:
        hint = "put --- before it if another object begins there; else remove one"
    return Violation.about(
        path,
        "duplicate-field",
        "FieldValueTypeInvalid",
        f"given {times}, in lines {told} and {last}",
        hint=hint,
        value=path[-1],
        opening="Duplicate field",
    )
