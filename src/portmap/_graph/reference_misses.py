"""Why a reference to a port does not resolve, and what to change.

Most mistakes confuse two kinds of ports: the target port or the node port with the
Service port, or the name of a container port with that of a Service port. A miss says which.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode
from portmap._graph.reference import Reference
from portmap._graph.targets import ContainerTarget, MapMiss
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import FieldPath
from portmap._model.pods import Container
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.why_not import some

_ABOUT_PODS: Final = {
    "network-policy": "a policy is about",
    "pod-monitor": "a PodMonitor is about",
    "service-monitor": "targetPort is about",
}
_BY_DEFAULT: Final = frozenset({"api-service", "conversion", "webhook"})
"""The roles whose port defaults to 443."""


def miss(reference: Reference, code: str, message: str, hint: str | None = None, guess: str | None = None) -> MapMiss:
    """Return a miss of this reference."""
    return MapMiss(reference.source, reference.field, code, message, hint, guess)


def _display_name(port: ServicePort) -> str:
    protocol = port.effective_protocol
    number = str(port.port) if protocol == "TCP" else f"{port.port}/{protocol}"
    return f"{number} ({port.name})" if port.name else number


def _ports_of(service: Service) -> str:
    return f"it has {some([_display_name(port) for port in service.ports])}" if service.ports else "it has no ports"


# --- Services by name ------------------------------------------------------------------------------------------


def no_service(reference: Reference, anywhere: Iterable[ServiceNode], names: Iterable[str]) -> MapMiss:
    """Return the miss of a Service that does not exist. The hint is one elsewhere, or of a similar name."""
    wanted = reference.service or ""
    where = f" in namespace {reference.namespace}" if reference.namespace else ""
    message = f"there is no Service {wanted!r}{where}"
    other = next(iter(anywhere), None)
    if other is not None:
        return miss(
            reference, "service-in-other-namespace", message, f"{other.name} is in namespace {other.name.namespace}"
        )
    guess = nearest(wanted, names)
    return miss(reference, "no-such-service", message, f"did you mean {guess!r}?" if guess else None, guess)


def no_service_port(reference: Reference, node: ServiceNode) -> MapMiss:
    """Return the miss of a port that the Service does not have. It may be a port of another kind.

    Args:
        reference: The reference to the port.
        node: The Service.
    """
    port, service = reference.port, node.service
    if port is None:
        message = f"names no port of {service}: {_ports_of(service)}"
        return miss(reference, "port-required", message, _only_port(service))
    shown = port if isinstance(port, int) else repr(port)
    message = f"{service} has no port {shown}: {_ports_of(service)}"
    other = next((each for each in service.ports if port in (each.port, each.name)), None)
    if other is not None:
        mismatch = (
            f"its port {_display_name(other)} is {other.effective_protocol}, and {reference.protocol} is required"
        )
        return miss(reference, "protocol-mismatch", message, mismatch)
    code, hint = _near_number(port, node) if isinstance(port, int) else _near_name(port, service)
    ports = _tcp_ports_of(service)
    if hint is None and ports and reference.role in _BY_DEFAULT and reference.path[-1:] != FieldPath("port"):
        hint = f"{port} is the default: write port: {ports}"
    return miss(reference, code, message, hint)


def _tcp_ports_of(service: Service) -> str:
    return " or ".join(str(each.port) for each in service.ports if each.effective_protocol == "TCP")


def _only_port(service: Service) -> str | None:
    return f"write {service.ports[0].port}" if len(service.ports) == 1 else None


def _near_number(number: int, node: ServiceNode) -> tuple[str, str | None]:
    for port, targets in zip(node.service.ports, node.targets, strict=True):
        if port.target_port == number:
            return "target-port-meant", f"{number} is the target port; the Service port is {_display_name(port)}"
        if any(target.port == number for target in targets):
            return "target-port-meant", f"{number} is the container's port; the Service port is {_display_name(port)}"
        if port.node_port == number:
            return "node-port-meant", f"{number} is the node port; the Service port is {_display_name(port)}"
    return "no-such-service-port", None


def _near_name(name: str, service: Service) -> tuple[str, str | None]:
    ports = service.ports
    if name.isascii() and name.isdigit() and any(port.port == int(name[:6]) for port in ports):
        return "port-number-as-name", f"{name!r} is the name of a port; for its number write {name}, without quotes"
    for port in ports:
        if port.target_port == name:
            named = f"is named {port.name!r}" if port.name else f"is {port.port} and has no name: give it one"
            code = "target-port-meant" if port.name else "unnamed-service-port"
            return code, f"{name!r} is the target port's name; the Service port {named}"
    guess = nearest(name, [port.name for port in ports if port.name])
    if guess is not None:
        return "no-such-service-port", f"did you mean {guess!r}?"
    if len(ports) == 1 and not ports[0].name:
        return "unnamed-service-port", f"port {ports[0].port} has no name: give it the name {name!r}"
    if len(ports) == 1:
        return "no-such-service-port", f"its only port is named {ports[0].name!r}"
    return "no-such-service-port", None


def no_endpoint_port(reference: Reference, service: Service, numbers: Iterable[int]) -> MapMiss:
    """Return the miss of a number on which no pod of the Service is reached."""
    known = sorted(set(numbers))
    message = f"no pod of {service} is reached on {reference.port}: they are on {some([str(each) for each in known])}"
    own = next((port for port in service.ports if port.port == reference.port), None)
    hint: str | None = None
    if own is not None:
        write = f"write its name, {own.name!r}" if own.name else f"write {own.effective_target_port}"
        hint = f"{reference.port} is the Service port; a number here is a port of the pod: {write}"
    return miss(reference, "service-port-meant" if own else "no-such-endpoint-port", message, hint)


def other_name(reference: Reference, service: Service) -> MapMiss:
    """Return the miss of manual endpoints whose port has another name than that of the Service, which ignores them."""
    shown = f"port {reference.port!r}" if reference.port else "a port without a name"
    message = f"these endpoints are for {shown} of {service}: {_ports_of(service)}"
    of_protocol = [port for port in service.ports if port.effective_protocol == reference.protocol]
    same = [port for port in service.ports if (port.name or "") == reference.port]
    if same:
        other = f"that port is {same[0].effective_protocol}, and these endpoints are {reference.protocol}"
        return miss(reference, "protocol-mismatch", message, other)
    hint = None
    if len(of_protocol) == 1:
        name = of_protocol[0].name
        write = f"name it {name!r}, as the Service does" if name else "leave the name out"
        hint = f"{write}: both must have the same name"
    return miss(reference, "endpoints-port-name", message, hint)


# --- containers and pods ---------------------------------------------------------------------------------------


def no_container_port(reference: Reference, container: Container, workload: Workload) -> MapMiss:
    """Return the miss of a probe or hook whose container declares no port of that name."""
    name = str(reference.port)
    declared = [f"{port.name} ({port.container_port})" for port in container.ports if port.name]
    shown = f"it names {some(declared)}" if declared else "none of its ports has a name"
    message = f"container {container.name!r} declares no port named {name!r}: {shown}"
    for other in (*workload.pod.containers, *workload.pod.init_containers):
        if other is not container and any(port.name == name for port in other.ports):
            where = f"container {other.name!r} does, but a probe or hook can name only ports of its own container"
            return miss(reference, "port-of-other-container", message, where)
    guess = nearest(name, [port.name for port in container.ports if port.name])
    if guess is not None:
        return miss(reference, "no-such-container-port", message, f"did you mean {guess!r}?")
    unnamed = [port for port in container.ports if not port.name]
    hint = None
    if len(unnamed) == 1 and len(container.ports) == 1:
        hint = f"port {unnamed[0].container_port} has no name: give it the name {name!r}"
    return miss(reference, "no-such-container-port", message, hint)


def no_pod_port(reference: Reference, workloads: Sequence[Workload]) -> MapMiss:
    """Return the miss of a port that none of the selected pods declares."""
    port = reference.port
    shown = f"port {port}" if isinstance(port, int) else f"port named {port!r}"
    of_protocol = f" for {reference.protocol}" if reference.protocol else ""
    pods = some([str(name_of(workload)) for workload in workloads])
    message = f"no {shown}{of_protocol} is declared in {pods}"
    declared = [
        declared_port
        for workload in workloads
        for container in workload.pod.port_containers
        for declared_port in container.ports
    ]
    code, hint = _near_declared(reference, declared)
    return miss(reference, code, message, hint)


def _near_declared(reference: Reference, declared: Sequence[ContainerPort]) -> tuple[str, str | None]:
    port = reference.port
    other = next((each for each in declared if port in (each.name, each.container_port)), None)
    if other is not None:
        hint = f"{port!r} is {other.effective_protocol} there: set protocol {other.effective_protocol}"
        return "protocol-mismatch", hint
    if isinstance(port, str):
        guess = nearest(port, [each.name for each in declared if each.name])
        unnamed = {each.container_port for each in declared if not each.name}
        if guess is not None:
            return "no-such-container-port", f"did you mean {guess!r}?"
        if len(unnamed) == 1 and len({each.container_port for each in declared}) == 1:
            return "no-such-container-port", f"port {unnamed.pop()} has no name there: give it the name {port!r}"
    names = sorted({f"{each.name or each.container_port}" for each in declared})
    return "no-such-container-port", f"they declare {some(names)}" if names else None


def service_port_meant(reference: Reference, service: ObjectName, target: ContainerTarget) -> MapMiss:
    """Return the miss of a reference to pod ports that names the port of a Service instead."""
    message = f"{reference.port!r} is a port of {service}, and {_ABOUT_PODS[reference.role]} the ports of pods"
    if isinstance(reference.port, int) or not target.name:
        hint = f"it reaches {target.workload} on {target.port}: write {target.port}"
    else:
        hint = f"it reaches {target.workload} on {target.port}, named {target.name!r}: write {target.name}"
    if reference.role == "service-monitor":
        hint = f"write port: {reference.port} instead; {hint}" if isinstance(reference.port, str) else hint
    return miss(reference, "service-port-meant", message, hint)


def nothing_selected(
    reference: Reference,
    what: str,
    wanted: str,
    elsewhere: ObjectName | None,
    workload: Workload | None = None,
) -> MapMiss:
    """Return the miss of a selector that matches nothing.

    Args:
        reference: The reference with the selector.
        what: The kind of object that it selects: `"pod"` or `"Service"`.
        wanted: The selector as text.
        elsewhere: An object in another namespace that has the labels.
        workload: A workload whose pods have the labels that a Service should have.
    """
    message = f"no {what} has the labels {wanted}"
    hint = None
    if elsewhere is not None:
        hint = f"{elsewhere} has them, but in namespace {elsewhere.namespace}"
    elif workload is not None:
        hint = f"the pods of {workload} have them, but the labels of the Service itself count here"
    return miss(reference, "selector-matches-nothing", message, hint)
