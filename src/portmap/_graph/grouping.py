"""Which objects are deployed together, so that a Service can expect to find its pods among them.

A rendered chart or the objects of a cluster are one group. A kustomization is one, with its
bases, components and patches as it lists them. Otherwise a folder of a repository is one:
repositories hold examples that have nothing to do with each other, environments, and parts,
which would select each other's pods. The files of `services`, `deployments` and the like
belong to the folder above, and each file is a group if the files of a folder define one
object twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache
from posixpath import basename, dirname, normpath
from typing import Any, Final, final

import attrs

from portmap._graph.items import Item, with_raw
from portmap._graph.kustomize import Doubts, Kustomization, added_labels, is_kustomization, kustomizations_in
from portmap._graph.object_name import ObjectName, text_at, value_at
from portmap._graph.rendering import Rendering, render
from portmap._model.workloads import Workload

DECLARED: Final = "the input was declared to be complete"

_RENDERED_AT_MOST: Final = 20
"""How many times as many objects as the input has all kustomizations together can render."""
_RENDERED_AT_LEAST: Final = 10_000

# Fields that only a cluster sets, and labels that charts set on their objects.
_CLUSTER_FIELDS: Final = ("resourceVersion", "uid")
_CHART_LABELS: Final = ("helm.sh/chart", "chart")

# `services`, `02-deployments`, `config-maps`: folders that are named after the kind of their objects.
_NAMED_BY_KIND: Final = re.compile(
    r"(?:\d+[-_.]?)?(?:config-?maps?|cron-?jobs?|daemon-?sets?|deployments?|endpoint-?slices?|http-?routes?"
    r"|ingress(?:es)?|network-?policies|pods?|replica-?sets?|secrets?|services?|service-?monitors?|stateful-?sets?"
    r"|svcs?|workloads?)",
    re.IGNORECASE,
)


@final
@attrs.frozen(eq=False)
class Group:
    """Objects that are deployed together.

    Attributes:
        items: The objects, in the order of the input. Each name in all groups is unique, by its number.
        label: The file, folder or kustomization; `""` for objects from no file.
        complete: Why the group has everything that its objects refer to; `None` if that may be elsewhere.
        added_labels: The keys of labels that a build step adds to every object.
        doubts: What a kustomization does to the group that cannot be read.
    """

    items: tuple[Item, ...]
    label: str = ""
    complete: str | None = None
    added_labels: frozenset[str] = frozenset()
    doubts: Doubts = attrs.field(factory=Doubts)

    @property
    def is_declared_complete(self) -> bool:
        """Whether the user declared the input complete, rather than the objects showing it."""
        return self.complete == DECLARED


def home_of(source: str) -> str:
    """Return the folder of a file, or the folder above it that it is a part of.

    Example:
        >>> home_of("shop/services/web.yaml"), home_of("shop/web/service.yaml")
        ('shop', 'shop/web')
    """
    return _home(dirname(source))


@lru_cache(maxsize=1024)
def _home(folder: str) -> str:
    folder = normpath(folder) if folder else folder
    while _NAMED_BY_KIND.fullmatch(basename(folder)):
        folder = dirname(folder)
    return folder


def units_of(sources: Sequence[str], kustomizations: Iterable[Kustomization]) -> list[str]:
    """Return for each file a key that all files share whose objects may be in one group."""
    parents: dict[str, str] = {}

    def root_of(folder: str) -> str:
        while parents.get(folder, folder) != folder:
            folder = parents[folder]
        return folder

    for kustomization in kustomizations:
        own = root_of(_home(kustomization.folder))
        for path in (*kustomization.parts, *kustomization.patch_paths):
            # A part is a file or a folder, and only the input tells which. Both of its keys are joined.
            for folder in (_home(path), home_of(path)):
                parents[root_of(folder)] = own
    return [root_of(home_of(source)) for source in sources]


def groups_of(
    items: Sequence[Item], data: Mapping[str, Sequence[Any]] | None = None, *, complete: bool | None = None
) -> list[Group]:
    """Return the groups of an input, whose kustomizations are read under the cluster in force.

    Args:
        items: The objects, kustomizations included, and without what is none.
        data: The plain data of each file, also of those without objects.
        complete: Whether the input is complete and one group; by default, what the objects show.
    """
    if complete:
        return [Group(tuple(items), complete=DECLARED)]
    kustomizations = kustomizations_in(items)
    objects = [item for item in items if not is_kustomization(item)]
    groups: list[Group] = []
    if kustomizations:
        limit = max(_RENDERED_AT_MOST * len(items), _RENDERED_AT_LEAST)
        renderings = render(kustomizations, objects, data or {}, with_raw, limit=limit)
        groups = list(_distinct(renderings))
        listed = {item.position for rendering in renderings.values() for item in rendering.items}
        objects = [item for item in objects if item.position not in listed]
    labels = added_labels(kustomizations.values())
    for members in _by_folder(objects):
        sources = {item.source for item in members if item.source}
        folders = {folder for source in sources for folder in (dirname(source), home_of(source))}
        added = frozenset[str]().union(*(labels.get(folder, frozenset()) for folder in folders))
        groups.append(Group(tuple(members), _label(sources), _why_complete(members), added))
    if complete is False:
        groups = [attrs.evolve(group, complete=None) for group in groups]
    groups.sort(key=lambda group: min((item.position for item in group.items), default=0))
    return _numbered(groups)


def _label(sources: set[str]) -> str:
    if len(sources) == 1:
        return next(iter(sources))
    return next(iter({home_of(source) for source in sources}), "")


def _distinct(renderings: Mapping[str, Rendering]) -> Iterator[Group]:
    """Yield a group for each rendering; kustomizations that render the same objects share one."""
    groups: dict[object, tuple[list[str], Rendering]] = {}
    for folder, rendering in renderings.items():
        content = tuple((item.position, item.name, repr(item.object or item.workloads)) for item in rendering.items)
        groups.setdefault((content, rendering.doubts), ([], rendering))[0].append(folder or ".")
    for folders, rendering in groups.values():
        yield Group(
            tuple(sorted(rendering.items, key=lambda item: item.position)),
            ", ".join(folders),
            _why_complete(rendering.items),
            doubts=rendering.doubts,
        )


def _numbered(groups: Sequence[Group]) -> list[Group]:
    """Return the groups with the objects of equal names numbered. An object of several groups has a copy in each."""
    counts: dict[object, int] = defaultdict(int)
    seen: set[int] = set()
    return [
        attrs.evolve(group, items=tuple([_distinct_item(item, counts, seen) for item in group.items]))
        for group in groups
    ]


def _distinct_item(item: Item, counts: dict[object, int], seen: set[int]) -> Item:
    names = {item.name.order, *(item.name_of(workload).order for workload in item.workloads)}
    number = max(counts[name] for name in names)
    counts.update(dict.fromkeys(names, number + 1))
    typed = {id(item.object), *map(id, item.workloads)} if item.object or item.workloads else set()
    if not seen.isdisjoint(typed):
        item = _copied(item)
    seen |= typed
    return item if number == item.name.number else attrs.evolve(item, name=attrs.evolve(item.name, number=number))


def _copied(item: Item) -> Item:
    """Return the same object as another one, which is deployed a second time."""
    workloads = tuple(map(copy, item.workloads))
    own = workloads[0] if isinstance(item.object, Workload) else copy(item.object)
    return attrs.evolve(item, object=own, workloads=workloads)


# --- folders ---------------------------------------------------------------------------------------------------


def _by_folder(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    by_folder: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_folder[dirname(item.source)].append(item)
    for group in _with_their_parts(by_folder):
        files = {item.source for item in group}
        if len(files) > 1 and _defines_twice(group):
            by_file: dict[str, list[Item]] = defaultdict(list)
            for item in group:
                by_file[item.source].append(item)
            yield from by_file.values()
        else:
            yield group


def _with_their_parts(by_folder: Mapping[str, Sequence[Item]]) -> Iterator[Sequence[Item]]:
    """Yield the objects of each folder together with those of the folders that are parts of it.

    A folder that holds both Services and workloads is no part: a folder `services` may hold all of a company's.
    """
    homes: dict[str, list[str]] = defaultdict(list)
    for folder, group in by_folder.items():
        has_services = any(each.name.kind == "Service" for each in group)
        is_part = not (has_services and any(each.workloads for each in group))
        homes[home_of(f"{folder}/") if is_part else normpath(folder) if folder else folder].append(folder)
    for folders in homes.values():
        groups = [by_folder[folder] for folder in folders]
        together = sorted((item for group in groups for item in group), key=lambda each: each.position)
        if len(groups) > 1 and _defines_twice(together):
            yield from groups
        else:
            yield together


def _defines_twice(items: Iterable[Item]) -> bool:
    """Return whether several files define the same object, and differently."""
    seen: dict[ObjectName, Item] = {}
    for item in items:
        if item.name.name:
            first = seen.setdefault(item.name, item)
            if first.source != item.source and first.raw != item.raw:
                return True
    return False


def _why_complete(items: Sequence[Item]) -> str | None:
    """Return why the objects are complete, if they show it."""
    metadata = [value_at(item.raw, "metadata") for item in items]
    if not any(item.workloads for item in items):
        # Without pods they are a selection of the objects of a cluster or chart.
        return None
    if all(all(text_at(each, field) for field in _CLUSTER_FIELDS) for each in metadata):
        return "the objects come from a cluster"
    labels = [value_at(each, "labels") for each in metadata]
    if len(items) > 1 and all(any(text_at(each, key) for key in _CHART_LABELS) for each in labels):
        return "the objects are a rendered chart"
    return None
