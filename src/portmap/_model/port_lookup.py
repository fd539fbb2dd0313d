"""Look up a port of a Service or container, and say which ports there are if it is not one of them."""

from collections.abc import Iterable, Sequence
from typing import NoReturn, TypeAlias

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.printable import safe_repr
from portmap._model.ports import ContainerPort, ServicePort

ServicePortKey: TypeAlias = ServicePort | ContainerPort | int | str | None
"""What selects a port of a Service; a container port selects the port that leads to it."""
ContainerPortKey: TypeAlias = ContainerPort | int | str | None


def leads_to(port: ServicePort, container_port: ContainerPort) -> bool:
    """Return whether a Service port leads to a container port, by its name or number, and for its protocol."""
    return port.effective_protocol == container_port.effective_protocol and _is_target(port, container_port)


def _is_target(port: ServicePort, container_port: ContainerPort) -> bool:
    return port.effective_target_port in {container_port.name, container_port.container_port}


def positions_of(service: object, ports: Sequence[ServicePort], key: ServicePortKey) -> list[int]:
    """Return the positions of the ports that a key selects, at least one.

    Args:
        service: The Service, or its name for messages.
        ports: Its ports.
        key: A number selects the ports of several protocols that share it. `None` selects the only port.

    Raises:
        KeyError: There is no such port, or there are several and `key` is `None`.
        TypeError: The key is of another type. `True` is not a number.
    """
    wanted: object = key
    if isinstance(wanted, bool) or not isinstance(wanted, ServicePort | ContainerPort | int | str | None):
        raise TypeError(f"port must be a name, a number, a ServicePort or a ContainerPort, not {safe_repr(wanted)}")
    if wanted is None:
        found = [0] if len(ports) == 1 else []
    else:
        found = [position for position, port in enumerate(ports) if _matches(port, wanted)]
    if not found:
        raise KeyError(_no_service_port(service, ports, wanted))
    return found


def service_port(service: object, ports: Sequence[ServicePort], key: ServicePortKey) -> ServicePort:
    """Return the port that a key selects. The arguments and errors are those of `positions_of`.

    Raises:
        KeyError: Several ports match, too.
    """
    found = positions_of(service, ports, key)
    if len(found) > 1:
        matching = [ports[position] for position in found]
        shown = f"that lead to {_shown(key)}" if isinstance(key, ContainerPort) else safe_repr(key)
        _several(service, shown, (f"{port.name or 'unnamed'} {port.effective_protocol}" for port in matching))
    return ports[found[0]]


def _matches(port: ServicePort, key: object) -> bool:
    if isinstance(key, ServicePort):
        return key == port
    if isinstance(key, ContainerPort):
        return leads_to(port, key)
    return key == (port.port if isinstance(key, int) else port.name or "")


def _no_service_port(service: object, ports: Sequence[ServicePort], key: object) -> str:
    known = ", ".join(f"{port.name or 'unnamed'} {port.port}" for port in ports) or "none"
    if key is None:
        return f"which port of {service}? it has {known}"
    if isinstance(key, ServicePort):
        return f"{service} has no port {key.name or 'unnamed'} {key.port}: it has {known}"
    if isinstance(key, ContainerPort):
        other = next((port for port in ports if _is_target(port, key)), None)
        hint = f"; {other.name or other.port} leads there for {other.effective_protocol}" if other else ""
        return f"{service} has no port that leads to {_shown(key)}/{key.effective_protocol}: it has {known}{hint}"
    text = "port without a name" if key == "" else f"port {safe_repr(key)}"
    return f"{service} has no {text}: it has {known}{_near_service_port(ports, key)}"


def _near_service_port(ports: Sequence[ServicePort], key: object) -> str:
    for port in ports:
        if key == str(port.port):
            return f"; {key!r} is a name, and the number is written {key}"
        if key and key in {port.target_port, port.node_port}:
            what = "target port" if key == port.target_port else "node port"
            return f"; {key} is the {what} of {port.name or port.port}"
    return _did_you_mean(key, (port.name for port in ports))


def container_port(owner: object, ports: Iterable[ContainerPort], key: ContainerPortKey) -> ContainerPort:
    """Return the container port that a key selects.

    Args:
        owner: The container, pod or workload, for messages.
        ports: The ports that it declares.
        key: `None` selects the only port.

    Raises:
        KeyError: There is no such port, or there are several.
        TypeError: The key is of another type. `True` is not a number.
    """
    wanted: object = key
    if isinstance(wanted, bool) or not isinstance(wanted, ContainerPort | int | str | None):
        raise TypeError(f"port must be a name, a number or a ContainerPort, not {safe_repr(wanted)}")
    # Copies of one declaration, in several containers, are one port.
    declared = list(dict.fromkeys(ports))
    found = [port for port in declared if wanted is None or _has_key(port, wanted)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(_shown(port) for port in declared) or "none"
    if wanted is None:
        raise KeyError(f"which port of {owner}? it declares {known}")
    shown = _shown(wanted) if isinstance(wanted, ContainerPort) else safe_repr(wanted)
    if found:
        _several(owner, shown, (f"{_shown(port)}/{port.effective_protocol}" for port in found))
    hint = _did_you_mean(wanted, (port.name for port in declared))
    if any(wanted == str(port.container_port) for port in declared):
        hint = f"; {wanted!r} is a name, and the number is written {wanted}"
    raise KeyError(f"{owner} declares no port {shown}: it declares {known}{hint}")


def _has_key(port: ContainerPort, key: object) -> bool:
    if isinstance(key, ContainerPort):
        return key == port
    return key == (port.container_port if isinstance(key, int) else port.name or "")


def _shown(port: ContainerPort) -> str:
    return f"{port.name} {port.container_port}" if port.name else str(port.container_port)


def _several(owner: object, shown: str, matching: Iterable[str]) -> NoReturn:
    raise KeyError(f"{owner} has several ports {shown}: {', '.join(matching)}; give the object of one")


def _did_you_mean(key: object, names: Iterable[str | None]) -> str:
    guess = nearest(key, (name for name in names if name)) if isinstance(key, str) else None
    return f"; did you mean {guess!r}?" if guess else ""
