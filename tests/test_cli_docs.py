"""The page of the command: its examples are real, and it names what the command has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from command_line import POD, portmap

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
LINT = (DOCS / "lint.md").read_text(encoding="utf-8")


def blocks(page: str, pattern: str) -> list[Any]:
    """What stands in the fenced blocks of a page that are marked so."""
    return re.findall(rf"^{pattern}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("page", "commands"), [(PAGE, 2), (LINT, 1)], ids=["cli", "lint"])
def test_the_examples_are_real(page: str, commands: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    for name, text in blocks(page, r"<!-- file: (.*) -->\n```yaml"):
        Path(name).write_text(text, encoding="utf-8")
    code, ran = 0, 0
    for console in blocks(page, "```console"):
        for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE):
            if command == "echo $?":
                assert printed == f"{code}\n"
            else:
                name, *arguments = command.split()
                assert name == "portmap"
                run = portmap(*arguments)
                assert printed == run.out + run.err
                code = run.code
                ran += 1
    assert ran == commands


def test_the_program_of_the_linters_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The Python on the page prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    for name, text in blocks(LINT, r"<!-- file: (.*) -->\n```yaml"):
        Path(name).write_text(text, encoding="utf-8")
    [program] = blocks(LINT, "```python")
    exec(program, {})
    assert [capsys.readouterr().out] == blocks(LINT, "<!-- output -->\n```text")


@pytest.mark.parametrize(
    ("page", "command", "others"), [(PAGE, "resolve", {"--version"}), (LINT, "lint", set())], ids=["cli", "lint"]
)
def test_every_option_is_told(page: str, command: str, others: set[str]) -> None:
    """The page names each option of the command, and no other."""
    told = set(re.findall(r"`(--[a-z-]+)", page)) - {"--service-node-port-range"}
    known = set(re.findall(r"--[a-z-]+", portmap(command, "--help").out)) - {"--service-node-port-range"}
    assert told == known | others


def test_every_field_is_told() -> None:
    """The page names each field of the JSON."""
    broken = POD.replace("port: 80,", "port: 0,") + "---\n" + POD.replace("containerPort: 8080", "containerPort: 0")
    report = json.loads(portmap("resolve", "-", "--format=json", stdin=f"{POD}---\n{broken}").out)

    def fields(value: object) -> set[str]:
        if isinstance(value, dict):
            return {*value, *(name for each in value.values() for name in fields(each))}
        return {name for each in value for name in fields(each)} if isinstance(value, list) else set()

    assert fields(report) >= {"violations", "endpoints", "misses", "code", "column"}
    assert fields(report) - set(re.findall(r"`(\w+)`", PAGE)) == set()
