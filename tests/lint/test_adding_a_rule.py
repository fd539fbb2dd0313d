"""CONTRIBUTING's walk to a new rule of the linter, followed in a copy of the project."""

import json
from pathlib import Path
from typing import Final

import pytest

from walks import follow_walk, run_in

RULE: Final = "external-name-in-cluster"
TITLE: Final = "ExternalName Service points to a Service of the cluster."
INSIDE: Final = f"tests/lint/cases/{RULE}/inside.yaml"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the files that the walk writes, and the pages that it generates."""
    folder = tmp_path_factory.mktemp("walk")
    follow_walk("Adding a rule of the linter", folder, "generate_rules.py")
    return folder


def test_the_linter_runs_it(walked: Path) -> None:
    """The rule reports in its profile, and in the default profile it does not."""
    done = run_in(walked, "-m", "portmap", "lint", "--format=json", "--profile=strict", INSIDE)
    assert [each["rule"] for each in json.loads(done.stdout)["findings"]] == [RULE]
    assert json.loads(run_in(walked, "-m", "portmap", "lint", "--format=json", INSIDE).stdout)["findings"] == []


def test_the_commands_describe_it(walked: Path) -> None:
    """`portmap rules`, `portmap explain` and SARIF show its title."""
    listed = {
        each["name"]: each
        for each in json.loads(run_in(walked, "-m", "portmap", "rules", "--format=json").stdout)["rules"]
    }
    assert (listed[RULE]["profile"], listed[RULE]["summary"]) == ("strict", TITLE)
    assert TITLE in run_in(walked, "-m", "portmap", "explain", RULE).stdout.splitlines()
    sarif = json.loads(run_in(walked, "-m", "portmap", "lint", "--format=sarif", f"--select={RULE}", INSIDE).stdout)
    [described] = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert (described["id"], described["shortDescription"]) == (RULE, {"text": TITLE})


def test_the_documentation_has_it(walked: Path) -> None:
    """It has a page, and a line in the index of rules."""
    title = TITLE.removesuffix(".")
    assert f"# {title}\n\n`{RULE}`" in (walked / "docs" / "rules" / f"{RULE}.md").read_text(encoding="utf-8")
    assert f"| [{RULE}]({RULE}.md) | {title} | info | strict |" in (walked / "docs/rules/index.md").read_text(
        encoding="utf-8"
    )


def test_the_tests_cover_it(walked: Path) -> None:
    """The tests of all rules run its cases and its documentation, and pass."""
    files = [f"tests/lint/test_{name}.py" for name in ("cases", "rule_documentation", "catalogue")]
    chosen = f"{RULE} or page or entry"
    done = run_in(walked, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "-vv", "-k", chosen, *files)
    assert done.returncode == 0, done.stdout
    assert f"[{RULE}/inside] PASSED" in done.stdout
    assert f"test_the_fix_breaks_none[{RULE}] PASSED" in done.stdout
