"""Rules about target ports: how their names and protocols resolve to container ports."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from portmap._graph.outcomes import assess_unresolved, unresolved
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, Severity, at
from portmap._lint.rule import rule
from portmap._lint.rules.near_ports import is_meant_to_serve, near_port, near_port_text
from portmap._lint.rules.places import containers_of
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.why_not import Miss

_PROTOCOL: Final = "protocol-mismatch"
_UNRESOLVED: Final = frozenset({"unresolved-target-port", "not-a-sidecar", "sidecar-not-searched", _PROTOCOL})


@rule("unresolved-target-port", on=Service, severity="error")
def unresolved_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """No selected pod declares the target port.

    What it reports:
    A named `targetPort` that no container of any selected pod declares. Init containers count
    only if they are sidecars (`restartPolicy: Always`), from Kubernetes 1.33 on.

    Why it matters:
    The Service port has no endpoints, so connections to it are refused or time out. No API server
    checks the name, and no event reports it.

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
    If some of the selected workloads declare the port, `partial-target-port` reports the others. If
    only the protocol differs, `target-port-protocol` reports it.
    """
    for position, misses in _misses(service, bundle).items():
        miss = next((miss for miss in misses if miss.code != _PROTOCOL), None)
        if miss is not None and not _has_endpoints(service, position, bundle):
            more = f" (nor in {len(misses) - 1} more)" if len(misses) > 1 else ""
            yield _finding_of(miss, service, position, bundle, miss.message + more)


@rule("target-port-protocol", on=Service, severity="error")
def target_port_protocol(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Service port and container port have different protocols.

    What it reports:
    A `targetPort`, a name or a number, that the selected pods declare for another protocol only.

    Why it matters:
    A name is looked up together with the protocol, so the Service port has no endpoints. Packets
    to a number are forwarded, but probably no process listens there.

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
    For a number, the severity is warning, because traffic is forwarded whatever the container declares. It is
    info in two cases: another port of the Service has the same number and the declared protocol (HTTP/3 beside
    HTTPS is often not declared); or the container does not set a protocol, so that TCP is a default.
    """
    for position, misses in _misses(service, bundle).items():
        if not _has_endpoints(service, position, bundle) and all(miss.code == _PROTOCOL for miss in misses):
            yield _finding_of(misses[0], service, position, bundle, misses[0].message)
    for position, port in enumerate(service.ports):
        yield from _number_of_other_protocol(service, position, port, bundle)


def _number_of_other_protocol(service: Service, position: int, port: ServicePort, bundle: Bundle) -> Iterator[Found]:
    number, protocol = port.effective_target_port, port.effective_protocol
    declared = [
        (workload, container_port)
        for workload in bundle.selected(service)
        for _, _, container_port in bundle.container_ports(workload)
        if container_port.container_port == number
    ]
    protocols = sorted({container_port.effective_protocol for _, container_port in declared})
    if not protocols or protocol in protocols:
        return
    workload = declared[0][0]
    near = near_port(port, [each for _, _, each in bundle.container_ports(workload)])
    hint = f"declare {number}/{protocol} in the container, if it listens there"
    severity: Severity = "warning"
    because = "traffic to a number is forwarded whatever the container declares"
    if near is not None:
        hint = f"{near_port_text(near)}: write targetPort: {near.container_port}"
    elif any(each.effective_target_port == number and each.effective_protocol in protocols for each in service.ports):
        severity, because = "info", f"another port of the Service has the target port {number}/{protocols[0]}"
    elif not any(declaration.protocol for _, declaration in declared):
        severity, because = "info", "the container does not set a protocol, and TCP is the default"
    elif port.protocol is None:
        hint = f"set protocol {protocols[0]} on this Service port"
    yield at(service, "spec", "ports", position, "protocol").finding(
        f"port {port.port} is {protocol}, but {workload} declares {number} for {', '.join(protocols)} only",
        hint=hint,
        value=port.protocol,
        severity=severity,
        because=because,
        related=[(containers_of(workload, bundle), "its containers")],
    )


