"""Pairs of Services and ports in two sets, as clients identify them.

Ports are paired by number and protocol first, because clients dial them. The remaining ports are
paired by name: their number or protocol changed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar, final

import attrs

from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service

AnyPort = TypeVar("AnyPort", bound=ServicePort | ContainerPort)


@final
@attrs.frozen
class Paired:
    """The ports of a Service before and after.

    Attributes:
        both: Ports that exist before and after.
        removed: Ports that exist only before.
        added: Ports that exist only after.
    """

    both: tuple[tuple[ServicePort, ServicePort], ...]
    removed: tuple[ServicePort, ...]
    added: tuple[ServicePort, ...]


@final
@attrs.frozen
class Pair:
    """A Service before and after.

    Attributes:
        before: The Service before.
        after: The Service after.
        ports: The ports of both.
    """

    before: Service
    after: Service
    ports: Paired

    @property
    def name(self) -> str:
        """Return the name that clients use."""
        return service_label(self.before)


def service_label(service: Service) -> str:
    """Return `shop/web`, or `web` if the namespace is unknown."""
    name = service.name or f"{service.generate_name}…"
    return f"{service.namespace}/{name}" if service.namespace else name


def port_label(port: ServicePort | ContainerPort) -> str:
    """Return `http 80/TCP`."""
    number, protocol = number_of(port), port.effective_protocol
    return f"{port.name} {number}/{protocol}" if port.name else f"{number}/{protocol}"


def number_of(port: ServicePort | ContainerPort) -> int:
    """Return the number of a Service port or container port."""
    return port.port if isinstance(port, ServicePort) else port.container_port


def paired_services(
    before: Sequence[Service], after: Sequence[Service], *, namespaces: Mapping[str, str], ignore_namespaces: bool
) -> tuple[list[Pair], list[Service], list[Service]]:
    """Return the Services in both sets, those that were removed, and those that were added.

    A Service without a namespace may be in any, and is paired with a remaining one of its name.
    """
    pairs: list[Pair] = []
    removed: list[Service] = []
    added: list[Service] = []
    old, new = _by_name(before), _by_name(after)
    for name in sorted({*old, *new}):
        rest = (old.get(name, []), new.get(name, []))
        both = match(*rest, lambda one, other: renamed_namespace(one.namespace, namespaces) == other.namespace)
        both += match(*rest, lambda one, other: ignore_namespaces or one.namespace is None or other.namespace is None)
        pairs += [Pair(one, other, paired_ports(one.ports, other.ports)) for one, other in both]
        removed += rest[0]
        added += rest[1]
    return pairs, removed, added


def renamed_namespace(namespace: str | None, namespaces: Mapping[str, str]) -> str | None:
    """Return the new name of a namespace."""
    return None if namespace is None else namespaces.get(namespace, namespace)


def _by_name(services: Sequence[Service]) -> dict[str, list[Service]]:
    """Return the Services of each name, without copies, in an order that does not depend on the input."""
    by_name: dict[str, list[Service]] = defaultdict(list)
    for service in dict.fromkeys(services):
        by_name[service.name or f"{service.generate_name}…"].append(service)
    for namesakes in by_name.values():
        namesakes.sort(key=lambda each: (each.namespace or "", repr(each)))
    return by_name


Item = TypeVar("Item")


def match(ones: list[Item], others: list[Item], is_pair: Callable[[Item, Item], bool]) -> list[tuple[Item, Item]]:
    """Remove pairs from both lists, in order, and return them."""
    both: list[tuple[Item, Item]] = []
    for one in tuple(ones):
        other = next((each for each in others if is_pair(one, each)), None)
        if other is not None:
            ones.remove(one)
            others.remove(other)
            both.append((one, other))
    return both


def paired_ports(before: Sequence[ServicePort], after: Sequence[ServicePort]) -> Paired:
    """Return the ports of one Service, paired by number and protocol, and the remaining ones by name."""
    both, removed, added = match_ports(before, after)
    return Paired(tuple(both), tuple(removed), tuple(added))


def match_ports(
    before: Sequence[AnyPort], after: Sequence[AnyPort]
) -> tuple[list[tuple[AnyPort, AnyPort]], list[AnyPort], list[AnyPort]]:
    """Return pairs of ports of either kind, removed ports, and added ports.

    A single port without a name is paired with a single port without a name.
    """
    old, new = list(before), list(after)
    both = match(old, new, lambda one, other: _dialled(one) == _dialled(other))
    only = len(before) == len(after) == 1
    both += match(old, new, lambda one, other: (one.name or "") == (other.name or "") and bool(one.name or only))
    places = {id(port): place for place, port in enumerate(before)}
    return sorted(both, key=lambda pair: places[id(pair[0])]), old, new


def _dialled(port: ServicePort | ContainerPort) -> tuple[int, str]:
    return number_of(port), port.effective_protocol


def same_numbers(*sides: Sequence[AnyPort]) -> Iterator[int]:
    """Return the numbers that more than one protocol uses, on one side or on both together."""
    protocols: dict[int, set[str]] = defaultdict(set)
    for side in sides:
        for port in side:
            protocols[number_of(port)].add(port.effective_protocol)
    return (number for number, several in sorted(protocols.items()) if len(several) > 1)
