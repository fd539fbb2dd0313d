"""Rules for service meshes, which take the protocol of a port from `appProtocol` or its name.

Source: istio/istio, `pkg/config/kube/conversion.go` (ConvertProtocol) and `pkg/config/protocol/instance.go` (Parse).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._lint.rule import rule
from portmap._lint.rules.places import containers_of
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

_KNOWN: Final = frozenset(
    {"grpc", "grpc-web", "hbone", "http", "http2", "https", "mongo", "mysql", "redis", "tcp", "tls", "udp"}
)
"""Protocols that Istio and Kiali know, as the first word of a port's name or as `appProtocol`."""
_KUBERNETES: Final[Mapping[str, str]] = {
    "kubernetes.io/h2c": "http2",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "https",
}
"""Values of `appProtocol` that Kubernetes defines (KEP-3726), and their protocols for a mesh."""
_PREFIXES: Final = ("https", "http2", "http", "grpc-web", "grpc", "mongo", "tcp")
"""Protocols that a name without a hyphen may begin with: `httpweb` probably means http, but `mysqlx` not mysql."""
_SERVER_FIRST: Final = frozenset({25, 53, 3306, 27017})
"""Ports that Istio takes for TCP by their number: SMTP, DNS, MySQL and MongoDB."""
_SAME_TO_PROXY: Final[Mapping[str, str]] = {"grpc": "http2", "grpc-web": "http2", "https": "tcp", "tls": "tcp"}
"""Protocols that a sidecar proxy handles alike: gRPC as HTTP/2, and encrypted traffic as TCP."""


@rule("undecided-protocol", on=Service, severity="warning", profile="mesh")
def undecided_protocol(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service mesh cannot tell the protocol of a port.

    What it reports:
    A TCP port without `appProtocol` whose name is not a protocol that a mesh knows, and does not begin
    with one and a hyphen: `http`, `http-web`, `grpc-api`.

    Why it matters:
    The mesh detects the protocol from the first bytes of the client. It handles all but HTTP as TCP,
    without routes, retries or metrics by request. If the server sends first, detection causes a delay.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: httpweb, port: 80, targetPort: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: httpweb, port: 80, targetPort: 8080, appProtocol: http}]
    ```

    Notes:
    The severity is info if the port has no name, or its name contains no protocol: the mesh still detects HTTP.
    `appProtocol` overrides the name, so the port need not be renamed. istioctl: IST0118, Kiali: KIA0601.
    """
    del bundle
    for position, port in enumerate(service.ports):
        if port.app_protocol or _protocol_of(port) is not None:
            continue
        intended = _intended_protocol(port.name or "")
        because = None if intended else "the name contains no protocol, and the mesh detects HTTP"
        source = f"the name {port.name!r} does not set" if port.name else "nothing sets"
        yield at(service, "spec", "ports", position, *(("name",) if port.name else ())).finding(
            f"{source} the protocol of port {port.port}",
            hint=f"write appProtocol: {intended}" if intended else "write appProtocol: http, grpc, tcp or another",
            value=port.name,
            severity=None if intended else "info",
            because=because,
        )


@rule("unknown-app-protocol", on=Service, severity="info", profile="mesh")
def unknown_app_protocol(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service meshes do not know the `appProtocol` of a port.

    What it reports:
    An `appProtocol` of a TCP port that neither Kubernetes nor Istio knows, and that has no prefix of another project.

    Why it matters:
    An API server accepts any word. A mesh handles the traffic of unknown protocols as TCP.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: web, port: 80, targetPort: 8080, appProtocol: htpp}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: web, port: 80, targetPort: 8080, appProtocol: http}]
    ```

    Notes:
    Known are http, https, http2, grpc, grpc-web, tcp, tls, mongo, mysql, redis and udp, words that
    begin with one of them and a hyphen, and kubernetes.io/h2c, kubernetes.io/ws and kubernetes.io/wss.
    Values with the domain of another project are skipped. Names of IANA's registry, such as
    postgresql, are valid but of no use to a mesh. Kiali: KIA0602.
    """
    del bundle
    for position, port in enumerate(service.ports):
        protocol = port.app_protocol
        if not protocol or _known_protocol(protocol) or port.effective_protocol != "TCP":
            continue
        domain, slash, _ = protocol.partition("/")
        if not slash or domain == "kubernetes.io":
            guess = nearest(protocol, {*_KNOWN, *_KUBERNETES})
            yield at(service, "spec", "ports", position, "appProtocol").finding(
                f"no service mesh knows the protocol {protocol!r}",
                hint=f"did you mean {guess!r}?" if guess else "write tcp to handle the traffic as TCP",
                value=protocol,
            )


@rule("external-name-tcp-port", on=Service, severity="warning", profile="mesh")
def external_name_tcp_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service has a plain TCP port.

    What it reports:
    A Service of type ExternalName with a port for the protocol `tcp`.

    Why it matters:
    The Service has no address by which the proxy could identify its connections. The proxy listens on
    the port at every address, and intercepts traffic for other Services.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
    spec:
      type: ExternalName
      externalName: shop.example.com
      ports: [{name: tcp, port: 8443}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
    spec:
      type: ExternalName
      externalName: shop.example.com
      ports: [{name: https, port: 8443}]
    ```

    Notes:
    `undecided-protocol` reports ports without a known protocol. istioctl: IST0150.
    """
    del bundle
    if service.effective_type != "ExternalName":
        return
    for position, port in enumerate(service.ports):
        if _protocol_of(port) == "tcp":
            field = ("appProtocol",) if port.app_protocol else ("name",) if port.name else ()
            yield at(service, "spec", "ports", position, *field).finding(
                f"the proxy sends traffic for port {port.port} at any address to {service}",
                hint="name the port after its protocol, such as https or tls, or remove it",
                value=port.app_protocol or port.name,
            )


