"""A project outside this repository, with the built wheel and its extras, does what the documents say."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

import pytest

from pages import blocks_of, text_of
from pytest_runs import pytest_in

ROOT: Final = Path(__file__).resolve().parents[2]

PROPERTIES: Final = """\
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portmap import Pod, Service, check, resolve, strategies
from portmap.testing import violates

# The first run on a slow machine reads Unicode's tables.
quickly = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quickly
@given(strategies.services_with_pods())
def test_every_port_leads_somewhere(world):
    service, pods = world
    assert not resolve(service, pods).misses


@quickly
@given(st.from_type(Service), st.builds(Pod, st.just("web-0")))
def test_types_are_known(service, pod):
    assert check(service) == ()


def test_a_refusal():
    with violates("port-out-of-range"):
        strategies.service_ports().map(lambda _: None)
        from portmap import ServicePort
        ServicePort(0)
"""

# A CI of its own makes pytest print more than the documentation shows.
NOT_PASSED_ON = frozenset({"BUILD_NUMBER", "CI", "PYTHONHOME", "PYTHONPATH"})


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with none of the paths of this checkout."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environment, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


@pytest.fixture(name="outside", scope="module")
def _outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own, with the wheel and its extras; a test that needs it is skipped without a registry."""
    folder = tmp_path_factory.mktemp("outside")
    reached = run(sys.executable, "-m", "pip", "--version", cwd=folder)
    if reached.returncode:
        pytest.skip(f"there is no pip here to build a wheel with: {reached.stderr.strip()}")
    built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder / "wheels", ROOT, cwd=folder)
    if built.returncode and "hatchling" in built.stderr:
        pytest.skip(f"the registry cannot be reached for the build backend: {built.stderr.strip().splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    [wheel] = (folder / "wheels").glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    wanted = (f"portmap-k8s[hypothesis,pytest] @ {wheel.as_uri()}", "mypy")
    installed = run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", *wanted, cwd=folder)
    if installed.returncode and "No matching distribution" in installed.stderr:
        pytest.skip(f"the registry cannot be reached: {installed.stderr.strip().splitlines()[-1]}")
    assert installed.returncode == 0, installed.stderr
    return folder


def write_files(page: str, project: Path) -> None:
    """Write the files that a page shows."""
    for block in blocks_of(text_of(page)):
        if block.mark.startswith("file: "):
            file = project / block.mark.removeprefix("file: ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")


def test_a_project_outside(outside: Path) -> None:
    """The page on testing holds there: its files and commands, strategies, `from_type` and the command line."""
    project = outside / "project"
    project.mkdir()
    python = outside / "env" / "bin" / "python"
    blocks = blocks_of(text_of("docs/testing.md"))
    write_files("docs/testing.md", project)
    (project / "test_properties.py").write_text(PROPERTIES, encoding="utf-8")
    for block in blocks:
        if block.language == "console":
            command, _, printed = block.text.partition("\n")
            arguments = command.removeprefix("$ pytest ").split()
            assert pytest_in(project, *arguments, python=str(python), source=False).shown == printed
    properties = pytest_in(project, "-q", "test_properties.py", python=str(python), source=False)
    assert properties.code == 0, properties.out
    resolved = run(outside / "env" / "bin" / "portmap", "resolve", "k8s", cwd=project)
    assert resolved.returncode == 1
    assert "http 80/TCP       → Deployment/web  app  8080/TCP" in resolved.stdout
    where = run(python, "-c", "import portmap; print(portmap.__file__)", cwd=project)
    assert Path(where.stdout.strip()).is_relative_to(outside / "env")


def test_its_types(outside: Path) -> None:
    """The page on types holds there too: mypy knows the wheel's types and its plugin, and says what the page shows."""
    project = outside / "typed"
    project.mkdir()
    write_files("docs/typing.md", project)
    [block] = [each for each in blocks_of(text_of("docs/typing.md")) if each.text.startswith("$ mypy ")]
    command, _, printed = block.text.partition("\n")
    checked = run(outside / "env" / "bin" / "mypy", *command.split()[2:], cwd=project)
    assert checked.stderr == ""
    assert checked.stdout == printed
