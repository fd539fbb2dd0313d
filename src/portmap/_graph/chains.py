"""Chains from an entry, such as a node port or a host name, through a Service to a container port."""

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._graph.object_name import ObjectName
from portmap._graph.reference import Reference
from portmap._graph.targets import ContainerTarget, ServiceTarget
from portmap._kubernetes.plain_data import inlined, plain_data
from portmap._model.ports import ServicePort
from portmap._model.services import Service

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
"""The entry of a chain. `direct`: the address of the pod. `headless`: the same, found through
the DNS name of the Service. `cluster-ip`: the address of the Service."""


@final
@attrs.frozen
class Hop:
    """One step of a chain.

    Attributes:
        object: The object of this step.
        port: The number or name of the port; `None` if the cluster assigns it.
        protocol: `TCP`, `UDP` or `SCTP`, if known.
        address: The host name and path, or the address, if there is one.

    Example:
        >>> [chain] = PortMap.of([web, pod, front]).host("shop.example")
        >>> for hop in chain.hops:
        ...     print(hop)
        ...
        Ingress front */
        Service web 80
    """

    __module__ = "portmap"

    object: ObjectName = attrs.field(metadata=inlined())
    port: int | str | None = None
    protocol: str | None = None
    address: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

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
    """A path to a container port, from the outside in.

    Attributes:
        entry: The kind of entry.
        hops: The steps, the outermost first, without the pod.
        end: The container port, or `None` if the chain reaches none.
        stops: Why the chain reaches no container port in this set, if so.

    Example:
        >>> [chain] = PortMap.of([web, pod, front]).host("shop.example")
        >>> chain.entry, len(chain.hops), chain.end.port
        ('ingress', 2, 8080)
        >>> print(chain)
        ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP
    """

    __module__ = "portmap"

    entry: Entry
    hops: tuple[Hop, ...]
    end: ContainerTarget | None
    stops: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> chain.as_dict()["end"]["container"]
            'app'
        """
        return plain_data(self)

    def __str__(self) -> str:
        """Return a display form: `ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP`."""
        last = str(self.end) if self.end is not None else f"nowhere: {self.stops}"
        return f"{self.entry}: {' → '.join([*map(str, self.hops), last])}"


def service_hop(target: ServiceTarget) -> Hop:
    """Return the step through a port of a Service."""
    port = target.port
    return Hop(target.service, port and port.port, port and port.effective_protocol)


_LOAD_BALANCED: Final = "LoadBalancer"
_ON_NODES: Final = frozenset({"NodePort", "LoadBalancer"})


def entries_of(service: Service, name: ObjectName, port: ServicePort) -> Iterator[tuple[Entry, tuple[Hop, ...]]]:
    """Yield the entries that a Service itself opens for a port, each with the steps including the Service.

    A node port without a number is one that the cluster will assign.
    """
    own = Hop(name, port.port, port.effective_protocol)
    if service.is_headless:
        yield "headless", (own,)
        return
    yield "cluster-ip", (own,)
    for address in service.external_ips or ():
        yield "external-ip", (Hop(name, port.port, port.effective_protocol, address), own)
    if service.effective_type == _LOAD_BALANCED:
        yield ("load-balancer", (Hop(name, port.port, port.effective_protocol, service.load_balancer_ip), own))
    no_allocation = service.effective_type == _LOAD_BALANCED and service.allocate_load_balancer_node_ports is False
    if service.effective_type in _ON_NODES and (port.node_port or not no_allocation):
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
    """Yield the entries that a reference opens, with their first step. A policy opens none."""
    entry = next((role for role in _ENTRIES if role == reference.role), None)
    if entry is None:
        return
    if entry in {"ingress", "route", "mirror"}:
        for address in _addresses(reference):
            yield entry, Hop(reference.source, address=address)
        return
    yield entry, Hop(reference.source, reference.port if entry not in {"probe", "hook"} else None)


def _addresses(reference: Reference) -> Iterator[str | None]:
    """Yield the hosts and paths of the requests; `None` once, if the reference uses neither."""
    if reference.requests is None:
        yield None
        return
    paths = list(dict.fromkeys(path.value for path in reference.paths)) or ["/"]
    for host in reference.hosts or ("*",):
        for path in paths if reference.requests == "path" else ("",):
            yield f"{host}{path}"
