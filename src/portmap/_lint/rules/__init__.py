"""The rules of the linter: a module for each subject, and in it a function for each rule.

No list names the rules: what the decorator `rule` makes in a module of this package is one of them.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules
from typing import Final

from portmap._lint.rule import Profile, Rule


def _defined_rules() -> Iterator[Rule]:
    """Yield the rules that the modules of this package define."""
    for module in iter_modules(__path__, f"{__name__}."):
        yield from (value for value in vars(import_module(module.name)).values() if isinstance(value, Rule))


RULES: Final[tuple[Rule, ...]] = tuple(sorted(_defined_rules(), key=attrgetter("name")))
"""All rules of portmap, by name."""


def rules_of(*profiles: Profile, among: Iterable[Rule] = RULES) -> tuple[Rule, ...]:
    """Return the rules that are on in these profiles; those of the default profile are on in all of them.

    Args:
        profiles: The profiles beyond the default one.
        among: The rules to choose from; portmap's own by default.

    Example:
        >>> from portmap.lint import rules_of
        >>> len(rules_of()) < len(rules_of("strict")) < len(rules_of("strict", "mesh"))
        True
    """
    return tuple(each for each in among if each.profile in {"default", *profiles})


DEFAULT_RULES: Final = rules_of("default")
"""The rules that are on unless they are ignored."""
