"""Objects for the tests of maps and traces: a Deployment, a Service and an Ingress in namespace shop."""

from typing import Any, Final

from manifest_objects import Manifest, deployment_manifest, ingress_manifest, service_manifest

__all__ = ["APP", "TEMPLATE", "make_deployment", "make_ingress", "make_rule", "make_service"]

APP: Final = "Deployment shop/web app 8080/TCP"


def make_deployment(name: str = "web", namespace: str | None = "shop", **spec: Any) -> Manifest:
    """Return a Deployment whose container has port 8080, named web, and port 9000, named admin."""
    ports = ({"name": "web", "containerPort": 8080}, {"name": "admin", "containerPort": 9000})
    probe = {"readinessProbe": {"httpGet": {"port": "web"}}}
    return deployment_manifest(*ports, name=name, namespace=namespace, container=probe, **spec)


TEMPLATE: Final[Manifest] = make_deployment()["spec"]["template"]


def make_service(name: str = "web", namespace: str | None = "shop", **spec: Any) -> Manifest:
    """Return a Service for `make_deployment`: port 80, named http."""
    fields = {"ports": [{"name": "http", "port": 80, "targetPort": "web"}]} | spec
    return service_manifest(fields, {"name": name} | ({"namespace": namespace} if namespace else {}))


def make_rule(host: str | None, path: str, service: str = "web", kind: str = "Prefix") -> Manifest:
    """Return a rule of an Ingress."""
    backend = {"service": {"name": service, "port": {"name": "http"}}}
    rule: Manifest = {"http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]}}
    return rule if host is None else rule | {"host": host}


def make_ingress(*rules: Manifest, name: str = "front", **spec: Any) -> Manifest:
    """Return an Ingress with these rules."""
    return ingress_manifest({"rules": list(rules)} | spec, name=name)
