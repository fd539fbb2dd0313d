"""The configuration of a project, in portmap.toml or pyproject.toml."""

from pathlib import Path

import pytest

from portmap._cli.configuration import Configuration, LintConfiguration, find_configuration
from portmap._reports.console import CommandError

FULL = """
kubernetes-version = "1.34"
node-port-range = "30000-31000"
namespace = "shop"

[lint]
profile = ["strict", "mesh"]
select = ["node-port-collision"]
ignore = ["selector-matches-nothing"]
severity = { headless-port-mapping = "info" }
fail-on = "warning"
complete = true
baseline = "known.json"
exclude = ["vendor", "*.tpl.yaml"]
"""


def test_every_option_is_read(tmp_path: Path) -> None:
    """Each key of the file sets the option of that name."""
    (tmp_path / "portmap.toml").write_text(FULL)
    found = find_configuration(tmp_path)
    assert found == Configuration(
        source=tmp_path / "portmap.toml",
        kubernetes_version="1.34",
        node_port_range=range(30000, 31001),
        namespace="shop",
        lint=LintConfiguration(
            profile=("strict", "mesh"),
            select=("node-port-collision",),
            ignore=("selector-matches-nothing",),
            severity={"headless-port-mapping": "info"},
            fail_on="warning",
            complete=True,
            baseline=tmp_path / "known.json",
            exclude=("vendor", "*.tpl.yaml"),
        ),
    )


def test_the_nearest_file_is_used(tmp_path: Path) -> None:
    """The nearest file is used; a pyproject.toml without a table of portmap is skipped."""
    inner = tmp_path / "k8s" / "web"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.portmap]\nnamespace = "far"\n')
    (tmp_path / "k8s" / "pyproject.toml").write_text('[project]\nname = "web"\n')
    assert find_configuration(inner).namespace == "far"
    (tmp_path / "k8s" / "portmap.toml").write_text('namespace = "near"\n')
    assert find_configuration(inner).namespace == "near"


def test_without_a_file(tmp_path: Path) -> None:
    """Without a file, no option is set."""
    assert find_configuration(tmp_path).kubernetes_version is None


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    """Each problem has a line with the file, the key and what it must be."""
    (tmp_path / "portmap.toml").write_text(
        'kubernetes-version = "2.0"\nnamespace = 1\nnamspace = "x"\n'
        '[lint]\nfail-on = "never"\nignore = "all"\ncomplete = "yes"\nprofile = "strikt"\n'
        'severity = { a = "bad" }\n'
    )
    with pytest.raises(CommandError) as caught:
        find_configuration(tmp_path)
    keys = [line.removeprefix(f"{tmp_path / 'portmap.toml'}: ").partition(":")[0] for line in caught.value.lines]
    assert keys == [
        "kubernetes-version",
        "namespace",
        "namspace",
        "lint.fail-on",
        "lint.ignore",
        "lint.complete",
        "lint.profile",
        "lint.severity",
    ]
    assert "did you mean 'namespace'?" in caught.value.lines[2]


@pytest.mark.parametrize("text", ["lint = 1", "= 1", "\xff"])
def test_an_unreadable_file(tmp_path: Path, text: str) -> None:
    """A file that cannot be read is an error that names it."""
    (tmp_path / "portmap.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(CommandError, match=r"portmap\.toml: "):
        find_configuration(tmp_path)


def test_excluded_files(tmp_path: Path) -> None:
    """A pattern that matches a folder excludes everything in it; patterns are those of pathlib."""
    (tmp_path / "portmap.toml").write_text(FULL)
    found = find_configuration(tmp_path)
    assert found.excludes(str(tmp_path / "vendor" / "deep" / "web.yaml"))
    assert found.excludes(str(tmp_path / "k8s" / "web.tpl.yaml"))
    assert not found.excludes(str(tmp_path / "k8s" / "web.yaml"))
    assert not found.excludes("/elsewhere/vendor/web.yaml")
