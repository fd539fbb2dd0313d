"""One part of an input, judged by itself: what an executor runs, here or far away.

What is deployed together stands in one folder, so that is judged alone. Where a rule asks for what may
stand elsewhere, the answer is that of the part, and what the rule finds by it is a guess: it comes back
with the question, and with the documents, packed. By what all parts told of their objects, a guess stands,
or the rule is asked again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, final

import attrs

from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._lint.bundle import Bundle
from portmap._lint.engine import OfRule, TooManyFindings, of_rules, of_server, skipped_of
from portmap._lint.findings import Finding, Skipped
from portmap._lint.grouping import bundles_of, home_of
from portmap._lint.inputs import MOST_FINDINGS, MOST_REQUESTS, Input, read_inputs
from portmap._lint.item import Item, items_of
from portmap._lint.kustomize import UNDECIDED, patch_files, skipped_items
from portmap._lint.locations import located, places_of_keys
from portmap._lint.packing import packed, unpacked
from portmap._lint.rule import Rule
from portmap._lint.suppressions import Suppression, annotations_of, comments_in
from portmap._lint.whole_input import Told, Whole, item_of, told_of
from portmap._manifests.documents import Document

__all__ = [
    "Guessed",
    "Judge",
    "Known",
    "Part",
    "PutOff",
    "Verdict",
    "judged_again",
    "judged_part",
    "requests_of",
    "whole_of",
]


@final
@attrs.frozen
class Judge:
    """By what to judge."""

    cluster: Cluster
    rules: tuple[Rule, ...]
    complete: bool | None
    namespace: str | None
    suppressions: bool


@final
@attrs.frozen
class Verdict:
    """What was found of some objects.

    Attributes:
        findings: With their places in the files.
        skipped: What was not judged.
        requests: What the objects ask not to be told of.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    requests: tuple[Suppression, ...]


@final
@attrs.frozen
class PutOff:
    """A bundle or folder that cannot be judged without the others.

    Attributes:
        places: Where its documents stand in the input, or in the part.
        packed: The documents.
        rules: Which rules are to be asked of a bundle, by their places among those of the judge;
            `None` for a folder, of which nothing is judged yet.
        complete: As that of the bundle.
        added_labels: As that of the bundle.
    """

    places: tuple[int, ...]
    packed: bytes
    rules: tuple[int, ...] | None = None
    complete: str | None = None
    added_labels: frozenset[str] = frozenset()


@final
@attrs.frozen
class Guessed:
    """A bundle of which some rules asked what other parts may know better.

    Attributes:
        bundle: The bundle, for the case that they do.
        guesses: What each of the rules found.
    """

    bundle: PutOff
    guesses: tuple[OfRule, ...]


@final
@attrs.frozen
class Part:
    """What came of one part of the input. Places count from the part's first document.

    Attributes:
        verdict: Of all folders that were not put off, without guesses.
        put_off: Those that were.
        guessed: The bundles about which there are guesses.
        failed: What was asked for by name and cannot be read.
        patches: The files that kustomizations here name as patches.
        documents: How many were read, of which objects are those that are mappings.
        objects: How many objects there are.
        service_names: The names of its Services, as often as they come.
        files: How many files it has.
        told: What other folders may ask of its objects, each with whether it is sure that it is judged; packed.
    """

    verdict: Verdict
    put_off: tuple[PutOff, ...]
    guessed: tuple[Guessed, ...]
    failed: tuple[ManifestError, ...]
    patches: frozenset[str]
    documents: int
    objects: int
    service_names: tuple[ObjectName, ...]
    files: int
    told: bytes


@final
@attrs.frozen
class Known:
    """What is known of the whole input after the first round.

    Attributes:
        told: What each part told of its objects, with the place of its first document.
        patches: The files that kustomizations name as patches.
        doubles: The names that several Services have.
    """

    told: tuple[tuple[int, bytes], ...]
    patches: frozenset[str]
    doubles: frozenset[ObjectName]


