"""The patch that `kubectl apply` sends: a three-way comparison.

The patch sets the fields of the manifest that differ in the live object, and removes the fields of the last
applied manifest that the new one does not have. It keeps all other fields.

Source: kubernetes/kubernetes 1.36.2, `CreateThreeWayMergePatch` in
`staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go` and `staging/src/k8s.io/kubectl/pkg/util/apply.go`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from portmap._apiserver.merge_types import Fields, KeyedList, MergeType, ScalarSet
from portmap._apiserver.strategic_merge import (
    DELETE,
    DELETE_FROM,
    DIRECTIVE,
    ORDER_OF,
    check_items,
    in_order_of,
    merge_patches,
    require_keys,
)
from portmap._kubernetes.field_path import ROOT, FieldPath

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which `kubectl apply` keeps the manifest."""

Object = Mapping[str, Any]


def with_last_applied(manifest: Object) -> dict[str, Any]:
    """Return the manifest as `kubectl apply` writes it, with an annotation that has the manifest as JSON."""
    return annotated(manifest, _with_annotations(manifest, _own_annotations(manifest)))


def annotated(live: Object, manifest: Object) -> dict[str, Any]:
    """Return the object with this manifest in the annotation of `kubectl apply`."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        # Go's encoder escapes what has a meaning in HTML and JavaScript.
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _with_annotations(live, {**_own_annotations(live), LAST_APPLIED: f"{text}\n"})


def _own_annotations(manifest: Object) -> dict[str, Any]:
    annotations = (manifest.get("metadata") or {}).get("annotations") or {}
    return {key: value for key, value in annotations.items() if key != LAST_APPLIED}


def _with_annotations(manifest: Object, annotations: Object) -> dict[str, Any]:
    return {**manifest, "metadata": {**(manifest.get("metadata") or {}), "annotations": annotations}}


def three_way_patch(last_applied: Object, manifest: Object, live: Object, merge_type: MergeType) -> dict[str, Any]:
    """Return the patch from the live object to the manifest, `{}` if there is nothing to change.

    Raises:
        WriteRefusedError: `kubectl` itself fails, and sends nothing.
    """
    changes = _diff_objects(live, manifest, merge_type, ROOT, deletions=False)
    deletions = _diff_objects(last_applied, manifest, merge_type, ROOT, deletions=True)
    return merge_patches(deletions, changes, merge_type)


def _diff_objects(
    old: Object, new: Object, merge_type: MergeType, path: FieldPath, *, deletions: bool
) -> dict[str, Any]:
    """Return the patch from old to new: either its deletions, or its additions and changes."""
    types: Mapping[str, MergeType] = merge_type.of if isinstance(merge_type, Fields) else {}
    patch: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            deeper = _diff_objects(before, value, types.get(key), path.child(key), deletions=deletions)
            if deeper:
                patch[key] = deeper
        elif isinstance(value, list | tuple) and isinstance(before, list | tuple):
            patch |= _diff_lists(key, before, value, types.get(key), path.child(key), deletions=deletions)
        elif not deletions and (key not in old or before != value):
            patch[key] = value
    if deletions:
        patch |= {key: None for key in old if key not in new}
    return patch


def _diff_lists(
    field: str, old: Sequence[Any], new: Sequence[Any], merge_type: MergeType, path: FieldPath, *, deletions: bool
) -> dict[str, Any]:
    """Return the part of a patch for one list."""
    if not isinstance(merge_type, KeyedList | ScalarSet):
        return {field: new} if not deletions and list(old) != list(new) else {}
    if not old:
        return {field: new} if new and not deletions else {}
    if isinstance(merge_type, ScalarSet):
        return _diff_scalars(field, old, new, deletions=deletions)
    items = _diff_items(old, new, merge_type, path, deletions=deletions)
    key = merge_type.patch_key
    reordered = not deletions and [each[key] for each in old] != [each[key] for each in new]
    patch: dict[str, Any] = {field: items} if items else {}
    if new and (items or reordered):
        patch[ORDER_OF + field] = [{key: each[key]} for each in new]
    return patch


def _diff_scalars(field: str, old: Sequence[Any], new: Sequence[Any], *, deletions: bool) -> dict[str, Any]:
    if deletions:
        gone = sorted(set(old) - set(new))
        return {DELETE_FROM + field: gone, ORDER_OF + field: new} if gone else {}
    added = [each for each in new if each not in old]
    patch: dict[str, Any] = {field: added} if added else {}
    return patch | ({ORDER_OF + field: new} if list(old) != list(new) else {})


def _diff_items(
    old: Sequence[Any], new: Sequence[Any], merge_type: KeyedList, path: FieldPath, *, deletions: bool
) -> list[Any]:
    """Return the items of a patch from one list to the other.

    `kubectl` sorts both lists by their key *as text* and compares them side by side. So it confuses items with the
    same key, such as TCP and UDP of one number.
    """
    check_items(merge_type, path, old, new)
    require_keys(merge_type, path, old, new)
    key, changed, deleted = merge_type.patch_key, [], []
    left, right = _by_key(old, key), _by_key(new, key)
    while left or right:
        first = str(left[0][key]) if left else None
        second = str(right[0][key]) if right else None
        if first is not None and first == second:
            before, after = left.pop(0), right.pop(0)
            patch = _diff_objects(before, after, merge_type.item, path, deletions=deletions)
            if patch:
                changed.append({**patch, key: after[key]})
        elif first is None or (second is not None and first > second):
            item = right.pop(0)
            if not deletions:
                changed.append(item)
        else:
            item = left.pop(0)
            if deletions:
                deleted.append({key: item[key], DIRECTIVE: DELETE})
    return [*in_order_of(changed, new, lambda item: item.get(key)), *deleted]


def _by_key(items: Sequence[Any], key: str) -> list[Any]:
    """Return the items sorted by key as text. Items with equal keys are reversed, as in the sort of `kubectl`."""
    backwards = list(reversed(items))
    return sorted(backwards, key=lambda item: str(item[key]))
