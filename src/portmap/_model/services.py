"""The Service: a frozen value that an API server accepts, since its constructor refuses any other."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, Unpack, cast, final

import attrs

from portmap._apiserver.admission import every_violation, metadata_violations
from portmap._apiserver.metadata_schema import METADATA
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._apiserver.state import PortState, ServiceState
from portmap._apiserver.surely_valid import is_surely_valid
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
from portmap._kubernetes.printable import shown
from portmap._kubernetes.schema import wrong_type
from portmap._kubernetes.violations import Violation, in_order
from portmap._kubernetes.wire import (
    labels_or_as_is,
    opaque_or_as_is,
    series_or_as_is,
    texts_or_as_is,
    unmodelled_violations,
)
from portmap._model.exposing import exposed_ports, missing_labels
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.representation import pretty_print, represent
from portmap._model.service_arguments import (
    AliasFields,
    ExposingFields,
    HeadlessFields,
    InternalFields,
    LoadBalancerFields,
    NodePortFields,
    checked_arguments,
)
from portmap._model.service_references import ServiceReferences

if TYPE_CHECKING:
    from portmap._model.foreign_protocols import Foreign
    from portmap._model.pods import Pod
    from portmap._model.workloads import Workload

_HEADLESS: Final = "None"


def _service_ports(value: Iterable[ServicePort]) -> tuple[ServicePort, ...]:
    """Return an iterable of ports as a tuple, and anything else unchanged."""
    return cast("tuple[ServicePort, ...]", series_or_as_is(value))


def _ip_families(value: Iterable[IPFamily] | None) -> tuple[IPFamily, ...] | None:
    return None if value is None else cast("tuple[IPFamily, ...]", texts_or_as_is(value))


@final
@attrs.frozen
class Service(ServiceReferences):
    """A Kubernetes Service, as its author wrote it.

    Fields that are left out stay out: an API server fills in the defaults. The constructor
    checks the Service against the cluster in force (see `Cluster`), and so does `attrs.evolve`.

    Args:
        name: A DNS label of at most 63 characters, unique in its namespace. It
            becomes a DNS name. May be `""` if `generate_name` is given.
        namespace: The namespace of the Service and of its pods. By default the client decides.
        labels: The labels of the Service itself; `selector` has those of its pods.
        annotations: Free text under qualified names, for controllers and people.
        generate_name: The prefix of a name that the server completes.
        type: `"ClusterIP"` (the default), `"NodePort"`, `"LoadBalancer"` or `"ExternalName"`.
        ports: The ports that clients connect to: at least one, unless the Service is headless or
            of type ExternalName. Their order is kept.
        selector: Labels that a pod must have, all of them. Without a selector, another
            program must manage the endpoints.
        cluster_ip: An address in the cluster's service CIDR, or `"None"` for a
            headless Service. By default the cluster picks one.
        cluster_ips: An address for each IP family; the first is `cluster_ip`.
        external_ips: Addresses outside the cluster for which nodes accept traffic.
            Deprecated since 1.36.
        session_affinity: `"ClientIP"` keeps a client on one pod; `"None"` is the default.
        session_affinity_timeout_seconds: How long a client stays on one pod, 1 to 86400; 10800 by default.
        load_balancer_ip: An address that some providers assign. Deprecated since 1.24; never checked.
        load_balancer_source_ranges: CIDR blocks of the clients that the load balancer admits.
        external_name: The DNS name that an ExternalName Service is an alias of.
        external_traffic_policy: `"Cluster"` (the default) or `"Local"`: whether
            a node may forward traffic from outside to another node.
        health_check_node_port: The node port on which a load balancer checks whether a node has pods;
            only with type LoadBalancer and external traffic policy Local. By default the cluster picks one.
        publish_not_ready_addresses: Whether pods that are not ready get traffic; False by default.
        ip_families: `"IPv4"`, `"IPv6"` or both, the primary one first. By default the cluster decides.
        ip_family_policy: `"SingleStack"`, `"PreferDualStack"` or `"RequireDualStack"`.
        allocate_load_balancer_node_ports: Whether a LoadBalancer gets node ports; True by default.
        load_balancer_class: The load balancer implementation; immutable once set.
        internal_traffic_policy: `"Cluster"` (the default) or `"Local"`: whether
            traffic from a pod may go to another node.
        traffic_distribution: `"PreferSameZone"`, `"PreferSameNode"` (both since 1.34)
            or the older `"PreferClose"` (since 1.30, deprecated in 1.35).
        unmodelled: The parts of a manifest that have no attribute, such as finalizers
            and status. They are kept and written back.

    Raises:
        ValidationError: The cluster in force would refuse it. The error lists every violation.

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
    ports: tuple[ServicePort, ...] = attrs.field(default=(), converter=_service_ports, kw_only=True)
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

    def __attrs_post_init__(self) -> None:
        cluster = cluster_in_force()
        violations = check_service(self, cluster)
        if violations:
            raise ValidationError(str(self), violations, str(cluster))

    # --- factories: one for each kind of Service, with the fields that this kind may have ---

    @classmethod
    def internal(cls, name: str, ports: Iterable[ServicePort], **fields: Unpack[InternalFields]) -> Self:
        """Return a Service of type ClusterIP: it has an address inside the cluster.

        Arguments and errors are those of `Service`, without the fields that a ClusterIP Service cannot have.

        Example:
            >>> Service.internal("web", [ServicePort(80)], selector={"app": "web"}).effective_type
            'ClusterIP'
        """
        return cls(name, ports=ports, **checked_arguments(InternalFields, fields))

    @classmethod
    def headless(cls, name: str, ports: Iterable[ServicePort] = (), **fields: Unpack[HeadlessFields]) -> Self:
        """Return a Service without an address: its DNS name resolves to the addresses of its pods.

        Clients connect to the pods themselves, so `port` must be the number on which the
        container listens. Ports may be left out. Arguments and errors are those of `Service`,
        without the fields that a headless Service cannot have or ignores.

        Example:
            >>> Service.headless("db", selector={"app": "db"}).cluster_ip
            'None'
        """
        return cls(name, ports=ports, cluster_ip=_HEADLESS, **checked_arguments(HeadlessFields, fields))

    @classmethod
    def node_port(cls, name: str, ports: Iterable[ServicePort], **fields: Unpack[NodePortFields]) -> Self:
        """Return a Service of type NodePort: every node listens on its node ports.

        Arguments and errors are those of `Service`, without the fields that a NodePort Service cannot have.

        Example:
            >>> Service.node_port("web", [ServicePort(80, node_port=30080)], selector={"app": "web"}).type
            'NodePort'
        """
        return cls(name, ports=ports, type="NodePort", **checked_arguments(NodePortFields, fields))

    @classmethod
    def load_balancer(cls, name: str, ports: Iterable[ServicePort], **fields: Unpack[LoadBalancerFields]) -> Self:
        """Return a Service of type LoadBalancer: the cluster's provider gives it a load balancer.

        Arguments and errors are those of `Service`, without the fields that a LoadBalancer Service cannot have.

        Example:
            >>> Service.load_balancer("web", [ServicePort(443)], external_traffic_policy="Local").type
            'LoadBalancer'
        """
        return cls(name, ports=ports, type="LoadBalancer", **checked_arguments(LoadBalancerFields, fields))

    @classmethod
    def alias_of(
        cls, name: str, external_name: str, ports: Iterable[ServicePort] = (), **fields: Unpack[AliasFields]
    ) -> Self:
        """Return a Service of type ExternalName: an alias of a DNS name.

        Args:
            name: The name of the Service.
            external_name: The DNS name, such as `"db.example.com"`.
            ports: Some ingress controllers need them. They have no effect in the cluster.
            fields: Namespace, labels and annotations, as in `Service`.

        Raises:
            ValidationError: An API server would refuse it.

        Example:
            >>> Service.alias_of("db", "db.example.com")
            Service('db', type='ExternalName', external_name='db.example.com')
        """
        return cls(
            name,
            ports=ports,
            type="ExternalName",
            external_name=external_name,
            **checked_arguments(AliasFields, fields),
        )

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
        """Return a Service for the pods of a workload.

        The selector is that of the workload, or the labels of its pods; the namespace is the
        same. There is a Service port for each declared container port, with the same number,
        name and protocol.

        Args:
            workload: A `Workload` or `Pod`, or the plain dict of a Deployment,
                StatefulSet, DaemonSet, Pod or the like, or such an object of another library.
            name: The name of the Service. The default is that of the workload.
            ports: The Service ports, or a mapping from the name or number of a container port
                to the number of a Service port: `{"http": 80}` exposes this port only.
            fields: Any other argument of `Service`.

        Raises:
            ValidationError: The workload has no such ports or no labels, or an API server
                would refuse the Service.

        Example:
            >>> Service.exposing(pod, "web", ports={"http": 80}).ports
            (ServicePort(80, name='http', target_port='http'),)
        """
        from portmap._model.workloads import as_workload  # Most scripts know no pods.

        source = as_workload(workload)
        found: list[Violation] = []
        if ports is None or isinstance(ports, Mapping):
            ports = exposed_ports(source.pod, ports, found)
        selector = source.selector or source.pod.labels
        if not selector and "selector" not in fields:
            found.append(missing_labels(source))
        if found:
            raise ValidationError(f"Service exposing {source}", in_order(found))
        fields.setdefault("selector", selector)
        fields.setdefault("namespace", source.namespace)
        return cls(source.name if name is None else name, ports=ports, **checked_arguments(ExposingFields, fields))

    # --- effective values ---

    @property
    def effective_type(self) -> ServiceType:
        """The type, with its default.

        Example:
            >>> web.type, web.effective_type
            (None, 'ClusterIP')
        """
        return self.type or DEFAULT_SERVICE_TYPE

    @property
    def is_headless(self) -> bool:
        """True if the Service has no address of its own: its cluster IP is `None`.

        Example:
            >>> Service("db", cluster_ip="None").is_headless
            True
        """
        return self.effective_type != "ExternalName" and self.cluster_ip == _HEADLESS

    def __str__(self) -> str:
        """Return the name for messages: `Service shop/web`."""
        named = shown(self.name or (f"{shown(self.generate_name)}…" if self.generate_name else "(no name)"))
        return f"Service {shown(self.namespace)}/{named}" if self.namespace else f"Service {named}"

    def __repr__(self) -> str:
        return represent(self, "name")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        pretty_print(self, printer)


