"""Writes the generated parts of docs/checks.md: the rules, from the rules themselves, and the versions.

The page is written by hand, but for what stands between a comment that names what
belongs there and the comment `end`:

    <!-- rules: portmap._apiserver.updates.UPDATE_RULES -->
    <!-- end -->

Run this file to write them anew: `python docs/generate_checks.py`.
"""
# ruff: noqa: INP001

import re
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from portmap._apiserver.decode_codes import CODES_OF_READING
from portmap._apiserver.rule import Rule
from portmap._kubernetes.cluster import FEATURES, GATES, SUPPORTED_VERSIONS

PAGE: Final = Path(__file__).resolve().parent / "checks.md"

_PART: Final = re.compile(r"(<!-- (rules|codes|versions):? ?([^>]*?) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)


def rules_named(names: Iterable[str]) -> list[Rule[Any]]:
    """The rules of these groups, each group given by module and name, each rule once."""
    found: dict[str, Rule[Any]] = {}
    for name in names:
        module, _, attribute = name.rpartition(".")
        group: Sequence[Rule[Any]] = getattr(import_module(module), attribute)
        found |= {rule.code: rule for rule in group}
    return list(found.values())


def section(rule: Rule[Any]) -> str:
    """The section about one rule."""
    summary, _, rest = rule.documentation.partition("\n\n")
    place = f"reason {rule.reason}, stage *{rule.stage.value}*" if rule.reason else "a warning"
    parts = [
        f"### {rule.code}",
        summary,
        *([rest] if rest else []),
        f"Field `{rule.field}`, {place}. Source: {rule.source}.",
    ]
    return "\n\n".join(parts) + "\n"


def versions_table() -> str:
    """Which feature each version has by default."""
    rows = [
        f"| What | Feature gate | {' | '.join(SUPPORTED_VERSIONS)} | Source |",
        f"| --- | --- |{' --- |' * len(SUPPORTED_VERSIONS)} --- |",
    ]
    for feature in FEATURES:
        marks = " | ".join("yes" if feature.in_version(version) else "no" for version in SUPPORTED_VERSIONS)
        gate = f"`{feature.name}`" if feature.name in GATES else ""
        rows.append(f"| {feature.summary} | {gate} | {marks} | {feature.source} |")
    return "\n".join(rows) + "\n"


def renewed(page: str) -> str:
    """The page with its generated parts written anew, and the rest as it is."""
    shown: set[str] = set()

    def part(match: re.Match[str]) -> str:
        opening, kind, names, _, end = match.groups()
        if kind == "versions":
            return f"{opening}\n{versions_table()}\n{end}"
        if kind == "codes":
            told = "".join(f"### {code}\n\n{text}\n\n" for code, text in CODES_OF_READING.items())
            return f"{opening}\n{told}{end}"
        rules = rules_named(names.split())
        sections = [section(rule) for rule in rules if rule.code not in shown]
        again = [f"[{rule.code}](#{rule.code})" for rule in rules if rule.code in shown]
        shown.update(rule.code for rule in rules)
        if again:
            sections.append(f"Told above, and applied here too: {', '.join(again)}.\n")
        return "\n".join([opening, *sections, end])

    return _PART.sub(part, page)


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
