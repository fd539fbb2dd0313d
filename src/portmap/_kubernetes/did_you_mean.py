"""Near names and spellings, for hints."""

import re
from collections.abc import Iterable

_MOST_EDITS = 2
_LONGEST_GUESS = 64


def _distance(one: str, other: str) -> int:
    """Return the edit distance (insertions, deletions, substitutions, swaps of neighbours)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        two_before, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word nearest to this one, within two edits and whatever the case; `None` if none is near."""
    if len(word) > _LONGEST_GUESS:
        return None
    low = word.lower()
    letters = set(low)
    best: tuple[int, str] | None = None
    for candidate in words:
        # An edit adds or removes at most two letters of the set of letters, which rules out most words.
        other = candidate.lower()
        if abs(len(other) - len(low)) > _MOST_EDITS or len(letters.symmetric_difference(other)) > 2 * _MOST_EDITS:
            continue
        distance = _distance(low, other)
        # Two edits can turn a short word into any other.
        if distance <= min(_MOST_EDITS, len(candidate) // 2) and (best is None or (distance, candidate) < best):
            best = (distance, candidate)
    return best[1] if best else None


def spelt_as_label(text: str, longest: int) -> str | None:
    """Return the text spelt as a DNS label, `None` if it is one or cannot be; a long text ends with a whole word."""
    guess = re.sub(r"[^a-z0-9]+", "-", text[: 4 * longest].lower()).strip("-")
    if len(guess) > longest:
        words = guess[: longest + 1].rpartition("-")[0]
        guess = words.rstrip("-") or guess[:longest]
    return guess if guess and guess != text else None


def spelt_as_port_name(text: str) -> str | None:
    """Return the text spelt as a container port's name, `None` if it is one or cannot be."""
    guess = spelt_as_label(text, 15)
    return guess if guess and any("a" <= character <= "z" for character in guess) else None
