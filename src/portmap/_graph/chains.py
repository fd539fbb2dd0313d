"""The ways that lead to a port of a container: from a node port or a host name, through a Service, to the pod."""

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._graph.object_name import ObjectName
from portmap._graph.reference import Reference
from portmap._graph.targets import ContainerTarget, ServiceTarget
from portmap._kubernetes.plain_data import inlined, plain_data
from portmap._model.ports import ServicePort
from portmap._model.services import Service

__all__ = ["Chain", "Entry", "Hop", "entries_of", "reference_hop", "service_hop"]

Entry: TypeAlias = Literal[
    "api-service",
    "cluster-ip",
    "conversion",
    "direct",
    "external-ip",
    "headless",
    "hook",
    "host-port",
    "ingress",
    "load-balancer",
    "mirror",
    "node-port",
    "pod-monitor",
    "probe",
    "route",
    "service-monitor",
    "webhook",
]
"""Where a chain begins. `direct`: at the pod's own address. `headless`: the same, found by
the Service's DNS name. `cluster-ip`: at the Service's address."""


@final
@attrs.frozen
class Hop:
    """One step of a chain.

    Attributes:
        object: The object that the step leads through.
        port: The port there: a number, or a name; `None` where the cluster picks it.
        protocol: `TCP`, `UDP` or `SCTP`, where it is known.
        address: The host name and path, or the address, where the step has one.

    Example:
        >>> [chain] = PortMap.of([web, pod, front]).host("shop.example")
        >>> for hop in chain.hops:
        ...     print(hop)
        ...
        Ingress front */
        Service web 80
    """

    object: ObjectName = attrs.field(metadata=inlined())
    port: int | str | None = None
    protocol: str | None = None
    address: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        Example:
            >>> chain.hops[1].as_dict()["port"]
            80
        """
        return plain_data(self)

    def __str__(self) -> str:
        port = None if self.port is None else str(self.port)
        if port and self.protocol not in {None, "TCP"}:
            port = f"{port}/{self.protocol}"
        return " ".join(part for part in (str(self.object), self.address, port) if part)


@final
@attrs.frozen
class Chain:
    """A way to a port of a container, from the outside in.

    Attributes:
        entry: Where it begins.
        hops: What it leads through, the outermost first; the pod is not among them.
        end: The port of the container, or `None` if it leads nowhere.
        stops: Why it leads nowhere, or no further in this set.

    Example:
        >>> [chain] = PortMap.of([web, pod, front]).host("shop.example")
        >>> chain.entry, len(chain.hops), chain.end.port
        ('ingress', 2, 8080)
        >>> print(chain)
        ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP
    """

    entry: Entry
    hops: tuple[Hop, ...]
    end: ContainerTarget | None
    stops: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        Example:
            >>> chain.as_dict()["end"]["container"]
            'app'
        """
        return plain_data(self)

    def __str__(self) -> str:
        """For people: `node-port: Service shop/web 30080 → Service shop/web 80 → Deployment shop/web app 8080/TCP`."""
        last = str(self.end) if self.end is not None else f"nowhere: {self.stops}"
        return f"{self.entry}: {' → '.join([*map(str, self.hops), last])}"


def service_hop(target: ServiceTarget) -> Hop:
    """The step through a port of a Service."""
    port = target.port
    return Hop(target.service, port and port.port, port and port.effective_protocol)


_LOAD_BALANCED: Final = "LoadBalancer"
_ON_NODES: Final = frozenset({"NodePort", "LoadBalancer"})


def entries_of(service: Service, name: ObjectName, port: ServicePort) -> Iterator[tuple[Entry, tuple[Hop, ...]]]:
    """The ways into a port of a Service that the Service itself opens, each up to and including the Service.

    A node port without a number is one that the cluster will pick.
    """
    own = Hop(name, port.port, port.effective_protocol)
    if service.is_headless:
        yield "headless", (own,)
        return
    yield "cluster-ip", (own,)
    for address in service.external_ips or ():
        yield "external-ip", (Hop(name, port.port, port.effective_protocol, address), own)
    if service.effective_type == _LOAD_BALANCED:
        yield (
            "load-balancer",
            (Hop(name, port.port, port.effective_protocol, service.load_balancer_ip), own),
        )
    without = service.effective_type == _LOAD_BALANCED and service.allocate_load_balancer_node_ports is False
    if service.effective_type in _ON_NODES and (port.node_port or not without):
        yield "node-port", (Hop(name, port.node_port, port.effective_protocol, "every node"), own)


_ENTRIES: Final[frozenset[Entry]] = frozenset(
    {
        "api-service",
        "conversion",
        "hook",
        "ingress",
        "mirror",
        "pod-monitor",
        "probe",
        "route",
        "service-monitor",
        "webhook",
    }
)


def reference_hop(reference: Reference) -> Iterator[tuple[Entry, Hop]]:
    """The first step of the ways that a reference opens: none for a policy, which only lets traffic pass."""
    entry = next((each for each in _ENTRIES if each == reference.role), None)
    if entry is None:
        return
    if entry in {"ingress", "route", "mirror"}:
        for address in _addresses(reference):
            yield entry, Hop(reference.source, address=address)
        return
    yield entry, Hop(reference.source, reference.port if entry not in {"probe", "hook"} else None)


def _addresses(reference: Reference) -> Iterator[str | None]:
    """The hosts and paths of its requests; where it goes by neither, nothing, once."""
    if reference.requests is None:
        yield None
        return
    below = list(dict.fromkeys(path.value for path in reference.paths)) or ["/"]
    for host in reference.hosts or ("*",):
        for path in below if reference.requests == "path" else ("",):
            yield f"{host}{path}"