# --- checking --------------------------------------------------------------------------------------------------


def check_service(service: Service, cluster: Cluster) -> tuple[Violation, ...]:
    """Return everything that this cluster would refuse about this Service."""
    if _is_surely_valid(service, cluster):
        return ()
    found = _type_violations(service)
    if found:
        # Values of the wrong type cannot be judged further, nor can what depends on them.
        # The name, the labels and so on can, each by itself.
        metadata = {field: value for field, value in _metadata(service).items() if not _has_violations(found, field)}
        return in_order(found + metadata_violations(metadata, cluster))
    # Each port was checked when it was made, by rules that are the same for every cluster.
    found = every_violation(service_state(service, cluster), ports_checked=True)
    return in_order(found) if found else ()


_PORT_CLASSES: Final = frozenset({ServicePort})


def _is_surely_valid(service: Service, cluster: Cluster) -> bool:
    ports: object = service.ports
    if service.unmodelled is not None or type(ports) is not tuple or not _PORT_CLASSES.issuperset(map(type, ports)):
        return False
    return is_surely_valid(
        METADATA_FIELDS.values(service),
        SPEC_FIELDS_BUT_PORTS.values(service),
        [SERVICE_PORT_FIELDS.values(port) for port in ports],
        cluster,
    )


def _has_violations(found: list[Violation], field: str) -> bool:
    """Return whether a violation is about this field of the metadata, or about a part of it."""
    path = FieldPath("metadata", field)
    return any(violation.path.starts_with(path) for violation in found)


def _type_violations(service: Service) -> list[Violation]:
    """Return the attributes whose values have the wrong type."""
    found = METADATA_FIELDS.violations(service, FieldPath("metadata"))
    found += SPEC_FIELDS_BUT_PORTS.violations(service, FieldPath("spec"))
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


def _hint_of_port(value: object) -> str | None:
    """Return what to write instead of a value that is not a Service port."""
    if type(value) is ContainerPort:
        return "write ServicePort.targeting(…, port=…) for one that leads to this container port"
    if isinstance(value, Mapping):
        return "write ServicePort(…) with its fields; portmap.manifests.read takes a whole Service as a dict"
    return f"write ServicePort({shown(value)})" if type(value) is int else None


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
    ports = [PortState.of(SERVICE_PORT_FIELDS.values(port)) for port in service.ports]
    return ServiceState.of(cluster, _metadata(service), ports, SPEC_FIELDS_BUT_PORTS.values(service))
