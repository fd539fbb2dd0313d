"""Rules of other projects: the rules of an installed distribution, and the errors of a broken one."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, cast

import pytest

from command_line import portmap, write
from manifest_texts import service
from portmap.lint import RULES, Found, RuleError, installed_rules, lint, lint_paths, rule, rules_of
from portmap.lint import Bundle as BundleOfObjects

SOURCE: Final = Path(__file__).resolve().parents[2] / "src"

GOOD: Final = '''
from portmap import Service
from portmap.lint import Bundle, at, rule

@rule("acme.owner-label", on=Service, severity="warning")
def owner_label(service, bundle):
    """Service has no owner."""
    yield at(service, "metadata").finding("nobody owns it")

@rule("acme.strict-one", on=Bundle, severity="info", profile="strict")
def strict_one(subject, bundle):
    """Object is not good enough."""
    for each in subject.services:
        yield at(each, "metadata").finding("not good enough")

RULES = [owner_label, strict_one]
'''
BROKEN: Final = '''
from portmap import Service
from portmap.lint import rule

@rule("acme.broken", on=Service, severity="warning")
def broken(service, bundle):
    """Service cannot be checked."""
    raise KeyError("labels")
'''

MOVED: Final = GOOD.replace("RULES = [owner_label", "other = owner_label; owner_label = 1; RULES = [other")

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def installed(folder: Path, code: str, points: str = "acme = acme_rules:RULES", name: str = "acme_rules") -> None:
    """Put a distribution into a folder, as an installer does."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    distribution = name.replace("_", "-")
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[portmap.rules]\n{points}\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder: its `work` is the working directory, with a Service in a file; its `site` is empty."""
    (tmp_path / "work").mkdir()
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    write("web.yaml", service("web", "", "{port: 80}").replace("selector: {}", "clusterIP: None"))
    return tmp_path


@pytest.fixture
def command(here: Path) -> Command:
    """Return a function that runs `portmap` in its own process, with `site` as a folder of packages."""

    def run(*arguments: str, python: str = "-q") -> "subprocess.CompletedProcess[str]":
        path = os.pathsep.join([str(SOURCE), str(here / "site")])
        return subprocess.run(
            [sys.executable, python, "-m", "portmap", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        )

    return run


class TestAnInstalledDistribution:
    """The rules of an installed distribution are part of the commands."""

    def test_its_rules_run(self, here: Path, command: Command) -> None:
        """Rules of the default profile run by default, others in their profile or if selected."""
        installed(here / "site", GOOD)
        plain = json.loads(command("lint", "--format=json", "web.yaml").stdout)
        assert {each["rule"] for each in plain["findings"]} >= {"acme.owner-label"}
        assert "acme.strict-one" not in {each["rule"] for each in plain["findings"]}
        strict = json.loads(command("lint", "--format=json", "--profile=strict", "web.yaml").stdout)
        assert {each["rule"] for each in strict["findings"]} >= {"acme.owner-label", "acme.strict-one"}
        only = json.loads(command("lint", "--format=json", "--select=acme.strict-one", "web.yaml").stdout)
        assert {each["rule"] for each in only["findings"]} == {"acme.strict-one"}

    def test_its_rules_are_listed_and_explained(self, here: Path, command: Command) -> None:
        """`rules` lists them with the origin `plugin` and without a page; `explain` prints their documentation."""
        installed(here / "site", GOOD)
        listed = {each["name"]: each for each in json.loads(command("rules", "--format=json").stdout)["rules"]}
        assert listed["acme.owner-label"]["origin"] == "plugin"
        assert listed["acme.owner-label"]["page"] is None
        assert listed["port-out-of-range"]["origin"] == "server"
        explained = command("explain", "acme.owner-label")
        assert explained.stdout == ("acme.owner-label (warning, in the profile default)\n\nService has no owner.\n")
        near = command("explain", "acme.owner-labl")
        assert (near.returncode, "did you mean 'acme.owner-label'?" in near.stderr) == (2, True)

    def test_its_rules_are_in_sarif(self, here: Path, command: Command) -> None:
        """SARIF describes them, without an address in portmap's documentation."""
        installed(here / "site", GOOD)
        run = json.loads(command("lint", "--format=sarif", "web.yaml").stdout)["runs"][0]
        [described] = [each for each in run["tool"]["driver"]["rules"] if each["id"] == "acme.owner-label"]
        assert described["help"]["markdown"] == "Service has no owner."
        assert "helpUri" not in described

    def test_without_docstrings(self, here: Path, command: Command) -> None:
        """Python without docstrings runs them, too."""
        installed(here / "site", GOOD)
        done = command("lint", "--format=json", "web.yaml", python="-OO")
        assert {each["rule"] for each in json.loads(done.stdout)["findings"]} >= {"acme.owner-label"}

    def test_a_rule_that_exits(self, here: Path, command: Command) -> None:
        """A rule cannot end the run as if there were findings."""
        installed(here / "site", BROKEN.replace('KeyError("labels")', "SystemExit(1)"), "acme = acme_rules:broken")
        done = command("lint", "web.yaml")
        assert (done.returncode, done.stdout) == (2, "")
        assert "the rule acme.broken failed at Service shop/web: SystemExit: 1" in done.stderr

    def test_in_several_processes(self, here: Path, command: Command) -> None:
        """The report does not depend on the number of processes."""
        installed(here / "site", GOOD)
        for name in "abc":
            write(f"{name}/web.yaml", Path("web.yaml").read_text())
        one, two = (command("lint", "--format=json", f"--jobs={jobs}", ".") for jobs in (1, 2))
        assert one.stdout == two.stdout
        assert one.stdout.count("acme.owner-label") == 4


