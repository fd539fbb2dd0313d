"""The linter: what is wrong with a set of objects, and what is worth knowing of them.

    >>> from portmap.lint import lint
    >>> report = lint([typo, pod])
    >>> for finding in report:
    ...     print(finding.severity, finding.rule, finding.hint)
    ...
    error unresolved-target-port did you mean 'http'?
    >>> lint([web, pod]).raise_for("error")

Objects in, findings out. `lint_paths` reads files, knows the line of every finding, and uses
all cores where it is given an executor. To write a rule of one's own, see `rule`; those that
other distributions bring are the `installed_rules`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from portmap._kubernetes.errors import LintError, RuleError
from portmap.lint._baseline import Baseline
from portmap.lint._bundles import Bundle
from portmap.lint._engine import lint
from portmap.lint._findings import Finding, Found, Location, Place, Related, Report, Severity, Skipped, Suppressed, at
from portmap.lint._items import Item
from portmap.lint._rule import Profile, Rule, rule
from portmap.lint.rules import DEFAULT_RULES, RULES, rules_of

if TYPE_CHECKING:
    from portmap.lint._own_rules import installed_rules
    from portmap.lint._parts import lint_paths

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


# What reads files is loaded for those who have files, and what looks for plugins for those who want them.
_LATER: Final = {"installed_rules": "portmap.lint._own_rules", "lint_paths": "portmap.lint._parts"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as typed above
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
