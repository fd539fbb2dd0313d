"""All rules that a command knows: portmap's own, and those of installed distributions."""

from portmap._kubernetes.errors import RuleError
from portmap._lint.plugins import installed_rules
from portmap._lint.rule import Rule
from portmap._lint.rules import RULES
from portmap._reports.console import CommandError

__all__ = ["known_rules"]


def known_rules(command: str) -> tuple[Rule, ...]:
    """All of them.

    Args:
        command: Which command asks, for errors.

    Raises:
        CommandError: Those of a distribution cannot be loaded.
    """
    try:
        return (*RULES, *installed_rules())
    except RuleError as error:
        raise CommandError(f"{command}: {error}") from None
