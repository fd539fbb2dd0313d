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
    """Return the rules of the findings."""
    return [each["rule"] for each in json.loads(portmap("lint", "--format", "json", *arguments).out)["findings"]]


class TestComments:
    """Comments that suppress findings in their line or the next."""

    def test_a_comment_above_the_line(self) -> None:
        """The finding is counted, but not reported."""
        Path("web.yaml").write_text(LOST % " made by an operator")
        done = portmap("lint", "--complete", "web.yaml")
        assert (done.code, done.out) == (0, "")
        assert "1 suppressed" in done.err

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_several_processes(self, jobs: str) -> None:
        """The number of processes does not matter."""
        for name in ("a", "b", "c"):
            Path(name).mkdir()
            Path(name, "web.yaml").write_text(LOST % "")
        assert rules("--jobs", jobs, ".") == ["suppression-without-reason"] * 3

    def test_without_a_reason_the_comment_is_a_finding(self) -> None:
        """Its location is the comment."""
        Path("web.yaml").write_text(LOST % "")
        out = portmap("lint", "--complete", "web.yaml").out
        assert out.startswith("web.yaml:5:3: warning: Service lost: ")
        assert "[suppression-without-reason]" in out

    def test_at_the_end_of_the_line(self) -> None:
        """The brackets can have several rules."""
        line = "  - port: 80  # portmap: ignore[headless-port-mapping, undeclared-target-port] the endpoints are read"
        Path("db.yaml").write_text(HEADLESS.replace("  - port: 80", line))
        assert rules("--select", "headless-port-mapping", "db.yaml") == []

    def test_a_comment_in_another_line(self) -> None:
        """A comment that suppresses nothing is a finding."""
        Path("db.yaml").write_text(HEADLESS + "    # portmap: ignore[headless-port-mapping] far away\n")
        assert sorted(rules("--select", "headless-port-mapping,unused-suppression", "db.yaml")) == [
            "headless-port-mapping",
            "unused-suppression",
        ]

    def test_no_suppressions(self) -> None:
        """`--no-suppressions` reports suppressed findings."""
        Path("web.yaml").write_text(LOST % " made by an operator")
        assert rules("--complete", "--no-suppressions", "web.yaml") == ["selector-matches-nothing"]

    def test_a_comment_inside_a_text(self) -> None:
        """A text that looks like a comment suppresses nothing."""
        text = HEADLESS.replace("{name: db}", "{name: db, annotations: {note: '# portmap: ignore[x]'}}")
        Path("db.yaml").write_text(text)
        assert "headless-port-mapping" in rules("db.yaml")


class TestBaseline:
    """Known findings are not reported again."""

    def test_only_new_findings_are_reported(self) -> None:
        """A baseline hides the findings that it lists."""
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

    def test_fixed_findings_are_noted(self) -> None:
        """A note says that the baseline can be updated."""
        Path("db.yaml").write_text(HEADLESS)
        portmap("lint", "db.yaml", "--baseline", "known.json", "--write-baseline")
        Path("db.yaml").write_text(HEADLESS.replace("port: 80", "port: 5432"))
        assert (
            "known.json lists 1 finding that no longer exists: --write-baseline updates it"
            in portmap("lint", "db.yaml", "--baseline", "known.json").err
        )

    @pytest.mark.parametrize("text", [None, "", "[]", "{", '{"version": 3}', "\xff"])
    def test_an_invalid_baseline_is_2(self, text: str | None) -> None:
        """The error names the file."""
        Path("db.yaml").write_text(HEADLESS)
        if text is not None:
            Path("known.json").write_bytes(text.encode("latin-1"))
        done = portmap("lint", "db.yaml", "--baseline", "known.json")
        assert (done.code, done.out) == (2, "")
        assert "known.json" in done.err

    def test_a_file_to_write_must_be_named(self) -> None:
        """`--write-baseline` needs `--baseline`."""
        Path("db.yaml").write_text(HEADLESS)
        assert portmap("lint", "db.yaml", "--write-baseline").code == 2


