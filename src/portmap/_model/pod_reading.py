"""Pods and pod templates as they stand in manifests: what concerns ports, and nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from portmap._apiserver.container_port_schema import CONTAINER_PORT
from portmap._apiserver.metadata_schema import METADATA
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.schema import BOOLEAN, TEXT, Reader, list_of, struct
from portmap._kubernetes.violations import Violation, below
from portmap._kubernetes.wire import from_wire
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort

__all__ = ["POD", "anything_but", "pod_of", "read_container", "was_observed"]


def anything_but(fields: Mapping[str, Reader]) -> Reader:
    """A mapping of which only these fields are looked at."""
    return struct(fields, open_to_others=True)


_CONTAINER: Final = anything_but({"name": TEXT, "image": TEXT, "restartPolicy": TEXT, "ports": list_of(CONTAINER_PORT)})
_POD_SPEC: Final = anything_but(
    {
        "containers": list_of(_CONTAINER),
        "initContainers": list_of(_CONTAINER),
        "hostNetwork": BOOLEAN,
        "nodeName": TEXT,
        "hostname": TEXT,
        "subdomain": TEXT,
    }
)
_STATUS: Final = anything_but(
    {
        "phase": TEXT,
        "podIP": TEXT,
        "podIPs": list_of(anything_but({"ip": TEXT})),
        "conditions": list_of(anything_but({"type": TEXT, "status": TEXT})),
    }
)
POD: Final = anything_but({"metadata": METADATA, "spec": _POD_SPEC, "status": _STATUS})


def was_observed(pod: object) -> bool:
    """Whether the manifest of a pod has a status that says anything, be it nothing that is looked at here."""
    status = pod.get("status") if isinstance(pod, Mapping) else None
    return isinstance(status, Mapping) and any(value is not None for value in status.values())


def pod_of(
    decoded: dict[str, Any], owner: dict[str, Any], path: FieldPath, *, observed: bool
) -> tuple[Pod | None, list[Violation]]:
    """The pod of a decoded template, or of a decoded Pod where the path is empty."""
    found: list[Violation] = []
    spec, status = decoded.get("spec", {}), decoded.get("status", {})
    metadata = decoded.get("metadata", {})
    groups = {
        field: _containers(spec.get(field, ()), path.child("spec", field), found)
        for field in ("containers", "initContainers")
    }
    if found:
        return None, found
    ready = next(
        (each.get("status") == "True" for each in status.get("conditions", ()) if each.get("type") == "Ready"), None
    )
    addresses = [each["ip"] for each in status.get("podIPs", ()) if each.get("ip")]
    if not addresses and status.get("podIP"):
        addresses = [status["podIP"]]
    try:
        return (
            Pod(
                owner.get("name") or owner.get("generateName", ""),
                namespace=owner.get("namespace"),
                labels=metadata.get("labels", {}),
                annotations=metadata.get("annotations"),
                containers=groups["containers"],
                init_containers=groups["initContainers"],
                host_network=spec.get("hostNetwork"),
                node_name=spec.get("nodeName"),
                hostname=spec.get("hostname"),
                subdomain=spec.get("subdomain"),
                addresses=addresses if observed else None,
                phase=status.get("phase"),
                ready=ready,
                deletion_timestamp=metadata.get("deletionTimestamp"),
                template=bool(path),
            ),
            found,
        )
    except ValidationError as error:
        return None, below(path, error.violations)


def read_container(data: Mapping[str, Any]) -> Container:
    """The container of a fragment such as stands in a pod's `containers`.

    Raises:
        ValidationError: Its ports are not what a server accepts.
    """
    found: list[Violation] = []
    decoded = _CONTAINER.read(data, ROOT, found)
    containers = [] if found else _containers([decoded], ROOT, found)
    if found:
        raise ValidationError("Container", tuple(attrs.evolve(each, field=each.path[1:]) for each in found))
    return containers[0]


def _containers(decoded: Iterable[Mapping[str, Any]], path: FieldPath, found: list[Violation]) -> tuple[Container, ...]:
    """Return the containers without violations, and add the violations of the others to `found`."""
    containers = []
    for index, data in enumerate(decoded):
        place = path.index(index)
        ports = []
        for position, port in enumerate(data.get("ports", ())):
            try:
                ports.append(ContainerPort(**{"container_port": 0, **from_wire(port, ContainerPort.WIRE)}))
            except ValidationError as error:
                found += below(place.child("ports").index(position), error.violations)
        try:
            containers.append(Container(**{"name": "", **from_wire(data, Container.WIRE)}, ports=ports))
        except ValidationError as error:
            found += below(place, error.violations)
    return tuple(containers)
