"""The walks of CONTRIBUTING, followed in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from pages import ROOT, blocks_of, text_of

__all__ = ["follow_walk", "run_in"]

_COPIED: Final = ("src/portmap", "docs", "tests", "pyproject.toml")
_NOT_COPIED: Final = shutil.ignore_patterns("__pycache__", "sarif", "*.jsonl.gz")


def run_in(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the Python of this process with the portmap of a copy."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def follow_walk(heading: str, folder: Path, generator: str) -> None:
    """Copy the project to a folder, write what the walk under this heading shows, and generate the pages."""
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=_NOT_COPIED)
        else:
            shutil.copy(ROOT / name, folder / name)
    walk = text_of("CONTRIBUTING.md").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for block in blocks_of(walk):
        kind, _, name = block.mark.partition(": ")
        file = folder / name
        assert kind in {"file", "appended"}
        assert file.exists() == (kind == "appended")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"\n\n{block.text}" if kind == "appended" else block.text)
    generated = run_in(folder, f"docs/{generator}")
    assert generated.returncode == 0, generated.stderr
