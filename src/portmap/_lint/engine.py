"""Linting in two passes: first the facts of each part of the input, then the rules of each part with all facts.

A part holds whole groups of objects that are deployed together, so its rules need nothing of other parts but their
facts. The report is the same however the input is divided.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, Final, TypeVar, final

import attrs

from portmap._graph.facts import Facts, facts_of
from portmap._graph.fragments import skip_reasons
from portmap._graph.graph import data_by_file
from portmap._graph.group_graph import GroupGraph
from portmap._graph.grouping import groups_of
from portmap._graph.input_context import InputContext
from portmap._graph.items import Item, items_of
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import MAX_FINDINGS, Finding, Related, Report, Skipped, Suppressed
from portmap._lint.locations import located
from portmap._lint.rule import Rule
from portmap._lint.rule_runner import findings_of_rules
from portmap._lint.rules import DEFAULT_RULES, RULES
from portmap._lint.server_rules import codes_of_the_server, server_findings
from portmap._lint.suppressions import Suppression, suppress, suppressions_of
from portmap._lint.verdicts import with_verdicts
from portmap._manifests.documents import Document
from portmap._model.foreign import require_iterable

# Each suppression may be a finding itself.
_FINDINGS_A_SUPPRESSION: Final = 4

_T = TypeVar("_T", Finding, Suppression)


@final
@attrs.frozen
class LintSettings:
    """How to lint.

    Attributes:
        cluster: The cluster whose rules apply.
        rules: The rules of the linter to run.
        complete: As in `lint`.
        suppressions: As in `lint`.
        namespace: The namespace of objects that name none; `None`: they may be in any.
        max_findings: How many findings there may be; `None` for any number.
    """

    cluster: Cluster
    rules: tuple[Rule, ...]
    complete: bool | None = None
    suppressions: bool = True
    namespace: str | None = None
    max_findings: int | None = MAX_FINDINGS


@final
@attrs.frozen
class Part:
    """A part of the input, as the first pass hands it to the second. Positions count from the part's start.

    Attributes:
        documents: The documents of files, by position.
        items: The objects.
        reasons: For each item, why it is skipped, as `kustomize.skip_reasons` returns it.
    """

    documents: Mapping[int, Document]
    items: Sequence[Item]
    reasons: Sequence[str | None]

    def moved(self, start: int) -> "Part":
        """Return the part with the positions of the input, in which it begins at this one."""
        if not start:
            return self
        documents = {position + start: document for position, document in self.documents.items()}
        return Part(
            documents, [attrs.evolve(item, position=item.position + start) for item in self.items], self.reasons
        )


@final
@attrs.frozen
class PartReport:
    """What the second pass reports about a part."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    suppressions: tuple[Suppression, ...]


def lint(
    objects: Iterable[object],
    *,
    cluster: Cluster | None = None,
    rules: Iterable[Rule] | None = None,
    complete: bool | None = None,
    suppressions: bool = True,
) -> Report:
    """Return what is wrong with objects, and what is worth knowing about them.

    Args:
        objects: Plain mappings of any kind, typed objects, and documents of `portmap.load`, in any mixture.
            Findings about documents have locations.
        cluster: The cluster whose rules apply; by default the cluster in force.
        rules: The rules to run, besides those of the API server; by default those of the default profile.
        complete: Whether the input holds everything that its objects refer to, so that what is missing is an
            error. By default it does where the objects show it: a rendered chart, or objects of a cluster.
        suppressions: Whether annotations and comments suppress findings.

    Raises:
        TypeError: One of the objects is something else.
        RuleError: A rule raised an exception, which is the error's cause.

    Example:
        >>> from portmap.lint import lint
        >>> for finding in lint([typo, pod]):
        ...     print(finding.severity, finding.rule, finding.hint)
        ...
        error unresolved-target-port did you mean 'http'?
    """
    settings = LintSettings(
        cluster or cluster_in_force(), chosen_rules(rules), complete, suppressions, max_findings=None
    )
    part, facts = read_part(list(require_iterable(objects, "lint")), settings.cluster)
    context = InputContext([(0, facts)], settings.cluster)
    services = len(facts.service_names)
    return report_of([check_part(part, context, settings)], settings, objects=len(part.items), services=services)


def chosen_rules(rules: Iterable[Rule] | None) -> tuple[Rule, ...]:
    """Return the given rules, by default those of the default profile.

    Raises:
        TypeError: One of them is no rule.
    """
    chosen = tuple(DEFAULT_RULES if rules is None else rules)
    for rule in chosen:
        if not isinstance(rule, Rule):
            raise TypeError(f"a rule is one of portmap.lint.RULES, or is made by `rule`; {rule!r} is not one")
    return chosen


