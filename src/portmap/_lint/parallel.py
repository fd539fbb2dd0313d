"""Linting files, in this process or on an executor.

The input is divided into parts, each with whole groups of objects that are deployed together, which are linted in
two passes (see `engine`). An executor runs each pass on all parts. Parts and facts are pickled in between, once each,
so that this process only passes bytes on.
"""

import pickle
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from posixpath import basename
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar, final

import attrs

from portmap._graph.facts import Facts
from portmap._graph.grouping import units_of
from portmap._graph.input_context import InputContext
from portmap._graph.items import items_of
from portmap._graph.kustomize import KUSTOMIZATIONS, kustomizations_in
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError
from portmap._lint.engine import (
    LintSettings,
    Part,
    PartReport,
    check_part,
    chosen_rules,
    read_part,
    report_of,
)
from portmap._lint.findings import Finding, Report, Skipped
from portmap._lint.inputs import Input, Source, finding_of, inputs_of, raise_for, read_inputs, slashed
from portmap._lint.rule import Rule
from portmap._lint.test_data import mark_test_data

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Progress = Callable[[int, int], None]
"""A function that is called with the number of files that have been read, and of all files."""

_PARTS: Final = 16
_MAX_UNDIVIDED: Final = 25_000_000
"""How many bytes of files one part may have, whose objects all stay in memory."""
_MAX_PART: Final = 5_000_000
"""How many bytes of files each part of a larger input has. Only one part is in memory; the others are pickled."""

_ResultT = TypeVar("_ResultT")
_DataT = TypeVar("_DataT", Part, Facts)
_PartFacts: TypeAlias = tuple[tuple[int, Facts | bytes], ...]
"""The facts of all parts, pickled or not, each with the position in the input of the part's first object."""


def lint_paths(
    *sources: Source,
    cluster: Cluster | None = None,
    rules: Iterable[Rule] | None = None,
    complete: bool | None = None,
    namespace: str | None = None,
    suppressions: bool = True,
    executor: "Executor | None" = None,
    parts: int = _PARTS,
    progress: Progress | None = None,
) -> Report:
    """Return what is wrong with the objects of files, folders and streams, each finding with its location.

    Args:
        sources: Paths of files and folders, and streams.
        cluster: The cluster whose rules apply; by default the cluster in force.
        rules: As for `lint`.
        complete: As for `lint`.
        namespace: The namespace of the objects that name none; by default they may be in any.
        suppressions: Whether annotations and comments suppress findings.
        executor: Where the files are read and the rules run: a process pool, or the executor of Dask. By default
            that is this process. Other processes must see the same files, and the rules must be those of modules
            that they can import.
        parts: Into how many parts the input is divided for an executor, at most. An input that is `complete` is
            linted in one part, in this process.
        progress: A function that is called with the number of files that have been read, and of all files.

    Raises:
        ManifestError: A path or stream that was named cannot be read; the error's notes name the others. A file of
            a folder that cannot be read is a finding instead, `unreadable-file`. Or there are too many findings.

    Example:
        >>> from pathlib import Path
        >>> from portmap.lint import lint_paths
        >>> _ = Path("shop.yaml").write_text(to_yaml(typo, pod))
        >>> for finding in lint_paths("shop.yaml"):
        ...     print(finding.location, finding.rule)
        ...
        shop.yaml:10:17 unresolved-target-port
    """
    settings = LintSettings(cluster or cluster_in_force(), chosen_rules(rules), complete, suppressions, namespace)
    return lint_inputs(*inputs_of(sources), settings, executor=executor, parts=parts, progress=progress)


def lint_inputs(
    inputs: Sequence[Input],
    unreadable: Iterable[ManifestError],
    settings: LintSettings,
    *,
    executor: "Executor | None" = None,
    parts: int = _PARTS,
    progress: Progress | None = None,
) -> Report:
    """Return what is wrong with the objects of files, as `lint_paths` does.

    Args:
        inputs: The files and streams.
        unreadable: The errors of folders that cannot be read.
        settings: How to lint.
        executor: As for `lint_paths`.
        parts: As for `lint_paths`.
        progress: As for `lint_paths`.
    """
    size = sum(each.size for each in inputs)
    fewest = size // _MAX_PART if size > _MAX_UNDIVIDED else 1
    parts = 1 if settings.complete else max(parts if executor else 1, fewest)
    divided = [inputs] if parts < 2 else _divided(inputs, parts, settings.cluster)
    runner = _InProcess() if executor is None or len(divided) < 2 else executor
    counter = _Counter(len(inputs), progress)
    return mark_test_data(_two_passes(settings, divided, runner, counter, map(finding_of, unreadable)), inputs)


