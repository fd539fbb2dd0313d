"""The answer of an API server to a manifest: `validate`, `stored` and `warnings`.

The server decodes a manifest first, and answers 400 if it cannot. Then each kind has its own checks.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from portmap._apiserver.admission import server_verdict
from portmap._apiserver.object_verdict import object_kind, object_violations, object_warnings, wrong_version
from portmap._apiserver.service_manifest import fill_in_on_read, identity_violations, state_of, stored_manifest
from portmap._apiserver.service_schema import SERVICE
from portmap._apiserver.service_warnings import SERVICE_WARNINGS
from portmap._apiserver.state import ServiceState
from portmap._apiserver.surely_valid import is_surely_valid_manifest
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.schema import INVALID
from portmap._kubernetes.violations import ServerWarning, Violation, in_order
from portmap._model.foreign import plain_manifest
from portmap._model.foreign_protocols import Foreign
from portmap._model.workloads import unknown_kind
from portmap._yaml.json_reader import read_json

_ENDINGS: Final = (".yaml", ".yml", ".json", ".gz")
_DEFAULT_NAMESPACE: Final = "default"
Manifest = Mapping[str, Any] | Foreign | str


def validate(
    manifest: Manifest,
    *,
    old: Mapping[str, Any] | Foreign | None = None,
    namespace: str | None = None,
    cluster: Cluster | None = None,
) -> tuple[Violation, ...]:
    """Return the violations that an API server would report, under strict field validation.

    If one stage of the server fails (decoding, IP families, allocation), later stages are not
    reached. To see all faults at once, read the manifest (`read`) or build the object.

    Args:
        manifest: A Service, Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController,
            Job, CronJob, Ingress, NetworkPolicy, Endpoints or EndpointSlice: a mapping of plain data,
            JSON text (which keeps `80.0` and a key given twice), an object of another library,
            as for `read`, or a document of `portmap.load`. A file name is not accepted. The page of
            checks lists the fields that are not checked.
        old: The stored Service that the manifest replaces, if it is an update.
        namespace: The namespace of the request; by default that of the manifest, else
            that of `old`, else `default`.
        cluster: The target cluster; by default the cluster in force.

    Returns:
        `()` if the server would accept the manifest.

    Example:
        >>> from portmap.manifests import validate
        >>> port = {"port": 80, "targetPort": "8080"}
        >>> for violation in validate({**to_manifest(web), "spec":
        ...     {"ports": [port]}}): print(violation.field, "-", violation.hint)
        ...
        spec.ports[0].targetPort - for port number 8080 write the integer, without quotes
    """
    cluster = cluster or cluster_in_force()
    old = _as_stored(old)
    data, found = plain_data(manifest)
    if data is None:
        return in_order(found)
    if (
        old is None
        and not found
        and is_surely_valid_manifest(data, cluster)
        and namespace in {None, data["metadata"].get("namespace") or namespace}
    ):
        return ()
    kind = object_kind(data) if old is None else None
    if kind is not None:
        return in_order(found or object_violations(data, kind, cluster, namespace) or _refused_at_creation(data))
    state, found = _service(data, found, old, namespace, cluster)
    if state is not None:
        found = server_verdict(state) or _refused_at_storage(state, data)
    return in_order(found)


def stored(
    manifest: Manifest,
    *,
    old: Mapping[str, Any] | Foreign | None = None,
    namespace: str | None = None,
    cluster: Cluster | None = None,
) -> dict[str, Any]:
    """Return a Service's manifest as the API server would store it.

    The result has the server's defaults, consistent values of related fields, and no fields that the type of an
    updated Service cannot have. It lacks the values that only a live cluster can pick (cluster IPs, node ports, a
    generated name, IP families if the service CIDRs are unknown) and those that only the server writes (uid,
    timestamps, …). The arguments are those of `validate`.

    Raises:
        ValidationError: The server would not store it. The error lists what `validate` returns.

    Example:
        >>> from portmap.manifests import stored
        >>> stored(to_manifest(web))["spec"]["ports"]
        [{'name': 'http', 'protocol': 'TCP', 'port': 80, 'targetPort': 'http'}]
    """
    cluster = cluster or cluster_in_force()
    old = _as_stored(old)
    data, found = plain_data(manifest)
    if data is not None:
        state, found = _service(data, found, old, namespace, cluster)
        if state is not None:
            found = server_verdict(state) or _refused_at_storage(state, data)
            if not found:
                kept = old.get("status") if old is not None and state.type == "LoadBalancer" else None
                fill_in_on_read(state)
                return stored_manifest(state, _namespace_of(data, old, namespace), kept)
    raise ValidationError("Service", in_order(found), str(cluster))


def warnings(
    manifest: Manifest,
    *,
    old: Mapping[str, Any] | Foreign | None = None,
    namespace: str | None = None,
    cluster: Cluster | None = None,
) -> tuple[ServerWarning, ...]:
    """Return the warnings of an API server that accepts this manifest.

    The server stores the object despite its warnings. If the server would refuse the manifest, there are no warnings.
    The arguments are those of `validate`.

    Example:
        >>> from portmap.manifests import warnings
        >>> exposed = Service("web", ports=[ServicePort(80)], external_ips=["192.0.2.7"])
        >>> [warning.field for warning in warnings(to_manifest(exposed))]
        ['spec.externalIPs']
    """
    cluster = cluster or cluster_in_force()
    old = _as_stored(old)
    data, found = plain_data(manifest)
    if data is None or found or validate(data, old=old, namespace=namespace, cluster=cluster):
        return ()
    kind = object_kind(data) if old is None else None
    if kind is not None:
        return tuple(object_warnings(data, kind, cluster))
    state, _ = _service(data, [], old, namespace, cluster)
    if state is None:
        return ()
    server_verdict(state)
    return tuple(SERVICE_WARNINGS.warnings(state))


def _as_stored(old: Mapping[str, Any] | Foreign | None) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any] | None", plain_manifest(old))


def plain_data(manifest: Manifest) -> tuple[Mapping[str, Any] | None, list[Violation]]:
    """Return the manifest as a mapping, and the faults of its text, which is read as strictly as by the server."""
    if not isinstance(manifest, str):
        given = plain_manifest(manifest)
        if isinstance(given, Mapping):
            return given, []
        return None, [_undecodable("a manifest is a mapping", manifest, _how_to_read(manifest))]
    try:
        parsed = read_json(manifest)
    except ManifestError as error:
        return None, [_undecodable(f"a manifest is a mapping or JSON text: {error}", manifest, _how_to_read(manifest))]
    data: object = parsed.data
    if not isinstance(data, Mapping):
        return None, [_undecodable("a manifest is a mapping", data)]
    return data, parsed.duplicate_violations()


def _undecodable(problem: str, value: object, hint: str | None = None) -> Violation:
    return Violation.about(
        ROOT, "undecodable", "FieldValueTypeInvalid", problem, hint=hint, value=value, opening="Unreadable"
    )


def _how_to_read(given: object) -> str | None:
    """Return a hint for the name of a file, several objects, or YAML instead of a manifest."""
    if isinstance(given, os.PathLike) or (isinstance(given, str) and given.lower().endswith(_ENDINGS)):
        return f"for a file, give the raw of each document of load({os.fspath(given)!r})"
    if isinstance(given, str):
        return None if given.lstrip().startswith(("{", "[")) else "for YAML, give each of manifests.parse(text)"
    return "give them one by one" if isinstance(given, Iterable) else None


def _service(
    data: Mapping[str, Any],
    found: list[Violation],
    old: Mapping[str, Any] | None,
    namespace: str | None,
    cluster: Cluster,
) -> tuple[ServiceState | None, list[Violation]]:
    """Return the state of a Service and of the one that it replaces; `None` and the faults if it cannot be decoded."""
    if old is None and data.get("kind") not in ("Service", None, ""):
        return None, [wrong_version(data) or unknown_kind(data)]
    before = None if old is None else _decoded_old(old)
    decoded = SERVICE.read(data, ROOT, found)
    if decoded is INVALID or found:
        return None, found
    found = [*identity_violations(decoded), *_place(decoded, before, namespace)]
    if found:
        return None, found
    state = state_of(decoded, cluster)
    if before is not None:
        state.old = state_of(before, cluster)
        fill_in_on_read(state.old)
    return state, found


def _decoded_old(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return the old object, decoded.

    Raises:
        ManifestError: A server would not have returned it.
    """
    found: list[Violation] = []
    decoded = SERVICE.read(old, ROOT, found)
    if found:
        raise ManifestError(f"old is not a stored Service: {found[0]}")
    clean: dict[str, Any] = decoded
    return clean


