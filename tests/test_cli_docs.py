"""The pages of the command: their examples are real, and they name what the command has."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from command_line import POD, WEB, portmap

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGES: Final = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("cli.md", "trace.md")}
OF_THE_CLUSTER: Final = {"--service-node-port-range"}


@pytest.mark.parametrize(("name", "commands"), [("cli.md", 2), ("trace.md", 11)])
def test_the_examples_are_real(name: str, commands: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of a page prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    page = PAGES[name]
    for file, text in re.findall(r"^<!-- file: ([^\n]*) -->\n```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        Path(file).write_text(text, encoding="utf-8")
    code, ran = 0, 0
    for console in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
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


def test_every_option_is_told() -> None:
    """The page names each option of the command, and no other."""
    told = set(re.findall(r"`(--[a-z-]+)", PAGES["cli.md"])) - OF_THE_CLUSTER
    known = set(re.findall(r"--[a-z-]+", portmap("resolve", "--help").out)) - OF_THE_CLUSTER
    assert told == known | {"--version"}


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
    assert fields(report) - set(re.findall(r"`(\w+)`", PAGES["cli.md"])) == set()


@pytest.mark.parametrize("arguments", [("trace", "service/shop/web:http"), ("trace", "30080"), ("ports",)])
def test_every_field_of_the_others_is_told(arguments: tuple[str, ...]) -> None:
    """The page of the other commands names each field of their JSON."""
    twice = WEB.replace("name: web, namespace: shop", "name: other, namespace: shop", 1)
    broken = POD.replace("containerPort: 8080", "containerPort: 0")
    text = f"{WEB}---\n{twice}---\n{broken}".replace("containerPort: 8080}", "containerPort: 8080, hostPort: 80}")
    report = json.loads(portmap(*arguments, "-", "--format=json", stdin=text).out)
    assert len(fields(report)) > 12
    assert fields(report) - set(re.findall(r"`(\w+)`", PAGES["trace.md"])) == set()
