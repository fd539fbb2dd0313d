"""The owners of the fields of an object: `metadata.managedFields`.

Source: sigs.k8s.io/structured-merge-diff v6, `merge/update.go`, and kubernetes/kubernetes
1.36.2, `staging/src/k8s.io/client-go/util/csaupgrade/upgrade.go`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, final

from portmap._apiserver.field_sets import FieldSet, difference, read_fields
from portmap._apiserver.kubectl_apply import LAST_APPLIED
from portmap._apiserver.merge_types import MergeType

Object = Mapping[str, Any]


@final
class Manager(NamedTuple):
    """A writer of fields. Applies and other writes with the same name are different managers."""

    name: str
    operation: str
    subresource: str = ""


Managers: TypeAlias = Mapping[Manager, FieldSet]

KUBECTL: Final = Manager("kubectl", "Apply")
"""The manager of `kubectl apply --server-side`."""
_OF_ANNOTATION: Final = Manager("kubectl-last-applied", "Apply")
"""The manager that owns the annotation of client-side apply after a migration."""
_BEFORE_FIRST_APPLY: Final = Manager("before-first-apply", "Update")
NEVER_OWNED: Final[FieldSet] = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{field}")
        for field in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    }
)
"""The fields that identify the object, and those that only the server writes."""
_ANNOTATION: Final = ("f:metadata", "f:annotations", f"f:{LAST_APPLIED}")


def read_managers(entries: Iterable[Object], live: Object, merge_type: MergeType) -> Managers:
    """Return the managers in `metadata.managedFields`.

    If there are none, the server assigns all fields of the live object to the manager `before-first-apply`.
    """
    managers: dict[Manager, FieldSet] = {}
    for entry in entries:
        manager = Manager(entry.get("manager", ""), entry.get("operation", ""), entry.get("subresource", ""))
        managers[manager] = managers.get(manager, frozenset()) | read_fields(entry.get("fieldsV1") or {})
    return managers or {_BEFORE_FIRST_APPLY: difference({}, live, merge_type).added - NEVER_OWNED}


def after_update(managers: Managers, manager: Manager, live: Object, wanted: Object, merge_type: MergeType) -> Managers:
    """Return the managers after an update, whose manager is the only owner of the fields that it adds and changes."""
    change = difference(live, wanted, merge_type)
    taken = (change.added | change.modified) - NEVER_OWNED
    left = {each: fields - taken - change.removed for each, fields in managers.items()}
    owners = {**left, manager: left.get(manager, frozenset()) | taken}
    return {each: fields for each, fields in owners.items() if fields}


def migrated(managers: Managers) -> Managers | None:
    """Return the managers after `kubectl` has taken over the fields of client-side apply.

    `kubectl` does that after a successful server-side apply, and then applies again. The result is `None` if no
    manager owns the annotation of client-side apply.
    """
    former = {each for each, fields in managers.items() if each.operation == "Update" and _ANNOTATION in fields}
    if not former:
        return None
    taken = frozenset().union(*(managers[each] for each in former))
    kept = {manager: fields for manager, fields in managers.items() if manager not in former}
    return {**kept, KUBECTL: managers.get(KUBECTL, frozenset()) | taken, _OF_ANNOTATION: frozenset({_ANNOTATION})}
