"""Which objects are deployed together, so that a Service may expect its pods among them.

A rendered chart or a dump of a cluster is one bundle. A folder of a repository often holds several: unrelated
examples, environments, parts of an application. Linted together, they would select each other's pods. So each folder
is a bundle, together with the folders `services`, `deployments` and the like below it. If the files of a folder
define the same object twice, each file is a bundle.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from posixpath import basename, dirname, normpath
from typing import Final

from portmap._graph.object_name import ObjectName, text_at, value_at
from portmap._lint.bundle import DECLARED, Bundle
from portmap._lint.input_context import InputContext
from portmap._lint.item import Item
from portmap._lint.kustomize import is_kustomization, kustomize_labels
from portmap._model.pods import Pod
from portmap._model.workloads import Workload

# Fields of metadata that only a cluster writes, and labels that charts set.
_CLUSTER_FIELDS: Final = ("resourceVersion", "uid")
_CHART_LABELS: Final = ("helm.sh/chart", "chart")

# Folders that are named after the kind of their objects: `services`, `02-deployments`, `config-maps`.
_NAMED_BY_KIND: Final = re.compile(
    r"(?:\d+[-_.]?)?(?:config-?maps?|cron-?jobs?|daemon-?sets?|deployments?|endpoint-?slices?|http-?routes?"
    r"|ingress(?:es)?|network-?policies|pods?|replica-?sets?|secrets?|services?|service-?monitors?|stateful-?sets?"
    r"|svcs?|workloads?)",
    re.IGNORECASE,
)


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


def bundles_of(items: Sequence[Item], context: InputContext, *, complete: bool | None) -> Iterator[Bundle]:
    """Yield the bundles of the items.

    Args:
        items: The objects to lint.
        context: The whole input.
        complete: Whether the input is complete and one bundle; `None` for what the items show.
    """
    if complete:
        yield Bundle(items, context, complete=DECLARED)
        return
    labels = kustomize_labels(items)
    groups = _groups([each for each in items if not is_kustomization(each)])
    for group in groups:
        folders = {folder for each in group if each.source for folder in (dirname(each.source), home_of(each.source))}
        added = frozenset().union(*(labels.get(folder, ()) for folder in folders))
        yield Bundle(group, context, complete=None if complete is False else _why_complete(group), added_labels=added)


def _groups(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
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
        is_part = not (has_services and any(isinstance(each.object, Pod | Workload) for each in group))
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
    if not any(isinstance(item.object, Pod | Workload) for item in items):
        # Without pods they are a selection of the objects of a cluster or chart.
        return None
    if all(all(text_at(each, field) for field in _CLUSTER_FIELDS) for each in metadata):
        return "the objects come from a cluster"
    labels = [value_at(each, "labels") for each in metadata]
    if len(items) > 1 and all(any(text_at(each, key) for key in _CHART_LABELS) for each in labels):
        return "the objects are a rendered chart"
    return None
