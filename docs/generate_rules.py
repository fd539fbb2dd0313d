"""Write a page for each rule of the linter, from its docstring, and the index of them: `nox -s pages`."""
# ruff: noqa: INP001

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portmap._lint.rule import PROFILES
from portmap.lint import RULES, Rule

FOLDER: Final = Path(__file__).resolve().parent / "rules"

_PROFILES: Final = {
    "default": "These rules are on.",
    "strict": "Matters of taste and policy. `--profile strict` turns these rules on.",
    "mesh": "For clusters with a service mesh. `--profile mesh` turns these rules on.",
}


def page_of(rule: Rule) -> str:
    """Return the page of a rule."""
    sections = [f"## {title}\n\n{text.rstrip()}\n" for title, text in rule.sections.items()]
    head = (
        f"# {rule.name}\n\n{rule.summary}\n\nSeverity: {rule.severity}. Profile: {rule.profile}. Since {rule.since}.\n"
    )
    suppression = (
        "## How to suppress it\n\nAnnotate the object, with a reason:\n\n"
        f"```yaml\nmetadata:\n  annotations:\n    portmap.ignore/{rule.name}: why this is right here\n```\n"
    )
    return "\n".join([head, *sections, suppression])


def index() -> str:
    """Return the list of all rules, by profile."""
    also = "The linter also reports what an API server rejects or warns about: see [what portmap checks](../checks.md)."
    parts = [f"# The rules of the linter\n\n{also}\n"]
    for profile in PROFILES:
        rows = [
            f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.summary} |"
            for rule in RULES
            if rule.profile == profile
        ]
        if rows:
            table = "\n".join(["| Rule | Severity | Problem |", "| --- | --- | --- |", *rows])
            parts.append(f"## {profile}\n\n{_PROFILES[profile]}\n\n{table}\n")
    return "\n".join(parts)


def pages() -> Mapping[str, str]:
    """Return all pages, by file name."""
    return {"index.md": index()} | {f"{rule.name}.md": page_of(rule) for rule in RULES}


def main() -> None:
    """Write all pages, and remove those of rules that no longer exist."""
    FOLDER.mkdir(exist_ok=True)
    generated = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in generated:
            old.unlink()
    for name, text in generated.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
