"""Which workload a selector without pods was probably written for."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, final

from portmap._graph.fragments import has_placeholder
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

_MAX_CANDIDATES: Final = 200
"""How many workloads are examined for one selector: enough to find the right one, at little cost."""

_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")

# Words of so many names that they distinguish nothing.
_COMMON_WORDS: Final = frozenset(
    {"a", "an", "app", "application", "controller", "default", "demo", "deployment", "example", "k8s", "kube"}
    | {"kubernetes", "my", "pod", "sample", "server", "service", "svc", "test", "the", "true", "v1", "v2"}
)


def _may_share_namespace(service: Service, workload: Workload) -> bool:
    return service.namespace is None or workload.namespace is None or service.namespace == workload.namespace


def _words(*texts: str) -> Iterator[str]:
    for text in texts:
        for word in _SEPARATORS.split(text.lower()):
            if len(word) > 1 and word not in _COMMON_WORDS and not word.isdigit():
                yield word


@final
class NearWorkloads:
    """An index of the workloads of a bundle by what a selector that matches none of them may have in common.

    Args:
        workloads: The workloads.
        is_selected: Return whether some Service selects a workload.
        file_of: Return the file of a workload; `""` if it was not read from one.
        labels_of: Return a workload's own labels, which are not those of its pods.
    """

    def __init__(
        self,
        workloads: Sequence[Workload],
        is_selected: Callable[[Workload], bool],
        file_of: Callable[[Workload], str],
        labels_of: Callable[[Workload], Mapping[str, object]],
    ) -> None:
        self._candidates = Candidates(workloads, indexed=True)
        self._is_selected = is_selected
        self._labels_of = labels_of
        self._running = [workload for workload in workloads if workload.kind not in SHORT_LIVED]
        self._by_own_label: dict[tuple[str, object], list[Workload]] = defaultdict(list)
        self._by_file: dict[str, list[Workload]] = defaultdict(list)
        self._free_by_file: dict[str, list[Workload]] = defaultdict(list)
        self._free_by_value: dict[str, list[Workload]] = defaultdict(list)
        self._free_by_word: dict[str, list[Workload]] = defaultdict(list)
        for workload in workloads:
            if workload.kind != "Pod":
                for key, label in labels_of(workload).items():
                    if isinstance(label, str):
                        self._by_own_label[key, label].append(workload)
        # Services rarely select the pods of Jobs, unless there is nothing else.
        for workload in self._running or workloads:
            if not has_placeholder(workload.name):
                self._add(workload, file_of(workload))

    def _add(self, workload: Workload, file: str) -> None:
        self._by_file[file].append(workload)
        if self._is_selected(workload):
            return
        self._free_by_file[file].append(workload)
        if workload.kind not in SHORT_LIVED:
            values = dict.fromkeys(workload.pod.labels.values())
            for value in values:
                self._free_by_value[value].append(workload)
            for word in dict.fromkeys(_words(workload.name, *values)):
                self._free_by_word[word].append(workload)

    def owner(self, service: Service) -> Workload | None:
        """Return a workload that itself has the labels that a Service selects."""
        selector = (service.selector or {}).items()
        rarest = min((self._by_own_label.get(label, []) for label in selector), key=len, default=[])
        for workload in rarest:
            labels = self._labels_of(workload)
            if _may_share_namespace(service, workload) and all(labels.get(key) == value for key, value in selector):
                return workload
        return None

    def in_other_namespace(self, service: Service) -> Workload | None:
        """Return a workload of another namespace whose pods have the labels; one that no Service selects, if any."""
        selected = self._candidates.selected_by(service.selector or {}, None)
        found = [
            source
            for source in islice(selected, _MAX_CANDIDATES)
            if isinstance(source, Workload) and not _may_share_namespace(service, source)
        ]
        return next((workload for workload in found if not self._is_selected(workload)), found[0] if found else None)

    def misspelt(self, service: Service) -> Workload | None:
        """Return a workload whose pods have the labels, one of them spelt differently; unselected, if possible."""
        selector = service.selector or {}
        selected = None
        for workload in self._similar(selector):
            is_candidate = _may_share_namespace(service, workload) and not has_placeholder(workload.name)
            if is_candidate and _is_misspelt(selector, workload):
                if not self._is_selected(workload):
                    return workload
                selected = selected or workload
        return selected

    def _similar(self, selector: Mapping[str, str]) -> Iterator[Workload]:
        for source in self._candidates.near(selector):
            if isinstance(source, Workload):
                yield source
        # The value may be right, and the key misspelt.
        for value in selector.values():
            yield from islice(self._free_by_value.get(value, ()), _MAX_CANDIDATES)

    def without_labels(self, service: Service, keys: Iterable[str]) -> Workload | None:
        """Return a workload whose pods have all labels that a Service selects except those with these keys."""
        rest = {key: value for key, value in (service.selector or {}).items() if key not in set(keys)}
        if not rest:
            return None
        selected = self._candidates.selected_by(rest, service.namespace)
        return next((source for source in selected if isinstance(source, Workload)), None)

    def likely(self, service: Service, file: str) -> Workload | None:
        """Return a workload that no Service selects and that seems to belong to this one.

        Its name or labels share a word with the name or selector of the Service, or it is in the same file.
        """
        words = _words(service.name, *(service.selector or {}).values())
        groups = [*(self._free_by_word.get(word, ()) for word in words), self._free_by_file.get(file, ())]
        for group in groups:
            for workload in islice(group, _MAX_CANDIDATES):
                if _may_share_namespace(service, workload):
                    return workload
        return None

    def only_one(self, service: Service) -> Workload | None:
        """Return the bundle's only workload, if no Service selects it."""
        if len(self._running) != 1 or not self.any_free(service):
            return None
        return self._running[0]

    def in_file(self, service: Service, file: str) -> Workload | None:
        """Return a workload of the same file, selected or not."""
        return next((each for each in self._by_file.get(file, ()) if _may_share_namespace(service, each)), None)

    def any_in_namespace(self, service: Service) -> bool:
        """Return whether any long-running workload may be in the namespace of a Service."""
        return any(_may_share_namespace(service, workload) for workload in self._running)

    def any_free(self, service: Service) -> bool:
        """Return whether any workload that may be in the namespace of a Service is selected by none."""
        return any(
            _may_share_namespace(service, workload) for group in self._free_by_file.values() for workload in group
        )


def _is_misspelt(selector: Mapping[str, str], workload: Workload) -> bool:
    labels = workload.pod.labels
    differing = [key for key, value in selector.items() if labels.get(key) != value]
    if len(differing) != 1:
        return False
    [key] = differing
    value = labels.get(key)
    if value is not None:
        return bool(nearest(selector[key], [value]))
    # A key that the selector has, too, is spelt right.
    others = [other for other, found in labels.items() if found == selector[key] and other not in selector]
    return bool(nearest(key, others))
