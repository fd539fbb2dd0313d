"""Rules about the ports that probes, hooks and monitors refer to."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import attrs

from portmap._graph.label_selectors import Scope
from portmap._graph.targets import ContainerTarget, ResolvedReference, Target
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Severity, at
from portmap._lint.kustomize import has_placeholder
from portmap._lint.missing_references import missing_port, place_of
from portmap._lint.rule import rule
from portmap._lint.whole_input import MOST_LOOKED_AT
from portmap._model.services import Service
from portmap._model.workloads import Workload

_ASKING: Final = frozenset({"hook", "probe"})
_ROLES: Final = frozenset({"pod-monitor", "service-monitor"})
_NOTHING: Final = "selector-matches-nothing"


@rule("probe-port", on=ResolvedReference, severity="error")
def probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Probe names a port that its container does not declare.

    What it reports:
    A liveness, readiness or startup probe, or a lifecycle hook, whose `port` is a name
    that the container itself does not declare.

    Why it matters:
    No server checks it. The kubelet cannot find the port, so the probe fails for ever:
    the pod is never ready, or is restarted again and again.

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
    A number need not be declared, so numbers are not compared. Ports of other containers
    of the pod do not count by name.
    """
    del bundle
    miss = resolved.miss
    if miss is not None and resolved.reference.role in {"hook", "probe"}:
        yield place_of(resolved).finding(
            miss.message, hint=miss.hint or "name a port of this container", value=resolved.reference.port
        )


@rule("numeric-probe-port", on=ResolvedReference, severity="info", profile="strict")
def numeric_probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Probe refers to a container port by number.

    What it reports:
    A probe or lifecycle hook that gives the number of a port that its pod declares.

    Why it matters:
    When the number changes, it must change here, too: a probe that asks the old one fails,
    and the pod is restarted for ever.

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
    Probes of type `grpc` know numbers only. A probe finds names in its own container
    alone, so a port that another container of the pod declares is passed over.
    """
    number = resolved.reference.port
    if not _asks_by_number(resolved) or resolved.path[-2:] == FieldPath("grpc", "port"):
        return
    own = [each for each in _of_pod(resolved, bundle, number) if each.container == resolved.reference.container]
    if own:
        name = own[0].name
        yield place_of(resolved).finding(
            f"port {number} of container {resolved.reference.container!r} is asked by number",
            hint=f"write port: {name}" if name else "name the port of the container, and write that name here",
            value=number,
        )


@rule("undeclared-probe-port", on=ResolvedReference, severity="info", profile="strict")
def undeclared_probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Probe uses a port that its pod does not declare.

    What it reports:
    A probe or lifecycle hook that gives a number which no container of the pod declares.

    Why it matters:
    It works where the process listens there, declared or not. Where the number is a slip,
    the probe fails for ever, and the pod is never ready or always restarted.

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
    A pod that declares no port at all is passed over. Names that no container declares are an
    error of the default profile: `probe-port`.
    """
    number = resolved.reference.port
    if not _asks_by_number(resolved) or _of_pod(resolved, bundle, number):
        return
    declared = sorted({each.port for target in resolved.targets for each in _declared_beside(target, bundle)})
    if not declared:
        # Who declares nothing cannot have declared the wrong one.
        return
    yield place_of(resolved).finding(
        f"no container of the pod declares port {number}: declared are {', '.join(map(str, declared))}",
        hint="declare it, or ask a port that is declared",
        value=number,
    )


def _asks_by_number(resolved: ResolvedReference) -> bool:
    return resolved.reference.role in _ASKING and isinstance(resolved.reference.port, int)


def _of_pod(resolved: ResolvedReference, bundle: Bundle, number: object) -> list[ContainerTarget]:
    """The declared ports of this number in the pod whose port is asked."""
    return [each for target in resolved.targets for each in _declared_beside(target, bundle) if each.port == number]


def _declared_beside(target: Target, bundle: Bundle) -> Sequence[ContainerTarget]:
    return bundle.declared.get(target.workload, ()) if isinstance(target, ContainerTarget) else ()


