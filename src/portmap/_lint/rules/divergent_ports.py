"""Rules about names of ports that mean different numbers in different pods."""

from collections.abc import Iterator

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service


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
