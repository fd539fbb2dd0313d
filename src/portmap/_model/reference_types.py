"""The references to ports that other objects have, as types of plain data."""

from typing import NotRequired, TypedDict

from portmap._kubernetes.enums import Protocol


class ServiceBackendPort(TypedDict, total=False):
    """A port of the Service of an Ingress backend: its name or its number."""

    name: str
    number: int


class IngressServiceBackend(TypedDict):
    """The Service of an Ingress backend, and its port."""

    name: str
    port: ServiceBackendPort


class IngressBackend(TypedDict):
    """A backend of an Ingress."""

    service: IngressServiceBackend


class BackendRef(TypedDict):
    """A backend of a route of the Gateway API."""

    name: str
    port: int
    namespace: NotRequired[str]
    weight: NotRequired[int]


class ServiceReference(TypedDict):
    """The Service of a webhook, of an APIService or of the conversion of a custom resource."""

    namespace: str
    name: str
    port: int
    path: NotRequired[str]


class MonitorEndpoint(TypedDict):
    """An endpoint of a ServiceMonitor."""

    port: str


class PodMonitorEndpoint(TypedDict, total=False):
    """An endpoint of a PodMonitor: the name or the number of a container port."""

    port: str
    portNumber: int


class HTTPHeader(TypedDict):
    """A header of an HTTP probe or hook."""

    name: str
    value: str


class HTTPGetAction(TypedDict):
    """The request of an HTTP probe or hook."""

    port: int | str
    path: NotRequired[str]
    scheme: NotRequired[str]
    httpHeaders: NotRequired[list[HTTPHeader]]


class HTTPGetHandler(TypedDict):
    """A probe or hook that sends an HTTP request."""

    httpGet: HTTPGetAction


class TCPSocketAction(TypedDict):
    """The port to which a probe or hook connects."""

    port: int | str


class TCPSocketHandler(TypedDict):
    """A probe or hook that opens a TCP connection."""

    tcpSocket: TCPSocketAction


class GRPCAction(TypedDict):
    """The port of a gRPC probe, and the name of the service that it checks."""

    port: int
    service: NotRequired[str]


class GRPCHandler(TypedDict):
    """A probe that calls the gRPC health service."""

    grpc: GRPCAction


class NetworkPolicyPort(TypedDict):
    """A port of a NetworkPolicy."""

    protocol: Protocol
    port: int | str
    endPort: NotRequired[int]
