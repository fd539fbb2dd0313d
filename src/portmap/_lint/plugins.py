"""Rules that other distributions bring: those that they name as entry points of the group `portmap.rules`.

Nothing is looked up before somebody asks, and nothing of a distribution is imported that names none.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from portmap._kubernetes.errors import RuleError
from portmap._lint.rule import PREFIX, Rule

__all__ = ["GROUP", "installed_rules"]

GROUP: Final = "portmap.rules"


def installed_rules() -> tuple[Rule, ...]:
    """The rules of the installed distributions, by entry point and as each gives them; not portmap's own.

    A distribution adds rules with an entry point of the group `portmap.rules`. Its name is what
    the names of the rules begin with, and its object is a rule, or a list or tuple of rules.

    Raises:
        RuleError: An entry point cannot be imported, or is no rule; a name does not begin
            with that of its entry point, or is given twice; a rule has no name in its module.

    Example:
        >>> from portmap.lint import RULES, installed_rules, lint, rules_of
        >>> report = lint([web, pod], rules=rules_of("strict", among=(*RULES, *installed_rules())))
    """
    found: dict[str, Rule] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        for rule in _rules_of(point):
            if found.setdefault(rule.name, rule) is not rule:
                raise RuleError(rule.name, f"{_told(point)}: another rule has the name {rule.name!r}")
    return tuple(found.values())


def _told(point: EntryPoint) -> str:
    distribution = f" of {point.dist.name} {point.dist.version}" if point.dist is not None else ""
    return f"the entry point {point.name!r}{distribution} ({point.value})"


def _rules_of(point: EntryPoint) -> Iterator[Rule]:
    told = _told(point)
    if not PREFIX.fullmatch(point.name):
        raise RuleError(
            None, f"{told}: its name is no beginning of names of rules: write lower case words with hyphens, as in acme"
        )
    for rule in _loaded(point, told):
        if not isinstance(rule, Rule):
            shown = type(rule).__name__
            raise RuleError(None, f"{told}: is no rule, and no list of rules, but has a {shown}: see portmap.lint.rule")
        if not rule.name.startswith(f"{point.name}."):
            hint = f"write {point.name}.{rule.name.rpartition('.')[2]}"
            raise RuleError(rule.name, f"{told}: the name {rule.name!r} does not begin with '{point.name}.': {hint}")
        if not rule.summary:
            raise RuleError(rule.name, f"{told}: the rule {rule.name!r} has no docstring, which is its documentation")
        _check_home(rule, told)
        yield rule


def _loaded(point: EntryPoint, told: str) -> Iterable[object]:
    try:
        loaded = point.load()
    # A foreign module may do anything as it is imported, and even exit.
    except (Exception, SystemExit) as error:
        # Build tools leave a module out without a word.
        lacks = isinstance(error, ModuleNotFoundError) and error.name == point.module.partition(".")[0]
        hint = f": the package was built without {point.module}" if lacks else ""
        raise RuleError(None, f"{told}: cannot be imported: {type(error).__name__}: {error}{hint}") from error
    return loaded if isinstance(loaded, (list, tuple)) else (loaded,)


def _check_home(rule: Rule, told: str) -> None:
    """Other processes look a rule up by the name that its function has in its module."""
    module, name = rule.check.__module__, rule.check.__qualname__
    if getattr(import_module(module), name, None) is not rule:
        raise RuleError(
            rule.name,
            f"{told}: the rule {rule.name!r} is not {module}.{name}: make it with the decorator, outside of functions",
        )
