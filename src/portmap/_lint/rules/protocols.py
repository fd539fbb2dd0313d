"""Rules about ports of several protocols, and about what ExternalName Services do with ports."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from portmap._graph.object_name import items_at, text_at, value_at
from portmap._kubernetes.field_path import Path
from portmap._lint.bundle import Bundle, link_prefix
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload

_HINT: Final = "apply it on the server's side (kubectl apply --server-side), or replace the list when it changes"

_LED_TO: Final = "an Ingress or route leads to it, whose controller may go by the target port"

# Load balancers that are known to serve several protocols on one address.
_SERVES_ALL: Final = re.compile(
    r"(?:metallb\.(?:io|universe\.tf)|kube-vip\.io|io\.cilium|purelb\.io|lbipam\.cilium\.io)/.*"
)


def _shared(ports: Iterable[tuple[int, str]]) -> tuple[int, str] | None:
    """The position of the first port that has the number of another but not its protocol, and a message."""
    protocols: Mapping[int, list[str]] = defaultdict(list)
    found: list[tuple[int, int]] = []
    for position, (number, protocol) in enumerate(ports):
        if len(protocols[number]) == 1 and protocol not in protocols[number]:
            found.append((position, number))
        protocols[number].append(protocol)
    if not found:
        return None
    position, number = found[0]
    more = f" (and {len(found) - 1} more numbers, too)" if len(found) > 1 else ""
    spoken = " and ".join(dict.fromkeys(protocols[number]))
    return position, f"{number} is both {spoken}{more}, and client-side apply tells ports apart by number alone"


@rule("service-merge-key", on=Service, severity="warning")
def service_merge_key(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Client-side apply confuses two ports of a Service.

    What it reports:
    Two ports of a Service with one number and different protocols, such as 53/TCP and
    53/UDP.

    Why it matters:
    A server accepts them, and a create works. But `kubectl apply`, Helm and kustomize
    merge this list by the number alone: a protocol that is added later is lost, or
    replaces the other, and patches change the wrong one.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      ports: [{name: dns, port: 53, protocol: UDP}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: dns-tcp}
    spec:
      ports: [{name: dns-tcp, port: 53, protocol: TCP}]
    ```

    Notes:
    Where everything is applied on the server's side, nothing is lost and the rule may be
    ignored. The issues are kubernetes/kubernetes#39188 and #105610.
    """
    del bundle
    shared = _shared(_numbers(service))
    if shared is not None:
        position, message = shared
        number = service.ports[position].port
        yield at(service, "spec", "ports", position, "port").finding(message, hint=_HINT, value=number)


