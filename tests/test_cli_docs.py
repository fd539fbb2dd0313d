"""The page of the command: its examples are real, and it names what the command has."""

import json
import re
from pathlib import Path

import pytest

from command_line import POD, portmap

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "cli.md").read_text(encoding="utf-8")
FILES = re.findall(r"^<!-- file: (.*) -->\n```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CONSOLES = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_examples_are_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the page prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES:
        Path(name).write_text(text, encoding="utf-8")
    code, ran = 0, 0
    for console in CONSOLES:
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
    assert ran == 2


def test_every_option_is_told() -> None:
    """The page names each option of the command, and no other."""
    told = set(re.findall(r"`(--[a-z-]+)", PAGE)) - {"--service-node-port-range"}
    known = set(re.findall(r"--[a-z-]+", portmap("resolve", "--help").out)) - {"--service-node-port-range"}
    assert told == known | {"--version"}


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
