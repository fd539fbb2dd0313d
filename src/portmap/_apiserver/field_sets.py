"""Sets of field paths, as `metadata.managedFields` holds them, and values walked by path.

A path is a tuple of steps, each spelt as in `fieldsV1`: `f:spec` is a field,
`k:{"port":80,"protocol":"TCP"}` an item of a list of objects, `v:"a/b"` an item of a list
of scalars. A set contains only its own paths, not the paths below them.

Source: sigs.k8s.io/structured-merge-diff v6, `fieldpath` and `typed`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, final

from portmap._apiserver.merge_types import Fields, KeyedList, MergeType, Names, ScalarSet

OwnedPath: TypeAlias = tuple[str, ...]
FieldSet: TypeAlias = frozenset[OwnedPath]


@final
class _Absent:
    """The type of `ABSENT`."""

    __slots__ = ()


ABSENT: Final = _Absent()
"""The value of a missing field, which differs from `null`."""


def read_fields(fields: Mapping[str, Any]) -> FieldSet:
    """Return the paths of a `fieldsV1` mapping."""
    return frozenset(_read(fields, ()))


def _read(fields: Mapping[str, Any], path: OwnedPath) -> Iterator[OwnedPath]:
    for step, below in fields.items():
        if step == ".":
            yield path
        elif below and isinstance(below, Mapping):
            yield from _read(below, (*path, _canonical(step)))
        else:
            yield (*path, _canonical(step))


def _canonical(step: str) -> str:
    """Return the step with its JSON in one spelling, so that equal steps are equal text."""
    kind, _, rest = step.partition(":")
    try:
        return step if kind == "f" else f"{kind}:{_json(json.loads(rest))}"
    except ValueError:  # No server writes it, and no path has it.
        return step


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def shown_path(path: OwnedPath) -> str:
    """Return a path as the server writes it in a conflict: `.spec.ports[port=80,protocol="TCP"].name`."""
    return "".join(_shown(step) for step in path)


def _shown(step: str) -> str:
    kind, _, rest = step.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        return "[" + ",".join(f"{key}={_json(value)}" for key, value in json.loads(rest).items()) + "]"
    return f"[={rest}]"


def children(value: object, merge_type: MergeType) -> dict[str, Any]:
    """Return the children of a value by step. Null, absent values and leaves have none."""
    if value is None or value is ABSENT:
        return {}
    items: Any = value
    match merge_type:
        case Fields() | Names():
            return {f"f:{key}": item for key, item in items.items()}
        case KeyedList():
            return {_key_step(item, merge_type): item for item in items}
        case ScalarSet():
            return {f"v:{_json(item)}": item for item in items}
    return {}


def _key_step(item: Mapping[str, Any], merge_type: KeyedList) -> str:
    keys = {key: item.get(key, default) for key, default in merge_type.keys.items()}
    return f"k:{_json({key: value for key, value in keys.items() if key in item or value is not None})}"


def type_below(merge_type: MergeType, step: str) -> MergeType:
    """Return how the child at this step merges."""
    if isinstance(merge_type, Fields):
        return merge_type.of.get(step.removeprefix("f:"))
    return merge_type.item if isinstance(merge_type, KeyedList) else None


def assembled(parts: Mapping[str, Any], merge_type: MergeType) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value with these children."""
    if isinstance(merge_type, KeyedList | ScalarSet):
        return list(parts.values())
    return {step.removeprefix("f:"): item for step, item in parts.items()}


def fields_of(value: object, merge_type: MergeType, path: OwnedPath = ()) -> FieldSet:
    """Return the paths that the writer of a value owns: its leaves, and the items of its lists."""
    if merge_type is None:
        return frozenset({path})
    found: set[OwnedPath] = set()
    for step, item in children(value, merge_type).items():
        here = (*path, step)
        found |= fields_of(item, type_below(merge_type, step), here)
        if not step.startswith("f:") or item is None or item == {}:
            found.add(here)
    return frozenset(found)


def with_parents(paths: FieldSet) -> FieldSet:
    """Return the paths and the fields that contain them, without the list items that contain them."""
    above = {path[:end] for path in paths for end in range(1, len(path)) if path[end - 1].startswith("f:")}
    return paths | above


def without(value: object, paths: FieldSet, merge_type: MergeType, path: OwnedPath = ()) -> Any:  # noqa: ANN401 - JSON
    """Return the value without these paths. A container that loses all its children becomes null."""
    if merge_type is None or not any(each[: len(path)] == path for each in paths):
        return value
    parts = {
        step: without(item, paths, type_below(merge_type, step), (*path, step))
        for step, item in children(value, merge_type).items()
        if (*path, step) not in paths
    }
    return assembled(parts, merge_type) if parts else None


@final
class Difference(NamedTuple):
    """The paths in which two values differ."""

    added: FieldSet
    modified: FieldSet
    removed: FieldSet


def difference(old: object, new: object, merge_type: MergeType) -> Difference:
    """Return the paths in which the new value differs from the old one."""
    found: tuple[set[OwnedPath], set[OwnedPath], set[OwnedPath]] = set(), set(), set()
    _compare(old, new, merge_type, (), found)
    return Difference(*map(frozenset, found))


def _compare(
    old: object,
    new: object,
    merge_type: MergeType,
    path: OwnedPath,
    found: tuple[set[OwnedPath], set[OwnedPath], set[OwnedPath]],
) -> None:
    added, modified, removed = found
    before, after = children(old, merge_type), children(new, merge_type)
    for step in before | after:
        below = type_below(merge_type, step)
        _compare(before.get(step, ABSENT), after.get(step, ABSENT), below, (*path, step), found)
    if old is ABSENT:
        added.add(path)
    elif new is ABSENT:
        removed.add(path)
    elif not before and not after and old != new:
        modified.add(path)
