"""The references to a container port that other fields and objects have, as plain data for their manifests."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from portmap._apiserver.probe_rules import HANDLER_RULES, PROBE, Handler
from portmap._kubernetes.addresses import family_of
from portmap._kubernetes.enums import Protocol
from portmap._kubernetes.field_path import ROOT
from portmap._kubernetes.names import dns_subdomain_reasons, port_number_reasons
from portmap._kubernetes.schema import INT32, TEXT, TEXT_MAP
from portmap._model.reference_errors import argument_violations, checked, http_violations, raise_any, unresolvable
from portmap._model.reference_types import (
    GRPCHandler,
    HTTPGetHandler,
    NetworkPolicyPort,
    PodMonitorEndpoint,
    TCPSocketHandler,
)

_VARIABLE: Final = re.compile(r"\$\([-A-Za-z0-9_.]+\)")
"""A variable of the environment in the value of another one."""


class ContainerPortReferences:
    """Refer to a container port in probes, hooks and the manifests of other objects."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def container_port(self) -> int: ...
        @property
        def name(self) -> str | None: ...
        @property
        def effective_protocol(self) -> Protocol: ...
        @property
        def host_port(self) -> int | None: ...

    def http_get(
        self, path: str | None = None, *, scheme: str | None = None, headers: Mapping[str, str] | None = None
    ) -> HTTPGetHandler:
        """Return a probe or hook of the same container that sends an HTTP request to this port.

        Args:
            path: The path; `/` by default.
            scheme: `"HTTP"` (the default) or `"HTTPS"`.
            headers: Headers of the request.

        Raises:
            ValidationError: It is not a TCP port, or an API server would refuse the probe.

        Example:
            >>> http.http_get("/healthz") | {"periodSeconds": 5}
            {'httpGet': {'path': '/healthz', 'port': 'http'}, 'periodSeconds': 5}
        """
        raise_any(f"HTTP probe of {self!r}", checked("headers", headers, TEXT_MAP))
        given = headers and [{"name": name, "value": value} for name, value in headers.items()]
        fields = {"path": path, "port": self._key, "scheme": scheme, "httpHeaders": given}
        data: Any = {"httpGet": {field: value for field, value in fields.items() if value is not None}}
        self._check_handler(data, "HTTP probe")
        return cast("HTTPGetHandler", data)

    def tcp_socket(self) -> TCPSocketHandler:
        """Return a probe or hook of the same container that opens a connection to this port.

        Raises:
            ValidationError: It is not a TCP port.

        Example:
            >>> http.tcp_socket()
            {'tcpSocket': {'port': 'http'}}
        """
        handler: TCPSocketHandler = {"tcpSocket": {"port": self._key}}
        self._check_handler(handler, "TCP probe")
        return handler

    def grpc(self, service: str | None = None) -> GRPCHandler:
        """Return a gRPC probe of the same container, which knows its port by number only.

        Args:
            service: The service that the health check is about; by default the whole server.

        Raises:
            ValidationError: It is not a TCP port, or `service` is not text.

        Example:
            >>> ContainerPort(9000, name="grpc").grpc()
            {'grpc': {'port': 9000}}
        """
        handler: GRPCHandler = {"grpc": {"port": self.container_port}}
        if service is not None:
            handler["grpc"]["service"] = service
        self._check_handler(handler, "gRPC probe")
        return handler

    def policy_port(self, *, end_port: int | None = None) -> NetworkPolicyPort:
        """Return an item of the `ports` of a NetworkPolicy, which is about ports of pods, not of Services.

        Args:
            end_port: The last port of a range that begins with the number of this one.

        Raises:
            ValidationError: `end_port` is not a port, or less than the number of this one.

        Example:
            >>> http.policy_port()
            {'protocol': 'TCP', 'port': 'http'}
        """
        found = checked("endPort", end_port, INT32)
        if isinstance(end_port, int):
            reasons = [*port_number_reasons(end_port)]
            if end_port < self.container_port:
                reasons.append(f"must not be less than {self.container_port}, the port itself")
            found += argument_violations("endPort", end_port, reasons)
        raise_any(f"NetworkPolicy port of {self!r}", found)
        if end_port is None:
            return {"protocol": self.effective_protocol, "port": self._key}
        return {"protocol": self.effective_protocol, "port": self.container_port, "endPort": end_port}

    def monitor_endpoint(self) -> PodMonitorEndpoint:
        """Return an item of the `podMetricsEndpoints` of a PodMonitor.

        Raises:
            ValidationError: It is not a TCP port.

        Example:
            >>> ContainerPort(9102, name="metrics").monitor_endpoint() | {"path": "/stats"}
            {'port': 'metrics', 'path': '/stats'}
        """
        raise_any(f"PodMonitor endpoint of {self!r}", http_violations(self.effective_protocol, "Prometheus"))
        return {"port": self.name} if self.name else {"portNumber": self.container_port}

    def host_address(self, node: str) -> str:
        """Return the address of the host port on a node: `"node-a:8125"`.

        Args:
            node: The name or address of the node, or a variable of the client's container: `"$(HOST_IP)"`.

        Raises:
            ValidationError: It has no host port, or `node` is not text.

        Example:
            >>> statsd = ContainerPort(8125, name="statsd", protocol="UDP", host_port=8125)
            >>> {"name": "STATSD_ADDR", "value": statsd.host_address("$(HOST_IP)")}
            {'name': 'STATSD_ADDR', 'value': '$(HOST_IP):8125'}
        """
        found = checked("node", node, TEXT)
        if not found and not (family_of(node) or _VARIABLE.fullmatch(node)):
            found += argument_violations("node", node, dns_subdomain_reasons(node))
        if not self.host_port:
            hint = f"write ContainerPort({self.container_port}, host_port={self.container_port})"
            found.append(unresolvable("hostPort", "FieldValueRequired", "no port of the node leads here", hint=hint))
        raise_any(f"host address of {self!r}", found)
        return f"[{node}]:{self.host_port}" if ":" in node else f"{node}:{self.host_port}"

    @property
    def _key(self) -> int | str:
        return self.name or self.container_port

    def _check_handler(self, data: Any, kind: str) -> None:  # noqa: ANN401 - a handler may have wrong values
        found = http_violations(self.effective_protocol, f"a {kind}")
        decoded: Any = PROBE.read(data, ROOT, found)
        if not found:
            found += HANDLER_RULES.violations(Handler("readinessProbe", decoded))
        raise_any(f"{kind} of {self!r}", found)