@rule("container-merge-key", on=Workload, severity="warning")
def container_merge_key(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Client-side apply confuses two ports of a container.

    What it reports:
    Two ports of a container with one number and different protocols, where no Service in
    the same part of the input has the same two, of which `service-merge-key` speaks.

    Why it matters:
    As with `service-merge-key`: the list is merged by `containerPort` alone.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: dns}
    spec:
      selector: {matchLabels: {app: dns}}
      template:
        metadata: {labels: {app: dns}}
        spec:
          containers:
          - name: dns
            image: dns
            ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: dns}
    spec:
      selector: {matchLabels: {app: dns}}
      template:
        metadata: {labels: {app: dns}}
        spec:
          containers:
          - name: dns
            image: dns
            ports: [{containerPort: 53, protocol: UDP}]
    ```

    Notes:
    A port works without being declared, unless something names it.
    """
    if any(_shared(_numbers(service)) for service in bundle.selecting(workload)):
        return
    pod = workload.pod
    for field, containers in (("containers", pod.containers), ("initContainers", pod.init_containers)):
        for place, container in enumerate(containers):
            shared = _shared((each.container_port, each.effective_protocol) for each in container.ports)
            if shared is not None:
                position, message = shared
                path = (*bundle.pod_spec(workload), field, place, "ports", position, "containerPort")
                number = container.ports[position].container_port
                yield at(workload, *path).finding(message, hint=_HINT, value=number)


def _numbers(service: Service) -> Sequence[tuple[int, str]]:
    return [(each.port, each.effective_protocol) for each in service.ports]


@rule("mixed-protocol-load-balancer", on=Service, severity="warning")
def mixed_protocol_load_balancer(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Load balancer has ports of different protocols.

    What it reports:
    A Service of type LoadBalancer with ports of different protocols.

    Why it matters:
    The API accepts it, but not every provider does: the load balancer stays pending,
    with the event "mixed protocol is not supported".

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: game}
    spec:
      type: LoadBalancer
      ports: [{name: play, port: 7777, protocol: UDP}, {name: status, port: 8080}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: game}
    spec:
      type: LoadBalancer
      ports: [{name: play, port: 7777, protocol: UDP}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: game-status}
    spec:
      type: LoadBalancer
      ports: [{name: status, port: 8080}]
    ```

    Notes:
    It is information where an annotation shows that MetalLB, Cilium, kube-vip or PureLB
    serves it, which all can.
    """
    del bundle
    protocols = list(dict.fromkeys(each.effective_protocol for each in service.ports))
    if service.effective_type != "LoadBalancer" or len(protocols) < 2:
        return
    key = next((key for key in service.annotations or {} if _SERVES_ALL.fullmatch(key)), None)
    because = f"{key} shows a load balancer that serves all protocols" if key else None
    position = next(
        place
        for place, each in enumerate(service.ports)
        if each.effective_protocol != service.ports[0].effective_protocol
    )
    yield at(service, "spec", "ports", position).finding(
        f"a load balancer for {' and '.join(protocols)} at once is not supported by every provider",
        hint="make a Service for each protocol, or make sure that the provider supports it",
        value=protocols,
        severity="info" if because else None,
        because=because,
    )


@rule("external-name-fields", on=Service, severity="warning")
def external_name_fields(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service has fields without effect.

    What it reports:
    An ExternalName Service with a `selector`, or with a port that says to lead to another
    number.

    Why it matters:
    The DNS name leads to another host, and that is all: no pods are selected, and who
    connects to port 80 connects to port 80 of that host.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com
      selector: {app: db}
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      type: ExternalName
      externalName: db.example.com
    ```

    Notes:
    Ports that lead to their own number change nothing, and some controllers of Ingresses
    want them. Another target port is information where an Ingress leads to the Service:
    ingress-nginx goes by it.
    """
    if service.effective_type != "ExternalName":
        return
    if service.selector:
        yield at(service, "spec", "selector").finding(
            "a Service of type ExternalName selects no pods: its selector is ignored",
            hint="leave the selector out, or leave the type out to reach the pods",
            value=dict(service.selector),
        )
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        if isinstance(target, int) and target != port.port:
            referred = any(name.name == service.name for name in bundle.referred)
            because = (
                "an Ingress or route leads to it, whose controller may go by the target port" if referred else None
            )
            yield at(service, "spec", "ports", position, "targetPort").finding(
                f"who connects to port {port.port} reaches port {port.port} of {service.external_name}, not {target}",
                hint=f"let clients connect to {target}, and leave the ports out",
                value=target,
                severity="info" if because else None,
                because=because,
            )


_SETTING: Final = "_HOST"
"""Who reads `REDIS_HOST` reads `REDIS_PORT`."""
_PORT: Final = "_PORT"
_MIDDLES: Final = re.compile("_SERVICE_HOST|_SERVICE_PORT|_PORT")


