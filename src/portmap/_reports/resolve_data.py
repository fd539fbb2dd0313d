"""The data of `portmap resolve`: the outcome of each Service port of some documents."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, final

import attrs

from portmap._graph.chain_builder import ChainBuilder
from portmap._graph.graph import Graph
from portmap._graph.group_graph import GroupGraph
from portmap._graph.inventory import concerns_ports
from portmap._graph.items import Item
from portmap._graph.object_name import ObjectName, Place
from portmap._graph.outcomes import PortMiss, PortOutcome, unresolved
from portmap._graph.port_map import PortMap
from portmap._graph.reach import ServiceNode
from portmap._graph.trace import Approach, approaches_of
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.plain_data import inlined
from portmap._kubernetes.target_syntax import NamedObjects, ObjectTarget
from portmap._manifests.documents import Document
from portmap._model.ports import ServicePort
from portmap._model.service_reading import is_core_service
from portmap._resolution.resolution import Endpoint, Resolution
from portmap._resolution.slices import is_ready

_NOWHERE: Final = Place("")


@final
@attrs.frozen
class Backend:
    """A pod, or the pods of a workload, that a Service port reaches.

    Attributes:
        pod: The name of the pod; `None` for the pods of a workload.
        workload: The workload, such as `Deployment/web`; `None` for a pod without one.
        place: Where the pod or workload begins.
        container: The container that declares the port; `None` if none does.
        port: The number; `None` for a headless Service without ports, which reaches all ports.
        protocol: `TCP`, `UDP` or `SCTP`; `None` like the number.
        ready: Whether it gets traffic now.
    """

    pod: str | None
    workload: str | None
    place: Place = attrs.field(metadata=inlined())
    container: str | None
    port: int | None
    protocol: str | None
    ready: bool

    @classmethod
    def of(cls, endpoint: Endpoint, place: Place) -> "Backend":
        """Return the backend of an endpoint."""
        pod = None if endpoint.workload else endpoint.pod
        return cls(pod, endpoint.workload, place, endpoint.container, endpoint.port, endpoint.protocol, endpoint.ready)

    @property
    def label(self) -> str:
        """Return `Deployment/web` or `Pod/web-0`."""
        return self.workload or f"Pod/{self.pod}"


@final
@attrs.frozen
class ResolvedPort:
    """One Service port with its backends.

    Attributes:
        port: The Service port; `None` for a headless Service without ports.
        outcome: What it reaches, or why not.
        backends: The pods and workloads that it reaches, in the order of the input.
        approaches: What leads to it: the Service's own address, node ports, Ingresses, routes, …
    """

    port: ServicePort | None
    outcome: PortOutcome
    backends: tuple[Backend, ...]
    approaches: tuple[Approach, ...] = ()

    @property
    def has_no_endpoints(self) -> bool:
        """Return whether it should have endpoints and has none."""
        return self.outcome.state == "unresolved"

    @property
    def is_in_doubt(self) -> bool:
        """Return whether it has no endpoints, and that may be right, or its endpoints are doubtful."""
        return self.outcome.state == "doubtful"


@final
@attrs.frozen
class ResolvedService:
    """One Service with its ports.

    Attributes:
        name: Its name, as kustomizations change it.
        document: The Service as it was read. If it has violations, it was not resolved.
        ports: Its ports, in order.
        elsewhere: Why no pods were looked for, if so.
        rendered_by: The kustomizations that render it, if several render it differently.
    """

    name: ObjectName
    document: Document
    ports: tuple[ResolvedPort, ...] = ()
    elsewhere: str | None = None
    rendered_by: str | None = None

    @property
    def place(self) -> Place:
        """Return where the Service begins."""
        return Place(self.document.source, self.document)

    @property
    def ports_without_endpoints(self) -> tuple[ResolvedPort, ...]:
        """Return the ports that should have endpoints and have none."""
        return tuple(each for each in self.ports if each.has_no_endpoints)


@final
@attrs.frozen
class ResolveReport:
    """All Services of an input, resolved, and what else was read.

    Attributes:
        cluster: The cluster in force.
        services: The Services, in the order of the input.
        invalid_workloads: The workloads and pods that a server would refuse.
        skipped: Why documents are not resolved: they are patches, fragments or templates.
        unreadable: The files of folders that could not be read.
        workloads: How many workloads were read, invalid ones included.
        pods: How many pods were read, invalid ones included.
        others: How many objects of other kinds were read.
    """

    cluster: Cluster
    services: tuple[ResolvedService, ...]
    invalid_workloads: tuple[Document, ...]
    skipped: tuple[str, ...]
    unreadable: tuple[ManifestError, ...]
    workloads: int
    pods: int
    others: int

    @property
    def invalid_services(self) -> int:
        """Return how many Services a server would refuse."""
        return sum(bool(each.document.violations) for each in self.services)

    @property
    def ports_without_endpoints(self) -> int:
        """Return how many ports of valid Services should have endpoints and have none."""
        return sum(len(each.ports_without_endpoints) for each in self.services)

    @property
    def ports_in_doubt(self) -> int:
        """Return how many ports have no endpoints, or doubtful ones, and that may be right."""
        return sum(port.is_in_doubt for each in self.services for port in each.ports)


# --- documents -------------------------------------------------------------------------------------------------


def resolve_documents(
    documents: Sequence[Document],
    *,
    cluster: Cluster,
    unreadable: Iterable[ManifestError] = (),
    namespace: str | None = None,
    targets: Collection[ObjectTarget] = (),
) -> ResolveReport:
    """Resolve the Services among these documents.

    Args:
        documents: The documents that were read. Objects of other kinds are counted.
        cluster: The cluster in force.
        unreadable: The files that could not be read, for the report.
        namespace: The namespace of objects that name none; `None` leaves it open.
        targets: The Services to resolve; empty: all.

    Raises:
        KeyError: There is no such Service.
    """
    port_map = PortMap.of(documents, cluster=cluster, namespace=namespace)
    graph = port_map.graph
    items = sorted(
        ((item, group) for group in graph.groups for item in group.group.items), key=lambda pair: pair[0].position
    )
    services = [(item, group) for item, group in items if is_core_service(item.raw)]
    makers = {item.position: item for item, _ in items if concerns_ports(item.raw) and not is_core_service(item.raw)}
    pods = sum(item.name.kind == "Pod" for item in makers.values())
    skipped = {item.position: reason for item, reason in graph.skipped if concerns_ports(item.raw)}
    times = Counter(item.position for item, _ in services)
    return ResolveReport(
        cluster,
        tuple(
            _service(item, item.document, group, graph, port_map.chains, several=times[item.position] > 1)
            for item, group in _chosen(services, targets)
            if item.document is not None
        ),
        tuple(item.document for item in makers.values() if item.violations and item.document),
        tuple(skipped.values()),
        tuple(unreadable),
        len(makers) - pods,
        pods,
        len(documents) - len(times.keys() | makers.keys() | skipped.keys()),
    )


def _chosen(
    services: Sequence[tuple[Item, GroupGraph]], targets: Collection[ObjectTarget]
) -> Iterator[tuple[Item, GroupGraph]]:
    """Yield the Services that the targets name, in the order of the input; all of them if there are no targets."""
    names = [item.name for item, _ in services]
    named = NamedObjects((name.kind, name.namespace, name.name) for name in names)
    chosen: set[int] = set()
    for target in targets:
        # Without a namespace, a name selects the Services of all namespaces.
        same = [position for position, name in enumerate(names) if name.name == target.name]
        chosen.update(same if same and target.namespace is None else named.find(attrs.evolve(target, kind="Service")))
    return (pair for position, pair in enumerate(services) if not targets or position in chosen)


def _service(
    item: Item, document: Document, group: GroupGraph, graph: Graph, chains: ChainBuilder, *, several: bool
) -> ResolvedService:
    rendered_by = group.group.label if several else None
    if item.service is None:
        return ResolvedService(item.name, document, rendered_by=rendered_by)
    node = graph.node(item.service)
    ports: list[ResolvedPort] = []
    for position, port in enumerate(node.service.ports):
        backends = (_backend(endpoint, node) for endpoint in node.resolution.by_port[position])
        approaches = approaches_of(chains, node, position)
        ports.append(ResolvedPort(port, graph.outcome(node, position), tuple(backends), approaches))
    if not ports and node.resolution.elsewhere is None:
        ports.append(ResolvedPort(None, graph.outcome(node, None), tuple(_pods(node))))
    return ResolvedService(item.name, document, tuple(ports), node.resolution.elsewhere, rendered_by)


def _backend(endpoint: Endpoint, node: ServiceNode) -> Backend:
    return Backend.of(endpoint, node.names[id(endpoint.source)].place or _NOWHERE)


def _pods(node: ServiceNode) -> Iterator[Backend]:
    """Yield the pods and workloads that a headless Service without ports reaches."""
    missed = {id(miss.source) for miss in node.resolution.misses}
    for workload in node.selected:
        if id(workload) not in missed:
            is_pod, name = workload.kind == "Pod", node.names[id(workload)]
            pod, label = (workload.name, None) if is_pod else (None, f"{workload.kind}/{workload.name}")
            ready = is_ready(node.service, workload.pod)
            yield Backend(pod, label, name.place or _NOWHERE, None, None, None, ready)


# --- typed objects ---------------------------------------------------------------------------------------------


def resolved_ports(resolution: Resolution) -> tuple[ResolvedPort, ...]:
    """Return the ports of a Service that was resolved among objects of no file."""
    pods = [
        Backend(each.pod, None, _NOWHERE, None, None, None, each.ready)
        for each in dict.fromkeys(each for piece in resolution.slices for each in piece.endpoints)
    ]
    ports = []
    for position, port in enumerate(resolution.service.ports or (None,)):
        backends = pods if port is None else [Backend.of(each, _NOWHERE) for each in resolution.endpoints(port)]
        misses = tuple([PortMiss(miss) for miss in unresolved(resolution, position)])
        outcome = PortOutcome("reached" if backends else "unresolved", (), misses)
        ports.append(ResolvedPort(port, outcome, tuple(backends)))
    return tuple(ports)
