"""Linting files, on one core or many: parts of the input are judged by themselves, then put together.

Objects that are deployed together stand in one folder, so each folder is judged alone. Where a
rule asks for what may stand elsewhere, the question is put off: such a folder is judged at the
end, by what all parts hold. So the report is the same however the input was divided.
"""

import pickle
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from itertools import accumulate
from posixpath import basename, dirname, normpath
from typing import Final, final

import attrs

from portmap._cluster import Cluster, cluster_in_force
from portmap._errors import ManifestError
from portmap._map.object_names import ObjectName
from portmap.lint._bundles import Bundle, Whole, bundles_of
from portmap.lint._engine import chosen_rules, in_report, lint, of_rules, of_server, skipped_of, suppressed
from portmap.lint._findings import Finding, Report, Skipped
from portmap.lint._fragments import KUSTOMIZATIONS, names_of_several, patch_files, skipped_items
from portmap.lint._items import Item, NotAllThere, items_of
from portmap.lint._locations import located
from portmap.lint._reading import Input, Source, finding_of, inputs_of, raise_for, read_inputs
from portmap.lint._rule import Rule
from portmap.lint._suppressions import Suppression, annotations_of, comments_in
from portmap.manifests._documents import Document

__all__ = ["Progress", "lint_inputs", "lint_paths"]

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""

_PARTS: Final = 16


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
            Dask or Ray. Left out, it is done here. Its processes must see the same files,
            and import the rules, which must be those of modules.
        parts: Into how many parts the input is divided for an executor, at most. What is
            complete is judged in one piece, here.
        progress: Called with the number of files that are done, and of all files.

    Raises:
        ManifestError: What was named cannot be read; what else cannot is in its notes. A
            file of a folder that cannot be read is a finding instead, `unreadable-file`.

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
    judge = _Judge(cluster, rules, complete, namespace, suppressions)
    divided = [inputs] if executor is None or complete else _divided(inputs, parts)
    counter = _Counter(len(inputs), progress)
    if executor is None or len(divided) < 2:
        report = _here(judge, inputs, counter)
    else:
        report = _elsewhere(judge, divided, executor, counter)
    found = (*map(finding_of, unreadable), *report.findings)
    return attrs.evolve(report, findings=tuple(sorted(found, key=_order)))


def _order(finding: Finding) -> tuple[object, ...]:
    # What is about no object has no place among them, and is told first, by file.
    return (finding.position, finding.source if finding.position < 0 else "", *finding.order[1:])


@final
class _Counter:
    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def add(self, number: int = 1) -> None:
        self._done += number
        if self._progress is not None:
            self._progress(self._done, self._total)


@final
@attrs.frozen
class _Judge:
    """By what to judge."""

    cluster: Cluster
    rules: tuple[Rule, ...]
    complete: bool | None
    namespace: str | None
    suppressions: bool


# --- in one piece ----------------------------------------------------------------------------------------------


def _here(judge: _Judge, inputs: Iterable[Input], counter: _Counter) -> Report:
    read = read_inputs(inputs, judge.cluster, namespace=judge.namespace, step=counter.add)
    raise_for(read.failed)
    return _in_one_piece(judge, read.documents, read.findings, read.skipped)


def _in_one_piece(
    judge: _Judge, documents: Sequence[Document], findings: Iterable[Finding], skipped: Iterable[Skipped]
) -> Report:
    """The report of documents that are all here, beside what was found and skipped in reading them."""
    report = lint(documents, cluster=judge.cluster, rules=judge.rules, complete=judge.complete, suppressions=False)
    report = attrs.evolve(report, findings=tuple(located(report.findings, dict(enumerate(documents)))))
    report = suppressed(report, _requests(judge, documents, {each.position for each in report.skipped}), judge.rules)
    return attrs.evolve(report, findings=(*findings, *report.findings), skipped=(*skipped, *report.skipped))


