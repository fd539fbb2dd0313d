"""A Service as the API server has it in hand: defaults filled in, values changing.

The typed `Service` keeps what was authored. What the server makes of it on the way
to storage, default by default and step by step, happens to a `ServiceState`, made
either of a typed Service or of a decoded manifest. Every rule of a Service looks at
a state, so that both get the same verdict from the same line.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/v1/defaults.go`,
`SetDefaults_Service`, and `pkg/api/service/util.go`.
"""

from collections.abc import Mapping
from typing import Any, Final, final

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.enums import DEFAULT_PROTOCOL

__all__ = ["HEADLESS", "PICKED", "PortState", "ServiceState"]

DEFAULT_AFFINITY_TIMEOUT: Final = 10800
HEADLESS: Final = "None"
PICKED: Final = "(picked by the cluster)"
"""Stands for a cluster IP that an update makes the cluster pick."""
_WITH_POLICY: Final = frozenset({"ClusterIP", "NodePort", "LoadBalancer"})


@final
class PortState:
    """One port of a Service, with its defaults.

    Attributes:
        dynamic: Whether the node port was picked by the cluster. Its number then only
            stands for one that nobody knows yet, and lies outside every real range.
    """

    __slots__ = ("app_protocol", "dynamic", "name", "node_port", "port", "protocol", "target_port")

    def __init__(
        self,
        name: str | None,
        protocol: str | None,
        app_protocol: str | None,
        port: int | None,
        target_port: int | str | None,
        node_port: int | None,
    ) -> None:
        self.name = name or ""
        self.protocol = protocol or DEFAULT_PROTOCOL
        self.app_protocol = app_protocol
        self.port = port or 0
        self.target_port = target_port or self.port
        self.node_port = node_port or 0
        self.dynamic = False


@final
class ServiceState:
    """A Service between request and storage. Attributes are those of `Service`, defaults applied.

    Attributes:
        metadata: The decoded metadata under its wire names.
        cluster: What it is judged by.
        old: The stored Service that it replaces, if it is an update.
        affinity_timeout: `sessionAffinityConfig.clientIP.timeoutSeconds`.
        is_external_name: Whether its type is ExternalName.
        is_load_balancer: Whether its type is LoadBalancer.
        takes_node_ports: Whether its type has node ports.
        has_several_ports: Whether it has more than one port.
        families_settled: Whether an update left the IP fields of a PreferDualStack
            Service alone, so that the server does not look at them again.
    """

    __slots__ = (
        "affinity_timeout",
        "allocate_load_balancer_node_ports",
        "annotations",
        "cluster",
        "cluster_ip",
        "cluster_ips",
        "external_ips",
        "external_name",
        "external_traffic_policy",
        "families_settled",
        "has_several_ports",
        "health_check_node_port",
        "health_check_node_port_dynamic",
        "internal_traffic_policy",
        "ip_families",
        "ip_family_policy",
        "is_external_name",
        "is_load_balancer",
        "load_balancer_class",
        "load_balancer_ip",
        "load_balancer_source_ranges",
        "metadata",
        "old",
        "ports",
        "publish_not_ready_addresses",
        "selector",
        "session_affinity",
        "takes_node_ports",
        "traffic_distribution",
        "type",
    )

    def __init__(
        self,
        cluster: Cluster,
        metadata: Mapping[str, Any],
        *,
        type: str | None,
        ports: list[PortState],
        selector: Mapping[str, str] | None,
        cluster_ip: str | None,
        cluster_ips: list[str],
        external_ips: list[str],
        session_affinity: str | None,
        affinity_timeout: int | None,
        load_balancer_ip: str | None,
        load_balancer_source_ranges: list[str],
        external_name: str | None,
        external_traffic_policy: str | None,
        health_check_node_port: int | None,
        publish_not_ready_addresses: bool | None,
        ip_families: list[str],
        ip_family_policy: str | None,
        allocate_load_balancer_node_ports: bool | None,
        load_balancer_class: str | None,
        internal_traffic_policy: str | None,
        traffic_distribution: str | None,
    ) -> None:
        self.cluster = cluster
        self.metadata = metadata
        self.old: ServiceState | None = None
        self.families_settled = False
        self.type = kind = type or "ClusterIP"
        self.is_external_name = kind == "ExternalName"
        self.is_load_balancer = kind == "LoadBalancer"
        self.takes_node_ports = kind in {"NodePort", "LoadBalancer"}
        self.annotations: Mapping[str, str] = metadata.get("annotations") or {}
        self.ports = ports
        self.has_several_ports = len(ports) > 1
        self.selector = selector or {}
        self.cluster_ip = cluster_ip or ""
        self.cluster_ips = cluster_ips
        self.external_ips = external_ips
        self.session_affinity = session_affinity or "None"
        self.affinity_timeout = affinity_timeout
        if self.session_affinity == "None":
            self.affinity_timeout = None
        elif self.session_affinity == "ClientIP" and affinity_timeout is None:
            self.affinity_timeout = DEFAULT_AFFINITY_TIMEOUT
        self.load_balancer_ip = load_balancer_ip or ""
        self.load_balancer_source_ranges = load_balancer_source_ranges
        self.external_name = external_name or ""
        self.external_traffic_policy = external_traffic_policy or ""
        self.health_check_node_port = health_check_node_port or 0
        self.health_check_node_port_dynamic = False
        self.publish_not_ready_addresses = bool(publish_not_ready_addresses)
        self.ip_families = ip_families
        self.ip_family_policy = ip_family_policy
        self.allocate_load_balancer_node_ports = allocate_load_balancer_node_ports
        self.load_balancer_class = load_balancer_class
        self.internal_traffic_policy = internal_traffic_policy
        self.traffic_distribution = traffic_distribution
        if not self.external_traffic_policy and self.externally_accessible:
            self.external_traffic_policy = "Cluster"
        if internal_traffic_policy is None and self.type in _WITH_POLICY:
            self.internal_traffic_policy = "Cluster"
        if allocate_load_balancer_node_ports is None and self.type == "LoadBalancer":
            self.allocate_load_balancer_node_ports = True

    @property
    def externally_accessible(self) -> bool:
        """Whether traffic may come from outside: a node port, a load balancer or an external IP."""
        return self.takes_node_ports or (self.type == "ClusterIP" and bool(self.external_ips))

    @property
    def headless(self) -> bool:
        """Whether its one cluster IP is `None`."""
        return len(self.cluster_ips) == 1 and self.cluster_ips[0] == HEADLESS

    @property
    def allocates_node_ports(self) -> bool:
        """Whether the cluster picks node ports that are left out."""
        return self.type == "NodePort" or (
            self.is_load_balancer and self.allocate_load_balancer_node_ports is not False
        )

    @property
    def needs_health_check(self) -> bool:
        """Whether it has a health check node port: a load balancer with local traffic only."""
        return self.is_load_balancer and self.external_traffic_policy == "Local"

    @property
    def needs_cluster_ip(self) -> bool:
        """Whether cluster IP fields mean anything to it (also `None` is a value)."""
        return not self.is_external_name

    @property
    def selectorless_headless(self) -> bool:
        """Whether it is headless with endpoints that somebody else manages."""
        return self.cluster_ip == HEADLESS and not self.selector
