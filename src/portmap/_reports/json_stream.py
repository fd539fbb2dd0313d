"""JSON with a long list in it, written piece by piece: all of it at once may take much memory."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

__all__ = ["json_parts"]

_AT_A_TIME: Final = 200


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
    yield before + empty[:-1]
    rest, comma = iter(items), ""
    # One by one, the encoder would be made anew for each, and leave cycles behind.
    while some := list(islice(rest, _AT_A_TIME)):
        yield comma + _dumps(some)[1:-2].replace("\n", end)
        comma = ","
    yield f"{end if comma else ''}]{after}\n"


def _dumps(data: object) -> str:
    return json.dumps(data, indent=2, sort_keys=True)