# --- the first round -------------------------------------------------------------------------------------------


def judged_part(judge: Judge, inputs: Sequence[Input], patches: frozenset[str]) -> Part:
    """What can be said of a part of the input by itself.

    Args:
        judge: By what to judge.
        inputs: All files of some folders.
        patches: The files that kustomizations anywhere name as patches, as far as that is known.
    """
    read = read_inputs(inputs, judge.cluster, namespace=judge.namespace)
    items = items_of(read.documents, judge.cluster)
    reasons = skipped_items(items, patches)
    own, _ = patch_files(items)
    folders: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        folders[home_of(item.source)].append(place)
    whole = Whole([item for place, item in enumerate(items) if place not in reasons], judge.cluster, noting=True)
    alone: list[_Folder] = []
    put_off: list[PutOff] = []
    guessed: list[Guessed] = []

    def put(these: Iterable[Item], *more: Any) -> PutOff:  # noqa: ANN401 - the rest of `PutOff`
        positions = tuple(item.position for item in these)
        return PutOff(positions, packed([read.documents[position] for position in positions]), *more)

    for places in folders.values():
        folder = _Folder([items[place] for place in places], [reasons.get(place) for place in places])
        if UNDECIDED in folder.reasons:
            put_off.append(put(folder.items))
            continue
        alone.append(folder)
        for bundle, guesses in folder.judge(judge, whole):
            asking = tuple(each.place for each in guesses)
            left = put(bundle.items, asking, bundle.complete, bundle.added_labels)
            guessed.append(Guessed(left, tuple(guesses)))
    documents = dict(enumerate(read.documents))
    # The places of all findings are looked up together, since each text is read again for that.
    more = [finding for each in guessed for guess in each.guesses for finding in guess.findings]
    verdict = _verdict(judge, alone, documents, more)
    sure = len(verdict.findings) - len(more)
    return Part(
        attrs.evolve(
            verdict,
            findings=(*read.findings, *verdict.findings[:sure]),
            skipped=(*read.skipped, *verdict.skipped),
        ),
        tuple(put_off),
        tuple(_with_findings(guessed, verdict.findings[sure:])),
        read.failed,
        frozenset(own),
        len(read.documents),
        len(items),
        tuple(item.name for item in items if item.name.kind == "Service"),
        read.files,
        packed(
            [
                (told, reasons.get(place) is None)
                for place, item in enumerate(items)
                if reasons.get(place) in {None, UNDECIDED} and (told := told_of(item)) is not None
            ]
        ),
    )