@pytest.mark.parametrize(
    ("code", "points", "message"),
    [
        ("import nowhere_at_all", "acme = acme_rules:RULES", "cannot be imported: ModuleNotFoundError: No module"),
        ("raise SystemExit(0)", "acme = acme_rules:RULES", "cannot be imported: SystemExit: 0"),
        ("", "acme = acme_rulez:RULES", "No module named 'acme_rulez': the package was built without acme_rulez"),
        ("x = (", "acme = acme_rules:RULES", "cannot be imported: SyntaxError"),
        (GOOD, "acme = acme_rules:RULE", "cannot be imported: AttributeError"),
        ("RULES = 42", "acme = acme_rules:RULES", "a int is neither a rule nor a list of rules"),
        ("RULES = [print]", "acme = acme_rules:RULES", "is neither a rule nor a list of rules"),
        (GOOD, "shop = acme_rules:RULES", "'acme.owner-label' does not begin with 'shop.': write shop.owner-label"),
        (GOOD.replace("acme.owner-label", "exposed-service"), "acme = acme_rules:RULES", "write acme.exposed-service"),
        (GOOD.replace("acme.strict-one", "acme.owner-label"), "acme = acme_rules:RULES", "another rule has the name"),
        (GOOD.replace('"""Object is not good enough."""', ""), "acme = acme_rules:RULES", "has no docstring"),
        (GOOD, "Acme = acme_rules:RULES", "its name is not a prefix of rules"),
        (GOOD.replace("acme.owner-label", "Acme!"), "acme = acme_rules:RULES", "'Acme!' is not a name of a rule"),
        (MOVED, "acme = acme_rules:RULES", "is not acme_rules.owner_label"),
    ],
)
def test_a_broken_distribution_is_an_error_of_one_line(
    here: Path, command: Command, code: str, points: str, message: str
) -> None:
    """If a distribution's rules are wrong, each command exits with 2 and one line that names the distribution."""
    installed(here / "site", code, points)
    for arguments in (["lint", "web.yaml"], ["rules"], ["explain", "port-out-of-range"]):
        done = command(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert "of acme-rules 1.0" in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_rule_that_raises_is_an_error_of_one_line(here: Path, command: Command, jobs: str) -> None:
    """The error names the rule, the object, the exception and the line of the rule, also from other processes."""
    installed(here / "site", BROKEN, "acme = acme_rules:broken")
    write("b/web.yaml", Path("web.yaml").read_text())
    done = command("lint", f"--jobs={jobs}", ".")
    assert (done.returncode, done.stdout) == (2, "")
    place = "failed at Service shop/web: KeyError: 'labels' (acme_rules.py:8)"
    assert done.stderr == f"portmap lint: the rule acme.broken {place}\n"


def test_a_broken_distribution_does_not_affect_other_commands(here: Path, command: Command) -> None:
    """Commands that run no rules do not load distributions."""
    installed(here / "site", "import nowhere_at_all")
    assert command("--version").returncode == 0
    assert "nowhere_at_all" not in command("resolve", "web.yaml").stderr


def test_importing_the_linter_loads_no_distributions() -> None:
    """The module that looks for distributions is not imported with the linter."""
    code = "import sys, portmap.lint; print('portmap._lint.plugins' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


@rule("acme.here", on=BundleOfObjects, severity="info")
def of_this_module(subject: BundleOfObjects, bundle: BundleOfObjects) -> Iterable[Found]:
    """Rule yields what is not a finding."""
    return cast("list[Found]", [subject is bundle])


class TestInPrograms:
    """Rules of other projects in Python programs."""

    def test_an_exception_of_a_rule_is_the_cause(self) -> None:
        """The error names the rule and has its exception as the cause; a value that is not a finding is an error."""
        web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "None"}}
        with pytest.raises(RuleError, match=r"the rule acme\.here failed: TypeError: it yielded a bool") as caught:
            lint([web], rules=[of_this_module])
        assert caught.value.rule == "acme.here"
        assert isinstance(caught.value.__cause__, TypeError)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)

    def test_there_are_none_here(self) -> None:
        """Without a distribution, there are portmap's own rules only."""
        assert [each for each in installed_rules() if each.name.startswith("acme.")] == []
        assert all(not each.is_foreign for each in RULES)

    def test_profiles_of_other_rules(self) -> None:
        """`rules_of` chooses among any rules."""
        assert rules_of(among=[of_this_module]) == (of_this_module,)

    @pytest.mark.parametrize("name", ["Acme.x", "acme.", ".x", "a.b.c", "acme/x", "a" * 64])
    def test_invalid_names(self, name: str) -> None:
        """A name that cannot be part of an annotation's key is rejected."""
        with pytest.raises(ValueError, match="name of a rule"):
            rule(name, on=BundleOfObjects, severity="info")

    def test_a_suppression_of_a_foreign_rule_is_not_unknown(self) -> None:
        """Without a package, suppressions of its rules are not reported."""
        web = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "annotations": {"portmap.ignore/acme.owner-label": "soon"}},
            "spec": {"clusterIP": "None"},
        }
        assert [each.rule for each in lint([web])] == []


@pytest.mark.usefixtures("here")
def test_the_error_comes_out_of_a_process_pool() -> None:
    """The error of a rule comes out of an executor."""
    write("b/web.yaml", Path("web.yaml").read_text())
    with ProcessPoolExecutor(2) as pool, pytest.raises(RuleError, match=r"the rule acme\.here failed"):
        lint_paths(".", rules=[of_this_module], executor=pool)


def test_a_command_in_this_process_knows_the_same() -> None:
    """The command in this process lists portmap's rules."""
    names = {line.split()[0] for line in portmap("rules").out.splitlines()}
    assert {each.name for each in RULES} <= names
