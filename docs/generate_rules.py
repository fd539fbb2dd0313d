"""Write a page for each rule of the linter, from its docstring, and the index of them: `nox -s pages`."""
# ruff: noqa: INP001

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portmap._lint.catalogue import catalogue
from portmap.lint import RULES, Rule

FOLDER: Final = Path(__file__).resolve().parent / "rules"

INDEX: Final = """\
# The rules of the linter

The linter also reports what an API server rejects or warns about: see [what portmap checks](../checks.md).
`portmap explain RULE` prints the page of a rule.

## Profiles

| Profile | Rules |
| --- | --- |
| default | Mistakes. These rules are always on. |
| strict | Taste and policy. `--profile strict` turns these rules on. |
| mesh | Clusters with a service mesh. `--profile mesh` turns these rules on. |

## All rules

| Rule | Problem | Severity | Profile |
| --- | --- | --- | --- |
"""

CONTENTS: Final = """
:::{toctree}
:hidden:
:maxdepth: 1

"""

_BLOCK: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_NAME: Final = re.compile(r"`([a-z]+(?:-[a-z]+)+)`")
_PAGES: Final = {name: entry.page for name, entry in catalogue().items() if entry.page}


def title_of(rule: Rule) -> str:
    """Return the title of a rule's page: the problem."""
    return rule.summary.removesuffix(".")


def linked(text: str, page: str) -> str:
    """Return the text with the names of other rules and codes as links."""

    def link(found: re.Match[str]) -> str:
        target = _PAGES.get(found[1], page)
        return found[0] if target == page else f"[{found[0]}]({f'../{target}'.replace('../rules/', '')})"

    parts = _BLOCK.split(text)
    return "".join(part if part.startswith("```") else _NAME.sub(link, part) for part in parts)


def page_of(rule: Rule) -> str:
    """Return the page of a rule."""
    sections = "\n".join(f"## {title}\n\n{text.rstrip()}\n" for title, text in rule.sections.items())
    head = f"`{rule.name}`: {rule.severity}, profile [{rule.profile}](index.md#profiles), since {rule.since}."
    suppression = (
        "## How to suppress it\n\nAnnotate the object, with a reason:\n\n"
        f"```yaml\nmetadata:\n  annotations:\n    portmap.ignore/{rule.name}: why this is right here\n```\n"
    )
    return "\n".join([f"# {title_of(rule)}\n\n{head}\n", linked(sections, f"rules/{rule.name}.md"), suppression])


def index() -> str:
    """Return the list of all rules in alphabetical order."""
    rules = sorted(RULES, key=lambda rule: rule.name)
    rows = [
        f"| [{rule.name}]({rule.name}.md) | {title_of(rule)} | {rule.severity} | {rule.profile} |\n" for rule in rules
    ]
    contents = [f"{rule.name}\n" for rule in rules]
    return "".join([INDEX, *rows, CONTENTS, *contents, ":::\n"])


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
