"""Reports as JSON: in ASCII, keys sorted, two spaces a level, so that equal reports are equal texts."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from portmap._graph.object_name import ObjectName
from portmap._kubernetes.errors import ManifestError, Span
from portmap._kubernetes.plain_data import plain_converter, plain_data, shape

if TYPE_CHECKING:
    from cattrs import Converter

_BATCH: Final = 200


def json_text(data: object, *, located: bool = False) -> str:
    """Return a report as JSON text.

    Args:
        data: The report: mappings, lists and values that `plain_data` writes.
        located: Whether each object is written with `source` and `line`, where it begins.
    """
    return _dumps(_located().unstructure(data) if located else plain_data(data)) + "\n"


def json_parts(data: Mapping[str, Any], field: str, items: Iterable[Mapping[str, Any]], depth: int) -> Iterator[str]:
    """Yield the text that `json_text` returns, in parts: a long list at once may take much memory.

    Args:
        data: The report, with an empty list in the field.
        field: The key of the list; no other list of this key may be empty.
        items: The items of the list, as plain data.
        depth: How many levels deep the list is.
    """
    # Quotes in a text are escaped, so this matches no text.
    before, empty, after = json_text(data).partition(f"{json.dumps(field)}: []")
    end = "\n" + " " * (2 * depth)
    yield before + empty[:-1]
    rest, comma = iter(items), ""
    # json.dumps makes an encoder a call, and leaves reference cycles: batches spare most of both.
    while batch := list(islice(rest, _BATCH)):
        yield comma + _dumps(batch)[1:-2].replace("\n", end)
        comma = ","
    yield f"{end if comma else ''}]{after}"


def _dumps(data: object) -> str:
    # The log of a workflow would obey `##[command]`, which can only be in a text.
    return json.dumps(data, indent=2, sort_keys=True).replace("##[", "#\\u0023[")


@cache
def _located() -> "Converter":
    """Return a converter that writes each object with the file and line where it begins."""

    def located(name: ObjectName) -> dict[str, Any]:
        place = name.place
        return {**plain_data(name), "source": place and place.source, "line": place and place.line}

    return plain_converter({ObjectName: located})


def position(span: Span | None) -> dict[str, int | None]:
    """Return the line and the column where a span begins; `None` for both if it is unknown."""
    return {"line": span and span.line, "column": span and span.column}


@shape.register
def _(error: ManifestError) -> dict[str, object]:
    return {"source": error.source, "message": error.problem, **position(error.span)}