def _divided(inputs: Sequence[Input], parts: int, cluster: Cluster) -> list[Sequence[Input]]:
    """Return the inputs in at most so many parts of about one size; files of one group stay together."""
    listing = read_inputs([each for each in inputs if basename(slashed(each.source)) in KUSTOMIZATIONS], cluster)
    with cluster:
        kustomizations = kustomizations_in(items_of(listing.documents))
    units = units_of([slashed(each.source) for each in inputs], kustomizations.values())
    last = {unit: index for index, unit in enumerate(units)}
    size = sum(each.size for each in inputs) / max(parts, 1)
    divided: list[Sequence[Input]] = []
    start = end = 0
    filled = 0.0
    for index, (each, unit) in enumerate(zip(inputs, units, strict=True)):
        end = max(end, last[unit])
        filled += each.size
        # The last part takes the rest.
        if index == end and filled >= size and len(divided) < parts - 1:
            divided.append(inputs[start : index + 1])
            start, filled = index + 1, 0.0
    return [*divided, inputs[start:]] if start < len(inputs) else divided


@final
class _InProcess:
    """Runs each function in this process, before `submit` returns. It spares small input the import of executors."""

    def submit(self, fn: Callable[..., _ResultT], /, *args: Any, **kwargs: Any) -> "_Done[_ResultT]":  # noqa: ANN401 - as an executor
        return _Done(fn(*args, **kwargs))


@final
class _Done(Generic[_ResultT]):
    """A future with its result."""

    def __init__(self, result: _ResultT) -> None:
        self._result = result

    def result(self) -> _ResultT:
        return self._result

    def cancel(self) -> bool:
        return False


@final
class _Counter:
    """Counts files that have been read, and reports the progress."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def add(self, files: int = 1) -> None:
        self._done += files
        if self._progress is not None:
            self._progress(self._done, self._total)


# --- the passes ------------------------------------------------------------------------------------------------


@final
@attrs.frozen
class _ReadPart:
    """What the first pass returns of a part.

    Attributes:
        part: The part, for the second pass; pickled where it is one of several.
        facts: Its facts, pickled likewise.
        length: How many positions it takes in the input.
        objects: How many objects it has.
        services: How many of them are Services.
        findings: Findings about files that cannot be read.
        skipped: Files that are no manifests.
        failed: The errors of files that were named and cannot be read.
    """

    part: Part | bytes
    facts: Facts | bytes
    length: int
    objects: int
    services: int
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    failed: tuple[ManifestError, ...]


def _two_passes(
    settings: LintSettings,
    divided: Sequence[Sequence[Input]],
    executor: "Executor | _InProcess",
    counter: _Counter,
    unreadable: Iterable[Finding],
) -> Report:
    futures: list[Future[Any] | _Done[Any]] = []
    try:
        step = counter.add if isinstance(executor, _InProcess) else None
        first = [executor.submit(_read, settings, inputs, pickled=len(divided) > 1, step=step) for inputs in divided]
        futures += first
        read: list[_ReadPart] = []
        for inputs, future in zip(divided, first, strict=True):
            read.append(future.result())
            if step is None:
                counter.add(len(inputs))
        raise_for([error for part in read for error in part.failed])
        starts = [0, *accumulate(part.length for part in read)][:-1]
        facts = tuple(zip(starts, (part.facts for part in read), strict=True))
        second = [
            executor.submit(_check, settings, part.part, start, facts) for part, start in zip(read, starts, strict=True)
        ]
        futures += second
        return report_of(
            (future.result() for future in second),
            settings,
            objects=sum(part.objects for part in read),
            services=sum(part.services for part in read),
            findings=[*unreadable, *chain.from_iterable(part.findings for part in read)],
            skipped=chain.from_iterable(part.skipped for part in read),
        )
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    finally:
        _context.cache_clear()


def _read(
    settings: LintSettings, inputs: Sequence[Input], *, pickled: bool, step: Callable[[], None] | None
) -> _ReadPart:
    """Read a part of the input: the first pass."""
    read = read_inputs(inputs, settings.cluster, namespace=settings.namespace, step=step)
    part, facts = read_part(read.documents, settings.cluster)
    return _ReadPart(
        pickle.dumps(part) if pickled else part,
        pickle.dumps(facts) if pickled else facts,
        len(read.documents),
        len(part.items),
        len(facts.service_names),
        read.findings,
        read.skipped,
        read.failed,
    )


def _check(settings: LintSettings, part: Part | bytes, start: int, facts: _PartFacts) -> PartReport:
    """Run the rules on a part of the input: the second pass."""
    return check_part(_unpickled(part).moved(start), _context(facts, settings.cluster), settings)


@lru_cache(maxsize=1)
def _context(facts: _PartFacts, cluster: Cluster) -> InputContext:
    """Return the context of all facts; a process gets the same facts again with each part of a run."""
    return InputContext([(start, _unpickled(each)) for start, each in facts], cluster)


def _unpickled(data: _DataT | bytes) -> _DataT:
    """Return what `_read` pickled, if it did."""
    return pickle.loads(data) if isinstance(data, bytes) else data  # noqa: S301 - our own data
