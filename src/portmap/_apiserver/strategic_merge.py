"""Strategic merge patches as the API server applies them.

A patch is a fragment of the object. Lists of objects merge by a key (ports by `port`), other lists are
replaced, and `null` removes a field. Directives have a meaning of their own: `$patch: delete`,
`$patch: replace`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.

An item of a patch merges into the *first* item with its key, so patches confuse TCP and UDP of one number.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from portmap._apiserver.merge_types import Fields, KeyedList, MergeType, ScalarSet, WriteRefusedError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.violations import Reason, Violation

DIRECTIVE: Final = "$patch"
DELETE: Final = "delete"
ORDER_OF: Final = "$setElementOrder/"
DELETE_FROM: Final = "$deleteFromPrimitiveList/"
_RETAIN_KEYS: Final = "$retainKeys"

Object = Mapping[str, Any]
_KeyOf = Callable[[Any], object]


def apply_patch(live: Object, patch: Object, merge_type: MergeType) -> dict[str, Any]:
    """Return the live object with the patch applied.

    Raises:
        WriteRefusedError: The patch cannot be applied, whatever the object.
    """
    return _merge_objects(live, patch, merge_type, ROOT, final=True)


def merge_patches(first: Object, second: Object, merge_type: MergeType) -> dict[str, Any]:
    """Return one patch with the effect of both in order. It keeps directives and nulls."""
    return _merge_objects(first, second, merge_type, ROOT, final=False)


# --- objects -----------------------------------------------------------------------------------------------------


def _merge_objects(
    original: Object, patch: Object, merge_type: MergeType, path: FieldPath, *, final: bool
) -> dict[str, Any]:
    """Return `original` with `patch` merged into it.

    `final` is whether the original is an object and not a patch: objects have no directives and nulls.
    """
    if DIRECTIVE in patch:
        return _follow_directive(patch, path)
    merged, rest = dict(original), dict(patch)
    _retain_keys(merged, rest, path, final=final)
    types: Mapping[str, MergeType] = merge_type.of if isinstance(merge_type, Fields) else {}
    for directive in [key for key in rest if key.startswith(ORDER_OF)]:
        field = directive.removeprefix(ORDER_OF)
        _merge_in_order(merged, rest, directive, types.get(field), path.child(field), final=final)
    for key, value in rest.items():
        if key.startswith(DELETE_FROM):
            _delete_scalars(merged, key, value, final=final)
            continue
        if value is None:
            merged.pop(key, None)
            if final:
                continue
        if key not in merged or _kind(merged[key]) != _kind(value):
            _set(merged, key, _without_nulls(value) if final else value)
        elif isinstance(value, Mapping):
            merged[key] = _merge_objects(merged[key], value, types.get(key), path.child(key), final=final)
        elif isinstance(value, list | tuple):
            merged[key] = _merge_lists(merged[key], value, types.get(key), path.child(key), final=final)
        else:
            merged[key] = value
    return merged


def _follow_directive(patch: Object, path: FieldPath) -> dict[str, Any]:
    if patch[DIRECTIVE] == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if patch[DIRECTIVE] == DELETE:
        return {}
    raise _refused(path.child(DIRECTIVE), "an object takes the directives replace and delete alone", patch[DIRECTIVE])


def _retain_keys(merged: dict[str, Any], patch: dict[str, Any], path: FieldPath, *, final: bool) -> None:
    """Drop the fields that a `$retainKeys` directive does not name."""
    retained = patch.pop(_RETAIN_KEYS, None)
    if retained is None:
        return
    if not final:
        merged.setdefault(_RETAIN_KEYS, retained)
        return
    set_fields = {key for key, value in patch.items() if value is not None and not key.startswith("$")}
    if not isinstance(retained, list | tuple) or not set_fields <= set(retained):
        raise _refused(path.child(_RETAIN_KEYS), "must name every field that the patch sets", retained)
    for key in merged.keys() - set(retained):
        del merged[key]


def _delete_scalars(merged: dict[str, Any], directive: str, values: object, *, final: bool) -> None:
    field = directive.removeprefix(DELETE_FROM)
    if not final:
        merged[directive] = values
    elif isinstance(values, list | tuple) and isinstance(merged.get(field), list | tuple):
        merged[field] = [each for each in merged[field] if each not in values]


def _set(merged: dict[str, Any], key: str, value: object) -> None:
    """Set a field to the value of a patch, unless that is a directive."""
    if isinstance(value, Mapping) and DIRECTIVE in value:
        merged.pop(key, None)
    else:
        merged[key] = _without_directives(value)


def _without_directives(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_directives(item) for key, item in value.items() if not _is_directive(item)}
    if isinstance(value, list | tuple):
        return [_without_directives(item) for item in value if not _is_directive(item)]
    return value


def _is_directive(value: object) -> bool:
    return isinstance(value, Mapping) and DIRECTIVE in value


def _without_nulls(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list | tuple) else value


def _kind(value: object) -> type:
    """Return the JSON type of a value. Values of different types do not merge."""
    if isinstance(value, Mapping):
        return dict
    return list if isinstance(value, list | tuple) else type(value)


# --- lists -------------------------------------------------------------------------------------------------------


def _merge_lists(
    original: Sequence[Any], patch: Sequence[Any], merge_type: MergeType, path: FieldPath, *, final: bool
) -> list[Any]:
    """Return the merged list, in the order of the patch where that has one."""
    if isinstance(merge_type, ScalarSet):
        merged: list[Any] = list(dict.fromkeys([*original, *patch]))
        return _arranged(merged, patch, original, _itself)
    if not isinstance(merge_type, KeyedList):
        return list(patch)
    original, patch = _follow_item_directives(original, patch, merge_type, path)
    merged = _merge_items(original, patch, merge_type, path, final=final)
    return _arranged(merged, patch, original, _key_of(merge_type))


def _follow_item_directives(
    original: Sequence[Any], patch: Sequence[Any], merge_type: KeyedList, path: FieldPath
) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the remaining items of the original, and the items of the patch that are not directives."""
    check_items(merge_type, path, original, patch)
    key, plain, replace = merge_type.patch_key, [], False
    for position, item in enumerate(patch):
        directive = item.get(DIRECTIVE)
        if DIRECTIVE not in item:
            plain.append(item)
        elif directive == "replace":
            replace = True
        elif directive == DELETE and key in item:
            original = [each for each in original if each.get(key) != item[key]]
        elif directive == DELETE:
            raise _no_key(merge_type, path.index(position))
        else:
            raise _refused(path.index(position).child(DIRECTIVE), "an item takes replace and delete alone", directive)
    return (plain, []) if replace else (original, plain)


