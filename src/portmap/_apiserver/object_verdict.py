"""The verdict of the API server on an object of any kind but Service.

Decoding comes first: the server answers 400 to an object that it cannot decode, and checks nothing else.
"""

from collections.abc import Mapping
from typing import Any, Final

from portmap._apiserver.endpoint_slice import ENDPOINT_SLICE
from portmap._apiserver.endpoints import ENDPOINTS
from portmap._apiserver.ingress import INGRESS
from portmap._apiserver.network_policy import NETWORK_POLICY
from portmap._apiserver.object_kind import DecodedObject, ObjectKind
from portmap._apiserver.object_warnings import OBJECT_WARNINGS
from portmap._apiserver.pod_manifest import POD
from portmap._apiserver.workload import WORKLOADS
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.field_path import ROOT
from portmap._kubernetes.schema import INVALID
from portmap._kubernetes.violations import ServerWarning, Violation

OBJECT_KINDS: Final[Mapping[tuple[str, str], ObjectKind]] = {
    (kind.group, kind.kind): kind for kind in (ENDPOINTS, ENDPOINT_SLICE, INGRESS, NETWORK_POLICY, POD, *WORKLOADS)
}
"""The kinds, by API group and name."""

_BY_NAME: Final = {kind.kind: kind for kind in OBJECT_KINDS.values()}


def object_kind(manifest: Mapping[str, Any]) -> ObjectKind | None:
    """Return the kind of an object; `None` if it is another, or of an API version that is not served.

    A request may leave out the API version, which its URL has.
    """
    api_version, name = manifest.get("apiVersion"), manifest.get("kind")
    kind = _BY_NAME.get(name) if isinstance(name, str) else None
    # The core group may be written with its slash.
    served = kind is not None and api_version in (None, "", kind.api_version, f"{kind.group}/v1")
    return kind if served else None


def wrong_version(manifest: Mapping[str, Any]) -> Violation | None:
    """Return the violation of an object whose kind is known, but not in its API version; `None` for any other."""
    name = manifest.get("kind")
    kind = _BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None or object_kind(manifest) is not None:
        return None
    return Violation.about(
        "apiVersion",
        "wrong-kind",
        "FieldValueTypeInvalid",
        f"a server has {kind.kind} in {kind.api_version}",
        hint=f"write apiVersion: {kind.api_version}",
        value=manifest.get("apiVersion"),
        opening="Wrong kind",
    )


def object_violations(
    manifest: Mapping[str, Any], kind: ObjectKind, cluster: Cluster, namespace: str | None = None
) -> list[Violation]:
    """Return what the server would report about an object that is to be created.

    Args:
        manifest: The object.
        kind: Its kind.
        cluster: The cluster whose rules apply.
        namespace: The namespace of the request; `None`: that of the object.
    """
    subject, found = _decoded(manifest, kind, cluster)
    if subject is None:
        return found
    place = subject.metadata.get("namespace")
    if namespace and place and place != namespace:
        detail = f"the request is for namespace {namespace}"
        return [Violation.about("metadata.namespace", "another-object", "FieldValueInvalid", detail, value=place)]
    return kind.violations(subject)


def every_object_violation(manifest: Mapping[str, Any], kind: ObjectKind, cluster: Cluster) -> list[Violation]:
    """Return what is wrong with an object: what keeps the server from decoding it, and what else it would report.

    Consequences of what cannot be decoded are left out: a misspelt field is not reported as a missing one, too.
    """
    found: list[Violation] = []
    data = _readable(kind.schema.read(manifest, ROOT, found))
    if data is INVALID:
        return found
    subject = DecodedObject(data, cluster)
    rest = kind.violations_of_decoding(subject) or kind.violations(subject)
    return found + [violation for violation in rest if not any(_follows(violation, cause) for cause in found)]


def _readable(value: Any) -> Any:  # noqa: ANN401 - decoded data, or INVALID
    """Return decoded data without fields that have an invalid value, and without lists that have an invalid item."""
    if isinstance(value, dict):
        clean = {field: _readable(item) for field, item in value.items()}
        return {field: item for field, item in clean.items() if item is not INVALID}
    if isinstance(value, list):
        items = [_readable(item) for item in value]
        return INVALID if any(item is INVALID for item in items) else items
    return value


def _follows(violation: Violation, cause: Violation) -> bool:
    """Return whether a violation is a consequence of one found in decoding, such as one about a misspelt field."""
    is_missing = violation.reason == "FieldValueRequired" and cause.code == "unknown-field"
    return (
        violation.path.starts_with(cause.path)
        or cause.path.starts_with(violation.path)
        or (is_missing and violation.path.starts_with(cause.path.parent))
    )


def object_warnings(manifest: Mapping[str, Any], kind: ObjectKind, cluster: Cluster) -> list[ServerWarning]:
    """Return what the server warns about when it accepts an object."""
    subject, _ = _decoded(manifest, kind, cluster)
    return [] if subject is None else OBJECT_WARNINGS.warnings(subject) + kind.warnings(subject)


def _decoded(
    manifest: Mapping[str, Any], kind: ObjectKind, cluster: Cluster
) -> tuple[DecodedObject | None, list[Violation]]:
    """Return the decoded object, or what keeps the server from decoding it."""
    found: list[Violation] = []
    data = kind.schema.read(manifest, ROOT, found)
    if data is INVALID or found:
        return None, found
    subject = DecodedObject(data, cluster)
    found = kind.violations_of_decoding(subject)
    return (None, found) if found else (subject, [])
