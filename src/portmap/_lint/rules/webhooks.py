"""Rules about what extends the API: webhooks, API services and the conversion of custom resources."""

from collections.abc import Iterator
from typing import Final

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found
from portmap._lint.missing_references import missing_port, missing_service
from portmap._lint.rule import rule

_ROLES: Final = frozenset({"api-service", "conversion", "webhook"})


@rule("api-extension-service", on=ResolvedReference, severity="error")
def api_extension_service(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """API extension names a Service that does not exist.

    What it reports:
    A webhook configuration, an APIService or the conversion of a CustomResourceDefinition
    that names a Service which is not there.

    Why it matters:
    A webhook that cannot be reached refuses every object that it is for (unless its
    `failurePolicy` is `Ignore`), and an APIService that cannot be reached breaks
    discovery and the deletion of namespaces.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: webhook, namespace: shop}
    spec: {ports: [{port: 443}]}
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: shop}
    webhooks:
    - {name: a.shop.example, clientConfig: {service: {name: webhok, namespace: shop}}}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: shop}
    webhooks:
    - {name: a.shop.example, clientConfig: {service: {name: webhook, namespace: shop}}}
    ```

    Notes:
    It is judged as `ingress-service` is: an error where everything should be there or a
    Service has almost this name, and information otherwise.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_service(resolved, bundle)


@rule("api-extension-port", on=ResolvedReference, severity="error")
def api_extension_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """API extension names a port that its Service does not have.

    What it reports:
    A webhook, an APIService or a conversion whose `port` is no port of its Service.
    Where none is given, it is 443.

    Why it matters:
    The API server cannot reach what it must ask: see `api-extension-service`. It calls
    the port of the Service, not that on which the webhook listens.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: webhook, namespace: shop}
    spec: {ports: [{port: 9443}]}
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: shop}
    webhooks:
    - {name: a.shop.example, clientConfig: {service: {name: webhook, namespace: shop}}}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: webhook, namespace: shop}
    spec: {ports: [{port: 443, targetPort: 9443}]}
    ```

    Notes:
    Webhooks with a `url` name no Service, and are passed over.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_port(
            resolved,
            bundle,
            meant="the API server calls the port of the Service",
            left_out="no port is given here, which means 443: give one that the Service has",
        )
