"""What clients see of a Service: its kind, its exposure, its ports; and settings that they do not see.

Nothing here looks at pods. Values of the manifest are compared if they are a promise of the author,
such as node ports; effective values if a default is a promise, too.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Final

from portmap._apiserver.service_schema import SPEC_FIELDS_BUT_PORTS
from portmap._contract.changes import Change, Codes
from portmap._contract.pairing import Pair, port_label, service_label
from portmap._contract.references import References
from portmap._kubernetes.addresses import Network, is_within
from portmap._kubernetes.cluster import Cluster
from portmap._model.ports import ServicePort
from portmap._model.services import Service, service_state


def removed_services(services: Sequence[Service], references: References) -> Iterator[Change]:
    """Yield changes for Services that were removed."""
    for service in services:
        yield Codes.SERVICE_REMOVED.change(
            service_label(service),
            "the Service was removed",
            before=service.effective_type,
            hint="move its clients to another Service first",
            users=references.to_service(service),
        )


def added_services(services: Sequence[Service]) -> Iterator[Change]:
    """Yield changes for Services that were added."""
    for service in services:
        yield Codes.SERVICE_ADDED.change(service_label(service), "the Service was added", after=service.effective_type)


def seen_by_clients(
    pair: Pair, references: References, cluster: Cluster, node_ports: tuple[bool, bool] | None = None
) -> Iterator[Change]:
    """Yield the changes of a Service that clients see.

    `node_ports` is whether the live Service has node ports before and after; `None` if that is unknown.
    """
    yield from _identity(pair)
    expected = (_has_node_ports(pair.before, cluster), _has_node_ports(pair.after, cluster))
    yield from _exposure(pair, node_ports or expected)
    yield from _sources(pair)
    yield from _ports(pair, references)


# --- the Service as a whole ------------------------------------------------------------------------------------


def _identity(pair: Pair) -> Iterator[Change]:
    before, after = pair.before, pair.after
    was, now = before.effective_type == "ExternalName", after.effective_type == "ExternalName"
    if was or now:
        names = (before.external_name if was else None, after.external_name if now else None)
        if names[0] != names[1]:
            words = (
                f"its external name was {names[0]} and is {names[1]}"
                if was and now
                else f"it became an ExternalName Service for {names[1]}, which does not translate ports"
                if now
                else f"it is no longer an ExternalName Service for {names[0]}"
            )
            yield Codes.EXTERNAL_NAME.change(pair.name, words, before=names[0], after=names[1])
    elif before.is_headless != after.is_headless:
        words = (
            "its DNS name now resolves to its pods, whose own ports clients must dial"
            if after.is_headless
            else "its DNS name now resolves to one address, not to its pods"
        )
        hint = "keep this Service, and create one of the other kind under another name"
        yield Codes.HEADLESS.change(pair.name, words, before=before.is_headless, after=after.is_headless, hint=hint)


def _exposure(pair: Pair, node_ports: tuple[bool, bool]) -> Iterator[Change]:
    before, after = pair.before, pair.after
    old, new = before.effective_type, after.effective_type
    hint = "set the type: an update without it makes a ClusterIP Service" if not after.type else None
    if old == "LoadBalancer" != new:
        words = f"its type was LoadBalancer and is {new}: clients of the load balancer reach nothing"
        yield Codes.BALANCER_DROPPED.change(pair.name, words, before=old, after=new, hint=hint)
    elif new == "LoadBalancer" != old:
        yield Codes.BALANCER_ADDED.change(pair.name, f"its type was {old} and is LoadBalancer", before=old, after=new)
    had, has = node_ports
    if had and not has:
        reason = "allocateLoadBalancerNodePorts is false" if new == "LoadBalancer" else f"its type is {new}"
        words = f"it no longer has node ports, because {reason}; the cluster may assign them to others at once"
        yield Codes.NODE_PORTS_DROPPED.change(pair.name, words, before=old, after=new, hint=hint)
    elif has and not had:
        yield Codes.NODE_PORTS_ADDED.change(pair.name, "every node now serves it on node ports", before=old, after=new)
    for address in before.external_ips or ():
        if address not in (after.external_ips or ()):
            yield Codes.EXTERNAL_IP_REMOVED.change(pair.name, f"external IP {address} was removed", before=address)
    for address in after.external_ips or ():
        if address not in (before.external_ips or ()):
            yield Codes.EXTERNAL_IP_ADDED.change(pair.name, f"external IP {address} was added", after=address)


def _has_node_ports(service: Service, cluster: Cluster) -> bool:
    """Return whether a Service has node ports, set in the manifest or picked by the cluster."""
    state = service_state(service, cluster)
    return state.takes_node_ports and any(port.node_port or state.allocates_node_ports for port in state.ports)


def _sources(pair: Pair) -> Iterator[Change]:
    """Yield changes of the clients that a load balancer accepts."""
    before, after = pair.before, pair.after
    if not before.effective_type == after.effective_type == "LoadBalancer":
        return
    old, new = _blocks(before), _blocks(after)
    was, now = (tuple(each.load_balancer_source_ranges or ()) for each in (before, after))
    if not _covered(old, new):
        words = "the load balancer refuses clients from addresses that it accepted"
        yield Codes.RANGES_NARROWED.change(pair.name, words, before=was, after=now)
    elif not _covered(new, old):
        words = "the load balancer accepts clients from more addresses"
        yield Codes.RANGES_WIDENED.change(pair.name, words, before=was, after=now)


_EVERYWHERE = (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))


def _blocks(service: Service) -> tuple[Network, ...]:
    """Return the address blocks that a load balancer accepts; without any, all addresses."""
    ranges = service.load_balancer_source_ranges or ()
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in ranges) or _EVERYWHERE


def _covered(blocks: Sequence[Network], by: Sequence[Network]) -> bool:
    """Return whether every address of these blocks is in the others."""
    merged: list[Network] = [
        *ipaddress.collapse_addresses(each for each in by if isinstance(each, ipaddress.IPv4Network)),
        *ipaddress.collapse_addresses(each for each in by if isinstance(each, ipaddress.IPv6Network)),
    ]
    return all(any(is_within(each, other) for other in merged) for each in blocks)


# --- its ports -------------------------------------------------------------------------------------------------


def _ports(pair: Pair, references: References) -> Iterator[Change]:
    for port in pair.ports.removed:
        yield Codes.PORT_REMOVED.change(
            pair.name,
            "the port was removed",
            port=port_label(port),
            before=port_label(port),
            hint="move its clients to another port first",
            users=references.to_port(pair.before, port),
        )
    for port in pair.ports.added:
        yield Codes.PORT_ADDED.change(pair.name, "the port was added", port=port_label(port), after=port_label(port))
    for old, new in pair.ports.both:
        yield from _number(pair, old, new, references)
        yield from _name(pair, old, new, references)
        yield from _app_protocol(pair, old, new)
        yield from _node_port(pair, old, new)


def _number(pair: Pair, old: ServicePort, new: ServicePort, references: References) -> Iterator[Change]:
    if old.port != new.port:
        yield Codes.PORT_NUMBER.change(
            pair.name,
            f"clients that dial {old.port} reach nothing: the number is now {new.port}",
            port=port_label(old),
            before=old.port,
            after=new.port,
            hint=f"keep {old.port} beside {new.port}, under another name, until no client dials it",
            users=references.by_number(pair.before, old),
        )
    was, now = old.effective_protocol, new.effective_protocol
    if was != now:
        words = f"its protocol was {was} and is {now}"
        yield Codes.PORT_PROTOCOL.change(pair.name, words, port=port_label(old), before=was, after=now)


def _name(pair: Pair, old: ServicePort, new: ServicePort, references: References) -> Iterator[Change]:
    if (old.name or "") == (new.name or ""):
        return
    if not old.name:
        yield Codes.PORT_NAMED.change(pair.name, f"its name is now {new.name}", port=port_label(old), after=new.name)
        return
    yield Codes.PORT_RENAMED.change(
        pair.name,
        f"its name was {old.name} and is {new.name or 'not set'}: SRV records, Ingresses and monitors do not find it",
        port=port_label(old),
        before=old.name,
        after=new.name or None,
        hint=f"keep the name {old.name}, or let its users refer to the port by number first",
        users=references.by_name(pair.before, old),
    )


def _app_protocol(pair: Pair, old: ServicePort, new: ServicePort) -> Iterator[Change]:
    was, now = old.app_protocol, new.app_protocol
    if was == now:
        return
    if was is None:
        words = f"its appProtocol is {new.app_protocol}; it had none"
        yield Codes.APP_PROTOCOL_ADDED.change(pair.name, words, port=port_label(old), before=was, after=now)
    else:
        words = f"its appProtocol was {old.app_protocol} and is {new.app_protocol or 'not set'}"
        yield Codes.APP_PROTOCOL.change(pair.name, words, port=port_label(old), before=was, after=now)


def _node_port(pair: Pair, old: ServicePort, new: ServicePort) -> Iterator[Change]:
    """Yield changes of node ports in the manifest, unless the Service no longer has any."""
    if not old.node_port or old.node_port == new.node_port:
        return
    if new.node_port:
        yield Codes.NODE_PORT.change(
            pair.name,
            f"node port {old.node_port} is now {new.node_port}",
            port=port_label(old),
            before=old.node_port,
            after=new.node_port,
        )
    elif pair.after.effective_type in {"NodePort", "LoadBalancer"}:
        yield Codes.NODE_PORT_UNPINNED.change(
            pair.name,
            f"node port {old.node_port} is no longer in the manifest: an update keeps it while the port keeps its "
            "name, a new install gets another",
            port=port_label(old),
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
# Values that are the same as none: defaults, and the headless `cluster_ip`, which has a code of its own.
_UNSET: Final = (None, "", "None", "Cluster", False, 0)


def settings_changed(pair: Pair) -> Iterator[Change]:
    """Yield changes of addresses and of the distribution of traffic."""
    yield from _first_port(pair)
    for code, fields in ((Codes.ADDRESS, _ADDRESSES), (Codes.TRAFFIC, _TRAFFIC)):
        for field in fields:
            was, now = (_set_value(getattr(each, field)) for each in (pair.before, pair.after))
            if was != now and not (code is Codes.ADDRESS and None in {was, now}):
                path = SPEC_FIELDS_BUT_PORTS.field(field).path
                words = f"{'.'.join(path)} was {_shown(was)} and is {_shown(now)}"
                yield code.change(pair.name, words, before=was, after=now)


def _first_port(pair: Pair) -> Iterator[Change]:
    """Yield a change if another of several ports is first."""
    for was, now in pair.ports.both:
        if was is pair.before.ports[0] and now is not pair.after.ports[0]:
            first = port_label(pair.after.ports[0])
            yield Codes.FIRST_PORT.change(
                pair.name,
                f"{first} is first now: some load balancers probe the first port, and the environment variable of "
                "pods that ends in _SERVICE_PORT has its number",
                port=port_label(was),
                before=port_label(was),
                after=first,
            )


def _set_value(value: str | int | None) -> str | int | None:
    return None if value in _UNSET else value


def _shown(value: str | int | None) -> str:
    return "not set" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
