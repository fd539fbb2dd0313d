"""Strategies for ports, and functions that make several ports consistent."""

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from portmap._kubernetes.cluster import DEFAULT_NODE_PORT_RANGE
from portmap._kubernetes.enums import DEFAULT_PROTOCOL, Protocol
from portmap._kubernetes.names import LONGEST_LABEL, LONGEST_PORT_NAME
from portmap._model.ports import ContainerPort, ServicePort
from portmap._strategies.arguments import check_flag, check_ports, choices_of, represented_by_call
from portmap._strategies.words import distinct_name, numbers_between, port_names, qualified_names, service_port_names

Target: TypeAlias = Literal["name", "number"]
"""How a Service port refers to a container port."""

TARGETS: Final[tuple[Target, ...]] = get_args(Target)
PROTOCOLS_BY_SIMPLICITY: Final[tuple[Protocol, ...]] = ("TCP", "UDP", "SCTP")
"""The protocols, with the one first that examples shrink to."""

_HOST_IPS: Final = ("127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - nothing binds to it


def _protocols(allowed: Sequence[Protocol]) -> st.SearchStrategy[Protocol | None]:
    """Return protocols. TCP may be left out, since it is the default."""
    words: list[Protocol | None] = [None, *allowed] if "TCP" in allowed else [*allowed]
    return st.sampled_from(words)


def _or_none(values: st.SearchStrategy[str], *, given: bool | None) -> st.SearchStrategy[str | None]:
    """Return values if one is required, `None` if none is allowed, or else either."""
    if given is None:
        return st.none() | values
    return values if given else st.none()


@represented_by_call
def container_ports(
    *,
    min_port: int = 1,
    max_port: int = 65535,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
    host_ports: bool | None = False,
) -> st.SearchStrategy[ContainerPort]:
    """Generate `ContainerPort` objects.

    Args:
        min_port: The lowest number.
        max_port: The highest number.
        named: Whether the port has a name; `None` for either.
        protocols: The protocols. TCP, if it is among them, may be left out of the port.
        host_ports: Whether the port has a host port; `None` for either.

    Examples shrink to `ContainerPort(80)` if the arguments allow it.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

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
        "protocol": _protocols(choices_of("protocols", protocols, PROTOCOLS_BY_SIMPLICITY)),
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


@represented_by_call
def service_ports(
    *,
    min_port: int = 1,
    max_port: int = 65535,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
    target: Target | None = None,
    node_ports: bool | None = False,
    node_port_range: range = DEFAULT_NODE_PORT_RANGE,
) -> st.SearchStrategy[ServicePort]:
    """Generate `ServicePort` objects.

    Args:
        min_port: The lowest number that clients connect to.
        max_port: The highest number.
        named: Whether the port has a name; `None` for either. A Service with several ports must name each.
        protocols: The protocols. TCP, if it is among them, may be left out of the port.
        target: `"name"` for target ports that are names, `"number"` for numbers and
            absent target ports; `None` for either.
        node_ports: Whether the port has a node port, which only Services of types NodePort
            and LoadBalancer may have; `None` for either.
        node_port_range: The range of the node ports.

    Examples shrink to `ServicePort(80)` if the arguments allow it.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

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
    allowed = choices_of("protocols", protocols, PROTOCOLS_BY_SIMPLICITY)
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


def free_number(wanted: int, taken: Collection[int], among: range) -> int | None:
    """Return the wanted number or the next free one of the range, cyclically; `None` if all are taken."""
    for step in range(len(among)):
        number = among[(wanted - among[0] + step) % len(among)]
        if number not in taken:
            return number
    return None


def consistent_service_ports(
    ports: Sequence[ServicePort],
    *,
    numbers: range,
    protocols: Sequence[Protocol],
    node_ports: range,
    forbidden: Collection[int] = (),
) -> tuple[ServicePort, ...]:
    """Return the ports with names, numbers and node ports that one Service may have.

    Of two ports in conflict the later one gets the next number, or a number appended to its name, so that nothing is
    drawn again. Ports are dropped when all numbers of all protocols are taken.
    """
    used = {protocol: set(forbidden) for protocol in PROTOCOLS_BY_SIMPLICITY}
    names: set[str] = set()
    taken: set[int] = set()
    consistent = []
    for port in ports:
        own: Protocol = port.protocol or DEFAULT_PROTOCOL
        for protocol in dict.fromkeys((own, *protocols)):
            number = free_number(port.port, used[protocol], numbers)
            if number is not None:
                break
        else:
            break
        used[protocol].add(number)
        name = port.name
        if len(ports) > 1:
            name = distinct_name(name or f"port-{number}", names, LONGEST_LABEL)
            names.add(name)
        on_node = free_number(port.node_port, taken, node_ports) if port.node_port else None
        taken |= {on_node} if on_node else set()
        kept = port.protocol if protocol == own else protocol
        consistent.append(attrs.evolve(port, port=number, name=name, node_port=on_node, protocol=kept))
    return tuple(consistent)


def consistent_container_ports(ports: Sequence[ContainerPort]) -> tuple[ContainerPort, ...]:
    """Return the ports with names that one container may have."""
    names: set[str] = set()
    consistent = []
    for port in ports:
        name = distinct_name(port.name, names, LONGEST_PORT_NAME) if port.name else None
        names |= {name} if name else set()
        consistent.append(attrs.evolve(port, name=name or port.name))
    return tuple(consistent)
