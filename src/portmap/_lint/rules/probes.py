"""Rules about probes and hooks: the ports of the container that they ask."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import place_of
from portmap._lint.rule import rule

__all__ = ["probe_port"]


@rule("probe-port", on=ResolvedReference, severity="error")
def probe_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """A probe names a port of its own container.

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
