"""Strategies for Services of every type, with the fields that their type may have."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from portmap._apiserver.port_list_rules import KUBELET_PORT
from portmap._kubernetes.addresses import Network
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.enums import IP_FAMILIES, Protocol, ServiceType, TrafficDistribution
from portmap._kubernetes.features import KUBELET_PORT_FORBIDDEN, PREFER_SAME_TRAFFIC_DISTRIBUTION
from portmap._kubernetes.names import API_SERVER_SERVICE
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._strategies.arguments import (
    check_bounds,
    check_cluster,
    check_flag,
    check_ports,
    check_strategy,
    choices_of,
    represented_by_call,
)
from portmap._strategies.ports import (
    PROTOCOLS_BY_SIMPLICITY,
    Target,
    consistent_service_ports,
    free_number,
    service_ports,
)
from portmap._strategies.words import annotations as any_annotations
from portmap._strategies.words import any_fields, dns_names, label_maps, lists_of, object_names, qualified_names
from portmap._strategies.words import namespaces as any_namespaces

Strategy = st.SearchStrategy
Fields = dict[str, Any]

TYPES_BY_SIMPLICITY: Final[tuple[ServiceType, ...]] = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
"""The types of Services, with the one first that examples shrink to."""

_MOST_PORTS: Final = 4


@represented_by_call
def services(
    *,
    types: Collection[ServiceType] = TYPES_BY_SIMPLICITY,
    headless: bool | None = None,
    min_ports: int = 0,
    max_ports: int = _MOST_PORTS,
    min_port: int = 1,
    max_port: int = 65535,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
    target: Target | None = None,
    names: Strategy[str] | None = None,
    namespaces: Strategy[str | None] | None = None,
    selectors: Strategy[Mapping[str, str] | None] | None = None,
    cluster: Cluster | None = None,
) -> Strategy[Service]:
    """Generate `Service` objects that this cluster would create, even if it is new.

    The Service `kubernetes` of the namespace `default` and its cluster IP, which every cluster has, are left out.

    Args:
        types: The types.
        headless: Whether the Service is headless, which only a ClusterIP Service can be; `None` for either.
        min_ports: The least number of ports. Only headless and ExternalName Services
            can have none; others have at least one.
        max_ports: The greatest number of ports.
        min_port: The lowest number that clients connect to.
        max_port: The highest number.
        protocols: The protocols of the ports.
        target: How Service ports refer to container ports; as in `service_ports`.
        names: The names. Every version accepts DNS labels that begin with a letter.
        namespaces: The namespaces. `None` among them leaves the namespace out.
        selectors: The selectors. `None` among them leaves the selector out.
        cluster: The target. The default is the cluster in force when an example is drawn.
            Services have cluster IPs only if its service CIDRs are known.

    Examples shrink to `Service('web', ports=(ServicePort(80),))`.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import services
        >>> find(services(types=["NodePort"]), lambda service: service.effective_type == "NodePort").type
        'NodePort'
    """
    kinds = _kinds(choices_of("types", types, TYPES_BY_SIMPLICITY), headless=headless)
    check_bounds(("min_ports", "max_ports"), min_ports, max_ports)
    check_ports(min_port, max_port)
    check_cluster(cluster)
    for argument, given in (("names", names), ("namespaces", namespaces), ("selectors", selectors)):
        check_strategy(argument, given)
    allowed = choices_of("protocols", protocols, PROTOCOLS_BY_SIMPLICITY)
    needed = [kind for kind in kinds if kind not in _WITHOUT_PORTS]
    if max_ports == 0 and needed:
        raise InvalidArgument(f"max_ports=0 leaves no {needed[0]} Service, which has at least one port")
    room = (max_port - min_port + 1) * len(allowed)
    if min_ports > room:
        raise InvalidArgument(f"min_ports={min_ports} is more than there are: {room} numbers and protocols")
    port_lists = {
        with_node_ports: lists_of(
            service_ports(
                min_port=min_port,
                max_port=max_port,
                protocols=allowed,
                target=target,
                node_ports=None if with_node_ports else False,
            ),
            max(min_ports, 1),
            max(max_ports, 1),
        )
        for with_node_ports in (False, True)
    }
    metadata: Strategy[Fields] = st.fixed_dictionaries(
        {"name": object_names if names is None else names},
        optional={
            "namespace": any_namespaces if namespaces is None else namespaces,
            "labels": label_maps(),
            "annotations": any_annotations,
        },
    )
    if namespaces is not None:
        metadata = st.builds(lambda fields, namespace: {**fields, "namespace": namespace}, metadata, namespaces)
    picked = st.none() | label_maps(min_size=1) if selectors is None else selectors
    numbers = range(min_port, max_port + 1)

    @st.composite
    def draw_service(draw: st.DrawFn) -> Service:
        target_cluster = cluster or cluster_in_force()
        kind = draw(st.sampled_from(kinds))
        fields = draw(metadata)
        if (fields["name"], fields.get("namespace") or "default") == API_SERVER_SERVICE:
            reject()
        drawn = draw(port_lists[kind in _WITH_NODE_PORTS])
        if kind in _WITHOUT_PORTS:
            # The simplest example has the fewest choices. These choices make other types no simpler than ClusterIP.
            draw(_fields("ClusterIP", target_cluster))
            drawn = [] if not min_ports and draw(st.booleans()) else drawn[:max_ports]
        kubelet = kind == "LoadBalancer" and target_cluster.enabled(KUBELET_PORT_FORBIDDEN)
        fields["ports"] = consistent_service_ports(
            drawn,
            numbers=numbers,
            protocols=allowed,
            node_ports=target_cluster.node_port_range,
            forbidden=(KUBELET_PORT,) if kubelet else (),
        )
        fields["selector"] = draw(picked)
        fields |= draw(_fields(kind, target_cluster))
        if kind == "LoadBalancer":
            fields |= draw(_health_check(target_cluster, fields["ports"]))
        with target_cluster:
            return Service(**fields)

    return draw_service()


def _kinds(types: tuple[ServiceType, ...], *, headless: bool | None) -> tuple[str, ...]:
    """Return the types, with headless Services as a type of their own."""
    check_flag("headless", headless)
    if headless:
        if "ClusterIP" not in types:
            raise InvalidArgument(f"headless=True leaves none of the types {', '.join(types)}: it needs ClusterIP")
        return ("headless",)
    kinds: tuple[str, ...] = types
    if headless is None and "ClusterIP" in types:
        kinds = (*kinds, "headless")
    return kinds


_WITHOUT_PORTS: Final = frozenset({"headless", "ExternalName"})
_WITH_NODE_PORTS: Final = frozenset({"NodePort", "LoadBalancer"})


# --- cluster IPs and IP families -------------------------------------------------------------------------------


def _addresses_in(block: Network) -> Strategy[str]:
    """Return addresses that every version would allocate from this block; none if it is too small.

    The first one is left out: in the first block, the Service of the API server has it.
    """
    last = min(block.num_addresses - 2, 0xFFFE)
    if last < 2:
        return st.nothing()
    return st.integers(2, last).map(lambda offset: str(block.network_address + offset))


def _with_families(cluster: Cluster) -> Strategy[Fields]:
    """Return IP families and policies that this cluster supports."""
    families = IP_FAMILIES if cluster.ip_families is None else cluster.ip_families
    policies = ["SingleStack", "PreferDualStack"]
    options = [st.just({}), st.sampled_from(families).map(lambda family: {"ip_families": (family,)})]
    if len(families) > 1:
        policies.append("RequireDualStack")
        options.append(
            st.builds(
                lambda both, policy: {"ip_families": tuple(both), "ip_family_policy": policy},
                st.permutations(families),
                st.sampled_from(["PreferDualStack", "RequireDualStack"]),
            )
        )
    return st.one_of(*options, st.sampled_from(policies).map(lambda policy: {"ip_family_policy": policy}))


def _with_addresses(cluster: Cluster) -> Strategy[Fields]:
    """Return cluster IPs of the cluster's CIDRs, with matching IP families."""
    options: list[Strategy[Fields]] = []
    blocks = cluster.service_networks or ()
    for block in blocks:
        one = _addresses_in(block)
        family = st.just((f"IPv{block.version}",))
        options += [
            one.map(lambda address: {"cluster_ip": address}),
            one.map(lambda address: {"cluster_ip": address, "cluster_ips": (address,)}),
            st.builds(lambda address, families: {"cluster_ip": address, "ip_families": families}, one, family),
        ]
    if len(blocks) > 1:
        options.append(
            st.builds(
                lambda both, policy: {"cluster_ip": both[0], "cluster_ips": tuple(both), "ip_family_policy": policy},
                st.tuples(*map(_addresses_in, blocks)).flatmap(st.permutations),
                st.sampled_from(["PreferDualStack", "RequireDualStack"]),
            )
        )
    return st.one_of(*options)


