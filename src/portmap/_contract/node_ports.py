"""What the Services of a set take from each other: node ports and addresses that two want, or that change hands."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from portmap._contract.changes import Change, What, made
from portmap._contract.pairing import called, label, mapped
from portmap._kubernetes.cluster import Cluster
from portmap._model.check_set import Conflict, check_set, service_name_taken
from portmap._model.services import Service, service_state

__all__ = ["collisions", "handed_over"]

_Taken = Mapping[int, Service]

# The same Service twice is a matter of how a set is put together, not of what a server has.
_LEFT_OUT: Final = frozenset({service_name_taken.code})


def collisions(before: Sequence[Service], after: Sequence[Service], cluster: Cluster) -> Iterator[Change]:
    """What two Services cannot both have in the new set, and could in the old one."""
    known = {_likeness(each) for each in check_set(before, cluster=cluster)}
    for conflict in check_set(after, cluster=cluster):
        violation = conflict.violation
        if violation.code not in _LEFT_OUT and _likeness(conflict) not in known:
            yield Change(
                kind="changed",
                service=called(conflict.service),
                code=violation.code,
                severity="refused",
                message=f"{violation.field}: {violation.message}",
                hint=violation.hint,
            )


def _likeness(conflict: Conflict) -> tuple[str, object, frozenset[str]]:
    return conflict.violation.code, conflict.violation.value, frozenset({conflict.service.name, conflict.other.name})


def handed_over(
    before: Iterable[Service],
    after: Iterable[Service],
    cluster: Cluster,
    *,
    namespaces: Mapping[str, str],
    ignore_namespaces: bool,
) -> Iterator[Change]:
    """Node ports that another Service had: it must let go first, for a server has each number once."""
    old, new = _authored(before, cluster), _authored(after, cluster)
    for number, service in new.items():
        had = old.get(number)
        if had is None or (had.name == service.name and (ignore_namespaces or _together(had, service, namespaces))):
            continue
        port = next(each for each in service.ports if each.node_port == number)
        yield made(
            What.HANDED_OVER,
            called(service),
            f"node port {number} was that of Service {called(had)}: until that lets go of it, it is refused here",
            port=label(port),
            before=called(had),
            after=number,
            hint=f"change Service {called(had)} first",
        )


def _authored(services: Iterable[Service], cluster: Cluster) -> _Taken:
    """The node ports that Services ask for by number, each with the first that does."""
    found: dict[int, Service] = {}
    for service in services:
        if service_state(service, cluster).takes_node_ports:
            for port in service.ports:
                if port.node_port:
                    found.setdefault(port.node_port, service)
    return found


def _together(one: Service, other: Service, namespaces: Mapping[str, str]) -> bool:
    """Whether these may be in one namespace, before and after. What says nothing of its own may be in any."""
    spaces = {mapped(one.namespace, namespaces), other.namespace}
    return len(spaces) == 1 or None in spaces
