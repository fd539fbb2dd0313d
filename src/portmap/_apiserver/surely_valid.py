"""A quick look at a new Service that spares most Services the rules.

The rules explain what is wrong, each by itself. Nearly all Services are valid, and one look at each
field shows it: by the grammar that stands in the table of fields, and by what the fields must agree on.
`False` means only that the rules decide. `True` means that no rule of any version objects:
`tests/apiserver/test_surely_valid.py` compares with the recorded refusals and, by a property, with the rules.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._apiserver.state import HEADLESS
from portmap._kubernetes.addresses import family_of
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.enums import DEFAULT_PROTOCOL, DEFAULT_SERVICE_TYPE

_KUBELET_PORT: Final = 10250
_DUAL_STACK: Final = ("PreferDualStack", "RequireDualStack")
_METADATA_NAMES: Final = frozenset(name for _, name in METADATA_FIELDS.places)
_PORT_NAMES: Final = frozenset(name for _, name in SERVICE_PORT_FIELDS.places)
_SPEC_NAMES: Final = frozenset({"ports", *(name for outer, name in SPEC_FIELDS_BUT_PORTS.places if not outer)})
_TOP_NAMES: Final = frozenset({"apiVersion", "kind", "metadata", "spec"})


def is_surely_valid_manifest(manifest: Mapping[str, Any], cluster: Cluster) -> bool:
    """Return whether a cluster would surely create the Service of this parsed manifest."""
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    if (
        type(metadata) is not dict
        or type(spec) is not dict
        or manifest.get("kind") != "Service"
        or manifest.get("apiVersion") != "v1"
        or not manifest.keys() <= _TOP_NAMES
        or not metadata.keys() <= _METADATA_NAMES
        or not spec.keys() <= _SPEC_NAMES
    ):
        return False
    ports = []
    listed = spec.get("ports", [])
    if type(listed) is not list:
        return False
    for port in listed:
        if type(port) is not dict or not port.keys() <= _PORT_NAMES:
            return False
        values = SERVICE_PORT_FIELDS.found_in(port)
        if not SERVICE_PORT_FIELDS.are_valid(values):
            return False
        ports.append(values)
    return is_surely_valid(METADATA_FIELDS.found_in(metadata), SPEC_FIELDS_BUT_PORTS.found_in(spec), ports, cluster)


def is_surely_valid(
    metadata: Sequence[Any], spec: Sequence[Any], ports: Sequence[Sequence[Any]], cluster: Cluster
) -> bool:
    """Return whether a cluster would surely create a Service.

    Args:
        metadata: The values of `METADATA_FIELDS`, `None` for those left out, here and below.
        spec: The values of `SPEC_FIELDS_BUT_PORTS`.
        ports: The values of `SERVICE_PORT_FIELDS` of each port, valid by themselves.
        cluster: The cluster that creates it.
    """
    kind = spec[0] or DEFAULT_SERVICE_TYPE
    if not METADATA_FIELDS.are_valid(metadata) or not SPEC_FIELDS_BUT_PORTS.are_valid(spec, kind):
        return False
    (
        _,
        _,
        cluster_ip,
        cluster_ips,
        families,
        policy,
        external_ips,
        external_name,
        affinity,
        affinity_timeout,
        *_,
        health_check_node_port,
        internal_policy,
        distribution,
        _,
    ) = spec
    _, generate_name, *_ = metadata
    if (
        generate_name is not None
        or health_check_node_port is not None
        or (affinity_timeout is not None and affinity != "ClientIP")
        or (distribution is not None and distribution != "PreferClose")
        or not _are_valid_together(ports, kind, cluster)
    ):
        return False
    if kind == "ExternalName":
        return external_name is not None and external_ips is None and internal_policy is None
    if external_name is not None or not (ports or cluster_ip == HEADLESS):
        return False
    if cluster_ip is cluster_ips is families is policy is None:
        return True
    return _are_valid_addresses(kind, cluster_ip, cluster_ips, families, policy, cluster)


def _are_valid_together(ports: Sequence[Sequence[Any]], kind: str, cluster: Cluster) -> bool:
    """Return whether ports that are valid by themselves are valid in one Service of this type."""
    names: set[str | None] = set()
    numbers: set[tuple[int, str]] = set()
    node_ports: set[int] = set()
    for name, protocol, _, port, _, node_port in ports:
        names.add(name)
        numbers.add((port, protocol or DEFAULT_PROTOCOL))
        if node_port is not None:
            if (
                (kind not in {"NodePort", "LoadBalancer"})
                or node_port in node_ports
                or node_port not in cluster.node_port_range
            ):
                return False
            node_ports.add(node_port)
        if port == _KUBELET_PORT and kind == "LoadBalancer":
            return False
    if len(ports) <= 1:
        return True
    return len(names) == len(numbers) == len(ports) and not names & {None, ""}


def _are_valid_addresses(
    kind: str,
    cluster_ip: str | None,
    cluster_ips: Sequence[str] | None,
    families: Sequence[str] | None,
    policy: str | None,
    cluster: Cluster,
) -> bool:
    """Return whether cluster IPs, IP families and policy, valid by themselves, are valid together."""
    is_dual = policy in _DUAL_STACK
    if cluster.service_cidrs is not None or (families is not None and len(families) > 1 and not is_dual):
        return False
    if cluster_ip is None:
        return cluster_ips is None
    given = (cluster_ip,) if cluster_ips is None else tuple(cluster_ips)
    if given[:1] != (cluster_ip,):
        return False
    if cluster_ip == HEADLESS:
        return kind == DEFAULT_SERVICE_TYPE and len(given) == 1
    found = tuple(map(family_of, given))
    return (
        len(set(found)) == len(found) <= 1 + is_dual
        and None not in found
        and (families is None or tuple(families[: len(found)]) == found[: len(families)])
    )
