"""Reads a parsed manifest as a typed object."""

from collections.abc import Mapping
from typing import Any, TypeVar, overload

import attrs

from portmap._apiserver.admission import every_violation, metadata_violations
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.service_manifest import identity_violations, port_state, state_of
from portmap._apiserver.service_schema import SERVICE, SERVICE_PORT_FIELDS
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import any_template_path, template_path
from portmap._kubernetes.opaque import Opaque, residue
from portmap._kubernetes.schema import INVALID
from portmap._kubernetes.violations import Violation, in_order
from portmap._kubernetes.wire import to_wire
from portmap._model.foreign import plain_manifest
from portmap._model.foreign_protocols import Foreign
from portmap._model.pods import Pod
from portmap._model.service_reading import decoded_service, is_core_service
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload, read_workload, read_workloads, several_templates

Kind = TypeVar("Kind", bound=Service | Pod | Workload)


def is_readable(manifest: Mapping[str, Any]) -> bool:
    """Return whether `read_all` can read this kind of object."""
    if is_core_service(manifest):
        return True
    several = several_templates(manifest)
    if several is not None:
        return isinstance(_at(manifest, several[1]), list)
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    path = any_template_path(manifest)
    if path is None or template_path(api_version, kind) is not None:
        return path is not None
    # Custom kinds can be without a template, and portmap then does not read them.
    return isinstance(_at(manifest, path), Mapping)


def _at(data: Any, path: FieldPath) -> Any:  # noqa: ANN401 - any JSON value
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def read_all(manifest: Mapping[str, Any], *, cluster: Cluster | None = None) -> tuple[Service | Pod | Workload, ...]:
    """Return the typed objects of a manifest: one, or several for kinds that make several workloads.

    Raises:
        ValidationError: As in `read`.
    """
    if several_templates(manifest) is None:
        return (read(manifest, cluster=cluster),)
    with cluster or cluster_in_force():
        return read_workloads(manifest)


@overload
def read(manifest: Mapping[str, Any] | Foreign, *, cluster: Cluster | None = None) -> Service | Pod | Workload: ...
@overload
def read(manifest: Mapping[str, Any] | Foreign, kind: type[Kind], *, cluster: Cluster | None = None) -> Kind: ...
def read(
    manifest: Mapping[str, Any] | Foreign, kind: type[Kind] | None = None, *, cluster: Cluster | None = None
) -> Service | Pod | Workload:
    """Return this manifest as a typed object.

    A Service keeps the fields that portmap does not model (finalizers, owner references, status, …), so
    that `to_manifest(read(manifest)) == manifest`. Exceptions are a missing `apiVersion`, a null in a map,
    which becomes the empty text, and a lone surrogate. A Pod becomes a `Pod`, any other
    kind with a pod template a `Workload`; both keep only the fields about ports.

    Args:
        manifest: A parsed manifest: a mapping of plain data, or an object of another
            library: the official client, lightkube, kr8s, cdk8s or Pulumi.
        kind: The required class, also for type checkers: `Service`, `Pod` or
            `Workload`; by default any of them.
        cluster: The cluster for which it is validated; by default the cluster in force.

    Raises:
        ValidationError: portmap does not read this kind, it is not of class `kind`,
            or an API server would refuse it. The error lists every violation.

    Example:
        >>> from portmap.manifests import read
        >>> read(to_manifest(web)) == web
        True
    """
    cluster = cluster or cluster_in_force()
    given: Any = plain_manifest(manifest)
    with cluster:
        found = _read(given, cluster)
    if kind is not None and not isinstance(found, kind):
        detail = f"must be a {kind.__name__}"
        violation = Violation.about(
            FieldPath("kind"),
            "wrong-kind",
            "FieldValueTypeInvalid",
            detail,
            value=given.get("kind"),
            opening="Wrong kind",
        )
        raise ValidationError(kind.__name__, (violation,))
    return found


def _read(given: Any, cluster: Cluster) -> Service | Pod | Workload:  # noqa: ANN401 - any value of a file
    if isinstance(given, Mapping) and is_core_service(given):
        return _service(given, cluster)
    workload = read_workload(given)
    return workload.pod if workload.kind == "Pod" else workload


def _service(manifest: Mapping[str, Any], cluster: Cluster) -> Service:
    found: list[Violation] = []
    decoded = SERVICE.read(manifest, ROOT, found)
    if decoded is not INVALID:
        found += identity_violations(decoded)
    if found:
        raise ValidationError(
            _name_of(decoded), in_order(found + _other_violations(decoded, found, cluster)), str(cluster)
        )
    try:
        service = decoded_service(decoded)
    except ValidationError:
        # The constructors stop at the first invalid part.
        violations = every_violation(state_of(decoded, cluster))
        raise ValidationError(_name_of(decoded), in_order(violations), str(cluster)) from None
    return _with_residue(service, manifest)


def _name_of(decoded: Any) -> str:  # noqa: ANN401 - decoded data, or INVALID
    metadata = decoded.get("metadata") if isinstance(decoded, dict) else None
    metadata = metadata if isinstance(metadata, dict) else {}
    named = "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if isinstance(part, str))
    return f"Service {named or '(no name)'}"


def _other_violations(decoded: Any, found: list[Violation], cluster: Cluster) -> list[Violation]:  # noqa: ANN401 - or INVALID
    """Return the other faults of a Service of which a part could not be decoded."""
    if not isinstance(decoded, dict):
        return []
    if all(violation.code == "unknown-field" for violation in found):
        return every_violation(state_of(decoded, cluster))
    # What is of the wrong type cannot be judged further, nor can what depends on it.
    metadata = decoded.get("metadata", {})
    rest: list[Violation] = []
    if isinstance(metadata, dict):
        rest += metadata_violations({key: value for key, value in metadata.items() if _is_decoded(value)}, cluster)
    spec = decoded.get("spec")
    ports = spec.get("ports") if isinstance(spec, dict) else None
    for position, port in enumerate(ports if isinstance(ports, list) else ()):
        if _is_decoded(port):
            rest += SERVICE_PORT_RULES.violations(port_state(port), FieldPath("spec", "ports", position))
    blamed = {violation.field for violation in found}
    return [violation for violation in rest if violation.field not in blamed]


def _is_decoded(value: object) -> bool:
    """Return whether all of this value could be decoded."""
    if isinstance(value, dict):
        return all(_is_decoded(item) for item in value.values())
    if isinstance(value, list):
        return all(_is_decoded(item) for item in value)
    return value is not INVALID


def _with_residue(service: Service, manifest: Mapping[str, Any]) -> Service:
    """Return the Service with the fields of its manifest that are not modelled, those of ports in each port."""
    rest = residue(manifest, to_manifest(service))
    authored = (manifest.get("spec") or {}).get("ports") or ()
    left = [
        residue(each, to_wire(port, SERVICE_PORT_FIELDS)) for port, each in zip(service.ports, authored, strict=True)
    ]
    if not rest and not any(left):
        return service
    ports = [
        attrs.evolve(port, unmodelled=Opaque(extra)) if extra else port
        for port, extra in zip(service.ports, left, strict=True)
    ]
    return attrs.evolve(service, ports=ports, unmodelled=Opaque(rest) if rest else None)
