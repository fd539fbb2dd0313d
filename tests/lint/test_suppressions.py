"""Suppressions by annotations and comments."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from manifest_objects import Manifest, service_manifest
from portmap._lint.suppressions import _COMMENT
from portmap.lint import Report, lint, lint_paths

MISS = "selector-matches-nothing"


def service(name: str = "web", **annotations: str) -> Manifest:
    """Return a Service that selects no pods."""
    annotated = {key.replace("__", "/"): text for key, text in annotations.items()}
    return service_manifest({"selector": {"app": name}}, {"name": name, "annotations": annotated})


def suppressing(rule: str, reason: str, name: str = "web") -> dict[str, Any]:
    """Return a Service that selects no pods and suppresses the findings of a rule."""
    web = service(name)
    web["metadata"]["annotations"][f"portmap.ignore/{rule}"] = reason
    return web


def rules_in(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_an_annotation_suppresses_the_rule_that_it_names() -> None:
    """The finding moves to `suppressed`, with the reason."""
    report = lint([suppressing(MISS, "an operator creates the pods")], complete=True)
    assert rules_in(report) == []
    assert [(each.finding.rule, each.reason) for each in report.suppressed] == [(MISS, "an operator creates the pods")]


def test_an_annotation_suppresses_for_its_object_only() -> None:
    """Another object with the same mistake is reported."""
    report = lint([suppressing(MISS, "created elsewhere"), service("api")], complete=True)
    assert [(each.rule, each.subject.name) for each in report.findings] == [(MISS, "api")]


def test_objects_of_a_list_are_distinct() -> None:
    """A suppression of one object of a List does not affect the others."""
    report = lint([{"kind": "List", "items": [suppressing(MISS, "created elsewhere"), service("api")]}], complete=True)
    assert [(each.rule, each.subject.name) for each in report.findings] == [(MISS, "api")]


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_suppression_needs_a_reason(reason: str) -> None:
    """A suppression without a reason suppresses, and is itself a finding."""
    report = lint([suppressing(MISS, reason)], complete=True)
    [found] = report.findings
    assert (found.rule, found.field) == (
        "suppression-without-reason",
        f"metadata.annotations[portmap.ignore/{MISS}]",
    )
    assert len(report.suppressed) == 1


def test_a_suppression_without_effect_is_a_finding() -> None:
    """A suppression that suppresses nothing would hide a later mistake."""
    report = lint([suppressing("headless-port-mapping", "clients read the endpoints")], complete=False)
    assert sorted(rules_in(report)) == [MISS, "unused-suppression"]


def test_a_suppression_of_a_copy_is_used(tmp_path: Path) -> None:
    """The finding about an object of two files is reported once, and both files suppress it."""
    text = yaml.safe_dump(suppressing(MISS, "created elsewhere"))
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(text)
    report = lint_paths(tmp_path, complete=True)
    assert rules_in(report) == []
    assert len(report.suppressed) == 1


def test_an_annotation_without_effect_has_a_location() -> None:
    """The location is that of the annotation's key."""
    text = yaml.safe_dump(suppressing("headless-port-mapping", "no longer"))
    [unused] = [each for each in lint_paths(StringIO(text)) if each.rule == "unused-suppression"]
    assert unused.location is not None
    assert unused.location.span is not None
    assert "portmap.ignore/headless-port-mapping" in unused.location.line


def test_a_comment_on_the_wrong_line() -> None:
    """A comment is about its line or the next one. The hint names the line that has a finding."""
    text = """\
apiVersion: v1
kind: Service
metadata: {name: web}
# portmap: ignore[selector-matches-nothing] created elsewhere
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""
    found = {each.rule: each for each in lint_paths(StringIO(text), complete=True)}
    assert set(found) == {MISS, "unused-suppression"}
    assert found["unused-suppression"].hint == "line 6 has a finding: move the comment there, or to the line above it"


def test_a_rule_that_was_not_run_is_not_unused() -> None:
    """Only a suppression of a rule that was run can be unused."""
    assert rules_in(lint([suppressing(MISS, "created elsewhere")], rules=[])) == []


def test_a_suppression_of_an_unknown_rule() -> None:
    """The hint suggests the rule with the nearest name."""
    report = lint([suppressing("selector-matches-nothin", "created elsewhere")], complete=True)
    [unused] = [each for each in report.findings if each.rule == "unused-suppression"]
    assert unused.hint == f"did you mean {MISS!r}?"


def test_suppressions_can_be_switched_off() -> None:
    """With `suppressions=False`, all findings are reported."""
    report = lint([suppressing(MISS, "created elsewhere")], complete=True, suppressions=False)
    assert rules_in(report) == [MISS]


def test_a_violation_can_be_suppressed() -> None:
    """The code of a violation suppresses it."""
    bad = suppressing("port-out-of-range", "a template")
    bad["spec"]["ports"][0]["port"] = 70000
    report = lint([bad])
    assert [each.finding.rule for each in report.suppressed] == ["port-out-of-range"]


def test_a_comment_with_many_beginnings() -> None:
    """The search for comments reads each character a few times, however many comments seem to begin."""
    text = f"{{apiVersion: v1, kind: Service, metadata: {{name: web}}}} {'# portmap: ignore[' * 20_000}\n"
    assert _COMMENT.search(text) is None
    assert _COMMENT.search(f"{text}# portmap: ignore[host-port] why") is not None
