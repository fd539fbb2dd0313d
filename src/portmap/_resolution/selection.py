"""Select pods by labels with an inverted index, without comparing every pod with every Service.

The index maps a label to the pods that have it, and a selector is answered from its
rarest label. Templates do not contain the labels that controllers add to their pods, so
the workloads whose pods get such labels are indexed separately.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final, TypeAlias, final

from portmap._kubernetes.did_you_mean import nearest
from portmap._model.pods import Pod
from portmap._model.workloads import Workload, added_labels, could_select

_MOST_NEAR: Final = 200
"""The number of pods that are searched for a near miss: enough to find one at little cost."""
_MOST_SPELLINGS: Final = 500
"""The number of values of one label that are compared with a value that no pod has."""


_Positions: TypeAlias = dict[str | None, list[int]]
"""Positions of sources by namespace; `None` has those without a namespace, which may be in any."""


def _in_namespace(positions: _Positions, namespace: str) -> Sequence[int]:
    """Return the sorted positions that are in this namespace, or in none."""
    here, anywhere = positions.get(namespace, []), positions.get(None, [])
    return sorted([*here, *anywhere]) if here and anywhere else here or anywhere


@final
class Candidates:
    """The pods and workloads from which Services select.

    Args:
        sources: The pods and workloads. Results keep their order.
        indexed: Whether to build the index at once, which pays for more than one Service.
    """

    def __init__(self, sources: Sequence[Pod | Workload], *, indexed: bool) -> None:
        self._sources = sources
        self._labelled: dict[tuple[str, str], _Positions] | None = None
        self._everywhere: dict[tuple[str, str], Sequence[int]] = {}
        self._values: dict[str, dict[str, None]] = {}
        self._added: dict[str, list[int]] = {}
        if indexed:
            self._index()

    def _index(self) -> dict[tuple[str, str], _Positions]:
        labelled: dict[tuple[str, str], _Positions] = defaultdict(lambda: defaultdict(list))
        values: dict[str, dict[str, None]] = defaultdict(dict)
        added: dict[str, list[int]] = defaultdict(list)
        for position, source in enumerate(self._sources):
            pod = source.pod if isinstance(source, Workload) else source
            for pair in pod.labels.items():
                labelled[pair][pod.namespace].append(position)
                values[pair[0]][pair[1]] = None
            for key in added_labels(source):
                added[key].append(position)
        self._labelled, self._values, self._added = dict(labelled), dict(values), dict(added)
        return self._labelled

    def selected_by(self, selector: Mapping[str, str], namespace: str | None) -> Iterator[Pod | Workload]:
        """Yield the pods and workloads that a selector in this namespace matches."""
        for position in self._possible(selector, namespace):
            source = self._sources[position]
            if could_select(selector, namespace, source):
                yield source

    def _possible(self, selector: Mapping[str, str], namespace: str | None) -> Sequence[int]:
        """Return the positions of the sources that have the selector's rarest label."""
        if self._labelled is None:
            return range(len(self._sources))
        fewest: Sequence[int] | None = None
        for key, value in selector.items():
            positions = self._with_label((key, value), namespace)
            if key in self._added:
                positions = sorted({*positions, *self._added[key]})
            if fewest is None or len(positions) < len(fewest):
                fewest = positions
        return fewest or ()

    def _with_label(self, pair: tuple[str, str], namespace: str | None) -> Sequence[int]:
        """Return the positions of the sources that have this label and may be in this namespace."""
        labelled = self._labelled or {}
        if namespace is not None:
            return _in_namespace(labelled.get(pair, {}), namespace)
        if pair not in self._everywhere and pair in labelled:
            self._everywhere[pair] = sorted(chain.from_iterable(labelled[pair].values()))
        return self._everywhere.get(pair, ())

    def near(self, selector: Mapping[str, str]) -> Iterator[Pod | Workload]:
        """Yield some of the sources that have a label of the selector, or one of similar spelling."""
        labelled = self._labelled if self._labelled is not None else self._index()
        near: dict[int, None] = {}
        for key, value in selector.items():
            similar = nearest(value, islice(self._values.get(key, ()), _MOST_SPELLINGS))
            for spelling in (value, similar):
                if spelling is not None:
                    positions = chain.from_iterable(labelled.get((key, spelling), {}).values())
                    near.update(dict.fromkeys(islice(positions, _MOST_NEAR)))
        return (self._sources[position] for position in sorted(near))
