"""Services, pods and workloads as objects of portmap."""

from typing import Any, Final

from portmap import Container, ContainerPort, Pod, Service, ServicePort, Workload

__all__ = ["HTTP", "METRICS", "TO_HTTP", "make_deployment", "make_pod", "make_running_pod", "make_service"]

HTTP: Final = ContainerPort(8080, name="http")
METRICS: Final = ContainerPort(9100, name="metrics")
TO_HTTP: Final = ServicePort(80, target_port="http")


def make_service(*ports: ServicePort, **fields: Any) -> Service:
    """Return Service web for pods with the label app: web. Its default port leads to container port http."""
    return Service(**{"name": "web", "selector": {"app": "web"}, "ports": ports or (TO_HTTP,)} | fields)


def make_pod(name: str = "web-0", *ports: ContainerPort, **fields: Any) -> Pod:
    """Return a projected pod that Service web selects, with a container that declares these ports."""
    return Pod(name, **{"labels": {"app": "web"}, "containers": [Container("app", ports=ports)]} | fields)


def make_running_pod(name: str = "web-0", *ports: ContainerPort, **fields: Any) -> Pod:
    """Return an observed pod that is ready."""
    return make_pod(name, *ports, **{"addresses": ["10.1.0.1"], "phase": "Running", "ready": True} | fields)


def make_deployment(*ports: ContainerPort, name: str = "web", **fields: Any) -> Workload:
    """Return a Deployment whose pods Service web selects. By default they declare port http.

    Args:
        ports: The ports of its container.
        name: Its name.
        fields: Fields of its pods.
    """
    return Workload("Deployment", name, make_pod(name, *(ports or (HTTP,)), **{"template": True} | fields))
