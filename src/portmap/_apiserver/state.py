"""A Service as an API server handles it: with its defaults, and mutable.

The typed `Service` keeps what was authored. A `ServiceState` is made of a typed Service or of a
decoded manifest, and changes as the server's steps change the Service on its way to storage. All
rules of Services look at a state, so both get the same verdict.

The fields and their defaults are those of `service_schema`.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/v1/defaults.go`,
`SetDefaults_Service`, and `pkg/api/service/util.go`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, final

import attrs

from portmap._apiserver.service_schema import SERVICE_PORT_FIELDS, SPEC_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._kubernetes.cluster import Cluster

HEADLESS: Final = "None"
PICKED: Final = "(picked by the cluster)"
"""A placeholder for a cluster IP that the cluster picks on an update."""

_CONDITIONAL_DEFAULTS: Final = tuple(
    (field.attribute, field.empty, field.default_if, field.default) for field in SPEC_FIELDS if field.default_if
)
_CLUSTER_TRAFFIC_TYPES: Final = frozenset({"ClusterIP", "NodePort", "LoadBalancer"})


@final
@attrs.define(eq=False)
class PortState:
    """One port of a Service, with its defaults.

    Attributes:
        dynamic: Whether the cluster picks the node port. Its number is then a placeholder outside every real range.
    """

    name: str
    protocol: str
    app_protocol: str | None
    port: int
    target_port: int | str
    node_port: int
    dynamic: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.target_port = self.target_port or self.port

    @classmethod
    def of(cls, values: Iterable[Any]) -> "PortState":
        """Return the state of a port.

        Args:
            values: The values of `SERVICE_PORT_FIELDS` in their order, `None` for fields that are left out.
        """
        return cls(*SERVICE_PORT_FIELDS.completed(values))


@final
@attrs.define(eq=False)
class ServiceState:
    """A Service between request and storage.

    Attributes:
        cluster: The cluster of the server.
        metadata: The decoded metadata under its wire names.
        old: The stored Service that it replaces, if it is an update.
        families_settled: Whether an update leaves the IP fields of a PreferDualStack Service
            unchanged, so that the server does not check them again.
        health_check_node_port_dynamic: Whether the cluster picks the health check node port.
        is_external_name: Whether the type is ExternalName.
        is_load_balancer: Whether the type is LoadBalancer.
        takes_node_ports: Whether the type has node ports.
        has_several_ports: Whether there is more than one port.

    The other attributes are the fields of `spec`, named as in `Service` and in the order of their table.
    """

    cluster: Cluster
    metadata: Mapping[str, Any]
    ports: list[PortState]

    type: str
    selector: Mapping[str, str]
    cluster_ip: str
    cluster_ips: list[str]
    ip_families: list[str]
    ip_family_policy: str | None
    external_ips: list[str]
    external_name: str
    session_affinity: str
    session_affinity_timeout_seconds: int | None
    load_balancer_ip: str
    load_balancer_class: str | None
    load_balancer_source_ranges: list[str]
    allocate_load_balancer_node_ports: bool | None
    external_traffic_policy: str
    health_check_node_port: int
    internal_traffic_policy: str | None
    traffic_distribution: str | None
    publish_not_ready_addresses: bool

    old: "ServiceState | None" = attrs.field(default=None, init=False)
    families_settled: bool = attrs.field(default=False, init=False)
    health_check_node_port_dynamic: bool = attrs.field(default=False, init=False)
    # Attributes, since many rules look at them.
    annotations: Mapping[str, str] = attrs.field(init=False)
    is_external_name: bool = attrs.field(init=False)
    is_load_balancer: bool = attrs.field(init=False)
    takes_node_ports: bool = attrs.field(init=False)
    has_several_ports: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.annotations = self.metadata.get("annotations") or {}
        self.is_external_name = self.type == "ExternalName"
        self.is_load_balancer = self.type == "LoadBalancer"
        self.takes_node_ports = self.type in {"NodePort", "LoadBalancer"}
        self.has_several_ports = len(self.ports) > 1
        if self.session_affinity == "None":
            # The server deletes a configuration that has no effect.
            self.session_affinity_timeout_seconds = None
        for attribute, empty, condition, default in _CONDITIONAL_DEFAULTS:
            if getattr(self, attribute) == empty and getattr(self, condition):
                setattr(self, attribute, default)

    @classmethod
    def of(
        cls, cluster: Cluster, metadata: Mapping[str, Any], ports: list[PortState], values: Iterable[Any]
    ) -> "ServiceState":
        """Return the state of a Service, with its defaults.

        Args:
            cluster: The cluster of the server.
            metadata: The decoded metadata under its wire names.
            ports: The states of its ports.
            values: The values of `SPEC_FIELDS_BUT_PORTS` in their order, `None` for fields that are left out.
        """
        return cls(cluster, metadata, ports, *SPEC_FIELDS_BUT_PORTS.completed(values))

    @property
    def has_client_ip_affinity(self) -> bool:
        """True if each client stays on one pod."""
        return self.session_affinity == "ClientIP"

    @property
    def has_cluster_traffic(self) -> bool:
        """True if its type is one that pods of the cluster can connect to."""
        return self.type in _CLUSTER_TRAFFIC_TYPES

    @property
    def externally_accessible(self) -> bool:
        """True if traffic may come from outside: by a node port, a load balancer or an external IP."""
        return self.takes_node_ports or (self.type == "ClusterIP" and bool(self.external_ips))

    @property
    def headless(self) -> bool:
        """True if its one cluster IP is `None`."""
        return len(self.cluster_ips) == 1 and self.cluster_ips[0] == HEADLESS

    @property
    def allocates_node_ports(self) -> bool:
        """True if the cluster picks node ports that are left out."""
        return self.type == "NodePort" or (
            self.is_load_balancer and self.allocate_load_balancer_node_ports is not False
        )

    @property
    def needs_health_check(self) -> bool:
        """True if it has a health check node port: a load balancer with local traffic only."""
        return self.is_load_balancer and self.external_traffic_policy == "Local"

    @property
    def needs_cluster_ip(self) -> bool:
        """True if it can have cluster IPs. The value `None` is one, too."""
        return not self.is_external_name

    @property
    def selectorless_headless(self) -> bool:
        """True if it is headless without a selector, so that another program manages its endpoints."""
        return self.cluster_ip == HEADLESS and not self.selector
