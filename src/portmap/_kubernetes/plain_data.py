"""Values as plain data for JSON, written by cattrs.

The keys of a value are the names that its constructor takes, in camelCase. A field's metadata says otherwise:
`OMITTED`, `renamed(key)`, or `inlined()` for a value whose keys stand among those of its owner. A class
whose JSON differs in more than that registers a function with `shape`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, singledispatch
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from portmap._kubernetes.field_path import FieldPath

if TYPE_CHECKING:
    from cattrs import Converter

_KEY: Final = "portmap.key"
_INLINED: Final = "portmap.inlined"

OMITTED: Final[Mapping[str, object]] = {_KEY: None}
"""Metadata of a field that is not written."""


def renamed(key: str) -> Mapping[str, object]:
    """Return the metadata of a field with a key of its own."""
    return {_KEY: key}


def inlined(**keys: str | None) -> Mapping[str, object]:
    """Return the metadata of a field whose keys stand among those of its owner.

    Args:
        keys: New names for some of these keys; `None` omits one.
    """
    return {_INLINED: keys}


@singledispatch
def shape(value: object) -> object:
    """Return what is written in place of a value: a mapping of keys to values, or another attrs object.

    Register a function for a class whose plain data is not that of its fields.
    """
    return value


def plain_data(value: object) -> dict[str, Any]:
    """Return an attrs object or a mapping as dicts, lists, text, numbers, booleans and `None`."""
    data: dict[str, Any] = _converter().unstructure(value)
    return data


@cache
def _converter() -> "Converter":
    return plain_converter({})


def plain_converter(hooks: Mapping[type, Callable[[Any], object]]) -> "Converter":
    """Return a converter that writes plain data, with hooks of its own for some classes."""
    # Most programs that make Services write no reports.
    from cattrs import Converter

    converter = Converter(unstruct_collection_overrides={Sequence: list})
    converter.register_unstructure_hook_factory(attrs.has, lambda kind: _by_fields(kind, converter))
    converter.register_unstructure_hook_factory(_is_shaped, lambda _: lambda value: converter.unstructure(shape(value)))
    converter.register_unstructure_hook(FieldPath, str)
    for kind, hook in hooks.items():
        converter.register_unstructure_hook(kind, hook)
    return converter


def _is_shaped(kind: object) -> bool:
    return isinstance(kind, type) and shape.dispatch(kind) is not shape.dispatch(object)


def _by_fields(kind: type[Any], converter: "Converter") -> Callable[[Any], dict[str, Any]]:
    """Return a function that writes the fields of an attrs class."""
    from cattrs.gen import make_dict_unstructure_fn, override

    attrs.resolve_types(kind)
    fields = attrs.fields(kind)
    keys = {field.name: _key(field) for field in fields}
    overrides: dict[str, Any] = {name: override(rename=key, omit=key is None) for name, key in keys.items()}
    write = make_dict_unstructure_fn(kind, converter, **overrides)
    inner = {keys[field.name]: field for field in fields if _INLINED in field.metadata}
    if not inner:
        return write
    blank = {key: dict.fromkeys(_keys(_class_of(field))) for key, field in inner.items()}
    names = {key: field.metadata[_INLINED] for key, field in inner.items()}

    def write_flat(value: object) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, item in write(value).items():
            if key in inner:
                data |= _rename(blank[key] if item is None else item, names[key])
            else:
                data[key] = item
        return data

    return write_flat


def _keys(kind: type[Any]) -> Iterator[str]:
    """Yield the keys of the plain data of an attrs class."""
    for field in attrs.fields(kind):
        key = _key(field)
        if _INLINED in field.metadata:
            yield from _rename(dict.fromkeys(_keys(_class_of(field))), field.metadata[_INLINED])
        elif key is not None:
            yield key


def _rename(data: Mapping[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    renamed = ((names.get(key, key), item) for key, item in data.items())
    return {key: item for key, item in renamed if key is not None}


def _key(field: "attrs.Attribute[Any]") -> str | None:
    first, *others = (field.alias or field.name).split("_")
    key: str | None = field.metadata.get(_KEY, first + "".join(map(str.capitalize, others)))
    return key


def _class_of(field: "attrs.Attribute[Any]") -> type[Any]:
    """Return the attrs class of an inlined field, which may be optional."""
    return next(each for each in (field.type, *get_args(field.type)) if isinstance(each, type) and attrs.has(each))
