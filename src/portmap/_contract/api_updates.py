"""What an API server makes of one Service as the update of another, and what a merge of their ports goes wrong with.

No rule stands here: the Service as it was is taken to storage, the Service as it is
follows as an update, and the verdict is that of `server_verdict`. What only the live
cluster knows (addresses and node ports that it picked) is stood for by values that
nobody would write.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Final, cast, final

import attrs

from portmap._apiserver.admission import server_verdict
from portmap._apiserver.set_rules import service_name_taken
from portmap._apiserver.state import PICKED, ServiceState
from portmap._apiserver.updates import carry_over
from portmap._contract.changes import Change, What, made
from portmap._contract.pairing import Pair, called, label, mapped, match_ports, number_of, same_numbers
from portmap._kubernetes.addresses import family_of
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.violations import Violation, in_order
from portmap._model.check_set import Conflict, check_set
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service, service_state

__all__ = ["RECREATED", "collisions", "handed_over", "merge_traps", "on_update"]

_SERVERS_SHARE: Final = ("name", "generateName", "namespace", "labels", "annotations")
_PLACEHOLDERS: Final = {"IPv4": "192.0.2.1", "IPv6": "2001:db8::1"}
_HIGHEST_PORT: Final = 65535
RECREATED: Final = frozenset({"cluster-ip-immutable", "ip-family-immutable", "load-balancer-class-immutable"})
"""What no update can do: the codes of what a server refuses until the Service is created anew."""
_PICKED_BEFORE: Final = 1 << 22
"""Lifts what stands for a node port that the cluster picked above what will stand for those of the update."""


def on_update(pair: Pair, cluster: Cluster) -> Iterator[Change]:
    """What a server would refuse or do by itself if the one Service replaced the other."""
    update = _Update.of(pair, cluster)
    if update is None:
        return
    for violation in update.violations:
        yield Change(
            kind="changed",
            service=pair.name,
            code=violation.code,
            severity="refused",
            message=update.told(f"{violation.field}: {violation.message}"),
            hint=violation.hint and update.told(violation.hint),
        )
    if pair.before.is_headless and update.new.headless and not pair.after.is_headless:
        yield made(
            What.STAYS_HEADLESS,
            pair.name,
            "clusterIP: None is carried over where an update leaves it out",
            before=True,
            after=False,
            hint="delete the Service and create it anew, or give the new one another name",
        )
    if RECREATED.intersection(each.code for each in update.violations):
        yield from _redrawn(pair, update)
    if not update.violations:
        yield from _type_alone(pair, cluster)
        yield from _node_ports(pair, update)


@final
@attrs.frozen
class _Update:
    """An update on its way through the server."""

    old: ServiceState
    new: ServiceState
    violations: tuple[Violation, ...]

    @classmethod
    def of(cls, pair: Pair, cluster: Cluster, authored: Service | None = None) -> "_Update | None":
        old = _stored(pair, cluster)
        if old is None:
            return None
        new = service_state(authored or pair.after, cluster)
        new.metadata = _metadata(new) | {key: old.metadata[key] for key in ("name", "namespace") if key in old.metadata}
        new.old = old
        if not new.health_check_node_port:
            # What it carries over is the cluster's, if that picked it before.
            new.health_check_node_port_dynamic = old.health_check_node_port > _HIGHEST_PORT
        return cls(old, new, in_order(server_verdict(new)))

    def told(self, message: str) -> str:
        """A message without the values that only stand for others."""
        unknown = {str(port.node_port) for port in self.old.ports if port.node_port >= _PICKED_BEFORE}
        unknown |= set(self.old.cluster_ips) & set(_PLACEHOLDERS.values())
        if self.old.health_check_node_port > _HIGHEST_PORT:
            unknown.add(str(self.old.health_check_node_port))
        for each in unknown:
            message = message.replace(each, PICKED)
        return message


def _metadata(state: ServiceState) -> dict[str, object]:
    """The metadata that an author writes, without what the server adds: no manifest repeats a uid."""
    return {key: state.metadata[key] for key in _SERVERS_SHARE if key in state.metadata}


def _stored(pair: Pair, cluster: Cluster) -> ServiceState | None:
    """The Service as it was, as the server has it; `None` where it would not have taken it."""
    state = service_state(pair.before, cluster)
    state.metadata = _metadata(state)
    if server_verdict(state):
        return None
    for port in state.ports:
        if port.dynamic:
            port.node_port, port.dynamic = port.node_port + _PICKED_BEFORE, False
    state.health_check_node_port_dynamic = False
    if state.needs_cluster_ip and not state.cluster_ips:
        # Which family the cluster gave it is not known either; the update is not to be blamed for that.
        families = state.ip_families or _families(pair.after) or ["IPv4"]
        state.ip_families = list(families)
        state.cluster_ips = [_PLACEHOLDERS[family] for family in families]
        state.cluster_ip = state.cluster_ips[0]
    return state


def _families(service: Service) -> list[str]:
    found: list[str] = list(service.ip_families or ())
    for address in service.cluster_ips or ((service.cluster_ip,) if service.cluster_ip else ()):
        family = family_of(address)
        if family is not None and family not in found:
            found.append(family)
    return found


# --- what goes with a change of type ---------------------------------------------------------------------------


def _type_alone(pair: Pair, cluster: Cluster) -> Iterator[Change]:
    """What a patch of nothing but the type would be refused for."""
    before, after = pair.before, pair.after
    if after.effective_type in {before.effective_type, "ExternalName"}:
        return
    fields = {field.name: getattr(before, field.name) for field in attrs.fields(Service)}
    # No `Service`: it would be refused, which is what is asked here.
    patched = cast("Service", SimpleNamespace(**fields | {"type": after.effective_type}))
    update = _Update.of(pair, cluster, patched)
    if update is None:
        return
    for violation in update.violations:
        why = update.told(f"{violation.field}: {violation.message}")
        yield made(
            What.TYPE_ALONE,
            pair.name,
            f"a patch of the type alone is refused: {why}",
            before=before.effective_type,
            after=after.effective_type,
            hint="change the type and the other fields in one update",
        )


# --- node ports ------------------------------------------------------------------------------------------------


def _node_ports(pair: Pair, update: _Update) -> Iterator[Change]:
    """The node ports that the cluster picked, and what becomes of them."""
    old, new = update.old, service_state(pair.after, update.new.cluster)
    if not (old.takes_node_ports and new.takes_node_ports):
        return
    carry_over(new, old)
    had = {_key(port): state.node_port for port, state in zip(pair.before.ports, old.ports, strict=True)}
    has = {_key(port): state.node_port for port, state in zip(pair.after.ports, new.ports, strict=True)}
    for was, now in pair.ports.both:
        if was.node_port or not had[_key(was)]:
            continue
        if now.node_port:
            yield made(
                What.NODE_PORT_PINNED,
                pair.name,
                f"the node port that the cluster picked becomes {now.node_port}: who dials the old one reaches nothing",
                port=label(was),
                after=now.node_port,
                hint="write the number that it has already, if that will do",
            )
        elif new.allocates_node_ports and has[_key(now)] != had[_key(was)]:
            yield made(
                What.NODE_PORT_REASSIGNED,
                pair.name,
                "its node port follows the old name, so the cluster picks another",
                port=label(was),
                before=was.name or None,
                after=now.name or None,
                hint="write the number that it has now as nodePort, in the same update",
            )
    shared = {now.port for _, now in pair.ports.both}
    for port in pair.ports.added:
        if port.port in shared and new.allocates_node_ports and not has[_key(port)]:
            yield made(
                What.NOT_SHARED,
                pair.name,
                f"by an update it gets a node port of its own; created at once, the ports of {port.port} share one",
                port=label(port),
                hint="write nodePort where the number matters",
            )


def _redrawn(pair: Pair, update: _Update) -> Iterator[Change]:
    """The node ports that the cluster picked, of a Service that must be created anew."""
    new = service_state(pair.after, update.new.cluster)
    for was, now in pair.ports.both:
        if update.old.takes_node_ports and new.allocates_node_ports and not (was.node_port or now.node_port):
            yield made(
                What.NODE_PORT_REDRAWN,
                pair.name,
                "its node port goes with the Service: the cluster picks another when that is created anew",
                port=label(was),
                hint="write the number that it has now as nodePort, if anybody dials it",
            )


def _key(port: ServicePort) -> tuple[int, str]:
    return port.port, port.effective_protocol


# --- merging ports by number -----------------------------------------------------------------------------------


def merge_traps(
    service: str | None,
    before: Sequence[ServicePort] | Sequence[ContainerPort],
    after: Sequence[ServicePort] | Sequence[ContainerPort],
    workload: str | None = None,
) -> Iterator[Change]:
    """What goes wrong if the new ports are merged into the old ones by their number alone.

    That is how a strategic merge patch merges them, and with it client-side apply and kustomize.
    """
    old: list[ServicePort | ContainerPort] = list(before)
    new: list[ServicePort | ContainerPort] = list(after)
    workloads = (workload,) if workload else ()
    for number in same_numbers(old, new):
        was, now = ([port for port in side if number_of(port) == number] for side in (old, new))
        if set(map(_merged, was)) != set(map(_merged, now)):
            yield made(
                What.MERGED,
                service,
                f"client-side apply and strategic merge patches tell ports apart by number alone, and take those of "
                f"{number} for one",
                before=tuple(map(label, was)),
                after=tuple(map(label, now)),
                hint="use kubectl apply --server-side, or kubectl replace",
                workloads=workloads,
            )
    for one, other in _matched(before, after):
        if number_of(one) != number_of(other) and (other.name or isinstance(other, ServicePort)):
            refused = (
                f"is refused, for both are named {other.name}" if other.name else "is refused, for both need names"
            )
            yield made(
                What.APPENDED,
                service,
                f"a strategic merge patch keeps {number_of(one)} beside {number_of(other)}, and {refused}; so does "
                "client-side apply where the last applied configuration is missing",
                port=label(one),
                before=number_of(one),
                after=number_of(other),
                hint=f"use kubectl apply --server-side or kubectl replace, or delete {number_of(one)} in the patch "
                "($patch: delete)",
                workloads=workloads,
            )


def _merged(port: ServicePort | ContainerPort) -> tuple[ServicePort | ContainerPort, str]:
    """What there is to merge; a protocol that is written out changes nothing."""
    return attrs.evolve(port, protocol=None), port.effective_protocol


def _matched(
    before: Sequence[ServicePort] | Sequence[ContainerPort], after: Sequence[ServicePort] | Sequence[ContainerPort]
) -> Iterator[tuple[ServicePort | ContainerPort, ServicePort | ContainerPort]]:
    one: list[ServicePort | ContainerPort] = list(before)
    other: list[ServicePort | ContainerPort] = list(after)
    yield from match_ports(one, other)[0]


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
