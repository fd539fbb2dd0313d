"""A decoded pod or pod template, as the rules of pods see it.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/v1/defaults.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from portmap._apiserver.probe_rules import DEFAULT_GRACE_PERIOD, Handler
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.field_path import FieldPath

PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS: Final = ("postStart", "preStop")
CONTAINER_GROUPS: Final = ("initContainers", "containers", "ephemeralContainers")


@final
@attrs.define(eq=False)
class _Port:
    name: str
    protocol: str
    container_port: int
    host_port: int
    host_ip: str


@final
@attrs.define(eq=False)
class DecodedContainer:
    """A container.

    Attributes:
        group: The list that it is in: `containers`, `initContainers` or `ephemeralContainers`.
        data: The container as decoded.
        ports: Its ports, with defaults.
        cluster: The cluster whose rules apply.
        grace_period: The seconds that its pod has to terminate.
    """

    group: str
    data: Mapping[str, Any]
    ports: Sequence[_Port]
    cluster: Cluster
    grace_period: int

    @property
    def is_sidecar(self) -> bool:
        """Whether it is, as an init container, one that keeps running."""
        return bool(self.data.get("restartPolicy") == "Always")

    def handlers(self) -> Iterator[tuple[FieldPath, Handler]]:
        """Yield its hooks and probes with their paths."""
        lifecycle = self.data.get("lifecycle", {})
        for name in HOOKS:
            if name in lifecycle:
                yield FieldPath("lifecycle", name), Handler(name, lifecycle[name], self.grace_period)
        for name in PROBES:
            if name in self.data:
                yield FieldPath(name), Handler(name, self.data[name], self.grace_period)


@final
@attrs.define(eq=False)
class DecodedPod:
    """A pod or pod template.

    Attributes:
        spec: Its spec as decoded.
        cluster: The cluster whose rules apply.
        containers: Its containers.
        init_containers: Its init containers, sidecars included.
        ephemeral_containers: Its ephemeral containers.
        host_network: Whether it uses the network of its node.
        template: Whether it is a template.
    """

    spec: Mapping[str, Any]
    cluster: Cluster
    containers: Sequence[DecodedContainer]
    init_containers: Sequence[DecodedContainer]
    ephemeral_containers: Sequence[DecodedContainer]
    host_network: bool
    template: bool

    def all_containers(self) -> Iterator[tuple[FieldPath, DecodedContainer]]:
        """Yield the containers of all groups with their paths."""
        groups = (self.init_containers, self.containers, self.ephemeral_containers)
        for group, containers in zip(CONTAINER_GROUPS, groups, strict=True):
            for index, container in enumerate(containers):
                yield FieldPath("spec", group, index), container


def decoded_pod(spec: Mapping[str, Any], cluster: Cluster, *, template: bool) -> DecodedPod:
    """Return the pod with this decoded spec."""
    # Under host networking, decoding fills in the host ports of a pod, but not those of a template.
    filled = bool(spec.get("hostNetwork")) and not template
    init_containers, containers, ephemeral_containers = (
        _containers(spec, group, cluster, filled=filled and group != "ephemeralContainers")
        for group in CONTAINER_GROUPS
    )
    return DecodedPod(
        spec,
        cluster,
        containers,
        init_containers,
        ephemeral_containers,
        host_network=spec.get("hostNetwork", False),
        template=template,
    )


def _containers(spec: Mapping[str, Any], group: str, cluster: Cluster, *, filled: bool) -> list[DecodedContainer]:
    grace_period = spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_PERIOD)
    return [
        DecodedContainer(
            group, container, [_port(port, filled=filled) for port in container.get("ports", ())], cluster, grace_period
        )
        for container in spec.get(group, ())
    ]


def _port(port: Mapping[str, Any], *, filled: bool) -> _Port:
    number = port.get("containerPort", 0)
    return _Port(
        port.get("name", ""),
        port.get("protocol") or DEFAULT_PROTOCOL,
        number,
        port.get("hostPort", 0) or (number if filled else 0),
        port.get("hostIP", ""),
    )
