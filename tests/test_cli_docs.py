"""The pages of the command: their examples are real, and they name what the command has."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from command_line import POD, WEB, portmap

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
LINT = (DOCS / "lint.md").read_text(encoding="utf-8")
EDITING = (DOCS / "editing.md").read_text(encoding="utf-8")
TRACE = (DOCS / "trace.md").read_text(encoding="utf-8")


def blocks(page: str, pattern: str) -> list[Any]:
    """What stands in the fenced blocks of a page that are marked so."""
    return re.findall(rf"^{pattern}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "commands"),
    [(PAGE, 2), (LINT, 1), (TRACE, 11), (EDITING, 4)],
    ids=["cli", "lint", "trace", "editing"],
)
def test_the_examples_are_real(page: str, commands: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    for name, text in blocks(page, r"<!-- file: ([^\n]*) -->\n```yaml"):
        Path(name).write_text(text, encoding="utf-8")
    code, ran = 0, 0
    for console in blocks(page, "```console"):
        for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE):
            if command == "echo $?":
                assert printed == f"{code}\n"
            else:
                word, *arguments = command.split()
                assert word == "portmap"
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
    for name, text in blocks(LINT, r"<!-- file: ([^\n]*) -->\n```yaml"):
        Path(name).write_text(text, encoding="utf-8")
    [program] = blocks(LINT, "```python")
    exec(program, {})
    assert [capsys.readouterr().out] == blocks(LINT, "<!-- output -->\n```text")


@pytest.mark.parametrize(
    ("page", "command", "others"),
    [(PAGE, "resolve", {"--version"}), (LINT, "lint", set()), (EDITING, "set", set())],
    ids=["cli", "lint", "set"],
)
def test_every_option_is_told(page: str, command: str, others: set[str]) -> None:
    """The page names each option of the command, and no other."""
    told = set(re.findall(r"`(--[a-z-]+)", page)) - {"--service-node-port-range"}
    known = set(re.findall(r"--[a-z-]+", portmap(command, "--help").out)) - {"--service-node-port-range"}
    assert told == known | others


@pytest.mark.parametrize("command", ["trace", "ports"])
def test_other_commands_have_the_same_options(command: str) -> None:
    """What reads a set of manifests takes the options that the page of `resolve` tells."""
    known = [re.findall(r"--[a-z-]+", portmap(each, "--help").out) for each in ("resolve", command)]
    assert set(known[0]) == set(known[1])


def fields(value: object) -> set[str]:
    """The names of all fields of some JSON."""
    if isinstance(value, dict):
        return {*value, *(name for each in value.values() for name in fields(each))}
    return {name for each in value for name in fields(each)} if isinstance(value, list) else set()


def test_every_field_is_told() -> None:
    """The page names each field of the JSON."""
    broken = POD.replace("port: 80,", "port: 0,") + "---\n" + POD.replace("containerPort: 8080", "containerPort: 0")
    report = json.loads(portmap("resolve", "-", "--format=json", stdin=f"{POD}---\n{WEB}---\n{broken}").out)
    assert fields(report) >= {"violations", "endpoints", "misses", "code", "column", "hops", "address"}
    assert fields(report) - set(re.findall(r"`(\w+)`", PAGE)) == set()


@pytest.mark.parametrize("arguments", [("trace", "service/shop/web:http"), ("trace", "30080"), ("ports",)])
def test_every_field_of_the_others_is_told(arguments: tuple[str, ...]) -> None:
    """The page of the other commands names each field of their JSON."""
    twice = WEB.replace("name: web, namespace: shop", "name: other, namespace: shop", 1)
    broken = POD.replace("containerPort: 8080", "containerPort: 0")
    text = f"{WEB}---\n{twice}---\n{broken}".replace("containerPort: 8080}", "containerPort: 8080, hostPort: 80}")
    report = json.loads(portmap(*arguments, "-", "--format=json", stdin=text).out)
    assert len(fields(report)) > 12
    assert fields(report) - set(re.findall(r"`(\w+)`", TRACE)) == set()
