"""Rules of other projects: what an installed distribution brings, and what is said where it does not work."""

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

from command_line import portmap, service, write
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
    """Puts a distribution into a folder, as an installer would."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    distribution = name.replace("_", "-")
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[portmap.rules]\n{points}\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, in which there is a file with a Service."""
    (tmp_path / "work").mkdir()
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    write("web.yaml", service("web", "", "{port: 80}").replace("selector: {}", "clusterIP: None"))
    return tmp_path


@pytest.fixture
def command(here: Path) -> Command:
    """Runs `portmap` as a process of its own, for which `site` is a folder of installed packages."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        path = os.pathsep.join([str(SOURCE), str(here / "site")])
        return subprocess.run(
            [sys.executable, "-m", "portmap", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        )

    return run


class TestAnInstalledDistribution:
    """It adds its rules to the commands, as if they were portmap's own."""

    def test_its_rules_run(self, here: Path, command: Command) -> None:
        """Those of the default profile report without being asked for, others in their profile."""
        installed(here / "site", GOOD)
        plain = json.loads(command("lint", "--format=json", "web.yaml").stdout)
        assert {each["rule"] for each in plain["findings"]} >= {"acme.owner-label"}
        assert "acme.strict-one" not in {each["rule"] for each in plain["findings"]}
        strict = json.loads(command("lint", "--format=json", "--profile=strict", "web.yaml").stdout)
        assert {each["rule"] for each in strict["findings"]} >= {"acme.owner-label", "acme.strict-one"}
        only = json.loads(command("lint", "--format=json", "--select=acme.strict-one", "web.yaml").stdout)
        assert {each["rule"] for each in only["findings"]} == {"acme.strict-one"}

    def test_its_rules_are_listed_and_explained(self, here: Path, command: Command) -> None:
        """The list says that another project has them; they have no page of portmap's."""
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
        """With help, and without an address in portmap's documentation."""
        installed(here / "site", GOOD)
        run = json.loads(command("lint", "--format=sarif", "web.yaml").stdout)["runs"][0]
        [described] = [each for each in run["tool"]["driver"]["rules"] if each["id"] == "acme.owner-label"]
        assert described["help"]["markdown"] == "Service has no owner."
        assert "helpUri" not in described

    def test_in_several_processes(self, here: Path, command: Command) -> None:
        """However many processes work, the report is the same."""
        installed(here / "site", GOOD)
        for name in "abc":
            write(f"{name}/web.yaml", Path("web.yaml").read_text())
        one, two = (command("lint", "--format=json", f"--jobs={jobs}", ".") for jobs in (1, 2))
        assert one.stdout == two.stdout
        assert one.stdout.count("acme.owner-label") == 4


