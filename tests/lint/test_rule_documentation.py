"""The documentation of every rule of the linter: complete, and its examples do what they say."""

from pathlib import Path
from typing import Final

import pytest

from portmap.lint import RULES, Rule, lint
from portmap.manifests import parse

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
TITLES = ("What it reports", "Why it matters", "Example", "Fix", "Notes")


def of_rule(argument: object) -> str:
    return argument.name if isinstance(argument, Rule) else str(argument)


def objects_in(section: str) -> list[object]:
    """The objects of the YAML in a section."""
    opening, _, rest = section.partition("```yaml\n")
    text, closing, _ = rest.partition("```")
    assert (opening.strip(), bool(closing)) == ("", True), f"one block of YAML, not {section!r}"
    return parse(text)


def broken_by(objects: list[object], rule: Rule) -> set[str]:
    """The rules of the default profile and of the rule's own that these objects break."""
    chosen = [each for each in RULES if each.profile in {"default", rule.profile}]
    return {finding.rule for finding in lint(objects, rules=chosen)}


@pytest.mark.parametrize("rule", RULES, ids=of_rule)
def test_every_section_is_there(rule: Rule) -> None:
    """A rule's docstring has a summary of one line and each section once, in order."""
    assert tuple(rule.sections) == TITLES
    assert rule.summary.endswith(".")
    assert "\n" not in rule.summary
    assert rule.documentation.splitlines()[1] == ""


@pytest.mark.parametrize("rule", RULES, ids=of_rule)
def test_the_example_breaks_exactly_its_rule(rule: Rule) -> None:
    """The objects of *Example* break this rule and no other of its profile."""
    assert broken_by(objects_in(rule.sections["Example"]), rule) == {rule.name}


@pytest.mark.parametrize("rule", RULES, ids=of_rule)
def test_the_fix_breaks_none(rule: Rule) -> None:
    """The objects of *Fix* break no rule of its profile."""
    assert broken_by(objects_in(rule.sections["Fix"]), rule) == set()


@pytest.mark.parametrize("rule", RULES, ids=of_rule)
def test_what_its_page_says_silences_it(rule: Rule) -> None:
    """With the annotation that the page shows, on the object that is reported, the rule is silent."""
    page = (DOCS / "rules" / f"{rule.name}.md").read_text(encoding="utf-8")
    [shown] = objects_in(page.partition("## How to silence it")[2].partition("on the object:")[2])
    assert isinstance(shown, dict)
    objects = objects_in(rule.sections["Example"])
    reported = {finding.position for finding in lint(objects, rules=[rule])}
    for position in reported:
        silenced = objects[position]
        assert isinstance(silenced, dict)
        silenced["metadata"] = {**silenced["metadata"], **shown["metadata"]}
    report = lint(objects, rules=[rule])
    assert reported
    assert report.findings == ()
    assert {each.reason for each in report.suppressed} == {"why it is right here"}


def test_names_are_given_once() -> None:
    """No two rules have one name."""
    names = [rule.name for rule in RULES]
    assert sorted(set(names)) == sorted(names)
