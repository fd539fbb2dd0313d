"""Workloads, reduced to the pods that they create. The table of their kinds is in `_kubernetes.kinds`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, final

import attrs

from portmap._apiserver.metadata_schema import METADATA
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import (
    ADDED_LABELS,
    SEVERAL_TEMPLATES,
    any_template_path,
    kind_of_workload,
    known_kinds,
)
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.printable import safe_repr
from portmap._kubernetes.schema import TEXT_MAP, wrong_type
from portmap._kubernetes.violations import Violation, below, in_order
from portmap._kubernetes.wire import labels_or_as_is
from portmap._model.foreign import plain_manifest
from portmap._model.foreign_protocols import Foreign, is_document
from portmap._model.pod_reading import POD, decoded_pod, partial_struct, was_observed
from portmap._model.pods import Pod
from portmap._model.port_lookup import ContainerPortKey
from portmap._model.ports import ContainerPort
from portmap._model.representation import pretty_print


@final
@attrs.frozen
class Workload:
    """A workload, reduced to the pods that it creates.

    Args:
        kind: `"Deployment"`, `"StatefulSet"`, …
        name: The name.
        pod: The pods that it creates: a projected pod, in its namespace.
        selector: The labels that it selects its pods by, if it has a selector.
        replicas: The number of pods, if it is set; with 0 there are none.

    Example:
        >>> deployment = Workload("Deployment", "web", pod, replicas=2)
        >>> resolve(web, [deployment]).endpoints("http")[0].workload
        'Deployment/web'
    """

    __module__ = "portmap"

    kind: str
    name: str
    pod: Pod
    selector: Mapping[str, str] | None = attrs.field(default=None, converter=labels_or_as_is, kw_only=True, repr=False)
    replicas: int | None = attrs.field(default=None, kw_only=True)

    @property
    def namespace(self) -> str | None:
        """The namespace, which is that of its pods.

        Example:
            >>> Workload("Deployment", "web", Pod("", namespace="shop", template=True)).namespace
            'shop'
        """
        return self.pod.namespace

    def port(self, key: ContainerPortKey = None) -> ContainerPort:
        """Return one of the ports that the containers and sidecars of its pods declare.

        The arguments and errors are those of `Container.port`.

        Example:
            >>> deployment.port("http")
            ContainerPort(8080, name='http')
        """
        return self.pod.port(key)

    def __str__(self) -> str:
        """Return the name for messages: `Deployment shop/web`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        pretty_print(self, printer, also=("selector",))


