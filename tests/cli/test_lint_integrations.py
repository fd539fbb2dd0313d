"""`portmap lint` in terminals, pre-commit and GitHub workflows."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from command_line import Terminal, portmap, write
from manifest_texts import BAD, POD
from pages import blocks_of, text_of
from portmap._cli.main import main
from portmap._lint.inputs import UNREADABLE
from portmap._lint.server_rules import codes_of_the_server
from portmap._reports.console import Console, progress
from portmap.lint import RULES

ROOT = Path(__file__).resolve().parents[2]


def the_file(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def as_documented(name: str) -> Any:
    """Return the data of a file in a block of docs/lint.md."""
    [text] = [each.text for each in blocks_of(text_of("docs/lint.md")) if each.mark == f"file: {name}"]
    return yaml.safe_load(text)


class TestProgress:
    """The progress of a long run."""

    def test_a_progress_bar(self, tmp_path: Path) -> None:
        """With rich, a progress bar is shown on standard error if it is a terminal."""
        write(str(tmp_path / "web.yaml"), POD)
        out, err = io.StringIO(), Terminal()
        assert main(["lint", str(tmp_path)], io.StringIO(), out, err) == 0
        assert "files" in err.getvalue()
        assert out.getvalue() == ""

    def test_no_progress_without_a_terminal(self, tmp_path: Path) -> None:
        """If standard error is no terminal, no progress is shown."""
        write(str(tmp_path / "web.yaml"), POD)
        assert portmap("lint", str(tmp_path)).err.startswith("0 errors")

    def test_without_rich_there_are_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without rich, there is a line every two seconds after the first second."""
        for name in ("rich", "rich.console", "rich.progress"):
            monkeypatch.setitem(sys.modules, name, None)
        now = [0.0]
        monkeypatch.setattr("time.monotonic", lambda: now[0])
        err = Terminal()
        with progress(Console(None, None, err)) as step:
            assert step is not None
            for done, at in ((1, 0.5), (2, 1.5), (3, 2.0), (4, 4.0)):
                now[0] = at
                step(done, 4)
        assert err.getvalue() == "2 of 4 files\n4 of 4 files\n"


class TestPreCommit:
    """The hook definition."""

    def test_the_hook_runs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The command of the hook runs over the whole repository, whatever files changed."""
        monkeypatch.chdir(tmp_path)
        write("k8s/web.yaml", BAD)
        [hook] = the_file(".pre-commit-hooks.yaml")
        program, *arguments = hook["entry"].split()
        assert (program, hook["pass_filenames"], hook["id"]) == ("portmap", False, "portmap-lint")
        assert portmap(*arguments).code == 1

    def test_the_page_uses_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The configuration on the page has the id of the hook, and valid arguments."""
        monkeypatch.chdir(tmp_path)
        write("k8s/web.yaml", BAD)
        [repository] = as_documented(".pre-commit-config.yaml")["repos"]
        [used] = repository["hooks"]
        [hook] = the_file(".pre-commit-hooks.yaml")
        assert (used["id"], sorted(repository)) == (hook["id"], ["hooks", "repo", "rev"])
        assert portmap(*hook["entry"].split()[1:], *used["args"]).code == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the action's script is for bash")
class TestAction:
    """The composite action."""

    def run(self, folder: Path, **inputs: str) -> "subprocess.CompletedProcess[str]":
        program = folder / "temp" / "portmap" / "bin" / "python"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        program.chmod(0o755)
        action = the_file("action.yml")
        [step] = [each for each in action["runs"]["steps"] if each.get("name") == "Lint"]
        given = {name: each["default"] for name, each in action["inputs"].items()} | inputs
        variables = {
            name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, **variables, "RUNNER_TEMP": str(folder / "temp")},
        )  # fmt: skip

    def test_its_script_runs(self, tmp_path: Path) -> None:
        """The action annotates findings, fails if there are any, and writes SARIF if an input says so."""
        write(str(tmp_path / "k8s" / "web.yaml"), BAD)
        write(str(tmp_path / "clean" / "web.yaml"), POD)
        done = self.run(tmp_path, paths="k8s clean", sarif="out put.sarif")
        assert done.returncode == 1
        assert done.stdout.startswith("::error file=k8s/web.yaml,line=9,")
        assert (tmp_path / "out put.sarif").exists()
        assert self.run(tmp_path, paths="clean", args="--fail-on info").returncode == 0

    def test_the_page_uses_it(self, tmp_path: Path) -> None:
        """The workflow on the page has valid inputs, and uploads the file that the action writes."""
        write(str(tmp_path / "k8s" / "web.yaml"), BAD)
        steps = as_documented(".github/workflows/ports.yaml")["jobs"]["lint"]["steps"]
        [inputs] = [each["with"] for each in steps if "portmap" in each["uses"]]
        pinned = [each["uses"] for each in steps if re.fullmatch(r".+@[0-9a-f]{40}", each["uses"])]
        assert len(pinned) == len(steps) - 1
        assert set(inputs) <= set(the_file("action.yml")["inputs"])
        assert self.run(tmp_path, **inputs).returncode == 1
        [uploaded] = [each["with"]["sarif_file"] for each in steps if "upload-sarif" in each["uses"]]
        assert (tmp_path / uploaded).exists()

    def test_inputs_are_not_run(self, tmp_path: Path) -> None:
        """Inputs are not run as shell code."""
        write(str(tmp_path / "web.yaml"), POD)
        self.run(tmp_path, paths="web.yaml; touch hacked $(touch hacked) `touch hacked`")
        assert not (tmp_path / "hacked").exists()
        assert "cannot be read" in self.run(tmp_path, paths="--output=json=hacked").stderr
        assert not (tmp_path / "hacked").exists()

    def test_every_step_is_isolated(self) -> None:
        """Each Python of the action is isolated from the checkout, and each action that it uses is pinned."""
        for step in the_file("action.yml")["runs"]["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"actions/setup-python@[0-9a-f]{40}", step["uses"])
                assert step["env"] == {"PYTHONSAFEPATH": "1"}
            for line in step.get("run", "").splitlines():
                assert ("python" in line) == ("python -I" in line or 'python" -I' in line)
            assert "${{" not in step.get("run", "")


def test_every_code_can_be_selected() -> None:
    """The codes of docs/checks.md that the linter can report are the codes for `--select` and `--ignore`."""
    documented = set(re.findall(r'<a id="([^"]+)"></a>', (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")))
    # Codes of updates, of writes by a patch, of several Services, of a live cluster, and of portmap's own arguments.
    others = {
        "cluster-configuration", "cluster-ip-immutable", "cluster-ip-taken",
        "health-check-node-port-immutable", "health-check-node-port-taken", "ip-family-immutable",
        "load-balancer-class-immutable", "metadata-immutable", "new-finalizer", "no-such-container-port",
        "node-port-taken", "nothing-to-expose", "nothing-to-select", "second-cluster-ip-kept", "service-name-taken",
        "field-manager-conflict", "managed-fields-given", "reference-argument", "repeated-list-key",
        "unmergeable-patch", "unresolvable-reference",
    }  # fmt: skip
    assert documented - others == codes_of_the_server()
    assert UNREADABLE not in documented | {rule.name for rule in RULES}
