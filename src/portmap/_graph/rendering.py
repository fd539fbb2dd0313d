"""What a kustomization can be read to do without running it.

Resources, bases and components, patches, the namespace, prefixes and suffixes of names,
labels and replicas are applied. Everything else that may add or change objects is a doubt,
with the reason.

Source: sigs.k8s.io/kustomize `api/types/kustomization.go`, `api/internal/target/kusttarget.go`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import normpath
from typing import Any, Final, final

import attrs

from portmap._graph.items import Item
from portmap._graph.kustomize import Doubts, Kustomization, is_kustomization, path_from
from portmap._graph.kustomize_transformers import Reader, first_name, transformed
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._graph.patches import PatchError, json_patch, merge_patch
from portmap._kubernetes.errors import ManifestError

_ADDING: Final = ("generators", "helmCharts", "helmChartInflationGenerator")
_CHANGING: Final = ("transformers", "replacements", "vars")


@final
@attrs.frozen
class Rendering:
    """The objects of a kustomization, as `kustomize build` would write them.

    Attributes:
        items: The objects, each with the place in its file.
        doubts: What cannot be known.
    """

    items: tuple[Item, ...]
    doubts: Doubts


@final
@attrs.frozen(eq=False)
class _Input:
    """The files that kustomizations can list.

    Attributes:
        items: The objects of each file.
        data: The plain data of each file, also of those that hold no objects, such as JSON patches.
        kustomizations: The kustomization of each folder.
        read: Returns an item with other plain data, or `None` if it is not valid.
        limit: The number of objects that one kustomization can have.
    """

    items: Mapping[str, Sequence[Item]]
    data: Mapping[str, Sequence[Any]]
    kustomizations: Mapping[str, Kustomization]
    read: Reader
    limit: int
    rendered: dict[str, Rendering | None] = attrs.field(factory=dict)


def render(
    kustomizations: Mapping[str, Kustomization],
    items: Iterable[Item],
    data: Mapping[str, Sequence[Any]],
    read: Reader,
    *,
    limit: int,
) -> dict[str, Rendering]:
    """Return the renderings of the kustomizations that no other one includes, by folder.

    Args:
        kustomizations: The kustomizations of the input, by folder.
        items: The objects of the input that are not patches.
        data: The plain data of the files that are patches.
        read: Returns an item with other plain data, or `None` if that is not valid.
        limit: The number of objects that all renderings together can have. Kustomizations beyond
            it are not rendered.
    """
    by_file: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.source and not is_kustomization(item):
            by_file[normpath(item.source)].append(item)
    files = _Input(by_file, data, kustomizations, read, limit)
    included = {path for kustomization in kustomizations.values() for path in kustomization.parts}
    found: dict[str, Rendering] = {}
    for folder, kustomization in kustomizations.items():
        if folder in included or kustomization.is_component:
            continue
        rendering = _render(folder, files)
        if rendering is not None and rendering.items:
            limit -= len(rendering.items)
            if limit < 0:
                break
            found[folder] = rendering
    return found


def _render(folder: str, files: _Input) -> Rendering | None:
    """Return the rendering of a kustomization; `None` while it is being rendered, which is a cycle."""
    if folder not in files.rendered:
        files.rendered[folder] = None
        kustomization = files.kustomizations[folder]
        files.rendered[folder] = _layer(kustomization, Rendering((), Doubts()), files)
    return files.rendered[folder]


def _layer(kustomization: Kustomization, below: Rendering, files: _Input) -> Rendering:
    """Return what a kustomization makes of its parts, and a component of those of its parent."""
    items, doubts = list(below.items), below.doubts
    for path in kustomization.paths("resources", "bases"):
        part = _part(path, files)
        items += part.items
        doubts |= part.doubts
    for path in kustomization.paths("components"):
        component = files.kustomizations.get(path)
        if component is None:
            doubts |= _not_in_input(path)
        elif len(items) < files.limit:
            layered = _layer(component, Rendering(tuple(items), doubts), files)
            items, doubts = list(layered.items), layered.doubts
    raw = kustomization.raw
    adding = next((field for field in _ADDING if raw.get(field)), None)
    changing = next((field for field in _CHANGING if raw.get(field)), None)
    doubts |= Doubts(
        adding and f"{adding} of {kustomization.source} may add objects",
        changing and f"{changing} of {kustomization.source} may change objects",
    )
    changed, more = _patched(items, kustomization, files)
    return Rendering(tuple(transformed(changed, raw, files.read)), doubts | more)


def _part(path: str, files: _Input) -> Rendering:
    if path in files.kustomizations:
        return _render(path, files) or Rendering((), Doubts())
    if path in files.items:
        return Rendering(tuple(files.items[path]), Doubts())
    return Rendering((), Doubts() if path in files.data else _not_in_input(path))


def _not_in_input(path: str) -> Doubts:
    return Doubts(adds=f"{path} of the kustomization is not in the input")


# --- patches ---------------------------------------------------------------------------------------------------


def _patched(items: Sequence[Item], kustomization: Kustomization, files: _Input) -> tuple[Sequence[Item], Doubts]:
    """Return the objects with the patches of a kustomization."""
    doubts = Doubts()
    for target, content, source in _patches(kustomization, files):
        if content is None:
            doubts |= Doubts(changes=f"the patch {source} cannot be read")
            continue
        changed: list[Item] = []
        for item in items:
            patched: Item | None = item
            if _matches(item, target, content):
                try:
                    patched = _with_patch(item, content, files.read)
                except PatchError:
                    doubts |= Doubts(changes=f"the patch {source} cannot be applied to {item.name}")
            if patched is not None:
                changed.append(patched)
        items = changed
    return items, doubts


def _patches(kustomization: Kustomization, files: _Input) -> Iterator[tuple[Any, Any, str]]:
    """Yield each patch: its target, its content and its source. The content is `None` if it cannot be read."""
    for field in ("patchesStrategicMerge", "patches", "patchesJson6902"):
        for entry in items_at(kustomization.raw, field):
            text = entry if isinstance(entry, str) else text_at(entry, "patch")
            path = None if text and "\n" in text else entry if isinstance(entry, str) else text_at(entry, "path")
            target = None if isinstance(entry, str) else value_at(entry, "target")
            if path:
                contents = files.data.get(path_from(kustomization.folder, path))
                source = path
            else:
                contents, source = _parsed(text or ""), f"in {kustomization.source}"
            for content in contents or (None,):
                yield target, content, source


def _parsed(text: str) -> Sequence[Any] | None:
    # Only inline patches need the reader of YAML.
    from portmap._manifests.load import parse

    try:
        return parse(text)
    except ManifestError:
        return None


def _matches(item: Item, target: object, content: object) -> bool:
    """Return whether a patch is for an object."""
    if target is None:
        if not isinstance(content, Mapping):
            return False
        names = {item.name.name, first_name(item)}
        namespace = text_at(content, "metadata", "namespace")
        return (
            content.get("kind") == item.raw.get("kind")
            and text_at(content, "metadata", "name") in names
            and (namespace is None or namespace == text_at(item.raw, "metadata", "namespace"))
        )
    group, _, version = (text_at(item.raw, "apiVersion") or "").rpartition("/")
    own = {
        "group": (group,),
        "version": (version,),
        "kind": (text_at(item.raw, "kind") or "",),
        "name": (item.name.name, first_name(item) or ""),
        "namespace": (item.name.namespace or "",),
    }
    for field, values in own.items():
        wanted = text_at(target, field)
        if wanted is not None and not any(_fits(wanted, value) for value in values):
            return False
    return _labels_match(target, item)


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return pattern == value


def _labels_match(target: object, item: Item) -> bool:
    for field in ("labels", "annotations"):
        selector = text_at(target, f"{field.removesuffix('s')}Selector")
        own = value_at(item.raw, "metadata", field)
        own = own if isinstance(own, Mapping) else {}
        for requirement in (selector or "").split(","):
            key, equals, value = requirement.replace("==", "=").partition("=")
            if key and (key.strip() not in own or (equals and own[key.strip()] != value.strip())):
                return False
    return True


def _with_patch(item: Item, content: object, read: Reader) -> Item | None:
    """Return the patched object; `None` if the patch deletes it.

    Raises:
        PatchError: The patch cannot be applied, or the result is not valid.
    """
    if isinstance(content, list):
        raw = json_patch(item.raw, content)
    elif not isinstance(content, Mapping):
        raise PatchError("the patch is neither an object nor a list")
    elif content.get("$patch") == "delete":
        return None
    else:
        named = {key: value for key, value in content.items() if key not in {"apiVersion", "kind"}}
        metadata = value_at(content, "metadata")
        if isinstance(metadata, Mapping):
            named["metadata"] = {key: value for key, value in metadata.items() if key not in {"name", "namespace"}}
        raw = merge_patch(item.raw, named)
    changed = read(item, raw)
    if changed is None:
        raise PatchError("the result is not valid")
    return changed
