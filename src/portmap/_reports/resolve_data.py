"""Where the Services of some documents lead, as data: what each rendering of `portmap resolve` shows."""

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

__all__ = ["Missed", "Reached", "Report", "Route", "ServiceRoutes", "called", "find_routes", "routes_of"]


@final
@attrs.frozen
class Reached:
    """A pod, or the pods of a workload, that a Service port reaches.

    Attributes:
        pod: The pod's name; `None` where a workload makes the pods.
        workload: The workload, such as `Deployment/web`; `None` for a pod of its own.
        place: Where the pod or workload stands.
        container: The container that declares the port; `None` where none does.
        port: The number; `None` for a headless Service without ports, which leads to any.
        protocol: `TCP`, `UDP` or `SCTP`; `None` likewise.
        ready: Whether it gets traffic now.
    """

    pod: str | None
    workload: str | None
    place: Place = attrs.field(metadata=inlined())
    container: str | None
    port: int | None
    protocol: str | None
    ready: bool

    @property
    def called(self) -> str:
        """For people: `Deployment/web` or `Pod/web-0`."""
        return self.workload or f"Pod/{self.pod}"


@final
@attrs.frozen
class Missed:
    """Why a Service port leads nowhere, in one pod or workload or in all.

    Attributes:
        miss: Why.
        place: Where the pod or workload stands; `None` where it is about none.
    """

    miss: Miss
    place: Place | None = None

    @property
    def called(self) -> str | None:
        """For people, like that of what is reached."""
        return self.miss.workload or (f"Pod/{self.miss.pod}" if self.miss.pod else None)


@final
@attrs.frozen
class Route:
    """Where one Service port leads.

    Attributes:
        port: The Service port; `None` for a headless Service without ports.
        reached: What it reaches, in the order of the input.
        misses: Why it leads nowhere, in some of the pods or at all.
        approaches: Who leads there: the Service's own address, node ports, Ingresses, routes, …
        beyond: Where endpoints written by hand lead, if somebody else than a controller manages them.
    """

    port: ServicePort | None
    reached: tuple[Reached, ...]
    misses: tuple[Missed, ...]
    approaches: tuple[Approach, ...] = ()
    beyond: str | None = None


@final
@attrs.frozen
class ServiceRoutes:
    """Where one Service leads.

    Attributes:
        document: The Service as it was read; its `violations` say why there are no routes, if it is invalid.
        namespace: Its namespace, `None` if unknown.
        routes: One for each of its ports, in order.
        elsewhere: Why no pods were looked for, if so.
    """

    document: Document
    namespace: str | None
    routes: tuple[Route, ...] = ()
    elsewhere: str | None = None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place.of(self.document)

    @property
    def leads_nowhere(self) -> tuple[Route, ...]:
        """The ports that reach nothing at all. Where somebody else manages the endpoints, those that have none."""
        if self.elsewhere is not None:
            return tuple(route for route in self.routes if route.misses)
        return tuple(route for route in self.routes if not route.reached)


@final
@attrs.frozen
class Report:
    """Where all Services lead, and what else was read.

    Attributes:
        cluster: By what the objects were judged.
        services: The Services that were asked for, in the order of the input.
        invalid_workloads: The workloads and pods that a server would refuse.
        unreadable: The files of folders that could not be read.
        workloads: How many workloads were read, invalid ones included.
        pods: How many pods, likewise.
        others: How many objects of kinds that portmap does not know.
    """

    cluster: Cluster
    services: tuple[ServiceRoutes, ...]
    invalid_workloads: tuple[Document, ...]
    unreadable: tuple[ManifestError, ...]
    workloads: int
    pods: int
    others: int

    @property
    def invalid_services(self) -> int:
        """How many of the Services a server would refuse."""
        return sum(bool(each.document.violations) for each in self.services)

    @property
    def ports_leading_nowhere(self) -> int:
        """How many ports of valid Services reach no pod at all."""
        return sum(len(each.leads_nowhere) for each in self.services)

    @property
    def all_lead_somewhere(self) -> bool:
        """Whether every Service is valid, and each of its ports reaches something."""
        return not self.invalid_services and not self.ports_leading_nowhere


