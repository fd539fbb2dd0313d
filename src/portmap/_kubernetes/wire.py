"""Attributes and wire names: one table for each class, read both ways.

A `Wire` row says under which name, and as what kind of value, an attribute stands
in a manifest. The type checks of the constructors, the strict reading of manifests
and the writing of them all go by these rows, so that none can disagree with another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast, final, overload

from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.opaque import Opaque, merged
from portmap._kubernetes.schema import Reader, wrong_type
from portmap._kubernetes.violations import Violation

__all__ = [
    "Rows",
    "Wire",
    "from_wire",
    "labels_or_as_is",
    "opaque_or_as_is",
    "series_or_as_is",
    "texts_or_as_is",
    "to_plain",
    "to_wire",
    "unmodelled_violations",
]


class Wire(NamedTuple):
    """Where an attribute stands in a manifest.

    Attributes:
        attribute: Its name in Python.
        path: Its place on the wire, under the object or its spec.
        reader: How its value is read.
        required: Whether it may not be left out.
    """

    attribute: str
    path: tuple[str, ...]
    reader: Reader
    required: bool = False


@final
class Rows(Sequence[Wire]):
    """The rows of a class, in the order in which its fields are written."""

    __slots__ = ("_plan", "_rows", "attributes", "places", "values")

    def __init__(self, *rows: Wire) -> None:
        self._rows = rows
        self.attributes: tuple[str, ...] = tuple(row.attribute for row in rows)
        # The values of an object's attributes, in the order of the rows.
        self.values: Callable[[object], tuple[Any, ...]] = attrgetter(*self.attributes)
        # The names of the mappings around each value, and its own.
        self.places: tuple[tuple[tuple[str, ...], str], ...] = tuple((row.path[:-1], row.path[-1]) for row in rows)
        self._plan = tuple((row.reader.exact, row.reader.read, row.path, row.required) for row in rows)

    @overload
    def __getitem__(self, index: int) -> Wire: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Wire]: ...
    def __getitem__(self, index: int | slice) -> Wire | Sequence[Wire]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Wire]:
        return iter(self._rows)

    def violations(self, subject: object, root: FieldPath = ROOT) -> list[Violation]:
        """The attributes of this object that are not of the type that their field has."""
        found: list[Violation] = []
        for value, (exact, read, path, required) in zip(self.values(subject), self._plan, strict=False):
            if value is None:
                if required:
                    found.append(wrong_type(root.child(*path), "given", value))
            elif type(value) is not exact:
                here = root.child(*path)
                read(value, here, found)
                found += _nulls(value, here)
        return found


def unmodelled_violations(subject: Any, whole: Reader) -> list[Violation]:  # noqa: ANN401 - any class that has it
    """What of the data that is not modelled no manifest could carry.

    Args:
        subject: An object with `unmodelled`.
        whole: Reads a whole manifest of such an object: what is not modelled must fit in it.
    """
    data = subject.unmodelled
    found: list[Violation] = []
    if type(data) is Opaque:
        whole.read(data.copy(), ROOT, found)
    elif data is not None:
        found.append(wrong_type(FieldPath("unmodelled"), "a mapping of plain JSON data", data))
    return found


def _nulls(value: object, path: FieldPath) -> list[Violation]:
    """Nothing inside a list or mapping: in a manifest that is the empty text, in Python a mistake."""
    if isinstance(value, Mapping):
        return [wrong_type(path.key(str(key)), "text", None) for key, item in value.items() if item is None]
    if isinstance(value, list | tuple):
        return [wrong_type(path.index(position), "given", None) for position, item in enumerate(value) if item is None]
    return []


# Converters keep what they cannot convert, for the checks to complain about: a
# constructor reports wrong types like any other violation.


def labels_or_as_is(value: Mapping[str, str] | None) -> Labels | None:
    """Labels, where this is a mapping of text to text."""
    given: Any = value
    if type(given) is Labels or given is None:
        return given
    if type(given) is dict:
        try:
            return Labels(given)
        except (TypeError, ValueError):  # Not all of it is exactly text, or is a number too long to be shown.
            return _labels_of_others(given)
    return _labels_of_others(given)


def _labels_of_others(given: object) -> Labels:
    if isinstance(given, Mapping) and all(
        isinstance(key, str) and isinstance(item, str) for key, item in given.items()
    ):
        return Labels({str.__str__(key): str.__str__(item) for key, item in given.items()})
    return cast("Labels", given)


def series_or_as_is(value: object) -> object:
    """A tuple, where this is a series of things and not itself a text or a mapping."""
    given: Any = value
    kind = type(given)
    if kind is tuple or given is None:
        return given
    if kind is list:
        return tuple(given)
    if isinstance(value, tuple | str | bytes | Mapping) or not isinstance(value, Iterable):
        return value
    return tuple(value)


def texts_or_as_is(value: Iterable[str] | None) -> tuple[str, ...] | None:
    """A tuple of texts, where this is a series."""
    return None if value is None else cast("tuple[str, ...]", series_or_as_is(value))


def opaque_or_as_is(value: Mapping[str, Any] | None) -> Opaque | None:
    """Opaque data, where this is a mapping of plain JSON data."""
    if value is None or type(value) is Opaque:
        return value
    try:
        return Opaque(value)
    except (TypeError, ValueError, AttributeError, RecursionError):
        return cast("Opaque", value)


_ABSENT: Final = object()
_EXACT: Final = frozenset({str, int, bool})


def to_plain(value: Any) -> Any:  # noqa: ANN401 - any value of the model
    """The value as JSON data, without the classes that only Python knows."""
    kind = type(value)
    if kind in _EXACT:
        return value
    if kind is Labels:
        return value.copy()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    return [to_plain(item) for item in value]


def from_wire(data: Mapping[str, Any], rows: Iterable[Wire]) -> dict[str, Any]:
    """Return the attributes whose fields stand in decoded data, by attribute name."""
    attributes: dict[str, Any] = {}
    for row in rows:
        value: Any = data
        for name in row.path:
            value = value.get(name, _ABSENT)
            if value is _ABSENT:
                break
        else:
            attributes[row.attribute] = value
    return attributes


def to_wire(subject: object, wire: Rows, *, with_unmodelled: bool = True) -> dict[str, Any]:
    """The object as plain data: authored values only, in the order of the rows, then what is not modelled."""
    data: dict[str, Any] = {}
    for value, (outer, name) in zip(wire.values(subject), wire.places):  # noqa: B905 - the check takes time
        if value is None:  # As most are.
            continue
        place = data
        for step in outer:
            place = place.setdefault(step, {})
        place[name] = value if type(value) in _EXACT else to_plain(value)
    unmodelled = getattr(subject, "unmodelled", None) if with_unmodelled else None
    return merged(data, unmodelled.copy()) if unmodelled is not None else data