def _namespace_of(data: Mapping[str, Any], old: Mapping[str, Any] | None, namespace: str | None) -> str:
    """Return the namespace of the request."""
    candidates = (
        namespace,
        (data.get("metadata") or {}).get("namespace"),
        (old.get("metadata") or {}).get("namespace") if old is not None else None,
    )
    return next((each for each in candidates if each), _DEFAULT_NAMESPACE)


def _place(decoded: Mapping[str, Any], old: Mapping[str, Any] | None, namespace: str | None) -> list[Violation]:
    """Return a violation for each of namespace, name and uid that differs from the request or the old object."""
    metadata = decoded.get("metadata", {})
    found = []
    requested = _namespace_of(decoded, old, namespace)
    if metadata.get("namespace") and metadata["namespace"] != requested:
        found.append(_elsewhere("namespace", metadata["namespace"], f"the request is for namespace {requested}"))
    before = (old.get("metadata") or {}) if old is not None else {}
    if before.get("name") and metadata.get("name") != before["name"]:
        found.append(_elsewhere("name", metadata.get("name"), f"the update is of {before['name']}"))
    uid = metadata.get("uid")
    if uid and before.get("uid") and uid != before["uid"]:
        found.append(_elsewhere("uid", uid, f"the update is of {before['uid']}"))
    return found


def _elsewhere(field: str, value: object, detail: str) -> Violation:
    return Violation.about(
        FieldPath("metadata", field),
        "another-object",
        "FieldValueInvalid",
        detail,
        hint=f"keep the {field}, or leave it out",
        value=value,
    )


def _refused_at_storage(state: ServiceState, data: Mapping[str, Any]) -> list[Violation]:
    return [] if state.old is not None else _refused_at_creation(data)


def _refused_at_creation(data: Mapping[str, Any]) -> list[Violation]:
    """Return the violation of the last stage: an object to create with a resource version."""
    version = str((data.get("metadata") or {}).get("resourceVersion") or "")
    if version.isascii() and version.isdigit() and int(version[:32]):
        detail = "may not be set on an object that is to be created"
        return [
            Violation.about(
                FieldPath("metadata", "resourceVersion"),
                "resource-version-forbidden",
                "FieldValueForbidden",
                detail,
                hint="remove it",
            )
        ]
    return []
