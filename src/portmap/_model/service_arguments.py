"""Keyword arguments of the factories of `Service` and of `Service.with_port`, as types.

Each type for a factory extends the one before, from the kind of Service that has the fewest fields to the one that
has the most.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from portmap._kubernetes.enums import (
    IPFamily,
    IPFamilyPolicy,
    Protocol,
    ServiceType,
    SessionAffinity,
    TrafficDistribution,
    TrafficPolicy,
)


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


class ServicePortFields(TypedDict, total=False):
    """The fields of a port that `Service.with_port` changes."""

    port: int
    name: str | None
    protocol: Protocol | None
    app_protocol: str | None
    target_port: int | str | None
    node_port: int | None


def checked_arguments(allowed: type, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - arguments for `Service`
    """Return the arguments if the type allows all of them, as type checkers require.

    Raises:
        TypeError: The factory has no argument of this name.
    """
    for name in arguments:
        if name not in allowed.__annotations__:
            kind = allowed.__name__.removesuffix("Fields")
            known = ", ".join(allowed.__annotations__)
            raise TypeError(f"{kind} Services take no argument {name!r}; besides name and ports they take: {known}")
    return arguments
