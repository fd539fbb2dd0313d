"""What was judged before and found good, so that it need not be judged again.

A program that makes a thousand Services makes the same few ports over and over. A rule is
a pure function, so its verdict on equal values of equal types is the same.
"""

from collections.abc import Hashable
from typing import Final, final

__all__ = ["Remembered", "likeness"]

_MOST: Final = 1024


def likeness(values: tuple[object, ...]) -> tuple[object, object]:
    """The values together with their types, since `1`, `1.0` and `True` are equal and yet not the same."""
    return values, tuple(map(type, values))


@final
class Remembered:
    """Things without fault, a thousand at most. Only short ones may be put in."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[Hashable] = set()

    def __contains__(self, thing: object) -> bool:
        try:
            return thing in self._known
        except TypeError:  # It cannot be hashed, nor can it have been put in.
            return False

    def add(self, thing: Hashable) -> None:
        """Remember it, and forget the others where there are too many."""
        if len(self._known) >= _MOST:
            self._known = set()
        try:
            self._known.add(thing)
        except TypeError:  # A subclass of a text may be without a hash.
            return