@rule("partial-target-port", on=Service, severity="error")
def partial_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Some selected pods do not declare the target port.

    What it reports:
    A named `targetPort` that some of the selected workloads declare and others do not.

    Why it matters:
    Pods that do not declare the name are not endpoints of the port. They run, are ready, and get no
    traffic.

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
    The severity is info for pods that are not meant to serve the port: those of a hook of Helm, and those that
    declare no port of its number or purpose. They get no traffic, but the selector is wider than it need be. The
    pods of Jobs are skipped: `selector-too-broad` reports them.
    """
    for position, misses in _misses(service, bundle).items():
        if not _has_endpoints(service, position, bundle):
            continue
        for miss in misses:
            workload = miss.source if isinstance(miss.source, Workload) else None
            if workload is None or workload.kind not in SHORT_LIVED:
                message = f"{miss.message}; other pods of the Service declare it"
                found = _finding_of(miss, service, position, bundle, message)
                numbers = {endpoint.port for endpoint in bundle.resolution(service).endpoints(service.ports[position])}
                if workload is not None and not is_meant_to_serve(workload, service.ports[position], numbers):
                    found = attrs.evolve(
                        found,
                        hint=f"select a label that the pods of {workload} do not have",
                        severity="info",
                        because="its pods are not meant to serve this port, and get no traffic",
                    )
                yield found


@rule("ambiguous-port-name", on=Service, severity="error", instead_of="shared-port-name")
def ambiguous_port_name(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Target port is the name of several ports of a pod.

    What it reports:
    A named `targetPort` that two containers of a pod declare, for the same protocol and
    with different numbers.

    Why it matters:
    The first container port of that name gets the traffic: containers come before sidecars, each
    in the order of the manifest. A new container can move the traffic to another port.

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
    If no Service uses the name, only the API server's warning `shared-port-name` is reported.
    """
    for position, port in enumerate(service.ports):
        target = port.effective_target_port
        if not isinstance(target, str):
            continue
        for workload in bundle.selected(service):
            # In the order in which the control plane looks the name up.
            same_name = [
                (path, container.name, container_port.container_port)
                for path, container, container_port in bundle.container_ports(workload)
                if container_port.name == target and container_port.effective_protocol == port.effective_protocol
            ]
            if len({number for _, _, number in same_name}) > 1:
                (_, first, first_number), (_, second, second_number) = same_name[:2]
                yield _target_port(service, position).finding(
                    f"{target!r} is {first_number} in container {first!r} of {workload}, which gets the traffic, "
                    f"and {second_number} in container {second!r}, which does not",
                    hint="give each port of a pod its own name",
                    value=target,
                    related=[(at(workload, *path), f"has the name {target!r}, too") for path, _, _ in same_name[1:]],
                )


@rule("divergent-target-port", on=Service, severity="info")
def divergent_target_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Named target port has different numbers in different pods.

    What it reports:
    A named `targetPort` that several selected workloads declare with different numbers.

    Why it matters:
    This works: names let a port change from one version to the next. But firewalls,
    NetworkPolicies and clients of headless Services may depend on the number.

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
    If some workloads do not declare the name, `partial-target-port` reports them.
    """
    for position, port in enumerate(service.ports):
        if isinstance(port.effective_target_port, str):
            numbers = sorted({endpoint.port for endpoint in bundle.resolution(service).endpoints(port)})
            if len(numbers) > 1:
                yield _target_port(service, position).finding(
                    f"{port.effective_target_port!r} is {' and '.join(map(str, numbers))} in different pods",
                    hint="declare the same number in all of them, if the difference is not intended",
                    value=port.target_port,
                )


def _misses(service: Service, bundle: Bundle) -> Mapping[int, Sequence[Miss]]:
    """Return the misses of the named target ports, by the position of the Service port."""
    node = bundle.node(service)
    misses = {
        position: [miss for miss in unresolved(node.resolution, position) if miss.code in _UNRESOLVED]
        for position, _ in enumerate(service.ports)
    }
    return {position: of_port for position, of_port in misses.items() if of_port}


def _has_endpoints(service: Service, position: int, bundle: Bundle) -> bool:
    return bool(bundle.resolution(service).endpoints(service.ports[position]))


def _target_port(service: Service, position: int) -> Place:
    return at(service, "spec", "ports", position, "targetPort")


def _finding_of(miss: Miss, service: Service, position: int, bundle: Bundle, message: str) -> Found:
    workload = miss.source if isinstance(miss.source, Workload) else None
    assessment = assess_unresolved(miss, bundle.graph)
    return _target_port(service, position).finding(
        message,
        hint=miss.hint,
        value=service.ports[position].target_port,
        severity=assessment.lowered,
        because=assessment.because,
        related=[(containers_of(workload, bundle), "its containers")] if workload else (),
    )
