"""Why a reference to a port leads nowhere, in words that say what to do.

Most mistakes take one kind of port for another: the target port or the node port for
the Service's own, a container port's name for the Service port's. A miss says which.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._graph.reference import Reference
from portmap._graph.targets import ContainerTarget, MapMiss
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.field_path import FieldPath
from portmap._model.pods import Container
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.why_not import some

__all__ = [
    "miss",
    "no_container_port",
    "no_endpoint_port",
    "no_pod_port",
    "no_service",
    "no_service_port",
    "nothing_selected",
    "other_name",
    "service_port_meant",
]

_ABOUT_PODS: Final = {
    "network-policy": "a policy is about",
    "pod-monitor": "a PodMonitor is about",
    "service-monitor": "targetPort is about",
}
_BY_DEFAULT: Final = frozenset({"api-service", "conversion", "webhook"})
"""What may leave the port out, and then means 443."""


def miss(reference: Reference, code: str, message: str, hint: str | None = None, guess: str | None = None) -> MapMiss:
    """A miss of this reference."""
    return MapMiss(reference.source, reference.field, code, message, hint, guess)


def _called(port: ServicePort) -> str:
    protocol = port.effective_protocol
    number = str(port.port) if protocol == "TCP" else f"{port.port}/{protocol}"
    return f"{number} ({port.name})" if port.name else number


def _ports_of(service: Service) -> str:
    return f"it has {some([_called(port) for port in service.ports])}" if service.ports else "it has no ports"


# --- Services by name ------------------------------------------------------------------------------------------


def no_service(reference: Reference, elsewhere: Iterable[Service], names: Iterable[str]) -> MapMiss:
    """There is no Service of that name; there may be one in another namespace, or one with nearly that name."""
    wanted = reference.service or ""
    where = f" in namespace {reference.namespace}" if reference.namespace else ""
    message = f"there is no Service {wanted!r}{where}"
    other = next(iter(elsewhere), None)
    if other is not None:
        return miss(reference, "service-in-other-namespace", message, f"{other} is in namespace {other.namespace}")
    guess = nearest(wanted, names)
    return miss(reference, "no-such-service", message, f"did you mean {guess!r}?" if guess else None, guess)


def no_service_port(
    reference: Reference, service: Service, reached: Sequence[Sequence[ContainerTarget]] = ()
) -> MapMiss:
    """The Service has no such port; the port may be one of another kind.

    Args:
        reference: What names the port.
        service: The Service.
        reached: For each of its ports, the ports of containers that it reaches.
    """
    port = reference.port
    if port is None:
        message = f"names no port of {service}: {_ports_of(service)}"
        return miss(reference, "port-required", message, _only_port(service))
    shown = port if isinstance(port, int) else repr(port)
    message = f"{service} has no port {shown}: {_ports_of(service)}"
    other = next((each for each in service.ports if port in (each.port, each.name)), None)
    if other is not None:
        hint = f"its port {_called(other)} is {other.effective_protocol}, and {reference.protocol} is wanted"
        return miss(reference, "protocol-mismatch", message, hint)
    code, meant = _number_meant(port, service, reached) if isinstance(port, int) else _name_meant(port, service)
    ports = _tcp_ports_of(service)
    if meant is None and ports and reference.role in _BY_DEFAULT and reference.path[-1:] != FieldPath("port"):
        meant = f"{port} is what is meant where none is given: write port: {ports}"
    return miss(reference, code, message, meant)


def _tcp_ports_of(service: Service) -> str:
    return " or ".join(str(each.port) for each in service.ports if each.effective_protocol == "TCP")


def _only_port(service: Service) -> str | None:
    return f"write {service.ports[0].port}" if len(service.ports) == 1 else None


def _number_meant(
    number: int, service: Service, reached: Sequence[Sequence[ContainerTarget]]
) -> tuple[str, str | None]:
    for position, port in enumerate(service.ports):
        if port.target_port == number:
            return "target-port-meant", f"{number} is the target port; the Service port is {_called(port)}"
        if position < len(reached) and any(target.port == number for target in reached[position]):
            return "target-port-meant", f"{number} is the container's port; the Service port is {_called(port)}"
        if port.node_port == number:
            return "node-port-meant", f"{number} is the node port; the Service port is {_called(port)}"
    return "no-such-service-port", None


def _name_meant(name: str, service: Service) -> tuple[str, str | None]:
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
    """No pod of the Service is reached on this number."""
    known = sorted(set(numbers))
    message = f"no pod of {service} is reached on {reference.port}: they are on {some([str(each) for each in known])}"
    meant = next((port for port in service.ports if port.port == reference.port), None)
    hint: str | None = None
    if meant is not None:
        write = f"write its name, {meant.name!r}" if meant.name else f"write {meant.effective_target_port}"
        hint = f"{reference.port} is the Service port; a number here is that of the pod: {write}"
    return miss(reference, "service-port-meant" if meant else "no-such-endpoint-port", message, hint)


def other_name(reference: Reference, service: Service) -> MapMiss:
    """Endpoints written by hand have a port of another name than the Service, which it therefore never uses."""
    shown = f"port {reference.port!r}" if reference.port else "a port without a name"
    message = f"these endpoints are for {shown} of {service}: {_ports_of(service)}"
    fitting = [port for port in service.ports if port.effective_protocol == reference.protocol]
    same = [port for port in service.ports if (port.name or "") == reference.port]
    if same:
        other = f"that port is {same[0].effective_protocol}, and these endpoints are {reference.protocol}"
        return miss(reference, "protocol-mismatch", message, other)
    hint = None
    if len(fitting) == 1:
        named = f"name it {fitting[0].name!r}, as the Service does" if fitting[0].name else "leave the name out"
        hint = f"{named}: the names of both must be equal"
    return miss(reference, "endpoints-port-name", message, hint)


# --- containers and pods ---------------------------------------------------------------------------------------


def no_container_port(reference: Reference, container: Container, workload: Workload) -> MapMiss:
    """The container of a probe or hook declares no port of that name."""
    name = str(reference.port)
    declared = [f"{port.name} ({port.container_port})" for port in container.ports if port.name]
    shown = f"it names {some(declared)}" if declared else "none of its ports has a name"
    message = f"container {container.name!r} declares no port named {name!r}: {shown}"
    for other in (*workload.pod.containers, *workload.pod.init_containers):
        if other is not container and any(port.name == name for port in other.ports):
            where = f"container {other.name!r} does, but only the container's own ports count"
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
    """None of the pods that were found declares that port."""
    port = reference.port
    shown = f"port {port}" if isinstance(port, int) else f"port named {port!r}"
    of_protocol = f" for {reference.protocol}" if reference.protocol else ""
    pods = some([str(name_of(each)) for each in workloads])
    message = f"no {shown}{of_protocol} is declared in {pods}"
    declared = [each for workload in workloads for box in workload.pod.port_containers for each in box.ports]
    code, hint = _declared_meant(reference, declared)
    return miss(reference, code, message, hint)


def _declared_meant(reference: Reference, declared: Sequence[ContainerPort]) -> tuple[str, str | None]:
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
    return "no-such-container-port", f"declared are {some(names)}" if names else None


def service_port_meant(reference: Reference, service: Service, target: ContainerTarget) -> MapMiss:
    """What is about the ports of pods names the port of a Service in front of them."""
    message = f"{reference.port!r} is a port of {service}, and {_ABOUT_PODS[reference.role]} the ports of pods"
    if isinstance(reference.port, int) or not target.name:
        hint = f"behind it {target.workload} is reached on {target.port}: write {target.port}"
    else:
        hint = f"behind it {target.workload} has {target.port}, named {target.name!r}: write {target.name}"
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
    """A selector finds nothing.

    Args:
        reference: Whose selector it is.
        what: What it should find: `"pod"` or `"Service"`.
        wanted: The selector, for people.
        elsewhere: Something that has the labels, but in a namespace that is not asked for.
        workload: A workload whose pods have the labels that a Service should have.
    """
    message = f"no {what} has the labels {wanted}"
    hint = None
    if elsewhere is not None:
        hint = f"{elsewhere} has them, but in namespace {elsewhere.namespace}"
    elif workload is not None:
        hint = f"the pods of {workload} have them; here the labels of the Service itself count"
    return miss(reference, "selector-matches-nothing", message, hint)