def _merge_items(
    original: Sequence[Any], patch: Sequence[Any], merge_type: KeyedList, path: FieldPath, *, final: bool
) -> list[Any]:
    """Merge each item of the patch into the first that has its key, or append it."""
    key, merged = merge_type.patch_key, list(original)
    for position, item in enumerate(patch):
        here = path.index(position)
        if key not in item:
            raise _no_key(merge_type, here)
        same = next((place for place, each in enumerate(merged) if key in each and each[key] == item[key]), None)
        if same is None:
            merged.append(item)
        else:
            merged[same] = _merge_objects(merged[same], item, merge_type.item, here, final=final)
    return merged


def _merge_in_order(
    merged: dict[str, Any],
    patch: dict[str, Any],
    directive: str,
    merge_type: MergeType,
    path: FieldPath,
    *,
    final: bool,
) -> None:
    """Merge one list in the order that its `$setElementOrder` directive gives."""
    order = patch.pop(directive)
    field = directive.removeprefix(ORDER_OF)
    if not final:
        merged.setdefault(directive, order)
    original, items = merged.get(field), patch.pop(field, None)
    if not all(each is None or isinstance(each, list | tuple) for each in (order, original, items)):
        raise _refused(path, "a list and its order must be lists", items)
    order = order or ()
    if isinstance(merge_type, KeyedList):
        check_items(merge_type, path, original or (), items or (), order)
    _check_order(items or (), order, _key_of(merge_type), path)
    if original is None and items is None:
        return
    live = original or ()
    if original is None:
        result = [_without_directives(each) for each in items or () if not _is_directive(each)]
    elif items is None:
        result = list(original)
    else:
        result = _merge_lists(original, items, merge_type, path, final=final)
        live = _reused_places(original, items, _key_of(merge_type))
    merged[field] = _arranged(result, order, live, _key_of(merge_type))


