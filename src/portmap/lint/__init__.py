"""The linter: what is wrong with a set of objects, and what is worth knowing of them.

    from portmap import load
    from portmap.lint import lint

    report = lint(load("k8s"))
    for finding in report:
        print(finding)
    report.raise_for("error")

Objects in, findings out: nothing here reads files or knows of lines. To write a rule of
one's own, see `rule`.
"""

from portmap._errors import LintError
from portmap.lint._baseline import Baseline
from portmap.lint._bundles import Bundle
from portmap.lint._engine import lint
from portmap.lint._findings import Finding, Found, Place, Related, Report, Severity, Skipped, Suppressed, at
from portmap.lint._rule import Profile, Rule, rule
from portmap.lint.rules import DEFAULT_RULES, RULES, rules_of

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "Baseline",
    "Bundle",
    "Finding",
    "Found",
    "LintError",
    "Place",
    "Profile",
    "Related",
    "Report",
    "Rule",
    "Severity",
    "Skipped",
    "Suppressed",
    "at",
    "lint",
    "rule",
    "rules_of",
]
