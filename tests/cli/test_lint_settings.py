"""`portmap lint` with suppressions, a baseline and a configuration."""

import json
import tomllib
from pathlib import Path

import pytest

from command_line import portmap
from portmap._cli.configuration import read_configuration

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")

LOST = """\
apiVersion: v1
kind: Service
metadata: {name: lost}
spec:
  # portmap: ignore[selector-matches-nothing]%s
  selector: {app: lost}
  ports:
  - {port: 80}
"""
HEADLESS = """\
apiVersion: v1
kind: Service
metadata: {name: db}
spec:
  clusterIP: None
  selector: {app: db}
  ports:
  - port: 80
    targetPort: 5432
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(*arguments: str) -> list[str]:
    """The rules of the findings of a run."""
    return [each["rule"] for each in json.loads(portmap("lint", "--format", "json", *arguments).out)["findings"]]


class TestComments:
    """A comment suppresses in its line, or in the next."""

    def test_a_comment_above_the_line(self) -> None:
        """The finding is not reported, and counted."""
        Path("web.yaml").write_text(LOST % " made by an operator")
        done = portmap("lint", "--complete", "web.yaml")
        assert (done.code, done.out) == (0, "")
        assert "1 suppressed" in done.err

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_in_parts_as_in_one_piece(self, jobs: str) -> None:
        """However many processes read the files, the same is suppressed."""
        for name in ("a", "b", "c"):
            Path(name).mkdir()
            Path(name, "web.yaml").write_text(LOST % "")
        assert rules("--jobs", jobs, ".") == ["suppression-without-reason"] * 3

    def test_without_a_reason_the_comment_is_a_finding(self) -> None:
        """It stands where the comment stands."""
        Path("web.yaml").write_text(LOST % "")
        out = portmap("lint", "--complete", "web.yaml").out
        assert out.startswith("web.yaml:5:3: warning: Service lost: ")
        assert "[suppression-without-reason]" in out

    def test_at_the_end_of_the_line(self) -> None:
        """Several rules may stand in the brackets."""
        line = "  - port: 80  # portmap: ignore[headless-port-mapping, undeclared-target-port] the endpoints are read"
        Path("db.yaml").write_text(HEADLESS.replace("  - port: 80", line))
        assert rules("--select", "headless-port-mapping", "db.yaml") == []

    def test_in_another_line_it_suppresses_nothing(self) -> None:
        """A comment is about its own line or the next, and says so if nothing is wrong there."""
        Path("db.yaml").write_text(HEADLESS + "    # portmap: ignore[headless-port-mapping] far away\n")
        assert sorted(rules("--select", "headless-port-mapping,unused-suppression", "db.yaml")) == [
            "headless-port-mapping",
            "unused-suppression",
        ]

    def test_all_can_be_seen(self) -> None:
        """Who audits switches suppressions off."""
        Path("web.yaml").write_text(LOST % " made by an operator")
        assert rules("--complete", "--no-suppressions", "web.yaml") == ["selector-matches-nothing"]

    def test_a_comment_inside_a_text_is_no_comment_of_yaml(self) -> None:
        """What stands in a block of text is about nothing in the object, and hides nothing of it."""
        text = HEADLESS.replace("{name: db}", "{name: db, annotations: {note: '# portmap: ignore[x]'}}")
        Path("db.yaml").write_text(text)
        assert "headless-port-mapping" in rules("db.yaml")


class TestBaseline:
    """Known findings are not reported again."""

    def test_only_what_is_new_is_reported(self) -> None:
        """Written once, the file hides what was there then."""
        Path("db.yaml").write_text(HEADLESS)
        arguments = ("--fail-on", "warning", "--baseline", "known.json")
        assert portmap("lint", "db.yaml", *arguments, "--write-baseline").code == 0
        assert json.loads(Path("known.json").read_text())["version"] == 1
        assert portmap("lint", "db.yaml", *arguments).code == 0
        Path("db.yaml").write_text(HEADLESS + "---\n" + HEADLESS.replace("name: db", "name: other"))
        done = portmap("lint", "db.yaml", *arguments)
        assert done.code == 1
        assert "Service other" in done.out
        assert "Service db:" not in done.out

    def test_what_was_mended_is_told(self) -> None:
        """The last line says that the file can be written anew."""
        Path("db.yaml").write_text(HEADLESS)
        portmap("lint", "db.yaml", "--baseline", "known.json", "--write-baseline")
        Path("db.yaml").write_text(HEADLESS.replace("port: 80", "port: 5432"))
        assert "known.json has 1 finding too many" in portmap("lint", "db.yaml", "--baseline", "known.json").err

    @pytest.mark.parametrize("text", [None, "", "[]", "{", '{"version": 3}', "\xff"])
    def test_what_is_no_baseline_is_2(self, text: str | None) -> None:
        """The error names the file."""
        Path("db.yaml").write_text(HEADLESS)
        if text is not None:
            Path("known.json").write_bytes(text.encode("latin-1"))
        done = portmap("lint", "db.yaml", "--baseline", "known.json")
        assert (done.code, done.out) == (2, "")
        assert "known.json" in done.err

    def test_a_file_to_write_must_be_named(self) -> None:
        """Nothing is guessed."""
        Path("db.yaml").write_text(HEADLESS)
        assert portmap("lint", "db.yaml", "--write-baseline").code == 2


class TestConfiguration:
    """What a project says once."""

    def test_severities_and_thresholds(self) -> None:
        """A rule is more severe, and the run fails by it."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nseverity = {headless-port-mapping = "error"}\n')
        done = portmap("lint", "db.yaml")
        assert done.code == 1
        assert "error because" in done.out
        Path("portmap.toml").write_text('[lint]\nseverity = {headless-port-mapping = "off"}\n')
        assert "headless-port-mapping" not in rules("db.yaml")

    def test_what_speaks_for_less_still_does(self) -> None:
        """A rule that is more severe is so where nothing speaks for less."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nseverity = {selector-matches-nothing = "warning"}\n')
        done = portmap("lint", "db.yaml", "--select", "selector-matches-nothing")
        assert "info because this part of the input creates no long-running pods" in done.out

    def test_arguments_count_more(self) -> None:
        """What the command line says replaces what the file says."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nfail-on = "warning"\n')
        assert portmap("lint", "db.yaml").code == 1
        assert portmap("lint", "db.yaml", "--fail-on", "error").code == 0

    def test_excluded_files_are_not_read(self) -> None:
        """But what is named is."""
        Path("vendor").mkdir()
        Path("vendor/db.yaml").write_text(HEADLESS)
        Path("web.yaml").write_text(LOST % " made by an operator")
        Path("portmap.toml").write_text('[lint]\nexclude = ["vendor"]\n')
        assert "headless-port-mapping" not in rules(".")
        assert "headless-port-mapping" in rules("vendor/db.yaml")

    def test_unknown_rules_are_2(self) -> None:
        """With the file, the option and the near one."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nignore = ["headless-port-maping"]\n')
        done = portmap("lint", "db.yaml")
        assert done.code == 2
        assert "lint.ignore: there is no rule 'headless-port-maping'; did you mean 'headless-port-mapping'?" in done.err

    def test_a_file_can_be_named(self) -> None:
        """It must be one."""
        Path("db.yaml").write_text(HEADLESS)
        Path("strict.toml").write_text('[lint]\nfail-on = "warning"\n')
        assert portmap("lint", "db.yaml", "--config", "strict.toml").code == 1
        assert portmap("lint", "db.yaml", "--config", "missing.toml").code == 2

    def test_the_example_of_the_page_is_one(self) -> None:
        """The configuration in docs/lint.md can be read."""
        table = tomllib.loads(PAGE.partition("```toml\n")[2].partition("```")[0])
        assert read_configuration(table, Path("portmap.toml")).lint.fail_on == "warning"


EXPOSED = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: httpweb, port: 80, protocol: TCP, nodePort: 30000}]
"""


