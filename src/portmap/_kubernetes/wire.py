"""Fields of objects: one table for each class, which reading, writing and checking follow.

A `Field` says under which names a value stands in Python and in a manifest, how it is read, and
what an API server fills in where it is left out. A `FieldTable` holds the fields of a class.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast, final, overload

from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.opaque import Opaque, merged
from portmap._kubernetes.schema import Reader, struct, wrong_type
from portmap._kubernetes.violations import Violation

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Field(NamedTuple):
    """One field of an object.

    Attributes:
        attribute: Its name in Python.
        path: Its names in a manifest, from the object (or its metadata or spec) inwards.
        reader: Reads its value.
        required: Whether a manifest must have it.
        pointer: Whether an empty value differs from an absent one: a pointer in the Go type.
        words: The words that it may hold, where Kubernetes lists them.
        default: The value that the server fills in where the field is left out, if it is always the same.
        default_if: The attribute of the decoded object without which there is no default.
        filled_in: What else the server fills in.
        types: The Service types that may have it; empty for all.
        classes: The Python classes of its values, where they are not those of the reader's.
        grammar: Returns something true for a value that may be wrong by itself. It may err on that side:
            the rules have the last word.
        since: The Kubernetes release that introduced it.
        deprecated: The release that deprecated it.
    """

    attribute: str
    path: tuple[str, ...]
    reader: Reader
    required: bool = False
    pointer: bool = False
    words: tuple[str, ...] = ()
    default: object = None
    default_if: str = ""
    filled_in: str = ""
    types: tuple[str, ...] = ()
    classes: tuple[type, ...] = ()
    grammar: Callable[[Any], object] | None = None
    since: str = ""
    deprecated: str = ""

    @property
    def empty(self) -> object:
        """The value that an API server sees where the field is left out and has no default."""
        return None if self.pointer else self.reader.zero


_CLASSES: Final[Mapping[type, tuple[type, ...]]] = {
    bool: (bool,),
    dict: (Labels, dict),
    int: (int,),
    list: (tuple, list),
    str: (str,),
}
"""The classes of authored and of decoded values, by that of the value that a Go decoder begins with."""


@final
class FieldTable(Sequence[Field]):
    """The fields of a class, in the order in which they are written."""

    __slots__ = (
        "_checks",
        "_defaults",
        "_empty",
        "_fields",
        "_grammars",
        "_lists",
        "_required",
        "attributes",
        "places",
        "values",
    )

    def __init__(self, *fields: Field) -> None:
        self._fields = fields
        self.attributes: tuple[str, ...] = tuple(field.attribute for field in fields)
        self.values: Callable[[object], tuple[Any, ...]] = attrgetter(*self.attributes)
        """Returns the values of an object's attributes, in the order of the table."""
        self.places: tuple[tuple[tuple[str, ...], str], ...] = tuple(
            (field.path[:-1], field.path[-1]) for field in fields
        )
        """For each field the names of the mappings around its value, and its own name."""
        self._checks = tuple((field.reader.exact, field.reader.read, field.path, field.required) for field in fields)
        self._grammars = tuple(
            (
                field.classes or _CLASSES.get(type(field.reader.zero), ()),
                field.grammar,
                field.words if field.grammar is None else (),
                field.types,
            )
            for field in fields
        )
        self._required = tuple(position for position, field in enumerate(fields) if field.required)
        self._empty = tuple(field.empty for field in fields)
        self._defaults = tuple(
            (position, field.default)
            for position, field in enumerate(fields)
            if field.default is not None and not field.default_if
        )
        self._lists = tuple(position for position, field in enumerate(fields) if type(field.empty) is list)

    @overload
    def __getitem__(self, index: int) -> Field: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Field]: ...
    def __getitem__(self, index: int | slice) -> Field | Sequence[Field]:
        return self._fields[index]

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    def field(self, attribute: str) -> Field:
        """Return the field of this attribute."""
        return self._fields[self.attributes.index(attribute)]

    def without(self, *attributes: str) -> "FieldTable":
        """Return a table that lacks the fields of these attributes."""
        return FieldTable(*(field for field in self._fields if field.attribute not in attributes))

    def schema(self) -> Reader:
        """Return a reader of a mapping that has these fields and no others."""
        return _struct_of([(field.path, field.reader) for field in self._fields])

    def violations(self, subject: object, root: FieldPath = ROOT) -> list[Violation]:
        """Return what is wrong with the types of an object's attributes."""
        found: list[Violation] = []
        for value, (exact, read, path, required) in zip(self.values(subject), self._checks, strict=True):
            if value is None:
                if required:
                    found.append(wrong_type(root.child(*path), "given", value))
            elif type(value) is not exact:
                place = root.child(*path)
                read(value, place, found)
                found += _nulls(value, place)
        return found

    def are_valid(self, values: Sequence[Any], service_type: str | None = None) -> bool:
        """Return whether every value is surely right by itself, and allowed for this type of Service.

        Where the result is `False`, the rules decide.

        Args:
            values: The values in the order of the table, `None` for those left out.
            service_type: The type of the Service that has them; left out, it is not looked at.
        """
        for position in self._required:
            if values[position] is None:
                return False
        for value, grammar in zip(values, self._grammars):  # noqa: B905 - the check takes time
            if value is None:  # As most are.
                continue
            classes, is_bad, words, types = grammar
            if (
                type(value) not in classes
                or (is_bad and is_bad(value))
                or (words and value not in words)
                or (types and service_type is not None and service_type not in types)
            ):
                return False
        return True

    def found_in(self, data: Mapping[str, Any]) -> list[Any]:
        """Return the values of decoded data in the order of the table, `None` for those that are left out."""
        values = []
        for outer, name in self.places:
            place = data
            for step in outer:
                place = place.get(step, _NOTHING)
            values.append(place.get(name))
        return values

    def completed(self, values: Iterable[Any]) -> list[Any]:
        """Return values in the order of the table, with the default of every field that is left out.

        Where a default depends on other fields, the value stays empty.

        Args:
            values: The values in the order of the table, `None` for those left out.
        """
        completed: list[Any] = [
            empty if value is None else value for value, empty in zip(values, self._empty, strict=True)
        ]
        for position, default in self._defaults:
            completed[position] = completed[position] or default
        for position in self._lists:
            completed[position] = [*completed[position]]
        return completed

    def written(self, values: Iterable[Any]) -> dict[str, Any]:
        """Return values as plain data under the names that a manifest has, without those that are `None`."""
        data: dict[str, Any] = {}
        for value, names in zip(values, self.places):  # noqa: B905 - the check takes time
            if value is None:  # As most are.
                continue
            outer, name = names
            place = data
            if outer:
                for step in outer:
                    place = place.setdefault(step, {})
            place[name] = value if type(value) in _EXACT else to_plain(value)
        return data

    def stored(self, values: Iterable[Any]) -> dict[str, Any]:
        """Return values as `written` does, without the empty ones that an API server leaves out (`omitempty`)."""
        return self.written(
            value if value or field.pointer or field.required else None
            for field, value in zip(self._fields, values, strict=True)
        )


