"""Server-side apply: a manifest merged into the live object, with an owner for each field.

Each manager owns the fields that it wrote. An apply sets the fields of the manifest, and removes the other fields
of its manager that have no other owner. It is refused if it would change a field of another manager.

Source: sigs.k8s.io/structured-merge-diff v6, `merge/update.go`, and kubernetes/kubernetes
1.36.2, `staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/`.
"""

from collections.abc import Mapping
from typing import Any

from portmap._apiserver.field_sets import (
    ABSENT,
    FieldSet,
    OwnedPath,
    assembled,
    children,
    difference,
    fields_of,
    shown_path,
    type_below,
    with_parents,
    without,
)
from portmap._apiserver.managed_fields import KUBECTL, NEVER_OWNED, Manager, Managers
from portmap._apiserver.merge_types import Fields, KeyedList, MergeType, Names, ScalarSet, WriteRefusedError
from portmap._kubernetes.field_path import ROOT, FieldPath, Key, Step
from portmap._kubernetes.violations import Violation

Object = Mapping[str, Any]


def apply_manifest(
    live: Object,
    manifest: Object,
    managers: Managers,
    merge_type: MergeType,
    *,
    force: bool,
    last_applied: Object | None,
) -> tuple[dict[str, Any], Managers]:
    """Return the object that the apply requests, and the managers after it.

    A field with the value of the last client-side apply causes no conflict.

    Raises:
        WriteRefusedError: The manifest repeats an item of a list, has managed fields of its own, or conflicts with
            other managers.
    """
    _refuse_managed_fields(manifest)
    _refuse_repetitions(manifest, merge_type, ROOT)
    # An apply neither writes nor owns the status.
    manifest = {field: value for field, value in manifest.items() if field != "status"}
    config = fields_of(manifest, merge_type)
    owners = {**managers, KUBECTL: config}
    result = _prune(_merge(live, manifest, merge_type), managers.get(KUBECTL, frozenset()), owners, merge_type)
    change = difference(live, result, merge_type)
    others = {manager: fields for manager, fields in owners.items() if manager != KUBECTL}
    conflicts = {manager: fields & (change.modified | change.added) for manager, fields in others.items()}
    if not force and last_applied is not None:
        yielded = _unchanged(last_applied, live, merge_type)
        conflicts_left = {manager: fields - yielded for manager, fields in conflicts.items()}
    else:
        conflicts_left = conflicts
    if not force and any(conflicts_left.values()):
        raise WriteRefusedError(*_conflict_violations(conflicts_left, manifest, merge_type))
    after = {manager: fields - conflicts[manager] - change.removed for manager, fields in others.items()}
    return result, {manager: fields for manager, fields in {**after, KUBECTL: config - NEVER_OWNED}.items() if fields}


def _unchanged(last_applied: Object, live: Object, merge_type: MergeType) -> FieldSet:
    """Return the paths of the last applied manifest whose values are still live."""
    change = difference(last_applied, live, merge_type)
    return fields_of(last_applied, merge_type) - change.modified - change.added - change.removed


def _merge(live: object, config: object, merge_type: MergeType) -> Any:  # noqa: ANN401 - any JSON value
    before, after = children(live, merge_type), children(config, merge_type)
    if not before and not after:
        return live if config is ABSENT else config
    steps = _merged_order(list(before), list(after))
    if isinstance(merge_type, Fields | Names):
        steps = list(before | after)
    parts = {
        step: _merge(before.get(step, ABSENT), after.get(step, ABSENT), type_below(merge_type, step)) for step in steps
    }
    return assembled(parts, merge_type)


def _merged_order(live: list[str], config: list[str]) -> list[str]:
    """Return the steps in the order of the config. Steps of the live list alone keep their place in it."""
    merged, rest = [], list(config)
    for step in live:
        if step not in config:
            merged.append(step)
        elif step == next((each for each in rest if each in live), None):
            place = rest.index(step) + 1
            merged += rest[:place]
            del rest[:place]
    return merged + rest


def _prune(merged: Any, last: FieldSet, owners: Managers, merge_type: MergeType) -> Any:  # noqa: ANN401 - JSON
    """Return the object without the fields that the manager owned before and no manager owns now."""
    if not last:
        return merged
    owned = with_parents(frozenset().union(*owners.values()))
    last = with_parents(last)
    everything = with_parents(fields_of(merged, merge_type))
    kept = without(merged, last, merge_type)
    kept = without(merged, everything - with_parents(fields_of(kept, merge_type)) - owned, merge_type)
    return without(merged, (everything - with_parents(fields_of(kept, merge_type))) & last, merge_type)


def _refuse_managed_fields(manifest: Object) -> None:
    """Refuse a manifest with managed fields, which only the server writes."""
    if (manifest.get("metadata") or {}).get("managedFields"):
        raise WriteRefusedError(
            Violation.about(
                FieldPath("metadata", "managedFields"),
                "managed-fields-given",
                "FieldValueForbidden",
                "server-side apply takes none",
                hint="remove it",
            )
        )


def _refuse_repetitions(value: object, merge_type: MergeType, path: FieldPath) -> None:
    """Refuse a manifest with two items of the same key in a list."""
    if isinstance(merge_type, Fields) and isinstance(value, Mapping):
        for field, below in merge_type.of.items():
            _refuse_repetitions(value.get(field), below, path.child(field))
    elif isinstance(merge_type, KeyedList | ScalarSet) and isinstance(value, list | tuple):
        seen: set[str] = set()
        for position, item in enumerate(value):
            step = next(iter(children([item], merge_type)))
            if step in seen:
                detail = f"server-side apply takes an item with the key {shown_path((step,))} once"
                raise WriteRefusedError(
                    Violation.about(
                        path.index(position), "repeated-list-key", "FieldValueDuplicate", detail, value=item
                    )
                )
            seen.add(step)


def _conflict_violations(
    conflicts: Mapping[Manager, FieldSet], manifest: Object, merge_type: MergeType
) -> list[Violation]:
    return [
        Violation.about(
            _place_of(path, manifest, merge_type),
            "field-manager-conflict",
            "FieldManagerConflict",
            f'manager "{manager.name}" owns {shown_path(path)}, with another value',
            hint="use --force-conflicts to take the field over, or leave it out",
        )
        for manager, paths in conflicts.items()
        for path in sorted(paths)
    ]


def _place_of(path: OwnedPath, manifest: Object, merge_type: MergeType) -> FieldPath:
    """Return the path in the manifest of an owned path. Keys of list items become indices."""
    place: list[Step] = []
    value: Any = manifest
    for step in path:
        parts = children(value, merge_type)
        if isinstance(merge_type, KeyedList | ScalarSet):
            place.append(list(parts).index(step) if step in parts else 0)
        else:
            name = step.removeprefix("f:")
            place.append(Key(name) if isinstance(merge_type, Names) else name)
        value, merge_type = parts.get(step), type_below(merge_type, step)
    return FieldPath(*place)
