"""What Services of one cluster cannot share: names, cluster IPs, node ports.

No Service breaks these rules by itself: the API server refuses the one that comes second.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/portallocator/`,
`pkg/registry/core/service/ipallocator/`, `pkg/registry/core/service/storage/alloc.go`.
"""

from collections.abc import Iterator
from typing import Final
from typing import Protocol as Shape

from portmap._apiserver.problems import Problem
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._apiserver.state import ServiceState
from portmap._kubernetes.addresses import Address, parse_ip
from portmap._kubernetes.field_path import FieldPath

_PORTS: Final = "pkg/registry/core/service/portallocator/allocator.go"


class AnyNewcomer(Shape):
    """A Service, and what the Services before it have taken."""

    @property
    def state(self) -> ServiceState: ...
    @property
    def namesake(self) -> object | None:
        """An earlier Service with the same name and other content."""
        ...

    def holder(self, key: object) -> object | None:
        """Return the other Service that has this node port or address."""
        ...


def _node_ports(state: ServiceState) -> Iterator[tuple[int, int]]:
    """Yield the node ports that are set, with the indices of their ports; other types have none."""
    if state.takes_node_ports:
        for position, port in enumerate(state.ports):
            if port.node_port:
                yield position, port.node_port


def _health_check(state: ServiceState) -> int:
    return state.health_check_node_port if state.needs_health_check else 0


def _addresses(state: ServiceState) -> Iterator[Address]:
    """Yield the cluster IPs that are set; a headless or ExternalName Service has none."""
    if state.needs_cluster_ip:
        for text in dict.fromkeys([state.cluster_ip, *state.cluster_ips]):
            address = parse_ip(text)
            if address is not None:
                yield address


def claims(state: ServiceState) -> Iterator[object]:
    """Yield the node ports and cluster IPs that a Service takes from others."""
    yield from (number for _, number in _node_ports(state))
    if _health_check(state):
        yield _health_check(state)
    yield from _addresses(state)


SET_RULES: Final = RuleGroup[AnyNewcomer]("sets of Services", request="set")


@SET_RULES.rule(
    "service-name-taken",
    "metadata.name",
    "FieldValueDuplicate",
    source="staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go",
)
def service_name_taken(newcomer: AnyNewcomer) -> Iterator[Problem]:
    """Two different Services have the same name and namespace.

    A create of the second fails, and an apply replaces the first.
    """
    if newcomer.namesake is not None:
        name = newcomer.state.metadata.get("name")
        yield Problem(FieldPath("metadata", "name"), "another Service of the set has it", name, "rename one of them")


@SET_RULES.rule(
    "cluster-ip-taken",
    "spec.clusterIPs",
    "FieldValueInvalid",
    source="pkg/registry/core/service/ipallocator/ipallocator.go",
    stage=Stage.ADDRESSES,
)
def cluster_ip_taken(newcomer: AnyNewcomer) -> Iterator[Problem]:
    """Two Services have the same cluster IP."""
    for address in _addresses(newcomer.state):
        other = newcomer.holder(address)
        if other is not None:
            yield Problem(FieldPath("spec", "clusterIPs"), f"{other} has it already", str(address), "leave it out")


@SET_RULES.rule("node-port-taken", "spec.ports[*].nodePort", "FieldValueInvalid", source=_PORTS, stage=Stage.NODE_PORTS)
def node_port_taken(newcomer: AnyNewcomer) -> Iterator[Problem]:
    """Two Services have the same node port.

    Their protocols and namespaces do not matter. Within a Service, several protocols may share it.
    Health check node ports are allocated from the same numbers.
    """
    for position, number in _node_ports(newcomer.state):
        other = newcomer.holder(number)
        if other is not None:
            detail = f"{other} has it already"
            yield Problem(
                FieldPath("spec", "ports", position, "nodePort"), detail, number, "give each Service its own node ports"
            )


@SET_RULES.rule(
    "health-check-node-port-taken",
    "spec.healthCheckNodePort",
    "FieldValueInvalid",
    source=_PORTS,
    stage=Stage.HEALTH_CHECK,
)
def health_check_node_port_taken(newcomer: AnyNewcomer) -> Iterator[Problem]:
    """Health check node port is a node port of another Service."""
    number = _health_check(newcomer.state)
    other = newcomer.holder(number) if number else None
    if other is not None:
        yield Problem(FieldPath("spec", "healthCheckNodePort"), f"{other} has it already", number, "leave it out")
