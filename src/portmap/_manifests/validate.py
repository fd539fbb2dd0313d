"""The verdict of an API server on a manifest that somebody else wrote: `validate` and `stored`.

Decoding comes first, and what cannot be decoded goes no further (the server answers
400). Then each kind has its own way through the server.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from portmap._apiserver.admission import server_verdict
from portmap._apiserver.pod_manifest import pod_violations, pod_warnings
from portmap._apiserver.service_manifest import fill_in_on_read, identity_violations, state_of, stored_manifest
from portmap._apiserver.service_schema import SERVICE
from portmap._apiserver.service_warnings import SERVICE_WARNINGS
from portmap._apiserver.state import ServiceState
from portmap._apiserver.surely_valid import is_surely_valid_manifest
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import template_path
from portmap._kubernetes.schema import INVALID
from portmap._kubernetes.violations import ServerWarning, Violation, in_order
from portmap._model.foreign import Foreign, plain_manifest
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
    """The verdict of an API server on this manifest, under strict field validation.

    It reports what the server would report: where an earlier stage of the server
    fails (decoding, IP families, allocation), the later ones are not reached. For
    all that is wrong at once, read the manifest (`read`) or build the object.

    Args:
        manifest: A Service, a Pod or a workload with a pod template, as a mapping of
            plain data or as JSON text, where its spelling matters (`80.0`, a key
            given twice); or an object of another library, as for `read`, or a document of
            `portmap.load`. A file is not read: its name is no JSON. Of a Pod and of
            a template, that is judged which concerns ports: metadata, container ports,
            host networking, probes and hooks.
        old: The stored Service that the manifest replaces, if it is an update.
        namespace: The namespace of the request; left out, the manifest's own, else
            that of `old`, else `default`.
        cluster: What the target accepts; left out, the cluster in force.

    Returns:
        `()` if the server would accept it, else every violation that it would report.

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
    of_pod = pod_violations(data, namespace, cluster, found) if old is None else None
    if of_pod is not None:
        return in_order(of_pod)
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
    """A Service's manifest as the API server would store it.

    Defaults are filled in, fields that belong together are made to agree, and what a
    type cannot have any more is dropped. What only a live cluster can pick (cluster
    IPs, node ports, a generated name) is left out, and so is what the server alone
    writes (uid, timestamps, …).

    Args:
        manifest: As in `validate`.
        old: As in `validate`.
        namespace: As in `validate`.
        cluster: As in `validate`. Without its service CIDRs, IP families that would
            follow from them are left out.

    Raises:
        ValidationError: The server would not store it; it lists what `validate` reports.

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
    """What an API server would warn about when it accepts this manifest.

    Warnings are no violations: the object is stored. Of a manifest that the server
    would refuse there are none, for it then says only why.

    Args:
        manifest: As in `validate`.
        old: As in `validate`.
        namespace: As in `validate`.
        cluster: As in `validate`.

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
    if old is None and template_path(data.get("apiVersion"), data.get("kind")) is not None:
        return tuple(pod_warnings(data, cluster))
    state, _ = _service(data, [], old, namespace, cluster)
    if state is None:
        return ()
    server_verdict(state)
    return tuple(SERVICE_WARNINGS.warnings(state))


def _as_stored(old: Mapping[str, Any] | Foreign | None) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any] | None", plain_manifest(old))


def plain_data(manifest: Manifest) -> tuple[Mapping[str, Any] | None, list[Violation]]:
    """The manifest as a mapping; JSON text is read as strictly as the server reads it."""
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
    """What to write where something that has yet to be read is given: the name of a file, several objects, or YAML."""
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
    """The state of a Service with its old one behind it, or what keeps it from being decoded."""
    if old is None and data.get("kind") not in ("Service", None, ""):
        return None, [unknown_kind(data)]
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
    """The old object, which is what a server gave out and therefore in order.

    Raises:
        ManifestError: It is not.
    """
    found: list[Violation] = []
    decoded = SERVICE.read(old, ROOT, found)
    if found:
        raise ManifestError(f"old is no stored Service: {found[0]}")
    clean: dict[str, Any] = decoded
    return clean


def _namespace_of(data: Mapping[str, Any], old: Mapping[str, Any] | None, namespace: str | None) -> str:
    """The namespace of the request."""
    candidates = (
        namespace,
        (data.get("metadata") or {}).get("namespace"),
        (old.get("metadata") or {}).get("namespace") if old is not None else None,
    )
    return next((each for each in candidates if each), _DEFAULT_NAMESPACE)


def _place(decoded: Mapping[str, Any], old: Mapping[str, Any] | None, namespace: str | None) -> list[Violation]:
    """Namespace and name must be those of the request; that of an update names the old object."""
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
    """What only the very last step refuses: a create with a resource version."""
    version = str((data.get("metadata") or {}).get("resourceVersion") or "")
    if state.old is None and version.isascii() and version.isdigit() and int(version[:32]):
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
