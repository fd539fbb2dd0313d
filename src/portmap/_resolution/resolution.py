"""Where the ports of a Service lead: the EndpointSlice controller's algorithm, with reasons.

A number passes through, declared or not. A name is looked up in each pod by name
*and* protocol, in its containers first and then in its sidecars; the first match
wins. So one name may be different numbers in different pods. Where the controller
says nothing (it logs at verbosity 4 and leaves the port out), a `Miss` says why.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/endpointslice/utils.go`
(`FindPort`, `getEndpointPorts`, `podToEndpoint`), `reconciler.go` and
`pkg/controller/endpointslice/endpointslice_controller.go`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar, final

import attrs

from portmap._kubernetes.addresses import family_and_form, family_of
from portmap._kubernetes.cluster import SIDECAR_PORTS, Cluster, cluster_in_force
from portmap._model.foreign import Foreign, several
from portmap._model.pods import Container, Pod
from portmap._model.ports import ServicePort
from portmap._model.service_reading import reduced_service, services_of
from portmap._model.services import Service
from portmap._model.workloads import Workload, workloads_of
from portmap._resolution.selection import Candidates
from portmap._resolution.why_not import Miss, nothing_selected, unresolved

__all__ = [
    "Endpoint",
    "EndpointPort",
    "EndpointSlice",
    "Resolution",
    "SliceEndpoint",
    "find_port",
    "resolve",
    "resolve_all",
    "resolve_among",
]

_FINISHED: Final = frozenset({"Succeeded", "Failed"})
_EXTERNAL: Final = "ExternalName"
_PodT = TypeVar("_PodT")


@final
@attrs.frozen
class Endpoint:
    """One pod and number that a Service port reaches.

    Attributes:
        pod: The pod's name; a workload's, where the pod is one that it will make.
        container: The container that declares the port; `None` where none does,
            which is no hindrance to a number.
        port: The number on which the pod is reached.
        protocol: `TCP`, `UDP` or `SCTP`.
        workload: The workload that makes the pod, such as `Deployment/web`, if it came from one.
        addresses: The pod's addresses in the Service's families; none for a projected pod.
        ready: Whether it gets traffic now. A projected pod counts as ready.

    Example:
        >>> [endpoint] = resolve(web, [pod]).endpoints("http")
        >>> endpoint.pod, endpoint.container, endpoint.port
        ('web-0', 'app', 8080)
    """

    pod: str
    container: str | None
    port: int
    protocol: str
    workload: str | None = attrs.field(default=None, kw_only=True)
    addresses: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    ready: bool = attrs.field(default=True, kw_only=True)


@final
@attrs.frozen
class EndpointPort:
    """A port of an EndpointSlice: the name is that of the Service port, the number the pod's.

    Example:
        >>> [published] = resolve(web, [pod]).slices
        >>> published.ports
        (EndpointPort(name='http', protocol='TCP', port=8080, app_protocol=None),)
    """

    name: str
    protocol: str
    port: int
    app_protocol: str | None = None


@final
@attrs.frozen
class SliceEndpoint:
    """A pod in an EndpointSlice.

    Attributes:
        pod: Its name.
        addresses: Its addresses of the slice's type.
        ready: Whether it gets traffic.
        serving: Whether it is ready, be it terminating or not.
        terminating: Whether it is being deleted.
        node_name: The node it runs on.
        hostname: Its host name, where the Service gives it a DNS name of its own.

    Example:
        >>> [published] = resolve(web, [pod]).slices
        >>> [(endpoint.pod, endpoint.ready) for endpoint in published.endpoints]
        [('web-0', True)]
    """

    pod: str
    addresses: tuple[str, ...]
    ready: bool
    serving: bool
    terminating: bool
    node_name: str | None = None
    hostname: str | None = None


@final
@attrs.frozen
class EndpointSlice:
    """The pods of one address type that share their ports, as the controller publishes them.

    A real controller cuts them into pieces of 100 endpoints; here they stay together.

    Attributes:
        address_type: `IPv4` or `IPv6`.
        ports: Name, protocol and number of each Service port that these pods resolve.
        endpoints: The pods, by name.
        projected: Whether the pods are those that workloads will make, which have no addresses yet.

    Example:
        >>> [published] = resolve(web, [pod]).slices
        >>> published.address_type, published.ports[0].port, published.endpoints[0].pod
        ('IPv4', 8080, 'web-0')
    """

    address_type: str
    ports: tuple[EndpointPort, ...]
    endpoints: tuple[SliceEndpoint, ...]
    projected: bool = False


@final
@attrs.frozen
class _Selected:
    """A pod that the Service selects, and what became of each Service port in it."""

    pod: Pod
    workload: str | None
    addresses: Mapping[str, tuple[str, ...]]
    endpoints: tuple[Endpoint | None, ...]
    passed_over: Miss | None

    @property
    def published(self) -> bool:
        return self.passed_over is None


@final
@attrs.frozen
class Resolution:
    """Where the ports of one Service lead.

    Attributes:
        service: The Service.
        misses: Every Service port that leads nowhere in a pod, or nowhere at all, and why.
        slices: What the EndpointSlice controller publishes.
        elsewhere: Why no pods were looked for, if so: an ExternalName Service has
            none, and without a selector somebody else manages the endpoints.
        by_port: For each of the Service's ports, in their order, the pods and numbers that it reaches.

    Example:
        >>> resolution = resolve(typo, [pod])
        >>> [(miss.field, miss.hint) for miss in resolution.misses]
        [('spec.ports[0].targetPort', "did you mean 'http'?")]
    """

    service: Service
    misses: tuple[Miss, ...]
    slices: tuple[EndpointSlice, ...]
    elsewhere: str | None
    by_port: tuple[tuple[Endpoint, ...], ...] = attrs.field(repr=False)

    def endpoints(self, port: ServicePort | int | str | None = None) -> tuple[Endpoint, ...]:
        """The pods and numbers that this Service port reaches, in the order of the pods.

        Args:
            port: The Service port, by name, number or itself; may be left out where
                there is only one. Where TCP and UDP share a number, a number means
                both. `""` is the port without a name, and `"80"` a name.

        Raises:
            KeyError: The Service has no such port, or it must be said which is meant.
            TypeError: It is no name, number or port at all; `True` is no number.

        Example:
            >>> [endpoint.port for endpoint in resolve(web, [pod]).endpoints("http")]
            [8080]
        """
        asked: object = port
        if isinstance(asked, bool) or not isinstance(asked, ServicePort | int | str | None):
            raise TypeError(f"a port is asked for by its name, its number or itself, not by {asked!r}")
        ports = self.service.ports
        if port is None and len(ports) == 1:
            return self.by_port[0]
        found = [endpoints for each, endpoints in zip(ports, self.by_port, strict=True) if _is_meant(each, port)]
        if not found:
            raise KeyError(_no_such_port(self.service, port))
        return tuple(endpoint for endpoints in found for endpoint in endpoints)

    @property
    def leads_nowhere(self) -> tuple[ServicePort, ...]:
        """The Service ports that no pod answers; none where somebody else manages the endpoints.

        Example:
            >>> resolution.leads_nowhere
            (ServicePort(80, target_port='htpp'),)
        """
        if self.elsewhere is not None:
            return ()
        return tuple(port for port, endpoints in zip(self.service.ports, self.by_port, strict=True) if not endpoints)


def _is_meant(port: ServicePort, asked: ServicePort | int | str | None) -> bool:
    """Whether a port of a Service is the one that is asked for."""
    if isinstance(asked, ServicePort):
        return asked == port
    return asked == (port.port if isinstance(asked, int) else port.name or "")


def _no_such_port(service: Service, asked: ServicePort | int | str | None) -> str:
    known = ", ".join(f"{each.name or 'unnamed'} {each.port}" for each in service.ports) or "none"
    if asked is None:
        return f"which port of {service}? it has {known}"
    if isinstance(asked, ServicePort):
        return f"{service} has no such port as {asked.name or 'unnamed'} {asked.port}: it has {known}"
    text = "port without a name" if asked == "" else f"port {asked!r}"
    number = isinstance(asked, str) and any(asked == str(each.port) for each in service.ports)
    hint = f"; {asked!r} is a name, and the number is written {asked}" if number else ""
    return f"{service} has no {text}: it has {known}{hint}"


def find_port(pod: Pod, port: ServicePort, *, sidecars: bool = True) -> tuple[Container | None, int] | None:
    """The container and number that a Service port means in this pod, or `None`.

    Args:
        pod: Where to look.
        port: What to look for.
        sidecars: Whether the control plane looks into sidecars, as it does from 1.33 on.
    """
    target, protocol = port.effective_target_port, port.effective_protocol
    containers = pod.containers + (pod.sidecars if sidecars else ())
    if isinstance(target, int):
        declaring = (
            container
            for container in containers
            for each in container.ports
            if each.container_port == target and each.effective_protocol == protocol
        )
        return next(declaring, None), target
    for container in containers:
        for each in container.ports:
            if each.name == target and each.effective_protocol == protocol:
                return container, each.container_port
    return None


def resolve(
    service: Service | Mapping[str, Any] | Foreign,
    pods: Iterable[Pod | Workload | Mapping[str, Any] | Foreign],
    *,
    nodes: Collection[str] | None = None,
    ip_families: Sequence[str] | None = None,
    cluster: Cluster | None = None,
) -> Resolution:
    """Say where each port of this Service leads, in each of the pods that it selects.

    Args:
        service: The Service, typed or as a plain dict, or an object of another library.
        pods: The pods and workloads among which it selects, in any order and of any
            namespace, typed, as plain dicts, or objects of other libraries; a workload stands for the pods that it
            makes. A Service or pod without a namespace is taken to be in the other's. Or what
            `portmap.load` gives, whose documents of other kinds are passed over.
        nodes: The names of the nodes that exist; left out, all that pods name. The
            controller passes over a pod whose node does not exist, unless the
            Service publishes addresses that are not ready.
        ip_families: The families that the cluster gave the Service; left out, those
            that it asks for itself, else IPv4.
        cluster: What the control plane does: before 1.33 it did not look into
            sidecars. Left out, the cluster in force.

    Raises:
        ValidationError: A plain dict is of no workload, or one, or a document, is of a workload or
            Service that would be refused.
        TypeError: One of `pods`, or the Service, is something else altogether, or `pods` is no list.

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
    return resolve_all([reduced_service(service)], pods, nodes=nodes, ip_families=ip_families, cluster=cluster)[0]


