"""Field paths, spelt as the API server spells them: `spec.ports[0].targetPort`.

Inside, a path is a plain tuple, so that building one costs nothing until a
violation needs it. Integers are list indices, `Key` is a key of a map, and any
other text is a field name.
"""

import re
from functools import cache
from typing import TypeAlias, final

__all__ = ["Key", "Path", "describe", "parse", "sort_key"]


@final
class Key(str):
    """A key of a map, which a path shows in brackets: `metadata.annotations[a/b]`."""

    __slots__ = ()


Path: TypeAlias = tuple[str | int, ...]


@cache
def _step() -> re.Pattern[str]:
    """One step of a path. Compiled when it is first needed: who has no violations has no paths."""
    return re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[([^\]]*)\]")


def describe(path: Path) -> str:
    """The path as text, `""` for the object itself."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int) or type(step) is Key:
            parts.append(f"[{step}]")
        elif parts:
            parts.append(f".{step}")
        else:
            parts.append(step)
    return "".join(parts)


def parse(field: str) -> Path:
    """The path that `describe` made this text of.

    Any text is taken: what is no path is one step, so that sorting never fails.
    """
    steps: list[str | int] = []
    step, end = _step(), 0
    while end < len(field):
        match = step.match(field, end)
        if match is None:
            return (field,)
        name, index, key = match.groups()
        if name is not None:
            steps.append(name)
        elif index is not None:
            steps.append(int(index))
        else:
            steps.append(Key(key))
        end = match.end()
    return tuple(steps)


def sort_key(field: str) -> tuple[tuple[int, int, str], ...]:
    """Orders fields by path, list indices as numbers: `ports[2]` before `ports[10]`."""
    return tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in parse(field))
