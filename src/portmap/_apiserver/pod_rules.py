"""What the API server checks about the ports of containers and pods.

The subjects are protocols, so that the rules apply to typed pods and to decoded manifests.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`:
`validateContainerPorts`, `checkHostPortConflicts`, `validateHostNetwork`.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from typing import Protocol as Shape

from portmap._apiserver.port_rules import unsupported_protocol
from portmap._apiserver.problems import Problem, iana_name_hint
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import port_name_reasons, port_number_reasons

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"


class AnyContainerPort(Shape):
    """A container port, typed or decoded."""

    @property
    def name(self) -> str | None: ...
    @property
    def protocol(self) -> str | None: ...
    @property
    def container_port(self) -> int: ...
    @property
    def host_port(self) -> int | None: ...


class PortOnHost(AnyContainerPort, Shape):
    """A container port with its host IP."""

    @property
    def host_ip(self) -> str | None: ...


class AnyContainer(Shape):
    """A container, typed or decoded."""

    @property
    def ports(self) -> Sequence[PortOnHost]: ...


class AnyPod(Shape):
    """A pod, typed or decoded."""

    @property
    def containers(self) -> Sequence[AnyContainer]: ...
    @property
    def init_containers(self) -> Sequence[AnyContainer]: ...
    @property
    def host_network(self) -> bool | None: ...
    @property
    def template(self) -> bool: ...


_CONTAINER_PORTS: Final = f"{_VALIDATION}, validateContainerPorts"

CONTAINER_PORT_RULES: Final = RuleGroup[AnyContainerPort]("container ports", source=_CONTAINER_PORTS, about="Pod")


@CONTAINER_PORT_RULES.rule("container-port-name-syntax", "spec.containers[*].ports[*].name", "FieldValueInvalid")
def container_port_name_syntax(port: AnyContainerPort) -> list[Problem] | None:
    """Container port name is not an IANA service name.

    A valid name has at most 15 of a-z, 0-9 and hyphens, at least one letter, no two hyphens in a
    row, and none at either end.
    """
    name = port.name
    if not name:
        return None
    reasons = port_name_reasons(name)
    return [Problem(FieldPath("name"), "; ".join(reasons), name, iana_name_hint(name))] if reasons else None


@CONTAINER_PORT_RULES.rule("container-port-required", "spec.containers[*].ports[*].containerPort", "FieldValueRequired")
def container_port_required(port: AnyContainerPort) -> list[Problem] | None:
    """Container port has no number.

    `containerPort` is the port on which the container listens. 0 is not a number of a port.
    """
    if port.container_port != 0:
        return None
    return [Problem(FieldPath("containerPort"), "must be set", 0, "set the port that the container listens on")]


@CONTAINER_PORT_RULES.rule(
    "container-port-out-of-range", "spec.containers[*].ports[*].containerPort", "FieldValueInvalid"
)
def container_port_out_of_range(port: AnyContainerPort) -> list[Problem] | None:
    """Container port is not a number from 1 to 65535."""
    number = port.container_port
    reasons = port_number_reasons(number) if number != 0 else ()
    return [Problem(FieldPath("containerPort"), "; ".join(reasons), number)] if reasons else None


@CONTAINER_PORT_RULES.rule("host-port-out-of-range", "spec.containers[*].ports[*].hostPort", "FieldValueInvalid")
def host_port_out_of_range(port: AnyContainerPort) -> list[Problem] | None:
    """Host port is not a number from 1 to 65535.

    0 means no host port.
    """
    number = port.host_port
    reasons = port_number_reasons(number) if number else ()
    return [Problem(FieldPath("hostPort"), "; ".join(reasons), number)] if reasons else None


CONTAINER_PORT_RULES.include(unsupported_protocol)


CONTAINER_RULES: Final = RuleGroup[AnyContainer]("containers", about="Pod")


@CONTAINER_RULES.rule(
    "duplicate-container-port-name",
    "spec.containers[*].ports[*].name",
    "FieldValueDuplicate",
    source=f"{_VALIDATION}, validateContainerPorts",
)
def duplicate_container_port_name(container: AnyContainer) -> Iterator[Problem]:
    """Two ports of a container have the same name.

    Their protocols do not matter: a DNS server that listens on TCP and UDP needs two names. Two containers of a pod
    may use the same name. A Service then finds the first, containers before sidecars.
    """
    if len(container.ports) < 2:
        return
    seen: set[str] = set()
    for position, port in enumerate(container.ports):
        name = port.name
        if name and not port_name_reasons(name):
            if name in seen:
                other = f"{name[:11]}-{(port.protocol or DEFAULT_PROTOCOL).lower()[:3]}"
                hint = f"give it a name of its own, for instance {other!r}"
                yield Problem(
                    FieldPath("ports", position, "name"), "another port of this container has this name", name, hint
                )
            seen.add(name)


def _host_port(port: PortOnHost, pod: AnyPod) -> int:
    """Return the host port: with host networking that of a pod is filled in, that of a template is not."""
    return port.host_port or (port.container_port if pod.host_network and not pod.template else 0)


POD_RULES: Final = RuleGroup[AnyPod]("pods", about="Pod")


@POD_RULES.rule(
    "duplicate-host-port",
    "spec.containers[*].ports[*].hostPort",
    "FieldValueDuplicate",
    source=f"{_VALIDATION}, checkHostPortConflicts",
)
def duplicate_host_port(pod: AnyPod) -> Iterator[Problem]:
    """Two ports of a pod have the same host port.

    A host port is a protocol, a host IP and a number. Containers are compared with each other, and each init
    container with itself only. The server reports the latter at `initContainers[0]`, whichever it is.
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
            key = (port.protocol or DEFAULT_PROTOCOL, port.host_ip or "", number)
            if key in seen:
                yield Problem(
                    FieldPath(*path, "ports", position, "hostPort"), "another port of this pod is bound to it", number
                )
            seen.add(key)


@POD_RULES.rule(
    "host-port-differs",
    "spec.containers[*].ports[*].hostPort",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateHostNetwork",
)
def host_port_differs(pod: AnyPod) -> Iterator[Problem]:
    """Host port of a pod with host networking is not the container port.

    `hostPort` may be omitted. Init containers are not checked.
    """
    if pod.host_network:
        for index, container in enumerate(pod.containers):
            for position, port in enumerate(container.ports):
                number = _host_port(port, pod)
                if number and number != port.container_port:
                    path = FieldPath("spec", "containers", index, "ports", position, "hostPort")
                    detail = f"must be {port.container_port}, the containerPort, when hostNetwork is true"
                    yield Problem(path, detail, number, "leave hostPort out")