_MOST_SHOWN: Final = 3


@final
class _Sources:
    """The pods and workloads that were read, and where each stands."""

    def __init__(self, found: Iterable[tuple[Pod | Workload, Place]]) -> None:
        self._found = tuple(found)
        self._places = {id(source): place for source, place in self._found}
        self._candidates = Candidates([source for source, _ in self._found], indexed=True)

    def selected(self, service: Service) -> Iterator[tuple[Pod | Workload, Place]]:
        """Those that the Service selects, in the order of the input."""
        for each in self._candidates.selected_by(service.selector or {}, service.namespace):
            yield each, self._places[id(each)]

    def nothing_selected(self, service: Service) -> Miss:
        """Why the Service selects none of them."""
        return nothing_selected(service, self._candidates.near(service.selector or {}))


def find_routes(
    documents: Sequence[Document],
    *,
    cluster: Cluster,
    unreadable: Iterable[ManifestError] = (),
    namespace: str | None = None,
    names: Collection[str] = (),
) -> Report:
    """Say where each port of each Service among these documents leads.

    Args:
        documents: What was read. Objects of kinds that portmap does not know are counted.
        cluster: What the control plane does.
        unreadable: What could not be read, for the report.
        namespace: The namespace of the objects that name none; `None`: they may be in any.
        names: The names of the Services that are asked for, `web` or `shop/web`; empty: all of them.
    """
    services = [
        document for document in documents if isinstance(document.raw, Mapping) and is_core_service(document.raw)
    ]
    makers = [document for document in documents if _has_pods(document)]
    invalid = [document for document in makers if document.violations]
    found_map = PortMap.of(documents, cluster=cluster, namespace=namespace)
    with cluster:
        sources = _Sources(
            (with_namespace(each, namespace), Place.of(document))
            for document in makers
            for each in document.objects
            if isinstance(each, Pod | Workload)
        )
        routes = tuple(
            _service_routes(document, sources, invalid, found_map, namespace)
            for document in services
            if not names or not called(document, namespace).isdisjoint(names)
        )
    pods = sum(document.kind == "Pod" for document in makers)
    return Report(
        cluster,
        routes,
        tuple(invalid),
        tuple(unreadable),
        len(makers) - pods,
        pods,
        len(documents) - len(services) - len(makers),
    )


def called(document: Document, namespace: str | None) -> frozenset[str]:
    """What an object can be asked for by: its name, and its namespace and name."""
    place = _namespace_of(document, namespace)
    return frozenset({document.name, f"{place}/{document.name}"} if place else {document.name})


def _has_pods(document: Document) -> bool:
    raw = document.raw
    return isinstance(raw, Mapping) and is_readable(raw) and not is_core_service(raw)


def _service_routes(
    document: Document,
    sources: _Sources,
    invalid: Sequence[Document],
    found_map: PortMap,
    namespace: str | None,
) -> ServiceRoutes:
    service = document.object
    if not isinstance(service, Service):
        return ServiceRoutes(document, _namespace_of(document, namespace))
    service = with_namespace(service, namespace)
    traces = found_map.trace(service)
    ways_in = [trace.approaches for trace in traces]
    cluster = found_map.cluster
    elsewhere = resolve(service, (), cluster=cluster).elsewhere
    if elsewhere is not None:
        written = [
            _elsewhere(port, position, trace, elsewhere)
            for position, (port, trace) in enumerate(zip(service.ports, traces, strict=True))
        ]
        return ServiceRoutes(document, service.namespace, tuple(written), elsewhere)
    found = [(each, place, resolve(service, [each], cluster=cluster)) for each, place in sources.selected(service)]
    refused = [each for each in invalid if _would_select(service, each, namespace)]
    misses = [Missed(miss, place) for _, place, resolution in found for miss in resolution.misses]
    if refused:
        misses.append(_unknown(refused, some=bool(found)))
    elif not found:
        misses.append(Missed(sources.nothing_selected(service)))
    routes = [
        Route(
            port,
            tuple(answer for each in found for answer in _answers(port, *each)),
            tuple(each for each in misses if each.miss.position in {None, position}),
            ways_in[position] if port is not None else (),
        )
        for position, port in enumerate(service.ports or (None,))
    ]
    return ServiceRoutes(document, service.namespace, tuple(routes))