def resolve_all(
    services: Iterable[Service | Mapping[str, Any] | Foreign],
    pods: Iterable[Pod | Workload | Mapping[str, Any] | Foreign],
    *,
    nodes: Collection[str] | None = None,
    ip_families: Sequence[str] | None = None,
    cluster: Cluster | None = None,
) -> tuple[Resolution, ...]:
    """`resolve` for each of these Services among the same pods, in the order of the Services.

    The pods are indexed by their labels once, so that this costs about the sum of
    Services, pods and matches, not the product. Args are those of `resolve`; of what
    `portmap.load` gives for `services`, documents of other kinds are passed over, too.

    Raises:
        ValidationError: As in `resolve`.
        TypeError: One of `services` or `pods` is something else altogether, or either is no list.

    Example:
        >>> for resolution in resolve_all([web, typo], [pod]):
        ...     print(resolution.service, len(resolution.endpoints()))
        ...
        Service web 1
        Service typo 0
    """
    several(services, "resolve_all")
    wanted = [service for each in services for service in services_of(each)]
    among = [workload for each in _several_pods(pods) for workload in workloads_of(each)]
    candidates = Candidates(among, indexed=len(wanted) > 1)
    found = resolve_among(wanted, candidates, nodes=nodes, ip_families=ip_families, cluster=cluster)
    return tuple(resolution for resolution, _ in found)


