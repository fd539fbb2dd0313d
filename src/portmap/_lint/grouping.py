"""What is deployed together: the objects among which a Service may expect to find its pods.

A rendered chart or a dump of a cluster is one bundle. A folder of a repository is often
several: examples that have nothing to do with each other, environments, parts. Judged
together they would select each other's pods; so each folder is a bundle, with what stands
in `services`, `deployments` and the like below it, and each file, where the files of a
folder give one object twice.
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

__all__ = ["bundles_of", "home_of"]

# Objects that nothing but a cluster writes, and what charts write on theirs.
_DUMPED: Final = ("resourceVersion", "uid")
_RENDERED: Final = ("helm.sh/chart", "chart")

# `services`, `02-deployments`, `config-maps`: folders that say of what kind the objects in them are, and no more.
_NAMED_BY_KIND: Final = re.compile(
    r"(?:\d+[-_.]?)?(?:config-?maps?|cron-?jobs?|daemon-?sets?|deployments?|endpoint-?slices?|http-?routes?"
    r"|ingress(?:es)?|network-?policies|pods?|replica-?sets?|secrets?|services?|service-?monitors?|stateful-?sets?"
    r"|svcs?|workloads?)",
    re.IGNORECASE,
)


def home_of(source: str) -> str:
    """The folder with whose objects those of a file may be deployed: its own, or the one of which that is a part.

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
    """The items, divided into what is deployed together.

    Args:
        items: Everything that is judged.
        context: The whole input.
        complete: Whether everything is there and belongs together; `None`: what the items themselves say.
    """
    if complete:
        yield Bundle(items, context, complete=DECLARED)
        return
    labels = kustomize_labels(items)
    groups = _groups([each for each in items if not is_kustomization(each)])
    for group in groups:
        folders = {folder for each in group if each.source for folder in (dirname(each.source), home_of(each.source))}
        added = frozenset().union(*(labels.get(folder, ()) for folder in folders))
        yield Bundle(group, context, complete=None if complete is False else _evidence(group), added_labels=added)


def _groups(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    by_folder: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_folder[dirname(item.source)].append(item)
    for group in _with_their_parts(by_folder):
        files = {item.source for item in group}
        if len(files) > 1 and _gives_twice(group):
            by_file: dict[str, list[Item]] = defaultdict(list)
            for item in group:
                by_file[item.source].append(item)
            yield from by_file.values()
        else:
            yield group


def _with_their_parts(by_folder: Mapping[str, Sequence[Item]]) -> Iterator[Sequence[Item]]:
    """The objects of each folder, with those of the folders below it that are named by a kind.

    One in which Services stand beside what makes pods is no part: there, `services` are those of a company.
    """
    homes: dict[str, list[str]] = defaultdict(list)
    for folder, group in by_folder.items():
        has_services = any(each.name.kind == "Service" for each in group)
        is_part = not (has_services and any(isinstance(each.object, Pod | Workload) for each in group))
        homes[home_of(f"{folder}/") if is_part else normpath(folder) if folder else folder].append(folder)
    for folders in homes.values():
        groups = [by_folder[folder] for folder in folders]
        together = sorted((item for group in groups for item in group), key=lambda each: each.position)
        if len(groups) > 1 and _gives_twice(together):
            yield from groups
        else:
            yield together


def _gives_twice(items: Iterable[Item]) -> bool:
    """Whether one and the same object stands in several files, and is not the same in all of them."""
    seen: dict[ObjectName, Item] = {}
    for item in items:
        if item.name.name:
            first = seen.setdefault(item.name, item)
            if first.source != item.source and first.raw != item.raw:
                return True
    return False


def _evidence(items: Sequence[Item]) -> str | None:
    """Why these objects are complete, if they say so themselves."""
    metadata = [value_at(item.raw, "metadata") for item in items]
    if not any(isinstance(item.object, Pod | Workload) for item in items):
        # A part of a cluster's or chart's objects proves nothing about the rest.
        return None
    if all(all(text_at(each, field) for field in _DUMPED) for each in metadata):
        return "the objects come from a cluster"
    labels = [value_at(each, "labels") for each in metadata]
    if len(items) > 1 and all(any(text_at(each, key) for key in _RENDERED) for each in labels):
        return "the objects are a rendered chart"
    return None
