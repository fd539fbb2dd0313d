"""Rules about the API version and kind of objects: whether there is such a thing at all."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.kinds import OLD_GROUPS, WORKLOAD_KINDS, group_of, is_custom
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule

# Where a server has the kinds that say something of ports, in the API that is served today.
_API_VERSIONS: Final[Mapping[str, str]] = {
    **{kind: f"{group}/v1" if group else "v1" for group, kind in WORKLOAD_KINDS},
    "Service": "v1",
    "Endpoints": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
}
# Kinds of these API versions that say nothing of ports.
_OTHER_KINDS: Final = frozenset(
    {"Binding", "ComponentStatus", "Config", "ConfigMap", "ControllerRevision", "Event", "IPAddress", "IngressClass"}
    | {"LimitRange", "List", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "ResourceQuota"}
    | {"Secret", "ServiceAccount", "ServiceCIDR", "Status"}
)
_BY_SPELLING: Final[Mapping[str, str]] = {kind.lower(): kind for kind in _API_VERSIONS}


@rule("unknown-kind", on=Bundle, severity="error")
def unknown_kind(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """API version and kind do not exist.

    What it reports:
    A Service, a workload, an Ingress, a NetworkPolicy or endpoints in an API group that
    has no such kind, such as a Service of `apps/v1`; one whose API version is missing; and
    a kind that is misspelt, or written with other capitals, such as `Servcie` and `service`.

    Why it matters:
    The server refuses it: "no matches for kind". And no tool that goes by the kind looks at
    the object, so that nothing else is said of it, here as elsewhere.

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
    Services), and are left alone, as are versions of the right group that are no longer
    served. That a version is missing is said of files only: a request need not have it.
    """
    del subject
    for item in bundle.items:
        kind, version = item.raw.get("kind"), item.raw.get("apiVersion")
        if not isinstance(kind, str) or is_custom(group_of(version)):
            continue
        if kind not in _API_VERSIONS:
            meant = _BY_SPELLING.get(kind.lower())
            if meant is not None:
                message = f"there is no kind {kind!r}: kinds are written with capitals"
                yield at(item.name, "kind").finding(message, hint=f"write {meant}", value=kind)
            elif (near := _misspelt(kind, version)) is not None:
                yield at(item.name, "kind").finding(f"{version} has no {kind}", hint=f"write {near}", value=kind)
            continue
        right = _API_VERSIONS[kind]
        if version is None or version == "":
            if item.source:
                message = f"the apiVersion of this {kind} is missing"
                yield at(item.name, "apiVersion").finding(message, hint=f"add apiVersion: {right}")
        elif not _has(version, right):
            message = f"{version} has no {kind}"
            yield at(item.name, "apiVersion").finding(message, hint=f"write apiVersion: {right}", value=version)


def _misspelt(kind: str, version: object) -> str | None:
    """The kind that was probably meant, of those that this API version has."""
    if kind in _OTHER_KINDS or kind.endswith("List"):
        return None
    return nearest(kind, (each for each, right in _API_VERSIONS.items() if version == right))


def _has(version: object, right: str) -> bool:
    """Whether a kind is, or was once, in this API version; today it is in the right one."""
    if "/" not in right or not isinstance(version, str) or "/" not in version:
        return version == right
    return group_of(version) == group_of(right) or group_of(version) in OLD_GROUPS