@rule("service-link-variable", on=Workload, severity="warning")
def service_link_variable(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Environment variable for a Service is read as a setting.

    What it reports:
    A container that sets `WEB_HOST` and leaves `WEB_PORT` to its default, in a namespace
    with a Service `web`. And, as information, one that sets a variable that the kubelet
    would add.

    Why it matters:
    For each Service of the namespace the kubelet adds variables as Docker's links had
    them: `WEB_PORT` is `tcp://10.0.0.1:80`. The application reads that as its port
    number, and ends with "not a number".

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: redis}
    spec: {ports: [{port: 6379}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: web
            env: [{name: REDIS_HOST, value: redis}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          enableServiceLinks: false
          containers:
          - name: web
            image: web
            env: [{name: REDIS_HOST, value: redis}]
    ```

    Notes:
    What a container sets itself, by `env` or `envFrom`, the kubelet does not overwrite, so
    setting the port mends it as well. Containers with `envFrom` are passed over: what is
    in it is not known, and so are those that set a port, address or URL with the same
    beginning (`WEB_UI_PORT`). Headless Services and those of type ExternalName give no variables.
    """
    spec_path = bundle.pod_spec(workload)
    spec = value_at(bundle.raw(workload), *map(str, spec_path))
    if value_at(spec, "enableServiceLinks") is False:
        return
    for group in ("containers", "initContainers"):
        for place, container in enumerate(items_at(spec, group)):
            names = {
                name: position
                for position, each in enumerate(items_at(container, "env"))
                if (name := text_at(each, "name")) is not None
            }
            container_path = (*spec_path, group, place, "env")
            yield from _unset(workload, bundle, container_path, names, known=not items_at(container, "envFrom"))
            yield from _set(workload, bundle, container_path, names)


def _unset(workload: Workload, bundle: Bundle, path: Path, names: Mapping[str, int], *, known: bool) -> Iterator[Found]:
    """The ports that a container probably reads and does not set."""
    for name, position in names.items():
        prefix = name.removesuffix(_SETTING)
        # Who sets `JAEGER_UI_PORT` reads that.
        if prefix == name or not known or any(_is_port_of(prefix, each) for each in names):
            continue
        service, added = _adding(f"{prefix}{_PORT}", workload, bundle)
        if service is not None:
            yield at(workload, *path, position, "name").finding(
                f"who reads {name} reads {prefix}{_PORT}, which is not set here: "
                f"the kubelet adds it for {service}, as {added}",
                hint=f"set enableServiceLinks to false, or set {prefix}{_PORT}, too",
                value=name,
                related=[(at(service, "metadata", "name"), "gives its name to the variables")],
            )


def _is_port_of(prefix: str, name: str) -> bool:
    return name.startswith(f"{prefix}_") and name.endswith((_PORT, "_ADDR", "_URL", "_ENDPOINT"))


def _set(workload: Workload, bundle: Bundle, path: Path, names: Mapping[str, int]) -> Iterator[Found]:
    """What a container sets although the kubelet would: one finding for all of it."""
    same = [name for name in names if _adding(name, workload, bundle)[0] is not None]
    if same:
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        service, added = _adding(same[0], workload, bundle)
        yield at(workload, *path, names[same[0]], "name").finding(
            f"{same[0]}{more} is what the kubelet adds too, as {added}, for {service}",
            hint="set enableServiceLinks to false, so that nothing depends on who wins",
            value=same[0],
            severity="info",
            because="what a container sets itself is not overwritten",
        )


def _adding(variable: str, workload: Workload, bundle: Bundle) -> tuple[Service | None, str]:
    """The Service for which the kubelet adds a variable of this name, and what it sets it to."""
    for middle in _MIDDLES.finditer(variable):
        for service in bundle.linked_services.get(variable[: middle.start()], ()):
            if service.namespace in {None, workload.namespace} or workload.namespace is None:
                value = _value(variable, service)
                if value is not None:
                    return service, value
    return None, ""


def _value(variable: str, service: Service) -> str | None:
    """What the kubelet sets a variable of this name to, for a Service; `None` if it has none."""
    prefix = link_prefix(service)
    first = service.ports[0]
    known = {f"{prefix}_SERVICE_HOST": "its cluster IP", f"{prefix}_SERVICE_PORT": str(first.port)}
    for port in service.ports:
        protocol = port.effective_protocol
        if port.name:
            known.setdefault(f"{prefix}_SERVICE_PORT_{port.name.upper().replace('-', '_')}", str(port.port))
        address = f"{protocol.lower()}://…:{port.port}"
        known.setdefault(f"{prefix}_PORT", address)
        start = f"{prefix}_PORT_{port.port}_{protocol}"
        known |= {
            start: address,
            f"{start}_PROTO": protocol.lower(),
            f"{start}_PORT": str(port.port),
            f"{start}_ADDR": "its cluster IP",
        }
    return known.get(variable)
