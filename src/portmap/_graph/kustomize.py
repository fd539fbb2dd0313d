"""The kustomizations of an input, with the files and folders that they list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import basename, dirname, join, normpath
from typing import Any, Final, final

import attrs

from portmap._graph.items import Item
from portmap._graph.object_name import items_at, text_at, value_at

KUSTOMIZATIONS: Final = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


@final
@attrs.frozen
class Doubts:
    """What a kustomization does that cannot be read.

    Attributes:
        adds: Why it may add objects.
        changes: Why it may change objects.
    """

    adds: str | None = None
    changes: str | None = None

    def __or__(self, other: "Doubts") -> "Doubts":
        return Doubts(self.adds or other.adds, self.changes or other.changes)


@final
@attrs.frozen(eq=False)
class Kustomization:
    """The kustomization of a folder.

    Attributes:
        folder: The folder.
        raw: The kustomization as plain data.
        source: Its file.
    """

    folder: str
    raw: Mapping[str, Any]
    source: str

    @property
    def is_component(self) -> bool:
        """Whether it is a component, which is built only as a part of another kustomization."""
        return self.raw.get("kind") == "Component"

    def entries(self, field: str) -> Sequence[Any]:
        """Return the items of one of its lists."""
        return items_at(self.raw, field)

    def paths(self, *fields: str) -> Iterator[str]:
        """Yield the files and folders that these fields list, as paths of the input."""
        for field in fields:
            for path in items_at(self.raw, field):
                if isinstance(path, str) and "\n" not in path:
                    yield path_from(self.folder, path)

    @property
    def parts(self) -> tuple[str, ...]:
        """The files and folders of which it consists."""
        return tuple(self.paths("resources", "bases", "components"))

    @property
    def patch_paths(self) -> tuple[str, ...]:
        """The files of its patches."""
        return tuple(path_from(self.folder, path) for path in _patch_files(self.raw))


def path_from(folder: str, path: str) -> str:
    """Return the path of a file that a kustomization of this folder lists."""
    found = normpath(join(folder, path))
    return "" if found == "." else found


def is_kustomization(item: Item) -> bool:
    """Return whether an item is the kustomization of a folder."""
    return basename(item.source) in KUSTOMIZATIONS or item.name.kind in {"Kustomization", "Component"}


def kustomizations_in(items: Iterable[Item]) -> dict[str, Kustomization]:
    """Return the kustomizations of an input, by folder."""
    found: dict[str, Kustomization] = {}
    for item in items:
        if item.source and is_kustomization(item) and not _is_flux(item.raw):
            folder = dirname(normpath(item.source))
            found.setdefault(folder, Kustomization(folder, item.raw, normpath(item.source)))
    return found


def _is_flux(raw: Mapping[str, Any]) -> bool:
    """Return whether this is a Kustomization of Flux, which is an object of a cluster."""
    return "toolkit.fluxcd.io" in (text_at(raw, "apiVersion") or "")


def patch_files(items: Iterable[Item]) -> tuple[set[str], set[str]]:
    """Return the files that kustomizations list as patches, and the folders of components."""
    found = kustomizations_in(items)
    patches = {path for kustomization in found.values() for path in kustomization.patch_paths}
    return patches, {folder for folder, kustomization in found.items() if kustomization.is_component}


def added_labels(kustomizations: Iterable[Kustomization]) -> Mapping[str, frozenset[str]]:
    """Return by folder the keys of the labels that its kustomization adds to every object."""
    found: dict[str, frozenset[str]] = {}
    for kustomization in kustomizations:
        labels = [value_at(kustomization.raw, "commonLabels")]
        labels += [value_at(entry, "pairs") for entry in kustomization.entries("labels")]
        keys = frozenset(str(key) for pairs in labels if isinstance(pairs, Mapping) for key in pairs)
        if keys:
            found[kustomization.folder] = keys
    return found


def _patch_files(raw: Mapping[str, Any]) -> Iterator[str]:
    for field in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        for patch in items_at(raw, field):
            path = patch if isinstance(patch, str) else text_at(patch, "path")
            if path and "\n" not in path:
                yield path