class TestProfiles:
    """Rules of taste and circumstances are off until they are asked for."""

    @pytest.mark.parametrize(
        ("arguments", "found"),
        [
            ((), set()),
            (("--profile", "default"), set()),
            (("--profile", "strict"), {"exposed-service", "external-traffic-policy"}),
            (("--profile", "mesh"), {"undecided-protocol"}),
            (
                ("--profile", "strict", "--profile", "mesh"),
                {"exposed-service", "external-traffic-policy", "undecided-protocol"},
            ),
            (("--select", "exposed-service"), {"exposed-service"}),
            (("--profile", "strict", "--ignore", "exposed-service"), {"external-traffic-policy"}),
        ],
        ids=lambda words: " ".join(sorted(words)),
    )
    def test_a_profile_adds_its_rules(self, arguments: tuple[str, ...], found: set[str]) -> None:
        """Each profile adds its own rules and no others; a rule can be selected without its profile."""
        Path("web.yaml").write_text(EXPOSED)
        assert set(rules(*arguments, "web.yaml")) - {"selector-matches-nothing"} == found

    def test_the_configuration_asks_for_a_profile(self) -> None:
        """What the project's file asks for needs no argument."""
        Path("web.yaml").write_text(EXPOSED)
        Path("portmap.toml").write_text('[lint]\nprofile = ["mesh"]\n')
        assert "undecided-protocol" in rules("web.yaml")
        assert "exposed-service" not in rules("web.yaml")