# --- the fields of each type -----------------------------------------------------------------------------------

_OUTSIDE: Final = st.sampled_from(["192.0.2.1", "198.51.100.7", "2001:db8::1"]) | st.integers(1, 0xFFFF).map(
    "2001:db8::{:x}".format
)
_BLOCKS: Final = st.sampled_from(["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", " 0.0.0.0/0 ", "198.51.100.7/32"])
_EXTERNAL_IPS: Final = st.lists(_OUTSIDE, max_size=2)
_POLICIES: Final = st.sampled_from(["Cluster", "Local"])
_SESSIONS: Final[Strategy[Fields]] = st.one_of(
    st.just({}),
    st.sampled_from(["None", "ClientIP"]).map(lambda word: {"session_affinity": word}),
    st.integers(1, 86400).map(
        lambda seconds: {"session_affinity": "ClientIP", "session_affinity_timeout_seconds": seconds}
    ),
)
_BALANCER: Final = any_fields(
    {
        "load_balancer_ip": _OUTSIDE,
        "load_balancer_class": qualified_names,
        "load_balancer_source_ranges": st.lists(_BLOCKS, max_size=2),
        "allocate_load_balancer_node_ports": st.booleans(),
    }
)


def _distributions(cluster: Cluster) -> Strategy[TrafficDistribution]:
    newer = cluster.enabled(PREFER_SAME_TRAFFIC_DISTRIBUTION)
    return st.sampled_from(["PreferSameZone", "PreferSameNode", "PreferClose"] if newer else ["PreferClose"])


