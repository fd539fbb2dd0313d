"""Runs rules over the objects that are deployed together, and turns what they yield into findings."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath
from traceback import extract_tb
from typing import Any

from portmap._graph.object_name import label_of
from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.errors import RuleError
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Finding, Found, Place, Related
from portmap._lint.rule import Rule
from portmap._model.services import Service
from portmap._model.workloads import Workload


def findings_of_rules(bundle: Bundle, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Yield what the rules find in a bundle.

    Raises:
        RuleError: A rule raised an exception.
    """
    subjects: Mapping[type, Collection[Any]] = {
        Service: bundle.services,
        Workload: bundle.workloads,
        ResolvedReference: bundle.port_map.references,
        Bundle: (bundle,),
    }
    for rule in rules:
        yield from _findings_of_rule(rule, subjects[rule.on], bundle)


def _findings_of_rule(rule: Rule, subjects: Collection[Any], bundle: Bundle) -> Iterator[Finding]:
    subject: object = bundle
    try:
        for subject in subjects:
            for found in rule.check(subject, bundle):
                yield _finding(rule, found, bundle)
    except MemoryError:
        raise
    # A rule can raise anything, even exit.
    except (Exception, SystemExit) as error:
        raise _rule_error(rule, subject, error) from error


def _finding(rule: Rule, found: Found, bundle: Bundle) -> Finding:
    if not isinstance(found, Found):
        raise TypeError(f"it yielded a {type(found).__name__}, which is no finding: see portmap.lint.at")
    item, path = bundle.place_of(found.place.subject)
    return Finding(
        rule.name,
        found.severity or rule.severity,
        label_of(item.name),
        path + found.place.path,
        found.message,
        found.hint,
        found.value,
        found.because,
        tuple(_related(place, message, bundle) for place, message in found.related),
        item.position,
        item.source,
    )


def _related(place: Place, message: str, bundle: Bundle) -> Related:
    item, path = bundle.place_of(place.subject)
    return Related(label_of(item.name), path + place.path, message, item.position)


def _rule_error(rule: Rule, subject: object, error: BaseException) -> RuleError:
    match subject:
        case Service() | Workload():
            about = f" at {subject}"
        case ResolvedReference():
            about = f" at {subject.field} of {subject.source}"
        case _:
            about = ""
    last = extract_tb(error.__traceback__)[-1]
    # A wrong value that a rule yielded is noticed in this file, and the line here does not help its author.
    place = f" ({PurePath(last.filename).name}:{last.lineno})" if last.filename != __file__ else ""
    detail = f": {error}" if str(error) else ""
    return RuleError(rule.name, f"the rule {rule.name} failed{about}: {type(error).__name__}{detail}{place}")
