"""Workloads, reduced to the pods that they make: a table of kinds and where their template is."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, final

import attrs

from portmap._errors import ValidationError
from portmap._labels import Labels
from portmap._metadata import METADATA
from portmap._paths import Path, describe, parse
from portmap._pods import Container, Pod
from portmap._ports import CONTAINER_PORT, ContainerPort
from portmap._schema import BOOLEAN, TEXT, TEXT_MAP, Reader, list_of, struct, wrong_type
from portmap._violations import Violation, in_order

__all__ = [
    "WORKLOAD_KINDS",
    "Workload",
    "added_labels",
    "could_select",
    "read_container",
    "read_workload",
    "reduced",
    "template_path",
]

WORKLOAD_KINDS: Final[Mapping[tuple[str, str], Path]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
"""API group and kind, and the path from the object to its pod template."""

_KINDS: Final = {kind: path for (_, kind), path in WORKLOAD_KINDS.items()}
_OLD_GROUPS: Final = frozenset({"extensions"})


@final
@attrs.frozen
class Workload:
    """A workload, reduced to what its pods look like.

    Args:
        kind: `"Deployment"`, `"StatefulSet"`, …
        name: Its name.
        pod: What the pods are like that it makes: projected, in its namespace.
        selector: The labels by which it knows its own pods, where it says so.
    """

    kind: str
    name: str
    pod: Pod
    selector: Mapping[str, str] | None = attrs.field(default=None, kw_only=True, repr=False)

    @property
    def namespace(self) -> str | None:
        """Where it lives."""
        return self.pod.namespace

    def __str__(self) -> str:
        """For people: `Deployment shop/web`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


# Labels that a controller adds to the pods that it makes, and the values they take
# for a workload of some name. Any value: the controller makes it up.
_ANY: Final = r".+"
_ADDED_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "Deployment": {"pod-template-hash": _ANY},
    "ReplicaSet": {"pod-template-hash": _ANY},
    "StatefulSet": {
        "statefulset.kubernetes.io/pod-name": r"{name}-[0-9]+",
        "apps.kubernetes.io/pod-index": r"[0-9]+",
        "controller-revision-hash": _ANY,
    },
    "DaemonSet": {"controller-revision-hash": _ANY, "pod-template-generation": r"[0-9]+"},
    "Job": {
        "job-name": r"{name}",
        "batch.kubernetes.io/job-name": r"{name}",
        "controller-uid": _ANY,
        "batch.kubernetes.io/controller-uid": _ANY,
        "batch.kubernetes.io/job-completion-index": r"[0-9]+",
    },
    "CronJob": {
        "job-name": r"{name}-[0-9]+",
        "batch.kubernetes.io/job-name": r"{name}-[0-9]+",
        "controller-uid": _ANY,
        "batch.kubernetes.io/controller-uid": _ANY,
    },
}


def could_select(selector: Mapping[str, str], namespace: str | None, source: Workload | Pod) -> bool:
    """Whether a selector in this namespace picks this pod, or a pod that this workload makes.

    Labels that controllers add to their pods count. An unknown namespace is taken to
    be the other's.
    """
    pod = source.pod if isinstance(source, Workload) else source
    if namespace is not None and pod.namespace is not None and namespace != pod.namespace:
        return False
    labels = pod.labels
    for key, value in selector.items():
        if labels.get(key) != value:
            return isinstance(source, Workload) and _selects_added(selector, source)
    return True


def added_labels(source: Workload | Pod) -> Iterable[str]:
    """The keys of the labels that a controller adds to the pods of this workload."""
    return _ADDED_LABELS.get(source.kind, {}) if isinstance(source, Workload) else ()


def _selects_added(selector: Mapping[str, str], workload: Workload) -> bool:
    added = _ADDED_LABELS.get(workload.kind, {})
    for key, value in selector.items():
        if workload.pod.labels.get(key) == value:
            continue
        pattern = added.get(key)
        if pattern is None or not re.fullmatch(pattern.replace("{name}", re.escape(workload.name)), value):
            return False
    return True


def template_path(api_version: object, kind: object) -> Path | None:
    """Where an object of this kind has its pod template; `None` if it has none."""
    if not isinstance(kind, str):
        return None
    group = api_version.rpartition("/")[0] if isinstance(api_version, str) else ""
    path = WORKLOAD_KINDS.get((group, kind))
    if path is None and (group in _OLD_GROUPS or not api_version):
        return _KINDS.get(kind)
    return path


def reduced(workload: Workload | Pod | Mapping[str, Any]) -> Workload:
    """Any workload as a `Workload`: a pod is one of itself, a plain dict is read.

    Raises:
        ValidationError: The dict is no workload, or its ports are not what a server accepts.
    """
    if isinstance(workload, Workload):
        return workload
    if isinstance(workload, Pod):
        return Workload("Pod", workload.name, workload)
    given: object = workload
    if not isinstance(given, Mapping):
        raise TypeError(f"a workload is a Pod, a Workload or a plain dict, not {given!r}")
    return read_workload(given)


# --- reading ---------------------------------------------------------------------------------------------------


def _anything_but(fields: Mapping[str, Reader]) -> Reader:
    """A mapping of which only these fields are looked at."""
    return struct(fields, open_to_others=True)


