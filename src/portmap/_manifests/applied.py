"""Writes of a live Service: `applied`.

A write requests an object: the manifest itself (`kubectl replace`), or the live object with a patch or a manifest
merged into it. The server handles the requested object as an update, so it goes through `stored`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, cast, final, get_args

import attrs

from portmap._apiserver.field_sets import fields_of
from portmap._apiserver.json_merge_patch import merge_json
from portmap._apiserver.kubectl_apply import LAST_APPLIED, annotated, three_way_patch, with_last_applied
from portmap._apiserver.managed_fields import (
    KUBECTL,
    NEVER_OWNED,
    Manager,
    Managers,
    after_update,
    migrated,
    read_managers,
)
from portmap._apiserver.merge_types import SERVICE_MERGE, WriteRefusedError
from portmap._apiserver.server_side_apply import apply_manifest
from portmap._apiserver.service_manifest import defaulted
from portmap._apiserver.service_schema import SERVICE
from portmap._apiserver.strategic_merge import apply_patch
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath, Key
from portmap._kubernetes.schema import Reader
from portmap._kubernetes.violations import Violation, in_order
from portmap._manifests.validate import Manifest, plain_data, stored
from portmap._model.foreign import plain_manifest
from portmap._model.foreign_protocols import Foreign

How: TypeAlias = Literal[
    "client-apply", "server-apply", "server-apply-force", "replace", "patch-strategic", "patch-merge"
]
Creation: TypeAlias = Literal["create", "client-apply", "server-apply"]
"""The first write of a Service: `kubectl create`, or `kubectl apply` of either side."""
Object: TypeAlias = Mapping[str, Any]

_DEFAULT_NAMESPACE: Final = "default"
_WRITERS: Final[Mapping[str, Manager]] = {
    "create": Manager("kubectl-create", "Update"),
    "client-apply": Manager("kubectl-client-side-apply", "Update"),
    "replace": Manager("kubectl-replace", "Update"),
    "patch-strategic": Manager("kubectl-patch", "Update"),
    "patch-merge": Manager("kubectl-patch", "Update"),
}
"""The managers of `kubectl`, by write."""


def applied(
    new: Manifest,
    *,
    live: Object | Foreign,
    how: How,
    last_applied: Object | str | None = None,
    managers: Iterable[Object] | None = None,
    cluster: Cluster | None = None,
) -> dict[str, Any]:
    """Return the Service that is stored after a write over a live one.

    Args:
        new: The manifest, or the patch, which may be a fragment. As in `validate`.
        live: The Service before, as the server returns it.
        how: The write: `kubectl apply` (`client-apply`), with `--server-side` (`server-apply`) and
            with `--force-conflicts` (`server-apply-force`), `kubectl replace`, `kubectl patch`
            (`patch-strategic`), and with `--type=merge` (`patch-merge`).
        last_applied: The manifest of the last client-side apply; left out, that in the
            annotation of `live`.
        managers: The entries of `metadata.managedFields`; left out, those of `live`. Without
            managers, a server-side apply conflicts with every field that it would change.
        cluster: As in `validate`.

    Returns:
        The Service, without new values that the server picks, such as a cluster IP or node port.

    Raises:
        ValidationError: The write is refused, by the server or by kubectl. A conflict
            with another field manager has the reason `FieldManagerConflict`.
        ManifestError: `live` or `managers` are not what a server returns.

    Example:
        >>> from portmap.manifests import applied, stored
        >>> live = stored({**to_manifest(web), "spec": {"ports": [{"name": "http", "port": 80, "nodePort": 30080}],
        ...     "type": "NodePort"}})
        >>> renamed = {**live, "spec": {"ports": [{"name": "web", "port": 80}], "type": "NodePort"}}
        >>> for how in ("client-apply", "replace"):
        ...     print(how, applied(renamed, live=live, how=how)["spec"]["ports"])
        ...
        client-apply [{'name': 'web', 'protocol': 'TCP', 'port': 80, 'targetPort': 80, 'nodePort': 30080}]
        replace [{'name': 'web', 'protocol': 'TCP', 'port': 80, 'targetPort': 80}]
    """
    before = _as_stored("live", plain_manifest(live))
    entries = [*((before.get("metadata") or {}).get("managedFields") or () if managers is None else managers)]
    if not all(isinstance(entry, Mapping) and isinstance(entry.get("fieldsV1") or {}, Mapping) for entry in entries):
        raise ManifestError("managers are not from a server: an entry or its fieldsV1 is not a mapping")
    owners = read_managers(entries, _without_managed_fields(before), SERVICE_MERGE)
    return write(new, LiveService(before, owners), how, cluster or cluster_in_force(), last_applied=last_applied).object


# --- one write after another -----------------------------------------------------------------------------------


@final
@attrs.frozen
class LiveService:
    """A Service in a cluster.

    Attributes:
        object: What the server returns.
        managers: Who owns which of its fields.
    """

    object: dict[str, Any]
    managers: Managers


def create(manifest: Object, how: Creation, cluster: Cluster) -> LiveService:
    """Return the live Service after its first write.

    Raises:
        ValidationError: The server refuses it.
    """
    sent = with_last_applied(_in_namespace(manifest, _DEFAULT_NAMESPACE)) if how == "client-apply" else manifest
    decoded = SERVICE.read(_whole(sent), ROOT, [])
    live = stored(sent, cluster=cluster)
    if how == "server-apply":
        return LiveService(live, {KUBECTL: fields_of(manifest, SERVICE_MERGE) - NEVER_OWNED})
    empty: Object = {"metadata": {}, "spec": {}}
    wanted = defaulted(cast("Object", decoded), cluster)
    return LiveService(live, after_update({}, _WRITERS[how], empty, wanted, SERVICE_MERGE))


def write(
    new: Manifest, live: LiveService, how: How, cluster: Cluster, *, last_applied: Object | str | None = None
) -> LiveService:
    """Return the live Service after a write.

    Raises:
        ValidationError: The write is refused.
    """
    data, found = plain_data(new)
    if data is None or found:
        raise ValidationError("Service", in_order(found), str(cluster))
    try:
        if how in {"server-apply", "server-apply-force"}:
            previous = _last_applied(last_applied, live.object)
            return _apply_on_server(data, live, previous, cluster, force=how == "server-apply-force")
        wanted = _wanted(how, data, live.object, last_applied)
    except WriteRefusedError as error:
        raise ValidationError("Service", in_order([*error.violations]), str(cluster)) from None
    after = stored(wanted, old=live.object, cluster=cluster)
    requested = defaulted(cast("Object", SERVICE.read(wanted, ROOT, [])), cluster)
    return LiveService(after, after_update(live.managers, _WRITERS[how], live.object, requested, SERVICE_MERGE))


def _wanted(how: How, data: Object, live: Object, last_applied: Object | str | None) -> Object:
    """Return the object that a write other than server-side apply requests."""
    match how:
        case "client-apply":
            new, old = with_last_applied(_as_applied(data, live)), _last_applied(last_applied, live) or {}
            return apply_patch(live, three_way_patch(old, new, live, SERVICE_MERGE), SERVICE_MERGE)
        case "patch-strategic":
            return cast("Object", _known(apply_patch(live, data, SERVICE_MERGE), SERVICE))
        case "patch-merge":
            return cast("Object", _known(merge_json(live, data), SERVICE))
        case "replace":
            return data
    raise ValueError(f"how a Service is written is one of {', '.join(get_args(How))}, not {how!r}")


def _apply_on_server(
    data: Object, live: LiveService, last_applied: Object | None, cluster: Cluster, *, force: bool
) -> LiveService:
    """Apply as `kubectl apply --server-side` does: twice if it takes over from client-side apply."""
    manifest, before = _as_applied(data, live.object), _without_managed_fields(live.object)
    wanted, managers = apply_manifest(
        before, manifest, live.managers, SERVICE_MERGE, force=force, last_applied=last_applied
    )
    after = stored(_remembered(wanted, manifest), old=live.object, cluster=cluster)
    taken_over = migrated(managers)
    if taken_over is None:
        return LiveService(after, managers)
    wanted, managers = apply_manifest(after, manifest, taken_over, SERVICE_MERGE, force=force, last_applied=None)
    return LiveService(stored(_remembered(wanted, manifest), old=after, cluster=cluster), managers)


def _without_managed_fields(live: Object) -> Object:
    return {**live, "metadata": {**(live.get("metadata") or {}), "managedFields": None}}


def _remembered(wanted: Object, manifest: Object) -> Object:
    """Update the annotation of client-side apply if there is one, as the server does."""
    annotations = (wanted.get("metadata") or {}).get("annotations") or {}
    return annotated(wanted, manifest) if LAST_APPLIED in annotations else wanted


def _as_applied(data: Object, live: Object) -> Object:
    """Return the manifest as `kubectl` sends it, in the namespace of the live object.

    Raises:
        WriteRefusedError: It has fields or types that no Service has.
    """
    manifest = _whole(data)
    found: list[Violation] = []
    SERVICE.read(manifest, ROOT, found)
    if found:
        raise WriteRefusedError(*found)
    return _in_namespace(cast("Object", manifest), (live.get("metadata") or {}).get("namespace"))


def _in_namespace(manifest: Object, namespace: str | None) -> Object:
    """Return the manifest with this namespace if it has none, as `kubectl` adds that of its context."""
    metadata = manifest.get("metadata") or {}
    if not namespace or metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value with `80` for `80.0`, as the YAML reader of `kubectl` does."""
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_stored(name: str, given: object) -> dict[str, Any]:
    """Return an object that a server returned.

    Raises:
        ManifestError: It has fields or types that no Service has.
    """
    found: list[Violation] = []
    SERVICE.read(given, ROOT, found)
    if found:
        raise ManifestError(f"{name} is not from a server: {found[0]}")
    return cast("dict[str, Any]", given)


def _last_applied(given: Object | str | None, live: Object) -> Object | None:
    """Return the manifest of the last client-side apply, by default that in the annotation.

    Raises:
        WriteRefusedError: It is not a Service in JSON.
    """
    if given is None:
        given = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if given is None:
        return None
    try:
        manifest: object = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        manifest = given
    found: list[Violation] = []
    SERVICE.read(manifest, FieldPath("metadata", "annotations", Key(LAST_APPLIED)), found)
    if found:
        raise WriteRefusedError(*found)
    return cast("Object", manifest)


def _known(value: Any, reader: Reader) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value without unknown fields, which the server drops from a patch with a warning."""
    if isinstance(value, Mapping) and reader.fields:
        return {key: _known(item, reader.fields[key]) for key, item in value.items() if key in reader.fields}
    if isinstance(value, list | tuple) and reader.item is not None:
        return [_known(item, reader.item) for item in value]
    return value
