"""The linter on published manifests: it never fails, and errors are rare."""

from pathlib import Path

from portmap._lint.catalogue import catalogue
from portmap._lint.server_rules import codes_of_the_server
from portmap.lint import RULES, lint_paths

SEVERITIES = ("error", "warning", "info")
CATALOGUE = catalogue()
ERRORS_PER_SERVICE = 0.02
CODES = codes_of_the_server() | {rule.name for rule in RULES}


def test_errors_are_rare_in_published_manifests(shared: Path) -> None:
    """There are at most 0.02 errors per Service, every code can be selected, and a lowered severity has a reason."""
    services = errors = 0
    for folder in sorted(each for each in (shared / "corpus").iterdir() if each.is_dir()):
        report = lint_paths(folder)
        services += report.services
        errors += report.count("error")
        for finding in report:
            assert finding.message
            assert finding.rule in CODES
            lower = SEVERITIES.index(finding.severity) > SEVERITIES.index(CATALOGUE[finding.rule].severity)
            assert lower == bool(finding.because), "a lowered severity needs a reason"
    assert services > 1000
    assert errors <= ERRORS_PER_SERVICE * services
