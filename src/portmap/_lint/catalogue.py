"""Everything that a finding can be about: the rules of the linter, and the codes of what a server says."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, final

import attrs

from portmap._apiserver.decode_codes import CODES_OF_READING
from portmap._lint.findings import Severity
from portmap._lint.inputs import UNREADABLE
from portmap._lint.rule import Rule
from portmap._lint.rules import RULES
from portmap._lint.server_rules import rules_of_the_server
from portmap._lint.suppressions import SUPPRESSION_RULES

__all__ = ["Entry", "Origin", "catalogue"]

Origin: TypeAlias = Literal["linter", "plugin", "server", "suppressions"]
"""Who says it: a rule of the linter, a rule of another project, an API server (as a violation or a
warning), or the linter about suppressions."""


@final
@attrs.frozen
class Entry:
    """Something that a finding can be about.

    Attributes:
        name: The name of the rule, or the code of the violation or warning.
        origin: Who says it.
        severity: How severe it is where nothing speaks for it.
        profile: In which profile it is on; what a server says always is.
        summary: One sentence, true of a good object.
        documentation: All there is to say, as Markdown.
        page: Its page in portmap's documentation, from the folder `docs` on; `None` for rules of others.
    """

    name: str
    origin: Origin
    severity: Severity
    profile: str
    summary: str
    documentation: str
    page: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without the documentation."""
        return {
            "name": self.name,
            "origin": self.origin,
            "severity": self.severity,
            "profile": self.profile,
            "summary": self.summary,
            "page": self.page,
        }


def catalogue(rules: Iterable[Rule] = RULES) -> Mapping[str, Entry]:
    """All of it, by name, sorted.

    Args:
        rules: The rules of the linter; left out, portmap's own.
    """
    entries = [*map(_of_linter, rules), *_of_server(), *_of_reading(), *_of_files(), *_of_suppressions()]
    return {each.name: each for each in sorted(entries, key=lambda each: each.name)}


def _of_linter(rule: Rule) -> Entry:
    text = "\n\n".join([rule.summary, *(f"**{title}**\n\n{body}" for title, body in rule.sections.items())])
    if rule.is_foreign:
        text = text if rule.sections else rule.documentation
        return Entry(rule.name, "plugin", rule.severity, rule.profile, rule.summary, text, None)
    return Entry(rule.name, "linter", rule.severity, rule.profile, rule.summary, text, f"rules/{rule.name}.md")


def _of_server() -> Iterable[Entry]:
    for rule in rules_of_the_server():
        severity: Severity = "error" if rule.reason else "warning"
        what = f"an API server refuses it ({rule.reason})" if rule.reason else "an API server accepts it with a warning"
        text = f"{rule.documentation}\n\nField `{rule.field}`; {what}. Source: {rule.source}."
        yield Entry(rule.code, "server", severity, "default", rule.summary, text, f"checks.md#{rule.code}")


def _of_reading() -> Iterable[Entry]:
    for code, text in CODES_OF_READING.items():
        summary = " ".join(text.split()).partition(". ")[0].rstrip(".") + "."
        yield Entry(code, "server", "error", "default", summary, text, f"checks.md#{code}")


def _of_files() -> Iterable[Entry]:
    summary = "A file of a folder can be read."
    text = f"{summary}\n\nWhat is no manifest, and Helm's templates, are passed over and counted instead."
    yield Entry(UNREADABLE, "linter", "error", "default", summary, text, "lint.md#what-it-reads")


def _of_suppressions() -> Iterable[Entry]:
    for name, summary in SUPPRESSION_RULES.items():
        yield Entry(name, "suppressions", "warning", "default", summary, summary, "lint.md#suppressions")
