"""Writes a page for each rule of the linter, from its docstring, and the list of them: `nox -s pages`."""
# ruff: noqa: INP001

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portmap._lint.rule import PROFILES
from portmap.lint import RULES, Rule

FOLDER: Final = Path(__file__).resolve().parent / "rules"

_PROFILES: Final = {
    "default": "On unless they are ignored.",
    "strict": "Matters of taste and policy: on with `--profile strict`.",
    "mesh": "For those who run a service mesh: on with `--profile mesh`.",
}


def page_of(rule: Rule) -> str:
    """The page of one rule."""
    sections = [f"## {title}\n\n{text.rstrip()}\n" for title, text in rule.sections.items()]
    head = (
        f"# {rule.name}\n\n{rule.summary}\n\nSeverity: {rule.severity}. Profile: {rule.profile}. Since {rule.since}.\n"
    )
    silence = (
        "## How to silence it\n\nWith a reason, on the object:\n\n"
        f"```yaml\nmetadata:\n  annotations:\n    portmap.ignore/{rule.name}: why it is right here\n```\n"
    )
    return "\n".join([head, *sections, silence])


def index() -> str:
    """The list of all rules, by profile."""
    also = "What an API server refuses or warns of is found as well: see [what portmap checks](../checks.md)."
    parts = [f"# The rules of the linter\n\n{also}\n"]
    for profile in PROFILES:
        rules = sorted((each for each in RULES if each.profile == profile), key=lambda each: each.name)
        rows = [f"| [{each.name}]({each.name}.md) | {each.severity} | {each.summary} |" for each in rules]
        if rows:
            table = "\n".join(["| Rule | Severity | What is right |", "| --- | --- | --- |", *rows])
            parts.append(f"## {profile}\n\n{_PROFILES[profile]}\n\n{table}\n")
    return "\n".join(parts)


def pages() -> Mapping[str, str]:
    """Every page, by the name of its file."""
    return {"index.md": index()} | {f"{rule.name}.md": page_of(rule) for rule in RULES}


def main() -> None:
    """Write all pages anew, and remove those of rules that are no more."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