_CONTAINER: Final = _anything_but(
    {"name": TEXT, "image": TEXT, "restartPolicy": TEXT, "ports": list_of(CONTAINER_PORT)}
)
_POD_SPEC: Final = _anything_but(
    {
        "containers": list_of(_CONTAINER),
        "initContainers": list_of(_CONTAINER),
        "hostNetwork": BOOLEAN,
        "nodeName": TEXT,
        "hostname": TEXT,
        "subdomain": TEXT,
    }
)
_STATUS: Final = _anything_but(
    {
        "phase": TEXT,
        "podIP": TEXT,
        "podIPs": list_of(_anything_but({"ip": TEXT})),
        "conditions": list_of(_anything_but({"type": TEXT, "status": TEXT})),
    }
)
_POD: Final = _anything_but({"metadata": METADATA, "spec": _POD_SPEC, "status": _STATUS})
_SELECTOR: Final = _anything_but({"matchLabels": TEXT_MAP})


def no_such_kind(manifest: object) -> Violation:
    """The violation of something that is neither a Service nor a workload."""
    if not isinstance(manifest, Mapping):
        hint = "for a text, use load or parse" if isinstance(manifest, str) else None
        return wrong_type((), "a mapping: one parsed manifest", manifest, hint)
    kinds = ", ".join(sorted(_KINDS))
    return Violation.about(
        "kind",
        "wrong-kind",
        "FieldValueTypeInvalid",
        f"portmap reads a Service (v1) and what makes pods: {kinds}",
        value=manifest.get("kind"),
        opening="Wrong kind",
    )


def read_workload(manifest: Any) -> Workload:  # noqa: ANN401 - anything may turn up in a file
    """The workload of a manifest; a Pod's own is a Workload of kind Pod.

    Raises:
        ValidationError: It is of no kind that makes pods, or its ports are wrong.
    """
    found: list[Violation] = []
    kind = manifest.get("kind") if isinstance(manifest, Mapping) else None
    path = template_path(manifest.get("apiVersion"), kind) if isinstance(manifest, Mapping) else None
    if path is None:
        raise ValidationError("manifest", (no_such_kind(manifest),))
    metadata = METADATA.read(manifest.get("metadata") or {}, ("metadata",), found)
    template: Any = manifest
    for step in path:
        template = template.get(step) if isinstance(template, Mapping) else None
    if template is None:
        found.append(wrong_type(path, "a pod template", template))
    decoded = _POD.read(template or {}, path, found)
    selector = _own_selector(manifest, str(kind), found)
    if found:
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        raise ValidationError(f"{kind} {name}", in_order(found))
    pod, found = _pod(decoded, metadata, path)
    if pod is None:
        raise ValidationError(f"{kind} {metadata.get('name', '')}", in_order(found))
    return Workload(str(kind), metadata.get("name") or metadata.get("generateName", ""), pod, selector=selector)


def _own_selector(manifest: Mapping[str, Any], kind: str, found: list[Violation]) -> Labels | None:
    """The labels by which a controller knows its pods; a Job's are made up by the server."""
    spec = manifest.get("spec")
    selector = spec.get("selector") if isinstance(spec, Mapping) and kind not in {"Pod", "Job", "CronJob"} else None
    if selector is None:
        return None
    if kind == "ReplicationController":
        labels = TEXT_MAP.read(selector, ("spec", "selector"), found)
    else:
        decoded = _SELECTOR.read(selector, ("spec", "selector"), found)
        labels = decoded.get("matchLabels") if isinstance(decoded, dict) else None
    return Labels(labels) if isinstance(labels, dict) and labels else None


def _pod(decoded: dict[str, Any], owner: dict[str, Any], path: Path) -> tuple[Pod | None, list[Violation]]:
    """The pod of a decoded template, or of a decoded Pod where the path is empty."""
    found: list[Violation] = []
    spec, status = decoded.get("spec", {}), decoded.get("status", {})
    metadata = decoded.get("metadata", {})
    groups = {
        field: _containers(spec.get(field, ()), (*path, "spec", field), found)
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
                addresses=addresses if status else None,
                phase=status.get("phase"),
                ready=ready,
                deletion_timestamp=metadata.get("deletionTimestamp"),
                template=bool(path),
            ),
            found,
        )
    except ValidationError as error:
        return None, _under(path, error)


def read_container(data: Mapping[str, Any]) -> Container:
    """The container of a fragment such as stands in a pod's `containers`.

    Raises:
        ValidationError: Its ports are not what a server accepts.
    """
    found: list[Violation] = []
    decoded = _CONTAINER.read(data, (), found)
    containers = [] if found else _containers([decoded], (), found)
    if found:
        raise ValidationError(
            "Container", tuple(attrs.evolve(each, field=each.field.removeprefix("[0].")) for each in found)
        )
    return containers[0]


def _containers(decoded: list[dict[str, Any]], path: Path, found: list[Violation]) -> list[Container]:
    containers = []
    for index, each in enumerate(decoded):
        ports = []
        for position, port in enumerate(each.get("ports", ())):
            try:
                ports.append(
                    ContainerPort(
                        port.get("containerPort", 0),
                        name=port.get("name"),
                        protocol=port.get("protocol"),
                        host_port=port.get("hostPort"),
                        host_ip=port.get("hostIP"),
                    )
                )
            except ValidationError as error:
                found += _under((*path, index, "ports", position), error)
        try:
            containers.append(
                Container(
                    each.get("name", ""), ports=ports, image=each.get("image"), restart_policy=each.get("restartPolicy")
                )
            )
        except ValidationError as error:
            found += _under((*path, index), error)
    return containers


def _under(path: Path, error: ValidationError) -> list[Violation]:
    """The violations of a part, under the path of the part."""
    return [attrs.evolve(violation, field=describe(path + parse(violation.field))) for violation in error.violations]
