"""Typed objects as plain data, with the fields in the order in which people write them.

The classes are recognised by their names: they import modules that need this one.
"""
# ruff: noqa: ANN401 - the classes are not imported

from collections.abc import Callable, Mapping
from typing import Any, Final

from portmap._apiserver.container_port_schema import CONTAINER_PORT_FIELDS
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._kubernetes.opaque import merged
from portmap._kubernetes.wire import to_wire
from portmap._model.pod_fields import CONTAINER_FIELDS, POD_METADATA_FIELDS, POD_SPEC_FIELDS


def writer_of(kind: type) -> Callable[[Any], dict[str, Any]] | None:
    """Return the function that makes plain data of objects of a class; `None` if it is not one of portmap's."""
    return _WRITERS.get(kind.__name__) if kind.__module__ == "portmap" else None


def _service(service: Any) -> dict[str, Any]:
    manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Service"}
    manifest["metadata"] = metadata = to_wire(service, METADATA_FIELDS, with_unmodelled=False)
    if not service.name:
        del metadata["name"]
    spec = to_wire(service, SPEC_FIELDS_BUT_PORTS, with_unmodelled=False)
    if service.ports:
        spec["ports"] = [_service_port(port) for port in service.ports]
    if spec:
        manifest["spec"] = spec
    return manifest if service.unmodelled is None else merged(manifest, service.unmodelled.copy())


def _service_port(port: Any) -> dict[str, Any]:
    return to_wire(port, SERVICE_PORT_FIELDS)


def _container_port(port: Any) -> dict[str, Any]:
    return to_wire(port, CONTAINER_PORT_FIELDS)


def _container(container: Any) -> dict[str, Any]:
    data = to_wire(container, CONTAINER_FIELDS)
    if container.ports:
        data["ports"] = [_container_port(port) for port in container.ports]
    return data


def _pod(pod: Any) -> dict[str, Any]:
    metadata = to_wire(pod, POD_METADATA_FIELDS)
    if not pod.labels:
        metadata.pop("labels", None)
    spec = to_wire(pod, POD_SPEC_FIELDS)
    for field, containers in (("initContainers", pod.init_containers), ("containers", pod.containers)):
        if containers:
            spec[field] = [_container(container) for container in containers]
    manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    if pod.addresses is not None:
        manifest["status"] = _status(pod)
    return manifest


def _status(pod: Any) -> dict[str, Any]:
    status: dict[str, Any] = {}
    if pod.phase is not None:
        status["phase"] = pod.phase
    if pod.ready is not None:
        status["conditions"] = [{"type": "Ready", "status": "True" if pod.ready else "False"}]
    addresses = pod.addresses or ()
    if addresses:
        status["podIP"] = addresses[0]
    if addresses or not status:
        status["podIPs"] = [{"ip": address} for address in addresses]
    return status


_WRITERS: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "Container": _container,
    "ContainerPort": _container_port,
    "Pod": _pod,
    "Service": _service,
    "ServicePort": _service_port,
}
