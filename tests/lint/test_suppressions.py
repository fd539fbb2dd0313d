"""Findings that people ask not to be told of, and a baseline of those that are there already."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from portmap import ManifestError
from portmap.lint import Baseline, Report, lint, lint_paths

MISS = "selector-matches-nothing"


def service(name: str = "web", **annotations: str) -> dict[str, Any]:
    """A Service whose pods are nowhere."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "annotations": {key.replace("__", "/"): text for key, text in annotations.items()}},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    }


def ignoring(rule: str, reason: str, name: str = "web") -> dict[str, Any]:
    """The same, with the findings of a rule suppressed."""
    made = service(name)
    made["metadata"]["annotations"][f"portmap.ignore/{rule}"] = reason
    return made


def rules_in(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_an_annotation_suppresses_the_rule_that_it_names() -> None:
    """The finding moves to `suppressed`, with the reason."""
    report = lint([ignoring(MISS, "an operator makes the pods")], complete=True)
    assert rules_in(report) == []
    assert [(each.finding.rule, each.reason) for each in report.suppressed] == [(MISS, "an operator makes the pods")]


def test_an_annotation_suppresses_on_its_own_object_alone() -> None:
    """Another object with the same mistake is reported."""
    report = lint([ignoring(MISS, "made elsewhere"), service("api")], complete=True)
    assert [(each.rule, each.subject.name) for each in report.findings] == [(MISS, "api")]


def test_objects_of_one_list_are_told_apart() -> None:
    """Each object of a List has suppressions of its own."""
    report = lint([{"kind": "List", "items": [ignoring(MISS, "made elsewhere"), service("api")]}], complete=True)
    assert [(each.rule, each.subject.name) for each in report.findings] == [(MISS, "api")]


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_suppression_says_why(reason: str) -> None:
    """Without a reason it still suppresses, and is itself a finding at its own field."""
    report = lint([ignoring(MISS, reason)], complete=True)
    [found] = report.findings
    assert (found.rule, found.field) == (
        "suppression-without-reason",
        f"metadata.annotations[portmap.ignore/{MISS}]",
    )
    assert len(report.suppressed) == 1


def test_a_suppression_without_effect_is_a_finding() -> None:
    """A suppression of a rule that finds nothing would hide tomorrow's mistake."""
    report = lint([ignoring("headless-port-mapping", "clients read the endpoints")], complete=False)
    assert sorted(rules_in(report)) == [MISS, "unused-suppression"]


def test_a_suppression_of_a_copy_is_used(tmp_path: Path) -> None:
    """Two files with one and the same object have its finding once, and both suppress it."""
    text = yaml.safe_dump(ignoring(MISS, "made elsewhere"))
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(text)
    report = lint_paths(tmp_path, complete=True)
    assert rules_in(report) == []
    assert len(report.suppressed) == 1


def test_an_annotation_without_effect_has_a_place() -> None:
    """It is told where the key of the annotation stands."""
    text = yaml.safe_dump(ignoring("headless-port-mapping", "no longer"))
    [unused] = [each for each in lint_paths(StringIO(text)) if each.rule == "unused-suppression"]
    assert unused.location is not None
    assert unused.location.span is not None
    assert "portmap.ignore/headless-port-mapping" in unused.location.line


def test_a_comment_in_the_wrong_place_is_told_the_right_one() -> None:
    """A comment is about its line or the one below, and which one has a finding is said."""
    text = """\
apiVersion: v1
kind: Service
metadata: {name: web}
# portmap: ignore[selector-matches-nothing] made elsewhere
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""
    found = {each.rule: each for each in lint_paths(StringIO(text), complete=True)}
    assert set(found) == {MISS, "unused-suppression"}
    assert found["unused-suppression"].hint == "line 6 has a finding: move the comment there, or to the line above it"


def test_a_rule_that_was_not_run_is_not_unused() -> None:
    """Only of rules that were asked can a suppression be unused."""
    assert rules_in(lint([ignoring(MISS, "made elsewhere")], rules=[])) == []


def test_a_suppression_of_no_rule_names_the_near_one() -> None:
    """A misspelt rule is told, with the rule that was meant."""
    report = lint([ignoring("selector-matches-nothin", "made elsewhere")], complete=True)
    [unused] = [each for each in report.findings if each.rule == "unused-suppression"]
    assert unused.hint == f"did you mean {MISS!r}?"


def test_suppressions_can_be_switched_off() -> None:
    """Who audits wants to see everything."""
    report = lint([ignoring(MISS, "made elsewhere")], complete=True, suppressions=False)
    assert rules_in(report) == [MISS]


def test_a_violation_can_be_suppressed() -> None:
    """What a server would refuse has a code, and is suppressed by it."""
    bad = ignoring("port-out-of-range", "a template")
    bad["spec"]["ports"][0]["port"] = 70000
    report = lint([bad])
    assert [each.finding.rule for each in report.suppressed] == ["port-out-of-range"]


# --- the baseline ----------------------------------------------------------------------------------------------


def test_a_baseline_hides_what_is_known_and_nothing_else() -> None:
    """Known findings are suppressed, each as often as it was known; new ones are left."""
    old = lint([service("web")], complete=True)
    baseline = Baseline.from_dict(Baseline.of(old).as_dict())
    report = baseline.applied_to(lint([service("web"), service("api")], complete=True))
    assert [each.subject.name for each in report.findings] == ["api"]
    assert [each.reason for each in report.suppressed] == ["in the baseline"]
    assert baseline.stale(report) == 0


def test_a_baseline_counts_what_is_gone() -> None:
    """Who mended something is told that the baseline can be written anew."""
    baseline = Baseline.of(lint([service("web"), service("api")], complete=True))
    assert baseline.stale(baseline.applied_to(lint([service("api")], complete=True))) == 1


def test_a_baseline_is_the_same_for_the_same_findings() -> None:
    """The order of the objects does not matter."""
    one = Baseline.of(lint([service("web"), service("api")], complete=True))
    other = Baseline.of(lint([service("api"), service("web")], complete=True))
    assert one.as_dict() == other.as_dict()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"version": 2},
        {"version": 1, "findings": [1]},
        {"version": 1, "findings": [{"rule": 1}]},
        {"version": 1, "findings": [{"rule": MISS, "count": "2"}]},
    ],
)
def test_what_is_no_baseline_is_refused(data: object) -> None:
    """The error names the file."""
    with pytest.raises(ManifestError, match=r"old\.json: "):
        Baseline.from_dict(data, "old.json")
