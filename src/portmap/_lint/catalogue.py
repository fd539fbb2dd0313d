"""The catalogue of all names that a finding can have: rules of the linter and codes of the API server."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias, final

import attrs

from portmap._apiserver.decode_codes import DECODING_CODES
from portmap._apiserver.registry import rules_of_create
from portmap._kubernetes.plain_data import OMITTED
from portmap._lint.findings import Severity
from portmap._lint.inputs import UNREADABLE
from portmap._lint.rule import Rule
from portmap._lint.rules import RULES
from portmap._lint.server_rules import INFOS
from portmap._lint.suppressions import SUPPRESSION_RULES

Origin: TypeAlias = Literal["linter", "plugin", "server", "suppressions"]
"""The origin of a finding: a rule of portmap, a rule of another project, the API server (a violation or a
warning), or the check of suppressions."""


@final
@attrs.frozen
class Entry:
    """A name that a finding can have, and its documentation.

    Attributes:
        name: The name of the rule, or the code of the violation or warning.
        origin: Where its findings come from.
        severity: The usual severity of its findings.
        profile: The profile in which it is on; codes of the server are in the default profile.
        summary: The title: one sentence that states the problem.
        documentation: The whole documentation, as Markdown.
        page: Its page, relative to the folder `docs`; `None` for rules of other projects.
    """

    name: str
    origin: Origin
    severity: Severity
    profile: str
    summary: str
    documentation: str = attrs.field(metadata=OMITTED)
    page: str | None


def catalogue(rules: Iterable[Rule] = RULES) -> Mapping[str, Entry]:
    """Return all entries by name, in the order of the names.

    Args:
        rules: The rules of the linter; portmap's own by default.
    """
    entries = [*map(_rule_entry, rules), *_server_entries(), *_decoding_entries(), _FILE_ENTRY, *_suppression_entries()]
    return {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}


def _rule_entry(rule: Rule) -> Entry:
    text = "\n\n".join([rule.summary, *(f"**{title}**\n\n{body}" for title, body in rule.sections.items())])
    if rule.is_foreign:
        text = text if rule.sections else rule.documentation
        return Entry(rule.name, "plugin", rule.severity, rule.profile, rule.summary, text, None)
    return Entry(rule.name, "linter", rule.severity, rule.profile, rule.summary, text, f"rules/{rule.name}.md")


def _server_entries() -> Iterable[Entry]:
    for rule in rules_of_create().values():
        severity: Severity = "error" if rule.reason else "info" if rule.code in INFOS else "warning"
        verdict = f"an API server rejects it ({rule.reason})" if rule.reason else "an API server warns about it"
        text = f"{rule.documentation}\n\nField `{rule.field}`; {verdict}. Source: {rule.source}."
        yield Entry(rule.code, "server", severity, "default", rule.summary, text, f"checks.md#{rule.code}")


def _decoding_entries() -> Iterable[Entry]:
    for code, text in DECODING_CODES.items():
        summary = " ".join(text.split()).partition(". ")[0].rstrip(".") + "."
        yield Entry(code, "server", "error", "default", summary, text, f"checks.md#{code}")


def _suppression_entries() -> Iterable[Entry]:
    for name, summary in SUPPRESSION_RULES.items():
        yield Entry(name, "suppressions", "warning", "default", summary, summary, "lint.md#suppressions")


_FILE_ENTRY: Final = Entry(
    UNREADABLE,
    "linter",
    "error",
    "default",
    "File cannot be read.",
    "File cannot be read.\n\nFiles that are not manifests, and Helm templates, are skipped and counted instead.",
    "lint.md#what-it-reads",
)
