"""Manifests for the tests of maps and traces."""

from typing import Any, Final

__all__ = ["APP", "TEMPLATE", "Manifest", "make_deployment", "make_ingress", "make_rule", "make_service"]

Manifest = dict[str, Any]

TEMPLATE: Final[Manifest] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "app",
                "image": "example.com/web:1",
                "ports": [{"name": "web", "containerPort": 8080}, {"name": "admin", "containerPort": 9000}],
                "readinessProbe": {"httpGet": {"port": "web"}},
            }
        ]
    },
}


def make_deployment(name: str = "web", namespace: str | None = "shop", **spec: Any) -> Manifest:
    """Return a Deployment whose container has port 8080, named web, and port 9000, named admin."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": TEMPLATE} | spec}


def make_service(name: str = "web", namespace: str | None = "shop", **spec: Any) -> Manifest:
    """Return a Service for `make_deployment`: port 80, named http."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    fields = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "web"}]} | spec
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": fields}


def make_rule(host: str | None, path: str, service: str = "web", kind: str = "Prefix") -> Manifest:
    """Return a rule of an Ingress."""
    backend = {"service": {"name": service, "port": {"name": "http"}}}
    rule: Manifest = {"http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]}}
    return rule if host is None else rule | {"host": host}


def make_ingress(*rules: Manifest, name: str = "front", **spec: Any) -> Manifest:
    """Return an Ingress with these rules."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"rules": list(rules)} | spec,
    }


APP: Final = "Deployment shop/web app 8080/TCP"
