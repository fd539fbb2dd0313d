"""Writes of a Service of which only the manifests are known.

Placeholders stand for the values that the cluster picks, such as addresses and node ports. Reports do not show them.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._apiserver.managed_fields import read_managers
from portmap._apiserver.merge_types import SERVICE_MERGE
from portmap._apiserver.state import PICKED
from portmap._kubernetes.addresses import family_of
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation
from portmap._manifests.applied import Creation, How, LiveService, create, write
from portmap._manifests.validate import stored

Write: TypeAlias = Literal["client-apply", "server-apply", "replace"]
Object: TypeAlias = Mapping[str, Any]

COMMANDS: Final[Mapping[How, str]] = {
    "client-apply": "kubectl apply",
    "server-apply": "kubectl apply --server-side",
    "server-apply-force": "kubectl apply --server-side --force-conflicts",
    "replace": "kubectl replace",
    "patch-strategic": "kubectl patch",
    "patch-merge": "kubectl patch --type=merge",
}
"""The command that makes each write."""

_NEXT: Final[Mapping[Write, tuple[How, ...]]] = {
    "client-apply": ("server-apply", "replace"),
    "server-apply": ("server-apply-force", "client-apply", "replace"),
    "replace": ("client-apply", "server-apply"),
}
"""The writes to try if the usual one is refused or does something else, the most similar first."""

_ADDRESSES: Final = {"IPv4": "192.0.2.1", "IPv6": "2001:db8::1"}
_FIRST_NODE_PORT: Final = 1 << 22
# The server checks that it is a port number, so the placeholder is one.
_HEALTH_CHECK: Final = 65534


def spec_of(manifest: Object) -> Object:
    """Return the spec of a manifest, `{}` if it has none."""
    return manifest.get("spec") or {}


def ports_of(manifest: Object) -> list[Object]:
    """Return the ports of a manifest."""
    return list(spec_of(manifest).get("ports") or ())


def key_of(port: Object) -> tuple[int, str]:
    """Return the number and protocol of a port, by which clients identify it."""
    return port["port"], port.get("protocol") or "TCP"


def manifest_port_label(port: Object) -> str:
    """Return `http 80/TCP`."""
    number, protocol = key_of(port)
    return f"{port['name']} {number}/{protocol}" if port.get("name") else f"{number}/{protocol}"


def is_picked(node_port: int | None) -> bool:
    """Return whether a node port is a placeholder for one that the cluster picked."""
    return (node_port or 0) >= _FIRST_NODE_PORT


@final
@attrs.frozen
class Refused:
    """A write that is refused."""

    violations: tuple[Violation, ...]


@final
@attrs.frozen
class Writing:
    """How the objects of a comparison are written.

    Attributes:
        how: How they are changed.
        created_by: How they were written first.
        cluster: What the target accepts.
    """

    how: Write
    created_by: Creation
    cluster: Cluster

    def command(self, how: How) -> str:
        """Return the command for a write, which saves the manifest if later client-side applies need it."""
        kept = how == "replace" and self.how == "client-apply"
        return f"{COMMANDS[how]} --save-config" if kept else COMMANDS[how]

    @property
    def others(self) -> tuple[How, ...]:
        """Return the writes to try if the usual one does not work."""
        return _NEXT[self.how]


@final
class Picks:
    """The writes of one Service, with placeholders for what the cluster picks.

    Args:
        writing: How the Service is written.
    """

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._numbers = count(_FIRST_NODE_PORT)

    def created(self, manifest: Object, wanted: Object) -> LiveService | None:
        """Return the live Service of a manifest; `None` if the cluster refuses it.

        If `wanted` has an address that the manifest does not have, it is assumed to be the one that the cluster
        picked.
        """
        cluster = self._writing.cluster
        managers = manifest.get("metadata", {}).get("managedFields")
        try:
            if managers:
                live = LiveService(stored(manifest, cluster=cluster), read_managers(managers, {}, SERVICE_MERGE))
            else:
                live = create(manifest, self._writing.created_by, cluster)
        except ValidationError:
            return None
        return self._filled(live, spec_of(wanted), shared=True)

    def written(self, manifest: Object, live: LiveService, how: How) -> LiveService | Refused:
        """Return the live Service after a write, or why the write is refused."""
        try:
            return self._filled(write(manifest, live, how, self._writing.cluster), {}, shared=False)
        except ValidationError as error:
            return Refused(error.violations)

    def _filled(self, live: LiveService, wanted: Object, *, shared: bool) -> LiveService:
        """Return the Service with the values that the cluster picks.

        `shared` is whether all protocols of a number get one node port, as they do in a create.
        """
        spec = {**spec_of(live.object)}
        if spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
            spec |= _with_addresses(spec, wanted.get("clusterIP"))
        if allocates_node_ports(spec):
            spec["ports"] = self._with_node_ports(spec.get("ports") or (), shared=shared)
        if spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
            spec.setdefault("healthCheckNodePort", wanted.get("healthCheckNodePort") or _HEALTH_CHECK)
        return attrs.evolve(live, object={**live.object, "spec": spec})

    def _with_node_ports(self, ports: Iterable[Object], *, shared: bool) -> list[Object]:
        filled: list[Object] = []
        for port in ports:
            same = next((each["nodePort"] for each in filled if shared and each["port"] == port["port"]), None)
            filled.append(port if port.get("nodePort") else {**port, "nodePort": same or next(self._numbers)})
        return filled


def allocates_node_ports(spec: Object) -> bool:
    """Return whether the cluster picks node ports for a Service."""
    kind = spec.get("type")
    return kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False)


def _with_addresses(spec: Object, wanted: str | None) -> Object:
    """Return an address for each IP family of a Service. The default family is IPv4."""
    families = list(spec.get("ipFamilies") or ["IPv4"])
    addresses = list(spec.get("clusterIPs") or ())
    if not addresses and wanted and family_of(wanted) == families[0]:
        addresses = [wanted]
    addresses += [_ADDRESSES[family] for family in families[len(addresses) :]]
    return {"clusterIP": addresses[0], "clusterIPs": addresses, "ipFamilies": families}


def without_picks(text: str, *lives: LiveService) -> str:
    """Return a message without placeholders."""
    hidden = {*_ADDRESSES.values(), str(_HEALTH_CHECK)}
    hidden |= {
        str(port["nodePort"]) for live in lives for port in ports_of(live.object) if is_picked(port.get("nodePort"))
    }
    for value in hidden:
        text = text.replace(value, PICKED)
    return text
