"""Rules about the Services of Argo Rollouts."""

from collections.abc import Iterator

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import missing_service
from portmap._lint.rule import rule


@rule("rollout-service", on=ResolvedReference, severity="error")
def rollout_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """Rollout names a Service that does not exist.

    What it reports:
    A Rollout of Argo whose strategy names a Service that does not exist: `activeService`,
    `previewService`, `stableService`, `canaryService`, or one of `pingPong`.

    Why it matters:
    The controller changes the selectors of these Services to move clients from the old pods to the
    new ones. Without one of them, it marks the Rollout as invalid and creates no pods.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web-active, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{port: 80, targetPort: 8080}]
    ---
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      strategy: {blueGreen: {activeService: web-actve}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      strategy: {blueGreen: {activeService: web-active}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]
    ```

    Notes:
    The severity is that of `ingress-service`: error if the input is complete or a Service has a
    similar name, and info otherwise.
    """
    if resolved.reference.role == "rollout":
        yield from missing_service(resolved, bundle)
