"""What Services of one cluster may not share: node ports, addresses, names.

No Service is wrong by itself here; the API server refuses whichever comes second.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/portallocator/`,
`pkg/registry/core/service/ipallocator/`, `pkg/registry/core/service/storage/alloc.go`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from portmap._apiserver.rule import Problem, Rules, Stage, rule
from portmap._apiserver.state import ServiceState
from portmap._kubernetes.addresses import Address, parse_ip
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.violations import Violation
from portmap._model.services import Service, service_state

if TYPE_CHECKING:
    from portmap._model.foreign import Foreign

__all__ = ["SET_RULES", "Conflict", "check_set"]

_PORTS: Final = "pkg/registry/core/service/portallocator/allocator.go"


@final
@attrs.frozen
class Conflict:
    """Something that two Services of a set cannot both have.

    Attributes:
        service: The one that comes second, and that the server would refuse.
        other: The one that has it already.
        violation: What the server would say about the second.

    Example:
        >>> first, second = (Service.node_port(name, [ServicePort(80, node_port=30080)]) for name in ("web", "api"))
        >>> [conflict] = check_set([first, second])
        >>> print(conflict)
        Service api: spec.ports[0].nodePort: Invalid value: 30080: Service web has it already  [node-port-taken]
            hint: give each Service its own node ports
    """

    __module__ = "portmap"

    service: Service
    other: Service
    violation: Violation

    def __str__(self) -> str:
        return f"{self.service}: {self.violation}"


@final
class _Newcomer:
    """The subject of the rules: a Service, and what those before it have taken."""

    def __init__(self, service: Service, cluster: Cluster, taken: dict[object, Service]) -> None:
        self.service = service
        self.state = service_state(service, cluster)
        self.taken = taken

    def holder(self, key: object) -> Service | None:
        """The other Service that has this, if one does."""
        other = self.taken.get(key)
        return None if other is None or _place(other) == _place(self.service) else other


def _place(service: Service) -> tuple[str, str]:
    return service.namespace or "", service.name or f"{service.generate_name}…{id(service)}"


def _node_ports(state: ServiceState) -> Iterator[tuple[int, int]]:
    """The node ports that it asks for by number, with their places. Other types hold none."""
    if state.takes_node_ports:
        for position, port in enumerate(state.ports):
            if port.node_port:
                yield position, port.node_port


def _health_check(state: ServiceState) -> int:
    return state.health_check_node_port if state.needs_health_check else 0


def _addresses(state: ServiceState) -> Iterator[Address]:
    """The cluster IPs that it asks for. A headless or ExternalName Service has none."""
    if state.needs_cluster_ip:
        for text in dict.fromkeys([state.cluster_ip, *state.cluster_ips]):
            address = parse_ip(text)
            if address is not None:
                yield address


@rule("node-port-taken", "spec.ports[*].nodePort", "FieldValueInvalid", source=_PORTS, stage=Stage.NODE_PORTS)
def node_port_taken(newcomer: _Newcomer) -> Iterator[Problem]:
    """A node port belongs to one Service of the cluster, whatever the protocol and the namespace.

    Within that Service several protocols may share it. A health check node port is
    taken from the same numbers.
    """
    for position, number in _node_ports(newcomer.state):
        other = newcomer.holder(number)
        if other is not None:
            detail = f"{other} has it already"
            yield Problem(
                FieldPath("spec", "ports", position, "nodePort"), detail, number, "give each Service its own node ports"
            )


@rule(
    "health-check-node-port-taken",
    "spec.healthCheckNodePort",
    "FieldValueInvalid",
    source=_PORTS,
    stage=Stage.HEALTH_CHECK,
)
def health_check_node_port_taken(newcomer: _Newcomer) -> Iterator[Problem]:
    """A health check node port belongs to one Service of the cluster, and is nobody's node port."""
    number = _health_check(newcomer.state)
    other = newcomer.holder(number) if number else None
    if other is not None:
        yield Problem(FieldPath("spec", "healthCheckNodePort"), f"{other} has it already", number, "leave it out")


@rule(
    "cluster-ip-taken",
    "spec.clusterIPs",
    "FieldValueInvalid",
    source="pkg/registry/core/service/ipallocator/ipallocator.go",
    stage=Stage.ADDRESSES,
)
def cluster_ip_taken(newcomer: _Newcomer) -> Iterator[Problem]:
    """A cluster IP belongs to one Service of the cluster."""
    for address in _addresses(newcomer.state):
        other = newcomer.holder(address)
        if other is not None:
            yield Problem(FieldPath("spec", "clusterIPs"), f"{other} has it already", str(address), "leave it out")


@rule(
    "service-name-taken",
    "metadata.name",
    "FieldValueDuplicate",
    source="staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go",
)
def service_name_taken(newcomer: _Newcomer) -> Iterator[Problem]:
    """Two different Services of a namespace do not have one name: a create fails, an apply replaces the first."""
    service = newcomer.service
    other = newcomer.taken.get(_place(service))
    if other is not None and other != service:
        yield Problem(
            FieldPath("metadata", "name"), "another Service of the set has it", service.name, "rename one of them"
        )


SET_RULES: Final[Rules[_Newcomer]] = Rules(
    service_name_taken, cluster_ip_taken, node_port_taken, health_check_node_port_taken
)
"""What a Service may not share with others."""


def check_set(
    services: "Iterable[Service | Mapping[str, Any] | Foreign]", *, cluster: Cluster | None = None
) -> tuple[Conflict, ...]:
    """What these Services, all in one cluster, would take from each other.

    Two copies of one and the same Service are no conflict.

    Args:
        services: The Services, typed or as plain dicts or objects of other libraries,
            in the order in which they would be created.
        cluster: What the target accepts; left out, the cluster in force.

    Returns:
        A conflict for each thing that a Service asks for and an earlier one has.

    Raises:
        ValidationError: The cluster would refuse one of them by itself.
        TypeError: One of them is no Service.

    Example:
        >>> first, second = (Service.node_port(name, [ServicePort(80, node_port=30080)]) for name in ("web", "api"))
        >>> for conflict in check_set([first, second]):
        ...     print(conflict)
        ...
        Service api: spec.ports[0].nodePort: Invalid value: 30080: Service web has it already  [node-port-taken]
            hint: give each Service its own node ports
    """
    cluster = cluster or cluster_in_force()
    taken: dict[object, Service] = {}
    conflicts: list[Conflict] = []
    for given in services:
        service = given if isinstance(given, Service) else _read(given, cluster)
        newcomer = _Newcomer(service, cluster, taken)
        for each in SET_RULES:
            for problem in each.check(newcomer) or ():
                other = _other(newcomer, each.code, problem)
                conflicts.append(Conflict(service, other, each.violation(problem)))
        for key in _claims(newcomer.state):
            taken.setdefault(key, service)
        taken.setdefault(_place(service), service)
    return tuple(conflicts)


def _read(given: "Mapping[str, Any] | Foreign", cluster: Cluster) -> Service:
    from portmap._model.service_reading import reduced_service

    with cluster:
        return reduced_service(given)


def _claims(state: ServiceState) -> Iterator[object]:
    yield from (number for _, number in _node_ports(state))
    if _health_check(state):
        yield _health_check(state)
    yield from _addresses(state)


def _other(newcomer: _Newcomer, code: str, problem: Problem) -> Service:
    """The Service that has what this problem is about."""
    if code == service_name_taken.code:
        return newcomer.taken[_place(newcomer.service)]
    key = parse_ip(problem.value) if isinstance(problem.value, str) else problem.value
    return newcomer.taken[key]
