"""A Service port looked up in one pod, by name and protocol, as the EndpointSlice controller does.

A number needs no declaration. A name is looked up with its protocol, in the containers first and then in the
sidecars. The first match wins, so one name can be different numbers in different pods.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/endpointslice/utils.go` (`FindPort`).
"""

from collections.abc import Sequence
from typing import TypeAlias, final

from portmap._model.pods import Container, Pod
from portmap._model.ports import ServicePort

PortMatch: TypeAlias = tuple[Container | None, int] | None
"""The container that declares a port, if any, and the number; `None` where the port does not resolve."""


def find_port(pod: Pod, port: ServicePort, *, sidecars: bool = True) -> PortMatch:
    """Return the container and number that a Service port resolves to in a pod, or `None`.

    Args:
        pod: The pod to search.
        port: The Service port.
        sidecars: Whether the control plane searches sidecars, as it does since 1.33.
    """
    target, protocol = port.effective_target_port, port.effective_protocol
    containers = pod.containers + (pod.sidecars if sidecars else ())
    if isinstance(target, int):
        declaring = (
            container
            for container in containers
            for declared in container.ports
            if declared.container_port == target and declared.effective_protocol == protocol
        )
        return next(declaring, None), target
    for container in containers:
        for declared in container.ports:
            if declared.name == target and declared.effective_protocol == protocol:
                return container, declared.container_port
    return None


@final
class PortFinder:
    """Resolve the ports of one Service in many pods.

    The pods of a workload often share one tuple of containers, so the last answer is kept.
    """

    def __init__(self, ports: Sequence[ServicePort], *, sidecars: bool) -> None:
        self._ports = ports
        self._sidecars = sidecars
        self._last: tuple[tuple[Container, ...], tuple[Container, ...]] | None = None
        self._matches: tuple[PortMatch, ...] = ()

    def matches_in(self, pod: Pod) -> tuple[PortMatch, ...]:
        """Return the result of `find_port` for each port, in the order of the ports."""
        last = self._last
        if last is None or last[0] is not pod.containers or last[1] is not pod.init_containers:
            self._matches = tuple([find_port(pod, port, sidecars=self._sidecars) for port in self._ports])
            self._last = pod.containers, pod.init_containers
        return self._matches
