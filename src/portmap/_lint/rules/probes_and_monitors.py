"""Rules about the ports that probes, lifecycle hooks and monitors refer to."""

from collections.abc import Iterator
from typing import Final

from portmap._graph.reference_outcomes import MONITORS, assess_monitor
from portmap._graph.targets import ContainerTarget, ResolvedReference
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.missing_references import missing_port, place_of_reference
from portmap._lint.rule import rule

_PROBES: Final = frozenset({"hook", "probe"})
_SELECTS_NOTHING: Final = "selector-matches-nothing"


@rule("probe-port", on=ResolvedReference, severity="error")
def probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Probe names a port that its container does not declare.

    What it reports:
    A liveness, readiness or startup probe, or a lifecycle hook, whose `port` is a name that its
    container does not declare.

    Why it matters:
    No API server checks the name. The kubelet cannot resolve it, so the probe always fails: the pod is
    never ready, or restarts again and again.

    Example:
    ```yaml
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
            ports: [{name: http, containerPort: 8080}]
            readinessProbe: {httpGet: {path: /ready, port: htpp}}
    ```

    Fix:
    ```yaml
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
            ports: [{name: http, containerPort: 8080}]
            readinessProbe: {httpGet: {path: /ready, port: http}}
    ```

    Notes:
    Numbers need not be declared, and are skipped. A probe cannot refer to a port name of another
    container.
    """
    del bundle
    miss = resolved.miss
    if miss is not None and resolved.reference.role in _PROBES:
        yield place_of_reference(resolved).finding(
            miss.message, hint=miss.hint or "use the name of a port of this container", value=resolved.reference.port
        )


@rule("numeric-probe-port", on=ResolvedReference, severity="info", profile="strict")
def numeric_probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Probe refers to a container port by number.

    What it reports:
    A probe or lifecycle hook with the number of a port that its container declares.

    Why it matters:
    If the number changes in the container only, the probe fails, and the pod restarts again and again.

    Example:
    ```yaml
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
            ports: [{name: http, containerPort: 8080, protocol: TCP}]
            readinessProbe: {httpGet: {path: /ready, port: 8080}}
    ```

    Fix:
    ```yaml
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
            ports: [{name: http, containerPort: 8080, protocol: TCP}]
            readinessProbe: {httpGet: {path: /ready, port: http}}
    ```

    Notes:
    Probes of type `grpc` allow numbers only. A probe resolves names in its own container, so ports of
    other containers are skipped.
    """
    if not _is_probe_by_number(resolved) or resolved.path[-2:] == FieldPath("grpc", "port"):
        return
    number, container = resolved.reference.port, resolved.reference.container
    names = [port.name for port in _pod_ports(resolved, bundle) if port.port == number and port.container == container]
    if names:
        yield place_of_reference(resolved).finding(
            f"the probe refers to port {number} of container {container!r} by number",
            hint=f"write port: {names[0]}" if names[0] else "name the port of the container, and use the name",
            value=number,
        )


@rule("undeclared-probe-port", on=ResolvedReference, severity="info", profile="strict")
def undeclared_probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Probe uses a port that its pod does not declare.

    What it reports:
    A probe or lifecycle hook with a port number that no container of the pod declares.

    Why it matters:
    This works if the process listens on the port, declared or not. If the number is wrong, the probe
    always fails: the pod is never ready, or restarts again and again.

    Example:
    ```yaml
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
            ports: [{name: http, containerPort: 8080, protocol: TCP}]
            readinessProbe: {httpGet: {path: /ready, port: 8081}}
    ```

    Fix:
    ```yaml
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
            ports:
            - {name: http, containerPort: 8080, protocol: TCP}
            - {name: health, containerPort: 8081, protocol: TCP}
            readinessProbe: {httpGet: {path: /ready, port: health}}
    ```

    Notes:
    Pods that declare no ports are skipped. `probe-port` reports names that no container declares.
    """
    number = resolved.reference.port
    if not _is_probe_by_number(resolved):
        return
    declared = sorted({port.port for port in _pod_ports(resolved, bundle)})
    if declared and number not in declared:
        yield place_of_reference(resolved).finding(
            f"no container of the pod declares port {number}: they declare {', '.join(map(str, declared))}",
            hint="declare it, or use a declared port",
            value=number,
        )


def _is_probe_by_number(resolved: ResolvedReference) -> bool:
    return resolved.reference.role in _PROBES and isinstance(resolved.reference.port, int)


def _pod_ports(resolved: ResolvedReference, bundle: Bundle) -> Iterator[ContainerTarget]:
    """Yield the ports that the containers of the probe's pod declare."""
    for target in resolved.targets:
        if isinstance(target, ContainerTarget):
            yield from bundle.declared.get(target.workload, ())


@rule("monitor-port", on=ResolvedReference, severity="error")
def monitor_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Monitor names a port that its targets do not have.

    What it reports:
    A `port` of a ServiceMonitor that is not a port name of a selected Service, a `targetPort` that
    none of their pods declares, and a port of a PodMonitor that no selected pod declares.

    Why it matters:
    Prometheus finds no targets and reports no error. Metrics and alerts are missing.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {app: web}}
    spec: {ports: [{name: http, port: 80, targetPort: metrics}]}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      endpoints: [{port: metrics}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      endpoints: [{port: http}]
    ```

    Notes:
    The `port` of a ServiceMonitor is always a name. If several Services or pods are selected, one of
    them must have the port. The severity is info if that one is in another part of the input.
    """
    if resolved.reference.role in MONITORS:
        yield from missing_port(resolved, bundle)


@rule("monitor-selector", on=ResolvedReference, severity="error")
def monitor_selector(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Monitor selects nothing.

    What it reports:
    A ServiceMonitor that selects no Services, or a PodMonitor that selects no pods, in its namespaces.

    Why it matters:
    Prometheus finds no targets and reports no error. A ServiceMonitor selects Services by their own
    labels in `metadata.labels`, not by their selector.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {team: shop}}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: 8080}]
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
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      endpoints: [{port: http}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {team: shop, app: web}}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```

    Notes:
    The severity is error if the input is complete, or if the labels are found in another namespace,
    or on the pods instead of the Service. Otherwise it is info.
    """
    miss = resolved.miss
    if miss is None or miss.code != _SELECTS_NOTHING or resolved.reference.role not in MONITORS:
        return
    assessment = assess_monitor(resolved, bundle.graph)
    # Each endpoint of the monitor has this miss. At the same place, they become one finding.
    yield at(resolved.source, "spec", "selector").finding(
        miss.message, hint=miss.hint, severity=assessment.lowered, because=assessment.because
    )