def _several_pods(pods: Iterable[_PodT]) -> Iterable[_PodT]:
    """These pods, if they are several, and neither one alone nor the name of a file."""
    given: object = pods
    if isinstance(given, str) or hasattr(type(given), "__fspath__"):
        raise TypeError(
            f"the pods are a list of pods and workloads, not the name of a file: write load({str(given)!r})"
        )
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise TypeError(f"the pods are a list of pods and workloads, not a {type(given).__name__}: write [pod] for one")
    return pods


def resolve_among(
    services: Iterable[Service],
    candidates: Candidates,
    *,
    nodes: Collection[str] | None = None,
    ip_families: Sequence[str] | None = None,
    cluster: Cluster | None = None,
) -> Iterator[tuple[Resolution, tuple[Pod | Workload, ...]]]:
    """`resolve_all` for who has the candidates at hand: each resolution, with what the Service selects of them."""
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
    chosen = tuple(candidates.selected_by(service.selector or {}, service.namespace))
    finder = _Finder(service.ports, sidecars=sidecars)
    selected = [_look_up(service, each, families, nodes, finder) for each in chosen]
    misses = (
        list(_misses(service, selected, sidecars=sidecars))
        if selected
        else [nothing_selected(service, candidates.near(service.selector or {}))]
    )
    reached = tuple(
        tuple(found for each in selected if each.published and (found := each.endpoints[position]) is not None)
        for position in range(len(service.ports))
    )
    return Resolution(service, tuple(misses), tuple(_slices(service, selected, families)), None, reached), chosen


