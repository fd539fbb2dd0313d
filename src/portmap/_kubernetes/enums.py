"""The values of Kubernetes' enumerated fields, as types and as tuples.

With a `Literal` a type checker refuses `protocol="tcp"`. The tuple has the same values at run time,
in the order in which the API server prints them.
"""

from typing import Final, Literal, TypeAlias, get_args

Protocol: TypeAlias = Literal["SCTP", "TCP", "UDP"]
ServiceType: TypeAlias = Literal["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
SessionAffinity: TypeAlias = Literal["ClientIP", "None"]
TrafficPolicy: TypeAlias = Literal["Cluster", "Local"]
TrafficDistribution: TypeAlias = Literal["PreferClose", "PreferSameNode", "PreferSameZone"]
IPFamily: TypeAlias = Literal["IPv4", "IPv6"]
IPFamilyPolicy: TypeAlias = Literal["PreferDualStack", "RequireDualStack", "SingleStack"]

DEFAULT_PROTOCOL: Final[Protocol] = "TCP"
"""The protocol of a port that has none."""
DEFAULT_SERVICE_TYPE: Final[ServiceType] = "ClusterIP"

PROTOCOLS: Final[tuple[str, ...]] = get_args(Protocol)
SERVICE_TYPES: Final[tuple[str, ...]] = get_args(ServiceType)
SESSION_AFFINITIES: Final[tuple[str, ...]] = get_args(SessionAffinity)
TRAFFIC_POLICIES: Final[tuple[str, ...]] = get_args(TrafficPolicy)
TRAFFIC_DISTRIBUTIONS: Final[tuple[str, ...]] = get_args(TrafficDistribution)
IP_FAMILIES: Final[tuple[str, ...]] = get_args(IPFamily)
IP_FAMILY_POLICIES: Final[tuple[str, ...]] = get_args(IPFamilyPolicy)