def _requests(judge: _Judge, documents: Sequence[Document], unjudged: Collection[int]) -> list[Suppression]:
    """What annotations and comments ask not to be told of, but in what is not judged."""
    if not judge.suppressions:
        return []
    by_text: dict[int, list[tuple[int, Item]]] = defaultdict(list)
    texts: dict[int, str] = {}
    # One text may hold very many documents, so each is searched once.
    commented: dict[int, bool] = {}
    found: list[Suppression] = []
    for item in items_of(documents, judge.cluster):
        if item.position in unjudged:
            continue
        found += annotations_of([item])
        document = documents[item.position]
        identity = id(document.text)
        if identity not in commented:
            commented[identity] = "portmap:" in document.text
        # Places are looked up only in the few texts that have such comments.
        if commented[identity]:
            span = document.span()
            texts[identity] = document.text
            by_text[identity].append((span.line if span else 1, item))
    for identity, objects in by_text.items():
        found += comments_in(texts[identity], sorted(objects, key=lambda each: (each[0], each[1].position)))
    return found


# --- in parts --------------------------------------------------------------------------------------------------


def _divided(inputs: Sequence[Input], parts: int) -> list[Sequence[Input]]:
    """The inputs in at most so many parts of about the same size; what stands in one folder stays together."""
    last = {dirname(each.source): place for place, each in enumerate(inputs)}
    runs: list[list[Input]] = []
    end = -1
    for place, each in enumerate(inputs):
        if place > end:
            runs.append([])
        end = max(end, last[dirname(each.source)])
        runs[-1].append(each)
    goal = sum(each.size for each in inputs) / max(parts, 1)
    found: list[list[Input]] = []
    size = goal
    for run in runs:
        if size >= goal and len(found) < parts:
            found.append([])
            size = 0
        found[-1] += run
        size += sum(each.size for each in run)
    return list(found)


@final
@attrs.frozen
class _PutOff:
    """A bundle that cannot be judged by a part alone: the places of its objects, and what is known of it."""

    places: tuple[int, ...]
    complete: str | None
    added_labels: frozenset[str]


@final
@attrs.frozen
class _Part:
    """What came of one part of the input. Places count from the part's first object.

    Attributes:
        findings: With their places in the files.
        put_off: What is still to be judged; `None` for the part as a whole, which depends on the
            names of Services in other parts.
        reasons: Why some objects are not judged, by place.
        patches: The files that kustomizations here name as patches.
        service_names: The names of its Services, as often as they come.
        documents: How many documents were read, of which objects are those that are mappings.
        requests: What the objects ask not to be told of.
        packed: All documents, to be unpacked only where something was put off.
    """

    findings: tuple[Finding, ...]
    put_off: tuple[_PutOff, ...] | None
    reasons: Mapping[int, str]
    skipped: tuple[Skipped, ...]
    failed: tuple[ManifestError, ...]
    patches: frozenset[str]
    objects: int
    service_names: tuple[ObjectName, ...]
    files: int
    documents: int
    requests: tuple[Suppression, ...]
    packed: bytes


def _judged(
    judge: _Judge, inputs: Sequence[Input], patches: frozenset[str], doubles: frozenset[ObjectName] | None = None
) -> _Part:
    """What can be said of a part of the input by itself. This runs in other processes."""
    read = read_inputs(inputs, judge.cluster, namespace=judge.namespace)
    with judge.cluster:
        items = items_of(read.documents, judge.cluster)
        try:
            reasons: Mapping[int, str] = skipped_items(items, patches, doubles)
            judged = [item for place, item in enumerate(items) if place not in reasons]
            found, put_off = _judged_alone(judge, judged)
        except NotAllThere:
            reasons, found, put_off = {}, [], None
    return _Part(
        (*read.findings, *located(found, dict(enumerate(read.documents)))),
        put_off,
        {items[place].position: reason for place, reason in reasons.items()},
        (*read.skipped, *skipped_of(items, reasons)),
        read.failed,
        frozenset(patch_files(items)[0]),
        len(items),
        tuple(item.name for item in items if item.name.kind == "Service"),
        read.files,
        len(read.documents),
        tuple(_requests(judge, read.documents, {items[place].position for place in reasons})),
        pickle.dumps(read.documents, pickle.HIGHEST_PROTOCOL),
    )


def _judged_alone(judge: _Judge, items: Sequence[Item]) -> tuple[list[Finding], tuple[_PutOff, ...]]:
    found = [finding for item in items for finding in of_server(item)]
    put_off = []
    for bundle in bundles_of(items, Whole(None, judge.cluster), complete=judge.complete):
        try:
            found += of_rules(bundle, judge.rules)
        except NotAllThere:
            places = tuple(item.position for item in bundle.items)
            put_off.append(_PutOff(places, bundle.complete, bundle.added_labels))
    return found, tuple(put_off)


