"""How reports for people are laid out: wrapped to a terminal's width, and coloured on a terminal."""

import textwrap
from collections.abc import Sequence
from typing import Final, final

import attrs

from portmap._graph.chains import Entry, Hop
from portmap._graph.trace import Approach, Onward
from portmap._reports.printable import printable

__all__ = ["INDENT", "NARROWEST", "Paint", "approach_text", "count", "is_own_address", "onward_text", "wrapped"]

NARROWEST: Final = 20
"""No report is wrapped to less, however narrow the terminal says it is."""
INDENT: Final = "  "
_RED, _BOLD, _PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


@final
@attrs.frozen
class Paint:
    """Colours, or none."""

    on: bool

    def red(self, text: str) -> str:
        """What is wrong."""
        return f"{_RED}{text}{_PLAIN}" if self.on else text

    def bold(self, text: str) -> str:
        """What a block is about."""
        return f"{_BOLD}{text}{_PLAIN}" if self.on else text


def count(number: int, noun: str) -> str:
    """`1 port`, `2 ports`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wrapped(text: str, width: int | None, indent: str, *, hanging: int = 0) -> list[str]:
    """The text in lines of this width, words whole, each indented and all but the first some more."""
    if width is None or len(indent) + len(text) <= width:
        return [indent + text]
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


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
