"""The positions of all keys and values of one document.

The positions of few documents are needed. Their text is then read a second time, and the positions are recorded
as plain numbers, 28 bytes a value, which cost the garbage collector nothing. Which children a mapping or list
has is worked out for those that are visited.
"""

from array import array
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias, final

from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._yaml.source_text import SourceText

MAX_DEPTH: Final = 200
"""How deep collections may nest: far deeper than in any manifest, and shallow enough for recursive functions."""

MAX_VALUES: Final = 2_000_000
"""How many values a text may hold: more than the dump of a large cluster, and few enough for half a gigabyte."""

WIDTH: Final = 5
"""How many numbers make a row: where its key starts and ends, where its value starts and ends, its contents.

The contents are a number times four plus one of the kinds below. For a mapping or a list the number is the
first row after it; for an alias it is the row of the collection that its anchor marks.
"""

SCALAR: Final = 0
MAPPING: Final = 1
SEQUENCE: Final = 2
ALIAS: Final = 3

Range: TypeAlias = tuple[int, int]
"""The offsets in the text where something starts and ends."""


class Rows(NamedTuple):
    """One row for each value of a document, in the order of the text; the first is the document itself.

    Attributes:
        keys: The key of each row; `None` for the document, for the items of a list, and, in a mapping, for
            the entries of a merge key (`<<`).
        numbers: `WIDTH` numbers for each row.
    """

    keys: list[str | None]
    numbers: "array[int]"

    @classmethod
    def empty(cls) -> "Rows":
        """Return rows to which a reader appends."""
        return cls([], array("I"))


@final
class Positions:
    """Finds the keys and values of a document in its text. A value is identified by the number of its row."""

    __slots__ = ("_children", "_end", "_find_rows", "_rows", "_start", "source_text")

    ROOT: Final = 0

    def __init__(self, find_rows: Callable[[str], Rows], source_text: SourceText, start: int, end: int) -> None:
        """Keep what is needed to find the positions.

        Args:
            find_rows: Returns the rows of the text of one document.
            source_text: The text with the document.
            start: Where the document starts in the text.
            end: Where it ends.
        """
        self.source_text = source_text
        self._find_rows = find_rows
        self._start = start
        self._end = end
        self.forget()

    @property
    def extent(self) -> Range:
        """Where the document is in the text."""
        return self._start, self._end

    def forget(self) -> None:
        """Free the memory of what was found; it is found again when needed."""
        self._rows: Rows | None = None
        self._children: dict[int, dict[str, int] | list[int]] = {}

    def _found(self) -> Rows:
        if self._rows is None:
            text = self.source_text.text[self._start : self._end]
            # In the middle of a text it is a character as any other, and at the beginning of one it is none.
            is_character = self._start and text.startswith("\ufeff")
            self._rows = self._find_rows(f"x{text[1:]}" if is_character else text)
        return self._rows

    def key(self, row: int) -> Range | None:
        """Return where the key of a value is; `None` for items of lists and for the document itself."""
        keys, numbers = self._found()
        at, start = row * WIDTH, self._start
        return None if keys[row] is None else (start + numbers[at], start + numbers[at + 1])

    def value(self, row: int) -> Range:
        """Return where a value is."""
        numbers = self._found().numbers
        at, start = row * WIDTH, self._start
        return start + numbers[at + 2], start + numbers[at + 3]

    def children(self, row: int) -> dict[str, int] | list[int] | None:
        """Return the rows in a mapping by their keys, or those of the items of a list; `None` for a scalar.

        If a key is given twice, the last row counts, as in the data.
        """
        found = self._children.get(row)
        if found is None:
            kind, number = self._contents(row)
            if kind == SCALAR:
                return None
            if kind == ALIAS:
                return self.children(number)
            if kind == SEQUENCE:
                found = [child for _, child in self._written(row)]
            else:
                found = {key: at for written, child in self._written(row) for key, at in self._entries(written, child)}
            self._children[row] = found
        return found

    def _contents(self, row: int) -> tuple[int, int]:
        contents = self._found().numbers[row * WIDTH + 4]
        return contents & 3, contents >> 2

    def _written(self, row: int) -> Iterator[tuple[str | None, int]]:
        """Yield the rows directly below this one, with their keys, as the text has them."""
        keys = self._found().keys
        child, (_, end) = row + 1, self._contents(row)
        while child < end:
            yield keys[child], child
            kind, number = self._contents(child)
            child = number if kind in (MAPPING, SEQUENCE) else child + 1

    def _entries(self, key: str | None, row: int) -> Iterator[tuple[str, int]]:
        """Yield what an entry of a mapping contributes: itself, or the entries of a merge key."""
        if key is not None:
            yield key, row
            return
        merged = self.children(row)
        # Of several mappings the first takes precedence, so it is applied last.
        for source in reversed(merged) if isinstance(merged, list) else [row]:
            entries = self.children(source)
            if isinstance(entries, dict):
                yield from entries.items()

    def duplicates(self) -> Iterator[tuple[FieldPath, int, int, bool]]:
        """Yield each key that a mapping gives again: its path, the row that it had, and the new row.

        And whether the key was merged from another mapping before, so that giving it again is meant to override it.
        """
        return self._duplicates(self.ROOT, ROOT)

    def _duplicates(self, row: int, path: FieldPath) -> Iterator[tuple[FieldPath, int, int, bool]]:
        kind, _ = self._contents(row)
        if kind == SEQUENCE:
            for index, (_, item) in enumerate(self._written(row)):
                yield from self._duplicates(item, path.index(index))
        elif kind == MAPPING:
            rows: dict[str, tuple[int, bool]] = {}
            for written, child in self._written(row):
                yield from self._duplicates(child, path if written is None else path.child(written))
                for key, at in self._entries(written, child):
                    if key in rows:
                        before, is_merged = rows[key]
                        yield path.child(key), before, at, is_merged
                    rows[key] = at, written is None
