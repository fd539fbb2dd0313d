"""The files that a release needs agree with each other."""

import re
import runpy
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from pages import ROOT, text_of

PROJECT: Final = tomllib.loads(text_of("pyproject.toml"))["project"]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture
def build() -> dict[str, Any]:
    """Return the functions of the build hook, which imports the build backend."""
    pytest.importorskip("hatchling")
    return runpy.run_path(str(ROOT / "hatch_build.py"))


def data_of(path: Path) -> Any:
    """Return the data of a YAML file, in which `on` is text."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def test_the_version_is_the_same_everywhere() -> None:
    """The changelog and the citation name the version of the project, with one date."""
    [(version, date), *_] = re.findall(r"^## \[([^]]*)\] \S ([\d-]*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    cited = data_of(ROOT / "CITATION.cff")
    assert (version, date) == (PROJECT["version"], cited["date-released"])
    assert cited["version"] == version


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_actions_are_pinned_by_hash(path: Path) -> None:
    """Each action is pinned by the hash of a commit, with its version as a comment."""
    used = re.findall(r"uses: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_least_permissions(path: Path) -> None:
    """A workflow has no permission by default; only the job that publishes may write, and only an identity token."""
    workflow = data_of(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        expected = {"id-token": "write"} if name == "publish" else {"contents": "read"}
        assert job["permissions"] in ({}, expected)


def test_the_tests_run_on_every_supported_python() -> None:
    """The workflow of the tests runs each Python that the metadata names."""
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)}
    job = data_of(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]
    assert named <= set(job["strategy"]["matrix"]["python"])


@pytest.mark.parametrize("home", ["", "https://example.com/team/portmap"])
def test_the_readme_of_the_package_has_no_dead_links(home: str, build: dict[str, Any]) -> None:
    """For a package index, relative links become absolute, or plain text if the project has no address."""
    text = build["readme_for_index"](text_of("README.md"), home, "v1.2.3")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert (f"{home}/blob/v1.2.3/docs/tutorial.md" in links) is bool(home)
    assert (f"{home}/raw/v1.2.3/docs/pictures/shop.svg" in links) is bool(home)


def test_the_addresses_of_the_project(build: dict[str, Any]) -> None:
    """The metadata links to the pages of the released version."""
    urls = build["urls_of"]("https://example.com/team/portmap", "v1.2.3")
    assert urls["Documentation"] == "https://example.com/team/portmap/blob/v1.2.3/docs"
    assert urls["Source"] == "https://example.com/team/portmap"
