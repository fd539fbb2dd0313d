"""Rules about API versions and kinds that no API server knows."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.kinds import OLD_GROUPS, WORKLOAD_KINDS, group_of, is_custom
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule

# The API version of each kind that refers to ports, in the API that servers serve today.
_API_VERSIONS: Final[Mapping[str, str]] = {
    **{kind: f"{group}/v1" if group else "v1" for group, kind in WORKLOAD_KINDS},
    "Service": "v1",
    "Endpoints": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}
# Kinds of these API versions that do not refer to ports.
_OTHER_KINDS: Final = frozenset(
    {"Binding", "ComponentStatus", "Config", "ConfigMap", "ControllerRevision", "Event", "IPAddress", "IngressClass"}
    | {"LimitRange", "List", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "ResourceQuota"}
    | {"Secret", "ServiceAccount", "ServiceCIDR", "Status"}
)
_BY_LOWER_CASE: Final[Mapping[str, str]] = {kind.lower(): kind for kind in _API_VERSIONS}


@rule("unknown-kind", on=Bundle, severity="error")
def unknown_kind(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """API version and kind do not exist.

    What it reports:
    A Service, workload, Ingress, NetworkPolicy or endpoints object in an API group that does not
    have this kind, such as a Service of `apps/v1`, or without an API version. A kind that is
    misspelt or has the wrong case, such as `Servcie` or `service`. And an object with an API
    version and a name, but without a kind.

    Why it matters:
    An API server rejects the object: "no matches for kind". Tools that choose objects by kind skip
    it, so the linter reports nothing else about it.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80}]}
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {ports: [{port: 80}]}
    ```

    Notes:
    Groups of other projects may have kinds of the same name (`serving.knative.dev/v1` has
    Services) and are skipped. So are versions of the right group that are no longer served. A
    missing version or kind is reported in files only, because a request need not have it.
    """
    del subject
    for item in bundle.items:
        kind, version = item.raw.get("kind"), item.raw.get("apiVersion")
        if kind in (None, "") and item.source and version in _API_VERSIONS.values() and item.name.name:
            kinds = " or ".join(known for known, expected in sorted(_API_VERSIONS.items()) if expected == version)
            yield at(item.name, "kind").finding("this object has no kind", hint=f"add kind: {kinds}")
            continue
        if not isinstance(kind, str) or is_custom(group_of(version)):
            continue
        expected = _API_VERSIONS.get(kind)
        if expected is None:
            intended = _intended_kind(kind, version)
            if intended is not None:
                message = f"{version} has no kind {kind!r}" if version else f"there is no kind {kind!r}"
                yield at(item.name, "kind").finding(message, hint=f"write {intended}", value=kind)
        elif version is None or version == "":
            if item.source:
                message = f"this {kind} has no apiVersion"
                yield at(item.name, "apiVersion").finding(message, hint=f"add apiVersion: {expected}")
        elif not _may_have(version, expected):
            message = f"{version} has no kind {kind!r}"
            yield at(item.name, "apiVersion").finding(message, hint=f"write apiVersion: {expected}", value=version)


def _intended_kind(kind: str, version: object) -> str | None:
    """Return the kind that was probably intended: one in another case, or a similar one of this API version."""
    if kind.lower() in _BY_LOWER_CASE:
        return _BY_LOWER_CASE[kind.lower()]
    if kind in _OTHER_KINDS or kind.endswith("List"):
        return None
    return nearest(kind, (known for known, expected in _API_VERSIONS.items() if version == expected))


def _may_have(version: object, expected: str) -> bool:
    """Return whether an API version has, or once had, a kind whose API version today is `expected`."""
    if "/" not in expected or not isinstance(version, str) or "/" not in version:
        return version == expected
    return group_of(version) in {group_of(expected), *OLD_GROUPS}
