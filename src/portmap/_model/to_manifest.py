"""Typed objects as plain data, with the fields in the order in which people write them.

Only authored values are written. An API server fills in the defaults.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from portmap._kubernetes.opaque import merged
from portmap._kubernetes.wire import to_wire
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service

if TYPE_CHECKING:
    from portmap._model.pods import Container, Pod


def to_manifest(subject: "Service | ServicePort | Pod | Container | ContainerPort") -> dict[str, Any]:
    """Return an object as plain data, under the names that Kubernetes gives its fields.

    A `Service` or `Pod` becomes a whole manifest. A `ContainerPort`, `Container` or
    `ServicePort` becomes the fragment of a manifest that describes it.

    Args:
        subject: The object.

    Returns:
        A new dict of plain values, which the caller may change.

    Raises:
        TypeError: It is an object of another class.

    Example:
        >>> app = Container("app", image="shop/web:1", ports=[http])
        >>> to_manifest(app) | {"tty": True}
        {'name': 'app', 'image': 'shop/web:1', 'ports': [{'name': 'http', 'containerPort': 8080}], 'tty': True}
    """
    write = _WRITERS.get(type(subject)) or _writers_of_pods().get(type(subject))
    if write is None:
        raise TypeError(f"to_manifest takes a Service, ServicePort, Pod, Container or ContainerPort, not {subject!r}")
    return write(subject)


def _service(service: Service) -> dict[str, Any]:
    manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Service"}
    manifest["metadata"] = metadata = to_wire(service, Service.METADATA_WIRE, with_unmodelled=False)
    if not service.name:
        del metadata["name"]
    spec = to_wire(service, Service.SPEC_WIRE, with_unmodelled=False)
    if service.ports:
        spec["ports"] = [to_wire(port, ServicePort.WIRE) for port in service.ports]
    if spec:
        manifest["spec"] = spec
    return manifest if service.unmodelled is None else merged(manifest, service.unmodelled.copy())


def _container(container: "Container") -> dict[str, Any]:
    data = to_wire(container, container.WIRE)
    if container.ports:
        data["ports"] = [to_wire(port, ContainerPort.WIRE) for port in container.ports]
    return data


def _pod(pod: "Pod") -> dict[str, Any]:
    metadata = to_wire(pod, pod.METADATA_WIRE)
    if not pod.labels:
        metadata.pop("labels", None)
    spec = to_wire(pod, pod.SPEC_WIRE)
    for field, containers in (("initContainers", pod.init_containers), ("containers", pod.containers)):
        if containers:
            spec[field] = [_container(container) for container in containers]
    manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    if pod.addresses is not None:
        manifest["status"] = _status(pod)
    return manifest


def _status(pod: "Pod") -> dict[str, Any]:
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


_WRITERS: Final[Mapping[type, Callable[[Any], dict[str, Any]]]] = {
    Service: _service,
    ServicePort: lambda port: to_wire(port, ServicePort.WIRE),
    ContainerPort: lambda port: to_wire(port, ContainerPort.WIRE),
}


@cache
def _writers_of_pods() -> Mapping[type, Callable[[Any], dict[str, Any]]]:
    from portmap._model.pods import Container, Pod  # Most scripts know no pods.

    return {Pod: _pod, Container: _container}
