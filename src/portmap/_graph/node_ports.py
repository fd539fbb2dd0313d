"""The node ports and host ports of a set: which are taken, which collide, and which are free.

A node port belongs to one Service of the cluster. A host port belongs to one pod of a
node: two workloads with the same host port cannot share a node, so two DaemonSets with
the same host port cannot share a cluster.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.plain_data import inlined, plain_data, renamed, shape
from portmap._model.check_set import Conflict, check_set
from portmap._model.services import Service, service_state
from portmap._model.workloads import Workload

Band: TypeAlias = Literal["static", "dynamic", "outside"]
"""`static`: the part of the range from which the cluster allocates last. `dynamic`: the rest.
`outside`: not in the range of the cluster."""

_CODES: Final = frozenset({"node-port-taken", "health-check-node-port-taken"})
_ANY_ADDRESS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what manifests say, not where anything listens


@final
@attrs.frozen
class NodePort:
    """A node port that a Service requests.

    Attributes:
        number: The port on every node.
        protocol: `TCP`, `UDP` or `SCTP`.
        service: The Service.
        position: The index of the port in the Service's `ports`; `None` for the port of
            health checks.
        band: The part of the cluster's range.

    Example:
        >>> public = Service.node_port("web", [ServicePort(80, node_port=30080)], selector={"app": "web"})
        >>> [node_port] = PortMap.of([public]).node_ports.taken
        >>> node_port.number, node_port.band
        (30080, 'static')
    """

    __module__ = "portmap"

    number: int
    protocol: str
    service: ObjectName = attrs.field(metadata=inlined(kind=None, name="service"))
    position: int | None
    band: Band

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> node_port.as_dict()["service"]
            'web'
        """
        return plain_data(self)


@final
@attrs.frozen
class NodePorts:
    """The node ports of a set.

    Attributes:
        taken: The node ports that Services request, sorted by number.
        collisions: The node ports that two Services request. The API server would refuse the
            second of the two, by namespace and name.
        left_to_the_cluster: The number of node ports that the cluster would allocate.
        cluster: The cluster that has the range.

    Example:
        >>> public = Service.node_port("web", [ServicePort(80, node_port=30080)], selector={"app": "web"})
        >>> node_ports = PortMap.of([public]).node_ports
        >>> [port.number for port in node_ports.taken]
        [30080]
    """

    __module__ = "portmap"

    taken: tuple[NodePort, ...]
    collisions: tuple[Conflict, ...]
    left_to_the_cluster: int
    cluster: Cluster

    @property
    def free_static(self) -> tuple[range, ...]:
        """The free numbers of the static band, which are the best to request.

        Example:
            >>> node_ports.free_static
            (range(30000, 30080), range(30081, 30086))
        """
        return self._free(self.cluster.static_node_ports)

    @property
    def free_dynamic(self) -> tuple[range, ...]:
        """The free numbers of the dynamic band, from which the cluster allocates first.

        Example:
            >>> node_ports.free_dynamic
            (range(30086, 32768),)
        """
        return self._free(self.cluster.dynamic_node_ports)

    def of(self, number: int) -> tuple[NodePort, ...]:
        """Return the requests for this number.

        Example:
            >>> [str(port.service) for port in node_ports.of(30080)]
            ['Service web']
        """
        return tuple(port for port in self.taken if port.number == number)

    def _free(self, band: range) -> tuple[range, ...]:
        free: list[range] = []
        start = band.start
        for number in sorted({port.number for port in self.taken if port.number in band}):
            free.append(range(start, number))
            start = number + 1
        free.append(range(start, band.stop))
        return tuple(part for part in free if part)


@shape.register
def _(ports: NodePorts) -> dict[str, object]:
    return {
        "range": _ends(ports.cluster.node_port_range),
        "taken": ports.taken,
        "collisions": [
            {
                "namespace": each.service.namespace,
                "service": each.service.name,
                "field": each.violation.field,
                "code": each.violation.code,
                "message": each.violation.message,
                "otherNamespace": each.other.namespace,
                "other": each.other.name,
            }
            for each in ports.collisions
        ],
        "freeStatic": [_ends(each) for each in ports.free_static],
        "freeDynamic": [_ends(each) for each in ports.free_dynamic],
        "leftToTheCluster": ports.left_to_the_cluster,
    }


def _ends(numbers: range) -> list[int]:
    """Return the first and the last number of a range."""
    return [numbers[0], numbers[-1]]


