"""Resolve the ports of Services to endpoints: the EndpointSlice controller's algorithm, with reasons.

A numeric target port needs no declaration. A named one is looked up in each pod by name
*and* protocol. Where the controller says nothing (it logs at verbosity 4 and leaves the
port out), a `Miss` says why.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/endpointslice/utils.go`
(`getEndpointPorts`, `podToEndpoint`), `reconciler.go` and
`pkg/controller/endpointslice/endpointslice_controller.go`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, final

import attrs

from portmap._kubernetes.addresses import family_and_form, family_of
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.features import SIDECAR_PORTS
from portmap._model.foreign import require_iterable
from portmap._model.foreign_protocols import Foreign
from portmap._model.pods import Pod
from portmap._model.port_lookup import ServicePortKey, positions_of
from portmap._model.ports import ServicePort
from portmap._model.service_reading import as_service, as_services
from portmap._model.services import Service
from portmap._model.workloads import Workload, as_workloads
from portmap._resolution.find_port import PortFinder
from portmap._resolution.selection import Candidates
from portmap._resolution.slices import EndpointSlice, PublishedPod, is_ready, slices_of
from portmap._resolution.why_not import Miss, nothing_selected, unresolved

_FINISHED: Final = frozenset({"Succeeded", "Failed"})
_EXTERNAL: Final = "ExternalName"
_PodT = TypeVar("_PodT")


@final
@attrs.frozen
class Endpoint:
    """A pod and a port number that a Service port reaches.

    Attributes:
        pod: The name of the pod; the name of the workload, if the pod is one that it will create.
        container: The container that declares the port; `None` if none does. A number needs no declaration.
        port: The number on which the pod is reached.
        protocol: `TCP`, `UDP` or `SCTP`.
        workload: The workload that creates the pod, such as `Deployment/web`, if there is one.
        addresses: The pod's addresses in the Service's families; none for a projected pod.
        ready: Whether the endpoint receives traffic now. A projected pod counts as ready.
        source: The pod or workload itself, as it was given.

    Example:
        >>> [endpoint] = resolve(web, [pod]).endpoints("http")
        >>> endpoint.pod, endpoint.container, endpoint.port
        ('web-0', 'app', 8080)
    """

    __module__ = "portmap"

    pod: str
    container: str | None
    port: int
    protocol: str
    workload: str | None = attrs.field(default=None, kw_only=True)
    addresses: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    ready: bool = attrs.field(default=True, kw_only=True)
    source: Pod | Workload | None = attrs.field(default=None, kw_only=True, eq=False, repr=False)


@final
@attrs.frozen
class _Selected:
    """A pod that the Service selects, and the endpoint of each Service port in it.

    `not_published` says why the controller leaves the pod out, if it does.
    """

    source: Pod | Workload
    pod: Pod
    workload: str | None
    addresses: Mapping[str, tuple[str, ...]]
    endpoints: tuple[Endpoint | None, ...]
    not_published: Miss | None


@final
@attrs.frozen
class Resolution:
    """The endpoints of each port of one Service.

    Attributes:
        service: The Service.
        misses: Why a Service port has no endpoint, for each pod in which it has none, or for the whole Service.
        slices: The EndpointSlices that the controller publishes.
        elsewhere: Why no pods were searched, if so: an ExternalName Service has none, and
            the endpoints of a Service without a selector are not managed by the controller.
        by_port: For each of the Service's ports, in their order, the endpoints.

    Example:
        >>> resolution = resolve(typo, [pod])
        >>> [(miss.field, miss.hint) for miss in resolution.misses]
        [('spec.ports[0].targetPort', "did you mean 'http'?")]
    """

    __module__ = "portmap"

    service: Service
    misses: tuple[Miss, ...]
    slices: tuple[EndpointSlice, ...]
    elsewhere: str | None
    by_port: tuple[tuple[Endpoint, ...], ...] = attrs.field(repr=False)

    def endpoints(self, port: ServicePortKey = None) -> tuple[Endpoint, ...]:
        """Return the endpoints of a Service port, in the order of the pods.

        Args:
            port: The Service port, by name, by number or as an object, or the `ContainerPort` that it
                leads to. It can be left out if the Service has only one. If TCP and UDP share a
                number, the number selects both ports. `""` is the port without a name, and `"80"` is a name.

        Raises:
            KeyError: The Service has no such port, or has several and `port` is left out.
            TypeError: `port` is of another type. `True` is not a number.

        Example:
            >>> [endpoint.port for endpoint in resolve(web, [pod]).endpoints("http")]
            [8080]
        """
        positions = positions_of(self.service, self.service.ports, port)
        return tuple(endpoint for position in positions for endpoint in self.by_port[position])

    @property
    def leads_nowhere(self) -> tuple[ServicePort, ...]:
        """The Service ports that have no endpoint; none if the controller does not manage the endpoints.

        Example:
            >>> resolution.leads_nowhere
            (ServicePort(80, target_port='htpp'),)
        """
        if self.elsewhere is not None:
            return ()
        return tuple(port for port, endpoints in zip(self.service.ports, self.by_port, strict=True) if not endpoints)


def resolve(
    service: Service | Mapping[str, Any] | Foreign,
    pods: Iterable[Pod | Workload | Mapping[str, Any] | Foreign],
    *,
    nodes: Collection[str] | None = None,
    ip_families: Sequence[str] | None = None,
    cluster: Cluster | None = None,
) -> Resolution:
    """Resolve each port of a Service in each of the pods that the Service selects.

    Args:
        service: The Service: typed, a plain dict, or an object of another library.
        pods: The pods and workloads from which the Service selects, in any order and of any
            namespace: typed, plain dicts, objects of other libraries, or the result of
            `portmap.load`, whose documents of other kinds are ignored. A workload stands for
            the pods that it creates. A Service or pod without a namespace matches any namespace.
        nodes: The names of the nodes that exist; by default, all that pods name. The
            controller leaves out a pod whose node does not exist, unless the
            Service publishes addresses that are not ready.
        ip_families: The families that the cluster gave the Service; by default, those
            that it asks for itself, else IPv4.
        cluster: The cluster whose control plane resolves: before 1.33 it did not search
            sidecars. By default, the cluster in force.

    Raises:
        ValidationError: A plain dict is not a workload, or a plain dict or document is a workload or
            Service that the API server would refuse.
        TypeError: One of `pods`, or the Service, has another type, or `pods` is not a list.

    Example:
        >>> for endpoint in resolve(web, [pod]).endpoints("http"):
        ...     print(endpoint.pod, endpoint.container, endpoint.port)
        ...
        web-0 app 8080
        >>> for miss in resolve(typo, [pod]).misses:
        ...     print(miss.field, "-", miss.hint)
        ...
        spec.ports[0].targetPort - did you mean 'http'?
    """
    return resolve_all([as_service(service)], pods, nodes=nodes, ip_families=ip_families, cluster=cluster)[0]


def resolve_all(
    services: Iterable[Service | Mapping[str, Any] | Foreign],
    pods: Iterable[Pod | Workload | Mapping[str, Any] | Foreign],
    *,
    nodes: Collection[str] | None = None,
    ip_families: Sequence[str] | None = None,
    cluster: Cluster | None = None,
) -> tuple[Resolution, ...]:
    """Resolve each of these Services among the same pods, and return the resolutions in their order.

    The pods are indexed by their labels once, so the cost is about the sum of Services,
    pods and matches, not the product. The arguments are those of `resolve`. `services` can
    also be the result of `portmap.load`, whose documents of other kinds are ignored.

    Raises:
        ValidationError: As in `resolve`.
        TypeError: One of `services` or `pods` has another type, or either is not a list.

    Example:
        >>> for resolution in resolve_all([web, typo], [pod]):
        ...     print(resolution.service, len(resolution.endpoints()))
        ...
        Service web 1
        Service typo 0
    """
    require_iterable(services, "resolve_all")
    wanted = [service for source in services for service in as_services(source)]
    among = [workload for source in _list_of_pods(pods) for workload in as_workloads(source)]
    candidates = Candidates(among, indexed=len(wanted) > 1)
    resolved = resolve_among(wanted, candidates, nodes=nodes, ip_families=ip_families, cluster=cluster)
    return tuple(resolution for resolution, _ in resolved)


def _list_of_pods(pods: Iterable[_PodT]) -> Iterable[_PodT]:
    """Return the argument if it is a list of pods.

    Raises:
        TypeError: It is one pod, or the name of a file.
    """
    argument: object = pods
    if isinstance(argument, str) or hasattr(type(argument), "__fspath__"):
        raise TypeError(
            f"pods must be a list of pods and workloads, not the name of a file: write load({str(argument)!r})"
        )
    if isinstance(argument, Mapping) or not isinstance(argument, Iterable):
        raise TypeError(
            f"pods must be a list of pods and workloads, not a {type(argument).__name__}: write [pod] for one"
        )
    return pods


def resolve_among(
    services: Iterable[Service],
    candidates: Candidates,
    *,
    nodes: Collection[str] | None = None,
    ip_families: Sequence[str] | None = None,
    cluster: Cluster | None = None,
) -> Iterator[tuple[Resolution, tuple[Pod | Workload, ...]]]:
    """Resolve Services among indexed candidates.

    Yield, for each Service, its resolution and the candidates that it selects.
    """
    sidecars = (cluster or cluster_in_force()).enabled(SIDECAR_PORTS)
    for service in services:
        yield _resolve(service, candidates, nodes, ip_families, sidecars=sidecars)


def _resolve(
    service: Service,
    candidates: Candidates,
    nodes: Collection[str] | None,
    ip_families: Sequence[str] | None,
    *,
    sidecars: bool,
) -> tuple[Resolution, tuple[Pod | Workload, ...]]:
    elsewhere = _elsewhere(service)
    if elsewhere is not None:
        return Resolution(service, (), (), elsewhere, tuple(() for _ in service.ports)), ()
    families = tuple(ip_families) if ip_families else _own_families(service)
    sources = tuple(candidates.selected_by(service.selector or {}, service.namespace))
    finder = PortFinder(service.ports, sidecars=sidecars)
    selected = [_resolve_in(service, source, families, nodes, finder) for source in sources]
    misses = (
        list(_misses(service, selected, sidecars=sidecars))
        if selected
        else [nothing_selected(service, candidates.near(service.selector or {}))]
    )
    published = [pod for pod in selected if pod.not_published is None]
    by_port = tuple(
        tuple(endpoint for pod in published if (endpoint := pod.endpoints[position]) is not None)
        for position in range(len(service.ports))
    )
    in_slices = [
        PublishedPod(
            pod.pod, pod.addresses, tuple([None if endpoint is None else endpoint.port for endpoint in pod.endpoints])
        )
        for pod in published
    ]
    return Resolution(service, tuple(misses), tuple(slices_of(service, in_slices, families)), None, by_port), sources


def _elsewhere(service: Service) -> str | None:
    if service.effective_type == _EXTERNAL:
        return f"an ExternalName Service stands for {service.external_name} and has no pods"
    if not service.selector:
        return "without a selector, its endpoints are managed by another program"
    return None


def _own_families(service: Service) -> tuple[str, ...]:
    """Return the IP families that follow from the Service alone."""
    if service.ip_families:
        return tuple(service.ip_families)
    addresses = service.cluster_ips or ((service.cluster_ip,) if service.cluster_ip else ())
    return tuple(family for address in addresses if (family := family_of(address))) or ("IPv4",)


def _not_published(
    service: Service, pod: Pod, families: Sequence[str], addresses: Sequence[str], nodes: Collection[str] | None
) -> str | None:
    """Return why the controller leaves this pod out, if it does.

    Source: `ShouldPodBeInEndpoints`, `reconcileByAddressType`.
    """
    if pod.phase in _FINISHED:
        return f"it has ended ({pod.phase})"
    if pod.addresses is None:
        return None
    if not pod.addresses:
        return "it has no address yet" if pod.phase != "Running" else "it has no address"
    if not addresses:
        return f"it has no {' or '.join(families)} address, only {', '.join(pod.addresses)}"
    if nodes is not None and pod.node_name not in nodes and not service.publish_not_ready_addresses:
        return f"its node {pod.node_name or '(none)'} does not exist"
    return None


def _resolve_in(
    service: Service,
    source: Pod | Workload,
    families: Sequence[str],
    nodes: Collection[str] | None,
    finder: PortFinder,
) -> _Selected:
    pod = source.pod if isinstance(source, Workload) else source
    workload = f"{source.kind}/{source.name}" if isinstance(source, Workload) and source.kind != "Pod" else None
    by_family = _by_family(pod, families)
    addresses = tuple(address for of_family in by_family.values() for address in of_family)
    reason = _not_published(service, pod, families, addresses, nodes)
    not_published = Miss.of_pod(pod, workload, reason, source=source) if reason else None
    if isinstance(source, Workload) and source.replicas == 0:
        not_published = Miss.of_idle(source)
    ready = is_ready(service, pod)
    endpoints: list[Endpoint | None] = []
    for port, match in zip(service.ports, finder.matches_in(pod), strict=True):
        endpoints.append(
            match
            and Endpoint(
                pod.name,
                match[0].name if match[0] else None,
                match[1],
                port.effective_protocol,
                workload=workload,
                addresses=addresses,
                ready=ready,
                source=source,
            )
        )
    return _Selected(source, pod, workload, by_family, tuple(endpoints), not_published)


def _by_family(pod: Pod, families: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the pod's addresses of each of these families, in canonical form."""
    known = [parsed for address in pod.addresses or () if (parsed := family_and_form(address))]
    return {family: tuple([form for own, form in known if own == family]) for family in families}


def _misses(service: Service, selected: Sequence[_Selected], *, sidecars: bool) -> Iterator[Miss]:
    for pod in selected:
        if pod.not_published is not None:
            yield pod.not_published
            continue
        for position, port in enumerate(service.ports):
            if pod.endpoints[position] is None:
                yield unresolved(port, position, pod.pod, pod.workload, sidecars=sidecars, source=pod.source)
