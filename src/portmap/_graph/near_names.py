"""What to report when a user names a Service, workload or port that does not exist, with the nearest name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from portmap._graph.items import UnknownObject
from portmap._graph.object_name import ObjectName
from portmap._graph.target_syntax import ObjectTarget, is_kind
from portmap._graph.targets import ContainerTarget
from portmap._kubernetes.did_you_mean import nearest
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

_FoundT = TypeVar("_FoundT")


def no_service(
    target: ObjectTarget, unknown: Iterable[UnknownObject], workload: ObjectName | None, names: Iterable[str]
) -> str:
    """Return the message for a Service that does not exist.

    Args:
        target: The object that the user names.
        unknown: The invalid objects of the set; one may have the name.
        workload: A workload of that name.
        names: The names of Services.
    """
    invalid = _named(unknown, target.name, "Service")
    if invalid is not None:
        return _why_invalid(invalid)
    guess = nearest(target.name, names)
    hint = f"; did you mean {guess!r}?" if guess else ""
    if workload is not None and not guess:
        hint = f"; there is a {workload.kind}: write '{workload.kind.lower()}/{workload.name}'"
    return f"there is no Service {target.name!r}{hint}"


def no_workload(
    target: ObjectTarget, unknown: Iterable[UnknownObject], other_kind: ObjectName | None, names: Iterable[str]
) -> str:
    """Return the message for a workload that does not exist.

    Args:
        target: The object that the user names.
        unknown: The invalid objects of the set; one may have the name.
        other_kind: A workload of that name and another kind.
        names: The names of workloads of the kind.
    """
    invalid = _named(unknown, target.name, target.kind)
    if invalid is not None:
        return _why_invalid(invalid)
    guess = nearest(target.name, names)
    hint = (
        f"; there is a {other_kind.kind} of that name" if other_kind else f"; did you mean {guess!r}?" if guess else ""
    )
    return f"there is no {target.kind or 'workload'} {target.name!r}{hint}"


def no_containers(service: Service) -> str:
    """Return the message for a Service that is named with a container."""
    return f"{service} has no containers: write one port after its name, by name or number"


def no_container_port(workload: Workload, wanted: str, targets: Iterable[ContainerTarget]) -> str:
    """Return the message for a port or container that a workload does not have."""
    declared = list(targets)
    known = ", ".join(
        f"{target.container} {f'{target.name} ' if target.name else ''}{target.port}" for target in declared
    )
    guess = nearest(wanted, (target.name for target in declared if target.name))
    hint = f"; did you mean {guess!r}?" if guess else ""
    return f"{workload} has no port or container {wanted!r}: it has {known or 'none'}{hint}"


def no_port(service: Service, port: str | None, reached: Sequence[Sequence[ContainerTarget]]) -> str:
    """Return the message for a port that a Service does not have, or that is left out.

    Args:
        service: The Service.
        port: The name or number that the user writes.
        reached: For each port of the Service, the container ports that it reaches.
    """
    question = f"which port of {service}?" if port is None else f"{service} has no port {port!r}:"
    return f"{question} it has {_ports_of(service)}{_near_port(service.ports, port, reached)}"


def no_position(
    service: Service, port: ServicePort | int | str | None, reached: Sequence[Sequence[ContainerTarget]]
) -> str:
    """Return the message for a port that a Service does not have, where a number is a position."""
    is_number = any(str(port) == str(own.port) for own in service.ports)
    hint = f"; for the port of that number, write '{service.name}:{port}'" if is_number else ""
    if isinstance(port, ServicePort):
        return f"{service} has no port equal to {port!r}: it has {_ports_of(service)}"
    if isinstance(port, int):
        return f"{service} has no port at position {port}, counted from 0: it has {_ports_of(service)}{hint}"
    if port == "":
        return f"{service} has no port without a name: it has {_ports_of(service)}"
    return f"{no_port(service, port, reached)}{hint}"


def _ports_of(service: Service) -> str:
    return ", ".join(f"{port.name or 'unnamed'} {port.port}" for port in service.ports) or "none"


def _near_port(ports: Sequence[ServicePort], port: str | None, reached: Sequence[Sequence[ContainerTarget]]) -> str:
    for own, targets in zip(ports if port else (), reached, strict=False):
        shown = f"{own.name or own.port}"
        if port == str(own.effective_target_port):
            return f"; {port} is the target port of {shown}"
        if any(port in {str(target.port), target.name} for target in targets):
            return f"; {port} is the container port of {shown}"
        if port == str(own.node_port):
            return f"; {port} is the node port of {shown}"
    guess = nearest(port, (own.name for own in ports if own.name)) if port else None
    return f"; did you mean {guess!r}?" if guess else ""


def _why_invalid(unknown: UnknownObject) -> str:
    first = unknown.violations[0]
    return f"{unknown.name} is invalid: {f'{first.field}: ' if first.field else ''}{first.message}"


def _named(unknown: Iterable[UnknownObject], name: str, kind: str) -> UnknownObject | None:
    return next((each for each in unknown if each.name.name == name and is_kind(kind, each.name.kind)), None)


def in_one_namespace(found: Mapping[str | None, _FoundT], what: str, namespace: str | None) -> _FoundT:
    """Return what the namespace has.

    Args:
        found: The matches, by namespace.
        what: A description for the message.
        namespace: The namespace; `None` if the user names none.

    Raises:
        KeyError: The namespace has none, or the user names no namespace and several have one.
    """
    if namespace in found:
        return found[namespace]
    namespaces = ", ".join(sorted(each or "(none)" for each in found))
    if namespace is not None:
        if None in found:
            return found[None]
        raise KeyError(f"there is no {what} in namespace {namespace}; it is in {namespaces}")
    if len(found) > 1:
        raise KeyError(f"which {what}? It is in namespaces {namespaces}")
    return next(iter(found.values()))
