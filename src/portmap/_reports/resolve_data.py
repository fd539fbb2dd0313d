"""The data of `portmap resolve`: the endpoints of each Service port in a set of documents, and the misses."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, final

import attrs

from portmap._graph.items import pod_labels, with_namespace
from portmap._graph.port_map import PortMap
from portmap._graph.set_misses import NO_ENDPOINTS
from portmap._graph.trace import Approach, Trace
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.plain_data import inlined
from portmap._manifests.documents import Document
from portmap._manifests.read import is_readable
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.service_reading import is_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._reports.places import Place
from portmap._resolution.resolution import Endpoint, Resolution, resolve
from portmap._resolution.selection import Candidates
from portmap._resolution.why_not import Miss, nothing_selected

_MOST_NAMED: Final = 3


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
class LocatedMiss:
    """Why a Service port has no endpoints, in one pod or workload or at all.

    Attributes:
        miss: The reason.
        place: Where the pod or workload begins; `None` if the miss is about none.
    """

    miss: Miss
    place: Place | None = None

    @property
    def label(self) -> str | None:
        """Return `Deployment/web` or `Pod/web-0`; `None` if the miss is about no pod."""
        return self.miss.workload or (f"Pod/{self.miss.pod}" if self.miss.pod else None)


@final
@attrs.frozen
class ResolvedPort:
    """One Service port with its backends.

    Attributes:
        port: The Service port; `None` for a headless Service without ports.
        backends: What it reaches, in the order of the input.
        misses: Why it reaches nothing, in some pods or at all.
        approaches: What leads to it: the Service's own address, node ports, Ingresses, routes, …
        beyond: The addresses of endpoints that no controller manages.
    """

    port: ServicePort | None
    backends: tuple[Backend, ...]
    misses: tuple[LocatedMiss, ...]
    approaches: tuple[Approach, ...] = ()
    beyond: str | None = None


@final
@attrs.frozen
class ResolvedService:
    """One Service with its ports.

    Attributes:
        document: The Service as it was read. If it has violations, it was not resolved.
        namespace: Its namespace; `None` if unknown.
        ports: Its ports, in order.
        elsewhere: Why no pods were looked for, if so.
    """

    document: Document
    namespace: str | None
    ports: tuple[ResolvedPort, ...] = ()
    elsewhere: str | None = None

    @property
    def place(self) -> Place:
        """Return where the Service begins."""
        return Place.of(self.document)

    @property
    def ports_without_endpoints(self) -> tuple[ResolvedPort, ...]:
        """Return the ports that reach nothing; of a Service without a selector, those known to reach nothing."""
        if self.elsewhere is not None:
            return tuple(each for each in self.ports if each.misses)
        return tuple(each for each in self.ports if not each.backends)


@final
@attrs.frozen
class ResolveReport:
    """All Services of an input, resolved, and what else was read.

    Attributes:
        cluster: The cluster in force.
        services: The Services, in the order of the input.
        invalid_workloads: The workloads and pods that a server would refuse.
        unreadable: The files of folders that could not be read.
        workloads: How many workloads were read, invalid ones included.
        pods: How many pods were read, invalid ones included.
        others: How many objects of other kinds were read.
    """

    cluster: Cluster
    services: tuple[ResolvedService, ...]
    invalid_workloads: tuple[Document, ...]
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
        """Return how many ports of valid Services reach nothing."""
        return sum(len(each.ports_without_endpoints) for each in self.services)


# --- documents -------------------------------------------------------------------------------------------------


def resolve_documents(
    documents: Sequence[Document],
    *,
    cluster: Cluster,
    unreadable: Iterable[ManifestError] = (),
    namespace: str | None = None,
    names: Collection[str] = (),
) -> ResolveReport:
    """Resolve the Services among these documents.

    Args:
        documents: The documents that were read. Objects of other kinds are counted.
        cluster: The cluster in force.
        unreadable: The files that could not be read, for the report.
        namespace: The namespace of objects that name none; `None` leaves it open.
        names: The Services to resolve, `web` or `shop/web`; empty: all.
    """
    services = [each for each in documents if isinstance(each.raw, Mapping) and is_core_service(each.raw)]
    makers = [each for each in documents if _makes_pods(each)]
    port_map = PortMap.of(documents, cluster=cluster, namespace=namespace)
    with cluster:
        resolver = _Resolver(makers, port_map, namespace)
        resolved = tuple(
            resolver.service(each) for each in services if not names or not names_of(each, namespace).isdisjoint(names)
        )
    pods = sum(each.kind == "Pod" for each in makers)
    return ResolveReport(
        cluster,
        resolved,
        resolver.invalid,
        tuple(unreadable),
        len(makers) - pods,
        pods,
        len(documents) - len(services) - len(makers),
    )


def names_of(document: Document, namespace: str | None) -> frozenset[str]:
    """Return the names that select an object: `web`, and `shop/web` if its namespace is known."""
    own = namespace_of(document) or namespace
    return frozenset({document.name, f"{own}/{document.name}"} if own else {document.name})


def namespace_of(document: Document) -> str | None:
    """Return the namespace in the metadata of an object, which may be invalid."""
    metadata = document.raw.get("metadata") if isinstance(document.raw, Mapping) else None
    namespace = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    return namespace if isinstance(namespace, str) and namespace else None


def _makes_pods(document: Document) -> bool:
    raw = document.raw
    return isinstance(raw, Mapping) and is_readable(raw) and not is_core_service(raw)


@final
class _Resolver:
    """Resolves Services among the pods and workloads of some documents, each by itself to know its place."""

    def __init__(self, makers: Sequence[Document], port_map: PortMap, namespace: str | None) -> None:
        self.invalid = tuple(each for each in makers if each.violations)
        self._port_map = port_map
        self._namespace = namespace
        sources = [
            (with_namespace(typed, namespace), Place.of(document))
            for document in makers
            for typed in document.objects
            if isinstance(typed, Pod | Workload)
        ]
        self._places = {id(source): place for source, place in sources}
        # The sources must live as long as their ids are keys.
        self._sources = [source for source, _ in sources]
        self._candidates = Candidates(self._sources, indexed=True)

    def service(self, document: Document) -> ResolvedService:
        """Return a Service with its ports."""
        service = document.object
        if not isinstance(service, Service):
            return ResolvedService(document, namespace_of(document) or self._namespace)
        service = with_namespace(service, self._namespace)
        cluster = self._port_map.cluster
        traces = self._port_map.trace(service)
        elsewhere = resolve(service, (), cluster=cluster).elsewhere
        if elsewhere is not None:
            ports = tuple(
                _unmanaged(port, position, trace, elsewhere)
                for position, (port, trace) in enumerate(zip(service.ports, traces, strict=True))
            )
            return ResolvedService(document, service.namespace, ports, elsewhere)
        resolutions = [
            (source, self._places[id(source)], resolve(service, [source], cluster=cluster))
            for source in self._candidates.selected_by(service.selector or {}, service.namespace)
        ]
        misses = [LocatedMiss(miss, place) for _, place, resolution in resolutions for miss in resolution.misses]
        invalid = [each for each in self.invalid if self._may_select(service, each)]
        if invalid:
            misses.append(_unknown_pods(invalid, some=bool(resolutions)))
        elif not resolutions:
            misses.append(LocatedMiss(nothing_selected(service, self._candidates.near(service.selector or {}))))
        ports = tuple(
            ResolvedPort(
                port,
                tuple(backend for each in resolutions for backend in _backends(port, *each)),
                tuple(each for each in misses if each.miss.position in {None, position}),
                () if port is None else traces[position].approaches,
            )
            for position, port in enumerate(service.ports or (None,))
        )
        return ResolvedService(document, service.namespace, ports)

    def _may_select(self, service: Service, document: Document) -> bool:
        """Return whether the Service would select the pods of an invalid object, by the labels that can be read."""
        namespace = namespace_of(document) or self._namespace
        if service.namespace is not None and namespace is not None and service.namespace != namespace:
            return False
        selector = (service.selector or {}).items()
        return any(selector <= labels.items() for labels in pod_labels(document.raw))


def _unmanaged(port: ServicePort, position: int, trace: Trace, elsewhere: str) -> ResolvedPort:
    """Return a port whose endpoints no controller manages: with the addresses of hand-written ones, if any."""
    [onward] = trace.onward
    if not onward.beyond:
        miss = Miss(code=NO_ENDPOINTS, message=onward.stops or "", hint=onward.hint, port=port, position=position)
        return ResolvedPort(port, (), (LocatedMiss(miss),), trace.approaches)
    return ResolvedPort(port, (), (), trace.approaches, None if onward.stops == elsewhere else onward.stops)


def _backends(
    port: ServicePort | None, source: Pod | Workload, place: Place, resolution: Resolution
) -> Iterator[Backend]:
    """Yield what the port reaches in one pod or workload."""
    if port is not None:
        yield from (Backend.of(each, place) for each in resolution.endpoints(port))
    elif not resolution.misses:
        ready = all(each.ready for piece in resolution.slices for each in piece.endpoints)
        workload = f"{source.kind}/{source.name}" if isinstance(source, Workload) else None
        yield Backend(None if workload else source.name, workload, place, None, None, None, ready)


def _unknown_pods(invalid: Sequence[Document], *, some: bool) -> LocatedMiss:
    """Return the miss of a Service whose pods are unknown, because the objects that make them are invalid."""
    named = ", ".join(str(each) for each in invalid[:_MOST_NAMED])
    more = len(invalid) - _MOST_NAMED
    subject = f"{named} and {more} more are" if more > 0 else f"{named} {'is' if len(invalid) == 1 else 'are'}"
    first = invalid[0]
    violation = first.violations[0]
    miss = Miss(
        code="pods-unknown",
        message=f"{'some of its pods' if some else 'its pods'} are unknown: {subject} invalid",
        hint=f"{violation.field}: {violation.message}" if violation.field else violation.message,
        pod=first.name if first.kind == "Pod" else None,
        workload=None if first.kind == "Pod" else f"{first.kind}/{first.name}",
    )
    return LocatedMiss(miss, Place.of(first))


# --- typed objects ---------------------------------------------------------------------------------------------


def resolved_ports(resolution: Resolution) -> tuple[ResolvedPort, ...]:
    """Return the ports of a Service that was resolved among objects of no file."""
    nowhere = Place("")
    pods = [
        Backend(each.pod, None, nowhere, None, None, None, each.ready)
        for each in dict.fromkeys(each for piece in resolution.slices for each in piece.endpoints)
    ]
    return tuple(
        ResolvedPort(
            port,
            tuple(pods if port is None else (Backend.of(each, nowhere) for each in resolution.endpoints(port))),
            tuple(LocatedMiss(miss, nowhere) for miss in resolution.misses if miss.position in {None, position}),
        )
        for position, port in enumerate(resolution.service.ports or (None,))
    )
