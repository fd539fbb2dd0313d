"""Rules for those who run a service mesh, about what Services say that their ports speak."""

from collections.abc import Iterator

from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.mesh_protocols import KNOWN, KUBERNETES, known_protocol, meant_protocol, protocol_of
from portmap._lint.rule import rule
from portmap._model.services import Service


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
        if port.app_protocol or protocol_of(port) is not None:
            continue
        meant = meant_protocol(port.name or "")
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
        if not given or known_protocol(given) or port.effective_protocol != "TCP":
            continue
        domain = given.partition("/")[0] if "/" in given else None
        if domain is None or domain == "kubernetes.io":
            guess = nearest(given, {*KNOWN, *KUBERNETES})
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
        if protocol_of(port) == "tcp":
            field = ("appProtocol",) if port.app_protocol else ("name",) if port.name else ()
            yield at(service, "spec", "ports", position, *field).finding(
                f"a proxy takes what goes to port {port.port} at any address for {service}",
                hint="name the port for what it speaks, such as https or tls, or leave it out",
                value=port.app_protocol or port.name,
            )
