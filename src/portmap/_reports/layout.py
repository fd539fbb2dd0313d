"""The layout of text reports: wrapped to the width of a terminal, and coloured there."""

from collections.abc import Iterable
from typing import Final, final

import attrs

INDENT: Final = "  "
BOLD: Final = "\x1b[1m"
RED: Final = "\x1b[31m"
YELLOW: Final = "\x1b[33m"
_RESET: Final = "\x1b[0m"
_NARROWEST: Final = 20


def _readable(width: int | None) -> int | None:
    return None if width is None else max(width, _NARROWEST)


@final
@attrs.frozen
class Page:
    """Where a text report is written.

    Attributes:
        width: The columns of the terminal, at least 20; `None` does not wrap lines.
        colour: Whether to write escape sequences for colours.
    """

    width: int | None = attrs.field(default=None, converter=_readable)
    colour: bool = False

    def paint(self, text: str, style: str) -> str:
        """Return the text in a style, if the page has colours."""
        return f"{style}{text}{_RESET}" if self.colour and text else text

    def red(self, text: str) -> str:
        """Return the text in red, for problems."""
        return self.paint(text, RED)

    def yellow(self, text: str) -> str:
        """Return the text in yellow, for what may be a problem."""
        return self.paint(text, YELLOW)

    def bold(self, text: str) -> str:
        """Return the text in bold, for titles."""
        return self.paint(text, BOLD)

    def wrap(self, text: str, indent: str = "", *, hanging: int = 0) -> list[str]:
        """Return the text in lines, indented, broken between words alone.

        Args:
            text: The text.
            indent: What each line begins with.
            hanging: By how many more columns all lines but the first are indented.
        """
        if self.width is None or len(indent) + len(text) <= self.width:
            return [indent + text]
        import textwrap  # Only reports for terminals need it.

        return textwrap.wrap(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent + " " * hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )


def join_blocks(blocks: Iterable[Iterable[str]]) -> str:
    """Return blocks of lines as one text, with an empty line between blocks."""
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 port` or `2 ports`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
