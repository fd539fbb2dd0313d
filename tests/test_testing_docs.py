"""The page on testing: its commands print what stands below them."""

import re
from pathlib import Path
from typing import Final

from pytest_runs import pytest_in
from test_readme_and_docs import blocks_of, text_of

PAGE: Final = "docs/testing.md"


def test_the_commands_are_real(tmp_path: Path) -> None:
    """Each command of the page, run among the files of the page, prints what the page shows."""
    blocks = blocks_of(text_of(PAGE))
    for block in blocks:
        if block.mark.startswith("file: "):
            file = tmp_path / block.mark.removeprefix("file: ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
    consoles = [block.text for block in blocks if block.language == "console"]
    for console in consoles:
        command, _, printed = console.partition("\n")
        name, *arguments = command.removeprefix("$ ").split()
        assert name == "pytest"
        assert pytest_in(tmp_path, *arguments).shown == printed
    assert len(consoles) == 2


def test_every_option_is_told() -> None:
    """The page names each option and setting of the plugin."""
    plugin = (Path(__file__).resolve().parent.parent / "src" / "_portmap_pytest.py").read_text(encoding="utf-8")
    offered = re.findall(r'"(--portmap[a-z-]*|portmap_[a-z_]+)"', plugin)
    assert len(set(offered)) == 5
    for each in offered:
        assert f"`{each}" in text_of(PAGE)
