"""The pages of the command: they name all that it has. Their examples are run with those of all pages."""

import json
import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from command_line import commands, parser_of, portmap
from manifest_texts import POD, WEB
from pages import _BLOCK, ALL_PAGES, text_of
from portmap._cli.main import command_parser

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
TRACE = (DOCS / "trace.md").read_text(encoding="utf-8")
# Where each command is told, and the command whose options it shares, where it does.
PAGES: Final = {
    "resolve": ("cli.md", None),
    "trace": ("trace.md", "resolve"),
    "ports": ("trace.md", "resolve"),
    "draw": ("draw.md", "resolve"),
    "lint": ("lint.md", None),
    "rules": ("lint.md", None),
    "explain": ("lint.md", None),
    "contract": ("contract.md", None),
    "set": ("editing.md", None),
}
# What the pages tell of other programs.
OF_OTHERS: Final = {"--service-node-port-range", "--server-side", "--dry-run", "--diff", "--portmap", "--cascade"}


def options_of(command: str) -> set[str]:
    """The long options of a command, but for the one that all have."""
    found = {option for action in parser_of(command)._actions for option in action.option_strings}
    return {option for option in found if option.startswith("--")} - {"--help"}


def test_every_command_has_a_page() -> None:
    """Whatever `portmap --help` lists is in the table of commands."""
    assert sorted(commands()) == sorted(PAGES)
    table = PAGE.partition("## ")[0]
    for command, (page, _) in PAGES.items():
        [row] = re.findall(rf"^\| .*`portmap {command}`.*$", table, re.MULTILINE)
        assert page == "cli.md" or f"({page}" in row


@pytest.mark.parametrize("command", PAGES)
def test_every_option_is_told(command: str) -> None:
    """The page of a command names each of its options, or links to the page that does."""
    page, like = PAGES[command]
    text = (DOCS / page).read_text(encoding="utf-8")
    told = set(re.findall(r"(?<!\w)--[a-z][a-z-]*[a-z]", text))
    if like is not None:
        there = PAGES[like][0]
        assert f"({there}#what-it-reads)" in text
        told |= options_of(like)
    assert options_of(command) - told == set()


@pytest.mark.parametrize("page", sorted({page for page, _ in PAGES.values()}))
def test_no_option_is_made_up(page: str) -> None:
    """An option that a page of a command tells of is one that some command has."""
    told = set(re.findall(r"`(--[a-z][a-z-]*[a-z])", (DOCS / page).read_text(encoding="utf-8")))
    known = set().union(*map(options_of, PAGES)) | {"--help", "--version"}
    assert told - known - OF_OTHERS == set()


def commands_in(page: str) -> list[list[str]]:
    """The arguments of each `portmap` that the prose of a page calls with some."""
    called = re.findall(r"`([^`\n]*\bportmap [^`\n]*)`", _BLOCK.sub("", text_of(page)))
    parts = [part for each in called for part in re.split(r" \| | && ", each)]
    return [shlex.split(found[1]) for part in parts if (found := re.fullmatch(r"portmap (\w+ .*)", part))]


def test_commands_in_prose_can_be_called() -> None:
    """A command that a page mentions with arguments takes them."""
    called = [each for page in ALL_PAGES for each in commands_in(page)]
    assert len(called) > 10
    for arguments in called:
        unknown: list[str] = []
        try:
            _, unknown = command_parser().parse_known_args(arguments)
        except SystemExit as stop:
            if stop.code:
                pytest.fail(f"portmap {shlex.join(arguments)} cannot be called")
        assert [each for each in unknown if each.startswith("--")] == [], arguments


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
