"""Services, Deployments and Ingresses as plain dicts."""

from collections.abc import Mapping
from typing import Any

__all__ = ["Manifest", "deployment_manifest", "ingress_manifest", "make_object", "service_manifest"]

Manifest = dict[str, Any]


def make_object(
    kind: str,
    name: str,
    spec: object = None,
    *,
    api: str = "v1",
    namespace: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    **others: Any,
) -> Manifest:
    """Return an object of any kind.

    Args:
        kind: The kind.
        name: The name.
        spec: The spec; left out if it is `None`.
        api: The API version.
        namespace: The namespace; left out if it is `None`.
        metadata: Other fields of the metadata.
        others: Other fields of the object.
    """
    named = {"name": name} | ({} if namespace is None else {"namespace": namespace}) | dict(metadata or {})
    return {"apiVersion": api, "kind": kind, "metadata": named} | ({} if spec is None else {"spec": spec}) | others


def service_manifest(
    spec: Mapping[str, Any] | None = None, metadata: Mapping[str, Any] | None = None, **others: Any
) -> Manifest:
    """Return Service web for pods with the label app: web, with port 80 unless the spec has others."""
    fields = {"selector": {"app": "web"}, "ports": [{"port": 80}]} | dict(spec or {})
    return make_object("Service", "web", fields, metadata=metadata, **others)


def deployment_manifest(
    *ports: Manifest,
    name: str = "web",
    namespace: str | None = None,
    app: str = "web",
    container: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Manifest:
    """Return a Deployment with one container.

    Args:
        ports: The ports of the container.
        name: The name.
        namespace: The namespace.
        app: The label of its pods.
        container: Other fields of the container.
        spec: Other fields of the spec.
    """
    only = {"name": "app", "image": f"example.com/{app}:1", "ports": [*ports]} | dict(container or {})
    labels = {"app": app}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [only]}}
    fields = {"selector": {"matchLabels": labels}, "template": template} | spec
    return make_object("Deployment", name, fields, api="apps/v1", namespace=namespace)


def ingress_manifest(spec: Mapping[str, Any], *, api: str = "networking.k8s.io/v1", name: str = "front") -> Manifest:
    """Return an Ingress in namespace shop."""
    return make_object("Ingress", name, dict(spec), api=api, namespace="shop")
