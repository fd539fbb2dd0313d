"""What clients see of a Service, before and after: what kind it is, how it is exposed, its ports.

Nothing here looks at pods. Authored values are compared where a value is the author's
promise, such as a node port; effective ones where the default is a promise, too.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Final

from portmap._contract.changes import Change, What, made
from portmap._contract.pairing import Pair, called, label
from portmap._contract.references import Users
from portmap._kubernetes.addresses import Network
from portmap._kubernetes.cluster import Cluster
from portmap._model.ports import ServicePort
from portmap._model.services import Service, service_state

__all__ = ["added_services", "removed_services", "seen_by_clients", "settings_changed"]

_EXTERNAL = "ExternalName"
_BALANCER = "LoadBalancer"


def removed_services(services: Sequence[Service], users: Users) -> Iterator[Change]:
    """The Services that are gone."""
    for service in services:
        named = users.of_service(service)
        yield made(
            What.SERVICE_REMOVED,
            called(service),
            "the Service is gone",
            before=service.effective_type,
            hint="move its clients to another first",
            users=named,
        )


def added_services(services: Sequence[Service]) -> Iterator[Change]:
    """The Services that are new."""
    for service in services:
        yield made(What.SERVICE_ADDED, called(service), "the Service is new", after=service.effective_type)


def seen_by_clients(pair: Pair, users: Users, cluster: Cluster) -> Iterator[Change]:
    """Everything that clients see of this Service and that is not as it was."""
    yield from _identity(pair)
    yield from _exposure(pair, cluster)
    yield from _sources(pair)
    yield from _ports(pair, users)


# --- the Service as a whole ------------------------------------------------------------------------------------


def _identity(pair: Pair) -> Iterator[Change]:
    before, after = pair.before, pair.after
    was, now = before.effective_type == _EXTERNAL, after.effective_type == _EXTERNAL
    if was or now:
        names = (before.external_name if was else None, after.external_name if now else None)
        if names[0] != names[1]:
            words = (
                f"it stood for {names[0]} and stands for {names[1]}"
                if was and now
                else f"it stands for {names[1]} now, and ports are not translated"
                if now
                else f"it no longer stands for {names[0]}"
            )
            yield made(What.EXTERNAL_NAME, pair.name, words, before=names[0], after=names[1])
    elif before.is_headless != after.is_headless:
        words = (
            "its name gives the addresses of its pods now, where clients dial the pods' own ports"
            if after.is_headless
            else "its name gives one address now, not those of its pods"
        )
        hint = "leave this Service as it is, and give the other kind a name of its own"
        yield made(What.HEADLESS, pair.name, words, before=before.is_headless, after=after.is_headless, hint=hint)


def _exposure(pair: Pair, cluster: Cluster) -> Iterator[Change]:
    before, after = pair.before, pair.after
    old, new = before.effective_type, after.effective_type
    left_out = "write the type: an update that leaves it out makes a ClusterIP Service" if not after.type else None
    if old == _BALANCER != new:
        words = f"its type was LoadBalancer and is {new}: clients of the load balancer reach nothing"
        yield made(What.BALANCER_DROPPED, pair.name, words, before=old, after=new, hint=left_out)
    elif new == _BALANCER != old:
        yield made(What.BALANCER_ADDED, pair.name, f"its type was {old} and is LoadBalancer", before=old, after=new)
    had, has = _has_node_ports(before, cluster), _has_node_ports(after, cluster)
    if had and not has:
        released = "allocateLoadBalancerNodePorts is false" if new == _BALANCER else f"its type is {new}"
        words = f"it has no node ports any more, for {released}; the cluster may give them to others at once"
        yield made(What.NODE_PORTS_DROPPED, pair.name, words, before=old, after=new, hint=left_out)
    elif has and not had:
        yield made(What.NODE_PORTS_ADDED, pair.name, "every node serves it on node ports now", before=old, after=new)
    for address in before.external_ips or ():
        if address not in (after.external_ips or ()):
            yield made(What.EXTERNAL_IP_REMOVED, pair.name, f"external IP {address} is gone", before=address)
    for address in after.external_ips or ():
        if address not in (before.external_ips or ()):
            yield made(What.EXTERNAL_IP_ADDED, pair.name, f"external IP {address} is new", after=address)


def _has_node_ports(service: Service, cluster: Cluster) -> bool:
    """Whether it has node ports, be they authored or picked."""
    state = service_state(service, cluster)
    return state.takes_node_ports and any(port.node_port or state.allocates_node_ports for port in state.ports)


def _sources(pair: Pair) -> Iterator[Change]:
    """Which clients a load balancer takes."""
    before, after = pair.before, pair.after
    if not before.effective_type == after.effective_type == _BALANCER:
        return
    old, new = _blocks(before), _blocks(after)
    was, now = (tuple(each.load_balancer_source_ranges or ()) for each in (before, after))
    if not _covered(old, new):
        words = "the load balancer refuses clients from addresses that it took"
        yield made(What.RANGES_NARROWED, pair.name, words, before=was, after=now)
    elif not _covered(new, old):
        words = "the load balancer takes clients from more addresses"
        yield made(What.RANGES_WIDENED, pair.name, words, before=was, after=now)


_EVERYWHERE = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))


def _blocks(service: Service) -> tuple[Network, ...]:
    """The blocks of addresses that it takes; none given: all."""
    found = [ipaddress.ip_network(text.strip(), strict=False) for text in service.load_balancer_source_ranges or ()]
    return tuple(found) or _EVERYWHERE


def _covered(blocks: Sequence[Network], by: Sequence[Network]) -> bool:
    """Whether every address of these blocks is in the others."""
    merged: list[Network] = [
        *ipaddress.collapse_addresses(each for each in by if isinstance(each, ipaddress.IPv4Network)),
        *ipaddress.collapse_addresses(each for each in by if isinstance(each, ipaddress.IPv6Network)),
    ]
    return all(any(each.version == other.version and _within(each, other) for other in merged) for each in blocks)


def _within(one: Network, other: Network) -> bool:
    # Both are of one version here, which the type checker cannot see.
    return other.network_address <= one.network_address and one.broadcast_address <= other.broadcast_address  # type: ignore[operator]


# --- its ports -------------------------------------------------------------------------------------------------


def _ports(pair: Pair, users: Users) -> Iterator[Change]:
    for port in pair.ports.removed:
        yield made(
            What.PORT_REMOVED,
            pair.name,
            "the port is gone",
            port=label(port),
            before=label(port),
            hint="move its clients to another port first",
            users=users.of_port(pair.before, port),
        )
    for port in pair.ports.added:
        yield made(What.PORT_ADDED, pair.name, "the port is new", port=label(port), after=label(port))
    for old, new in pair.ports.both:
        yield from _number(pair, old, new, users)
        yield from _name(pair, old, new, users)
        yield from _spoken(pair, old, new)
        yield from _node_port(pair, old, new)


def _number(pair: Pair, old: ServicePort, new: ServicePort, users: Users) -> Iterator[Change]:
    if old.port != new.port:
        yield made(
            What.PORT_NUMBER,
            pair.name,
            f"clients that dial {old.port} reach nothing: it is {new.port} now",
            port=label(old),
            before=old.port,
            after=new.port,
            hint=f"keep {old.port} beside {new.port}, under another name, until no client dials it",
            users=users.by_number(pair.before, old),
        )
    was, now = old.effective_protocol, new.effective_protocol
    if was != now:
        words = f"it was {was} and is {now}"
        yield made(What.PORT_PROTOCOL, pair.name, words, port=label(old), before=was, after=now)


def _name(pair: Pair, old: ServicePort, new: ServicePort, users: Users) -> Iterator[Change]:
    if (old.name or "") == (new.name or ""):
        return
    if not old.name:
        yield made(What.PORT_NAMED, pair.name, f"it is named {new.name} now", port=label(old), after=new.name)
        return
    named = f"named {new.name}" if new.name else "without a name"
    yield made(
        What.PORT_RENAMED,
        pair.name,
        f"it was named {old.name} and is {named}: SRV records, Ingresses and monitors do not find it",
        port=label(old),
        before=old.name,
        after=new.name or None,
        hint=f"keep the name {old.name}, or let its users know the port by number first",
        users=users.by_name(pair.before, old),
    )


def _spoken(pair: Pair, old: ServicePort, new: ServicePort) -> Iterator[Change]:
    was, now = old.app_protocol, new.app_protocol
    if was == now:
        return
    if was is None:
        words = f"its appProtocol is {new.app_protocol}; it had none"
        yield made(What.APP_PROTOCOL_ADDED, pair.name, words, port=label(old), before=was, after=now)
    else:
        words = f"its appProtocol was {old.app_protocol} and is {new.app_protocol or 'not given'}"
        yield made(What.APP_PROTOCOL, pair.name, words, port=label(old), before=was, after=now)


def _node_port(pair: Pair, old: ServicePort, new: ServicePort) -> Iterator[Change]:
    """Node ports that the author promised. Those of a Service that has none any more are told with its type."""
    if not old.node_port or old.node_port == new.node_port:
        return
    if new.node_port:
        yield made(
            What.NODE_PORT,
            pair.name,
            f"node port {old.node_port} is {new.node_port} now",
            port=label(old),
            before=old.node_port,
            after=new.node_port,
        )
    elif pair.after.effective_type in {"NodePort", _BALANCER}:
        yield made(
            What.NODE_PORT_UNPINNED,
            pair.name,
            f"node port {old.node_port} is not authored any more: an update carries it over as long as the port "
            "keeps its name, a new install gets another",
            port=label(old),
            before=old.node_port,
            hint=f"keep nodePort: {old.node_port}",
        )


_ADDRESSES: Final = ("cluster_ip", "load_balancer_ip")
_TRAFFIC: Final = (
    "session_affinity",
    "session_affinity_timeout_seconds",
    "external_traffic_policy",
    "internal_traffic_policy",
    "publish_not_ready_addresses",
    "traffic_distribution",
    "load_balancer_class",
    "health_check_node_port",
)
# What is the same as nothing: defaults, and in `cluster_ip` that it is headless, which is told elsewhere.
_NOTHING: Final = (None, "", "None", "Cluster", False, 0)


def settings_changed(pair: Pair) -> Iterator[Change]:
    """What of this is not as it was."""
    yield from _first_port(pair)
    for what, fields in ((What.ADDRESS, _ADDRESSES), (What.TRAFFIC, _TRAFFIC)):
        for field in fields:
            was, now = (_given(getattr(each, field)) for each in (pair.before, pair.after))
            if was != now and not (what is What.ADDRESS and None in {was, now}):
                row = next(each for each in Service.SPEC_WIRE if each.attribute == field)
                words = f"{'.'.join(map(str, row.path))} was {_told(was)} and is {_told(now)}"
                yield made(what, pair.name, words, before=was, after=now)


def _first_port(pair: Pair) -> Iterator[Change]:
    """Another port in the first place, of several that stay."""
    for was, now in pair.ports.both:
        if was is pair.before.ports[0] and now is not pair.after.ports[0]:
            first = label(pair.after.ports[0])
            yield made(
                What.FIRST_PORT,
                pair.name,
                f"{first} comes first now: some load balancers ask the first port whether the Service is healthy, and "
                "the variable that pods get, which ends in _SERVICE_PORT, has its number",
                port=label(was),
                before=label(was),
                after=first,
            )


def _given(value: str | int | None) -> str | int | None:
    return None if value in _NOTHING else value


def _told(value: str | int | None) -> str:
    return "not given" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
