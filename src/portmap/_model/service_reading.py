"""Services from manifests."""

from collections.abc import Mapping
from typing import Any

from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE, SERVICE_PORT_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import CORE_VERSIONS
from portmap._kubernetes.violations import Violation, below, in_order
from portmap._kubernetes.wire import from_wire
from portmap._model.foreign import plain_manifest
from portmap._model.foreign_protocols import Foreign, is_document
from portmap._model.ports import ServicePort
from portmap._model.services import Service


def is_core_service(manifest: Mapping[str, Any]) -> bool:
    """Return whether a manifest is that of a Service of Kubernetes, and not of another group such as Knative."""
    return manifest.get("kind") == "Service" and manifest.get("apiVersion") in CORE_VERSIONS


def read_core_service(manifest: Mapping[str, Any]) -> Service:
    """Return the Service of a manifest, without the parts that are not modelled.

    Raises:
        ValidationError: The cluster in force would refuse it.
    """
    found: list[Violation] = []
    decoded: Any = SERVICE.read(manifest, ROOT, found)
    if found:
        raise ValidationError("Service", in_order(found))
    return decoded_service(decoded)


def as_service(service: Service | Mapping[str, Any] | Foreign) -> Service:
    """Return a Service in any form as a `Service`.

    Raises:
        ValidationError: The cluster in force, or that of the document, would refuse it.
        TypeError: It is not a Service.
    """
    if isinstance(service, Service):
        return service
    if is_document(service) and isinstance(service.raw, Mapping) and is_core_service(service.raw):
        found = next((typed for typed in service.objects if isinstance(typed, Service)), None)
        if found is None:
            raise ValidationError(str(service), service.violations)
        return found
    plain = plain_manifest(service)
    if not isinstance(plain, Mapping) or not is_core_service(plain):
        kind = f"a dict of kind {plain.get('kind')!r}" if isinstance(plain, Mapping) else type(service).__name__
        raise TypeError(f"the Service must be a Service or the plain dict of one, not {kind}")
    return read_core_service(plain)


def as_services(subject: Service | Mapping[str, Any] | Foreign) -> tuple[Service, ...]:
    """Return the Service of an object in any form; none of a document of another kind."""
    if is_document(subject) and not (isinstance(subject.raw, Mapping) and is_core_service(subject.raw)):
        return ()
    return (as_service(subject),)


def decoded_service(decoded: Mapping[str, Any]) -> Service:
    """Return the Service of a decoded manifest, without the parts that are not modelled.

    Raises:
        ValidationError: The cluster in force would refuse one of its ports, or the Service.
    """
    metadata, spec = decoded.get("metadata", {}), decoded.get("spec", {})
    ports, found = [], []
    for position, port in enumerate(spec.get("ports", ())):
        try:
            ports.append(ServicePort(**({"port": 0} | from_wire(port, SERVICE_PORT_FIELDS))))
        except ValidationError as error:
            found += below(FieldPath("spec", "ports", position), error.violations)
    if found:
        raise ValidationError("Service", in_order(found))
    fields = from_wire(metadata, METADATA_FIELDS) | from_wire(spec, SPEC_FIELDS_BUT_PORTS)
    return Service(**({"name": ""} | fields), ports=ports)