def _pod_of(source: Pod | Workload) -> Pod:
    return source.pod if isinstance(source, Workload) else source


def _elsewhere(service: Service) -> str | None:
    if service.effective_type == _EXTERNAL:
        return f"an ExternalName Service stands for {service.external_name} and has no pods"
    if not service.selector:
        return "without a selector, its endpoints are managed by somebody else"
    return None


def _own_families(service: Service) -> tuple[str, ...]:
    """The families that follow from the Service alone."""
    if service.ip_families:
        return tuple(service.ip_families)
    addresses = service.cluster_ips or ((service.cluster_ip,) if service.cluster_ip else ())
    return tuple(family for address in addresses if (family := family_of(address))) or ("IPv4",)


def _passed_over(
    service: Service, pod: Pod, families: Sequence[str], addresses: Sequence[str], nodes: Collection[str] | None
) -> str | None:
    """Why the controller leaves this pod out, if it does (`ShouldPodBeInEndpoints`, `reconcileByAddressType`)."""
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


_Found: TypeAlias = tuple[Container | None, int] | None


@final
class _Finder:
    """What the ports of one Service mean in pods, looked up once where pods have the very same containers."""

    def __init__(self, ports: Sequence[ServicePort], *, sidecars: bool) -> None:
        self._ports = ports
        self._sidecars = sidecars
        self._last: tuple[tuple[Container, ...], tuple[Container, ...]] | None = None
        self._found: tuple[_Found, ...] = ()

    def found_in(self, pod: Pod) -> tuple[_Found, ...]:
        """What `find_port` finds for each port."""
        last = self._last
        if last is None or last[0] is not pod.containers or last[1] is not pod.init_containers:
            self._found = tuple([find_port(pod, port, sidecars=self._sidecars) for port in self._ports])
            self._last = pod.containers, pod.init_containers
        return self._found


