"""How reports for people are laid out: wrapped to a terminal's width, and coloured on a terminal."""

import textwrap
from typing import Final, final

import attrs

__all__ = ["INDENT", "NARROWEST", "Paint", "count", "wrapped"]

NARROWEST: Final = 20
"""No report is wrapped to less, however narrow the terminal says it is."""
INDENT: Final = "  "
_RED, _BOLD, _PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


@final
@attrs.frozen
class Paint:
    """Colours, or none."""

    on: bool

    def red(self, text: str) -> str:
        """What is wrong."""
        return f"{_RED}{text}{_PLAIN}" if self.on else text

    def bold(self, text: str) -> str:
        """What a block is about."""
        return f"{_BOLD}{text}{_PLAIN}" if self.on else text


def count(number: int, noun: str) -> str:
    """`1 port`, `2 ports`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wrapped(text: str, width: int | None, indent: str, *, hanging: int = 0) -> list[str]:
    """The text in lines of this width, words whole, each indented and all but the first some more."""
    if width is None or len(indent) + len(text) <= width:
        return [indent + text]
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
