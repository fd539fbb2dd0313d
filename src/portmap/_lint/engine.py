"""Running rules over objects: what a server would refuse, what it would warn of, and what no server says."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from traceback import extract_tb
from typing import Any, Final, final

import attrs

from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import RuleError
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Finding, Found, Place, Related, Report, Skipped
from portmap._lint.grouping import bundles_of
from portmap._lint.item import Item, items_of
from portmap._lint.kustomize import skipped_items
from portmap._lint.locations import located
from portmap._lint.rule import Rule
from portmap._lint.rules import DEFAULT_RULES, RULES
from portmap._lint.server_rules import codes_of_the_server, server_warnings
from portmap._lint.suppressions import Suppression, annotations_of, suppress
from portmap._lint.whole_input import Heard, Whole
from portmap._manifests.documents import Document
from portmap._model.foreign import several
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = [
    "TooManyFindings",
    "in_its_folder",
    "in_report",
    "lint",
    "lint_items",
    "of_rules",
    "of_server",
    "skipped_of",
    "suppressed",
]


class TooManyFindings(Exception):  # noqa: N818 - it becomes the error of a file
    """There are more findings than somebody wants to have at a time."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


def lint(
    objects: Iterable[object],
    *,
    cluster: Cluster | None = None,
    rules: Iterable[Rule] | None = None,
    complete: bool | None = None,
    suppressions: bool = True,
) -> Report:
    """What is wrong with objects, and what is worth knowing of them.

    Args:
        objects: Plain mappings of any kind, typed objects, and documents of
            `portmap.load`, in any mixture. Of documents, findings have their places.
        cluster: By what they are judged; left out, the cluster in force.
        rules: Beside what a server would refuse or warn of; left out, those of the
            default profile.
        complete: Whether everything that the objects refer to should be among them, so
            that what is missing is an error. Left out, it is so where the objects say
            so themselves: a rendered chart, or what was read from a cluster.
        suppressions: Whether annotations and comments suppress findings.

    Raises:
        TypeError: One of the objects is something else.
        RuleError: A rule raised an exception, which is its cause.

    Example:
        >>> from portmap.lint import lint
        >>> for finding in lint([typo, pod]):
        ...     print(finding.severity, finding.rule, finding.hint)
        ...
        error unresolved-target-port did you mean 'http'?
    """
    cluster = cluster or cluster_in_force()
    chosen = chosen_rules(rules)
    given = list(several(objects, "lint"))
    items = items_of(given, cluster)
    report, judged = lint_items(items, cluster=cluster, rules=chosen, complete=complete)
    documents = {position: each for position, each in enumerate(given) if isinstance(each, Document)}
    if documents:
        report = attrs.evolve(report, findings=tuple(located(report.findings, documents)))
    return suppressed(report, annotations_of(judged), chosen) if suppressions else report


def lint_items(
    items: Sequence[Item],
    *,
    cluster: Cluster,
    rules: Sequence[Rule],
    complete: bool | None,
    most: int | None = None,
) -> tuple[Report, list[Item]]:
    """What is found in these items, without regard to suppressions, and those of them that were judged.

    Raises:
        TooManyFindings: There are more than `most`.
    """
    with cluster:
        reasons = skipped_items(items)
        judged = [item for place, item in enumerate(items) if place not in reasons]
        found = [finding for item in judged for finding in of_server(item)]
        for bundle in bundles_of(judged, Whole(judged, cluster), complete=complete):
            found += (finding for each in of_rules(bundle, rules, most=most) for finding in each.findings)
            if most is not None and len(found) > most:
                raise TooManyFindings(found[-1].source)
    services = sum(item.name.kind == "Service" for item in items)
    return Report(in_report(found, rules), cluster, len(items), services, skipped_of(items, reasons)), judged


def chosen_rules(rules: Iterable[Rule] | None) -> tuple[Rule, ...]:
    """These rules; left out, those of the default profile.

    Raises:
        TypeError: One of them is no rule.
    """
    chosen = tuple(DEFAULT_RULES if rules is None else rules)
    for each in chosen:
        if not isinstance(each, Rule):
            raise TypeError(f"a rule is one of portmap.lint.RULES, or is made by `rule`; {each!r} is not one")
    return chosen


def suppressed(report: Report, requests: Sequence[Suppression], rules: Iterable[Rule]) -> Report:
    """The report without the findings that somebody asked not to be told of."""
    if not requests:
        return report
    asked = {*(each.name for each in rules), *codes_of_the_server()}
    known = {*asked, *(each.name for each in RULES)}
    left, hidden = suppress(report.findings, requests, known=known, asked=asked)
    left.sort(key=lambda each: each.order)
    return attrs.evolve(report, findings=tuple(left), suppressed=tuple(hidden))


