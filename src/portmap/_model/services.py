"""The Service: a frozen value that an API server would accept, or it does not come to be."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypedDict, Unpack, cast, final

import attrs

from portmap._apiserver.admission import every_violation, metadata_violations
from portmap._apiserver.metadata_schema import METADATA
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE, SPEC_FIELDS_BUT_PORTS
from portmap._apiserver.state import PortState, ServiceState
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.enums import (
    DEFAULT_SERVICE_TYPE,
    IPFamily,
    IPFamilyPolicy,
    ServiceType,
    SessionAffinity,
    TrafficDistribution,
    TrafficPolicy,
)
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.opaque import Opaque
from portmap._kubernetes.schema import wrong_type
from portmap._kubernetes.violations import Reason, Violation, in_order
from portmap._kubernetes.wire import (
    FieldTable,
    labels_or_as_is,
    opaque_or_as_is,
    series_or_as_is,
    texts_or_as_is,
    unmodelled_violations,
)
from portmap._model.ports import ContainerPort, ServicePort, printed, shown

if TYPE_CHECKING:
    from portmap._model.foreign import Foreign
    from portmap._model.pods import Pod
    from portmap._model.workloads import Workload

__all__ = ["Service", "check_service", "service_state"]

_HEADLESS: Final = "None"


def service_ports_or_as_is(value: Iterable[ServicePort]) -> tuple[ServicePort, ...]:
    """A tuple of ports; what is no series stays as it is, for the checks to complain about."""
    return cast("tuple[ServicePort, ...]", series_or_as_is(value))


def _ip_families(value: Iterable[IPFamily] | None) -> tuple[IPFamily, ...] | None:
    return None if value is None else cast("tuple[IPFamily, ...]", texts_or_as_is(value))


class AliasFields(TypedDict, total=False):
    """The fields that a Service of every type may have."""

    namespace: str | None
    labels: Mapping[str, str] | None
    annotations: Mapping[str, str] | None


class HeadlessFields(AliasFields, total=False):
    """The fields of a headless Service, besides name and ports."""

    selector: Mapping[str, str] | None
    publish_not_ready_addresses: bool | None
    ip_families: Iterable[IPFamily] | None
    ip_family_policy: IPFamilyPolicy | None


class InternalFields(HeadlessFields, total=False):
    """The fields of a ClusterIP Service, besides name and ports."""

    cluster_ip: str | None
    cluster_ips: Iterable[str] | None
    session_affinity: SessionAffinity | None
    session_affinity_timeout_seconds: int | None
    internal_traffic_policy: TrafficPolicy | None
    traffic_distribution: TrafficDistribution | None


class NodePortFields(InternalFields, total=False):
    """The fields of a NodePort Service, besides name and ports."""

    external_ips: Iterable[str] | None
    external_traffic_policy: TrafficPolicy | None


class LoadBalancerFields(NodePortFields, total=False):
    """The fields of a LoadBalancer Service, besides name and ports."""

    load_balancer_ip: str | None
    load_balancer_class: str | None
    load_balancer_source_ranges: Iterable[str] | None
    allocate_load_balancer_node_ports: bool | None
    health_check_node_port: int | None


class ExposingFields(LoadBalancerFields, total=False):
    """Every field of a Service but its name and ports."""

    type: ServiceType | None
    external_name: str | None
    generate_name: str | None


def _only(allowed: type, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - arguments for `Service`
    """The fields, all of them among those allowed. A type checker says the same before.

    Raises:
        TypeError: One of them is no argument of the factory, as for any Python function.
    """
    for name in fields:
        if name not in allowed.__annotations__:
            kind = allowed.__name__.removesuffix("Fields")
            known = ", ".join(allowed.__annotations__)
            raise TypeError(f"{kind} Services take no argument {name!r}; besides name and ports they take: {known}")
    return fields


@final
@attrs.frozen
class Service:
    """A Kubernetes Service, as its author wrote it.

    What is left out stays out: defaults are the server's to fill in. Construction
    judges it by the cluster in force (see `Cluster`), and so does `attrs.evolve`.

    Args:
        name: A DNS label of at most 63 characters, unique in its namespace. It
            becomes a DNS name. May be `""` where `generate_name` is given.
        namespace: Where it lives, and where its pods are; left out, the client decides.
        labels: Of the Service itself; its pods are picked by `selector`.
        annotations: Free text under qualified names, for controllers and people.
        generate_name: The beginning of a name that the server completes.
        type: `"ClusterIP"` (the default), `"NodePort"`, `"LoadBalancer"` or `"ExternalName"`.
        ports: What clients dial; at least one, unless headless or ExternalName. Their order is kept.
        selector: Labels that a pod must have, all of them. Without it, somebody
            else must manage the endpoints.
        cluster_ip: An address in the cluster's service CIDR, or `"None"` for a
            headless Service; left out, the cluster picks one.
        cluster_ips: The same, one for each IP family; `cluster_ip` must be its first.
        external_ips: Addresses outside the cluster for which nodes accept traffic.
            Deprecated since 1.36.
        session_affinity: `"ClientIP"` keeps a client on one pod; `"None"` is the default.
        session_affinity_timeout_seconds: For how long, 1 to 86400; 10800 by default.
        load_balancer_ip: A wish that some providers grant. Deprecated since 1.24; never checked.
        load_balancer_source_ranges: CIDR blocks from which clients may come.
        external_name: The DNS name that an ExternalName Service stands for.
        external_traffic_policy: `"Cluster"` (the default) or `"Local"`: whether
            traffic from outside may go on to another node.
        health_check_node_port: Where a load balancer asks whether a node has pods;
            only with type LoadBalancer and policy Local. Left out, the cluster picks one.
        publish_not_ready_addresses: Whether pods that are not ready get traffic; False by default.
        ip_families: `"IPv4"`, `"IPv6"` or both, the first being primary; the cluster decides by default.
        ip_family_policy: `"SingleStack"`, `"PreferDualStack"` or `"RequireDualStack"`.
        allocate_load_balancer_node_ports: Whether a LoadBalancer gets node ports; True by default.
        load_balancer_class: Which implementation serves it; immutable once set.
        internal_traffic_policy: `"Cluster"` (the default) or `"Local"`: whether
            traffic from a pod may go to another node.
        traffic_distribution: `"PreferSameZone"`, `"PreferSameNode"` (both since 1.34)
            or the older `"PreferClose"` (since 1.30, deprecated in 1.35).
        unmodelled: What a manifest said that has no attribute here, such as
            finalizers and status: kept, and written back.

    Raises:
        ValidationError: The cluster in force would refuse it; it lists every violation.

    Source: Kubernetes API v1 Service and ServiceSpec (1.36).

    Example:
        >>> print(to_yaml(Service("web", selector={"app": "web"}, ports=[ServicePort(80, target_port="http")])), end="")
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector:
            app: web
          ports:
          - port: 80
            targetPort: http
        >>> try:
        ...     Service("Web", ports=[ServicePort(80)])
        ... except ValidationError as error:
        ...     print(error.violations[0].hint)
        ...
        for instance 'web'
    """

    __module__ = "portmap"

    name: str
    namespace: str | None = attrs.field(default=None, kw_only=True)
    labels: Mapping[str, str] | None = attrs.field(default=None, converter=labels_or_as_is, kw_only=True)
    annotations: Mapping[str, str] | None = attrs.field(default=None, converter=labels_or_as_is, kw_only=True)
    generate_name: str | None = attrs.field(default=None, kw_only=True)
    type: ServiceType | None = attrs.field(default=None, kw_only=True)
    ports: tuple[ServicePort, ...] = attrs.field(default=(), converter=service_ports_or_as_is, kw_only=True)
    selector: Mapping[str, str] | None = attrs.field(default=None, converter=labels_or_as_is, kw_only=True)
    cluster_ip: str | None = attrs.field(default=None, kw_only=True)
    cluster_ips: tuple[str, ...] | None = attrs.field(default=None, converter=texts_or_as_is, kw_only=True)
    external_ips: tuple[str, ...] | None = attrs.field(default=None, converter=texts_or_as_is, kw_only=True)
    session_affinity: SessionAffinity | None = attrs.field(default=None, kw_only=True)
    session_affinity_timeout_seconds: int | None = attrs.field(default=None, kw_only=True)
    load_balancer_ip: str | None = attrs.field(default=None, kw_only=True)
    load_balancer_source_ranges: tuple[str, ...] | None = attrs.field(
        default=None, converter=texts_or_as_is, kw_only=True
    )
    external_name: str | None = attrs.field(default=None, kw_only=True)
    external_traffic_policy: TrafficPolicy | None = attrs.field(default=None, kw_only=True)
    health_check_node_port: int | None = attrs.field(default=None, kw_only=True)
    publish_not_ready_addresses: bool | None = attrs.field(default=None, kw_only=True)
    ip_families: tuple[IPFamily, ...] | None = attrs.field(default=None, converter=_ip_families, kw_only=True)
    ip_family_policy: IPFamilyPolicy | None = attrs.field(default=None, kw_only=True)
    allocate_load_balancer_node_ports: bool | None = attrs.field(default=None, kw_only=True)
    load_balancer_class: str | None = attrs.field(default=None, kw_only=True)
    internal_traffic_policy: TrafficPolicy | None = attrs.field(default=None, kw_only=True)
    traffic_distribution: TrafficDistribution | None = attrs.field(default=None, kw_only=True)
    unmodelled: Opaque | None = attrs.field(default=None, converter=opaque_or_as_is, kw_only=True, repr=False)

    METADATA_WIRE: ClassVar[FieldTable] = METADATA_FIELDS
    SPEC_WIRE: ClassVar[FieldTable] = SPEC_FIELDS_BUT_PORTS

    def __attrs_post_init__(self) -> None:
        cluster = cluster_in_force()
        violations = check_service(self, cluster)
        if violations:
            raise ValidationError(str(self), violations, str(cluster))

    # --- factories: one for each kind of Service; each takes only what its kind may have ---

    @classmethod
    def internal(cls, name: str, ports: Iterable[ServicePort], **fields: Unpack[InternalFields]) -> Self:
        """A Service inside the cluster: type ClusterIP, with an address of its own.

        Args and errors are those of `Service`, less what a ClusterIP Service cannot have.

        Example:
            >>> Service.internal("web", [ServicePort(80)], selector={"app": "web"}).effective_type
            'ClusterIP'
        """
        return cls(name, ports=ports, **_only(InternalFields, fields))

    @classmethod
    def headless(cls, name: str, ports: Iterable[ServicePort] = (), **fields: Unpack[HeadlessFields]) -> Self:
        """A Service without an address: its DNS name gives those of its pods. Ports may be left out.

        Nothing stands between client and pod, so a client dials the pod's own port:
        give `port` the number on which the container listens. Args and errors are
        those of `Service`, less what a headless Service cannot have or ignores.

        Example:
            >>> Service.headless("db", selector={"app": "db"}).cluster_ip
            'None'
        """
        return cls(name, ports=ports, cluster_ip=_HEADLESS, **_only(HeadlessFields, fields))

    @classmethod
    def node_port(cls, name: str, ports: Iterable[ServicePort], **fields: Unpack[NodePortFields]) -> Self:
        """A Service that every node serves on its node ports: type NodePort.

        Args and errors are those of `Service`, less what a NodePort Service cannot have.

        Example:
            >>> Service.node_port("web", [ServicePort(80, node_port=30080)], selector={"app": "web"}).type
            'NodePort'
        """
        return cls(name, ports=ports, type="NodePort", **_only(NodePortFields, fields))

    @classmethod
    def load_balancer(cls, name: str, ports: Iterable[ServicePort], **fields: Unpack[LoadBalancerFields]) -> Self:
        """A Service behind a load balancer of the cluster's provider: type LoadBalancer.

        Args and errors are those of `Service`, less what a LoadBalancer Service cannot have.

        Example:
            >>> Service.load_balancer("web", [ServicePort(443)], external_traffic_policy="Local").type
            'LoadBalancer'
        """
        return cls(name, ports=ports, type="LoadBalancer", **_only(LoadBalancerFields, fields))

    @classmethod
    def alias_of(
        cls, name: str, external_name: str, ports: Iterable[ServicePort] = (), **fields: Unpack[AliasFields]
    ) -> Self:
        """A Service that is another name for a DNS name: type ExternalName.

        Args:
            name: Its own name.
            external_name: The DNS name that it stands for, such as `"db.example.com"`.
            ports: Of no effect in the cluster; some ingress controllers want them.
            fields: Namespace, labels and annotations, as in `Service`.

        Raises:
            ValidationError: The API server would refuse it.

        Example:
            >>> Service.alias_of("db", "db.example.com")
            Service('db', type='ExternalName', external_name='db.example.com')
        """
        return cls(name, ports=ports, type="ExternalName", external_name=external_name, **_only(AliasFields, fields))

    @classmethod
    def exposing(
        cls,
        workload: "Workload | Pod | Mapping[str, Any] | Foreign",
        name: str | None = None,
        *,
        # The keys are names or numbers; a union of them would refuse a dict that has both.
        ports: Mapping[Any, int] | Iterable[ServicePort] | None = None,
        **fields: Unpack[ExposingFields],
    ) -> Self:
        """A Service that leads to this workload's pods.

        Selector, namespace and ports come from the workload: the labels by which it
        knows its pods, and a Service port for each declared container port, with the
        same number, name and protocol.

        Args:
            workload: A `Workload` or `Pod`, or the plain dict of a Deployment,
                StatefulSet, DaemonSet, Pod or the like, or such an object of another library.
            name: The Service's name; left out, the workload's.
            ports: What clients dial instead: a mapping from the name or number of a
                container port to the number of the Service port, `{"http": 80}`, in
                which what is left out is not exposed; or the Service ports themselves.
            fields: Any other argument of `Service`.

        Raises:
            ValidationError: The workload cannot be exposed so, or the API server
                would refuse the Service.

        Example:
            >>> Service.exposing(pod, "web", ports={"http": 80}).ports
            (ServicePort(80, name='http', target_port='http'),)
        """
        from portmap._model.workloads import reduced  # Most scripts know no pods.

        source = reduced(workload)
        found: list[Violation] = []
        chosen = _exposed_ports(source.pod, ports, found)
        picked = source.selector or source.pod.labels
        if not picked and "selector" not in fields:
            found.append(_nothing_to_select(source))
        if found:
            raise ValidationError(f"Service exposing {source}", in_order(found))
        fields.setdefault("selector", picked)
        fields.setdefault("namespace", source.namespace)
        return cls(source.name if name is None else name, ports=chosen, **_only(ExposingFields, fields))

    # --- what the server makes of it ---

    @property
    def effective_type(self) -> str:
        """The type, `ClusterIP` where none was given.

        Example:
            >>> web.type, web.effective_type
            (None, 'ClusterIP')
        """
        return self.type or DEFAULT_SERVICE_TYPE

    @property
    def is_headless(self) -> bool:
        """Whether it has no address of its own, with `None` for its cluster IP.

        Example:
            >>> Service("db", cluster_ip="None").is_headless
            True
        """
        return self.effective_type != "ExternalName" and self.cluster_ip == _HEADLESS

    def __str__(self) -> str:
        """For people: `Service shop/web`."""
        named = self.name or (f"{self.generate_name}…" if self.generate_name else "(no name)")
        return f"Service {self.namespace}/{named}" if self.namespace else f"Service {named}"

    def __repr__(self) -> str:
        return shown(self, "name")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - as they ask
        printed(self, printer)


def _nothing_to_select(source: "Workload") -> Violation:
    return Violation.about(
        "spec.selector",
        "nothing-to-select",
        "FieldValueRequired",
        f"the pods of {source} have no labels to select them by",
        hint="give the pods labels",
    )


def _exposed_ports(
    pod: "Pod", ports: Mapping[Any, int] | Iterable[ServicePort] | None, found: list[Violation]
) -> tuple[ServicePort, ...]:
    """The Service ports that lead to these container ports."""
    declared = [port for container in pod.port_containers for port in container.ports]
    if ports is not None and not isinstance(ports, Mapping):
        return service_ports_or_as_is(ports)
    if ports is None:
        wanted = [(port, port.container_port) for port in declared]
        if not declared:
            hint = "declare the container's ports, or give ports=[ServicePort(…)]"
            found.append(_about_ports("nothing-to-expose", "FieldValueRequired", "no container declares a port", hint))
    else:
        by_key = {key: port for port in reversed(declared) for key in (port.container_port, port.name) if key}
        known = ", ".join(str(port.name or port.container_port) for port in declared) or "none"
        wanted = [(by_key[key], number) for key, number in ports.items() if key in by_key]
        for key in ports:
            if key not in by_key:
                detail = f"no container declares port {key!r}; declared are: {known}"
                found.append(_about_ports("no-such-container-port", "FieldValueInvalid", detail, None, key))
    return tuple(
        ServicePort.targeting(
            port, port=number, name=None if port.name or len(wanted) == 1 else _port_name(port, number)
        )
        for port, number in wanted
    )


def _about_ports(code: str, reason: Reason, detail: str, hint: str | None, value: object = None) -> Violation:
    return Violation.about("spec.ports", code, reason, detail, hint=hint, value=value)


def _port_name(port: ContainerPort, number: int) -> str:
    """A name for a port that has none but needs one: `port-8080`, or `port-8080-udp`."""
    protocol = port.effective_protocol
    return f"port-{number}" if protocol == "TCP" else f"port-{number}-{protocol.lower()}"


# --- checking --------------------------------------------------------------------------------------------------


def check_service(service: Service, cluster: Cluster) -> tuple[Violation, ...]:
    """Return everything that this cluster would refuse about this Service."""
    found = _type_violations(service)
    if found:
        # Values of the wrong type cannot be judged further, nor can what depends on them.
        # The name, the labels and so on can, each by itself.
        metadata = {field: value for field, value in _metadata(service).items() if not _blamed(found, field)}
        return in_order(found + metadata_violations(metadata, cluster))
    # Each port was checked when it was made, by rules that are the same for every cluster.
    found = every_violation(service_state(service, cluster), ports_checked=True)
    return in_order(found) if found else ()


def _blamed(found: list[Violation], field: str) -> bool:
    """Whether one of the violations is about this field of the metadata, or about a part of it."""
    path = FieldPath("metadata", field)
    return any(violation.path.starts_with(path) for violation in found)


def _type_violations(service: Service) -> list[Violation]:
    found = Service.METADATA_WIRE.violations(service, FieldPath("metadata"))
    found += Service.SPEC_WIRE.violations(service, FieldPath("spec"))
    found += unmodelled_violations(service, SERVICE)
    ports: object = service.ports
    if not isinstance(ports, tuple):
        hint = "write a list, even of one" if type(ports) is ServicePort else None
        found.append(wrong_type(FieldPath("spec", "ports"), "a list of ServicePort", ports, hint))
    else:
        for position, port in enumerate(ports):
            if type(port) is not ServicePort:
                found.append(
                    wrong_type(FieldPath("spec", "ports", position), "a ServicePort", port, _hint_of_port(port))
                )
    return found


def _hint_of_port(given: object) -> str | None:
    """What to write in place of something that is no Service port."""
    if type(given) is ContainerPort:
        return "write ServicePort.targeting(…, port=…) for one that leads to this container port"
    if isinstance(given, Mapping):
        return "write ServicePort(…) with its fields; portmap.manifests.read takes a whole Service as a dict"
    return f"write ServicePort({given})" if type(given) is int else None


_METADATA_NAMES: Final = tuple(name for _, name in METADATA_FIELDS.places)


def _metadata(service: Service) -> dict[str, Any]:
    """Return the metadata under its wire names, with the parts that are not modelled."""
    metadata = dict(zip(_METADATA_NAMES, METADATA_FIELDS.values(service), strict=True))
    if type(service.unmodelled) is Opaque:
        rest = METADATA.read(service.unmodelled.get("metadata") or {}, ROOT, [])
        return {**rest, **metadata} if isinstance(rest, dict) else metadata
    return metadata


def service_state(service: Service, cluster: Cluster) -> ServiceState:
    """Return the state of a Service, with its defaults."""
    ports = [PortState.of(ServicePort.WIRE.values(port)) for port in service.ports]
    return ServiceState.of(cluster, _metadata(service), ports, Service.SPEC_WIRE.values(service))
