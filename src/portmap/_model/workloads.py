"""Workloads, reduced to the pods that they make. Which kinds there are stands in a table of its own."""

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
    WORKLOAD_KINDS,
    any_template_path,
    kind_of_workload,
    known_kinds,
    template_path,
)
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.schema import TEXT_MAP, wrong_type
from portmap._kubernetes.violations import Violation, below, in_order
from portmap._model.foreign import Foreign, is_from_file, plain_manifest
from portmap._model.pod_reading import POD, anything_but, pod_of, read_container, was_observed
from portmap._model.pods import Pod
from portmap._model.ports import printed

__all__ = [
    "WORKLOAD_KINDS",
    "Workload",
    "added_labels",
    "could_select",
    "makes_pods",
    "read_container",
    "read_workload",
    "read_workloads",
    "reduced",
    "several_templates",
    "template_path",
    "workloads_of",
]


@final
@attrs.frozen
class Workload:
    """A workload, reduced to what its pods look like.

    Args:
        kind: `"Deployment"`, `"StatefulSet"`, …
        name: Its name.
        pod: What the pods are like that it makes: projected, in its namespace.
        selector: The labels by which it knows its own pods, where it says so.
        replicas: How many pods it makes, where it says so; with 0 it makes none.

    Example:
        >>> deployment = Workload("Deployment", "web", pod, replicas=2)
        >>> resolve(web, [deployment]).endpoints("http")[0].workload
        'Deployment/web'
    """

    __module__ = "portmap"

    kind: str
    name: str
    pod: Pod
    selector: Mapping[str, str] | None = attrs.field(default=None, kw_only=True, repr=False)
    replicas: int | None = attrs.field(default=None, kw_only=True)

    @property
    def namespace(self) -> str | None:
        """Where it lives.

        Example:
            >>> Workload("Deployment", "web", Pod("", namespace="shop", template=True)).namespace
            'shop'
        """
        return self.pod.namespace

    def __str__(self) -> str:
        """For people: `Deployment shop/web`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - as Hypothesis and IPython ask
        printed(self, printer, also=("selector",))


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


def reduced(workload: Workload | Pod | Mapping[str, Any] | Foreign) -> Workload:
    """Any workload as a `Workload`: a pod is one of itself, a plain dict or another library's object is read.

    Raises:
        ValidationError: The dict is no workload, or its ports are not what a server accepts.
    """
    if isinstance(workload, Workload):
        return workload
    if isinstance(workload, Pod):
        return Workload("Pod", workload.name, workload)
    given = plain_manifest(workload)
    if not isinstance(given, Mapping):
        what = "a Service makes no pods: " if type(given).__name__ == "Service" else ""
        raise TypeError(f"{what}a workload is a Pod, a Workload or a plain dict, not {given!r}")
    if any_template_path(given) is None:
        raise ValidationError("manifest", (_makes_no_pods(given),))
    return read_workload(given)


def workloads_of(given: Workload | Pod | Mapping[str, Any] | Foreign) -> tuple[Workload | Pod, ...]:
    """What makes pods of one thing that was given: itself, but for documents of files.

    A document is as its file has it, beside others: of any kind, and it may hold several workloads.

    Raises:
        ValidationError: The dict is no workload, or what it or the document holds is not what a server accepts.
    """
    if isinstance(given, Pod | Workload):
        return (given,)
    if not is_from_file(given):
        return (reduced(given),)
    if given.violations and isinstance(given.raw, Mapping) and makes_pods(given.raw):
        raise ValidationError(str(given), given.violations)
    return tuple(each for each in given.objects if isinstance(each, Pod | Workload))


# --- reading ---------------------------------------------------------------------------------------------------


_SELECTOR: Final = anything_but({"matchLabels": TEXT_MAP})


def no_such_kind(manifest: object) -> Violation:
    """The violation of something that is neither a Service nor a workload."""
    if not isinstance(manifest, Mapping):
        hint = "for a text, use load or parse" if isinstance(manifest, str) else None
        return wrong_type(ROOT, "a mapping: one parsed manifest", manifest, hint)
    return _wrong_kind(manifest, f"portmap reads a Service (v1) and what makes pods: {', '.join(known_kinds())}")


def _makes_no_pods(manifest: Mapping[str, Any]) -> Violation:
    """The violation of an object that is given for a workload and is none."""
    return _wrong_kind(
        manifest,
        f"portmap knows no pods of it; pods are made by {', '.join(known_kinds())}",
        "leave it out, or give the documents of load, of which those that make pods are taken",
    )


def _wrong_kind(manifest: Mapping[str, Any], detail: str, hint: str | None = None) -> Violation:
    return Violation.about(
        "kind",
        "wrong-kind",
        "FieldValueTypeInvalid",
        detail,
        hint=hint,
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
    path = any_template_path(manifest) if isinstance(manifest, Mapping) else None
    if path is None:
        raise ValidationError("manifest", (no_such_kind(manifest),))
    template = _at(manifest, *path)
    if template is None:
        found.append(Violation.about(path, "template-required", "FieldValueRequired", f"a {kind} has a pod template"))
    decoded: Any = POD.read(template or {}, path, found)
    # A Pod is its own template, whose metadata is read by now.
    given = (manifest.get("metadata") or {}) if path else None
    metadata: Any = decoded.get("metadata", {}) if given is None else METADATA.read(given, FieldPath("metadata"), found)
    selector = _own_selector(manifest, str(kind), found)
    if found:
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        raise ValidationError(f"{kind} {name}", in_order(found))
    pod, found = pod_of(decoded, metadata, path, observed=was_observed(template))
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
    """Whether `read_workloads` finds workloads in an object such as this."""
    return any_template_path(manifest) is not None or several_templates(manifest) is not None


def read_workloads(manifest: Mapping[str, Any]) -> tuple[Workload, ...]:
    """The workloads of a manifest: one, or as many as an object of its kind says.

    A ClusterServiceVersion makes several Deployments, each with a name of its own. An
    Argo Rollout that refers to a Deployment has no template, and makes none itself.

    Raises:
        ValidationError: It is of no kind that makes pods, or ports of its are wrong.
    """
    several = several_templates(manifest)
    if several is None:
        spec = manifest.get("spec")
        referring = manifest.get("kind") == "Rollout" and isinstance(spec, Mapping) and "workloadRef" in spec
        return () if referring else (read_workload(manifest),)
    kind, path = several
    made, found = [], []
    listed = _at(manifest, *path)
    for position, given in enumerate(listed if isinstance(listed, list) else ()):
        entry = given if isinstance(given, Mapping) else {}
        metadata = {"name": entry.get("name"), "namespace": _at(manifest, "metadata", "namespace")}
        try:
            made.append(
                read_workload(
                    {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": entry.get("spec") or {}}
                )
            )
        except ValidationError as error:
            found += below(path.index(position), error.violations)
    if found:
        raise ValidationError(f"{manifest.get('kind')} {_at(manifest, 'metadata', 'name') or ''}", in_order(found))
    return tuple(made)


def several_templates(manifest: Mapping[str, Any]) -> tuple[str, FieldPath] | None:
    """For an object that makes several workloads: of which kind, and the path to the list of them; else `None`."""
    api_version = manifest.get("apiVersion")
    group = api_version.rpartition("/")[0] if isinstance(api_version, str) else ""
    kind = manifest.get("kind")
    return SEVERAL_TEMPLATES.get((group, kind)) if isinstance(kind, str) else None


def _at(data: Any, *path: str | int) -> Any:  # noqa: ANN401 - any JSON value
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _replicas(manifest: Mapping[str, Any]) -> int | None:
    """How many pods it makes. What is no number is the server's to refuse: it is not about ports."""
    replicas = _at(manifest, "spec", "replicas")
    return replicas if type(replicas) is int else None


def _own_selector(manifest: Mapping[str, Any], kind: str, found: list[Violation]) -> Labels | None:
    """The labels by which a controller knows its pods; a Job's are made up by the server."""
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
