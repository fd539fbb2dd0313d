"""Documents that are no complete objects: kustomize patches, fragments, and objects with placeholders.

They are neither checked nor drawn. Reports count them, with the reasons.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from posixpath import dirname, normpath
from typing import Final, TypeAlias

from portmap._apiserver.decode_codes import DECODING_CODES
from portmap._graph.items import Item
from portmap._graph.kustomize import Kustomization, kustomizations_in
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._kubernetes.kinds import any_template_path
from portmap._kubernetes.violations import Violation

PLACEHOLDER: Final = re.compile(
    r"\$\{[^}]{0,200}\}|\$\([^)]{0,200}\)|\{\{.{0,200}\}\}|<[^<>]+>|@[A-Za-z_][\w.-]*@|__[A-Za-z]\w*__|%[A-Za-z_]\w*%|\$[A-Z_][A-Z0-9_]*"
    r"|\[\[.{0,200}\]\]",
    re.DOTALL,
)
"""What tools replace: `${PORT}`, `$(PORT)`, `{{ .port }}`, `<port>`, `@port@`, `__PORT__`, `%PORT%`, `$PORT`."""

# A word in upper case may be a placeholder: `PORT` for a number, `REPLACE_ME-web` for a name. `HTTP` and `WEB` are
# mistakes.
_PLACEHOLDER_WORDS: Final = (
    "CHANGE|CHANGEME|CLUSTER|DOMAIN|ENV|ENVIRONMENT|FIXME|HOST|HOSTNAME|ID|NAME|NAMESPACE|NUMBER|PLACEHOLDER|PORT"
    "|PREFIX|PROJECT|REGION|RELEASE|REPLACE|REPLACEME|SUFFIX|TAG|TENANT|TODO|URL|USER|VERSION|XXX+|YOUR|ZONE"
)
_WORD: Final = re.compile(rf"(?:[A-Z][A-Z0-9]*_)*(?:{_PLACEHOLDER_WORDS})(?:_[A-Z0-9]+)*")
_WORD_IN_NAME: Final = re.compile(rf"(?:^|[-.])(?:{_WORD.pattern})(?:[-.]|$)")

# A container has one of these fields, and a patch of a container need not.
_CONTAINER_FIELDS: Final = frozenset({"image", "command", "ports"})

# Paths of patches, and of the expected objects of tests.
_PATCH_PATH: Final = re.compile(
    r"(?:^|/)(?:patches|overlays|components)/|(?:^|[-_./])(?:patch|assert|errors?)(?:es)?(?:[-_.][^/]*)?$"
)

# Workloads that need a selector.
_SELECTING_KINDS: Final = frozenset({"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"})

PATCH: Final = "patch of a kustomization"
_COMPONENT: Final = "part of a kustomize component"
_PLACEHOLDER: Final = "placeholder that a tool fills in"
FRAGMENT: Final = "fragment of an object"

UNDECIDED: Final = "fragment of an object, or none"
"""The reason if it depends on the names of other Services of the input, which the first pass does not know."""

_Kustomized: TypeAlias = Mapping[str, Collection[str]]
"""Folders with a kustomization, each with the files that the kustomization lists as resources."""


def has_placeholder(value: object, *, bare_words: bool = False) -> bool:
    """Return whether a value, or a value in it, is a placeholder that a tool replaces.

    Args:
        value: Any JSON value.
        bare_words: Whether a word in upper case, such as `PORT`, is a placeholder, too.
    """
    for each in _values_in(value):
        if isinstance(each, str) and (PLACEHOLDER.search(each) or (bare_words and _WORD.fullmatch(each))):
            return True
        if isinstance(each, Mapping) and any(isinstance(key, str) and PLACEHOLDER.search(key) for key in each):
            return True
    return False


def _values_in(value: object) -> Iterator[object]:
    """Yield a value and all those in it, each container once: the plain data of a program may contain themselves."""
    seen: set[int] = set()
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, Mapping | list | tuple):
            if id(each) in seen:
                continue
            seen.add(id(each))
            left.extend(each.values() if isinstance(each, Mapping) else each)
        yield each


def skip_reasons(items: Sequence[Item]) -> list[str | None]:
    """Return for each item why it is not checked, as far as these items show; `None` where it is checked.

    Items elsewhere may add two reasons, which `InputContext.skip_reason` decides: a kustomization of another
    folder may list the item's file as a patch, and an item that is `UNDECIDED` is skipped if another Service has
    its name.
    """
    found = kustomizations_in(items)
    used = {path for kustomization in found.values() for path in kustomization.parts}
    components = frozenset(
        folder for folder, kustomization in found.items() if kustomization.is_component and folder not in used
    )
    kustomized = _kustomized(found)
    return [_skip_reason(item, components, kustomized) for item in items]


def _kustomized(kustomizations: Mapping[str, Kustomization]) -> _Kustomized:
    return {folder: frozenset(found.paths("resources")) for folder, found in kustomizations.items()}


def _skip_reason(item: Item, components: Collection[str], kustomized: _Kustomized) -> str | None:
    if item.source and components and dirname(normpath(item.source)) in components:
        return _COMPONENT
    if item.violations:
        return _why_invalid(item, kustomized)
    return FRAGMENT if _is_bare_workload(item) else None


def _why_invalid(item: Item, kustomized: _Kustomized) -> str | None:
    """Return why an invalid object is not checked: its faults are those of a fragment or a placeholder."""
    names = (value_at(item.raw, "metadata", "name"), value_at(item.raw, "metadata", "namespace"))
    if any(_is_placeholder(violation) for violation in item.violations) or any(
        _is_placeholder_name(name) for name in names
    ):
        return _PLACEHOLDER
    if _has_patch_directive(item.raw):
        return FRAGMENT
    if item.name.kind == "Service":
        return _why_patch(item, kustomized) if _is_bare_service(item) else None
    return FRAGMENT if _is_bare_workload(item) or not item.name.name else None


def why_not_judged(items: Sequence[Item]) -> list[str | None]:
    """Return for each invalid item why the server's rules are not applied to it, although it is checked otherwise.

    It lacks what a kustomization or another tool adds. `None` where the rules apply.
    """
    kustomized = _kustomized(kustomizations_in(items))
    return [_why_partial(item, kustomized) if item.violations else None for item in items]


def _why_partial(item: Item, kustomized: _Kustomized) -> str | None:
    reason = _why_invalid(item, kustomized)
    if reason is None and _has_no_labels(item):
        return FRAGMENT
    lacks_something = any(violation.reason == "FieldValueRequired" for violation in item.violations)
    return FRAGMENT if reason is None and lacks_something and _is_where_patches_are(item, kustomized) else reason


def _is_bare_service(item: Item) -> bool:
    """Return whether a Service has no ports and no fault of its syntax, so that it may be a patch."""
    spec = item.raw.get("spec")
    if items_at(spec, "ports") or text_at(spec, "type") == "ExternalName":
        return False
    return not any(violation.code in DECODING_CODES for violation in item.violations)


def _why_patch(item: Item, kustomized: _Kustomized) -> str | None:
    """Return why a Service without ports is a patch: it is stored where patches are, or the input has it twice.

    A file that the kustomization of its folder lists as a resource is no patch.
    """
    source = normpath(item.source) if item.source else ""
    if item.name.name and source in kustomized.get(dirname(source), ()):
        return None
    return FRAGMENT if not item.name.name or _is_where_patches_are(item, kustomized) else UNDECIDED


def _is_where_patches_are(item: Item, kustomized: _Kustomized) -> bool:
    """Return whether an item's file is where patches are stored, and no kustomization lists it as a resource."""
    if not item.source:
        return False
    source = normpath(item.source)
    folder = dirname(source)
    listed = source in kustomized.get(folder, ())
    return not listed and (folder in kustomized or _PATCH_PATH.search(source) is not None)


