"""Conflicts between the Services of a cluster: node ports, addresses, names.

Each Service is valid by itself. An API server refuses the one that is created second.

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
    from portmap._model.foreign_protocols import Foreign


@final
@attrs.frozen
class Conflict:
    """A value that two Services of a set cannot both have.

    Attributes:
        service: The later Service, which a server would refuse.
        other: The earlier Service, which has the value.
        violation: The violation that a server would report of the later Service.

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
    """The subject of the rules: a Service, and the values that earlier Services have."""

    def __init__(self, service: Service, cluster: Cluster, taken: dict[object, Service]) -> None:
        self.service = service
        self.state = service_state(service, cluster)
        self.taken = taken

    @property
    def namesake(self) -> Service | None:
        """The earlier Service of the same name, unless it is equal."""
        other = self.taken.get(_place(self.service))
        return None if other == self.service else other

    def holder(self, key: object) -> Service | None:
        """Return the other Service that has a value, if one does."""
        other = self.taken.get(key)
        return None if other is None or _place(other) == _place(self.service) else other


def _place(service: Service) -> tuple[str, str]:
    return service.namespace or "", service.name or f"{service.generate_name}…{id(service)}"


def check_set(
    services: "Iterable[Service | Mapping[str, Any] | Foreign]", *, cluster: Cluster | None = None
) -> tuple[Conflict, ...]:
    """Return the conflicts between Services of one cluster.

    Two equal Services do not conflict.

    Args:
        services: The Services, typed or as plain dicts or objects of other libraries,
            in the order in which they would be created.
        cluster: The target. The default is the cluster in force.

    Returns:
        A conflict for each value that a Service needs and an earlier one has.

    Raises:
        ValidationError: The cluster would refuse one of them by itself.
        TypeError: One of them is not a Service.

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
    for item in services:
        service = item if isinstance(item, Service) else _read(item, cluster)
        newcomer = _Newcomer(service, cluster, taken)
        for rule in SET_RULES:
            for problem in rule.check(newcomer) or ():
                other = _other(newcomer, rule.code, problem)
                conflicts.append(Conflict(service, other, rule.violation(problem)))
        for key in claims(newcomer.state):
            taken.setdefault(key, service)
        taken.setdefault(_place(service), service)
    return tuple(conflicts)


def _read(manifest: "Mapping[str, Any] | Foreign", cluster: Cluster) -> Service:
    from portmap._model.service_reading import as_service

    with cluster:
        return as_service(manifest)


def _other(newcomer: _Newcomer, code: str, problem: Problem) -> Service:
    """Return the Service that has the value of a problem."""
    if code == service_name_taken.code:
        return newcomer.taken[_place(newcomer.service)]
    key = parse_ip(problem.value) if isinstance(problem.value, str) else problem.value
    return newcomer.taken[key]
