"""Ports, one by one, and made to agree with each other where several stand together."""

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from portmap._kubernetes.cluster import DEFAULT_NODE_PORT_RANGE
from portmap._kubernetes.enums import DEFAULT_PROTOCOL, Protocol
from portmap._kubernetes.names import LONGEST_LABEL, LONGEST_PORT_NAME
from portmap._model.ports import ContainerPort, ServicePort
from portmap._strategies.arguments import check_flag, check_ports, chosen, shown_as_called
from portmap._strategies.words import (
    numbers_between,
    port_names,
    qualified_names,
    service_port_names,
    told_apart,
)

__all__ = [
    "PROTOCOL_WORDS",
    "TARGETS",
    "Target",
    "agreeing_container_ports",
    "agreeing_service_ports",
    "container_ports",
    "free_number",
    "service_ports",
]

Target: TypeAlias = Literal["name", "number"]
"""How a Service port says where it leads."""

TARGETS: Final[tuple[Target, ...]] = get_args(Target)
PROTOCOL_WORDS: Final[tuple[Protocol, ...]] = ("TCP", "UDP", "SCTP")
"""The protocols, the one that examples shrink to first."""

_HOST_IPS: Final = ("127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - nothing is bound to it


def _protocols(allowed: Sequence[Protocol]) -> st.SearchStrategy[Protocol | None]:
    """Protocols; TCP may also be left out, which means the same."""
    words: list[Protocol | None] = [None, *allowed] if "TCP" in allowed else [*allowed]
    return st.sampled_from(words)


def _or_none(values: st.SearchStrategy[str], *, given: bool | None) -> st.SearchStrategy[str | None]:
    """Values where there must be one, `None` where there must be none, or either."""
    if given is None:
        return st.none() | values
    return values if given else st.none()


@shown_as_called
def container_ports(
    *,
    min_port: int = 1,
    max_port: int = 65535,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOL_WORDS,
    host_ports: bool | None = False,
) -> st.SearchStrategy[ContainerPort]:
    """Generate `ContainerPort` objects.

    Args:
        min_port: The lowest number on which the container may listen.
        max_port: The highest.
        named: Whether the port has a name; `None` for either.
        protocols: The protocols that it may speak. Where TCP is among them, it may be left out too.
        host_ports: Whether it takes a port of the node; `None` for either.

    Examples shrink to `ContainerPort(80)`, if that is allowed.

    Raises:
        InvalidArgument: An argument is no such thing, or the bounds leave nothing.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import container_ports
        >>> find(container_ports(min_port=1024), lambda port: True)
        ContainerPort(8080)
    """
    check_ports(min_port, max_port)
    check_flag("named", named)
    check_flag("host_ports", host_ports)
    plain = {
        "name": _or_none(port_names, given=named),
        "protocol": _protocols(chosen("protocols", protocols, PROTOCOL_WORDS)),
    }
    numbers = numbers_between(min_port, max_port)
    on_the_host = st.builds(
        ContainerPort,
        numbers,
        host_port=numbers_between(1, 65535),
        host_ip=st.none() | st.sampled_from(_HOST_IPS),
        **plain,
    )
    off_the_host = st.builds(ContainerPort, numbers, host_port=st.none(), host_ip=st.none(), **plain)
    return on_the_host if host_ports else off_the_host if host_ports is False else off_the_host | on_the_host


@shown_as_called
def service_ports(
    *,
    min_port: int = 1,
    max_port: int = 65535,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOL_WORDS,
    target: Target | None = None,
    node_ports: bool | None = False,
    node_port_range: range = DEFAULT_NODE_PORT_RANGE,
) -> st.SearchStrategy[ServicePort]:
    """Generate `ServicePort` objects.

    Args:
        min_port: The lowest number that clients may dial.
        max_port: The highest.
        named: Whether the port has a name; `None` for either. A Service with several
            ports must name each.
        protocols: The protocols that it may speak. Where TCP is among them, it may be left out too.
        target: `"name"` if it leads to a container port by its name, `"number"` if by
            its number, which may be left out where it is that of the port itself;
            `None` for either.
        node_ports: Whether it has a node port, which only Services of types NodePort
            and LoadBalancer may have; `None` for either.
        node_port_range: From which numbers.

    Examples shrink to `ServicePort(80)`, if that is allowed.

    Raises:
        InvalidArgument: An argument is no such thing, or the bounds leave nothing.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import service_ports
        >>> find(service_ports(target="name"), lambda port: True).target_port
        'http'
    """
    check_ports(min_port, max_port)
    check_flag("named", named)
    check_flag("node_ports", node_ports)
    _check_target(target)
    allowed = chosen("protocols", protocols, PROTOCOL_WORDS)
    given: object = node_port_range
    if not isinstance(given, range) or not given or given.step != 1:
        raise InvalidArgument(f"node_port_range={given!r} must be a range of ports, such as range(30000, 32768)")
    check_ports(given[0], given[-1], ("the first of node_port_range", "the last of node_port_range"))
    by_number: st.SearchStrategy[int | str | None] = st.none() | numbers_between(1, 65535)
    targets = port_names if target == "name" else by_number if target == "number" else by_number | port_names
    numbers = st.integers(given[0], given[-1])
    return st.builds(
        ServicePort,
        numbers_between(min_port, max_port),
        name=_or_none(service_port_names, given=named),
        protocol=_protocols(allowed),
        app_protocol=st.none() | qualified_names,
        target_port=targets,
        node_port=numbers if node_ports else st.none() if node_ports is False else st.none() | numbers,
        unmodelled=st.none(),
    )


def _check_target(target: object) -> None:
    if target is not None and target not in TARGETS:
        raise InvalidArgument(f"target={target!r} must be 'name', 'number', or None for either")


# --- several together ------------------------------------------------------------------------------------------


def free_number(wanted: int, taken: Collection[int], among: range) -> int | None:
    """The number, or if it is taken the next free one of the range, from its start again after its end; or `None`."""
    for step in range(len(among)):
        number = among[(wanted - among[0] + step) % len(among)]
        if number not in taken:
            return number
    return None


def agreeing_service_ports(
    ports: Sequence[ServicePort],
    *,
    numbers: range,
    protocols: Sequence[Protocol],
    node_ports: range,
    forbidden: Collection[int] = (),
) -> tuple[ServicePort, ...]:
    """The same ports with names, numbers and node ports that one Service may have.

    Where two would clash, the later one gets the next number, or a number behind its
    name: nothing needs to be drawn again. Where all numbers of all protocols are in use,
    what is left is dropped.
    """
    dialled = {protocol: set(forbidden) for protocol in PROTOCOL_WORDS}
    names: set[str] = set()
    taken: set[int] = set()
    agreeing = []
    for port in ports:
        own: Protocol = port.protocol or DEFAULT_PROTOCOL
        for protocol in dict.fromkeys((own, *protocols)):
            number = free_number(port.port, dialled[protocol], numbers)
            if number is not None:
                break
        else:
            break
        dialled[protocol].add(number)
        name = port.name
        if len(ports) > 1:
            name = told_apart(name or f"port-{number}", names, LONGEST_LABEL)
            names.add(name)
        on_node = free_number(port.node_port, taken, node_ports) if port.node_port else None
        taken |= {on_node} if on_node else set()
        spoken = port.protocol if protocol == own else protocol
        agreeing.append(attrs.evolve(port, port=number, name=name, node_port=on_node, protocol=spoken))
    return tuple(agreeing)


def agreeing_container_ports(ports: Sequence[ContainerPort]) -> tuple[ContainerPort, ...]:
    """The same ports with names that one container may have."""
    names: set[str] = set()
    agreeing = []
    for port in ports:
        if port.name:
            port = attrs.evolve(port, name=told_apart(port.name, names, LONGEST_PORT_NAME))  # noqa: PLW2901 - the same one
            names.add(port.name or "")
        agreeing.append(port)
    return tuple(agreeing)
