"""JSON with a long list in it, written piece by piece: all of it at once may take much memory."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["json_parts"]


def json_parts(data: Mapping[str, Any], field: str, items: Iterable[Mapping[str, Any]], depth: int) -> Iterator[str]:
    """The text that `json.dumps` gives of the data with the items in place, with two blanks a level, and keys sorted.

    Args:
        data: With an empty list in the field, which is the only one of its name.
        field: The field of the list.
        items: What is in it.
        depth: How many levels deep the list stands.
    """
    # A quote within a text is escaped, so this is no text.
    before, empty, after = _dumps(data).partition(f"{json.dumps(field)}: []")
    end = "\n" + " " * (2 * depth)
    start = end + "  "
    yield before + empty[:-1]
    separator = start
    for each in items:
        yield separator + _dumps(each).replace("\n", start)
        separator = "," + start
    yield f"{']' if separator == start else end + ']'}{after}\n"


def _dumps(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, sort_keys=True)
