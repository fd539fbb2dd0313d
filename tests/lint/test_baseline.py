"""Baselines of known findings."""

import pytest

from manifest_objects import Manifest, service_manifest
from portmap import ManifestError
from portmap.lint import Baseline, lint

MISS = "selector-matches-nothing"


def service(name: str) -> Manifest:
    """Return a Service that selects no pods."""
    return service_manifest({"selector": {"app": name}}, {"name": name})


def test_a_baseline_suppresses_known_findings_only() -> None:
    """Known findings are suppressed, as many as there were. New findings remain."""
    old = lint([service("web")], complete=True)
    baseline = Baseline.from_dict(Baseline.of(old).as_dict())
    report = baseline.applied_to(lint([service("web"), service("api")], complete=True))
    assert [each.subject.name for each in report.findings] == ["api"]
    assert [each.reason for each in report.suppressed] == ["in the baseline"]
    assert baseline.stale(report) == 0


def test_a_baseline_counts_fixed_findings() -> None:
    """A known finding that is fixed makes the baseline stale."""
    baseline = Baseline.of(lint([service("web"), service("api")], complete=True))
    assert baseline.stale(baseline.applied_to(lint([service("api")], complete=True))) == 1


def test_a_baseline_does_not_depend_on_order() -> None:
    """The same findings in another order make the same baseline."""
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
def test_an_invalid_baseline(data: object) -> None:
    """The error names the file."""
    with pytest.raises(ManifestError, match=r"old\.json: "):
        Baseline.from_dict(data, "old.json")