def in_report(found: Iterable[Finding], rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """The findings as a report has them: each once, in order, and no more severe than where they stand."""
    told = _without_echoes(list(found), rules)
    return tuple(sorted(dict.fromkeys(map(in_its_folder, told)), key=lambda each: each.order))


def skipped_of(items: Sequence[Item], reasons: Mapping[int, str]) -> tuple[Skipped, ...]:
    """What was not judged of these items, by their place among them."""
    return tuple(
        Skipped(reason, items[place].name, items[place].source, items[place].position)
        for place, reason in sorted(reasons.items())
    )


def _without_echoes(found: list[Finding], rules: Iterable[Rule]) -> list[Finding]:
    """The findings without those warnings of a server that a rule says better."""
    better = {rule.name: rule.instead_of for rule in rules if rule.instead_of}
    told: set[tuple[str | None, int, FieldPath]] = set()
    for each in found:
        if each.rule in better:
            places: list[Finding | Related] = [each, *each.related]
            told.update((better[each.rule], place.position, place.path) for place in places)
    return [each for each in found if (each.rule, each.position, each.path) not in told] if told else found


_OWNERS: Final = FieldPath("metadata", "ownerReferences")
_TEST_DATA: Final = re.compile(r"(?:^|/)(testdata|test-data|test_data|fixtures|golden)/")


def in_its_folder(finding: Finding) -> Finding:
    """A finding, less severe in a folder of test data, where things are often wrong on purpose."""
    match = _TEST_DATA.search(finding.source) if finding.severity == "error" else None
    if match is None:
        return finding
    because = f"the folder {match[1]} holds test data, which may be wrong on purpose"
    return attrs.evolve(finding, severity="warning", because=because)


def of_server(item: Item) -> Iterator[Finding]:
    """What a server would refuse, and what it would accept with a warning."""
    for violation in item.violations:
        # What a generator leaves for a controller to fill in is nobody's mistake.
        generated = violation.path.starts_with(_OWNERS)
        yield Finding(
            violation.code,
            "warning" if generated else "error",
            item.name,
            violation.path,
            violation.message,
            violation.hint,
            violation.value,
            "owner references are written by controllers, not by people" if generated else None,
            position=item.position,
            source=item.source,
        )
    if item.object is not None:
        for warning in server_warnings(item):
            yield Finding(
                warning.code,
                "warning",
                item.name,
                warning.path,
                warning.message,
                warning.hint,
                position=item.position,
                source=item.source,
            )


@final
@attrs.frozen
class OfRule:
    """What a rule finds in a bundle.

    Attributes:
        place: That of the rule among those that were run.
        findings: The findings.
        heard: What it asked of other bundles, where only a part of them is here: what it found is a guess then.
        failed: Whether it raised an exception at a guess, and is to be asked again by what is known of everything.
    """

    place: int
    findings: Sequence[Finding]
    heard: Heard
    failed: bool = False


def of_rules(bundle: Bundle, rules: Sequence[Rule], *, most: int | None = None) -> Iterator[OfRule]:
    """What each of the rules finds in a bundle, those that find and ask nothing left out.

    Raises:
        RuleError: A rule raised an exception.
        TooManyFindings: They find more than `most`.
    """
    return _Run(bundle, most).findings(rules)


def _broken(rule: Rule, subject: object, error: Exception) -> RuleError:
    """What to say of a rule that raised an exception."""
    match subject:
        case Service() | Workload():
            about = f" at {subject}"
        case ResolvedReference():
            about = f" at {subject.field} of {subject.source}"
        case _:
            about = ""
    last = extract_tb(error.__traceback__)[-1]
    # What is wrong with what a rule gave is noticed here, and not in its own lines.
    place = f" ({PurePath(last.filename).name}:{last.lineno})" if last.filename != __file__ else ""
    said = f": {error}" if str(error) else ""
    return RuleError(rule.name, f"the rule {rule.name} failed{about}: {type(error).__name__}{said}{place}")


@final
class _Run:
    """The rules, run over one bundle."""

    def __init__(self, bundle: Bundle, most: int | None) -> None:
        self._bundle = bundle
        self._most = most

    def findings(self, rules: Sequence[Rule]) -> Iterator[OfRule]:
        subjects: Mapping[type, Collection[Any]] = {
            Service: self._bundle.services,
            Workload: self._bundle.workloads,
            ResolvedReference: self._bundle.port_map.references,
            Bundle: (self._bundle,),
        }
        count = 0
        for place, rule in enumerate(rules):
            subject: object = self._bundle
            findings: list[Finding] = []
            try:
                for subject in subjects[rule.on]:
                    for found in rule.check(subject, self._bundle):
                        findings.append(self._finding(rule, found))
                        count += 1
                        if self._most is not None and count > self._most:
                            raise TooManyFindings(findings[-1].source)  # noqa: TRY301 - there is no other place
            except (MemoryError, TooManyFindings):
                raise
            except Exception as error:
                heard = self._bundle.elsewhere.heard()
                if not heard:
                    raise _broken(rule, subject, error) from error
                yield OfRule(place, (), heard, failed=True)
                continue
            heard = self._bundle.elsewhere.heard()
            if findings or heard:
                yield OfRule(place, findings, heard)

    def _finding(self, rule: Rule, found: Found) -> Finding:
        if not isinstance(found, Found):
            raise TypeError(f"it gave a {type(found).__name__}, which is no finding: see portmap.lint.at")
        item, path = self._bundle.place_of(found.place.subject)
        return Finding(
            rule.name,
            found.severity or rule.severity,
            item.name,
            path + found.place.path,
            found.message,
            found.hint,
            found.value,
            found.because,
            tuple(self._related(place, message) for place, message in found.related),
            item.position,
            item.source,
        )

    def _related(self, place: Place, message: str) -> Related:
        item, path = self._bundle.place_of(place.subject)
        return Related(item.name, path + place.path, message, item.position)
