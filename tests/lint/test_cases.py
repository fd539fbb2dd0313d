"""Marked cases: manifests in which each finding of the linter is announced on its line.

`# expect: rule` on a line: the rule reports an error or warning there. `# expect-info: rule`:
information. What is not announced is not reported, unless it is information by another rule.
A folder is one input, of several files. The rules are those of the default profile, and of the
profile of the rule that has the folder. `# complete` on the first line: it is declared to be complete;
`# cluster: 1.32`: it is judged by that version.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portmap import Cluster, load
from portmap.lint import RULES, Rule, lint, rules_of

CASES = Path(__file__).parent / "cases"
MARK = re.compile(r"# expect(-info)?: ([a-z0-9-]+)")

Announced = tuple[str, int, str, bool]
"""The file, the line, the rule, and whether it is information."""


def cases() -> list[Path]:
    """The inputs: the files and folders in the folder of each rule."""
    return sorted(each for folder in CASES.iterdir() for each in folder.iterdir())


def announced(case: Path) -> Iterator[Announced]:
    """What the comments of an input announce."""
    for file in sorted(case.rglob("*.yaml")) if case.is_dir() else [case]:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            for info, rule in MARK.findall(line):
                yield str(file), number, rule, bool(info)


def reported(case: Path) -> Iterator[Announced]:
    """What the linter reports."""
    first = "" if case.is_dir() else case.read_text().partition("\n")[0]
    version = first.removeprefix("# cluster: ")
    cluster = Cluster() if version == first else Cluster(version=version)
    documents = load(case, cluster=cluster)
    rules = rules_of(PROFILE_OF.get(case.parent.name, "default"))
    for finding in lint(documents, cluster=cluster, rules=rules, complete=True if first == "# complete" else None):
        span = documents[finding.position].span(finding.field)
        assert span is not None
        usual = SEVERITY_OF.get(finding.rule, finding.severity)
        assert (finding.severity == usual) == (finding.because is None), "a reason for each downgrade, and for no other"
        yield finding.source, span.line, finding.rule, finding.severity == "info"


SEVERITY_OF = {rule.name: rule.severity for rule in RULES}
PROFILE_OF = {rule.name: rule.profile for rule in RULES}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_findings_are_the_announced_ones(case: Path) -> None:
    """Each announced finding is reported on its line, and beside them nothing but information."""
    expected, found = set(announced(case)), set(reported(case))
    assert expected <= found
    assert {each for each in found if not each[3]} == {each for each in expected if not each[3]}
    own = case.parent.name
    assert {each for each in found if each[2] == own} == {each for each in expected if each[2] == own}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_has_cases_for_and_against(rule: Rule) -> None:
    """Each rule has an input that it reports, and one that it passes over."""
    mine = [{each[2] for each in announced(case)} for case in (CASES / rule.name).iterdir()]
    assert any(rule.name in rules for rules in mine)
    assert any(rule.name not in rules for rules in mine)


@pytest.mark.parametrize("rule", [each for each in RULES if each.profile != "default"], ids=lambda rule: rule.name)
def test_a_rule_of_a_profile_reports_in_that_profile_only(rule: Rule) -> None:
    """Without its profile a rule of taste says nothing, and it is never an error."""
    assert rule.severity != "error"
    for case in (CASES / rule.name).iterdir():
        assert rule.name not in {finding.rule for finding in lint(load(case))}