@pytest.mark.parametrize(
    ("code", "points", "told"),
    [
        ("import nowhere_at_all", "acme = acme_rules:RULES", "cannot be imported: ModuleNotFoundError: No module"),
        ("raise SystemExit(0)", "acme = acme_rules:RULES", "cannot be imported: SystemExit: 0"),
        ("", "acme = acme_rulez:RULES", "No module named 'acme_rulez': the package was built without acme_rulez"),
        ("x = (", "acme = acme_rules:RULES", "cannot be imported: SyntaxError"),
        (GOOD, "acme = acme_rules:RULE", "cannot be imported: AttributeError"),
        ("RULES = 42", "acme = acme_rules:RULES", "is no rule, and no list of rules, but has a int"),
        ("RULES = [print]", "acme = acme_rules:RULES", "is no rule, and no list of rules"),
        (GOOD, "shop = acme_rules:RULES", "'acme.owner-label' does not begin with 'shop.': write shop.owner-label"),
        (GOOD.replace("acme.owner-label", "exposed-service"), "acme = acme_rules:RULES", "write acme.exposed-service"),
        (GOOD.replace("acme.strict-one", "acme.owner-label"), "acme = acme_rules:RULES", "another rule has the name"),
        (GOOD.replace('"""Object is not good enough."""', ""), "acme = acme_rules:RULES", "has no docstring"),
        (GOOD, "Acme = acme_rules:RULES", "its name is no beginning of names of rules"),
        (GOOD.replace("acme.owner-label", "Acme!"), "acme = acme_rules:RULES", "'Acme!' is not a name of a rule"),
        (MOVED, "acme = acme_rules:RULES", "is not acme_rules.owner_label"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_a_line(
    here: Path, command: Command, code: str, points: str, told: str
) -> None:
    """Whatever is wrong with a distribution's rules, each command ends with 2 and a line that names it."""
    installed(here / "site", code, points)
    for arguments in (["lint", "web.yaml"], ["rules"], ["explain", "port-out-of-range"]):
        done = command(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
        assert "of acme-rules 1.0" in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_rule_that_raises_is_told_in_a_line(here: Path, command: Command, jobs: str) -> None:
    """The rule, the object, the exception and the line of the rule are named, from other processes as well."""
    installed(here / "site", BROKEN, "acme = acme_rules:broken")
    write("b/web.yaml", Path("web.yaml").read_text())
    done = command("lint", f"--jobs={jobs}", ".")
    assert (done.returncode, done.stdout) == (2, "")
    place = "failed at Service shop/web: KeyError: 'labels' (acme_rules.py:8)"
    assert done.stderr == f"portmap lint: the rule acme.broken {place}\n"


def test_a_broken_distribution_disturbs_nothing_else(here: Path, command: Command) -> None:
    """Commands that run no rules do not look for them."""
    installed(here / "site", "import nowhere_at_all")
    assert command("--version").returncode == 0
    assert "nowhere_at_all" not in command("resolve", "web.yaml").stderr


def test_nothing_is_looked_up_by_importing() -> None:
    """The linter itself does not look for distributions before it is asked to."""
    code = "import sys, portmap.lint; print('portmap._lint.plugins' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


@rule("acme.here", on=BundleOfObjects, severity="info")
def of_this_module(subject: BundleOfObjects, bundle: BundleOfObjects) -> Iterable[Found]:
    """Nothing that it gives is a finding."""
    return cast("list[Found]", [subject is bundle])


class TestInPrograms:
    """What programs see of it."""

    def test_an_exception_of_a_rule_is_the_cause(self) -> None:
        """The error names the rule, and keeps the exception; what is no finding is an error as well."""
        web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "None"}}
        with pytest.raises(RuleError, match=r"the rule acme\.here failed: TypeError: it yielded a bool") as caught:
            lint([web], rules=[of_this_module])
        assert caught.value.rule == "acme.here"
        assert isinstance(caught.value.__cause__, TypeError)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)

    def test_there_are_none_here(self) -> None:
        """Where no distribution has rules, there are portmap's own."""
        assert [each for each in installed_rules() if each.name.startswith("acme.")] == []
        assert all(not each.is_foreign for each in RULES)

    def test_profiles_of_other_rules(self) -> None:
        """`rules_of` chooses among any rules."""
        assert rules_of(among=[of_this_module]) == (of_this_module,)

    @pytest.mark.parametrize("name", ["Acme.x", "acme.", ".x", "a.b.c", "acme/x", "a" * 64])
    def test_names_that_are_none(self, name: str) -> None:
        """A name that could not stand in an annotation, or is no name, is refused at once."""
        with pytest.raises(ValueError, match="name of a rule"):
            rule(name, on=BundleOfObjects, severity="info")

    def test_a_suppression_of_a_foreign_rule_is_not_unknown(self) -> None:
        """Who lacks a package is not told that the suppressions of its rules name no rule."""
        web = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "annotations": {"portmap.ignore/acme.owner-label": "soon"}},
            "spec": {"clusterIP": "None"},
        }
        assert [each.rule for each in lint([web])] == []


@pytest.mark.usefixtures("here")
def test_the_error_comes_out_of_a_process_pool() -> None:
    """With an executor, too, the error is that of the rule."""
    write("b/web.yaml", Path("web.yaml").read_text())
    with ProcessPoolExecutor(2) as pool, pytest.raises(RuleError, match=r"the rule acme\.here failed"):
        lint_paths(".", rules=[of_this_module], executor=pool)


def test_a_command_in_this_process_knows_the_same() -> None:
    """The command lists portmap's rules whether or not others are installed."""
    names = {line.split()[0] for line in portmap("rules").out.splitlines()}
    assert {each.name for each in RULES} <= names