# --- the first pass --------------------------------------------------------------------------------------------


def read_part(objects: Sequence[object], cluster: Cluster) -> tuple[Part, Facts]:
    """Return objects as a part of the input, and what the rules of other parts may ask about it.

    Raises:
        TypeError: One of the objects is something that cannot be linted.
    """
    with cluster:
        items = items_of(objects)
    reasons = skip_reasons(items)
    items = with_verdicts(items, reasons, cluster)
    documents = {position: each for position, each in enumerate(objects) if isinstance(each, Document)}
    return Part(documents, items, reasons), facts_of(items, reasons)


# --- the second pass -------------------------------------------------------------------------------------------


def check_part(part: Part, context: InputContext, settings: LintSettings) -> PartReport:
    """Return what is found in a part. Its positions must be those of the whole input.

    Raises:
        RuleError: A rule raised an exception.
        ManifestError: There are too many findings or suppressions.
    """
    checked: list[Item] = []
    skipped: list[Skipped] = []
    for item, own_reason in zip(part.items, part.reasons, strict=True):
        reason = context.skip_reason(item.source, item.name, own_reason)
        if reason is None:
            checked.append(item)
        else:
            skipped.append(Skipped(reason, item.name, item.source, item.position))
    limit = settings.max_findings
    with settings.cluster:
        findings = _bounded(
            _findings(checked, data_by_file(part.documents.values()), context, settings), limit, "findings"
        )
    suppressions: list[Suppression] = []
    if settings.suppressions:
        fewer = limit and limit // _FINDINGS_A_SUPPRESSION
        suppressions = _bounded(suppressions_of(checked, part.documents), fewer, "suppressions")
    return PartReport(tuple(located(findings, part.documents)), tuple(skipped), tuple(suppressions))


def _findings(
    items: Sequence[Item], data: Mapping[str, Sequence[Any]], context: InputContext, settings: LintSettings
) -> Iterator[Finding]:
    for item in items:
        yield from server_findings(item)
    for group in groups_of(items, data, complete=settings.complete):
        bundle = Bundle(GroupGraph(group, lambda: context), context.cluster)
        yield from findings_of_rules(bundle, settings.rules)


# --- the report ------------------------------------------------------------------------------------------------


def report_of(
    parts: Iterable[PartReport],
    settings: LintSettings,
    *,
    objects: int,
    services: int,
    findings: Iterable[Finding] = (),
    skipped: Iterable[Skipped] = (),
) -> Report:
    """Return the report of all parts.

    Args:
        parts: The parts, in the order of the input.
        settings: How they were linted.
        objects: How many objects the input has.
        services: How many of them are Services.
        findings: Findings about files.
        skipped: Files that were skipped.

    Raises:
        ManifestError: There are too many findings.
    """
    found = list(findings)
    all_skipped = list(skipped)
    suppressions: list[Suppression] = []
    for part in parts:
        found += part.findings
        all_skipped += part.skipped
        suppressions += part.suppressions
        if settings.max_findings is not None and len(found) > settings.max_findings:
            raise _too_many(found[-1].source, settings.max_findings, "findings")
    found = list(dict.fromkeys(_without_echoes(found, settings.rules)))
    found.sort(key=attrgetter("order"))
    suppressed: list[Suppressed] = []
    if suppressions:
        run = {*(rule.name for rule in settings.rules), *codes_of_the_server()}
        known = {*run, *(rule.name for rule in RULES)}
        found, suppressed = suppress(found, suppressions, known=known, run=run)
        found.sort(key=attrgetter("order"))
    return Report(
        tuple(found),
        settings.cluster,
        objects,
        services,
        tuple(all_skipped),
        tuple(suppressed),
    )


def _without_echoes(findings: Sequence[Finding], rules: Iterable[Rule]) -> Sequence[Finding]:
    """Return the findings without those of the server that a rule replaces at the same field."""
    replaced_by = {rule.name: rule.instead_of for rule in rules if rule.instead_of}
    echoes: set[tuple[str | None, int, FieldPath]] = set()
    for finding in findings:
        if finding.rule in replaced_by:
            fields: list[Finding | Related] = [finding, *finding.related]
            echoes.update((replaced_by[finding.rule], field.position, field.path) for field in fields)
    return [each for each in findings if (each.rule, each.position, each.path) not in echoes]


def _bounded(found: Iterable[_T], limit: int | None, what: str) -> list[_T]:
    if limit is None:
        return list(found)
    bounded = list(islice(found, limit + 1))
    if len(bounded) > limit:
        raise _too_many(bounded[-1].source, limit, what)
    return bounded


def _too_many(source: str, limit: int, what: str) -> ManifestError:
    return ManifestError(f"there are more than {limit} {what} up to here: lint a part at a time", source)