class TestConfiguration:
    """The configuration of a project."""

    def test_severities_and_thresholds(self) -> None:
        """The configuration raises the severity of a rule, or turns it off."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nseverity = {headless-port-mapping = "error"}\n')
        done = portmap("lint", "db.yaml")
        assert done.code == 1
        assert "error because" in done.out
        Path("portmap.toml").write_text('[lint]\nseverity = {headless-port-mapping = "off"}\n')
        assert "headless-port-mapping" not in rules("db.yaml")

    def test_downgraded_findings(self) -> None:
        """A finding that is downgraded for a reason of its own keeps its severity."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nseverity = {selector-matches-nothing = "warning"}\n')
        done = portmap("lint", "db.yaml", "--select", "selector-matches-nothing")
        assert "info because this part of the input creates no long-running pods" in done.out

    def test_what_text_shows(self) -> None:
        """Text shows warnings and errors, and infos that are asked for; of others, one line counts the rules."""
        Path("db.yaml").write_text(HEADLESS)
        counts = "not shown: 1 x selector-matches-nothing (--show info shows them)\n"
        info = "db.yaml:6:13: info: "
        done = portmap("lint", "db.yaml")
        assert done.out.endswith(f"\n\n{counts}")
        assert info not in done.out
        for arguments in (["--show=info"], ["--fail-on=info"], ["--select=selector-matches-nothing"]):
            done = portmap("lint", "db.yaml", *arguments)
            assert info in done.out
            assert "not shown" not in done.out
        Path("portmap.toml").write_text('[lint]\nshow = "info"\n')
        assert info in portmap("lint", "db.yaml").out
        assert portmap("lint", "db.yaml", "--show=error").out == (
            "not shown: 1 x headless-port-mapping, 1 x selector-matches-nothing (--show info shows them)\n"
        )
        assert "warning: " in portmap("lint", "db.yaml", "--show=error", "--fail-on=warning").out
        assert rules("db.yaml", "--show=error") == rules("db.yaml")

    def test_arguments_override_the_file(self) -> None:
        """Command-line options override the file."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nfail-on = "warning"\n')
        assert portmap("lint", "db.yaml").code == 1
        assert portmap("lint", "db.yaml", "--fail-on", "error").code == 0

    def test_excluded_files_are_not_read(self) -> None:
        """Excluded files are skipped in folders, and read if they are given."""
        Path("vendor").mkdir()
        Path("vendor/db.yaml").write_text(HEADLESS)
        Path("web.yaml").write_text(LOST % " made by an operator")
        Path("portmap.toml").write_text('[lint]\nexclude = ["vendor"]\n')
        assert "headless-port-mapping" not in rules(".")
        assert "headless-port-mapping" in rules("vendor/db.yaml")

    def test_unknown_rules_are_2(self) -> None:
        """The message has the file, the option and a hint."""
        Path("db.yaml").write_text(HEADLESS)
        Path("portmap.toml").write_text('[lint]\nignore = ["headless-port-maping"]\n')
        done = portmap("lint", "db.yaml")
        assert done.code == 2
        assert "lint.ignore: there is no rule 'headless-port-maping'; did you mean 'headless-port-mapping'?" in done.err

    def test_a_file_can_be_named(self) -> None:
        """`--config` names a file, which must exist."""
        Path("db.yaml").write_text(HEADLESS)
        Path("strict.toml").write_text('[lint]\nfail-on = "warning"\n')
        assert portmap("lint", "db.yaml", "--config", "strict.toml").code == 1
        assert portmap("lint", "db.yaml", "--config", "missing.toml").code == 2

    def test_the_example_of_the_page_is_one(self) -> None:
        """The configuration in docs/lint.md is valid."""
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
    """Profiles of rules."""

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
        """Each profile adds its rules; a rule can be selected without its profile."""
        Path("web.yaml").write_text(EXPOSED)
        assert set(rules(*arguments, "web.yaml")) - {"selector-matches-nothing"} == found

    def test_a_profile_in_the_configuration(self) -> None:
        """The file can enable a profile."""
        Path("web.yaml").write_text(EXPOSED)
        Path("portmap.toml").write_text('[lint]\nprofile = ["mesh"]\n')
        assert "undecided-protocol" in rules("web.yaml")
        assert "exposed-service" not in rules("web.yaml")