@rule("conflicting-protocols", on=Workload, severity="warning", profile="mesh")
def conflicting_protocols(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Services set different protocols for the same container port.

    What it reports:
    A TCP port of a workload to which several Services forward with different protocols.

    Why it matters:
    The sidecar proxy listens on the port once, and handles all connections alike. Which protocol it
    uses is undefined.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web-raw}
    spec:
      selector: {app: web}
      ports: [{name: tcp, port: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web-raw}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 8080}]
    ```

    Notes:
    Ports without a known protocol are skipped: see `undecided-protocol`. gRPC and HTTP/2 are the same to the proxy,
    and so are TCP and TLS. istioctl's IST0116 reports TCP and UDP for the same number, which do not conflict.
    """
    for (_, number), service_ports in _forwarding_ports(workload, bundle).items():
        by_protocol: dict[str, tuple[Service, int]] = {}
        for service, position in service_ports:
            protocol = _protocol_of(service.ports[position])
            if protocol is not None:
                by_protocol.setdefault(protocol, (service, position))
        conflict = len({_SAME_TO_PROXY.get(protocol, protocol) for protocol in by_protocol}) > 1
        if conflict and len({id(service) for service, _ in by_protocol.values()}) > 1:
            protocols = ", ".join(f"{protocol} for {service}" for protocol, (service, _) in by_protocol.items())
            yield _declaration(workload, number, bundle).finding(
                f"the protocol of port {number} of {workload} is {protocols}",
                hint="give the ports of these Services the same protocol",
                value=number,
                related=[
                    (at(service, "spec", "ports", position), f"has the protocol {protocol}")
                    for protocol, (service, position) in by_protocol.items()
                ],
            )


@rule("shared-target-port", on=Workload, severity="warning", profile="mesh")
def shared_target_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Different Service ports lead to the same container port.

    What it reports:
    A TCP port of a workload to which Service ports with different numbers forward.

    Why it matters:
    The settings of a connection depend on the Service port, which the sidecar proxy does not see. Which
    of the ports' settings it uses is undefined.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web-admin}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 81, targetPort: 8080}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web-admin}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```

    Notes:
    The severity is info if all ports belong to one Service. Headless Services are skipped, because
    clients connect to the number of the pod. istioctl: IST0137.
    """
    for (_, number), service_ports in _forwarding_ports(workload, bundle).items():
        by_number: dict[int, tuple[Service, int]] = {}
        for service, position in service_ports:
            if service.cluster_ip != "None":
                by_number.setdefault(service.ports[position].port, (service, position))
        if len(by_number) > 1:
            ports = " and ".join(f"port {port} of {service}" for port, (service, _) in by_number.items())
            several = len({id(service) for service, _ in by_number.values()}) > 1
            because = None if several else "all ports belong to one Service, whose settings are usually the same"
            yield _declaration(workload, number, bundle).finding(
                f"{ports} forward to port {number} of {workload}",
                hint="give the Service ports the same number, or each its own container port",
                value=number,
                severity=None if several else "info",
                because=because,
                related=[
                    (at(service, "spec", "ports", position), "forwards to this port")
                    for service, position in by_number.values()
                ],
            )


def _forwarding_ports(
    workload: Workload, bundle: Bundle
) -> Mapping[tuple[str | None, int], Sequence[tuple[Service, int]]]:
    """Return the Service ports that forward to each TCP port of a workload, as Services and positions.

    The keys have the namespaces of the Services: a workload without a namespace may be in one of them.
    """
    forwarding: Mapping[tuple[str | None, int], list[tuple[Service, int]]] = defaultdict(list)
    name = bundle.name_of(workload)
    for service in bundle.selecting(workload):
        for position, port in enumerate(service.ports):
            targets = bundle.port_map.targets(service, position) if port.effective_protocol == "TCP" else ()
            for number in dict.fromkeys(target.port for target in targets if target.workload == name):
                forwarding[service.namespace, number].append((service, position))
    return forwarding


def _declaration(workload: Workload, number: int, bundle: Bundle) -> Place:
    """Return the place where a port is declared; the containers if it is not."""
    for path, _, port in bundle.container_ports(workload):
        if port.container_port == number and port.effective_protocol == "TCP":
            return at(workload, *path, "containerPort")
    return containers_of(workload, bundle)


def _protocol_of(port: ServicePort) -> str | None:
    """Return the protocol of a Service port for a mesh; `None` if the mesh has to detect it."""
    if port.effective_protocol != "TCP":
        return port.effective_protocol.lower()
    protocol = _known_protocol(port.app_protocol or port.name or "") or ("tcp" if port.port in _SERVER_FIRST else None)
    return "tcp" if protocol == "udp" else protocol


def _known_protocol(word: str) -> str | None:
    """Return the protocol that a port's name or `appProtocol` sets, if a mesh knows it."""
    low = word.lower()
    if low in _KUBERNETES:
        return _KUBERNETES[low]
    if low.startswith("grpc-web"):
        return "grpc-web"
    first = low.partition("-")[0]
    return first if first in _KNOWN else None


def _intended_protocol(name: str) -> str | None:
    """Return the protocol that a name probably means: one that it begins with, or one of its words."""
    low = name.lower()
    prefix = next((protocol for protocol in _PREFIXES if low.startswith(protocol)), None)
    return prefix or next((word for word in re.split(r"[-0-9]+", low) if word in _KNOWN), None)
