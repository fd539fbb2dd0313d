"""`portmap rules` and `portmap explain NAME`: what the linter can find, and what is to be known of it."""

import argparse
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import add_format
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import RuleError
from portmap._lint.plugins import installed_rules
from portmap._lint.rule import Rule
from portmap._lint.rules import RULES
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._lint.catalogue import Entry

__all__ = ["add_rules", "known_rules"]

_MOST_MEANT: Final = 5
_VERSION: Final = 1


def add_rules(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-commands to the command."""
    listing = commands.add_parser(
        "rules",
        allow_abbrev=False,
        help="list what the linter can find",
        description="List the rules of the linter, and the codes of what an API server refuses or warns of.",
    )
    add_format(listing)
    listing.set_defaults(run=_list)
    explaining = commands.add_parser(
        "explain",
        allow_abbrev=False,
        help="say what a rule reports, why it matters, and how to mend it",
        description="Print what is to be known of a rule of the linter, or of the code of a violation or warning.",
    )
    explaining.add_argument("rule", metavar="RULE", help="the name of a rule, or a code, as findings have it")
    explaining.set_defaults(run=_explain)


def _list(options: argparse.Namespace, console: Console) -> int:
    from portmap._cli.rules import known_rules
    from portmap._lint.catalogue import catalogue
    from portmap._reports.json_text import json_text

    entries = list(catalogue(known_rules("portmap rules")).values())
    if options.format == "json":
        console.write(json_text({"version": _VERSION, "rules": entries}))
    else:
        console.write("".join(f"{line}\n" for line in _table(entries)))
    return 0


def _table(entries: "list[Entry]") -> list[str]:
    name = max(len(each.name) for each in entries)
    shown = [
        f"{each.name:<{name}}  {each.severity:<7}  {each.profile:<7}  {each.origin:<12}  {each.summary}"
        for each in entries
    ]
    return [f"{'name':<{name}}  severity profile  origin        summary", *shown]


def _explain(options: argparse.Namespace, console: Console) -> int:
    from portmap._cli.rules import known_rules
    from portmap._lint.catalogue import catalogue

    known = catalogue(known_rules("portmap explain"))
    entry = known.get(options.rule)
    if entry is None:
        guess = nearest(options.rule, known)
        begun = [repr(name) for name in known if options.rule and name.startswith(options.rule)]
        meant = repr(guess) if guess else " or ".join(begun if len(begun) <= _MOST_MEANT else ())
        hint = f"did you mean {meant}?" if meant else "`portmap rules` lists them"
        raise CommandError(f"portmap explain: there is no rule {options.rule!r}; {hint}")
    of_rules = entry.origin in {"linter", "plugin"}
    told = f"{entry.severity}, in the profile {entry.profile}" if of_rules else f"{entry.severity}"
    console.write(f"{entry.name} ({told})\n\n{entry.documentation}\n")
    return 0


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
