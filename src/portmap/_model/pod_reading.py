"""Pods and pod templates from manifests, reduced to what concerns ports."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from portmap._apiserver.container_port_schema import CONTAINER_PORT, CONTAINER_PORT_FIELDS
from portmap._apiserver.metadata_schema import METADATA
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.schema import BOOLEAN, TEXT, Reader, list_of, struct
from portmap._kubernetes.violations import Violation, below
from portmap._kubernetes.wire import from_wire
from portmap._model.pod_fields import CONTAINER_FIELDS
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort


def partial_struct(fields: Mapping[str, Reader]) -> Reader:
    """Return a reader of these fields of a mapping, which skips all others."""
    return struct(fields, open_to_others=True)


_CONTAINER: Final = partial_struct(
    {"name": TEXT, "image": TEXT, "restartPolicy": TEXT, "ports": list_of(CONTAINER_PORT)}
)
_POD_SPEC: Final = partial_struct(
    {
        "containers": list_of(_CONTAINER),
        "initContainers": list_of(_CONTAINER),
        "hostNetwork": BOOLEAN,
        "nodeName": TEXT,
        "hostname": TEXT,
        "subdomain": TEXT,
    }
)
_STATUS: Final = partial_struct(
    {
        "phase": TEXT,
        "podIP": TEXT,
        "podIPs": list_of(partial_struct({"ip": TEXT})),
        "conditions": list_of(partial_struct({"type": TEXT, "status": TEXT})),
    }
)
POD: Final = partial_struct({"metadata": METADATA, "spec": _POD_SPEC, "status": _STATUS})


def was_observed(pod: object) -> bool:
    """Return whether the manifest of a pod has a status that is not empty."""
    status = pod.get("status") if isinstance(pod, Mapping) else None
    return isinstance(status, Mapping) and any(value is not None for value in status.values())


def decoded_pod(
    decoded: dict[str, Any], owner: dict[str, Any], path: FieldPath, *, observed: bool
) -> tuple[Pod | None, list[Violation]]:
    """Return the pod of a decoded pod template, and its violations.

    Args:
        decoded: The decoded template, or Pod.
        owner: The metadata of the workload, or of the Pod.
        path: The path of the template in the workload; empty for a Pod.
        observed: Whether the pod exists in a cluster.
    """
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
        (
            condition.get("status") == "True"
            for condition in status.get("conditions", ())
            if condition.get("type") == "Ready"
        ),
        None,
    )
    addresses = [address["ip"] for address in status.get("podIPs", ()) if address.get("ip")]
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
    """Return the container of an item of a pod's `containers`.

    Raises:
        ValidationError: An API server would refuse its ports.
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
                ports.append(ContainerPort(**{"container_port": 0, **from_wire(port, CONTAINER_PORT_FIELDS)}))
            except ValidationError as error:
                found += below(place.child("ports").index(position), error.violations)
        try:
            containers.append(Container(**{"name": "", **from_wire(data, CONTAINER_FIELDS)}, ports=ports))
        except ValidationError as error:
            found += below(place, error.violations)
    return tuple(containers)
