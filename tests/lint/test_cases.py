"""Marked cases: manifests with comments that mark the line of each finding.

`# expect: rule` marks an error or warning of the rule, `# expect-info: rule` an info. There are no other
findings, except infos of other rules. A folder is one input of several files. The rules are those of the default
profile and of the profile of the folder's rule. `# complete` on the first line sets `--complete`, and
`# cluster: 1.32` the version.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portmap import Cluster, load
from portmap.lint import RULES, Rule, lint, rules_of

CASES = Path(__file__).parent / "cases"
MARK = re.compile(r"# expect(-info)?: ([a-z0-9-]+)")

Mark = tuple[str, int, str, bool]
"""The file, the line, the rule, and whether it is an info."""


def cases() -> list[Path]:
    """Return the inputs: the files and folders in the folder of each rule."""
    return sorted(case for folder in CASES.iterdir() for case in folder.iterdir())


def expected_marks(case: Path) -> Iterator[Mark]:
    """Yield the marks of an input."""
    for file in sorted(case.rglob("*.yaml")) if case.is_dir() else [case]:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            for info, rule in MARK.findall(line):
                yield str(file), number, rule, bool(info)


def reported_marks(case: Path) -> Iterator[Mark]:
    """Yield the findings of the linter as marks."""
    first = "" if case.is_dir() else case.read_text().partition("\n")[0]
    version = first.removeprefix("# cluster: ")
    cluster = Cluster() if version == first else Cluster(version=version)
    documents = load(case, cluster=cluster)
    rules = rules_of(PROFILE_OF.get(case.parent.name, "default"))
    for finding in lint(documents, cluster=cluster, rules=rules, complete=True if first == "# complete" else None):
        span = documents[finding.position].span(finding.field)
        assert span is not None
        usual = SEVERITY_OF.get(finding.rule, finding.severity)
        assert (finding.severity == usual) == (finding.because is None), "each lower severity has a reason"
        yield finding.source, span.line, finding.rule, finding.severity == "info"


SEVERITY_OF = {rule.name: rule.severity for rule in RULES}
PROFILE_OF = {rule.name: rule.profile for rule in RULES}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_findings_are_the_marked_ones(case: Path) -> None:
    """Each marked finding is reported on its line, and otherwise only infos of other rules."""
    expected, found = set(expected_marks(case)), set(reported_marks(case))
    assert expected <= found
    assert {mark for mark in found if not mark[3]} == {mark for mark in expected if not mark[3]}
    own = case.parent.name
    assert {mark for mark in found if mark[2] == own} == {mark for mark in expected if mark[2] == own}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_has_cases_for_and_against(rule: Rule) -> None:
    """Each rule has a case with a finding, and a case without."""
    marked = [{mark[2] for mark in expected_marks(case)} for case in (CASES / rule.name).iterdir()]
    assert any(rule.name in rules for rules in marked)
    assert any(rule.name not in rules for rules in marked)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.profile != "default"], ids=lambda rule: rule.name)
def test_a_rule_of_a_profile_reports_in_that_profile_only(rule: Rule) -> None:
    """A rule of another profile than the default reports nothing without its profile, and no errors."""
    assert rule.severity != "error"
    for case in (CASES / rule.name).iterdir():
        assert rule.name not in {finding.rule for finding in lint(load(case))}