def _reused_places(live: Sequence[Any], items: Sequence[Any], key_of: _KeyOf) -> list[Any]:
    """Return the order of the live list as the server reads it after the merge.

    The server appends new items in the memory of the live list, in the place of deleted ones. So as many new items
    as were deleted count as the last items of the live list.
    """
    deleted = [key_of(each) for each in items if _is_deletion(each)]
    kept = [each for each in live if key_of(each) not in deleted]
    keys = [key_of(each) for each in kept]
    added = [each for each in items if not _is_directive(each) and key_of(each) not in keys]
    return kept + added[: len(live) - len(kept)]


def _check_order(items: Sequence[Any], order: Sequence[Any], key_of: _KeyOf, path: FieldPath) -> None:
    """Refuse a patch whose items are not in the order of its `$setElementOrder` directive."""
    kept = [key_of(each) for each in items if not _is_directive(each)]
    ordered = iter([key_of(each) for each in order])
    if kept and order and not all(key in ordered for key in kept):
        raise _refused(path, "the order in $setElementOrder is not that of the items", list(items))


# --- order -------------------------------------------------------------------------------------------------------


def _itself(item: object) -> object:
    return item


def _key_of(merge_type: MergeType) -> _KeyOf:
    if not isinstance(merge_type, KeyedList):
        return _itself
    key = merge_type.patch_key
    return lambda item: item.get(key)


def in_order_of(items: Sequence[Any], order: Sequence[Any], key_of: _KeyOf) -> list[Any]:
    """Return the items in the order of their keys in `order`, deletions last.

    An item whose key is not in `order` moves to the front, as it does on the server.
    """
    keys = [key_of(each) for each in order]
    done: list[Any] = []
    for item in items:
        if _is_deletion(item):
            continue
        place = len(done)
        while place and _comes_before(key_of(item), key_of(done[place - 1]), keys):
            place -= 1
        done.insert(place, item)
    return done + [each for each in items if _is_deletion(each)]


def _comes_before(key: object, other: object, keys: Sequence[object]) -> bool:
    if key in keys and other in keys:
        return keys.index(key) < keys.index(other)
    return True


def _is_deletion(item: object) -> bool:
    return isinstance(item, Mapping) and item.get(DIRECTIVE) == DELETE


def _arranged(merged: Sequence[Any], order: Sequence[Any], live: Sequence[Any], key_of: _KeyOf) -> list[Any]:
    """Return the items of the patch in its order, with the other items in their places between them."""
    named = {_hashable(key_of(each)) for each in order}
    own = [each for each in merged if _hashable(key_of(each)) in named]
    others = [each for each in merged if _hashable(key_of(each)) not in named]
    own, others = in_order_of(own, order, key_of), in_order_of(others, live, key_of)
    keys = [key_of(each) for each in live]
    result: list[Any] = []
    while own and others:
        left, right = key_of(others[0]), key_of(own[0])
        first = left in keys and right in keys and keys.index(left) < keys.index(right)
        result.append((others if first else own).pop(0))
    return result + others + own


def _hashable(key: object) -> object:
    return key if isinstance(key, str | int | float | bool | None) else repr(key)


# --- what cannot be merged ---------------------------------------------------------------------------------------


def check_items(merge_type: KeyedList, path: FieldPath, *lists: Sequence[Any]) -> None:
    """Refuse lists with items that are not objects."""
    for items in lists:
        for position, item in enumerate(items):
            if not isinstance(item, Mapping):
                raise _refused(
                    path.index(position), f"items merge by {merge_type.patch_key}, so each is an object", item
                )


def require_keys(merge_type: KeyedList, path: FieldPath, *lists: Sequence[Any]) -> None:
    """Refuse items without their merge key."""
    for items in lists:
        for position, item in enumerate(items):
            if merge_type.patch_key not in item:
                raise _no_key(merge_type, path.index(position))


def _no_key(merge_type: KeyedList, path: FieldPath) -> WriteRefusedError:
    key = merge_type.patch_key
    detail = f"items merge by {key}, so each must have one"
    return _refused(path.child(key), detail, None, "FieldValueRequired")


def _refused(path: FieldPath, detail: str, value: object, reason: Reason = "FieldValueInvalid") -> WriteRefusedError:
    return WriteRefusedError(Violation.about(path, "unmergeable-patch", reason, detail, value=value))
