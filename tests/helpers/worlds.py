"""Sets of objects for pictures."""

from typing import Any

__all__ = ["team"]

_NAMES = ("web", "cart", "orders", "a-service-with-a-name-as-long-as-names-of-services-may-be-at-63", "auth")


def team(services: int, namespaces: int = 1) -> list[Any]:
    """So many Services, with Deployments, node ports, host ports, Ingresses, a webhook across lanes, and misses."""
    return [each for number in range(services) for each in _one(number, f"team-{number % namespaces}")] + [
        _ingress(f"team-{each}", services, namespaces, each) for each in range(namespaces)
    ]


def _one(number: int, namespace: str) -> list[Any]:
    name = f"{_NAMES[number % 5][:56]}-{number}"
    ports: list[dict[str, Any]] = [{"name": "http", "containerPort": 8080}]
    if number % 3 == 0:
        ports.append({"name": "metrics", "containerPort": 9090, "hostPort": 9000 + number})
    container = {"name": f"{name}-container"[-63:] if number % 4 else "app", "ports": ports}
    group = name if number % 6 else "everything"
    template = {"metadata": {"labels": {"app": group}}, "spec": {"containers": [container]}}
    service: dict[str, Any] = {"selector": {"app": group if number % 7 else "nobody"}, "ports": [{"port": 80}]}
    service["ports"][0]["targetPort"] = "http" if number % 5 else "htpp"
    if number % 4 == 0:
        service |= {"type": "NodePort"}
        service["ports"][0]["nodePort"] = 30000 + number
    found: list[Any] = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": service,
        },
    ]
    if number % 9 == 0:
        config = {"service": {"name": name, "namespace": namespace, "port": 80}}
        found.append(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": f"guard-of-{name}"},
                "webhooks": [{"name": "a.b.c", "clientConfig": config}],
            }
        )
    return found


def _ingress(namespace: str, services: int, namespaces: int, own: int) -> Any:
    paths = []
    for number in range(own, services, 2 * namespaces):
        backend = {"service": {"name": f"{_NAMES[number % 5][:56]}-{number}", "port": {"number": 80 + number % 2}}}
        paths.append({"path": f"/{number}", "pathType": "Prefix", "backend": backend})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": namespace},
        "spec": {"rules": [{"host": f"{namespace}.example.com", "http": {"paths": paths}}]},
    }
