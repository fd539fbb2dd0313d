"""What a selector that matches nothing probably means: pods of the set that are like it, in its reach or not."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, final

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.kinds import SHORT_LIVED
from portmap._lint.kustomize import has_placeholder
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

__all__ = ["Unselected", "in_reach"]


_MOST: Final = 200
"""How many workloads are looked at for one selector: enough to find what was meant, few enough to cost nothing."""

_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")

# Words that are in so many names that they tell nothing.
_COMMON: Final = frozenset(
    {"a", "an", "app", "application", "controller", "default", "demo", "deployment", "example", "k8s", "kube"}
    | {"kubernetes", "my", "pod", "sample", "server", "service", "svc", "test", "the", "true", "v1", "v2"}
)


def in_reach(service: Service, workload: Workload) -> bool:
    """Whether a workload may be in a Service's namespace."""
    return service.namespace is None or workload.namespace is None or service.namespace == workload.namespace


def _words(*texts: str) -> Iterator[str]:
    for text in texts:
        for word in _SEPARATORS.split(text.lower()):
            if len(word) > 1 and word not in _COMMON and not word.isdigit():
                yield word


@final
class Unselected:
    """The workloads of a set, to be asked what a selector means that matches none of them.

    Args:
        workloads: All of them.
        is_selected: Whether some Service selects one.
        file_of: The file in which one stands; `""` if in none.
        labels_of: The labels that one has itself, beside those of its pods.
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
        self._running = [each for each in workloads if each.kind not in SHORT_LIVED]
        self._owners: dict[tuple[str, object], list[Workload]] = defaultdict(list)
        self._beside: dict[str, list[Workload]] = defaultdict(list)
        self._by_file: dict[str, list[Workload]] = defaultdict(list)
        self._by_value: dict[str, list[Workload]] = defaultdict(list)
        self._by_word: dict[str, list[Workload]] = defaultdict(list)
        for each in workloads:
            if each.kind != "Pod":
                for key, label in labels_of(each).items():
                    if isinstance(label, str):
                        self._owners[key, label].append(each)
        # Jobs serve seldom. But where there is nothing else in the file of a Service, they do.
        for each in self._running or workloads:
            if not has_placeholder(each.name):
                self._add(each, file_of(each))

    def _add(self, workload: Workload, file: str) -> None:
        self._beside[file].append(workload)
        if self._is_selected(workload):
            return
        self._by_file[file].append(workload)
        if workload.kind not in SHORT_LIVED:
            values = dict.fromkeys(workload.pod.labels.values())
            for value in values:
                self._by_value[value].append(workload)
            for word in dict.fromkeys(_words(workload.name, *values)):
                self._by_word[word].append(workload)

    def owner(self, service: Service) -> Workload | None:
        """A workload that has the labels of a selector itself."""
        wanted = (service.selector or {}).items()
        rarest = min((self._owners.get(pair, []) for pair in wanted), key=len, default=[])
        for workload in rarest:
            own = self._labels_of(workload)
            if in_reach(service, workload) and all(own.get(key) == value for key, value in wanted):
                return workload
        return None

    def out_of_reach(self, service: Service) -> Workload | None:
        """A workload with the very labels of a Service's selector, in another namespace; one that nobody selects."""
        selector = service.selector or {}
        found = [
            each
            for each in islice(self._candidates.selected_by(selector, None), _MOST)
            if isinstance(each, Workload) and not in_reach(service, each)
        ]
        return next((each for each in found if not self._is_selected(each)), found[0] if found else None)

    def misspelt(self, service: Service) -> Workload | None:
        """A workload whose labels are those of a selector but for the spelling of one; one that nobody selects."""
        selector = service.selector or {}
        found = None
        for workload in self._similar(selector):
            if in_reach(service, workload) and not has_placeholder(workload.name) and _is_misspelt(selector, workload):
                if not self._is_selected(workload):
                    return workload
                found = found or workload
        return found

    def _similar(self, selector: Mapping[str, str]) -> Iterator[Workload]:
        for source in self._candidates.near(selector):
            if isinstance(source, Workload):
                yield source
        # The value may be right, and the key misspelt.
        for value in selector.values():
            yield from islice(self._by_value.get(value, ()), _MOST)

    def with_the_rest(self, service: Service, keys: Iterable[str]) -> Workload | None:
        """A workload with all labels of a selector but those of these keys."""
        rest = {key: value for key, value in (service.selector or {}).items() if key not in set(keys)}
        if not rest:
            return None
        found = self._candidates.selected_by(rest, service.namespace)
        return next((each for each in found if isinstance(each, Workload)), None)

    def likely(self, service: Service, file: str) -> Workload | None:
        """A workload that no Service selects, and that has something to do with this one, as far as one can see.

        It stands in the same file, or has a word of the Service's name or selector in its own name or labels.
        """
        words = _words(service.name, *(service.selector or {}).values())
        groups = [*(self._by_word.get(word, ()) for word in words), self._by_file.get(file, ())]
        for group in groups:
            for workload in islice(group, _MOST):
                if in_reach(service, workload):
                    return workload
        return None

    def only_one(self, service: Service) -> Workload | None:
        """The workload that no Service selects, if there is no other in the set."""
        if len(self._running) != 1 or not self.any_free(service):
            return None
        return self._running[0]

    def beside(self, service: Service, file: str) -> Workload | None:
        """A workload of the same file, whoever selects it."""
        return next((each for each in self._beside.get(file, ()) if in_reach(service, each)), None)

    def any_in_reach(self, service: Service) -> bool:
        """Whether anything makes pods where a Service looks for them."""
        return any(in_reach(service, each) for each in self._running)

    def any_free(self, service: Service) -> bool:
        """Whether no Service selects some of the pods where this one looks for its own."""
        return any(in_reach(service, each) for found in self._by_file.values() for each in found)


def _is_misspelt(selector: Mapping[str, str], workload: Workload) -> bool:
    labels = workload.pod.labels
    differing = [key for key, value in selector.items() if labels.get(key) != value]
    if len(differing) != 1:
        return False
    [key] = differing
    value = labels.get(key)
    if value is not None:
        return bool(nearest(selector[key], [value]))
    # Keys that the selector names, too, are right as they are.
    others = [other for other, found in labels.items() if found == selector[key] and other not in selector]
    return bool(nearest(key, others))