def _of_every_type(cluster: Cluster) -> Strategy[Fields]:
    return any_fields(
        {
            "publish_not_ready_addresses": st.booleans(),
            "internal_traffic_policy": _POLICIES,
            "traffic_distribution": _distributions(cluster),
        }
    )


def _all_of(*parts: Strategy[Fields]) -> Strategy[Fields]:
    """Return the fields of all parts. A field of a later part wins."""
    return st.tuples(*parts).map(lambda drawn: {name: value for fields in drawn for name, value in fields.items()})


def _with_cluster_ip(cluster: Cluster) -> Strategy[Fields]:
    """Return the fields of Services that have a cluster IP."""
    return _all_of(_SESSIONS, _with_families(cluster) | _with_addresses(cluster))


def _with_external_traffic(cluster: Cluster) -> Strategy[Fields]:
    outside = any_fields({"external_ips": _EXTERNAL_IPS, "external_traffic_policy": _POLICIES})
    return _all_of(_of_every_type(cluster), _with_cluster_ip(cluster), outside)


@lru_cache(maxsize=64)
def _fields(kind: str, cluster: Cluster) -> Strategy[Fields]:
    """Return the fields that a Service of this kind may have, without metadata, ports and selector."""
    if kind == "ExternalName":
        named = st.builds("{}{}".format, dns_names, st.sampled_from(["", "."]))
        return named.map(lambda name: {"type": kind, "external_name": name})
    if kind == "headless":
        nowhere = st.just({"cluster_ip": "None"})
        return _all_of(_of_every_type(cluster), _SESSIONS, _with_families(cluster), nowhere)
    if kind == "ClusterIP":
        spelt: Strategy[Fields] = st.sampled_from([{}, {"type": kind}])
        outside = any_fields({"external_ips": _EXTERNAL_IPS})
        return _all_of(_of_every_type(cluster), _with_cluster_ip(cluster), outside, spelt)
    balancer = _BALANCER if kind == "LoadBalancer" else st.just({})
    return _all_of(_with_external_traffic(cluster), balancer, st.just({"type": kind}))


def _health_check(cluster: Cluster, ports: tuple[ServicePort, ...]) -> Strategy[Fields]:
    """Return a health check node port that no port has, with the policy Local that it requires."""
    numbers = cluster.node_port_range
    free = free_number(numbers[-1], {port.node_port for port in ports if port.node_port}, numbers)
    given = [{"external_traffic_policy": "Local", "health_check_node_port": free}] if free else []
    return st.sampled_from([{}, *given])
