"""What an API server does with one Service as the update of another, and mistakes of merge patches.

There are no rules here: the Service before is stored, the Service after is its update, and
`server_verdict` judges it. Placeholders that no manifest contains represent the addresses and node
ports that the live cluster picked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Final, TypeAlias, cast, final

import attrs

from portmap._apiserver.admission import server_verdict
from portmap._apiserver.set_rules import service_name_taken
from portmap._apiserver.state import PICKED, ServiceState
from portmap._apiserver.updates import carry_over
from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import (
    Pair,
    match_ports,
    number_of,
    port_label,
    renamed_namespace,
    same_numbers,
    service_label,
)
from portmap._kubernetes.addresses import family_of
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.violations import Violation, in_order
from portmap._model.check_set import Conflict, check_set
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service, service_state

__all__ = ["RECREATED", "collisions", "handed_over", "merge_traps", "on_update"]

_AUTHORED_METADATA: Final = ("name", "generateName", "namespace", "labels", "annotations")
_PLACEHOLDERS: Final = {"IPv4": "192.0.2.1", "IPv6": "2001:db8::1"}
_HIGHEST_PORT: Final = 65535
RECREATED: Final = frozenset({"cluster-ip-immutable", "ip-family-immutable", "load-balancer-class-immutable"})
"""The codes of violations that only creating the Service again avoids."""
_PICKED_BEFORE: Final = 1 << 22
"""Added to the placeholders of node ports picked before, to tell them from those of the update."""


def on_update(pair: Pair, cluster: Cluster) -> Iterator[Change]:
    """Yield what a server would refuse, or change by itself, if one Service replaced the other."""
    update = _Update.of(pair, cluster)
    if update is None:
        return
    for violation in update.violations:
        yield Change(
            kind="changed",
            service=pair.name,
            code=violation.code,
            severity="refused",
            message=update.redact(f"{violation.field}: {violation.message}"),
            hint=violation.hint and update.redact(violation.hint),
        )
    if pair.before.is_headless and update.new.headless and not pair.after.is_headless:
        yield Codes.STAYS_HEADLESS.change(
            pair.name,
            "an update without clusterIP keeps clusterIP: None",
            before=True,
            after=False,
            hint="delete the Service and create it again, or give the new one another name",
        )
    if RECREATED.intersection(each.code for each in update.violations):
        yield from _redrawn_node_ports(pair, update)
    if not update.violations:
        yield from _type_alone(pair, cluster)
        yield from _node_ports(pair, update)


@final
@attrs.frozen
class _Update:
    """An update, as the server sees it."""

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
            # The server keeps its own number, which the cluster picked.
            new.health_check_node_port_dynamic = old.health_check_node_port > _HIGHEST_PORT
        return cls(old, new, in_order(server_verdict(new)))

    def redact(self, message: str) -> str:
        """Return a message without placeholders."""
        unknown = {str(port.node_port) for port in self.old.ports if port.node_port >= _PICKED_BEFORE}
        unknown |= set(self.old.cluster_ips) & set(_PLACEHOLDERS.values())
        if self.old.health_check_node_port > _HIGHEST_PORT:
            unknown.add(str(self.old.health_check_node_port))
        for each in unknown:
            message = message.replace(each, PICKED)
        return message


def _metadata(state: ServiceState) -> dict[str, object]:
    """Return the metadata of the manifest, without fields that the server sets, such as the uid."""
    return {key: state.metadata[key] for key in _AUTHORED_METADATA if key in state.metadata}


def _stored(pair: Pair, cluster: Cluster) -> ServiceState | None:
    """Return the Service before as the server stores it; `None` if the server would refuse it."""
    state = service_state(pair.before, cluster)
    state.metadata = _metadata(state)
    if server_verdict(state):
        return None
    for port in state.ports:
        if port.dynamic:
            port.node_port, port.dynamic = port.node_port + _PICKED_BEFORE, False
    state.health_check_node_port_dynamic = False
    if state.needs_cluster_ip and not state.cluster_ips:
        # The IP family is unknown, too, so it is assumed to be the one of the update.
        families = state.ip_families or _families(pair.after) or ["IPv4"]
        state.ip_families = list(families)
        state.cluster_ips = [_PLACEHOLDERS[family] for family in families]
        state.cluster_ip = state.cluster_ips[0]
    return state


def _families(service: Service) -> list[str]:
    families: list[str] = list(service.ip_families or ())
    for address in service.cluster_ips or ((service.cluster_ip,) if service.cluster_ip else ()):
        family = family_of(address)
        if family is not None and family not in families:
            families.append(family)
    return families


# --- the type -------------------------------------------------------------------------------------------------


def _type_alone(pair: Pair, cluster: Cluster) -> Iterator[Change]:
    """Yield the violations of a patch of the type alone."""
    before, after = pair.before, pair.after
    if after.effective_type in {before.effective_type, "ExternalName"}:
        return
    fields = {field.name: getattr(before, field.name) for field in attrs.fields(Service)}
    # The class would refuse these fields, and the server's verdict on them is needed.
    patched = cast("Service", SimpleNamespace(**fields | {"type": after.effective_type}))
    update = _Update.of(pair, cluster, patched)
    if update is None:
        return
    for violation in update.violations:
        why = update.redact(f"{violation.field}: {violation.message}")
        yield Codes.TYPE_ALONE.change(
            pair.name,
            f"a patch of the type alone is refused: {why}",
            before=before.effective_type,
            after=after.effective_type,
            hint="change the type and the other fields in one update",
        )


# --- node ports ------------------------------------------------------------------------------------------------


def _node_ports(pair: Pair, update: _Update) -> Iterator[Change]:
    """Yield changes of node ports that the cluster picked."""
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
            yield Codes.NODE_PORT_PINNED.change(
                pair.name,
                f"the node port that the cluster picked becomes {now.node_port}: clients of the old one reach nothing",
                port=port_label(was),
                after=now.node_port,
                hint="set nodePort to the number that it has, if possible",
            )
        elif new.allocates_node_ports and has[_key(now)] != had[_key(was)]:
            yield Codes.NODE_PORT_REASSIGNED.change(
                pair.name,
                "its node port follows the old name, so the cluster picks another",
                port=port_label(was),
                before=was.name or None,
                after=now.name or None,
                hint="set nodePort to the number that it has, in the same update",
            )
    shared = {now.port for _, now in pair.ports.both}
    for port in pair.ports.added:
        if port.port in shared and new.allocates_node_ports and not has[_key(port)]:
            yield Codes.NOT_SHARED.change(
                pair.name,
                f"in an update it gets a node port of its own; in a create, the ports of {port.port} share one",
                port=port_label(port),
                hint="set nodePort if the number matters",
            )


def _redrawn_node_ports(pair: Pair, update: _Update) -> Iterator[Change]:
    """Yield changes of node ports of a Service that must be created again."""
    new = service_state(pair.after, update.new.cluster)
    for was, now in pair.ports.both:
        if update.old.takes_node_ports and new.allocates_node_ports and not (was.node_port or now.node_port):
            yield Codes.NODE_PORT_REDRAWN.change(
                pair.name,
                "its node port is released with the Service: the cluster picks another when it is created again",
                port=port_label(was),
                hint="set nodePort to the number that it has, if clients dial it",
            )


def _key(port: ServicePort) -> tuple[int, str]:
    return port.port, port.effective_protocol


# --- merge patches ---------------------------------------------------------------------------------------------


def merge_traps(
    service: str | None,
    before: Sequence[ServicePort] | Sequence[ContainerPort],
    after: Sequence[ServicePort] | Sequence[ContainerPort],
    workload: str | None = None,
) -> Iterator[Change]:
    """Yield what goes wrong if ports are merged by their number alone.

    Strategic merge patches do so, and with them client-side apply and kustomize.
    """
    old: list[ServicePort | ContainerPort] = list(before)
    new: list[ServicePort | ContainerPort] = list(after)
    workloads = (workload,) if workload else ()
    for number in same_numbers(old, new):
        was, now = ([port for port in side if number_of(port) == number] for side in (old, new))
        if set(map(_merged, was)) != set(map(_merged, now)):
            yield Codes.MERGED.change(
                service,
                "client-side apply and strategic merge patches identify ports by number alone, and merge those of "
                f"{number} into one",
                before=tuple(map(port_label, was)),
                after=tuple(map(port_label, now)),
                hint="use kubectl apply --server-side, or kubectl replace",
                workloads=workloads,
            )
    for one, other in _matched(before, after):
        if number_of(one) != number_of(other) and (other.name or isinstance(other, ServicePort)):
            reason = f"both are named {other.name}" if other.name else "both need names"
            yield Codes.APPENDED.change(
                service,
                f"a strategic merge patch keeps {number_of(one)} beside {number_of(other)}, and is refused "
                f"because {reason}; so is client-side apply if the last applied configuration is missing",
                port=port_label(one),
                before=number_of(one),
                after=number_of(other),
                hint=f"use kubectl apply --server-side or kubectl replace, or delete {number_of(one)} in the patch "
                "($patch: delete)",
                workloads=workloads,
            )


def _merged(port: ServicePort | ContainerPort) -> tuple[ServicePort | ContainerPort, str]:
    """Return the fields that a merge sees; an explicit default protocol makes no difference."""
    return attrs.evolve(port, protocol=None), port.effective_protocol


def _matched(
    before: Sequence[ServicePort] | Sequence[ContainerPort], after: Sequence[ServicePort] | Sequence[ContainerPort]
) -> Iterator[tuple[ServicePort | ContainerPort, ServicePort | ContainerPort]]:
    one: list[ServicePort | ContainerPort] = list(before)
    other: list[ServicePort | ContainerPort] = list(after)
    yield from match_ports(one, other)[0]


# --- collisions ------------------------------------------------------------------------------------------------

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
