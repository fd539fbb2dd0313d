"""Objects for tests of pictures."""

from typing import Any

from portmap import Service, ServicePort

__all__ = ["SHOP", "deployment", "world"]


def deployment(name: str, **ports: int) -> dict[str, Any]:
    declared = [{"name": key, "containerPort": number} for key, number in ports.items()]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": name, "ports": declared}]},
            }
        },
    }


SHOP: list[Any] = [
    deployment("web", http=8080, admin=9000),
    Service.node_port(
        "web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, target_port="http", node_port=30080)]
    ),
    Service("lost", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80, target_port="htpp")]),
    Service("gone", namespace="shop", selector={"app": "nobody"}, ports=[ServicePort(80)]),
    Service.alias_of("db", "db.example.com", namespace="shop"),
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {
            "rules": [
                {
                    "host": "shop.example",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            },
                            {
                                "path": "/old",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 81}}},
                            },
                        ]
                    },
                }
            ]
        },
    },
]


def world(name: str) -> list[Any]:
    """Return objects of one name that refer to each other."""
    workload = deployment("web", http=8080)
    workload["metadata"] = {"name": name, "namespace": name}
    workload["spec"]["template"]["spec"]["containers"][0]["name"] = name
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": name},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": name, "port": 80, "targetPort": name}]},
    }
    backend = {"service": {"name": name, "port": {"name": name}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": name},
        "spec": {"rules": [{"host": name, "http": {"paths": [{"path": name, "backend": backend}]}}]},
    }
    return [workload, service, ingress]
