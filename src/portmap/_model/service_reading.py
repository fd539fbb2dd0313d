"""A Service's manifest as a `Service`, for whoever wants the object or why there is none."""

from collections.abc import Mapping
from typing import Any

from portmap._apiserver.service_schema import SERVICE
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import CORE_VERSIONS
from portmap._kubernetes.violations import Violation, below, in_order
from portmap._kubernetes.wire import from_wire
from portmap._model.foreign import Foreign, is_from_file, plain_manifest
from portmap._model.ports import ServicePort
from portmap._model.services import Service

__all__ = [
    "is_core_service",
    "read_core_service",
    "reduced_service",
    "service_of",
    "services_of",
]


def is_core_service(manifest: Mapping[str, Any]) -> bool:
    """Whether this is a Service of Kubernetes itself, not one of another group (Knative's, say)."""
    return manifest.get("kind") == "Service" and manifest.get("apiVersion") in CORE_VERSIONS


def read_core_service(manifest: Mapping[str, Any]) -> Service:
    """The Service of a manifest, without what portmap does not model.

    Raises:
        ValidationError: The cluster in force would refuse it.
    """
    found: list[Violation] = []
    decoded: Any = SERVICE.read(manifest, ROOT, found)
    if found:
        raise ValidationError("Service", in_order(found))
    return service_of(decoded)


def reduced_service(service: Service | Mapping[str, Any] | Foreign) -> Service:
    """Any Service as a `Service`: a plain dict or another library's object is read, a document has it.

    Raises:
        ValidationError: The cluster in force, or that of the document, would refuse it.
        TypeError: It is something else altogether.
    """
    if isinstance(service, Service):
        return service
    if is_from_file(service) and isinstance(service.raw, Mapping) and is_core_service(service.raw):
        found = next((each for each in service.objects if isinstance(each, Service)), None)
        if found is None:
            raise ValidationError(str(service), service.violations)
        return found
    plain = plain_manifest(service)
    if not isinstance(plain, Mapping) or not is_core_service(plain):
        told = f"a dict of kind {plain.get('kind')!r}" if isinstance(plain, Mapping) else type(service).__name__
        raise TypeError(f"the Service must be a Service or the plain dict of one, not {told}")
    return read_core_service(plain)


def services_of(given: Service | Mapping[str, Any] | Foreign) -> tuple[Service, ...]:
    """The Service of one thing that was given for one; none, of a document of another kind."""
    if is_from_file(given) and not (isinstance(given.raw, Mapping) and is_core_service(given.raw)):
        return ()
    return (reduced_service(given),)


def service_of(decoded: Mapping[str, Any]) -> Service:
    """The Service of a decoded manifest, without what portmap does not model.

    Raises:
        ValidationError: The cluster in force would refuse one of its ports, or the whole.
    """
    metadata, spec = decoded.get("metadata", {}), decoded.get("spec", {})
    ports, found = [], []
    for position, port in enumerate(spec.get("ports", ())):
        try:
            ports.append(ServicePort(**({"port": 0} | from_wire(port, ServicePort.WIRE))))
        except ValidationError as error:
            found += below(FieldPath("spec", "ports", position), error.violations)
    if found:
        raise ValidationError("Service", in_order(found))
    fields = from_wire(metadata, Service.METADATA_WIRE) | from_wire(spec, Service.SPEC_WIRE)
    return Service(**({"name": ""} | fields), ports=ports)
