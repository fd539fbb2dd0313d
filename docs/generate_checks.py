"""Generate the parts of docs/checks.md that follow from the code: the rules of the server, and the versions.

The rest of the page is written by hand. A generated part is between a comment that names its
content, such as groups of rules, and the comment `end`:

    <!-- rules: updates, node ports -->
    <!-- end -->

Run `python docs/generate_checks.py` to generate them again.
"""
# ruff: noqa: INP001

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from portmap._apiserver.decode_codes import DECODING_CODES
from portmap._apiserver.object_verdict import OBJECT_KINDS
from portmap._apiserver.pod_schema import POD_SPEC
from portmap._apiserver.registry import RULE_GROUPS
from portmap._apiserver.rule import Rule
from portmap._kubernetes.features import FEATURES, GATES, SUPPORTED_VERSIONS
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.schema import unjudged_fields

PAGE: Final = Path(__file__).resolve().parent / "checks.md"

_PART: Final = re.compile(r"(<!-- (rules|codes|versions|unjudged):? ?([^>]*?) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)


def rules_in(names: str) -> dict[str, Rule[Any]]:
    """Return the rules of these groups, by code."""
    groups = {group.name: group for group in RULE_GROUPS}
    return {rule.code: rule for name in names.split(", ") for rule in groups[name]}


def anchored(code: str) -> str:
    """Return a code as the first cell of its row, with an anchor of the same name."""
    return f'<a id="{code}"></a>`{code}`'


def on_one_line(text: str) -> str:
    """Return Markdown text on one line, for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def row(rule: Rule[Any]) -> str:
    """Return the row of one rule."""
    verdict = f"{rule.reason}, *{rule.stage.value}*" if rule.reason else "warning"
    cells = (anchored(rule.code), on_one_line(rule.documentation), f"`{rule.field}`<br>{verdict}", rule.source)
    return f"| {' | '.join(cells)} |"


def codes_table() -> str:
    """Return the table of the codes of decoding."""
    rows = [f"| {anchored(code)} | {on_one_line(text)} |" for code, text in DECODING_CODES.items()]
    return "\n".join(["| Code | Problem |", "| --- | --- |", *rows]) + "\n"


def versions_table() -> str:
    """Return the table of the features that each version has by default."""
    rows = [
        f"| What | Feature gate | {' | '.join(SUPPORTED_VERSIONS)} | Source |",
        f"| --- | --- |{' --- |' * len(SUPPORTED_VERSIONS)} --- |",
    ]
    for feature in FEATURES:
        marks = " | ".join("yes" if feature.in_version(version) else "no" for version in SUPPORTED_VERSIONS)
        gate = f"`{feature.name}`" if feature.name in GATES else ""
        rows.append(f"| {feature.summary} | {gate} | {marks} | {feature.source} |")
    return "\n".join(rows) + "\n"


def unjudged_list() -> str:
    """Return the fields that no rule checks: those of pods and pod templates, and the others by kind."""
    lines = [f"- In the spec of a pod or pod template: {listed(map(of_any_container, unjudged_fields(POD_SPEC)))}."]
    for kind in OBJECT_KINDS.values():
        own = [path for path in unjudged_fields(kind.schema) if not is_in_pod_spec(path, kind.kind)]
        if own:
            lines.append(f"- {kind.kind}: {listed(own)}.")
    return "\n".join(lines) + "\n"


def listed(paths: Iterable[FieldPath]) -> str:
    """Return paths as text, each once."""
    return ", ".join(dict.fromkeys(f"`{path}`" for path in paths))


def of_any_container(path: FieldPath) -> FieldPath:
    """Return the path; the fields of init containers and ephemeral containers are those of containers."""
    return FieldPath("containers", *path[1:]) if str(path[:1]).endswith("Containers") else path


def is_in_pod_spec(path: FieldPath, kind: str) -> bool:
    """Return whether a path leads into the spec of a pod or pod template."""
    return str(path).startswith("spec.") if kind == "Pod" else "template.spec." in str(path).replace("jobTemplate", "")


def renewed(page: str) -> str:
    """Return the page with its parts generated again.

    Raises:
        ValueError: The page lacks a group of rules.
    """
    shown: set[str] = set()

    def part(match: re.Match[str]) -> str:
        opening, kind, names, _, end = match.groups()
        if kind == "versions":
            return f"{opening}\n{versions_table()}\n{end}"
        if kind == "unjudged":
            return f"{opening}\n{unjudged_list()}\n{end}"
        if kind == "codes":
            return f"{opening}\n{codes_table()}\n{end}"
        rules = rules_in(names)
        rows = [row(rule) for code, rule in rules.items() if code not in shown]
        table = (
            "\n".join(["| Code | Problem | Field, reason, stage | Source |", "| --- | --- | --- | --- |", *rows]) + "\n"
        )
        again = [f"[{code}](#{code})" for code in rules if code in shown]
        shown.update(rules)
        others = f"Rules described above that apply here too: {', '.join(again)}.\n\n" if again else ""
        return f"{opening}\n{table}\n{others}{end}"

    generated = _PART.sub(part, page)
    missing = [group.name for group in RULE_GROUPS if not {rule.code for rule in group} <= shown]
    if missing:
        raise ValueError(f"docs/checks.md has no part for the rules: {', '.join(missing)}")
    return generated


def main() -> None:
    """Generate the page again."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