def _elsewhere(port: ServicePort, position: int, trace: Trace, elsewhere: str) -> Route:
    """A port whose endpoints no controller manages: where those lead that are written by hand, or why none do."""
    [onward] = trace.onward
    if not onward.beyond:
        miss = Miss(code=NO_ENDPOINTS, message=onward.stops or "", hint=onward.hint, port=port, position=position)
        return Route(port, (), (Missed(miss),), trace.approaches)
    return Route(port, (), (), trace.approaches, None if onward.stops == elsewhere else onward.stops)


def _answers(
    port: ServicePort | None, source: Pod | Workload, place: Place, resolution: Resolution
) -> Iterator[Reached]:
    """What the port reaches in this one pod or workload."""
    if port is not None:
        yield from (_reached(each, place) for each in resolution.endpoints(port))
    elif not resolution.misses:
        ready = all(each.ready for piece in resolution.slices for each in piece.endpoints)
        workload = f"{source.kind}/{source.name}" if isinstance(source, Workload) else None
        yield Reached(None if workload else source.name, workload, place, None, None, None, ready)


def _reached(endpoint: Endpoint, place: Place) -> Reached:
    pod = None if endpoint.workload else endpoint.pod
    return Reached(pod, endpoint.workload, place, endpoint.container, endpoint.port, endpoint.protocol, endpoint.ready)


def routes_of(resolution: Resolution) -> tuple[Route, ...]:
    """Where one Service leads among objects that come from no file."""
    nowhere = Place("")
    bare = [
        Reached(each.pod, None, nowhere, None, None, None, each.ready)
        for each in dict.fromkeys(each for piece in resolution.slices for each in piece.endpoints)
    ]
    return tuple(
        Route(
            port,
            tuple(bare if port is None else (_reached(each, nowhere) for each in resolution.endpoints(port))),
            tuple(Missed(miss, nowhere) for miss in resolution.misses if miss.position in {None, position}),
        )
        for position, port in enumerate(resolution.service.ports or (None,))
    )


# --- what a server would refuse --------------------------------------------------------------------------------


def _unknown(refused: Sequence[Document], *, some: bool) -> Missed:
    named = ", ".join(str(each) for each in refused[:_MOST_SHOWN])
    more = len(refused) - _MOST_SHOWN
    several = f"{named} and {more} more are" if more > 0 else f"{named} {'is' if len(refused) == 1 else 'are'}"
    first = refused[0]
    violation = first.violations[0]
    miss = Miss(
        code="pods-unknown",
        message=f"{'some of its pods' if some else 'its pods'} are unknown: {several} invalid",
        hint=f"{violation.field}: {violation.message}" if violation.field else violation.message,
        pod=first.name if first.kind == "Pod" else None,
        workload=None if first.kind == "Pod" else f"{first.kind}/{first.name}",
    )
    return Missed(miss, Place.of(first))


def _would_select(service: Service, document: Document, namespace: str | None) -> bool:
    """Whether the Service would select the pods of this invalid object, as far as its labels can be read."""
    place = _namespace_of(document, namespace)
    if service.namespace is not None and place is not None and service.namespace != place:
        return False
    wanted = (service.selector or {}).items()
    return any(wanted <= labels.items() for labels in pod_labels(document.raw))


def _namespace_of(document: Document, namespace: str | None) -> str | None:
    metadata = document.raw.get("metadata") if isinstance(document.raw, Mapping) else None
    own = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    return own if isinstance(own, str) and own else namespace
