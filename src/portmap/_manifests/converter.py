"""portmap's objects in other people's classes, by way of cattrs.

A deploy script often has settings of its own: attrs classes or dataclasses that hold
a Service here and a container port there. A cattrs converter that knows portmap's
objects turns such settings into plain data and back, each object as its manifest.
"""

from typing import Any, Final, TypeVar

from cattrs import Converter

from portmap._apiserver.container_port_schema import CONTAINER_PORT
from portmap._apiserver.service_schema import SERVICE_PORT
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT
from portmap._kubernetes.schema import INVALID, Reader
from portmap._kubernetes.violations import Violation, in_order
from portmap._kubernetes.wire import from_wire
from portmap._manifests.read import read
from portmap._model.pod_reading import read_container
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload

__all__ = ["converter"]

Port = TypeVar("Port", ServicePort, ContainerPort)


_NUMBERS: Final[dict[type, str]] = {ServicePort: "port", ContainerPort: "container_port"}


def converter(base: Converter | None = None) -> Converter:
    """A cattrs converter that reads and writes portmap's objects as manifests.

    Args:
        base: A converter of one's own to teach; left out, a new one that is as strict
            as portmap about unknown keys of one's own classes.

    Returns:
        The same converter, or the new one. Structuring raises `ValidationError` for
        what an API server would refuse.

    Example:
        >>> from portmap.manifests import converter
        >>> converter().unstructure(http)
        {'name': 'http', 'containerPort': 8080}
        >>> converter().structure({"containerPort": 53, "protocol": "UDP"}, ContainerPort)
        ContainerPort(53, protocol='UDP')
    """
    taught = base or Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind in (Service, ServicePort, Pod, Container, ContainerPort):
        taught.register_unstructure_hook(kind, to_manifest)
    taught.register_structure_hook(Service, lambda data, _: read(data, Service))
    taught.register_structure_hook(Pod, lambda data, _: read(data, Pod))
    taught.register_structure_hook(Workload, lambda data, _: read(data, Workload))
    taught.register_structure_hook(ServicePort, lambda data, _: _port(data, ServicePort, SERVICE_PORT))
    taught.register_structure_hook(ContainerPort, lambda data, _: _port(data, ContainerPort, CONTAINER_PORT))
    taught.register_structure_hook(Container, lambda data, _: read_container(data))
    return taught


def _port(data: Any, kind: type[Port], reader: Reader) -> Port:  # noqa: ANN401 - whatever the settings hold
    found: list[Violation] = []
    decoded = reader.read(data, ROOT, found)
    if found or decoded is INVALID:
        raise ValidationError(kind.__name__, in_order(found))
    # A number that is left out is 0 to the server, which says so in words of its own.
    return kind(**({_NUMBERS[kind]: 0} | from_wire(decoded, kind.WIRE)))
