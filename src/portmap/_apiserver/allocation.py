"""Cluster IPs and node ports as the server allocates them, before it validates.

Only what follows from the object and the cluster's flags is known here. Whether an
address or port is already taken by another Service only the live cluster can say;
collisions within a set of objects are found by `check_set`. A value that the
cluster would pick is stood for by a number above every port.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/storage/alloc.go`,
`pkg/registry/core/service/portallocator/allocator.go` and
`pkg/registry/core/service/ipallocator/ipallocator.go`.
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.mistake import GONE, Mistake
from portmap._apiserver.problems import Problem
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._apiserver.state import PICKED, ServiceState
from portmap._kubernetes.addresses import Address, Network, ipv4_in, parse_ip
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.features import ADDRESS_OBJECTS, LARGE_IPV6_RANGES
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import path_segment_reasons

__all__ = [
    "ADDRESS_RULES",
    "HEALTH_CHECK_RULES",
    "NAMELESS_RULES",
    "NODE_PORT_RULES",
    "fill_in_node_ports",
    "fill_in_second_address",
]

_ALLOC: Final = "pkg/registry/core/service/storage/alloc.go"
_PORTS: Final = "pkg/registry/core/service/portallocator/allocator.go"
_FIRST_DYNAMIC: Final = 1 << 20
_SMALL_IPV6_RANGE: Final = 1 << 16


# --- cluster IPs -----------------------------------------------------------------------------------------------


def _wanted_addresses(service: ServiceState) -> list[str]:
    """The addresses for which the server asks its allocator, `""` for one that it is to pick."""
    if not service.needs_cluster_ip or service.headless:
        return []
    asked = [*service.cluster_ips, *[""] * (max(1, len(service.ip_families)) - len(service.cluster_ips))]
    old = service.old
    if old is None or not old.needs_cluster_ip:
        return asked
    return asked[1:2] if _gains_second_address(service) else []


def _gains_second_address(service: ServiceState) -> bool:
    """Whether an update takes the Service from one IP family to two."""
    old = service.old
    if (
        old is None
        or not (old.needs_cluster_ip and service.needs_cluster_ip)
        or old.headless
        or service.families_settled
    ):
        return False
    return len(old.ip_families) == 1 and len(service.ip_families) > 1


def fill_in_second_address(service: ServiceState) -> None:
    """Give a Service that an update takes to two IP families its second address (`updateClusterIPs`)."""
    if _gains_second_address(service) and len(service.cluster_ips) == 1:
        service.cluster_ips = [*service.cluster_ips, PICKED]


def _bare(address: Address) -> Address:
    return ipv4_in(address) or address


def _allocatable(cluster: Cluster, address: Address, networks: tuple[Network, ...]) -> bool:
    for block in networks:
        if address.version == block.version and address in block:
            offset = int(address) - int(block.network_address)
            if block.version == 4:
                return 0 < offset < block.num_addresses - 1
            return offset > 0 and (cluster.enabled(LARGE_IPV6_RANGES) or offset < _SMALL_IPV6_RANGE)
    return False


ADDRESS_RULES: Final = RuleGroup[ServiceState]("cluster IPs", stage=Stage.ADDRESSES)


@ADDRESS_RULES.rule(
    "cluster-ip-out-of-range",
    "spec.clusterIPs",
    "FieldValueInvalid",
    source=_ALLOC,
    when="cluster_ips",
    mistakes=[
        Mistake("a cluster IP outside", {"spec.clusterIP": "192.0.2.1"}),
        Mistake("the first address of the service CIDR", {"spec.clusterIP": "10.0.0.0"}),
        Mistake("the last address of the service CIDR", {"spec.clusterIP": "10.0.255.255"}),
        Mistake(
            "the 65537th IPv6 address, before 1.34",
            {"spec.clusterIP": "fd00:10::1:0"},
            cluster={"version": "1.33", "service_cidrs": ("10.0.0.0/16", "fd00:10::/108")},
        ),
    ],
)
def cluster_ip_out_of_range(service: ServiceState) -> Iterator[Problem]:
    """Cluster IP is not in the service CIDRs of the cluster.

    The first address of a block, and the last of an IPv4 block, are never allocated.
    """
    networks = service.cluster.service_networks
    if networks is None:
        return
    for text in _wanted_addresses(service):
        address = parse_ip(text) if text else None
        if address is not None and not _allocatable(service.cluster, _bare(address), networks):
            blocks = ", ".join(map(str, networks))
            detail = f"{text} cannot be allocated: the service CIDRs are {blocks}"
            yield Problem(
                FieldPath("clusterIPs"), detail, list(service.cluster_ips), "leave it out, and the cluster picks one"
            )


@ADDRESS_RULES.rule("cluster-ip-already-allocated", "spec.clusterIPs", "FieldValueInvalid", source=_ALLOC, when="old")
def cluster_ip_already_allocated(service: ServiceState) -> Iterator[Problem]:
    """Update asks for a second address that the Service already has."""
    old = service.old
    if old is not None and old.needs_cluster_ip:
        held = {parse_ip(text) for text in old.cluster_ips}
        for text in _wanted_addresses(service):
            if text and parse_ip(text) in held:
                detail = f"{text} is allocated already, to this Service"
                yield Problem(
                    FieldPath("clusterIPs"), detail, list(service.cluster_ips), "keep the addresses in their order"
                )


def _nameable(name: str) -> bool:
    return bool(name) and name not in {".", ".."} and not path_segment_reasons(name)


NAMELESS_RULES: Final = RuleGroup[ServiceState]("Services without a name", stage=Stage.ADDRESSES)


@NAMELESS_RULES.rule(
    "address-needs-name",
    "spec.clusterIPs",
    "FieldValueInvalid",
    source=_ALLOC,
    mistakes=[Mistake("no name", {"metadata.name": GONE})],
)
def address_needs_name(service: ServiceState) -> Iterator[Problem]:
    """Service that needs a cluster IP has no valid name.

    A cluster IP is allocated to the name of its Service. The server checks this before
    `metadata.name`.
    """
    name = service.metadata.get("name") or service.metadata.get("generateName") or ""
    if service.cluster.enabled(ADDRESS_OBJECTS) and not _nameable(name) and _wanted_addresses(service):
        detail = "no address can be allocated to a Service without a usable name"
        yield Problem(FieldPath("clusterIPs"), detail, list(service.cluster_ips), "mend metadata.name")


# --- node ports ------------------------------------------------------------------------------------------------


def _requests(service: ServiceState) -> Iterator[tuple[int, int]]:
    """The explicit node ports that the server asks its allocator for: (position of the port, number)."""
    if not service.takes_node_ports:
        return iter(())
    return _requests_of_create(service) if service.old is None else _requests_of_update(service, service.old)


def _requests_of_create(service: ServiceState) -> Iterator[tuple[int, int]]:
    """Ports that share a port *number* share a node port (TCP and UDP 53, say).

    The first of them asks for the number that any of them names (`initNodePorts`).
    """
    named: dict[int, int] = {}
    for port in service.ports:
        if port.node_port:
            named.setdefault(port.port, port.node_port)
    given: dict[int, int] = {}
    for position, port in enumerate(service.ports):
        if not port.node_port and not service.allocates_node_ports:
            continue
        before = given.get(port.port)
        if before is None:
            given[port.port] = named.get(port.port, 0)
            if port.port in named:
                yield position, named[port.port]
        elif port.node_port and port.node_port != before:
            yield position, port.node_port


def _requests_of_update(service: ServiceState, old: ServiceState) -> Iterator[tuple[int, int]]:
    """Each number that the Service did not have before, once (`updateNodePorts`)."""
    had = {port.node_port for port in old.ports}
    for position, port in enumerate(service.ports):
        if port.node_port and port.node_port not in had:
            had.add(port.node_port)
            yield position, port.node_port


def _shown_range(ports: range) -> str:
    return f"{ports[0]}-{ports[-1]}"


NODE_PORT_RULES: Final = RuleGroup[ServiceState]("node ports", stage=Stage.NODE_PORTS)


@NODE_PORT_RULES.rule(
    "node-port-out-of-range",
    "spec.ports[*].nodePort",
    "FieldValueInvalid",
    source=_PORTS,
    when="takes_node_ports",
    mistakes=[
        Mistake(
            "a node port below the range",
            {"spec.type": "NodePort", "spec.ports.0.nodePort": 80},
            at="spec.ports[0].nodePort",
        ),
        Mistake(
            "a node port above the range",
            {"spec.type": "NodePort", "spec.ports.1.nodePort": 32768},
            at="spec.ports[1].nodePort",
        ),
    ],
)
def node_port_out_of_range(service: ServiceState) -> Iterator[Problem]:
    """Node port is not in the node port range of the cluster.

    The default range is 30000-32767. Only a real create or update checks it: a dry run accepts any
    number.
    """
    ports = service.cluster.node_port_range
    for position, number in _requests(service):
        if number not in ports:
            hint = (
                f"pick one of {_shown_range(ports)}, or leave it out and the cluster picks one; "
                "if your cluster's range differs, say so with Cluster(node_port_range=…) or --node-port-range"
            )
            detail = f"not in the node port range {_shown_range(ports)}"
            yield Problem(FieldPath("ports", position, "nodePort"), detail, number, hint)


@NODE_PORT_RULES.rule(
    "node-port-already-allocated",
    "spec.ports[*].nodePort",
    "FieldValueInvalid",
    source=_PORTS,
    when="takes_node_ports",
    mistakes=[
        Mistake(
            "one node port for two port numbers",
            {"spec.type": "NodePort", "spec.ports.0.nodePort": 30080, "spec.ports.1.nodePort": 30080},
            at="spec.ports[1].nodePort",
        )
    ],
)
def node_port_already_allocated(service: ServiceState) -> Iterator[Problem]:
    """Node port is already allocated.

    Its protocol does not matter. On a create, two ports of a Service may share a node port only if
    they have the same port number, such as 53/TCP and 53/UDP.
    """
    old = service.old
    taken = {old.health_check_node_port} if old is not None and old.needs_health_check else set()
    for position, number in _requests(service):
        if number in taken:
            detail = "already taken within this Service, by another port number or the health check"
            yield Problem(
                FieldPath("ports", position, "nodePort"), detail, number, "give each port number its own node port"
            )
        taken.add(number)


@NODE_PORT_RULES.rule("node-port-twice", "spec.ports[*].nodePort", "FieldValueDuplicate", source=_ALLOC, when="old")
def node_port_twice(service: ServiceState) -> Iterator[Problem]:
    """Update gives the same node port to two ports with the same protocol."""
    if service.old is not None and service.takes_node_ports:
        seen: set[tuple[str, int]] = set()
        for position, port in enumerate(service.ports):
            key = (port.protocol, port.node_port)
            if port.node_port and key in seen:
                yield Problem(FieldPath("ports", position, "nodePort"), "already used by another port", port.node_port)
            seen.add(key)


def fill_in_node_ports(service: ServiceState) -> None:
    """Give every port the node port that it would have, as `initNodePorts` and `updateNodePorts` do."""
    if service.allocates_node_ports:
        _share_node_ports(service)
    if service.needs_health_check and not service.health_check_node_port:
        had = service.old is not None and service.old.needs_health_check
        if not had:
            service.health_check_node_port = _FIRST_DYNAMIC - 1
            service.health_check_node_port_dynamic = True


def _share_node_ports(service: ServiceState) -> None:
    share = service.old is None
    given: dict[int, int] = {}
    if share:
        for port in service.ports:
            if port.node_port:
                given.setdefault(port.port, port.node_port)
    for position, port in enumerate(service.ports):
        if not port.node_port:
            number = given.get(port.port, 0) if share else 0
            port.dynamic = number == 0 or number >= _FIRST_DYNAMIC
            port.node_port = number or _FIRST_DYNAMIC + position
            given.setdefault(port.port, port.node_port)


# --- the health check node port --------------------------------------------------------------------------------


HEALTH_CHECK_RULES: Final = RuleGroup[ServiceState]("health check node ports", stage=Stage.HEALTH_CHECK)


@HEALTH_CHECK_RULES.rule(
    "health-check-node-port-unallocatable",
    "spec.healthCheckNodePort",
    "FieldValueInvalid",
    source=_ALLOC,
    when="health_check_node_port",
    mistakes=[
        Mistake(
            "a health check node port outside the range",
            {"spec.type": "LoadBalancer", "spec.externalTrafficPolicy": "Local", "spec.healthCheckNodePort": 80},
        ),
        Mistake(
            "a health check node port that is also a node port",
            {
                "spec.type": "LoadBalancer",
                "spec.externalTrafficPolicy": "Local",
                "spec.healthCheckNodePort": 30080,
                "spec.ports.0.nodePort": 30080,
            },
        ),
    ],
)
def health_check_node_port_unallocatable(service: ServiceState) -> Iterator[Problem]:
    """Health check node port is allocated, or not in the node port range."""
    number = service.health_check_node_port
    newly = service.old is None or not service.old.needs_health_check
    if service.needs_health_check and number and not service.health_check_node_port_dynamic and newly:
        ports = service.cluster.node_port_range
        if number not in ports:
            detail = f"not in the node port range {_shown_range(ports)}"
        elif number in _held(service):
            detail = "already taken by a port of this Service"
        else:
            return
        yield Problem(FieldPath("healthCheckNodePort"), detail, number, "leave it out, and the cluster picks one")


def _held(service: ServiceState) -> set[int]:
    """The node ports of this Service, those included that an update gives up only once it is made."""
    states = (service,) if service.old is None else (service, service.old)
    return {port.node_port for state in states for port in state.ports}
