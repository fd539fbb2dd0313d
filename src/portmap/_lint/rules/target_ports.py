"""Rules about named target ports: which container ports they resolve to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, Severity, at
from portmap._lint.rule import rule
from portmap._lint.rules.places import containers_of
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.why_not import Miss

_PROTOCOL: Final = "protocol-mismatch"


_UNRESOLVED: Final = frozenset({"unresolved-target-port", "not-a-sidecar", "sidecar-not-searched", _PROTOCOL})


_SPOKEN_OVER_UDP: Final = frozenset(
    {53, 67, 68, 69, 123, 137, 138, 161, 162, 500, 514, 1194, 1812, 1813, 3478, 4500, 4789, 5060, 5353}
    | {5514, 5775, 6343, 6831, 6832, 8125, 12201, 25826, 27015, 51820}
)
"""Ports at which UDP is what one expects (IANA's registry of service names, and what is common: statsd, Jaeger, …)."""


@rule("unresolved-target-port", on=Service, severity="error")
def unresolved_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """No selected pod declares the target port.

    What it reports:
    A `targetPort` that is a name, where no container of any selected pod declares a port
    of that name. Init containers count only as sidecars (`restartPolicy: Always`), and
    those only from Kubernetes 1.33 on.

    Why it matters:
    The port is left out of the Service's endpoints, and nothing says so: no server
    checks it, no event is written, connections hang or are refused.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: htpp}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: http}]
    ```

    Notes:
    Where only some of the selected workloads lack the port, `partial-target-port` says
    so; where only the protocol differs, `target-port-protocol` does.
    """
    for position, misses in _misses(service, bundle).items():
        if not _reached(service, position, bundle) and any(miss.code != _PROTOCOL for miss in misses):
            miss = next(miss for miss in misses if miss.code != _PROTOCOL)
            more = f" (nor in {len(misses) - 1} more)" if len(misses) > 1 else ""
            workload = _workload_of(miss, service, bundle)
            yield _target(service, position).finding(
                miss.message + more,
                hint=miss.hint,
                value=service.ports[position].target_port,
                related=[(containers_of(workload, bundle), "its containers")] if workload else (),
            )


@rule("target-port-protocol", on=Service, severity="error")
def target_port_protocol(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service port and container port have different protocols.

    What it reports:
    A named `targetPort` that the selected pods declare for another protocol only. And a
    numeric one, where the pods declare that number for another protocol only and the
    Service has no port for that protocol.

    Why it matters:
    A name is looked up together with the protocol: the port is left out of the endpoints.
    A number is passed on, to where probably nothing listens.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      selector: {app: dns}
      ports: [{port: 53, targetPort: dns}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: dns}
    spec:
      selector: {matchLabels: {app: dns}}
      template:
        metadata: {labels: {app: dns}}
        spec:
          containers: [{name: dns, image: dns, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: dns}
    spec:
      selector: {app: dns}
      ports: [{port: 53, targetPort: dns, protocol: UDP}]
    ```

    Notes:
    For a number it is information where the Service has the same number for the declared
    protocol, too (HTTP/3 beside HTTPS is often not declared), and where the port is usually
    spoken over UDP (DNS, syslog, statsd) and the container says nothing of the protocol.
    """
    for position, misses in _misses(service, bundle).items():
        if not _reached(service, position, bundle) and all(miss.code == _PROTOCOL for miss in misses):
            workload = _workload_of(misses[0], service, bundle)
            yield _target(service, position).finding(
                misses[0].message,
                hint=misses[0].hint,
                value=service.ports[position].target_port,
                related=[(containers_of(workload, bundle), "its containers")] if workload else (),
            )
    for position, port in enumerate(service.ports):
        yield from _number_of_other_protocol(service, position, port, bundle)


def _number_of_other_protocol(service: Service, position: int, port: ServicePort, bundle: Bundle) -> Iterator[Found]:
    number, protocol = port.effective_target_port, port.effective_protocol
    if not isinstance(number, int):
        return
    declared = [
        (workload, each)
        for workload in bundle.selected(service)
        for container in workload.pod.port_containers
        for each in container.ports
        if each.container_port == number
    ]
    spoken = {each.effective_protocol for _, each in declared}
    if not spoken or protocol in spoken:
        return
    severity, because = _judged_number(service, number, protocol, [each for _, each in declared])
    yield at(service, "spec", "ports", position, "protocol").finding(
        f"port {port.port} is {protocol}, and {declared[0][0]} declares {number} for {', '.join(sorted(spoken))} only",
        hint=f"set protocol {min(spoken)} on this Service port, or declare {number}/{protocol} in the container",
        value=port.protocol,
        severity=severity,
        because=because,
        related=[(containers_of(declared[0][0], bundle), "its containers")],
    )


def _judged_number(
    service: Service, number: int, protocol: str, declared: Sequence[ContainerPort]
) -> tuple[Severity | None, str | None]:
    """How bad it is that a number is declared for other protocols only, and why it is no worse."""
    spoken = sorted({each.effective_protocol for each in declared})
    if any(each.effective_target_port == number and each.effective_protocol in spoken for each in service.ports):
        return "info", f"the Service leads to {number}/{spoken[0]}, too"
    if protocol == "UDP" and number in _SPOKEN_OVER_UDP and not any(each.protocol for each in declared):
        return "info", f"{number} is usually spoken over UDP, and the container says nothing of the protocol"
    return None, None


@rule("partial-target-port", on=Service, severity="error")
def partial_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Some selected pods do not declare the target port.

    What it reports:
    A named `targetPort` that some of the selected workloads declare and others do not.

    Why it matters:
    The pods that lack the name are left out of the endpoints of this port: they run, are
    ready, and get no traffic.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: blue}
    spec:
      selector: {matchLabels: {app: web, colour: blue}}
      template:
        metadata: {labels: {app: web, colour: blue}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: green}
    spec:
      selector: {matchLabels: {app: web, colour: green}}
      template:
        metadata: {labels: {app: web, colour: green}}
        spec:
          containers: [{name: web, image: web, ports: [{name: web, containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: green}
    spec:
      selector: {matchLabels: {app: web, colour: green}}
      template:
        metadata: {labels: {app: web, colour: green}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]
    ```

    Notes:
    The pods of Jobs are not meant to serve: for those, see `selector-too-broad`.
    """
    for position, misses in _misses(service, bundle).items():
        if not _reached(service, position, bundle):
            continue
        for miss in misses:
            workload = _workload_of(miss, service, bundle)
            if workload is None or workload.kind not in SHORT_LIVED:
                yield _target(service, position).finding(
                    f"{miss.message}; other pods of the Service have it",
                    hint=miss.hint,
                    value=service.ports[position].target_port,
                    related=[(containers_of(workload, bundle), "its containers")] if workload else (),
                )


@rule("ambiguous-port-name", on=Service, severity="error", instead_of="shared-port-name")
def ambiguous_port_name(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Target port is the name of several ports of a pod.

    What it reports:
    A named `targetPort` that two containers of a pod declare, for the same protocol and
    with different numbers.

    Why it matters:
    Only the first counts, in the order of the containers and then of the sidecars; the
    order in which they are written decides who gets the traffic.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: http}]
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
          - {name: proxy, image: proxy, ports: [{name: http, containerPort: 8000}]}
          - {name: web, image: web, ports: [{name: http, containerPort: 8080}]}
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
          containers:
          - {name: proxy, image: proxy, ports: [{name: http, containerPort: 8000}]}
          - {name: web, image: web, ports: [{name: http-app, containerPort: 8080}]}
    ```

    Notes:
    Where no Service uses the name, the warning of the API server is reported alone:
    `shared-port-name`.
    """
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        if not isinstance(target, str):
            continue
        for workload in bundle.selected(service):
            same = list(_named(workload, bundle, target, port.effective_protocol))
            if len({number for _, _, number in same}) > 1:
                (_, first, chosen), *others = same
                _, other, passed = others[0]
                yield _target(service, position).finding(
                    f"{target!r} is {chosen} in container {first!r} of {workload}, which counts, "
                    f"and {passed} in container {other!r}, which does not",
                    hint="give each port of a pod a name of its own",
                    value=target,
                    related=[(place, f"has the name {target!r}, too") for place, _, _ in others],
                )


def _named(workload: Workload, bundle: Bundle, name: str, protocol: str) -> Iterator[tuple[Place, str, int]]:
    """The ports of a name and protocol, in the order in which they are looked up: place, container and number."""
    pod = workload.pod
    spec = bundle.pod_spec(workload)
    sidecars = [(place, each) for place, each in enumerate(pod.init_containers) if each.is_sidecar]
    for field, containers in (("containers", enumerate(pod.containers)), ("initContainers", sidecars)):
        for place, container in containers:
            for position, port in enumerate(container.ports):
                if port.name == name and port.effective_protocol == protocol:
                    here = at(workload, *spec, field, place, "ports", position)
                    yield here, container.name, port.container_port


@rule("divergent-target-port", on=Service, severity="info")
def divergent_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Named target port has different numbers in different pods.

    What it reports:
    A named `targetPort` that is another number in each of several selected workloads.

    Why it matters:
    It works, and is what names are for: a port can move from one version to the next. It
    is worth knowing where firewalls, NetworkPolicies or headless clients go by number.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: blue}
    spec:
      selector: {matchLabels: {app: web, colour: blue}}
      template:
        metadata: {labels: {app: web, colour: blue}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: green}
    spec:
      selector: {matchLabels: {app: web, colour: green}}
      template:
        metadata: {labels: {app: web, colour: green}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 9090}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: green}
    spec:
      selector: {matchLabels: {app: web, colour: green}}
      template:
        metadata: {labels: {app: web, colour: green}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]
    ```

    Notes:
    Where the name is missing in some of them, `partial-target-port` says so.
    """
    for position, port in enumerate(service.ports):
        if isinstance(port.effective_target_port, str):
            numbers = sorted({each.port for each in bundle.resolution(service).endpoints(port)})
            if len(numbers) > 1:
                yield at(service, "spec", "ports", position, "targetPort").finding(
                    f"{port.effective_target_port!r} is {' and '.join(map(str, numbers))}, from one pod to another",
                    hint="declare it with one number in all of them, if that was meant",
                    value=port.target_port,
                )


def _misses(service: Service, bundle: Bundle) -> Mapping[int, Sequence[Miss]]:
    """The misses of each named port, by its position."""
    found: dict[int, list[Miss]] = defaultdict(list)
    for miss in bundle.resolution(service).misses:
        if miss.position is not None and miss.code in _UNRESOLVED:
            found[miss.position].append(miss)
    return found


def _reached(service: Service, position: int, bundle: Bundle) -> bool:
    return bool(bundle.resolution(service).endpoints(service.ports[position]))


def _target(service: Service, position: int) -> Place:
    # The field that says it: without a target port it is the port itself.
    return at(service, "spec", "ports", position, "targetPort")


def _workload_of(miss: Miss, service: Service, bundle: Bundle) -> Workload | None:
    for each in bundle.selected(service):
        if miss.workload == (None if each.kind == "Pod" else f"{each.kind}/{each.name}") and miss.pod == each.pod.name:
            return each
    return None
