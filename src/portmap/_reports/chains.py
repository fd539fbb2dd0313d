"""Chains as text: the hops before and after a port, on one line each."""

from collections.abc import Mapping, Sequence
from typing import Final

from portmap._graph.chains import Entry, Hop
from portmap._graph.trace import Approach, Onward
from portmap._kubernetes.printable import printable

# Entries that the first hop does not name.
_NAMES: Final[Mapping[Entry, str]] = {
    "cluster-ip": "cluster IP",
    "conversion": "conversion webhook of",
    "external-ip": "external IP",
    "headless": "DNS name",
    "hook": "hook of",
    "host-port": "host port",
    "load-balancer": "load balancer",
    "mirror": "mirrored by",
    "node-port": "node port",
    "probe": "probe of",
}


def is_own_address(approach: Approach) -> bool:
    """Return whether this is the address or DNS name that every Service has."""
    return approach.entry in {"cluster-ip", "headless"}


def approach_text(approach: Approach) -> str:
    """Return the hops before a port: `node port 30080 → Service shop/web 80`."""
    name, hops = _NAMES.get(approach.entry, ""), approach.hops
    if is_own_address(approach) or not hops:
        return printable(" → ".join([name, *map(str, hops)]))
    first, *rest = hops
    return printable(" → ".join([f"{name} {_first_hop(approach.entry, first)}".strip(), *map(str, rest)]))


def _first_hop(entry: Entry, hop: Hop) -> str:
    """Return the first hop without its object, if the next hop names it."""
    if entry == "node-port":
        return "picked by the cluster" if hop.port is None else f"{hop.port}"
    if entry in {"external-ip", "load-balancer"}:
        # A load balancer has no address until the cloud provider assigns one.
        return hop.address or ""
    if entry == "host-port":
        return f"{hop.port} of {hop.address}" if hop.address else f"{hop.port}"
    return str(hop)


def onward_text(onward: Onward, places: Sequence[str] = ()) -> str:
    """Return the hops after a port and their end, or the reason why there is none.

    Such as `Service shop/web 80 → Deployment shop/web app 8080/TCP`.
    """
    last = onward.stops or "" if onward.end is None else str(onward.end)
    return printable(" → ".join([*map(str, onward.hops), " ".join([last, *places])]))