def could_select(selector: Mapping[str, str], namespace: str | None, source: Workload | Pod) -> bool:
    """Return whether a selector in this namespace matches a pod, or a pod that a workload creates.

    Labels that controllers add to their pods count. An unknown namespace equals every other.
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
    """Return the keys of the labels that a controller adds to the pods of a workload."""
    return ADDED_LABELS.get(source.kind, {}) if isinstance(source, Workload) else ()


def _selects_added(selector: Mapping[str, str], workload: Workload) -> bool:
    added = ADDED_LABELS.get(workload.kind, {})
    for key, value in selector.items():
        if workload.pod.labels.get(key) == value:
            continue
        pattern = added.get(key)
        if pattern is None or not re.fullmatch(pattern.replace("{name}", re.escape(workload.name)), value):
            return False
    return True


def as_workload(workload: Workload | Pod | Mapping[str, Any] | Foreign) -> Workload:
    """Return a workload in any form as a `Workload`. A pod becomes a workload of kind Pod.

    Raises:
        ValidationError: The manifest is not that of a workload, or an API server would refuse its ports.
        TypeError: It is neither a workload nor a manifest.
    """
    if isinstance(workload, Workload):
        return workload
    if isinstance(workload, Pod):
        return Workload("Pod", workload.name, workload)
    manifest = plain_manifest(workload)
    if not isinstance(manifest, Mapping):
        reason = "a Service makes no pods: " if type(manifest).__name__ == "Service" else ""
        raise TypeError(f"{reason}a workload is a Pod, a Workload or a plain dict, not {safe_repr(manifest)}")
    if any_template_path(manifest) is None:
        raise ValidationError("manifest", (_makes_no_pods(manifest),))
    return read_workload(manifest)


def as_workloads(subject: Workload | Pod | Mapping[str, Any] | Foreign) -> tuple[Workload | Pod, ...]:
    """Return the workloads and pods of an object in any form.

    A document of a file may be of any kind and hold several workloads or none. Any other object must be
    a workload.

    Raises:
        ValidationError: The manifest is not that of a workload, or an API server would refuse its ports.
    """
    if isinstance(subject, Pod | Workload):
        return (subject,)
    if not is_document(subject):
        return (as_workload(subject),)
    if subject.violations and isinstance(subject.raw, Mapping) and makes_pods(subject.raw):
        raise ValidationError(str(subject), subject.violations)
    return tuple(found for found in subject.objects if isinstance(found, Pod | Workload))


# --- reading ---------------------------------------------------------------------------------------------------


_SELECTOR: Final = partial_struct({"matchLabels": TEXT_MAP})


def unknown_kind(manifest: object) -> Violation:
    """Return the violation of an object that is neither a Service nor a workload."""
    if not isinstance(manifest, Mapping):
        hint = "for a text, use load or parse" if isinstance(manifest, str) else None
        return wrong_type(ROOT, "a mapping: one parsed manifest", manifest, hint)
    return _wrong_kind(manifest, f"portmap reads a Service (v1) and what makes pods: {', '.join(known_kinds())}")


def _makes_no_pods(manifest: Mapping[str, Any]) -> Violation:
    """Return the violation of an object that is not a workload where one is needed."""
    return _wrong_kind(
        manifest,
        f"portmap knows no pods of it; pods are made by {', '.join(known_kinds())}",
        "leave it out, or give the documents of load, of which those that make pods are taken",
    )


def _wrong_kind(manifest: Mapping[str, Any], detail: str, hint: str | None = None) -> Violation:
    return Violation.about(
        FieldPath("kind"),
        "wrong-kind",
        "FieldValueTypeInvalid",
        detail,
        hint=hint,
        value=manifest.get("kind"),
        opening="Wrong kind",
    )


def read_workload(manifest: Any) -> Workload:  # noqa: ANN401 - a file may hold anything
    """Return the workload of a manifest. A Pod becomes a workload of kind Pod.

    Raises:
        ValidationError: Its kind creates no pods, or an API server would refuse its ports.
    """
    found: list[Violation] = []
    kind = manifest.get("kind") if isinstance(manifest, Mapping) else None
    path = any_template_path(manifest) if isinstance(manifest, Mapping) else None
    if path is None:
        raise ValidationError("manifest", (unknown_kind(manifest),))
    template = _at(manifest, *path)
    if template is None:
        found.append(Violation.about(path, "template-required", "FieldValueRequired", f"a {kind} has a pod template"))
    decoded: Any = POD.read(template or {}, path, found)
    # A Pod is its own template, so its metadata is decoded already.
    own = (manifest.get("metadata") or {}) if path else None
    metadata: Any = decoded.get("metadata", {}) if own is None else METADATA.read(own, FieldPath("metadata"), found)
    selector = _own_selector(manifest, str(kind), found)
    if found:
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        raise ValidationError(f"{kind} {name}", in_order(found))
    pod, found = decoded_pod(decoded, metadata, path, observed=was_observed(template))
    if pod is None:
        raise ValidationError(f"{kind} {metadata.get('name', '')}", in_order(found))
    return Workload(
        kind_of_workload(manifest.get("apiVersion"), str(kind)),
        metadata.get("name") or metadata.get("generateName", ""),
        pod,
        selector=selector,
        replicas=_replicas(manifest),
    )


def makes_pods(manifest: Mapping[str, Any]) -> bool:
    """Return whether `read_workloads` reads manifests of this kind."""
    return any_template_path(manifest) is not None or several_templates(manifest) is not None


def read_workloads(manifest: Mapping[str, Any]) -> tuple[Workload, ...]:
    """Return the workloads of a manifest.

    A ClusterServiceVersion creates several Deployments. An Argo Rollout that refers to a
    Deployment has no template and creates no pods itself.

    Raises:
        ValidationError: Its kind creates no pods, or an API server would refuse the ports of one.
    """
    several = several_templates(manifest)
    if several is None:
        spec = manifest.get("spec")
        referring = manifest.get("kind") == "Rollout" and isinstance(spec, Mapping) and "workloadRef" in spec
        return () if referring else (read_workload(manifest),)
    kind, path = several
    workloads, found = [], []
    entries = _at(manifest, *path)
    for position, item in enumerate(entries if isinstance(entries, list) else ()):
        entry = item if isinstance(item, Mapping) else {}
        metadata = {"name": entry.get("name"), "namespace": _at(manifest, "metadata", "namespace")}
        try:
            workloads.append(
                read_workload(
                    {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": entry.get("spec") or {}}
                )
            )
        except ValidationError as error:
            found += below(path.index(position), error.violations)
    if found:
        raise ValidationError(f"{manifest.get('kind')} {_at(manifest, 'metadata', 'name') or ''}", in_order(found))
    return tuple(workloads)


def several_templates(manifest: Mapping[str, Any]) -> tuple[str, FieldPath] | None:
    """Return the kind of the workloads that an object creates and the path to their list, if there may be several."""
    api_version = manifest.get("apiVersion")
    group = api_version.rpartition("/")[0] if isinstance(api_version, str) else ""
    kind = manifest.get("kind")
    return SEVERAL_TEMPLATES.get((group, kind)) if isinstance(kind, str) else None


def _at(data: Any, *path: str | int) -> Any:  # noqa: ANN401 - any JSON value
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _replicas(manifest: Mapping[str, Any]) -> int | None:
    """Return the number of pods. A wrong type is not about ports, so it is left to the server."""
    replicas = _at(manifest, "spec", "replicas")
    return replicas if type(replicas) is int else None


def _own_selector(manifest: Mapping[str, Any], kind: str, found: list[Violation]) -> Labels | None:
    """Return the labels that a controller selects its pods by. The server generates those of a Job."""
    spec = manifest.get("spec")
    selector = spec.get("selector") if isinstance(spec, Mapping) and kind not in {"Pod", "Job", "CronJob"} else None
    if selector is None:
        return None
    if kind in {"ReplicationController", "DeploymentConfig"}:
        labels = TEXT_MAP.read(selector, FieldPath("spec", "selector"), found)
    else:
        decoded = _SELECTOR.read(selector, FieldPath("spec", "selector"), found)
        labels = decoded.get("matchLabels") if isinstance(decoded, dict) else None
    return Labels(labels) if isinstance(labels, dict) and labels and not found else None
