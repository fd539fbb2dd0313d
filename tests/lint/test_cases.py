"""Marked cases: manifests in which each finding of the linter is announced on its line.

`# expect: rule` on a line: the rule reports an error or warning there. `# expect-info: rule`:
information. What is not announced is not reported, unless it is information. A folder is
one input, of several files. `# complete` on the first line: it is declared to be complete;
`# cluster: 1.32`: it is judged by that version.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portmap import Cluster, load
from portmap.lint import RULES, lint

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
    for finding in lint(documents, cluster=cluster, complete=True if first == "# complete" else None):
        span = documents[finding.position].span(finding.field)
        assert span is not None
        usual = SEVERITY_OF.get(finding.rule, finding.severity)
        assert (finding.severity == usual) == (finding.because is None), "a reason for each downgrade, and for no other"
        yield finding.source, span.line, finding.rule, finding.severity == "info"


SEVERITY_OF = {rule.name: rule.severity for rule in RULES}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_findings_are_the_announced_ones(case: Path) -> None:
    """Each announced finding is reported on its line, and beside them nothing but information."""
    expected, found = set(announced(case)), set(reported(case))
    assert expected <= found
    assert {each for each in found if not each[3]} == {each for each in expected if not each[3]}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.profile == "default"], ids=lambda rule: rule.name)
def test_each_rule_has_cases_for_and_against(rule: object) -> None:
    """Each rule of the default profile has an input that it reports, and one that it passes over."""
    name = getattr(rule, "name", "")
    mine = [{each[2] for each in announced(case)} for case in (CASES / name).iterdir()]
    assert any(name in rules for rules in mine)
    assert any(name not in rules for rules in mine)