def _elsewhere(judge: _Judge, divided: Sequence[Sequence[Input]], executor: Executor, counter: _Counter) -> Report:
    patches = _patches([each for inputs in divided for each in inputs], judge.cluster)
    futures = [executor.submit(_judged, judge, inputs, patches) for inputs in divided]
    try:
        parts = [_counted(future, counter) for future in futures]
        if any(part.put_off is None for part in parts):
            doubles = names_of_several(name for part in parts for name in part.service_names)
            again = {
                place: executor.submit(_judged, judge, divided[place], patches, doubles)
                for place, part in enumerate(parts)
                if part.put_off is None
            }
            futures += again.values()
            parts = [again[place].result() if place in again else part for place, part in enumerate(parts)]
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    raise_for([error for part in parts for error in part.failed])
    dependent = any(part.patches - patches for part in parts)
    documents: list[Document] = []
    if dependent or any(part.put_off for part in parts):
        # Our own processes packed them a moment ago.
        documents = [document for part in parts for document in pickle.loads(part.packed)]  # noqa: S301
    return _all_anew(judge, parts, documents) if dependent else _together(judge, parts, documents)


def _together(judge: _Judge, parts: Sequence[_Part], documents: Sequence[Document]) -> Report:
    """The reports of all parts as one, and what was put off."""
    starts = [0, *accumulate(part.documents for part in parts)][:-1]
    found = [finding for part, start in zip(parts, starts, strict=True) for finding in _moved(part.findings, start)]
    if documents:
        found += _of_the_put_off(judge, parts, starts, documents)
    skipped = [
        each if each.position < 0 else attrs.evolve(each, position=each.position + start)
        for part, start in zip(parts, starts, strict=True)
        for each in part.skipped
    ]
    report = Report(
        in_report(found, judge.rules),
        judge.cluster,
        sum(part.objects for part in parts),
        sum(len(part.service_names) for part in parts),
        # Whole files first; sorting keeps the order of what is alike.
        tuple(sorted(skipped, key=lambda each: each.position >= 0)),
    )
    requests = [
        attrs.evolve(each, position=each.position + start)
        for part, start in zip(parts, starts, strict=True)
        for each in part.requests
    ]
    return suppressed(report, requests, judge.rules)


def _counted(future: "Future[_Part]", counter: _Counter) -> _Part:
    part = future.result()
    counter.add(part.files)
    return part


def _patches(inputs: Iterable[Input], cluster: Cluster) -> frozenset[str]:
    """The patches that kustomizations name, which may stand in other folders than they."""
    found = read_inputs([each for each in inputs if basename(each.source) in KUSTOMIZATIONS], cluster)
    return frozenset(map(normpath, patch_files(items_of(found.documents, cluster))[0]))


def _all_anew(judge: _Judge, parts: Iterable[_Part], documents: Sequence[Document]) -> Report:
    """The report where parts depend on each other in ways that are too rare to be worth more."""
    foreign = [each for part in parts for each in part.skipped if each.position < 0]
    unreadable = [each for part in parts for each in part.findings if each.position < 0]
    return _in_one_piece(judge, documents, unreadable, foreign)


def _moved(findings: Iterable[Finding], start: int) -> Iterable[Finding]:
    """The findings of a part, with the places of their objects in the whole input."""
    if not start:
        return findings
    return [
        attrs.evolve(
            each,
            position=each.position + start,
            related=tuple(attrs.evolve(other, position=other.position + start) for other in each.related),
        )
        if each.position >= 0
        else each
        for each in findings
    ]


def _of_the_put_off(
    judge: _Judge, parts: Sequence[_Part], starts: Sequence[int], documents: Sequence[Document]
) -> list[Finding]:
    with judge.cluster:
        by_place = {item.position: item for item in items_of(documents, judge.cluster)}
        unjudged = {place + start for part, start in zip(parts, starts, strict=True) for place in part.reasons}
        items: list[Item] = [item for place, item in by_place.items() if place not in unjudged]
        whole = Whole(items, judge.cluster)
        found: list[Finding] = []
        for part, start in zip(parts, starts, strict=True):
            for each in part.put_off or ():
                own = [by_place[place + start] for place in each.places]
                bundle = Bundle(own, whole, complete=each.complete, added_labels=each.added_labels)
                found += of_rules(bundle, judge.rules)
    return located(found, dict(enumerate(documents)))