@final
class _Folder:
    """What is deployed together, or is several such things.

    Attributes:
        items: Its objects.
        reasons: Why each of them is not judged; `None` where it is.
        findings: What was found of them.
    """

    def __init__(self, items: Sequence[Item], reasons: Sequence[str | None]) -> None:
        self.items = items
        self.reasons = reasons
        self.findings: list[Finding] = []

    @property
    def unskipped(self) -> list[Item]:
        """The objects that are judged."""
        return [item for item, reason in zip(self.items, self.reasons, strict=True) if reason is None]

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The others."""
        return skipped_of(self.items, {place: reason for place, reason in enumerate(self.reasons) if reason})

    def judge(self, judge: Judge, whole: Whole) -> list[tuple[Bundle, list[OfRule]]]:
        """Judge its objects; the bundles about which there are guesses, with these."""
        guessed: list[tuple[Bundle, list[OfRule]]] = []
        items = self.unskipped
        with judge.cluster:
            self.findings += (finding for item in items for finding in of_server(item))
            for bundle in bundles_of(items, whole, complete=judge.complete):
                guesses: list[OfRule] = []
                for each in of_rules(bundle, judge.rules, most=MOST_FINDINGS):
                    if each.heard:
                        guesses.append(each)
                    else:
                        self.findings += each.findings
                if guesses:
                    guessed.append((bundle, guesses))
        return guessed


def _verdict(
    judge: Judge, folders: Sequence[_Folder], documents: Mapping[int, Document], more: Iterable[Finding] = ()
) -> Verdict:
    found = [finding for folder in folders for finding in folder.findings]
    items = [item for folder in folders for item in folder.unskipped] if judge.suppressions else []
    return Verdict(
        tuple(located([*found, *more], documents)),
        tuple(each for folder in folders for each in folder.skipped),
        tuple(requests_of(items, documents)),
    )


def _with_findings(guessed: Iterable[Guessed], findings: Iterable[Finding]) -> Iterator[Guessed]:
    """The same with these findings, one after the other, in the place of theirs."""
    found = iter(findings)
    for each in guessed:
        guesses = (attrs.evolve(guess, findings=tuple(islice(found, len(guess.findings)))) for guess in each.guesses)
        yield Guessed(each.bundle, tuple(guesses))


def requests_of(items: Iterable[Item], documents: Mapping[int, Document]) -> list[Suppression]:
    """What the annotations of objects and the comments beside them ask not to be told of.

    Args:
        items: The objects.
        documents: Those from which they came, by their places.

    Raises:
        TooManyFindings: There are more than anybody would write.
    """
    by_text: dict[int, list[tuple[int, Item]]] = defaultdict(list)
    texts: dict[int, str] = {}
    # One text may hold very many documents, so each is searched once.
    commented: dict[int, bool] = {}
    found: list[Suppression] = []
    for item in items:
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
    places = places_of_keys((documents[each.position], each.path) for each in found)
    found = [attrs.evolve(each, location=place) for each, place in zip(found, places, strict=True)]
    for identity, objects in by_text.items():
        for each in comments_in(texts[identity], sorted(objects, key=lambda each: (each[0], each[1].position))):
            found.append(each)
            if len(found) > MOST_REQUESTS:
                raise TooManyFindings(each.source)
    return found


# --- the second round ------------------------------------------------------------------------------------------


def whole_of(
    told: Iterable[tuple[int, Iterable[tuple[Told, bool]]]], doubles: frozenset[ObjectName], cluster: Cluster
) -> Whole:
    """All that is judged, as far as it was told.

    Args:
        told: What each part told, unpacked, with the place of its first document.
        doubles: The names that several Services have.
        cluster: By what it is judged.
    """
    items: list[Item] = []
    for start, objects in told:
        for each, decided in objects:
            item = item_of(each, start)
            if decided or item.name not in doubles:
                items.append(item)
    return Whole(items, cluster)


def judged_again(judge: Judge, put_off: Sequence[PutOff], known: Known, whole: Whole | None = None) -> Verdict:
    """What is to be said of what was put off, by what is known of everything.

    Args:
        judge: By what to judge.
        put_off: Whole folders and bundles; their places are those in the input.
        known: What the first round told.
        whole: The same, where it is at hand.
    """
    if whole is None:
        whole = whole_of(((start, unpacked(told)) for start, told in known.told), known.doubles, judge.cluster)
    documents: dict[int, Document] = {}
    folders: list[_Folder] = []
    found: list[Finding] = []
    for each in put_off:
        own: list[Document] = unpacked(each.packed)
        documents.update(zip(each.places, own, strict=True))
        items = [_moved(item, each.places[item.position]) for item in items_of(own, judge.cluster)]
        if each.rules is None:
            reasons = skipped_items(items, known.patches, known.doubles)
            folder = _Folder(items, [reasons.get(place) for place in range(len(items))])
            folder.judge(judge, whole)
            folders.append(folder)
        else:
            bundle = Bundle(items, whole, complete=each.complete, added_labels=each.added_labels)
            with judge.cluster:
                for again in of_rules(bundle, [judge.rules[place] for place in each.rules], most=MOST_FINDINGS):
                    found += again.findings
    return _verdict(judge, folders, documents, found)


def _moved(item: Item, position: int) -> Item:
    return Item(position, item.name, item.raw, item.object, item.violations, item.source)
