"""Allocation of cluster IPs and node ports, which the server does before validation.

The rules use the object and the flags of the cluster. Only a live cluster knows which addresses and
ports other Services have; `check_set` finds collisions in a set of objects. A number above all ports
represents a node port that the cluster picks.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/storage/alloc.go`,
`pkg/registry/core/service/portallocator/allocator.go` and `pkg/registry/core/service/ipallocator/ipallocator.go`.
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

_ALLOC: Final = "pkg/registry/core/service/storage/alloc.go"
_PORTS: Final = "pkg/registry/core/service/portallocator/allocator.go"
_FIRST_DYNAMIC: Final = 1 << 20
_SMALL_IPV6_RANGE: Final = 1 << 16


# --- cluster IPs -------------------------------------------------------------------------------------------------


def _requested_addresses(service: ServiceState) -> list[str]:
    """Return the addresses that the server requests from its allocator, `""` for one that the allocator picks."""
    if not service.needs_cluster_ip or service.headless:
        return []
    requested = [*service.cluster_ips, *[""] * (max(1, len(service.ip_families)) - len(service.cluster_ips))]
    old = service.old
    if old is None or not old.needs_cluster_ip:
        return requested
    return requested[1:2] if _becomes_dual_stack(service) else []


def _becomes_dual_stack(service: ServiceState) -> bool:
    """Return whether an update adds a second IP family."""
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
    """Add the second cluster IP of a Service to which an update adds an IP family (`updateClusterIPs`)."""
    if _becomes_dual_stack(service) and len(service.cluster_ips) == 1:
        service.cluster_ips = [*service.cluster_ips, PICKED]


def _as_ipv4(address: Address) -> Address:
    return ipv4_in(address) or address


def _allocatable(cluster: Cluster, address: Address, networks: tuple[Network, ...]) -> bool:
    for block in networks:
        if address.version == block.version and address in block:
            offset = int(address) - int(block.network_address)
            if block.version == 4:
                return 0 < offset < block.num_addresses - 1
            return offset > 0 and (cluster.enabled(LARGE_IPV6_RANGES) or offset < _SMALL_IPV6_RANGE)
    return False


ADDRESS_RULES: Final = RuleGroup[ServiceState]("cluster IPs", source=_ALLOC, stage=Stage.ADDRESSES)


@ADDRESS_RULES.rule(
    "cluster-ip-out-of-range",
    "spec.clusterIPs",
    "FieldValueInvalid",
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
    for text in _requested_addresses(service):
        address = parse_ip(text) if text else None
        if address is not None and not _allocatable(service.cluster, _as_ipv4(address), networks):
            blocks = ", ".join(map(str, networks))
            detail = f"{text} cannot be allocated: the service CIDRs are {blocks}"
            yield Problem(
                FieldPath("clusterIPs"), detail, list(service.cluster_ips), "leave it out: the cluster picks one"
            )


@ADDRESS_RULES.rule("cluster-ip-already-allocated", "spec.clusterIPs", "FieldValueInvalid", when="old")
def cluster_ip_already_allocated(service: ServiceState) -> Iterator[Problem]:
    """Update asks for a second address that the Service already has."""
    old = service.old
    if old is not None and old.needs_cluster_ip:
        held = {parse_ip(text) for text in old.cluster_ips}
        for text in _requested_addresses(service):
            if text and parse_ip(text) in held:
                detail = f"{text} is allocated already, to this Service"
                yield Problem(
                    FieldPath("clusterIPs"), detail, list(service.cluster_ips), "keep the addresses in their order"
                )


def _is_usable_name(name: str) -> bool:
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

    A cluster IP is allocated to the name of its Service. The server checks this before `metadata.name`.
    """
    name = service.metadata.get("name") or service.metadata.get("generateName") or ""
    if service.cluster.enabled(ADDRESS_OBJECTS) and not _is_usable_name(name) and _requested_addresses(service):
        detail = "no address can be allocated to a Service without a valid name"
        yield Problem(FieldPath("clusterIPs"), detail, list(service.cluster_ips), "correct metadata.name")


# --- node ports --------------------------------------------------------------------------------------------------


def _requested_node_ports(service: ServiceState) -> Iterator[tuple[int, int]]:
    """Return the node ports that the server requests by number, each with the index of its port."""
    if not service.takes_node_ports:
        return iter(())
    return _requested_by_create(service) if service.old is None else _requested_by_update(service, service.old)


def _requested_by_create(service: ServiceState) -> Iterator[tuple[int, int]]:
    """Yield the node ports that a create requests (`initNodePorts`).

    Ports with the same port number share a node port, such as 53/TCP and 53/UDP. The first of them
    requests the number, whichever of them has it.
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


def _requested_by_update(service: ServiceState, old: ServiceState) -> Iterator[tuple[int, int]]:
    """Yield the numbers that the Service did not have before, once each (`updateNodePorts`)."""
    had = {port.node_port for port in old.ports}
    for position, port in enumerate(service.ports):
        if port.node_port and port.node_port not in had:
            had.add(port.node_port)
            yield position, port.node_port


def _range_text(ports: range) -> str:
    return f"{ports[0]}-{ports[-1]}"


NODE_PORT_RULES: Final = RuleGroup[ServiceState]("node ports", source=_PORTS, stage=Stage.NODE_PORTS)


@NODE_PORT_RULES.rule(
    "node-port-out-of-range",
    "spec.ports[*].nodePort",
    "FieldValueInvalid",
    when="takes_node_ports",
    mistakes=[
        Mistake("a node port below the range", {"spec.type": "NodePort", "spec.ports.0.nodePort": 80}),
        Mistake("a node port above the range", {"spec.type": "NodePort", "spec.ports.1.nodePort": 32768}),
    ],
)
def node_port_out_of_range(service: ServiceState) -> Iterator[Problem]:
    """Node port is not in the node port range of the cluster.

    The default range is 30000-32767. Only a real create or update checks it: a dry run accepts any number.
    """
    ports = service.cluster.node_port_range
    for position, number in _requested_node_ports(service):
        if number not in ports:
            hint = (
                f"use one of {_range_text(ports)}, or leave it out: the cluster picks one; "
                "if your cluster has another range, set Cluster(node_port_range=…) or --node-port-range"
            )
            detail = f"not in the node port range {_range_text(ports)}"
            yield Problem(FieldPath("ports", position, "nodePort"), detail, number, hint)


@NODE_PORT_RULES.rule(
    "node-port-already-allocated",
    "spec.ports[*].nodePort",
    "FieldValueInvalid",
    when="takes_node_ports",
    mistakes=[
        Mistake(
            "one node port for two port numbers",
            {"spec.type": "NodePort", "spec.ports.0.nodePort": 30080, "spec.ports.1.nodePort": 30080},
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
    for position, number in _requested_node_ports(service):
        if number in taken:
            detail = "already allocated to another port number of this Service, or to its health check"
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
    """Fill in node ports as `initNodePorts` and `updateNodePorts` do, with numbers above all ports."""
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


# --- the health check node port ----------------------------------------------------------------------------------


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
            detail = f"not in the node port range {_range_text(ports)}"
        elif number in _own_node_ports(service):
            detail = "already allocated to a port of this Service"
        else:
            return
        yield Problem(FieldPath("healthCheckNodePort"), detail, number, "leave it out: the cluster picks one")


def _own_node_ports(service: ServiceState) -> set[int]:
    """Return the node ports of this Service, and those that an update releases, which are still allocated."""
    states = (service,) if service.old is None else (service, service.old)
    return {port.node_port for state in states for port in state.ports}
