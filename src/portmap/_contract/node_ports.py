"""Changes of node ports: those that the cluster picked for one Service, and conflicts between Services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from portmap._apiserver.set_rules import service_name_taken
from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import Pair, port_label, renamed_namespace, service_label
from portmap._contract.update_changes import RECREATED
from portmap._contract.updates import Update
from portmap._contract.writes import Refused, allocates_node_ports, is_picked, key_of, ports_of, spec_of
from portmap._kubernetes.cluster import Cluster
from portmap._manifests.applied import LiveService
from portmap._model.check_set import Conflict, check_set
from portmap._model.ports import ServicePort
from portmap._model.services import Service, service_state

_PIN: Final = "set nodePort to the number that it has, in the same update"


def node_port_changes(update: Update, pair: Pair) -> Iterator[Change]:
    """Yield the changes of node ports that the cluster picked.

    Args:
        update: The update of the Service.
        pair: The Service before, and as clients find it after the write.
    """
    if isinstance(update.after, Refused):
        if RECREATED.intersection(each.code for each in update.after.violations):
            yield from _redrawn(update)
        return
    had, has = (_node_ports(live) for live in (update.before, update.after))
    for was, now in pair.ports.both:
        old, new = had.get(_key(was)), has.get(_key(now))
        if not is_picked(old) or new in {None, old}:
            continue
        if is_picked(new):
            yield _reassigned(update, was, now, had, new)
        else:
            yield Codes.NODE_PORT_PINNED.change(
                pair.name,
                f"the node port that the cluster picked becomes {new}: clients that dial the old one reach nothing",
                port=port_label(was),
                after=new,
                hint="set nodePort to the number that it has, if any number will do",
            )
    shared = {now.port for _, now in pair.ports.both}
    for port in pair.ports.added:
        if port.port in shared and is_picked(has.get(_key(port))):
            yield Codes.NOT_SHARED.change(
                pair.name,
                f"an update assigns it a node port of its own; a create assigns one to all protocols of {port.port}",
                port=port_label(port),
                hint="set nodePort if the number matters",
            )


def _reassigned(
    update: Update, was: ServicePort, now: ServicePort, had: Mapping[tuple[int, str], int], new: int | None
) -> Change:
    former = next((key for key, number in had.items() if number == new), None)
    source = "the cluster picks another node port" if former is None else f"it gets the node port of {_shown(former)}"
    renamed = (was.name or "") != (now.name or "")
    why = "a replace keeps node ports by the name of the port" if update.writing.how == "replace" and renamed else None
    keeps = update.writing.how == "replace" and _keeps_under_apply(update, was, now)
    return Codes.NODE_PORT_REASSIGNED.change(
        update.pair.name,
        f"{why}: {source}" if why else source,
        port=port_label(was),
        before=was.name or None,
        after=now.name or None,
        hint=f"use kubectl apply, or {_PIN}" if keeps else _PIN,
    )


def _keeps_under_apply(update: Update, was: ServicePort, now: ServicePort) -> bool:
    after = update.written("client-apply")
    return isinstance(after, LiveService) and _node_ports(after).get(_key(now)) == _node_ports(update.before)[_key(was)]


def _redrawn(update: Update) -> Iterator[Change]:
    """Yield the node ports that the cluster picked, of a Service that must be created again."""
    had = _node_ports(update.before)
    spec = spec_of(update.new)
    for was, now in update.pair.ports.both:
        if is_picked(had.get(_key(was))) and not now.node_port and allocates_node_ports(spec):
            yield Codes.NODE_PORT_REDRAWN.change(
                update.pair.name,
                "its node port is released with the Service: the cluster picks another for the new one",
                port=port_label(was),
                hint="set nodePort to the number that it has, if clients dial it",
            )


def _node_ports(live: LiveService) -> dict[tuple[int, str], int]:
    return {key_of(port): port["nodePort"] for port in ports_of(live.object) if port.get("nodePort")}


def _key(port: ServicePort) -> tuple[int, str]:
    return port.port, port.effective_protocol


def _shown(key: tuple[int, str]) -> str:
    return f"{key[0]}/{key[1]}"


_Taken: TypeAlias = Mapping[int, Service]

# A duplicate Service is a mistake in the input, not a conflict on a server.
_IGNORED: Final = frozenset({service_name_taken.code})


def collisions(before: Sequence[Service], after: Sequence[Service], cluster: Cluster) -> Iterator[Change]:
    """Yield conflicts between Services of the new set that the old set did not have."""
    known = {_identity(each) for each in check_set(before, cluster=cluster)}
    for conflict in check_set(after, cluster=cluster):
        violation = conflict.violation
        if violation.code not in _IGNORED and _identity(conflict) not in known:
            yield Change(
                kind="changed",
                service=service_label(conflict.service),
                code=violation.code,
                severity="refused",
                message=f"{violation.field}: {violation.message}",
                hint=violation.hint,
            )


def _identity(conflict: Conflict) -> tuple[str, object, frozenset[str]]:
    return conflict.violation.code, conflict.violation.value, frozenset({conflict.service.name, conflict.other.name})


def handed_over(
    before: Iterable[Service],
    after: Iterable[Service],
    cluster: Cluster,
    *,
    namespaces: Mapping[str, str],
    ignore_namespaces: bool,
) -> Iterator[Change]:
    """Yield node ports that another Service had, which must release them first."""
    old, new = _explicit_node_ports(before, cluster), _explicit_node_ports(after, cluster)
    for number, service in new.items():
        had = old.get(number)
        if had is None or (
            had.name == service.name and (ignore_namespaces or _may_share_namespace(had, service, namespaces))
        ):
            continue
        port = next(each for each in service.ports if each.node_port == number)
        yield Codes.HANDED_OVER.change(
            service_label(service),
            f"node port {number} belongs to Service {service_label(had)}, and is refused here until that releases it",
            port=port_label(port),
            before=service_label(had),
            after=number,
            hint=f"change Service {service_label(had)} first",
        )


def _explicit_node_ports(services: Iterable[Service], cluster: Cluster) -> _Taken:
    """Return the node ports in the manifests, each with the first Service that has it."""
    owners: dict[int, Service] = {}
    for service in services:
        if service_state(service, cluster).takes_node_ports:
            for port in service.ports:
                if port.node_port:
                    owners.setdefault(port.node_port, service)
    return owners


def _may_share_namespace(one: Service, other: Service, namespaces: Mapping[str, str]) -> bool:
    """Return whether two Services may be in the same namespace; one without a namespace may be in any."""
    spaces = {renamed_namespace(one.namespace, namespaces), other.namespace}
    return len(spaces) == 1 or None in spaces
