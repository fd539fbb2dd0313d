"""What an API server accepts with a warning about the ports of a pod.

Source: kubernetes/kubernetes 1.36.2, `pkg/api/pod/warnings.go`.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from typing import Protocol as Shape

from portmap._apiserver.object_kind import DecodedObject
from portmap._apiserver.pod_rules import AnyContainer, PortOnHost
from portmap._apiserver.problems import Problem
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.features import SHARED_PORT_NAME_WARNING
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_label_reasons

_SOURCE: Final = "pkg/api/pod/warnings.go"


class WarnedPod(Shape):
    """A pod, typed or decoded, and its cluster."""

    @property
    def cluster(self) -> Cluster: ...
    @property
    def containers(self) -> Sequence[AnyContainer]: ...
    @property
    def init_containers(self) -> Sequence[AnyContainer]: ...


def _ports(pod: WarnedPod) -> Iterator[tuple[FieldPath, PortOnHost]]:
    """Yield each port with its path, in the server's order: init containers come first."""
    for field, containers in (("initContainers", pod.init_containers), ("containers", pod.containers)):
        for index, container in enumerate(containers):
            for position, port in enumerate(container.ports):
                yield FieldPath("spec", field, index, "ports", position), port


POD_NAME_WARNINGS: Final = RuleGroup[DecodedObject]("warnings about names of pods", stage=Stage.WARNINGS, about="Pod")
POD_OWNER_NAME_WARNINGS: Final = RuleGroup[DecodedObject](
    "warnings about names of workloads", stage=Stage.WARNINGS, about="workload"
)


def _name_problems(subject: DecodedObject, purpose: str) -> Iterator[Problem]:
    name = subject.metadata.get("name", "")
    reasons = dns_label_reasons(name) if name else ()
    if reasons:
        detail = f"is used in {purpose}, where a DNS label is recommended: {'; '.join(reasons)}"
        yield Problem(FieldPath("metadata", "name"), detail, name)


@POD_NAME_WARNINGS.warning("pod-name-as-host-name", "metadata.name", source=_SOURCE)
def pod_name_as_host_name(subject: DecodedObject) -> Iterator[Problem]:
    """Name of a pod, which is its host name, is not a DNS label."""
    return _name_problems(subject, "the host name of the pod")


@POD_OWNER_NAME_WARNINGS.warning(
    "workload-name-in-host-names", "metadata.name", source="pkg/registry/apps/deployment/strategy.go"
)
def workload_name_in_host_names(subject: DecodedObject) -> Iterator[Problem]:
    """Name of a workload, which is part of its pods' host names, is not a DNS label.

    The server does not warn about DaemonSets. The name of a StatefulSet must be a DNS label.
    """
    return _name_problems(subject, "the names and host names of pods")


POD_WARNINGS: Final = RuleGroup[WarnedPod]("warnings about pods", source=_SOURCE, stage=Stage.WARNINGS, about="Pod")


@POD_WARNINGS.warning("host-ip-without-host-port", "spec.containers[*].ports[*]")
def host_ip_without_host_port(pod: WarnedPod) -> Iterator[Problem]:
    """Host IP is set without a host port.

    The host IP has no effect.
    """
    for path, port in _ports(pod):
        if port.host_ip and not port.host_port:
            yield Problem(path, "hostIP is set without hostPort", hint="set hostPort, or leave hostIP out")


@POD_WARNINGS.warning("repeated-container-port", "spec.containers[*].ports[*]")
def repeated_container_port(pod: WarnedPod) -> Iterator[Problem]:
    """Two container ports of a pod have the same number and protocol.

    The containers of a pod share a network. Server-side apply rejects a repetition within a
    container, because number and protocol are the key of the list.
    """
    seen: dict[tuple[int, str], list[tuple[FieldPath, PortOnHost]]] = {}
    for path, port in _ports(pod):
        key = (port.container_port, port.protocol or DEFAULT_PROTOCOL)
        for other_path, other in seen.setdefault(key, []):
            kind = _overlap(port, other)
            if kind is not None:
                detail = f"{kind} port definition: {other_path} is {key[0]}/{key[1]} too"
                yield Problem(path, detail, hint="only one of them can listen on it")
        seen[key].append((path, port))


def _overlap(port: PortOnHost, other: PortOnHost) -> str | None:
    one, two = port.host_port or 0, other.host_port or 0
    if one == two and (port.host_ip or "") == (other.host_ip or ""):
        return "duplicate"
    if not one or not two:
        return "overlapping"
    return "dangerously ambiguous" if one == two and bool(port.host_ip) != bool(other.host_ip) else None


@POD_WARNINGS.warning("shared-port-name", "spec.containers[*].ports[*]")
def shared_port_name(pod: WarnedPod) -> Iterator[Problem]:
    """Two containers of a pod use the same port name.

    The server warns from 1.33 on. A Service that refers to the name finds the first port with its
    protocol, in containers before sidecars. This holds even where the server's warning describes
    init containers otherwise.
    """
    if pod.cluster.enabled(SHARED_PORT_NAME_WARNING):
        seen: dict[str, FieldPath] = {}
        for path, port in _ports(pod):
            if port.name and seen.setdefault(port.name, path) != path:
                detail = f"port name {port.name!r} is that of {seen[port.name]} too"
                yield Problem(path, detail, hint="give each port of a pod a name of its own")
