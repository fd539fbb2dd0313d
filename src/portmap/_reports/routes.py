"""Where the Services of some documents lead, as data: what each rendering of `portmap resolve` shows."""

from typing import final

import attrs

from portmap._graph.trace import Approach
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._manifests.documents import Document
from portmap._model.ports import ServicePort
from portmap._resolution.why_not import Miss

__all__ = ["Missed", "Place", "Reached", "Report", "Route", "ServiceRoutes"]


@final
@attrs.frozen
class Place:
    """Where an object begins: the file, and the line where it is known."""

    source: str
    line: int | None = None

    @classmethod
    def of(cls, document: Document) -> "Place":
        """The place of a document."""
        span = document.span()
        return cls(document.source, span.line if span else None)

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


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
    place: Place
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