def node_ports_of(
    services: Sequence[Service], cluster: Cluster, name: Callable[[Service], ObjectName] = name_of
) -> NodePorts:
    """Return the node ports of these Services, all in one cluster.

    Args:
        services: The Services.
        cluster: The cluster.
        name: Returns the name of a Service.
    """
    taken: list[NodePort] = []
    allocated = 0
    for service in services:
        state = service_state(service, cluster)
        own = name(service)
        if state.takes_node_ports:
            for position, port in enumerate(service.ports):
                if port.node_port:
                    band = _band(port.node_port, cluster)
                    taken.append(NodePort(port.node_port, port.effective_protocol, own, position, band))
                elif state.allocates_node_ports:
                    allocated += 1
        if state.needs_health_check and service.health_check_node_port:
            number = service.health_check_node_port
            taken.append(NodePort(number, "TCP", own, None, _band(number, cluster)))
    collisions = tuple(
        conflict for conflict in check_set(services, cluster=cluster) if conflict.violation.code in _CODES
    )
    taken.sort(key=lambda port: (port.number, port.service.order, port.position or 0))
    return NodePorts(tuple(taken), collisions, allocated, cluster)


def _band(number: int, cluster: Cluster) -> Band:
    if number in cluster.static_node_ports:
        return "static"
    return "dynamic" if number in cluster.dynamic_node_ports else "outside"


@final
@attrs.frozen
class HostPort:
    """A port of the node that a container occupies.

    Attributes:
        number: The port on the node.
        protocol: `TCP`, `UDP` or `SCTP`.
        host_ip: The address of the node, `""` for all of them.
        workload: The workload that creates the pods.
        container: The container.
        container_port: The port of the container.
        host_network: Whether the reason is that the pods use the network of the node.

    Example:
        >>> agent = Pod("agent", containers=[Container("agent", ports=[ContainerPort(9100, host_port=9100)])])
        >>> [taken] = PortMap.of([agent]).host_ports.taken
        >>> taken.number, taken.container
        (9100, 'agent')
    """

    __module__ = "portmap"

    number: int
    protocol: str
    host_ip: str = attrs.field(metadata=renamed("hostIP"))
    workload: ObjectName = attrs.field(metadata=inlined())
    container: str
    container_port: int
    host_network: bool

    @property
    def order(self) -> tuple[int, str, tuple[str, str, str], str, str, int]:
        """The sort key.

        Example:
            >>> taken.order
            (9100, 'TCP', ('', 'Pod', 'agent'), 'agent', '', 9100)
        """
        return self.number, self.protocol, self.workload.order, self.container, self.host_ip, self.container_port

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> taken.as_dict()["containerPort"]
            9100
        """
        return plain_data(self)


@final
@attrs.frozen
class HostPorts:
    """The host ports of a set.

    Attributes:
        taken: The host ports, sorted by number.
        collisions: The host ports of different workloads that cannot share a node.

    Example:
        >>> agent = Pod("agent", containers=[Container("agent", ports=[ContainerPort(9100, host_port=9100)])])
        >>> [port.number for port in PortMap.of([agent]).host_ports.taken]
        [9100]
    """

    __module__ = "portmap"

    taken: tuple[HostPort, ...]
    collisions: tuple[tuple[HostPort, ...], ...]


def host_ports_of(workloads: Iterable[Workload], name: Callable[[Workload], ObjectName] = name_of) -> HostPorts:
    """Return the host ports of these workloads. A workload without replicas has none.

    Args:
        workloads: The workloads.
        name: Returns the name of a workload.
    """
    taken = sorted(
        {port for workload in workloads if workload.replicas != 0 for port in _host_ports(workload, name(workload))},
        key=lambda port: port.order,
    )
    by_number: Mapping[tuple[int, str], list[HostPort]] = defaultdict(list)
    for port in taken:
        by_number[port.number, port.protocol].append(port)
    return HostPorts(tuple(taken), tuple(group for same in by_number.values() if len(group := _colliding(same)) > 1))


def _host_ports(workload: Workload, name: ObjectName) -> Iterator[HostPort]:
    on_node = bool(workload.pod.host_network)
    for container in workload.pod.port_containers:
        for port in container.ports:
            number = port.host_port or (port.container_port if on_node else 0)
            if number:
                yield HostPort(
                    number,
                    port.effective_protocol,
                    port.host_ip or "",
                    name,
                    container.name,
                    port.container_port,
                    on_node,
                )


def _colliding(ports: Sequence[HostPort]) -> tuple[HostPort, ...]:
    """Return the host ports that overlap with one of another workload."""
    without_namespace = {(port.workload.kind, port.workload.name) for port in ports if port.workload.namespace is None}

    def name_key(name: ObjectName) -> tuple[str, str, str | None]:
        # A workload without a namespace may be the same as one that has a namespace.
        return name.kind, name.name, None if (name.kind, name.name) in without_namespace else name.namespace

    by_address: Mapping[str, set[tuple[str, str, str | None]]] = defaultdict(set)
    workloads = set()
    for port in ports:
        by_address["" if port.host_ip in _ANY_ADDRESS else port.host_ip].add(name_key(port.workload))
        workloads.add(name_key(port.workload))
    return tuple(
        port
        for port in ports
        if (
            (workloads if port.host_ip in _ANY_ADDRESS else by_address[""] | by_address[port.host_ip])
            - {name_key(port.workload)}
        )
    )
