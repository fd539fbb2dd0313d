"""The linter: what is wrong with a set of objects, and what is worth knowing of them.

    from portmap import load
    from portmap.lint import lint

    report = lint(load("k8s"))
    for finding in report:
        print(finding)
    report.raise_for("error")

Objects in, findings out. `lint_paths` reads files, knows the line of every finding, and uses
all cores where it is given an executor. To write a rule of one's own, see `rule`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from portmap._errors import LintError
from portmap.lint._baseline import Baseline
from portmap.lint._bundles import Bundle
from portmap.lint._engine import lint
from portmap.lint._findings import Finding, Found, Location, Place, Related, Report, Severity, Skipped, Suppressed, at
from portmap.lint._rule import Profile, Rule, rule
from portmap.lint.rules import DEFAULT_RULES, RULES, rules_of

if TYPE_CHECKING:
    from portmap.lint._parts import lint_paths

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "Baseline",
    "Bundle",
    "Finding",
    "Found",
    "LintError",
    "Location",
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
    "lint_paths",
    "rule",
    "rules_of",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as typed above
    if name == "lint_paths":
        # What reads files is loaded for those who have files.
        return import_module("portmap.lint._parts").lint_paths
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
