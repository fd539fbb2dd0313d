"""Where long lines run: each in a track of its own beside the column, so that the eye can follow it.

Lines that come from one row, or lead to one, may share a track, for there is nothing to mistake.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, final

__all__ = ["LONG", "Stretch", "tracks_of"]

LONG: Final = 150
"""Lines that go further up or down than this, in pixels, get a track."""

_TRACKS: Final = 10
_CLEARANCE: Final = 12


@final
class Stretch(NamedTuple):
    """A long line: the rows that it joins, and their heights in the whole picture."""

    start: str
    end: str
    from_y: int
    to_y: int


def tracks_of(stretches: Iterable[Stretch]) -> Mapping[Stretch, int]:
    """The number of the track of each line, from the left; the fewest that do, as far as there are enough."""
    all_of_them = list(stretches)
    leave = Counter(each.start for each in all_of_them)
    arrive = Counter(each.end for each in all_of_them)
    bundles: dict[tuple[str, str], list[Stretch]] = defaultdict(list)
    for each in all_of_them:
        bundles[("to", each.end) if arrive[each.end] >= leave[each.start] else ("from", each.start)].append(each)
    found: dict[Stretch, int] = {}
    free = [-_CLEARANCE] * _TRACKS
    for top, bottom, key in sorted((*_reach(bundle), key) for key, bundle in bundles.items()):
        # The first that is free, and otherwise the one that is free soonest.
        track = next((number for number, taken in enumerate(free) if taken + _CLEARANCE <= top), free.index(min(free)))
        free[track] = bottom
        found |= dict.fromkeys(bundles[key], track)
    return found


def _reach(bundle: Iterable[Stretch]) -> tuple[int, int]:
    heights = [height for each in bundle for height in (each.from_y, each.to_y)]
    return min(heights), max(heights)
