"""CONTRIBUTING's walk to a new rule of the linter, followed in a copy of the project."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from pages import ROOT, blocks_of, text_of

RULE: Final = "external-name-in-cluster"
TITLE: Final = "ExternalName Service points to a Service of the cluster."
INSIDE: Final = f"tests/lint/cases/{RULE}/inside.yaml"
COPIED: Final = ("src/portmap", "docs", "tests/conftest.py", "tests/helpers", "tests/lint", "pyproject.toml")


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the Python of this process with the portmap of the copy."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the files that the walk writes, and the pages that it generates."""
    folder = tmp_path_factory.mktemp("walk")
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    walk = text_of("CONTRIBUTING.md").partition("\n## Adding a rule of the linter\n")[2].partition("\n## ")[0]
    for block in blocks_of(walk):
        kind, _, name = block.mark.partition(": ")
        assert kind == "file"
        assert not (folder / name).exists()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(block.text, encoding="utf-8")
    generated = run(folder, "docs/generate_rules.py")
    assert generated.returncode == 0, generated.stderr
    return folder


def test_the_linter_runs_it(walked: Path) -> None:
    """The rule reports in its profile, and in the default profile it does not."""
    done = run(walked, "-m", "portmap", "lint", "--format=json", "--profile=strict", INSIDE)
    assert [each["rule"] for each in json.loads(done.stdout)["findings"]] == [RULE]
    assert json.loads(run(walked, "-m", "portmap", "lint", "--format=json", INSIDE).stdout)["findings"] == []


def test_the_commands_describe_it(walked: Path) -> None:
    """`portmap rules`, `portmap explain` and SARIF show its title."""
    listed = {
        each["name"]: each
        for each in json.loads(run(walked, "-m", "portmap", "rules", "--format=json").stdout)["rules"]
    }
    assert (listed[RULE]["profile"], listed[RULE]["summary"]) == ("strict", TITLE)
    assert TITLE in run(walked, "-m", "portmap", "explain", RULE).stdout.splitlines()
    sarif = json.loads(run(walked, "-m", "portmap", "lint", "--format=sarif", f"--select={RULE}", INSIDE).stdout)
    [described] = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert (described["id"], described["shortDescription"]) == (RULE, {"text": TITLE})


def test_the_documentation_has_it(walked: Path) -> None:
    """It has a page, and a line in the index of rules."""
    assert f"# {RULE}\n\n{TITLE}\n" in (walked / "docs" / "rules" / f"{RULE}.md").read_text(encoding="utf-8")
    assert f"| [{RULE}]({RULE}.md) | info | {TITLE} |" in (walked / "docs/rules/index.md").read_text(encoding="utf-8")


def test_the_tests_cover_it(walked: Path) -> None:
    """The tests of all rules run its cases and its documentation, and pass."""
    files = [f"tests/lint/test_{name}.py" for name in ("cases", "rule_documentation", "catalogue")]
    chosen = f"{RULE} or page or entry"
    done = run(walked, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "-vv", "-k", chosen, *files)
    assert done.returncode == 0, done.stdout
    assert f"[{RULE}/inside] PASSED" in done.stdout
    assert f"test_the_fix_breaks_none[{RULE}] PASSED" in done.stdout
