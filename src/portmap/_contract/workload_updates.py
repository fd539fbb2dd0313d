"""Immutable fields of workloads: the selector, and more in StatefulSets and Jobs.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/apps/validation/validation.go` (`ValidateDeploymentUpdate` and the
like, `ValidateStatefulSetUpdate`) and `pkg/apis/batch/validation/validation.go` (`ValidateJobSpecUpdate`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, final

import attrs

from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import match, renamed_namespace
from portmap._kubernetes.kinds import group_of
from portmap._kubernetes.violations import quote
from portmap._model.workloads import Workload

_IMMUTABLE: Final[Mapping[str, Mapping[str, object]]] = {
    "Deployment": {"selector": None},
    "ReplicaSet": {"selector": None},
    "DaemonSet": {"selector": None},
    "StatefulSet": {
        "selector": None,
        "serviceName": "",
        "volumeClaimTemplates": [],
        "podManagementPolicy": "OrderedReady",
    },
    "Job": {"selector": None, "template": None},
}
"""The immutable fields of `spec` by kind, with their defaults."""
_GROUPS: Final = frozenset({"apps", "batch", "extensions"})


@final
@attrs.frozen
class Owner:
    """A workload and its immutable fields.

    Attributes:
        kind: The kind.
        name: The name.
        namespace: The namespace, if the manifest has one.
        fields: The immutable fields of `spec` that the manifest has.
    """

    kind: str
    name: str
    namespace: str | None
    fields: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Return `Deployment/web`."""
        return f"{self.kind}/{self.name}"

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def governing_service(owner: Owner) -> str | None:
    """Return the label of the governing Service of a StatefulSet."""
    name = owner.fields.get("serviceName")
    return (f"{owner.namespace}/{name}" if owner.namespace else str(name)) if name else None


def owner_of(workload: Workload | Mapping[str, Any]) -> Owner:
    """Return the immutable fields of a workload or its manifest."""
    if isinstance(workload, Workload):
        fields = {} if workload.selector is None else {"selector": {"matchLabels": dict(workload.selector)}}
        return Owner(workload.kind, workload.name, workload.namespace, fields)
    kind, spec, metadata = str(workload.get("kind")), workload.get("spec") or {}, workload.get("metadata") or {}
    known = _IMMUTABLE.get(kind, {}) if group_of(workload.get("apiVersion")) in _GROUPS else {}
    fields = {field: spec[field] for field in known if spec.get(field) is not None}
    return Owner(kind, str(metadata.get("name") or ""), metadata.get("namespace"), fields)


@final
@attrs.frozen
class Replaced:
    """A workload that must be created again.

    Attributes:
        old: The workload before.
        new: The workload after.
        fields: The immutable fields that differ; none if the kind differs.
        changes: The refused changes.
    """

    old: Owner
    new: Owner
    fields: tuple[str, ...]
    changes: tuple[Change, ...]


def replaced_workloads(
    before: Iterable[Owner], after: Iterable[Owner], *, namespaces: Mapping[str, str], ignore_namespaces: bool
) -> Iterator[Replaced]:
    """Yield the workloads in both sets that no update can change from one to the other."""
    old, new = (sorted(side, key=repr) for side in (before, after))

    def together(one: Owner, other: Owner) -> bool:
        spaces = {renamed_namespace(one.namespace, namespaces), other.namespace}
        return one.name == other.name and (len(spaces) == 1 or None in spaces or ignore_namespaces)

    for one, other in match(old, new, lambda one, other: one.kind == other.kind and together(one, other)):
        fields = tuple(field for field in _IMMUTABLE.get(one.kind, {}) if _differs(one, other, field))
        if fields:
            yield Replaced(one, other, fields, tuple(_change(one, other, field) for field in fields))
    for one, other in match(old, new, together):
        yield Replaced(one, other, (), ())


def _differs(old: Owner, new: Owner, field: str) -> bool:
    """Return whether a field differs. Without a value and a default it is unknown."""
    default = _IMMUTABLE[old.kind][field]
    was, now = (owner.fields.get(field, default) for owner in (old, new))
    return was is not None and now is not None and was != now


def _change(old: Owner, new: Owner, field: str) -> Change:
    default = _IMMUTABLE[old.kind][field]
    was, now = (_text(owner.fields.get(field, default)) for owner in (old, new))
    return Codes.WORKLOAD_FIELD.change(
        None,
        f"spec.{field}: field is immutable" + ("" if field == "template" else f": it was {was} and is {now}"),
        before=was,
        after=now,
        hint="create another workload: see the plan",
        workloads=(str(old),),
    )


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a value for people."""
    if isinstance(value, Mapping) and set(value) == {"matchLabels"}:
        return ", ".join(sorted(f"{key}={label}" for key, label in value["matchLabels"].items()))
    return quote(value) if not isinstance(value, str) else value or "nothing"
