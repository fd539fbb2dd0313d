"""The linter: what is wrong with a set of objects, and what is worth knowing about them.

    >>> from portmap.lint import lint
    >>> report = lint([typo, pod])
    >>> for finding in report:
    ...     print(finding.severity, finding.rule, finding.hint)
    ...
    error unresolved-target-port did you mean 'http'?
    >>> lint([web, pod]).raise_for("error")

`lint` takes objects. `lint_paths` reads files, and its findings have locations; with an executor it uses
several processes. `rule` makes a function a rule. `installed_rules` returns the rules of installed plugins.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from portmap._graph.items import Item
from portmap._kubernetes.errors import LintError, RuleError
from portmap._lint.baseline import Baseline
from portmap._lint.bundle import Bundle
from portmap._lint.engine import lint
from portmap._lint.findings import Finding, Found, Location, Place, Related, Report, Severity, Skipped, Suppressed, at
from portmap._lint.rule import Profile, Rule, rule
from portmap._lint.rules import DEFAULT_RULES, RULES, rules_of

if TYPE_CHECKING:
    from portmap._lint.parallel import lint_paths
    from portmap._lint.plugins import installed_rules

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "Baseline",
    "Bundle",
    "Finding",
    "Found",
    "Item",
    "LintError",
    "Location",
    "Place",
    "Profile",
    "Related",
    "Report",
    "Rule",
    "RuleError",
    "Severity",
    "Skipped",
    "Suppressed",
    "at",
    "installed_rules",
    "lint",
    "lint_paths",
    "rule",
    "rules_of",
]


# Reading files and looking for plugins take imports that `lint` does not need.
_LATER: Final = {"installed_rules": "portmap._lint.plugins", "lint_paths": "portmap._lint.parallel"}


if not TYPE_CHECKING:  # A type checker would take every name for granted, misspelt ones too.

    def __getattr__(name: str) -> object:
        if name in _LATER:
            return getattr(import_module(_LATER[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
