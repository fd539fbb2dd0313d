"""Which Service of one set is which of the other, and which port which: by what clients call them.

A port is first of all a number and a protocol, for that is what clients dial. What is
left then is paired by name: those ports changed their number or protocol.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar, final

import attrs

from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service

__all__ = ["Pair", "Paired", "called", "label", "mapped", "match_ports", "number_of", "paired_services", "same_numbers"]

AnyPort = TypeVar("AnyPort", bound=ServicePort | ContainerPort)


@final
@attrs.frozen
class Paired:
    """The ports of a Service before and after.

    Attributes:
        both: Those that are in both.
        removed: Those that are gone.
        added: Those that are new.
    """

    both: tuple[tuple[ServicePort, ServicePort], ...]
    removed: tuple[ServicePort, ...]
    added: tuple[ServicePort, ...]


@final
@attrs.frozen
class Pair:
    """A Service before and after.

    Attributes:
        before: As it was.
        after: As it is.
        ports: Their ports, paired.
    """

    before: Service
    after: Service
    ports: Paired

    @property
    def name(self) -> str:
        """What clients call it."""
        return called(self.before)


def called(service: Service) -> str:
    """What a Service is called: `shop/web`, or `web` where its namespace is not known."""
    name = service.name or f"{service.generate_name}…"
    return f"{service.namespace}/{name}" if service.namespace else name


def label(port: ServicePort | ContainerPort) -> str:
    """What a port is called: `http 80/TCP`."""
    number, protocol = number_of(port), port.effective_protocol
    return f"{port.name} {number}/{protocol}" if port.name else f"{number}/{protocol}"


def number_of(port: ServicePort | ContainerPort) -> int:
    """The number of a port of either kind."""
    return port.port if isinstance(port, ServicePort) else port.container_port


def paired_services(
    before: Sequence[Service],
    after: Sequence[Service],
    *,
    namespaces: Mapping[str, str],
    ignore_namespaces: bool,
) -> tuple[list[Pair], list[Service], list[Service]]:
    """The Services that are in both sets, those that are gone and those that are new.

    A Service without a namespace may be in any, and is paired with what is left of its name.
    """
    pairs: list[Pair] = []
    gone: list[Service] = []
    new: list[Service] = []
    old, now = _by_name(before), _by_name(after)
    for name in sorted({*old, *now}):
        rest = (old.get(name, []), now.get(name, []))
        both = _match(*rest, lambda one, other: mapped(one.namespace, namespaces) == other.namespace)
        both += _match(*rest, lambda one, other: ignore_namespaces or one.namespace is None or other.namespace is None)
        pairs += [Pair(one, other, paired_ports(one.ports, other.ports)) for one, other in both]
        gone += rest[0]
        new += rest[1]
    return pairs, gone, new


def mapped(namespace: str | None, namespaces: Mapping[str, str]) -> str | None:
    """What a namespace is called afterwards."""
    return None if namespace is None else namespaces.get(namespace, namespace)


def _by_name(services: Sequence[Service]) -> dict[str, list[Service]]:
    """The Services of each name, in an order that does not depend on that of the input; copies count once."""
    found: dict[str, list[Service]] = defaultdict(list)
    for service in dict.fromkeys(services):
        found[service.name or f"{service.generate_name}…"].append(service)
    for same in found.values():
        same.sort(key=lambda each: (each.namespace or "", repr(each)))
    return found


Item = TypeVar("Item")


def _match(ones: list[Item], others: list[Item], fits: Callable[[Item, Item], bool]) -> list[tuple[Item, Item]]:
    """Takes pairs that fit out of both lists, in order."""
    both: list[tuple[Item, Item]] = []
    for one in tuple(ones):
        other = next((each for each in others if fits(one, each)), None)
        if other is not None:
            ones.remove(one)
            others.remove(other)
            both.append((one, other))
    return both


def paired_ports(before: Sequence[ServicePort], after: Sequence[ServicePort]) -> Paired:
    """The ports of one Service, paired by number and protocol, and what is left by name."""
    both, removed, added = match_ports(before, after)
    return Paired(tuple(both), tuple(removed), tuple(added))


def match_ports(
    before: Sequence[AnyPort], after: Sequence[AnyPort]
) -> tuple[list[tuple[AnyPort, AnyPort]], list[AnyPort], list[AnyPort]]:
    """The same for ports of either kind. An only port that has no name is its own name."""
    old, new = list(before), list(after)
    both = _match(old, new, lambda one, other: _dialled(one) == _dialled(other))
    only = len(before) == len(after) == 1
    both += _match(old, new, lambda one, other: (one.name or "") == (other.name or "") and bool(one.name or only))
    places = {id(port): place for place, port in enumerate(before)}
    return sorted(both, key=lambda pair: places[id(pair[0])]), old, new


def _dialled(port: ServicePort | ContainerPort) -> tuple[int, str]:
    return number_of(port), port.effective_protocol


def same_numbers(*sides: Sequence[AnyPort]) -> Iterator[int]:
    """The numbers that more than one protocol has, on either side or on both together."""
    protocols: dict[int, set[str]] = defaultdict(set)
    for side in sides:
        for port in side:
            protocols[number_of(port)].add(port.effective_protocol)
    return (number for number, several in sorted(protocols.items()) if len(several) > 1)
