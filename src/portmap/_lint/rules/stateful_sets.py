"""Rules about StatefulSets: the Service under which their pods have names."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import missing_service
from portmap._lint.rule import rule

__all__ = ["governing_service"]


@rule("governing-service", on=ResolvedReference, severity="warning")
def governing_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """A StatefulSet's `serviceName` is that of a Service.

    What it reports:
    A `serviceName` that no Service of the namespace has.

    Why it matters:
    The pods have no DNS names (`web-0.web`), so that members of a cluster of databases or
    queues do not find each other. No server checks it.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec: {clusterIP: None, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headles
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: db-headless}
    spec: {clusterIP: None, ports: [{port: 5432}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: db}
    spec:
      serviceName: db-headless
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]
    ```

    Notes:
    It is a warning where everything should be there or a Service has almost this name,
    and information otherwise. A StatefulSet whose pods need no names may do without a
    Service: since Kubernetes 1.34 `serviceName` may be left out.
    """
    if resolved.reference.role == "governing-service":
        yield from missing_service(resolved, bundle, effect="without it the pods have no DNS names")
