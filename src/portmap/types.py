"""Types for the signatures of your own functions: enumerated values, arguments of factories, references.

>>> from typing import Unpack
>>> from portmap.types import InternalFields
>>> def team_service(name: str, http: ContainerPort, **fields: Unpack[InternalFields]) -> Service:
...     return Service.internal(name, [ServicePort.targeting(http, port=80)], **fields)
...
>>> team_service("web", http, selector={"app": "web"}).ports
(ServicePort(80, name='http', target_port='http'),)
"""

from portmap._kubernetes.enums import (
    IPFamily,
    IPFamilyPolicy,
    Protocol,
    ServiceType,
    SessionAffinity,
    TrafficDistribution,
    TrafficPolicy,
)
from portmap._model.pods import PodPhase
from portmap._model.port_lookup import ContainerPortKey, ServicePortKey
from portmap._model.reference_types import (
    BackendRef,
    GRPCAction,
    GRPCHandler,
    HTTPGetAction,
    HTTPGetHandler,
    HTTPHeader,
    IngressBackend,
    IngressServiceBackend,
    MonitorEndpoint,
    NetworkPolicyPort,
    PodMonitorEndpoint,
    ServiceBackendPort,
    ServiceReference,
    TCPSocketAction,
    TCPSocketHandler,
)
from portmap._model.service_arguments import (
    AliasFields,
    ExposingFields,
    HeadlessFields,
    InternalFields,
    LoadBalancerFields,
    NodePortFields,
    ServicePortFields,
)

__all__ = [
    "AliasFields",
    "BackendRef",
    "ContainerPortKey",
    "ExposingFields",
    "GRPCAction",
    "GRPCHandler",
    "HTTPGetAction",
    "HTTPGetHandler",
    "HTTPHeader",
    "HeadlessFields",
    "IPFamily",
    "IPFamilyPolicy",
    "IngressBackend",
    "IngressServiceBackend",
    "InternalFields",
    "LoadBalancerFields",
    "MonitorEndpoint",
    "NetworkPolicyPort",
    "NodePortFields",
    "PodMonitorEndpoint",
    "PodPhase",
    "Protocol",
    "ServiceBackendPort",
    "ServicePortFields",
    "ServicePortKey",
    "ServiceReference",
    "ServiceType",
    "SessionAffinity",
    "TCPSocketAction",
    "TCPSocketHandler",
    "TrafficDistribution",
    "TrafficPolicy",
]
