"""A folder of a stranger: nothing in it is imported or run, whatever its files are called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from manifest_texts import WEB
from portmap._cli.main import main

TRAPS = ("rules_of_a_stranger", "concurrent", "json", "logging", "multiprocessing", "pickle", "rich", "venv", "yaml")
"""Modules that portmap, or a Python that it starts, imports."""


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with manifests, modules that leave a trace, and a distribution that has rules."""
    folder = tmp_path / "stranger"
    for name in TRAPS:
        trap = folder / name / "__init__.py"
        trap.parent.mkdir(parents=True)
        trap.write_text(f"open({str(tmp_path / name)!r}, 'w')\n")
    distribution = folder / "stranger-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text("[portmap.rules]\nstranger = rules_of_a_stranger\n")
    for team in ("shop", "bank"):
        (folder / team).mkdir()
        (folder / team / "web.yaml").write_text(WEB)
    monkeypatch.chdir(folder)
    return folder


def run(folder: Path, *program: str) -> None:
    """Run Python in the folder of a stranger."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, *program], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in {0, 1}, done.stderr
    assert [each.name for each in folder.parent.iterdir() if each.name in TRAPS] == []


def test_no_module_of_the_folder_is_imported(stranger: Path) -> None:
    """`python -m portmap` looks for modules and rules where it is installed, not in the current folder."""
    run(stranger, "-m", "portmap", "lint", ".")


def test_no_process_imports_from_the_folder(stranger: Path, tmp_path: Path) -> None:
    """Nor do the processes of `--jobs`, where each is a new Python."""
    program = tmp_path / "command.py"
    program.write_text(
        "import multiprocessing\n"
        "from portmap._cli.main import main\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method('spawn')\n"
        "    raise SystemExit(main(['lint', '.', '--jobs=2']))\n"
    )
    run(stranger, str(program))


def test_the_current_folder_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a current folder, manifests of other folders can be linted."""
    (tmp_path / "web.yaml").write_text(WEB)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["lint", str(tmp_path / "web.yaml")]) == 0
