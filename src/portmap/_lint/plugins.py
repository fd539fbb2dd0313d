"""Rules of other distributions, which name them as entry points of the group `portmap.rules`.

Entry points are looked up on request only, and only modules that they name are imported.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portmap._kubernetes.errors import RuleError
from portmap._lint.rule import PREFIX, Rule

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "portmap.rules"
_METADATA_FOLDERS: Final = (".dist-info", ".egg-info", ".egg")


def installed_rules() -> tuple[Rule, ...]:
    """Return the rules of the installed distributions, by the name of the entry point; not portmap's own.

    A distribution adds rules with an entry point of the group `portmap.rules`. The object of the entry point
    is a rule, or a list or tuple of rules. The names of the rules have the name of the entry point as prefix.

    Raises:
        RuleError: An entry point cannot be imported, or is not a rule; the name of a rule has another prefix,
            or is used twice; or a module does not have a rule under the name of its function.

    Example:
        >>> from portmap.lint import RULES, installed_rules, lint, rules_of
        >>> report = lint([web, pod], rules=rules_of("strict", among=(*RULES, *installed_rules())))
    """
    if not _may_have_rules():
        return ()
    from importlib.metadata import entry_points

    rules: dict[str, Rule] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        for rule in _rules_of(point):
            if rules.setdefault(rule.name, rule) is not rule:
                raise RuleError(rule.name, f"{_label(point)}: another rule has the name {rule.name!r}")
    return tuple(rules.values())


def _may_have_rules() -> bool:
    """Return whether a distribution may name entry points of the group.

    To import `importlib.metadata` takes longer than to lint a file. It is imported only if a file
    `entry_points.txt` has the name of the group, or if distributions may be elsewhere than in folders.
    """
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return True
    for folder in dict.fromkeys(sys.path):
        try:
            with os.scandir(folder or ".") as entries:
                homes = [Path(entry.path) for entry in entries if entry.name.endswith(_METADATA_FOLDERS)]
        except NotADirectoryError:
            return True
        except OSError:
            continue
        if any(_names_group(home) or _names_group(home / "EGG-INFO") for home in homes):
            return True
    return False


def _names_group(home: Path) -> bool:
    try:
        return GROUP.encode() in (home / "entry_points.txt").read_bytes()
    except OSError:
        return False


def _label(point: "EntryPoint") -> str:
    """Return how messages name an entry point and its distribution."""
    distribution = f" of {point.dist.name} {point.dist.version}" if point.dist is not None else ""
    return f"the entry point {point.name!r}{distribution} ({point.value})"


def _rules_of(point: "EntryPoint") -> Iterator[Rule]:
    label = _label(point)
    if not PREFIX.fullmatch(point.name):
        raise RuleError(None, f"{label}: its name is not a prefix of rules: write lower-case words joined by hyphens")
    for rule in _load(point, label):
        if not isinstance(rule, Rule):
            hint = "make rules with portmap.lint.rule"
            raise RuleError(None, f"{label}: a {type(rule).__name__} is neither a rule nor a list of rules: {hint}")
        if not rule.name.startswith(f"{point.name}."):
            hint = f"write {point.name}.{rule.name.rpartition('.')[2]}"
            raise RuleError(rule.name, f"{label}: the name {rule.name!r} does not begin with '{point.name}.': {hint}")
        if not rule.summary and sys.flags.optimize < 2:
            raise RuleError(rule.name, f"{label}: the rule {rule.name!r} has no docstring, which is its documentation")
        _check_home(rule, label)
        yield rule


def _load(point: "EntryPoint", label: str) -> Iterable[object]:
    try:
        loaded = point.load()
    # A module of another project can raise anything when it is imported, even exit.
    except (Exception, SystemExit) as error:
        # Build tools omit modules without an error.
        is_missing = isinstance(error, ModuleNotFoundError) and error.name == point.module.partition(".")[0]
        hint = f": the package was built without {point.module}" if is_missing else ""
        raise RuleError(None, f"{label}: cannot be imported: {type(error).__name__}: {error}{hint}") from error
    return loaded if isinstance(loaded, (list, tuple)) else (loaded,)


def _check_home(rule: Rule, label: str) -> None:
    """Check that other processes can find a rule by the module and name of its function.

    Raises:
        RuleError: They cannot.
    """
    module, name = rule.check.__module__, rule.check.__qualname__
    if getattr(import_module(module), name, None) is not rule:
        hint = "define it at the top of a module"
        raise RuleError(rule.name, f"{label}: the rule {rule.name!r} is not {module}.{name}: {hint}")
