"""Rules about ExternalName Services that are aliases of Services of the cluster."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from portmap._graph.fragments import has_placeholder
from portmap._kubernetes.did_you_mean import nearest
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Severity, at
from portmap._lint.rule import rule
from portmap._model.services import Service

_IN_CLUSTER: Final = re.compile(r"(?:[^.]+\.)?([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?\.?")


@rule("external-name-target", on=Service, severity="warning")
def external_name_target(service: Service, bundle: Bundle) -> Iterator[Found]:
    """ExternalName Service is an alias of a Service or port that does not exist.

    What it reports:
    An `externalName` such as `web.shop.svc.cluster.local` without a Service `web` in namespace
    `shop`. And a port of the ExternalName Service that the other Service does not have.

    Why it matters:
    No API server checks the name. Lookups of the alias fail, or clients connect to a port on which
    the other Service does not listen.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      ports: [{port: 80}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: shop, namespace: front}
    spec:
      type: ExternalName
      externalName: wbe.shop.svc.cluster.local
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: shop, namespace: front}
    spec:
      type: ExternalName
      externalName: web.shop.svc.cluster.local
    ```

    Notes:
    The severity is info if nothing shows that the Service should be in the input: the input is
    not complete, and no Service of that namespace has a similar name. Names of other clusters and
    other cluster domains than `cluster.local` are skipped.
    """
    match = _IN_CLUSTER.fullmatch(service.external_name or "") if service.effective_type == "ExternalName" else None
    if match is None or has_placeholder(service.external_name):
        return
    name, namespace = match.groups()
    targets = services_behind(service, bundle)
    if not targets:
        if not bundle.elsewhere.has_invalid_service(name) and (name, namespace) != ("kubernetes", "default"):
            yield _no_target(service, name, namespace, bundle)
        return
    for position, port in enumerate(service.ports):
        if not any(_has_port(target, port.port) for target in targets):
            known = ", ".join(str(each.port) for each in targets[0].ports)
            yield at(service, "spec", "ports", position, "port").finding(
                f"clients connect to port {port.port} of {targets[0]}, which has {known}",
                hint=f"write port: {known}" if len(targets[0].ports) == 1 else None,
                value=port.port,
                related=[(at(targets[0], "spec", "ports"), "its ports")] if targets[0] in bundle.services else (),
            )


def services_behind(service: Service, bundle: Bundle) -> Sequence[Service]:
    """Return the Services of the cluster of which an ExternalName Service is an alias."""
    match = _IN_CLUSTER.fullmatch(service.external_name or "")
    if match is None:
        return ()
    name, namespace = match.groups()
    return [*bundle.services_named(name, namespace), *bundle.elsewhere.services_named(name, namespace)]


def _has_port(service: Service, number: int) -> bool:
    """Return whether clients can connect to a number: any of an alias, and that of the pods of a headless Service."""
    if service.effective_type == "ExternalName" or service.cluster_ip == "None":
        return True
    return any(port.port == number for port in service.ports)


def _no_target(service: Service, name: str, namespace: str, bundle: Bundle) -> Found:
    others = [each for each in bundle.services if each.namespace in {None, namespace}]
    guess = nearest(name, [each.name for each in others])
    elsewhere = [each for each in bundle.services_named(name, None) if each.namespace is not None]
    severity: Severity | None = "info"
    because: str | None = "the Service may be outside of the input"
    if bundle.complete or guess or elsewhere:
        severity = because = None
    maker = bundle.elsewhere.service_maker(name)
    if maker is not None and not guess:
        severity, because = "info", f"the controller of {maker} may create the Service"
    hint = f"did you mean {guess!r}?" if guess else None
    if hint is None and elsewhere:
        hint = f"{elsewhere[0]} is in namespace {elsewhere[0].namespace}"
    return at(service, "spec", "externalName").finding(
        f"there is no Service {name!r} in namespace {namespace}",
        hint=hint,
        value=service.external_name,
        severity=severity,
        because=because,
    )
