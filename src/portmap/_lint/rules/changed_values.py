"""Rules about values of a Service that the API server accepts and changes."""

from collections.abc import Iterator

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service


@rule("changed-value", on=Service, severity="info")
def changed_value(service: Service, _: Bundle) -> Iterator[Found]:
    """Service has a value that the API server changes.

    What it reports:
    A `targetPort` of 0, and a time for session affinity where `sessionAffinity` is not `ClientIP`.

    Why it matters:
    The API server accepts both without a word. It stores the port as the target port, and deletes
    the time, so the cluster does something else than the manifest says.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      sessionAffinity: ClientIP
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}
      ports: [{name: http, port: 80, targetPort: 8080}]
    ```

    Notes:
    Target ports of ExternalName Services are skipped, because they have no effect.
    """
    for position, port in enumerate(service.ports):
        if port.target_port == 0 and service.effective_type != "ExternalName":
            yield at(service, "spec", "ports", position, "targetPort").finding(
                f"the API server stores {port.port} instead of 0",
                hint="write the port of the container, or remove targetPort",
                value=0,
            )
    seconds = service.session_affinity_timeout_seconds
    if seconds is not None and service.session_affinity != "ClientIP":
        yield at(service, "spec", "sessionAffinityConfig").finding(
            "the API server deletes it, because sessionAffinity is not ClientIP",
            hint="write sessionAffinity: ClientIP, or remove it",
            value=seconds,
        )