def _look_up(
    service: Service,
    source: Pod | Workload,
    families: Sequence[str],
    nodes: Collection[str] | None,
    finder: "_Finder",
) -> _Selected:
    pod = _pod_of(source)
    workload = f"{source.kind}/{source.name}" if isinstance(source, Workload) and source.kind != "Pod" else None
    by_family = _by_family(pod, families)
    addresses = tuple(address for found in by_family.values() for address in found)
    reason = _passed_over(service, pod, families, addresses, nodes)
    passed_over = Miss.of_pod(pod, workload, reason) if reason else None
    if isinstance(source, Workload) and source.replicas == 0:
        passed_over = Miss.of_idle(source)
    ready = _ready(service, pod)
    endpoints: list[Endpoint | None] = []
    for port, found in zip(service.ports, finder.found_in(pod), strict=True):
        endpoints.append(
            found
            and Endpoint(
                pod.name,
                found[0].name if found[0] else None,
                found[1],
                port.effective_protocol,
                workload=workload,
                addresses=addresses,
                ready=ready,
            )
        )
    return _Selected(pod, workload, by_family, tuple(endpoints), passed_over)


def _by_family(pod: Pod, families: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The pod's addresses of each of these families, in canonical form."""
    known = [found for address in pod.addresses or () if (found := family_and_form(address))]
    return {family: tuple([form for own, form in known if own == family]) for family in families}


def _serving(pod: Pod) -> bool:
    return pod.is_projected or bool(pod.ready)


def _ready(service: Service, pod: Pod) -> bool:
    return bool(service.publish_not_ready_addresses) or (_serving(pod) and not pod.is_terminating)


def _misses(service: Service, selected: Sequence[_Selected], *, sidecars: bool) -> Iterator[Miss]:
    for each in selected:
        if each.passed_over is not None:
            yield each.passed_over
            continue
        for position, port in enumerate(service.ports):
            if each.endpoints[position] is None:
                yield unresolved(port, position, each.pod, each.workload, sidecars=sidecars)


def _slices(service: Service, selected: Sequence[_Selected], families: Sequence[str]) -> Iterator[EndpointSlice]:
    # Nearly all pods have the same numbers, for which ports are made once.
    made: dict[tuple[int | None, ...], tuple[frozenset[EndpointPort], tuple[EndpointPort, ...]]] = {}
    for family in families:
        groups: dict[tuple[frozenset[EndpointPort], bool], tuple[tuple[EndpointPort, ...], list[SliceEndpoint]]] = {}
        for each in selected:
            addresses = each.addresses[family]
            projected = each.pod.is_projected
            if not each.published or not (addresses or projected):
                continue
            numbers = tuple([found and found.port for found in each.endpoints])
            if numbers not in made:
                ports = _slice_ports(service, numbers)
                # The order of ports does not tell slices apart (`NewPortMapKey`).
                made[numbers] = frozenset(ports), ports
            key, ports = made[numbers]
            _, endpoints = groups.setdefault((key, projected), (ports, []))
            endpoints.append(_slice_endpoint(service, each.pod, addresses))
        if not groups:
            yield EndpointSlice(family, (), ())
        for (_, projected), (ports, endpoints) in groups.items():
            ordered = tuple(sorted(endpoints, key=lambda endpoint: (endpoint.pod, endpoint.addresses)))
            yield EndpointSlice(family, ports, ordered, projected)


def _slice_ports(service: Service, numbers: tuple[int | None, ...]) -> tuple[EndpointPort, ...]:
    return tuple(
        EndpointPort(port.name or "", port.effective_protocol, number, port.app_protocol)
        for port, number in zip(service.ports, numbers, strict=True)
        if number is not None
    )


def _slice_endpoint(service: Service, pod: Pod, addresses: tuple[str, ...]) -> SliceEndpoint:
    has_name = bool(pod.hostname) and pod.subdomain == service.name
    return SliceEndpoint(
        pod.name,
        addresses,
        ready=_ready(service, pod),
        serving=_serving(pod),
        terminating=pod.is_terminating,
        node_name=pod.node_name,
        hostname=pod.hostname if has_name else None,
    )
