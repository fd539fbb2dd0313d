"""A text, and the lines and columns of the offsets in it."""

import re
from array import array
from bisect import bisect_right
from functools import cached_property
from typing import Final, final

from portmap._kubernetes.errors import Span
from portmap._yaml.line_breaks import LINE_BREAK

_JSON_LINE_BREAK: Final = re.compile("\n")


@final
class SourceText:
    """A text as it was read, shared by all documents in it.

    Attributes:
        text: The text, without its byte order mark.
        is_json: Whether it was read as JSON, in which only a newline ends a line.
    """

    def __init__(self, text: str, *, is_json: bool = False) -> None:
        self.text = text
        self.is_json = is_json

    @cached_property
    def line_starts(self) -> "array[int]":
        """The offsets at which the lines begin."""
        breaks = (_JSON_LINE_BREAK if self.is_json else LINE_BREAK).finditer(self.text)
        return array("I", [0, *(match.end() for match in breaks)])

    def span(self, start: int, end: int) -> Span:
        """Return the lines and columns, counted from 1, of the characters between two offsets."""
        starts = self.line_starts
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return Span(line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)
