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
    """Each problem has a line with the file, its line, the key and what it must be."""
    (tmp_path / "portmap.toml").write_text(
        'kubernetes-version = "2.0"\nnamespace = 1\nnamspace = "x"\n'
        '[lint]\nfail-on = "never"\nignore = "all"\ncomplete = "yes"\nprofile = "strikt"\n'
        'severity = { a = "bad" }\n'
    )
    with pytest.raises(CommandError) as caught:
        find_configuration(tmp_path)
    places = [line.removeprefix(f"{tmp_path / 'portmap.toml'}:").split(": ")[:2] for line in caught.value.lines]
    assert places == [
        ["1", "kubernetes-version"],
        ["2", "namespace"],
        ["3", "namspace"],
        ["5", "lint.fail-on"],
        ["6", "lint.ignore"],
        ["7", "lint.complete"],
        ["8", "lint.profile"],
        ["9", "lint.severity"],
    ]
    assert "did you mean 'namespace'?" in caught.value.lines[2]


@pytest.mark.parametrize("text", ["lint = 1", "= 1", "\xff"])
def test_an_unreadable_file(tmp_path: Path, text: str) -> None:
    """A file that cannot be read is an error that names it."""
    (tmp_path / "portmap.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(CommandError, match=r"portmap\.toml:"):
        find_configuration(tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('exclude = ["vendor", ""]', "3: lint.exclude: must not have an empty pattern"),
        ('exclude = ["."]', "3: lint.exclude: must not have an empty pattern"),
        (r'baseline = "\u0000"', "3: lint.baseline: must be the name of a file"),
        ('baseline = "../known.json"', "3: lint.baseline: must be a file in the folder of the configuration"),
        ('baseline = "/dev/zero"', "3: lint.baseline: must be a file in the folder of the configuration"),
        ('baseline = "link.json"', "3: lint.baseline: must be a file in the folder of the configuration"),
        ("deep = " + "[" * 100_000, "3: cannot be read: the value of deep is nested too deeply"),
        ("big = " + "9" * 5000, "3: cannot be read: the value of big is a number of too many digits"),
        ("a" + ".a" * 100_000 + " = 1", " has a key of more than 200 parts"),
        ("# " + "a" * 300_000, " is larger than 256 KiB"),
    ],
)
def test_hostile_values(tmp_path: Path, text: str, problem: str) -> None:
    """A value that nothing can be done with is an error with the file, the line and the key."""
    file = tmp_path / "shop" / "pyproject.toml"
    file.parent.mkdir()
    (file.parent / "link.json").symlink_to(tmp_path / "known.json")
    file.write_text(f"# Settings\n[tool.portmap.lint]\n{text}\n")
    with pytest.raises(CommandError) as caught:
        find_configuration(file.parent)
    [line] = caught.value.lines
    assert line.startswith(f"{file}:{problem}")


def test_lines_of_inline_tables(tmp_path: Path) -> None:
    """The line of a key in an inline table, or of a table in quotes, is found."""
    (tmp_path / "portmap.toml").write_text('namespace = "a"\nlint = {fail-on = 1}\n')
    with pytest.raises(CommandError, match=r"portmap\.toml:2: lint\.fail-on: must be"):
        find_configuration(tmp_path)
    (tmp_path / "portmap.toml").write_text('["lint" . severity]\n"host-port" = 1\n')
    with pytest.raises(CommandError, match=r"portmap\.toml:1: lint\.severity: must be"):
        find_configuration(tmp_path)


def test_excluded_files(tmp_path: Path) -> None:
    """A pattern that matches a folder excludes everything in it; patterns are those of pathlib."""
    (tmp_path / "portmap.toml").write_text(FULL)
    found = find_configuration(tmp_path)
    assert found.excludes(str(tmp_path / "vendor" / "deep" / "web.yaml"))
    assert found.excludes(str(tmp_path / "k8s" / "web.tpl.yaml"))
    assert not found.excludes(str(tmp_path / "k8s" / "web.yaml"))
    assert not found.excludes("/elsewhere/vendor/web.yaml")
