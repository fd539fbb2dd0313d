"""The steps of chains in words for people: `node port 30080`, `Ingress shop/front shop.example/`."""

from collections.abc import Sequence
from typing import Final

from portmap._graph.chains import Entry, Hop
from portmap._graph.trace import Approach, Onward
from portmap._reports.printable import printable

__all__ = ["approach_text", "is_own_address", "onward_text"]

# Where the object itself does not tell what the step is.
_WORDS: Final[dict[Entry, str]] = {
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
_OWN_ADDRESS: Final = frozenset({"cluster-ip", "headless"})


def is_own_address(approach: Approach) -> bool:
    """Whether this is the address or name that every Service has, and no more."""
    return approach.entry in _OWN_ADDRESS


def approach_text(approach: Approach) -> str:
    """A way in, from the outside: `node port 30080 → Service shop/web 80`."""
    word, hops = _WORDS.get(approach.entry, ""), approach.hops
    if is_own_address(approach) or not hops:
        return printable(" → ".join([word, *map(str, hops)]))
    first, *rest = hops
    return printable(" → ".join([f"{word} {_outermost(approach.entry, first)}".strip(), *map(str, rest)]))


def _outermost(entry: Entry, hop: Hop) -> str:
    """The first step. Whose node port or load balancer it is, the next step says."""
    if entry == "node-port":
        return "picked by the cluster" if hop.port is None else f"{hop.port}"
    if entry in {"external-ip", "load-balancer"}:
        # A load balancer has no address before the cloud gives it one.
        return hop.address or ""
    if entry == "host-port":
        return f"{hop.port} of {hop.address}" if hop.address else f"{hop.port}"
    return str(hop)


def onward_text(onward: Onward, places: Sequence[str] = ()) -> str:
    """A way on: `Service shop/web 80 → Deployment shop/web app 8080/TCP`, or why there is none."""
    last = onward.stops or "" if onward.end is None else str(onward.end)
    return printable(" → ".join([*map(str, onward.hops), " ".join([last, *places])]))
