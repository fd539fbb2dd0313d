"""Objects for tests of pictures."""

from typing import Any

from manifest_objects import Manifest, deployment_manifest, ingress_manifest, make_object, service_manifest
from portmap import Service, ServicePort

__all__ = ["SHOP", "deployment", "team", "world"]


def deployment(name: str, **ports: int) -> Manifest:
    """Return a Deployment in namespace shop whose container declares these ports, by name."""
    declared = ({"name": key, "containerPort": number} for key, number in ports.items())
    return deployment_manifest(*declared, name=name, namespace="shop", app=name)


SHOP: list[Any] = [
    deployment("web", http=8080, admin=9000),
    Service.node_port(
        "web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, target_port="http", node_port=30080)]
    ),
    Service("lost", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, target_port="htpp")]),
    Service("gone", namespace="shop", selector={"app": "nobody"}, ports=[ServicePort(80)]),
    Service.alias_of("db", "db.example.com", namespace="shop"),
    ingress_manifest(
        {
            "rules": [
                {
                    "host": "shop.example",
                    "http": {
                        "paths": [
                            {
                                "path": path,
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": number}}},
                            }
                            for path, number in (("/", 80), ("/old", 81))
                        ]
                    },
                }
            ]
        }
    ),
]


def world(name: str) -> list[Any]:
    """Return objects of one name that refer to each other."""
    workload = deployment("web", http=8080)
    workload["metadata"] = {"name": name, "namespace": name}
    workload["spec"]["template"]["spec"]["containers"][0]["name"] = name
    ports = [{"name": name, "port": 80, "targetPort": name}]
    service = service_manifest({"ports": ports}, {"name": name, "namespace": name})
    backend = {"service": {"name": name, "port": {"name": name}}}
    rules = [{"host": name, "http": {"paths": [{"path": name, "backend": backend}]}}]
    ingress = ingress_manifest({"rules": rules}) | {"metadata": {"name": name, "namespace": name}}
    return [workload, service, ingress]


_NAMES = ("web", "cart", "orders", "a-service-with-a-name-as-long-as-names-of-services-may-be-at-63", "auth")


def team(services: int, namespaces: int = 1) -> list[Any]:
    """Return this number of Services with Deployments, node ports, host ports, Ingresses, webhooks and misses."""
    return [found for number in range(services) for found in _one(number, f"team-{number % namespaces}")] + [
        _ingress(f"team-{number}", services, namespaces, number) for number in range(namespaces)
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
        make_object("Deployment", name, {"template": template}, api="apps/v1", namespace=namespace),
        make_object("Service", name, service, namespace=namespace),
    ]
    if number % 9 == 0:
        config = {"service": {"name": name, "namespace": namespace, "port": 80}}
        webhooks = [{"name": "a.b.c", "clientConfig": config}]
        api = "admissionregistration.k8s.io/v1"
        found.append(make_object("ValidatingWebhookConfiguration", f"guard-of-{name}", api=api, webhooks=webhooks))
    return found


def _ingress(namespace: str, services: int, namespaces: int, own: int) -> Any:
    paths = []
    for number in range(own, services, 2 * namespaces):
        backend = {"service": {"name": f"{_NAMES[number % 5][:56]}-{number}", "port": {"number": 80 + number % 2}}}
        paths.append({"path": f"/{number}", "pathType": "Prefix", "backend": backend})
    rules = [{"host": f"{namespace}.example.com", "http": {"paths": paths}}]
    return ingress_manifest({"rules": rules}) | {"metadata": {"name": "front", "namespace": namespace}}