def _is_placeholder(violation: Violation) -> bool:
    # `image: [IMAGE_URL]` is a list in YAML although a placeholder was meant.
    bare_words = str(violation.path[-1:]).lower().endswith("port") or isinstance(violation.value, list)
    return has_placeholder(violation.value, bare_words=bare_words)


def _is_placeholder_name(name: object) -> bool:
    return has_placeholder(name) or (isinstance(name, str) and bool(_WORD_IN_NAME.search(name)))


def _is_bare_workload(item: Item) -> bool:
    """Return whether all containers of a workload lack image, command and ports, as those of patches do."""
    path = any_template_path(item.raw)
    if path is None:
        return False
    spec = value_at(item.raw, *map(str, path), "spec")
    containers = [*items_at(spec, "containers"), *items_at(spec, "initContainers")]
    if item.raw.get("status"):
        return False
    if not isinstance(spec, Mapping) or not containers:
        # The item of a typed workload has no raw template.
        return item.object is None or bool(item.source)
    return not any(isinstance(each, Mapping) and _CONTAINER_FIELDS.intersection(each) for each in containers)


def _has_no_labels(item: Item) -> bool:
    """Return whether a workload of a file has neither a selector nor labels that identify its pods.

    It is a patch, or a kustomization adds both of them. A label with the value true or false identifies no pods:
    it is a switch for another program.
    """
    if not item.source or item.name.kind not in _SELECTING_KINDS:
        return False
    selector = value_at(item.raw, "spec", "selector") or {}
    labels = value_at(item.raw, "spec", "template", "metadata", "labels") or {}
    if not isinstance(selector, Mapping) or not isinstance(labels, Mapping):
        return False
    return not any(selector.values()) and all(value in ("true", "false") for value in labels.values())


def _has_patch_directive(raw: object) -> bool:
    """Return whether an object has a directive of a strategic merge patch."""
    return any(isinstance(each, Mapping) and ("$patch" in each or "$retainKeys" in each) for each in _values_in(raw))
