"""What is in a set of files but is no object to be judged: patches, placeholders, sources of generators.

A linter that takes a patch for a Service is noise. Whatever is passed over is counted,
with its reason.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from posixpath import basename, dirname, join, normpath
from typing import Any, Final, TypeAlias

from portmap._apiserver.decode_codes import CODES_OF_READING
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._kubernetes.kinds import any_template_path
from portmap._kubernetes.violations import Violation
from portmap._lint.item import Item

__all__ = [
    "FRAGMENT",
    "KUSTOMIZATIONS",
    "PATCH",
    "PLACEHOLDER",
    "UNDECIDED",
    "has_placeholder",
    "is_kustomization",
    "kustomize_labels",
    "patch_files",
    "skip_reasons",
]

KUSTOMIZATIONS: Final = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})

PLACEHOLDER: Final = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}|<[^<>]+>|@[A-Za-z_][\w.-]*@|__[A-Za-z]\w*__|%[A-Za-z_]\w*%|\$[A-Z_][A-Z0-9_]*"
    r"|\[\[.*\]\]",
    re.DOTALL,
)
"""What tools fill in: `${PORT}`, `$(PORT)`, `{{ .port }}`, `<port>`, `@port@`, `__PORT__`, `%PORT%`, `$PORT`."""

# A word in upper case may be one for which something else is to be written: `PORT` for a number,
# `REPLACE_ME-web` for a name. `HTTP` and `WEB` are mistakes.
_TO_REPLACE: Final = (
    "CHANGE|CHANGEME|CLUSTER|DOMAIN|ENV|ENVIRONMENT|FIXME|HOST|HOSTNAME|ID|NAME|NAMESPACE|NUMBER|PLACEHOLDER|PORT"
    "|PREFIX|PROJECT|REGION|RELEASE|REPLACE|REPLACEME|SUFFIX|TAG|TENANT|TODO|URL|USER|VERSION|XXX+|YOUR|ZONE"
)
_WORD: Final = re.compile(rf"(?:[A-Z][A-Z0-9]*_)*(?:{_TO_REPLACE})(?:_[A-Z0-9]+)*")
_WORD_IN_NAME: Final = re.compile(rf"(?:^|[-.])(?:{_WORD.pattern})(?:[-.]|$)")

_TELLING: Final = frozenset({"image", "command", "ports"})

# Where patches are kept, and what is compared with a cluster by tests.
_PATCH_PATH: Final = re.compile(
    r"(?:^|/)(?:patches|overlays|components)/|(?:^|[-_./])(?:patch|assert|errors?)(?:es)?(?:[-_.][^/]*)?$"
)

PATCH: Final = "patch of a kustomization"
_COMPONENT: Final = "part of a kustomize component"
_UNFILLED: Final = "placeholder that a tool fills in"
FRAGMENT: Final = "fragment of an object"

UNDECIDED: Final = "fragment of an object, or none"
"""The reason where it depends on the names of Services elsewhere, which are not known yet."""


_Kustomized: TypeAlias = Mapping[str, Collection[str]]
"""Folders with a kustomization, each with the files that it names as resources."""


def is_kustomization(item: Item) -> bool:
    """Whether this is the file that says how kustomize builds a folder."""
    return basename(item.source) in KUSTOMIZATIONS or item.name.kind in {"Kustomization", "Component"}


def has_placeholder(value: object, *, bare_words: bool = False) -> bool:
    """Whether a value, or something in it, is what a tool fills in.

    Args:
        value: Any JSON value.
        bare_words: Whether a word in upper case, such as `PORT`, is one too.
    """
    if isinstance(value, str):
        return bool(PLACEHOLDER.search(value) or (bare_words and _WORD.fullmatch(value)))
    if isinstance(value, Mapping):
        return any(has_placeholder(key) or has_placeholder(each, bare_words=bare_words) for key, each in value.items())
    if isinstance(value, list | tuple):
        return any(has_placeholder(each, bare_words=bare_words) for each in value)
    return False


def skip_reasons(items: Sequence[Item]) -> list[str | None]:
    """Return for each item why it is not checked, as far as these items show; `None` where it is checked.

    Items elsewhere may add two reasons, which `InputContext.skip_reason` decides: a kustomization of another
    folder may list the item's file as a patch, and an item that is `UNDECIDED` is skipped if another Service has
    its name.
    """
    _, components = patch_files(items)
    kustomized = _kustomized(items)
    return [_skip_reason(item, components, kustomized) for item in items]


def _skip_reason(item: Item, components: Collection[str], kustomized: _Kustomized) -> str | None:
    if item.source and components and dirname(normpath(item.source)) in components:
        return _COMPONENT
    if item.violations:
        return _why_invalid(item, kustomized)
    return FRAGMENT if _is_bare_workload(item) else None


def _why_invalid(item: Item, kustomized: _Kustomized) -> str | None:
    """Return why an invalid object is not checked: its faults are those of a fragment or a placeholder."""
    names = (value_at(item.raw, "metadata", "name"), value_at(item.raw, "metadata", "namespace"))
    if any(_is_unfilled(violation) for violation in item.violations) or any(_is_unfilled_name(name) for name in names):
        return _UNFILLED
    if _is_strategic(item.raw):
        return FRAGMENT
    if item.name.kind == "Service":
        return _why_patch(item, kustomized) if _is_bare_service(item) else None
    return FRAGMENT if _is_bare_workload(item) or not item.name.name else None


def _is_bare_service(item: Item) -> bool:
    """Whether this Service has no ports, and says nothing else that is wrong: it may be the patch of one."""
    spec = item.raw.get("spec")
    if items_at(spec, "ports") or text_at(spec, "type") == "ExternalName":
        return False
    return not any(violation.code in CODES_OF_READING for violation in item.violations)


def _why_patch(item: Item, kustomized: _Kustomized) -> str | None:
    """Return why a Service without ports is a patch: it is stored where patches are, or the input has it twice.

    A file that the kustomization of its folder lists as a resource is no patch.
    """
    source = normpath(item.source) if item.source else ""
    folder = dirname(source)
    if item.name.name and source in kustomized.get(folder, ()):
        return None
    is_patch_file = source and (folder in kustomized or _PATCH_PATH.search(source))
    return FRAGMENT if not item.name.name or is_patch_file else UNDECIDED


def _is_unfilled(violation: Violation) -> bool:
    # `image: [IMAGE_URL]` is a list to YAML, and a placeholder to its author.
    bare_words = str(violation.path[-1:]).lower().endswith("port") or isinstance(violation.value, list)
    return has_placeholder(violation.value, bare_words=bare_words)


def _is_unfilled_name(name: object) -> bool:
    return has_placeholder(name) or (isinstance(name, str) and bool(_WORD_IN_NAME.search(name)))


def _is_bare_workload(item: Item) -> bool:
    """Whether this makes pods, of containers that have neither image nor command nor ports: a patch of what has."""
    path = any_template_path(item.raw)
    if path is None:
        return False
    spec = value_at(item.raw, *map(str, path), "spec")
    containers = items_at(spec, "containers")
    if not isinstance(spec, Mapping) or not containers:
        # A typed workload brings no raw template.
        return item.object is None or bool(item.source)
    return not any(isinstance(each, Mapping) and _TELLING.intersection(each) for each in containers)


def _is_strategic(raw: object) -> bool:
    """Whether directives of strategic merge patches stand in it."""
    if isinstance(raw, Mapping):
        return "$patch" in raw or "$retainKeys" in raw or any(_is_strategic(each) for each in raw.values())
    return isinstance(raw, list) and any(_is_strategic(each) for each in raw)


# --- kustomize -------------------------------------------------------------------------------------------------


def patch_files(items: Iterable[Item]) -> tuple[set[str], set[str]]:
    """The files that kustomizations of the set name as patches, and the folders of components."""
    patches: set[str] = set()
    components: set[str] = set()
    for item in items:
        if is_kustomization(item):
            folder = dirname(normpath(item.source))
            patches.update(normpath(join(folder, path)) for path in _patches(item.raw))
            if item.raw.get("kind") == "Component":
                components.add(folder)
    return patches, components


def _kustomized(items: Iterable[Item]) -> _Kustomized:
    """The folders with a kustomization, and the files that it names as resources."""
    found: dict[str, set[str]] = {}
    for item in items:
        if item.source and is_kustomization(item):
            folder = dirname(normpath(item.source))
            paths = (each for each in items_at(item.raw, "resources") if isinstance(each, str))
            found.setdefault(folder, set()).update(normpath(join(folder, path)) for path in paths)
    return found


def _patches(raw: Mapping[str, Any]) -> Iterator[str]:
    for field in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        for each in items_at(raw, field):
            path = each if isinstance(each, str) else text_at(each, "path")
            if path and "\n" not in path:
                yield path


def kustomize_labels(items: Iterable[Item]) -> Mapping[str, frozenset[str]]:
    """By folder, the keys of the labels that its kustomization gives to every object."""
    found: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if is_kustomization(item):
            given = [value_at(item.raw, "commonLabels")]
            given += [value_at(each, "pairs") for each in items_at(item.raw, "labels")]
            for labels in given:
                if isinstance(labels, Mapping):
                    found[dirname(normpath(item.source))].update(map(str, labels))
    return {folder: frozenset(keys) for folder, keys in found.items()}
