"""The names, namespaces, labels and replicas that a kustomization gives to objects.

Source: sigs.k8s.io/kustomize `api/internal/target/kusttarget_configplugin.go`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._graph.items import Item
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._kubernetes.kinds import any_template_path, is_cluster_scoped
from portmap._model.service_reading import is_core_service

Reader: TypeAlias = Callable[[Item, Mapping[str, Any]], Item | None]
"""Returns an item with other plain data, or `None` if it is not valid."""

_NOT_PREFIXED: Final = frozenset({"APIService", "CustomResourceDefinition", "Namespace"})


def first_name(item: Item) -> str | None:
    """Return the name that an object has in its file."""
    return text_at(item.document.raw if item.document else item.raw, "metadata", "name")


@final
@attrs.frozen
class _Labels:
    """The labels that a kustomization adds: to the objects, to pod templates, and to selectors."""

    own: Mapping[str, str]
    template: Mapping[str, str]
    selector: Mapping[str, str]

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "_Labels":
        common = _texts(value_at(raw, "commonLabels"))
        own, template, selector = dict(common), dict(common), dict(common)
        for entry in items_at(raw, "labels"):
            pairs = _texts(value_at(entry, "pairs"))
            own |= pairs
            if value_at(entry, "includeSelectors") is True:
                selector |= pairs
            if value_at(entry, "includeSelectors") is True or value_at(entry, "includeTemplates") is True:
                template |= pairs
        return cls(own, template, selector)


def _texts(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {str(key): text for key, text in pairs if isinstance(text, str)}


def transformed(items: Sequence[Item], raw: Mapping[str, Any], read: Reader) -> Iterator[Item]:
    """Yield the objects in the namespace, with the names and labels that a kustomization gives them."""
    namespace = text_at(raw, "namespace")
    prefix, suffix = text_at(raw, "namePrefix") or "", text_at(raw, "nameSuffix") or ""
    labels = _Labels.of(raw)
    replicas = {text_at(entry, "name"): value_at(entry, "count") for entry in items_at(raw, "replicas")}
    if not (namespace or prefix or suffix or labels.own or replicas):
        yield from items
        return
    renames: dict[tuple[str, str | None], tuple[str, str | None]] = {}
    changed = []
    for item in items:
        name = item.name.name if item.name.kind in _NOT_PREFIXED else f"{prefix}{item.name.name}{suffix}"
        own = namespace if namespace and not is_cluster_scoped(item.raw.get("kind")) else item.name.namespace
        if item.name.kind == "Service" and (name, own) != (item.name.name, item.name.namespace):
            renames[item.name.name, item.name.namespace] = name, own
        count = replicas.get(item.name.name, replicas.get(first_name(item)))
        manifest = _with_metadata(item.raw, name, own, labels, count if type(count) is int else None)
        # What the API server would refuse is kept as it is: the kustomization alone does not show it.
        changed.append(read(item, manifest) or item)
    # References follow the Services that they name, as those of kustomize do.
    for item in changed:
        yield attrs.evolve(item, renames=(*item.renames, renames)) if renames else item


def _with_metadata(
    raw: Mapping[str, Any], name: str, namespace: str | None, labels: _Labels, replicas: int | None
) -> dict[str, Any]:
    changes: list[tuple[tuple[str, ...], object]] = []
    if name and text_at(raw, "metadata", "name"):
        changes.append((("metadata", "name"), name))
    if namespace is not None:
        changes.append((("metadata", "namespace"), namespace))
    path = any_template_path(raw)
    template = None if path is None else tuple(map(str, path))
    for place, added in (
        (("metadata", "labels"), {**labels.own, **(labels.template if template == () else {})}),
        ((*(template or ()), "metadata", "labels"), labels.template if template else {}),
        (("spec", "selector", "matchLabels"), labels.selector),
        (("spec", "selector"), labels.selector if is_core_service(raw) or _has_plain_selector(raw) else {}),
    ):
        present = value_at(raw, *place)
        # kustomize would add a selector to a Service without one, whose endpoints the controller would then
        # manage. Nobody intends that, so it is not applied.
        if added and (isinstance(present, Mapping) or (present is None and place[-1] == "labels")):
            changes.append((place, {**(present or {}), **added}))
    if replicas is not None and template:
        changes.append((("spec", "replicas"), replicas))
    changed = dict(raw)
    for place, value in changes:
        changed = _set(changed, place, value)
    return changed


def _has_plain_selector(raw: Mapping[str, Any]) -> bool:
    return raw.get("kind") in {"DeploymentConfig", "ReplicationController"}


def _set(raw: Mapping[str, Any], path: Sequence[str], value: object) -> dict[str, Any]:
    """Return plain data with another value at this path; nothing that the original shares is changed."""
    step, *rest = path
    inner = raw.get(step)
    return {**raw, step: _set(inner if isinstance(inner, Mapping) else {}, rest, value) if rest else value}
