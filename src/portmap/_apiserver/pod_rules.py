"""What the API server checks about the ports of a container, a pod, and its probes.

The subjects are shapes, so that typed pods and decoded manifests are judged by the
same lines. Rules of one port alone stand in `_ports`.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`:
`validateContainerPorts`, `checkHostPortConflicts`, `validateHostNetwork`,
`validateProbe`, `validateHandler`.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from typing import Protocol as Shape

from portmap._apiserver.port_rules import AnyContainerPort
from portmap._apiserver.rule import Problem, Rules, rule
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import port_name_reasons

__all__ = ["CONTAINER_RULES", "POD_RULES", "AnyContainer", "AnyPod"]

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"


class PortOnHost(AnyContainerPort, Shape):
    """A container port with its place on the host."""

    @property
    def host_ip(self) -> str | None: ...


class AnyContainer(Shape):
    """What the rules of a container look at."""

    @property
    def ports(self) -> Sequence[PortOnHost]: ...


class AnyPod(Shape):
    """What the rules of a pod look at."""

    @property
    def containers(self) -> Sequence[AnyContainer]: ...
    @property
    def init_containers(self) -> Sequence[AnyContainer]: ...
    @property
    def host_network(self) -> bool | None: ...
    @property
    def template(self) -> bool: ...


@rule(
    "duplicate-container-port-name",
    "spec.containers[*].ports[*].name",
    "FieldValueDuplicate",
    source=f"{_VALIDATION}, validateContainerPorts",
)
def duplicate_container_port_name(container: AnyContainer) -> Iterator[Problem]:
    """No two ports of one container have one name, whatever their protocols.

    A DNS server that listens on TCP and UDP needs two names. Two containers of a pod
    may use one name; a Service then finds the first, regular containers before sidecars.
    """
    if len(container.ports) < 2:
        return
    seen: set[str] = set()
    for position, port in enumerate(container.ports):
        name = port.name
        if name and not port_name_reasons(name):
            if name in seen:
                other = f"{name[:11]}-{(port.protocol or 'TCP').lower()[:3]}"
                hint = f"give it a name of its own, for instance {other!r}"
                yield Problem(FieldPath("ports", position, "name"), "another port of this container has it", name, hint)
            seen.add(name)


CONTAINER_RULES: Final[Rules[AnyContainer]] = Rules(
    duplicate_container_port_name,
)


def _host_port(port: PortOnHost, pod: AnyPod) -> int:
    """The host port, which under host networking a pod, though not a template, fills in."""
    return port.host_port or (port.container_port if pod.host_network and not pod.template else 0)


@rule(
    "duplicate-host-port",
    "spec.containers[*].ports[*].hostPort",
    "FieldValueDuplicate",
    source=f"{_VALIDATION}, checkHostPortConflicts",
)
def duplicate_host_port(pod: AnyPod) -> Iterator[Problem]:
    """A pod binds each port of its node once: protocol, host IP and host port together.

    Regular containers are compared with each other, each init container only with
    itself; the server reports the latter at `initContainers[0]` whichever it is.
    """
    seen: set[tuple[str, str, int]] = set()
    for index, container in enumerate(pod.containers):
        yield from _collisions(container, FieldPath("spec", "containers", index), seen, pod)
    for container in pod.init_containers:
        yield from _collisions(container, FieldPath("spec", "initContainers", 0), set(), pod)


def _collisions(
    container: AnyContainer, path: FieldPath, seen: set[tuple[str, str, int]], pod: AnyPod
) -> Iterator[Problem]:
    for position, port in enumerate(container.ports):
        number = _host_port(port, pod)
        if number:
            key = (port.protocol or "TCP", port.host_ip or "", number)
            if key in seen:
                yield Problem(
                    FieldPath(*path, "ports", position, "hostPort"), "another port of this pod is bound to it", number
                )
            seen.add(key)


@rule(
    "host-port-differs",
    "spec.containers[*].ports[*].hostPort",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateHostNetwork",
)
def host_port_differs(pod: AnyPod) -> Iterator[Problem]:
    """Under host networking a container's port is the host's: `hostPort` is left out or the same.

    Init containers are not held to it.
    """
    if pod.host_network:
        for index, container in enumerate(pod.containers):
            for position, port in enumerate(container.ports):
                number = _host_port(port, pod)
                if number and number != port.container_port:
                    path = FieldPath("spec", "containers", index, "ports", position, "hostPort")
                    detail = f"must be {port.container_port}, the containerPort, when hostNetwork is true"
                    yield Problem(path, detail, number, "leave hostPort out")


POD_RULES: Final[Rules[AnyPod]] = Rules(duplicate_host_port, host_port_differs)
