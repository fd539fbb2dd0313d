"""Linting files, on one core or many: parts of the input are judged by themselves, then put together.

Objects that are deployed together stand in one folder, so each folder is judged alone, with those
below it that are named by kinds. Where a rule asks for what may stand elsewhere, a part guesses that
what it has itself is all; at the end, when all parts have told what they have, the same questions are
put again, and where an answer is another, the rule is. So the report is the same however the input was
divided.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from itertools import accumulate
from posixpath import basename, normpath
from typing import Any, Final, TypeVar, final

import attrs

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError
from portmap._lint.engine import TooManyFindings, chosen_rules, in_its_folder, in_report, lint_items, suppressed
from portmap._lint.findings import Finding, Related, Report, Skipped
from portmap._lint.grouping import home_of
from portmap._lint.inputs import (
    MOST_FINDINGS,
    Input,
    Read,
    Source,
    finding_of,
    inputs_of,
    raise_for,
    read_inputs,
    slashed,
    too_many,
)
from portmap._lint.item import items_of
from portmap._lint.kustomize import KUSTOMIZATIONS, names_of_several, patch_files
from portmap._lint.locations import located
from portmap._lint.packing import unpacked
from portmap._lint.parallel_part import (
    Judge,
    Known,
    Part,
    PutOff,
    Verdict,
    judged_again,
    judged_part,
    requests_of,
    whole_of,
)
from portmap._lint.rule import Rule
from portmap._lint.suppressions import Suppression
from portmap._lint.whole_input import Told, Whole

__all__ = ["Progress", "lint_inputs", "lint_paths"]

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""

_PARTS: Final = 16
_PARTS_A_SHARE: Final = 8
_SMALLEST_SHARE: Final = 2_500_000
_LARGE: Final = 25_000_000
_Result = TypeVar("_Result")
_Placed = TypeVar("_Placed", Finding, Related, Skipped, Suppression)


def lint_paths(
    *sources: Source,
    cluster: Cluster | None = None,
    rules: Iterable[Rule] | None = None,
    complete: bool | None = None,
    namespace: str | None = None,
    suppressions: bool = True,
    executor: Executor | None = None,
    parts: int = _PARTS,
    progress: Progress | None = None,
) -> Report:
    """What is wrong with the objects of files, folders and streams, each finding with its place.

    Args:
        sources: Paths of files and folders, and streams.
        cluster: By what objects are judged; left out, the cluster in force.
        rules: As for `lint`.
        complete: As for `lint`.
        namespace: The namespace of the objects that name none; left out, they may be in any.
        suppressions: Whether annotations and comments suppress findings.
        executor: Where the parts of the input are read and judged: a process pool, or that of
            Dask. Left out, it is done here. Its processes must see the same files,
            and import the rules, which must be those of modules.
        parts: Into how many parts the input is divided for an executor, at most. What is
            complete is judged in one piece, here.
        progress: Called with the number of files that are done, and of all files.

    Raises:
        ManifestError: What was named cannot be read; what else cannot is in its notes. A
            file of a folder that cannot be read is a finding instead, `unreadable-file`. Or
            there are more findings than anybody reads.

    Example:
        >>> from pathlib import Path
        >>> from portmap.lint import lint_paths
        >>> _ = Path("shop.yaml").write_text(to_yaml(typo, pod))
        >>> for finding in lint_paths("shop.yaml"):
        ...     print(finding.location, finding.rule)
        ...
        shop.yaml:10:17 unresolved-target-port
    """
    inputs, unreadable = inputs_of(sources)
    return lint_inputs(
        inputs,
        unreadable,
        cluster=cluster or cluster_in_force(),
        rules=chosen_rules(rules),
        complete=complete,
        namespace=namespace,
        suppressions=suppressions,
        executor=executor,
        parts=parts,
        progress=progress,
    )


def lint_inputs(
    inputs: Sequence[Input],
    unreadable: Sequence[ManifestError] = (),
    *,
    cluster: Cluster,
    rules: tuple[Rule, ...],
    complete: bool | None = None,
    namespace: str | None = None,
    suppressions: bool = True,
    executor: Executor | None = None,
    parts: int = _PARTS,
    progress: Progress | None = None,
) -> Report:
    """The same for files that were looked up before."""
    judge = Judge(cluster, rules, complete, namespace, suppressions)
    counter = _Counter(len(inputs), progress)
    # What is judged in one piece is held at once.
    least = sum(each.size for each in inputs) // _LARGE
    if executor is None:
        executor, parts = _AtOnce(), least
    parts = max(parts, least)
    divided = [inputs] if complete or parts < 2 else _divided(inputs, parts)
    try:
        report = _here(judge, inputs, counter) if len(divided) < 2 else _elsewhere(judge, divided, executor, counter)
    except TooManyFindings as error:
        raise too_many(error.source) from None
    if len(report.findings) > MOST_FINDINGS:
        raise too_many(report.findings[-1].source)
    found = (*map(finding_of, unreadable), *report.findings)
    return attrs.evolve(report, findings=tuple(sorted(found, key=_order)))


@final
class _AtOnce(Executor):
    """Works in this process, and does one thing after the other."""

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> "Future[_Result]":  # noqa: ANN401 - any
        future: Future[_Result] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _order(finding: Finding) -> tuple[object, ...]:
    # What is about no object has no place among them, and is told first, by file.
    return (finding.position, finding.source if finding.position < 0 else "", *finding.order[1:])


@final
class _Counter:
    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self.findings = 0
        self.guesses = 0

    def add(self, number: int = 1, findings: int = 0, guesses: int = 0) -> None:
        self._done += number
        self.findings += findings
        self.guesses += guesses
        if self._progress is not None:
            self._progress(self._done, self._total)


# --- in one piece ----------------------------------------------------------------------------------------------


def _here(judge: Judge, inputs: Iterable[Input], counter: _Counter) -> Report:
    read = read_inputs(inputs, judge.cluster, namespace=judge.namespace, step=counter.add)
    raise_for(read.failed)
    return _in_one_piece(judge, read)


def _in_one_piece(judge: Judge, read: Read) -> Report:
    documents = dict(enumerate(read.documents))
    items = items_of(read.documents, judge.cluster)
    report, judged = lint_items(
        items, cluster=judge.cluster, rules=judge.rules, complete=judge.complete, most=MOST_FINDINGS
    )
    report = attrs.evolve(report, findings=tuple(located(report.findings, documents)))
    if judge.suppressions:
        report = suppressed(report, requests_of(judged, documents), judge.rules)
    unreadable = map(in_its_folder, read.findings)
    return attrs.evolve(report, findings=(*unreadable, *report.findings), skipped=(*read.skipped, *report.skipped))


# --- in parts --------------------------------------------------------------------------------------------------


def _divided(inputs: Sequence[Input], parts: int) -> list[Sequence[Input]]:
    """The inputs in at most so many parts; what stands in one folder stays together.

    The later ones are smaller, so that all processes come to their ends at about the same time.
    """
    last = {home_of(slashed(each.source)): place for place, each in enumerate(inputs)}
    runs: list[list[Input]] = []
    end = -1
    for place, each in enumerate(inputs):
        if place > end:
            runs.append([])
        end = max(end, last[home_of(slashed(each.source))])
        runs[-1].append(each)
    left = sum(each.size for each in inputs)
    found: list[list[Input]] = []
    goal = size = 0.0
    for run in runs:
        if size >= goal and len(found) < parts:
            goal, size = max(2 * left / parts, left / (parts - len(found))), 0
            found.append([])
        found[-1] += run
        size += sum(each.size for each in run)
        left -= sum(each.size for each in run)
    return list(found)


def _elsewhere(judge: Judge, divided: Sequence[Sequence[Input]], executor: Executor, counter: _Counter) -> Report:
    futures: list[Future[Any]] = []
    try:
        unpacking = _Unpacking()
        parts = _first_round(judge, divided, executor, counter, unpacking, futures)
        raise_for([error for part in parts for error in part.failed])
        starts = [0, *accumulate(part.documents for part in parts)][:-1]
        verdicts = [_moved(part.verdict, start) for part, start in zip(parts, starts, strict=True)]
        if any(part.put_off or part.guessed for part in parts):
            known = Known(
                tuple((start, part.told) for part, start in zip(parts, starts, strict=True)),
                frozenset().union(*(part.patches for part in parts)),
                names_of_several(name for part in parts for name in part.service_names),
            )
            told = ((start, unpacking.of(part)) for part, start in zip(parts, starts, strict=True))
            whole = whole_of(told, known.doubles, judge.cluster)
            put_off: list[PutOff] = []
            with judge.cluster:
                for part, start in zip(parts, starts, strict=True):
                    verdict, again = _settled(part, start, whole)
                    verdicts.append(verdict)
                    put_off += again
            shares = _in_shares(put_off, len(divided))
            if len(shares) < 2:
                verdicts += [judged_again(judge, some, known, whole) for some in shares]
            else:
                second = [executor.submit(judged_again, judge, some, known) for some in shares]
                futures += second
                verdicts += [future.result() for future in second]
    except BaseException:
        for each in futures:
            each.cancel()
        raise
    return _together(judge, parts, verdicts)


def _first_round(
    judge: Judge,
    divided: Sequence[Sequence[Input]],
    executor: Executor,
    counter: _Counter,
    unpacking: "_Unpacking",
    futures: "list[Future[Any]]",
) -> list[Part]:
    patches = _patches([each for inputs in divided for each in inputs], judge.cluster)
    first = [executor.submit(judged_part, judge, inputs, patches) for inputs in divided]
    futures += first
    parts = [unpacking.add(_counted(future, counter)) for future in first]
    more = frozenset().union(*(part.patches for part in parts)) - patches
    if more:
        # Some kustomization has a name of its own. What it names as patches was taken for objects.
        again = {
            place: executor.submit(judged_part, judge, inputs, patches | more)
            for place, inputs in enumerate(divided)
            if any(normpath(slashed(each.source)) in more for each in inputs)
        }
        futures += again.values()
        for place, future in again.items():
            parts[place] = unpacking.add(future.result())
    return parts


@final
class _Unpacking:
    """Unpacks what parts told while others are still being judged, as soon as it is sure that it will be wanted."""

    def __init__(self) -> None:
        self._wanted = False
        self._packed: list[Part] = []
        # By part: two parts may tell the same, and yet of different objects.
        self._unpacked: dict[int, tuple[Part, Sequence[tuple[Told, bool]]]] = {}

    def add(self, part: Part) -> Part:
        """Take what a part told, and give the part back."""
        self._packed.append(part)
        self._wanted = self._wanted or bool(part.guessed or part.put_off)
        while self._wanted and self._packed:
            self.of(self._packed.pop())
        return part

    def of(self, part: Part) -> Sequence[tuple[Told, bool]]:
        """What a part told, unpacked."""
        if id(part) not in self._unpacked:
            self._unpacked[id(part)] = part, unpacked(part.told)
        return self._unpacked[id(part)][1]


def _settled(part: Part, start: int, whole: Whole) -> tuple[Verdict, list[PutOff]]:
    """The guesses of a part that are right, and what of it is to be judged again."""
    right: list[Finding] = []
    put_off = [_placed(each, start) for each in part.put_off]
    for each in part.guessed:
        wrong: list[int] = []
        for guess in each.guesses:
            if not guess.failed and whole.agrees(guess.heard, start):
                right += guess.findings
            else:
                wrong.append(guess.place)
        if wrong:
            put_off.append(_placed(attrs.evolve(each.bundle, rules=tuple(wrong)), start))
    return _moved(Verdict(tuple(right), (), ()), start), put_off


def _placed(each: PutOff, start: int) -> PutOff:
    """What was put off of a part that starts here, with its places in the whole input."""
    return attrs.evolve(each, places=tuple(place + start for place in each.places))


def _in_shares(put_off: Sequence[PutOff], parts: int) -> list[list[PutOff]]:
    """What was put off in a few shares: to look through all that is known takes its time for each."""
    goal = max(sum(len(each.packed) for each in put_off) / max(parts // _PARTS_A_SHARE, 1), _SMALLEST_SHARE)
    shares: list[list[PutOff]] = []
    size = goal
    for each in put_off:
        if size >= goal:
            shares.append([])
            size = 0
        shares[-1].append(each)
        size += len(each.packed)
    return shares


def _together(judge: Judge, parts: Sequence[Part], verdicts: Sequence[Verdict]) -> Report:
    """The verdicts of all parts as one report."""
    skipped = [each for verdict in verdicts for each in verdict.skipped]
    report = Report(
        in_report([finding for verdict in verdicts for finding in verdict.findings], judge.rules),
        judge.cluster,
        sum(part.objects for part in parts),
        sum(len(part.service_names) for part in parts),
        # Whole files first, by part, as sorting keeps the order of what is alike.
        tuple(sorted(skipped, key=lambda each: each.position)),
    )
    return suppressed(report, [each for verdict in verdicts for each in verdict.requests], judge.rules)


def _counted(future: "Future[Part]", counter: _Counter) -> Part:
    part = future.result()
    guesses = [finding for each in part.guessed for guess in each.guesses for finding in guess.findings]
    counter.add(part.files, len(part.verdict.findings), len(guesses))
    # Guesses may be wrong, but even so there cannot be any number of them.
    if counter.findings > MOST_FINDINGS or counter.guesses > 2 * MOST_FINDINGS:
        raise TooManyFindings([*guesses, *part.verdict.findings][-1].source)
    return part


def _patches(inputs: Iterable[Input], cluster: Cluster) -> frozenset[str]:
    """The patches that kustomizations name, which may stand in other folders than they."""
    found = read_inputs([each for each in inputs if basename(each.source) in KUSTOMIZATIONS], cluster)
    return frozenset(map(normpath, patch_files(items_of(found.documents, cluster))[0]))


def _moved(verdict: Verdict, start: int) -> Verdict:
    """The verdict of a part, with the places of its objects in the whole input."""
    if not start:
        return verdict

    def moved(each: _Placed) -> _Placed:
        return each if each.position < 0 else attrs.evolve(each, position=each.position + start)

    return Verdict(
        tuple(attrs.evolve(moved(each), related=tuple(map(moved, each.related))) for each in verdict.findings),
        tuple(map(moved, verdict.skipped)),
        tuple(map(moved, verdict.requests)),
    )
