"""Objects for tests of contracts, and functions that look into a comparison."""

from collections.abc import Mapping
from typing import Any

from portmap import ContainerPort, Pod, Service, ServicePort, Workload, contract
from portmap._contract.changes import Change, Contract
from typed_objects import make_deployment, make_service

__all__ = ["Objects", "actions", "codes", "deployment", "ingress", "monitor", "service", "the", "turned"]

Objects = list[Service | Pod | Workload | Mapping[str, Any]]


def service(*ports: ServicePort, **fields: Any) -> Service:
    """Return Service shop/web, by default with port http."""
    return make_service(
        *(ports or (ServicePort(80, name="http", target_port="http"),)), **{"namespace": "shop"} | fields
    )


def deployment(*ports: ContainerPort, name: str = "web", namespace: str = "shop", **labels: str) -> Workload:
    """Return a Deployment with one container, which by default declares port http."""
    return make_deployment(*ports, name=name, namespace=namespace, **{"labels": labels} if labels else {})


def ingress(port: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Ingress for this port of Service web."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {"defaultBackend": {"service": {"name": "web", "port": port}}},
    }


def monitor(port: str) -> dict[str, Any]:
    """Return a ServiceMonitor for this port of Services that are labelled web."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": port}]},
    }


def codes(found: Contract, *severities: str) -> set[str]:
    """Return the codes of the changes, of these severities or of all."""
    return {change.code for change in found.changes if not severities or change.severity in severities}


def the(found: Contract, code: str) -> Change:
    """Return the only change of this code."""
    [change] = [change for change in found.changes if change.code == code]
    return change


def actions(found: Contract) -> list[str]:
    """Return the actions of the plan."""
    return [step.action for step in found.plan]


def turned(*ports: ServicePort, **fields: Any) -> Contract:
    """Return the comparison of the default Service with another one, with the same pods."""
    return contract([service(), deployment()], [service(*ports, **fields), deployment()])
