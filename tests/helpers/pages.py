"""Runs of the code blocks in pages of the documentation.

The Python blocks of a page are one program. The comment above a block marks it: `output` is the output of
the block before, `raises` the error that ends it. `file: NAME` is written to that file, and run if an
output follows; `appended: NAME` stands for an addition to a file of the project. A console block with
prompts is a session of commands with their outputs. `recorded: COMMAND` is the output of a program that
the tests do not run. `usage` shows how commands are called. Every block is run.
"""

import contextlib
import io
import re
import traceback
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple, final

from command_line import commands, parser_of
from sessions import PROMPT, Session, install

__all__ = [
    "ALL_PAGES",
    "NEEDS",
    "ROOT",
    "RULE_PAGES",
    "SET_UP",
    "Block",
    "Page",
    "anchors_of",
    "blocks_of",
    "run_page",
    "text_of",
]

ROOT: Final = Path(__file__).resolve().parents[2]
ALL_PAGES: Final = sorted(
    page.relative_to(ROOT).as_posix() for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
)

RULE_PAGES: Final = "docs/rules/"

NEEDS: Final = {"docs/howto/cdk8s.md": "cdk8s_plus_32", "docs/howto/pulumi.md": "pulumi_kubernetes"}
SHOWN: Final = ("output", "raises")
# The first command of the README.
SET_UP: Final = "python3 -m venv .venv && .venv/bin/pip install -q ."
# Pages with commands for a shell, which other tests run.
WITH_COMMANDS: Final = {"README.md", "CONTRIBUTING.md"}
# Outputs of commands that a page need not show.
STAND_INS: Final = {"docs/draw.md": {"kustomize build overlays/prod": "shop.yaml"}}

_BLOCK: Final = re.compile(r"^(?:<!-- ([^>\n]*) -->\n)?```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INDENTED: Final = re.compile(r"\n\n(?: {4}|\t)(?![ \t])")
# With more than three spaces it is no fence.
_FENCE: Final = re.compile(r"^ {0,3}(?:```|~~~)[^`\n]*$", re.MULTILINE)


@final
class Block(NamedTuple):
    """A fenced block of a page: its mark, language and text, and the line where the text begins."""

    mark: str
    language: str
    text: str
    line: int


def text_of(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(found[1] or "", found[2], found[3], text.count("\n", 0, found.start(3)) + 1)
        for found in _BLOCK.finditer(text)
    ]


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a page: those of its headings, as GitHub makes them, and explicit ones."""
    prose = _BLOCK.sub("", text)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    explicit = re.findall(r'<a id="([\w-]+)"></a>', prose)
    return {*explicit} | {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def run_page(page: str, text: str) -> Iterator[str]:
    """Run the blocks of a page in the working directory, and yield its mistakes."""
    blocks = blocks_of(text)
    if _INDENTED.search(_BLOCK.sub("", text)):
        yield f"{page}: an indented code block is not run; use fences"
    if 2 * len(blocks) != len(_FENCE.findall(text)):
        yield f"{page}: a block does not begin at the beginning of a line, or does not end"
    yield from (f"{page}: the prose before the file {name} does not name it" for name in unnamed_files(text))
    runner = Page(page)
    for position, block in enumerate(blocks):
        if block.mark not in SHOWN:
            following = takewhile(lambda each: each.mark in SHOWN, blocks[position + 1 :])
            shown = {each.mark: each.text for each in following}
            for problem in runner.problems(block, shown):
                yield f"{page}:{block.line}: {problem}"


def unnamed_files(text: str) -> Iterator[str]:
    """Yield the files of a page that its text does not name."""
    for found in _BLOCK.finditer(text):
        kind, _, name = (found[1] or "").partition(": ")
        if kind in {"file", "appended"} and f"`{name}`" not in _BLOCK.sub("", text[: found.start()]):
            yield name


@final
class Page:
    """A page that is run block by block."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.session = Session({})
        self.namespace: dict[str, Any] = {"__name__": "__main__"}

    def problems(self, block: Block, shown: dict[str, str]) -> Iterator[str]:
        """Run a block, and yield the differences from what the page shows."""
        kind, _, name = block.mark.partition(": ")
        printed = {"output": "", "raises": ""}
        if kind in {"file", "appended"}:
            printed["output"] = self._file(Path(name), block.text, run=bool(shown))
        elif kind == "recorded":
            self.session.recorded[name] = block.text
        elif kind == "usage":
            yield from usage_problems(block.text)
        elif block.language == "python":
            printed = self.run(block)
        elif block.language == "console" and block.text.startswith(PROMPT):
            yield from self._session(block.text)
        elif block.text.strip() != SET_UP and (block.language != "console" or self.name not in WITH_COMMANDS):
            yield "nothing runs this block"
        for mark, text in printed.items():
            if shown.get(mark, "") != text:
                yield f"the {mark} that the page shows is not that of this block:\n{text or 'nothing'}"

    def _file(self, file: Path, text: str, *, run: bool) -> str:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if file.name == "pyproject.toml":
            self.session.installed |= install(file)
        return self.session.run(f"python {file}") if run else ""

    def _session(self, text: str) -> Iterator[str]:
        for command, name in STAND_INS.get(self.name, {}).items():
            self.session.recorded[command] = Path(name).read_text(encoding="utf-8")
        return self.session.problems(text)

    def run(self, block: Block) -> dict[str, str]:
        """Return the output of a Python block, and the last lines of its traceback."""
        code = compile("\n" * (block.line - 1) + block.text, self.name, "exec")
        raised = ""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                exec(code, self.namespace)
            except Exception as error:  # noqa: BLE001 - any error is a result here
                raised = "".join(traceback.format_exception_only(error))
        return {"output": printed.getvalue(), "raises": raised}


def usage_problems(text: str) -> Iterator[str]:
    """Yield lines like `portmap trace TARGET [PATH… | -] [options]` that do not match the command."""
    for line in text.splitlines():
        program, command, *_ = line.split()
        shown = re.findall(r"(?<![/\w])[A-Z]+", line)
        known = arguments_of(command) if program == "portmap" and command in commands() else None
        if shown != known:
            yield f"{line!r} shows {shown}, but the command takes {known}"


def arguments_of(command: str) -> list[str]:
    """Return the positional arguments of a command, as its help names them."""
    return [str(each.metavar or each.dest) for each in parser_of(command)._actions if not each.option_strings]
