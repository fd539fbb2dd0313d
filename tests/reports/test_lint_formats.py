"""The machine formats of `portmap lint`, with findings and without."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from command_line import portmap, write
from manifest_texts import BAD, POD, WARNED
from portmap import Cluster
from portmap._graph.object_name import ObjectName
from portmap._reports.lint_github import as_github
from portmap._reports.lint_json import as_json
from portmap._reports.lint_junit import as_junit
from portmap._reports.lint_sarif import as_sarif
from portmap.lint import DEFAULT_RULES, Finding, Location, Report, Suppressed

HERE = Path(__file__).resolve().parents[1]
SARIF = json.loads((HERE / "lint" / "sarif" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
OURS = json.loads((HERE.parent / "docs" / "schemas" / "lint-report-1.json").read_text(encoding="utf-8"))

ODD = Finding(
    "unresolved-target-port",
    "error",
    ObjectName("Service", "we]]>b,:%"),
    "spec.ports[0]",
    "100 % odd\r\n]]> <a & b> \x00 \ud800 …",
    hint="two\nlines",
    because="of\x1b[31m",
    source="a b,c:%é.yaml",
    location=Location("a b,c:%é.yaml"),
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in a folder with an input of each kind, and return the folder."""
    monkeypatch.chdir(tmp_path)
    write("k8s/bad.yaml", BAD)
    write("k8s/warned.yaml", WARNED.replace("shop", "far"))
    write("k8s/broken.yaml", "kind: Service\n  bad: [indentation\n")
    write("k8s/values.yaml", "a: 1\n")
    write("clean.yaml", POD)
    return tmp_path


def report_of(*findings: Finding) -> Report:
    return Report(findings, Cluster("1.36"), suppressed=(Suppressed(ODD, "because"),))


class TestJson:
    """The JSON format."""

    @pytest.mark.parametrize("path", ["k8s", "clean.yaml", "k8s/bad.yaml"])
    def test_it_is_valid(self, path: str) -> None:
        """The report is valid by the documented schema."""
        jsonschema.validate(json.loads(portmap("lint", path, "--format=json").out), OURS)

    def test_odd_findings(self) -> None:
        """Findings without a location and suppressed findings are valid."""
        jsonschema.validate(json.loads("".join(as_json(report_of(ODD)))), OURS)

    def test_the_schema_is_strict(self) -> None:
        """The schema is valid itself, and rejects missing and unknown fields."""
        jsonschema.Draft202012Validator.check_schema(OURS)
        report = json.loads("".join(as_json(report_of(ODD))))
        for changed in (report | {"more": 1}, {**report, "findings": [{"rule": "x"}]}):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(changed, OURS)


