"""Rules about the Services that extend the API: webhooks, APIServices and conversion of custom resources."""

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
    A webhook configuration, an APIService or the conversion of a CustomResourceDefinition that names
    a Service that does not exist.

    Why it matters:
    If a webhook cannot be reached, the API server rejects all its objects, unless `failurePolicy` is
    `Ignore`. If an APIService cannot be reached, discovery and the deletion of namespaces fail.

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
    The severity is that of `ingress-service`: error if the input is complete or a Service has a
    similar name, and info otherwise.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_service(resolved, bundle)


@rule("api-extension-port", on=ResolvedReference, severity="error")
def api_extension_port(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Found]:
    """API extension names a port that its Service does not have.

    What it reports:
    A webhook, APIService or conversion whose `port` is not a port of its Service. The default is 443.

    Why it matters:
    The API server cannot reach the extension: see `api-extension-service`. It calls the port of the
    Service, not the port on which the webhook listens.

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
    Webhooks with a `url` name no Service, and are skipped.
    """
    if resolved.reference.role in _ROLES:
        yield from missing_port(
            resolved,
            bundle,
            target_port_note="the API server calls the port of the Service",
            default_port_hint="the default port is 443: add a port that the Service has",
        )
