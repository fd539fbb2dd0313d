"""How wide text is, about, and what of it fits.

The font is chosen where a picture is seen, so what counts is the widest of those that are
asked for: DejaVu. In another font text ends a little earlier than it could.
"""

from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Final
from unicodedata import combining

__all__ = ["Measure", "fitted", "width_of_bold", "width_of_code", "width_of_small", "wrapped"]

Measure = Callable[[str], float]
"""How wide a text is, in pixels."""

_CODE: Final = 7.25
"""A character of the font of ports, at 12 pixels."""
_FIRST_WIDE: Final = 0x250
"""From here on a character may be one of another font, and as wide as two."""
_LONGEST: Final = 2000
"""No column has room for more characters."""


def _widths() -> dict[str, float]:
    # Of DejaVu Sans Bold, rounded up, in parts of the size of the font.
    groups = {"ijl.,:;|'!": 0.40, "ft-r /()[]_": 0.50, "mMW@%→…": 1.05, "w": 0.93, "ckszx": 0.67}
    found = {each: 0.79 if each.isupper() else 0.72 for each in map(chr, range(32, 127))}
    return found | {each: width for group, width in groups.items() for each in group}


_BOLD: Final = _widths()


def width_of_code(text: str) -> float:
    """The width in the font of ports."""
    if text.isascii():
        return len(text) * _CODE
    return sum(_CODE * (0 if combining(each) else 1 + (ord(each) >= _FIRST_WIDE)) for each in text)


def width_of_bold(text: str) -> float:
    """The width in the font of names."""
    return 12 * sum(_BOLD.get(each) or (0 if combining(each) else 1.2) for each in text)


def width_of_small(text: str) -> float:
    """The width in the font of kinds."""
    return 0.95 * 11 / 12 * width_of_bold(text)


def fitted(text: str, room: float, width_of: Measure) -> str:
    """The text, or its beginning and its end around `…`: names often differ in their last letters."""
    if len(text) <= _LONGEST and width_of(text) <= room:
        return text
    room -= width_of("…")
    head = _begin(text[:_LONGEST], room * 0.6, width_of)
    tail = _begin(text[: -_LONGEST - 1 : -1], room - width_of(head), width_of)[::-1]
    return f"{head}…{tail}"


def _begin(text: str, room: float, width_of: Measure) -> str:
    for place, each in enumerate(text):
        room -= width_of(each)
        if room < 0:
            return text[:place]
    return text


def wrapped(text: str, room: float, most: int) -> tuple[str, ...]:
    """The text in the font of ports, over so many lines at most."""
    characters = max(8, int(room / _CODE))
    lines = wrap(text[:_LONGEST], characters, max_lines=most, placeholder=" …", break_on_hyphens=False)
    return tuple(_narrowed(lines, room)) or ("",)


def _narrowed(lines: list[str], room: float) -> Iterator[str]:
    for line in lines:
        yield fitted(line, room, width_of_code)
