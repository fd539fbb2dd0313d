"""Which pods a selector picks, without asking every pod for every Service.

An inverted index, from label to the pods that have it: a selector is answered from
the rarest of its labels. Labels that only controllers add to their pods are not
written in any template, so the workloads whose pods get them are kept beside.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final, TypeAlias, final

from portmap._kubernetes.did_you_mean import nearest
from portmap._model.pods import Pod
from portmap._model.workloads import Workload, added_labels, could_select

__all__ = ["Candidates"]

_MOST_NEAR: Final = 200
"""How many pods are looked at for a near miss: enough to find one, few enough to cost nothing."""
_MOST_SPELLINGS: Final = 500
"""The same for the values of one label that may have been meant."""


_Places: TypeAlias = dict[str | None, list[int]]
"""Places by namespace; `None` is that of what names none, and may be anywhere."""


def _within(places: _Places, namespace: str) -> Sequence[int]:
    """The places that a Service in this namespace may mean, in order."""
    here, anywhere = places.get(namespace, []), places.get(None, [])
    return sorted([*here, *anywhere]) if here and anywhere else here or anywhere


@final
class Candidates:
    """Pods and workloads among which Services select.

    Args:
        sources: The pods and workloads, in an order that all answers keep.
        indexed: Whether there will be many questions, so that an index is worth its making.
    """

    def __init__(self, sources: Sequence[Pod | Workload], *, indexed: bool) -> None:
        self._sources = sources
        self._labelled: dict[tuple[str, str], _Places] | None = None
        self._everywhere: dict[tuple[str, str], Sequence[int]] = {}
        self._values: dict[str, dict[str, None]] = {}
        self._added: dict[str, list[int]] = {}
        if indexed:
            self._index()

    def _index(self) -> dict[tuple[str, str], _Places]:
        labelled: dict[tuple[str, str], _Places] = defaultdict(lambda: defaultdict(list))
        values: dict[str, dict[str, None]] = defaultdict(dict)
        added: dict[str, list[int]] = defaultdict(list)
        for place, source in enumerate(self._sources):
            pod = source.pod if isinstance(source, Workload) else source
            for pair in pod.labels.items():
                labelled[pair][pod.namespace].append(place)
                values[pair[0]][pair[1]] = None
            for key in added_labels(source):
                added[key].append(place)
        self._labelled, self._values, self._added = dict(labelled), dict(values), dict(added)
        return self._labelled

    def selected_by(self, selector: Mapping[str, str], namespace: str | None) -> Iterator[Pod | Workload]:
        """The pods and workloads that a selector in this namespace picks."""
        for place in self._possible(selector, namespace):
            source = self._sources[place]
            if could_select(selector, namespace, source):
                yield source

    def _possible(self, selector: Mapping[str, str], namespace: str | None) -> Sequence[int]:
        """The places of all that a selector may pick: those that have the rarest of its labels."""
        if self._labelled is None:
            return range(len(self._sources))
        fewest: Sequence[int] | None = None
        for key, value in selector.items():
            places = self._with_label((key, value), namespace)
            if key in self._added:
                places = sorted({*places, *self._added[key]})
            if fewest is None or len(places) < len(fewest):
                fewest = places
        return fewest or ()

    def _with_label(self, pair: tuple[str, str], namespace: str | None) -> Sequence[int]:
        """The places of those that have this label, where a Service in this namespace may mean them."""
        labelled = self._labelled or {}
        if namespace is not None:
            return _within(labelled.get(pair, {}), namespace)
        if pair not in self._everywhere and pair in labelled:
            self._everywhere[pair] = sorted(chain.from_iterable(labelled[pair].values()))
        return self._everywhere.get(pair, ())

    def near(self, selector: Mapping[str, str]) -> Iterator[Pod | Workload]:
        """Some that have a label of the selector, or one that is spelt almost so."""
        labelled = self._labelled if self._labelled is not None else self._index()
        places: dict[int, None] = {}
        for key, value in selector.items():
            close = nearest(value, islice(self._values.get(key, ()), _MOST_SPELLINGS))
            for each in (value, close):
                if each is not None:
                    near = chain.from_iterable(labelled.get((key, each), {}).values())
                    places.update(dict.fromkeys(islice(near, _MOST_NEAR)))
        return (self._sources[place] for place in sorted(places))
