"""The documentation of each rule of the linter is complete, and its examples do what they say."""

import io
from pathlib import Path
from typing import Final

import pytest

from portmap.lint import RULES, Rule, lint, rules_of
from portmap.manifests import Document, load, parse

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
TITLES = ("What it reports", "Why it matters", "Example", "Fix", "Notes")


PARTIAL_FIX: Final = "# The other objects do not change.\n"
each_rule: Final = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def yaml_in(section: str) -> str:
    """Return the YAML of a section, which is one block."""
    opening, _, rest = section.partition("```yaml\n")
    text, closing, _ = rest.partition("```")
    assert (opening.strip(), bool(closing)) == ("", True), f"not one block of YAML: {section!r}"
    return text


def objects_in(section: str) -> list[Document]:
    return [*load(io.StringIO(yaml_in(section)))]


def fixed_objects(rule: Rule) -> list[Document]:
    """Return the objects of *Example* with those of *Fix* in their place."""
    fixed = objects_in(rule.sections["Fix"])
    if not yaml_in(rule.sections["Fix"]).startswith(PARTIAL_FIX):
        return fixed
    example = {name_of(each): each for each in objects_in(rule.sections["Example"])}
    changed = {name_of(each): each for each in fixed}
    assert not example.keys() <= changed.keys()
    return list((example | changed).values())


def name_of(document: Document) -> tuple[str, str | None, str]:
    return document.kind, document.raw["metadata"].get("namespace"), document.name


def broken_by(objects: list[Document], rule: Rule) -> set[str]:
    """Return the names of the rules of the default profile and of the rule's own that these objects break."""
    return {finding.rule for finding in lint(objects, rules=rules_of(rule.profile))}


@each_rule
def test_every_section_is_there(rule: Rule) -> None:
    """A rule's docstring has a title of one short sentence and each section once, in order."""
    assert tuple(rule.sections) == TITLES
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 80
    assert rule.documentation.splitlines()[1] == ""


@each_rule
def test_the_example_breaks_exactly_its_rule(rule: Rule) -> None:
    """The objects of *Example* break this rule and no other of its profile."""
    assert broken_by(objects_in(rule.sections["Example"]), rule) == {rule.name}


@each_rule
def test_the_fix_breaks_none(rule: Rule) -> None:
    """With the objects of *Fix*, no rule of its profile is broken."""
    assert broken_by(fixed_objects(rule), rule) == set()


@each_rule
def test_the_annotation_of_its_page_suppresses_it(rule: Rule) -> None:
    """With the annotation that the page shows, the finding about the object is suppressed."""
    page = (DOCS / "rules" / f"{rule.name}.md").read_text(encoding="utf-8")
    [shown] = parse(yaml_in(page.partition("## How to suppress it")[2].partition("with a reason:")[2]))
    objects = objects_in(rule.sections["Example"])
    reported = {finding.position for finding in lint(objects, rules=[rule])}
    for position in reported:
        objects[position].raw["metadata"] |= shown["metadata"]
    report = lint(objects, rules=[rule])
    assert reported
    assert report.findings == ()
    assert {each.reason for each in report.suppressed} == {"why this is right here"}


def test_names_are_given_once() -> None:
    """No two rules have the same name."""
    names = [rule.name for rule in RULES]
    assert sorted(set(names)) == sorted(names)