def _struct_of(fields: Sequence[tuple[tuple[str, ...], Reader]]) -> Reader:
    """Return a reader of a mapping, with a mapping inside for each first step of longer paths."""
    readers: dict[str, Reader] = {}
    nested: dict[str, list[tuple[tuple[str, ...], Reader]]] = {}
    for (name, *below), reader in fields:
        if below:
            nested.setdefault(name, []).append((tuple(below), reader))
        else:
            readers[name] = reader
    return struct(readers | {name: _struct_of(inner) for name, inner in nested.items()})


def unmodelled_violations(subject: Any, whole: Reader) -> list[Violation]:  # noqa: ANN401 - any class that has it
    """Return why a manifest could not carry the unmodelled data of an object.

    Args:
        subject: An object with an attribute `unmodelled`.
        whole: Reads a whole manifest of such an object. The unmodelled data must fit into it.
    """
    data = subject.unmodelled
    found: list[Violation] = []
    if type(data) is Opaque:
        whole.read(data.copy(), ROOT, found)
    elif data is not None:
        found.append(wrong_type(FieldPath("unmodelled"), "a mapping of plain JSON data", data))
    return found


def _nulls(value: object, path: FieldPath) -> list[Violation]:
    """Return the `None`s in a list or mapping: a manifest may have nulls there, a program has them by mistake."""
    if isinstance(value, Mapping):
        return [wrong_type(path.key(str(key)), "text", None) for key, item in value.items() if item is None]
    if isinstance(value, list | tuple):
        return [wrong_type(path.index(position), "given", None) for position, item in enumerate(value) if item is None]
    return []


# Converters return what they cannot convert, so that constructors report wrong types
# together with every other violation.


def labels_or_as_is(value: Mapping[str, str] | None) -> Labels | None:
    """Return a mapping of text to text as `Labels`, and anything else unchanged."""
    given: Any = value
    if type(given) is Labels or given is None:
        return given
    if type(given) is dict:
        try:
            return Labels(given)
        except (TypeError, ValueError):  # A subclass of text, or a number too long to print.
            return _labels_of_others(given)
    return _labels_of_others(given)


def _labels_of_others(given: object) -> Labels:
    if isinstance(given, Mapping) and all(
        isinstance(key, str) and isinstance(item, str) for key, item in given.items()
    ):
        return Labels({str.__str__(key): str.__str__(item) for key, item in given.items()})
    return cast("Labels", given)


def series_or_as_is(value: object) -> object:
    """Return an iterable as a tuple, and text, a mapping or anything else unchanged."""
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
    """Return an iterable of text as a tuple, and anything else unchanged."""
    return None if value is None else cast("tuple[str, ...]", series_or_as_is(value))


def opaque_or_as_is(value: Mapping[str, Any] | None) -> Opaque | None:
    """Return a mapping of plain JSON data as `Opaque`, and anything else unchanged."""
    if value is None or type(value) is Opaque:
        return value
    try:
        return Opaque(value)
    except (TypeError, ValueError, AttributeError, RecursionError):
        return cast("Opaque", value)


_EXACT: Final = frozenset({str, int, bool})


def to_plain(value: Any) -> Any:  # noqa: ANN401 - any value of the model
    """Return a value of the model as plain JSON data."""
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


def from_wire(data: Mapping[str, Any], fields: FieldTable) -> dict[str, Any]:
    """Return the values of decoded data by attribute, without those that are left out."""
    values = zip(fields.attributes, fields.found_in(data), strict=True)
    return {attribute: value for attribute, value in values if value is not None}


def to_wire(subject: object, fields: FieldTable, *, with_unmodelled: bool = True) -> dict[str, Any]:
    """Return an object as plain data: the authored values in the order of the table, then the unmodelled data."""
    data = fields.written(fields.values(subject))
    unmodelled = getattr(subject, "unmodelled", None) if with_unmodelled else None
    return merged(data, unmodelled.copy()) if unmodelled is not None else data
