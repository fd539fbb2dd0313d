"""`portmap rules` and `portmap explain RULE`: the rules of the linter, and their documentation."""

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import Commands, add_format
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import RuleError
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._lint.catalogue import Entry
    from portmap._lint.rule import Rule

_MOST_GUESSES: Final = 5
_VERSION: Final = 1


def add_rules(commands: Commands) -> None:
    """Add the sub-commands to the command."""
    rules = commands.add_parser(
        "rules",
        allow_abbrev=False,
        help="list the rules of the linter",
        description="List the rules of the linter, and the codes of violations and warnings of an API server.",
    )
    add_format(rules)
    rules.set_defaults(run=_rules)
    explain = commands.add_parser(
        "explain",
        allow_abbrev=False,
        help="show what a rule reports, why it matters, and how to fix it",
        description="Print the documentation of a rule of the linter, or of a code of a violation or warning.",
    )
    explain.add_argument("rule", metavar="RULE", help="the name of a rule, or a code, as findings show it")
    explain.set_defaults(run=_explain)


def _rules(options: argparse.Namespace, console: Console) -> int:
    from portmap._lint.catalogue import catalogue
    from portmap._reports.json_text import json_text

    entries = list(catalogue(known_rules("portmap rules")).values())
    if options.format == "json":
        console.write(json_text({"version": _VERSION, "rules": entries}))
    else:
        console.write("".join(f"{line}\n" for line in _table(entries)))
    return 0


def _table(entries: "Sequence[Entry]") -> list[str]:
    width = max(len(each.name) for each in entries)
    rows = [
        f"{each.name:<{width}}  {each.severity:<7}  {each.profile:<7}  {each.origin:<12}  {each.summary}"
        for each in entries
    ]
    return [f"{'name':<{width}}  severity profile  origin        summary", *rows]


def _explain(options: argparse.Namespace, console: Console) -> int:
    from portmap._lint.catalogue import catalogue

    known = catalogue(known_rules("portmap explain"))
    entry = known.get(options.rule)
    if entry is None:
        raise CommandError(f"portmap explain: there is no rule {options.rule!r}; {_hint(options.rule, known)}")
    is_rule = entry.origin in {"linter", "plugin"}
    title = f"{entry.severity}, in the profile {entry.profile}" if is_rule else entry.severity
    console.write(f"{entry.name} ({title})\n\n{entry.documentation}\n")
    return 0


def _hint(name: str, known: Iterable[str]) -> str:
    guess = nearest(name, known)
    longer = [repr(each) for each in known if name and each.startswith(name)]
    guesses = repr(guess) if guess else " or ".join(longer if len(longer) <= _MOST_GUESSES else ())
    return f"did you mean {guesses}?" if guesses else "`portmap rules` lists them"


def known_rules(command: str) -> "tuple[Rule, ...]":
    """Return the rules of portmap and of installed distributions.

    Args:
        command: The command, for errors.

    Raises:
        CommandError: The rules of a distribution cannot be loaded.
    """
    from portmap._lint.plugins import installed_rules
    from portmap._lint.rules import RULES

    try:
        return (*RULES, *installed_rules())
    except RuleError as error:
        raise CommandError(f"{command}: {error}") from None
