"""Rules for service meshes, which take the protocol of a port from `appProtocol` or its name.

Source: istio/istio, `pkg/config/kube/conversion.go` (ConvertProtocol) and `pkg/config/protocol/instance.go` (Parse).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.items import name_of
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
"""What Istio and Kiali know, as the first word of a port's name or as `appProtocol`."""
_KUBERNETES: Final[Mapping[str, str]] = {
    "kubernetes.io/h2c": "http2",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "https",
}
"""What Kubernetes itself defines for `appProtocol` (KEP-3726), and what a mesh makes of it."""
_BEGINNINGS: Final = ("https", "http2", "http", "grpc-web", "grpc", "mongo", "tcp")
"""What a name may mean that goes on without a hyphen: `httpweb` means http, but `mysqlx` not mysql."""
_SERVER_FIRST: Final = frozenset({25, 53, 3306, 27017})
"""Ports that Istio takes for TCP without being told: SMTP, DNS, MySQL and MongoDB."""
_ALIKE: Final[Mapping[str, str]] = {"grpc": "http2", "grpc-web": "http2", "https": "tcp", "tls": "tcp"}
"""What a proxy beside the server treats alike: gRPC is HTTP/2 to it, and what it cannot decrypt is bytes."""


@rule("undecided-protocol", on=Service, severity="warning", profile="mesh")
def undecided_protocol(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service mesh cannot tell the protocol of a port.

    What it reports:
    A TCP port without `appProtocol` whose name does not begin with a protocol that a mesh
    knows, alone or before a hyphen: `http`, `http-web`, `grpc-api`.

    Why it matters:
    A mesh must guess from what clients send first. What it does not take for HTTP is passed
    on as bytes: no routes, retries, or metrics by request; and it waits for the first bytes
    in vain where the server speaks first.

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
    It is information where the name holds no protocol at all, or there is no name: nobody
    tried to decide, and HTTP is recognised all the same. `appProtocol` counts more than the
    name, and can be added without renaming the port. istioctl: IST0118, Kiali: KIA0601.
    """
    del bundle
    for position, port in enumerate(service.ports):
        if port.app_protocol or _protocol_of(port) is not None:
            continue
        meant = _meant_protocol(port.name or "")
        because = None if meant else "nothing in the name tries to decide it, and HTTP is recognised all the same"
        shown = f"the name {port.name!r} does not decide" if port.name else "nothing decides"
        yield at(service, "spec", "ports", position, *(("name",) if port.name else ())).finding(
            f"{shown} which protocol port {port.port} speaks",
            hint=f"write appProtocol: {meant or 'http, grpc, tcp or what else it speaks'}",
            value=port.name,
            severity=None if meant else "info",
            because=because,
        )


@rule("unknown-app-protocol", on=Service, severity="info", profile="mesh")
def unknown_app_protocol(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service meshes do not know the `appProtocol` of a port.

    What it reports:
    An `appProtocol` of a TCP port that neither Kubernetes nor Istio knows, and that no
    project put its own name before.

    Why it matters:
    A server takes any word. A mesh passes on what it does not know as bytes.

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
    Known are http, https, http2, grpc, grpc-web, tcp, tls, mongo, mysql, redis and udp, and
    what begins with one of them and a hyphen; kubernetes.io/h2c, kubernetes.io/ws and
    kubernetes.io/wss. Of other words with a domain before them only that domain knows.
    Names of IANA's registry, such as postgresql, are right and of no use to a mesh.
    Kiali: KIA0602.
    """
    del bundle
    for position, port in enumerate(service.ports):
        given = port.app_protocol
        if not given or _known_protocol(given) or port.effective_protocol != "TCP":
            continue
        domain = given.partition("/")[0] if "/" in given else None
        if domain is None or domain == "kubernetes.io":
            guess = nearest(given, {*_KNOWN, *_KUBERNETES})
            yield at(service, "spec", "ports", position, "appProtocol").finding(
                f"no mesh knows the protocol {given!r}",
                hint=f"did you mean {guess!r}?" if guess else "write tcp, if it is to be passed on as bytes",
                value=given,
            )


@rule("external-name-tcp-port", on=Service, severity="warning", profile="mesh")
def external_name_tcp_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service has a plain TCP port.

    What it reports:
    A Service of type ExternalName with a port that is said to speak `tcp`.

    Why it matters:
    It has no address by which a proxy could tell its connections from others, so the proxy
    listens on that port at every address, and takes what is meant for other Services.

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
    Ports for which nothing decides the protocol are reported by `undecided-protocol`.
    istioctl: IST0150.
    """
    del bundle
    if service.effective_type != "ExternalName":
        return
    for position, port in enumerate(service.ports):
        if _protocol_of(port) == "tcp":
            field = ("appProtocol",) if port.app_protocol else ("name",) if port.name else ()
            yield at(service, "spec", "ports", position, *field).finding(
                f"a proxy takes what goes to port {port.port} at any address for {service}",
                hint="name the port for what it speaks, such as https or tls, or leave it out",
                value=port.app_protocol or port.name,
            )


@rule("conflicting-protocols", on=Workload, severity="warning", profile="mesh")
def conflicting_protocols(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Services set different protocols for the same container port.

    What it reports:
    A TCP port of a workload to which several Services lead, for which they decide
    different protocols.

    Why it matters:
    The proxy beside the container listens on that port once, and must treat all
    connections alike. Which Service wins is chance.

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
    Ports for which nothing decides the protocol are passed over: see `undecided-protocol`.
    gRPC and HTTP/2 are one to the proxy, and so are TCP and TLS. istioctl's IST0116 looks for
    TCP and UDP on one number of Services, which get on with each other.
    """
    for (_, number), leading in _leading(workload, bundle).items():
        decided: dict[str, tuple[Service, int]] = {}
        for service, position in leading:
            protocol = _protocol_of(service.ports[position])
            if protocol is not None:
                decided.setdefault(protocol, (service, position))
        conflicting = len({_ALIKE.get(protocol, protocol) for protocol in decided}) > 1
        if conflicting and len({id(service) for service, _ in decided.values()}) > 1:
            said = ", ".join(f"{protocol} by {service}" for protocol, (service, _) in decided.items())
            yield _on_port(workload, number, bundle).finding(
                f"port {number} of {workload} is said to speak {said}",
                hint="give the ports of these Services one protocol",
                value=number,
                related=[
                    (at(service, "spec", "ports", place), f"says {name}") for name, (service, place) in decided.items()
                ],
            )


@rule("shared-target-port", on=Workload, severity="warning", profile="mesh")
def shared_target_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Different Service ports lead to the same container port.

    What it reports:
    A TCP port of a workload to which several ports of Services lead, with different numbers.

    Why it matters:
    The proxy beside the container finds settings for a connection by the port of the
    Service, which it no longer sees: it takes those of one of them, by chance.

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
    It is information where all of the ports are one Service's. A headless Service has the
    number of the pod, and is passed over. istioctl: IST0137.
    """
    for (_, number), leading in _leading(workload, bundle).items():
        by_number: dict[int, tuple[Service, int]] = {}
        for service, position in leading:
            if service.cluster_ip != "None":
                by_number.setdefault(service.ports[position].port, (service, position))
        if len(by_number) > 1:
            said = ", ".join(f"port {port} of {service}" for port, (service, _) in by_number.items())
            several = len({id(service) for service, _ in by_number.values()}) > 1
            because = None if several else "all of them are ports of one Service, which rules of a mesh treat together"
            yield _on_port(workload, number, bundle).finding(
                f"port {number} of {workload} is reached from {said}",
                hint="give these ports of Services one number, or a port of the container each",
                value=number,
                severity=None if several else "info",
                because=because,
                related=[(at(service, "spec", "ports", place), "leads here") for service, place in by_number.values()],
            )


def _leading(workload: Workload, bundle: Bundle) -> Mapping[tuple[str | None, int], Sequence[tuple[Service, int]]]:
    """The Services that lead to each TCP port of a workload, with the positions of their ports.

    They are apart by namespace: a workload that names none is in that of some of them only.
    """
    found: Mapping[tuple[str | None, int], list[tuple[Service, int]]] = defaultdict(list)
    name = name_of(workload)
    for service in bundle.selecting(workload):
        for position, port in enumerate(service.ports):
            targets = bundle.port_map.targets(service, position) if port.effective_protocol == "TCP" else ()
            for number in dict.fromkeys(each.port for each in targets if each.workload == name):
                found[service.namespace, number].append((service, position))
    return found


def _on_port(workload: Workload, number: int, bundle: Bundle) -> Place:
    """The declaration of a port; the containers, where it is not declared."""
    for path, _, port in bundle.container_ports(workload):
        if port.container_port == number and port.effective_protocol == "TCP":
            return at(workload, *path, "containerPort")
    return containers_of(workload, bundle)


def _protocol_of(port: ServicePort) -> str | None:
    """The protocol that a mesh takes a port for, if something decides it."""
    if port.effective_protocol != "TCP":
        return port.effective_protocol.lower()
    said = _known_protocol(port.app_protocol or port.name or "") or ("tcp" if port.port in _SERVER_FIRST else None)
    return "tcp" if said == "udp" else said


def _known_protocol(word: str) -> str | None:
    """The protocol that a port's name or `appProtocol` decides."""
    low = word.lower()
    if low in _KUBERNETES:
        return _KUBERNETES[low]
    if low.startswith("grpc-web"):
        return "grpc-web"
    first = low.partition("-")[0]
    return first if first in _KNOWN else None


def _meant_protocol(name: str) -> str | None:
    """The protocol that a name tries to decide: one that it begins with, or that is one of its words."""
    low = name.lower()
    begun = next((each for each in _BEGINNINGS if low.startswith(each)), None)
    return begun or next((word for word in re.split(r"[-0-9]+", low) if word in _KNOWN), None)
