"""What Services of one cluster may not share: node ports, addresses, names.

No Service is wrong by itself here; the API server refuses whichever comes second.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/portallocator/`,
`pkg/registry/core/service/ipallocator/`, `pkg/registry/core/service/storage/alloc.go`.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, final

import attrs

from portmap._apiserver.problems import Problem
from portmap._apiserver.set_rules import SET_RULES, claims, service_name_taken
from portmap._kubernetes.addresses import parse_ip
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.violations import Violation
from portmap._model.services import Service, service_state

if TYPE_CHECKING:
    from portmap._model.foreign import Foreign

__all__ = ["Conflict", "check_set"]


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

    @property
    def namesake(self) -> Service | None:
        """An earlier Service of this name that is not the same in all else."""
        other = self.taken.get(_place(self.service))
        return None if other == self.service else other

    def holder(self, key: object) -> Service | None:
        """The other Service that has this, if one does."""
        other = self.taken.get(key)
        return None if other is None or _place(other) == _place(self.service) else other


def _place(service: Service) -> tuple[str, str]:
    return service.namespace or "", service.name or f"{service.generate_name}…{id(service)}"


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
        for rule in SET_RULES:
            for problem in rule.check(newcomer) or ():
                other = _other(newcomer, rule.code, problem)
                conflicts.append(Conflict(service, other, rule.violation(problem)))
        for key in claims(newcomer.state):
            taken.setdefault(key, service)
        taken.setdefault(_place(service), service)
    return tuple(conflicts)


def _read(given: "Mapping[str, Any] | Foreign", cluster: Cluster) -> Service:
    from portmap._model.service_reading import reduced_service

    with cluster:
        return reduced_service(given)


def _other(newcomer: _Newcomer, code: str, problem: Problem) -> Service:
    """The Service that has what this problem is about."""
    if code == service_name_taken.code:
        return newcomer.taken[_place(newcomer.service)]
    key = parse_ip(problem.value) if isinstance(problem.value, str) else problem.value
    return newcomer.taken[key]
