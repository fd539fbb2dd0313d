"""Service ports that lead to the container ports of a pod, for `Service.exposing`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.violations import Reason, Violation
from portmap._model.ports import ContainerPort, ServicePort

if TYPE_CHECKING:
    from portmap._model.pods import Pod
    from portmap._model.workloads import Workload


def exposed_ports(pod: "Pod", chosen: Mapping[Any, int] | None, found: list[Violation]) -> tuple[ServicePort, ...]:
    """Return Service ports for the ports that the pod's containers declare.

    Args:
        pod: The pod.
        chosen: The number of a Service port by the name or number of a container port; `None` for
            every declared port, each with its own number.
        found: Violations are added to it: there are no ports, or no port has a chosen name or number.
    """
    declared = [port for container in pod.port_containers for port in container.ports]
    if chosen is None:
        pairs = [(port, port.container_port) for port in declared]
        if not declared:
            hint = "declare the container's ports, or give ports=[ServicePort(…)]"
            found.append(_about_ports("nothing-to-expose", "FieldValueRequired", "no container declares a port", hint))
    else:
        by_key = {key: port for port in reversed(declared) for key in (port.container_port, port.name) if key}
        pairs = [(by_key[key], number) for key, number in chosen.items() if key in by_key]
        known = ", ".join(str(port.name or port.container_port) for port in declared) or "none"
        for key in chosen:
            if key not in by_key:
                detail = f"no container declares port {key!r}; declared are: {known}"
                found.append(_about_ports("no-such-container-port", "FieldValueInvalid", detail, None, key))
    return tuple(
        ServicePort.targeting(
            port, port=number, name=None if port.name or len(pairs) == 1 else _port_name(port, number)
        )
        for port, number in pairs
    )


def missing_labels(workload: "Workload") -> Violation:
    """Return the violation of a workload whose pods have no labels."""
    return Violation.about(
        FieldPath("spec", "selector"),
        "nothing-to-select",
        "FieldValueRequired",
        f"the pods of {workload} have no labels to select them by",
        hint="give the pods labels",
    )


def _about_ports(code: str, reason: Reason, detail: str, hint: str | None, value: object = None) -> Violation:
    return Violation.about(FieldPath("spec", "ports"), code, reason, detail, hint=hint, value=value)


def _port_name(port: ContainerPort, number: int) -> str:
    """Return a name for a container port without one: `port-8080`, or `port-8080-udp`."""
    protocol = port.effective_protocol
    return f"port-{number}" if protocol == DEFAULT_PROTOCOL else f"port-{number}-{protocol.lower()}"