@rule("monitor-port", on=ResolvedReference, severity="error")
def monitor_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Monitor names a port that its targets do not have.

    What it reports:
    A ServiceMonitor's `port` that none of the selected Services has as a port name, its
    `targetPort` that none of their pods declares, and a PodMonitor's port that none of
    the selected pods declares.

    Why it matters:
    Prometheus finds no targets and says nothing: metrics and alerts are missing.

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
    A ServiceMonitor's `port` is always a name; a Service port without a name cannot be
    meant. Where several Services or pods are selected, one that has the port is enough; it is
    information where that one is in another part of the input.
    """
    if resolved.reference.role not in _ROLES:
        return
    for found in missing_port(resolved, bundle):
        other = None if bundle.complete else _with_the_port(resolved, bundle)
        if other is None:
            yield found
        else:
            yield attrs.evolve(found, severity="info", because=f"{other} in another part of the input has this port")


def _with_the_port(resolved: ResolvedReference, bundle: Bundle) -> object | None:
    """Something in another part of the input that has the labels and the port."""
    port = resolved.reference.port
    for scope in resolved.reference.scopes or ():
        for each in islice(_elsewhere(scope, resolved, bundle), MOST_LOOKED_AT):
            if isinstance(each, Service):
                has = any(port in {mine.name, mine.effective_target_port} for mine in each.ports)
            else:
                declared = (mine for container in each.pod.port_containers for mine in container.ports)
                has = any(port in {mine.name, mine.container_port} for mine in declared)
            if has:
                return each
    return None


@rule("monitor-selector", on=ResolvedReference, severity="error")
def monitor_selector(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Monitor selects nothing.

    What it reports:
    A ServiceMonitor whose labels no Service has itself, and a PodMonitor whose labels no
    pod has, in the namespaces in which it looks.

    Why it matters:
    Prometheus finds no targets and says nothing. A ServiceMonitor compares the labels in
    the `metadata` of the Service, not those by which the Service selects pods.

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
    It is an error where everything should be there, and where something has the labels in
    another namespace, or on the pods instead of the Service. Otherwise it is information.
    """
    miss = resolved.miss
    if miss is None or miss.code != _NOTHING or resolved.reference.role not in _ROLES:
        return
    severity, because = _judged(resolved, bundle)
    # Each of its endpoints has this miss, and one finding is enough.
    yield at(resolved.source, "spec", "selector").finding(
        miss.message, hint=miss.hint, severity=severity, because=because
    )


def _judged(resolved: ResolvedReference, bundle: Bundle) -> tuple[Severity | None, str | None]:
    """How bad it is that nothing is selected, and why it is no worse."""
    scopes = resolved.reference.scopes or ()
    for scope in scopes:
        if has_placeholder(dict(scope.selector.labels)):
            return "info", "its labels are filled in by a tool"
        added = [key for key in scope.selector.labels if key in bundle.added_labels]
        if added:
            return "info", f"kustomize adds the label {added[0]} to every object of this folder"
        other = next(_elsewhere(scope, resolved, bundle), None)
        if other is not None:
            return "info", f"{other} has the labels, in another part of the input"
    if bundle.complete or (resolved.miss is not None and resolved.miss.near):
        return None, None
    what = "Service" if resolved.reference.role == "service-monitor" else "pods"
    return "info", f"the {what} may be made elsewhere: nothing says that the input is complete"


def _elsewhere(scope: Scope, resolved: ResolvedReference, bundle: Bundle) -> Iterator[Service | Workload]:
    """What has these labels in other parts of the input."""
    selector = scope.selector
    if not selector.labels:
        return
    if resolved.reference.role == "service-monitor":
        yield from (each for each in bundle.elsewhere.services_labelled(selector) if not bundle.has(each))
    else:
        selected = bundle.elsewhere.selected_by(selector.labels)
        yield from (each for each in selected if selector.matches(each.pod.labels) and not bundle.has(each))