class TestSarif:
    """SARIF 2.1.0."""

    def sarif(self, *arguments: str) -> Any:
        found = json.loads(portmap("lint", *arguments, "--format=sarif").out)
        jsonschema.validate(found, SARIF)
        return found["runs"][0]

    def test_it_is_valid_with_findings(self) -> None:
        """Results have a rule with help, a relative location, and related locations."""
        run = self.sarif("k8s")
        rules = run["tool"]["driver"]["rules"]
        assert all(each["help"]["text"] and each["shortDescription"]["text"] for each in rules)
        assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
        [result] = [each for each in run["results"] if each["ruleId"] == "unresolved-target-port"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "k8s/bad.yaml", "uriBaseId": "ROOT"}
        assert physical["region"] == {"startLine": 9, "startColumn": 17, "endLine": 9, "endColumn": 21}
        assert len(result["relatedLocations"]) == 1

    def test_links_to_the_documentation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rules and codes link to their pages if the metadata of the package has an address."""
        plain = self.sarif("k8s")["tool"]["driver"]
        assert "informationUri" not in plain
        assert not any("helpUri" in each for each in plain["rules"])
        assert all(each["help"]["markdown"] for each in plain["rules"])
        monkeypatch.setattr("portmap._reports.lint_sarif._distribution", lambda: ("1", "https://docs.example.com/"))
        Path("odd.yaml").write_text(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 0}]}\n"
        )
        linked = self.sarif("odd.yaml")["tool"]["driver"]
        assert linked["informationUri"] == "https://docs.example.com/"
        uris = {each["id"]: each["helpUri"] for each in linked["rules"]}
        assert uris["unresolved-target-port"] == "https://docs.example.com/rules/unresolved-target-port.md"
        assert uris["port-out-of-range"] == "https://docs.example.com/checks.md#port-out-of-range"

    def test_it_is_valid_when_empty(self) -> None:
        """Without findings, the list of results is empty, which uploads need."""
        assert self.sarif("clean.yaml")["results"] == []

    def test_paths_below_the_current_folder_are_relative(self, here: Path) -> None:
        """An absolute path below the current folder is written relative to it."""
        result = self.sarif(str(here / "k8s" / "bad.yaml"))["results"][0]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "k8s/bad.yaml"

    def test_odd_names_are_quoted(self) -> None:
        """A file name with spaces and non-ASCII letters becomes a valid URI reference."""
        found = json.loads("".join(as_sarif(report_of(ODD), DEFAULT_RULES)))
        jsonschema.validate(found, SARIF)
        place = found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "a%20b%2Cc%3A%25%C3%A9.yaml"


class TestGitHub:
    """Workflow commands."""

    def test_each_finding_is_one_line(self) -> None:
        """An annotation has file, line, column, rule and object."""
        lines = portmap("lint", "k8s/bad.yaml", "--format=github").out.splitlines()
        expected = (
            "::error file=k8s/bad.yaml,line=9,endLine=9,col=17,endColumn=21,"
            "title=unresolved-target-port%3A Service shop/web::spec.ports[0].targetPort: no container port named "
            "'htpp' for TCP in Deployment/web: it declares http/TCP → 8080 in app%0Ahint: did you mean 'http'?"
            "%0Asee k8s/bad.yaml:19:7: its containers"
        )
        assert lines == [expected]

    def test_escapes(self) -> None:
        """Percent signs, line breaks, commas and colons are escaped as the syntax requires."""
        [line] = as_github(report_of(ODD))
        assert line.startswith(
            "::error file=a b%2Cc%3A%25é.yaml,title=unresolved-target-port%3A Service we]]>b%2C%3A%25::"
        )
        assert "100 %25 odd%0D%0A]]>" in line
        assert list(as_github(report_of())) == []


class TestJUnit:
    """JUnit's XML."""

    def junit(self, text: str) -> ET.Element:
        return ET.fromstring(text)

    def test_a_case_for_each_object(self) -> None:
        """Findings at the threshold are failures; others are output of a case that passes."""
        suites = self.junit(portmap("lint", "k8s", "--format=junit").out)
        cases = {case.get("name"): case for case in suites.iter("testcase")}
        assert cases["Service shop/web"].find("failure") is not None
        assert cases["Service far/web"].find("failure") is None
        assert cases["Service far/web"].find("system-out") is not None
        assert cases["file k8s/broken.yaml"].find("failure") is not None
        assert (suites.get("tests"), suites.get("failures")) == (str(len(cases)), "2")
        strict = self.junit(portmap("lint", "k8s", "--format=junit", "--fail-on=warning").out)
        assert strict.get("failures") == "3"

    def test_an_empty_report(self) -> None:
        """A report without findings has one test case that passes, which some readers need."""
        suites = self.junit(portmap("lint", "clean.yaml", "--format=junit").out)
        assert (suites.get("tests"), suites.get("failures")) == ("1", "0")

    def test_any_text_is_well_formed(self) -> None:
        """Characters that XML cannot hold are replaced; others are escaped."""
        case = next(self.junit(as_junit(report_of(ODD), "error")).iter("testcase"))
        assert case.get("name") == "Service we]]>b,:%"
        assert "<a & b>" in (case[0].text or "")
