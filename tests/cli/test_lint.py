"""`portmap lint`: its findings, their locations, and its exit codes."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from command_line import Terminal, portmap, process, write
from manifest_texts import BAD, POD, WARNED, WEB, service

MISSING_PODS = service("db", "app: db", "{port: 5432}", namespace="far")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path


def places(*arguments: str, stdin: str | bytes = "") -> list[tuple[str, str, int, int, int]]:
    """Return the rule, file, line, column and end column of each finding."""
    report = json.loads(portmap("lint", *arguments, "--format=json", stdin=stdin).out)
    return [
        (each["rule"], place["source"], place["line"], place["column"], place["endColumn"])
        for each in report["findings"]
        for place in [each["location"]]
    ]


class TestExitCodes:
    """0, 1 and 2."""

    def test_input_without_findings(self) -> None:
        """Without findings, the report is empty, the summary counts the objects, and the exit code is 0."""
        run = portmap("lint", "-", stdin=POD)
        assert (run.code, run.out) == (0, "")
        assert run.err == "0 errors, 0 warnings, 0 infos in 2 objects (1 Service), by Kubernetes 1.36\n"

    @pytest.mark.parametrize(
        ("text", "options", "code"),
        [
            (BAD, [], 1),
            (BAD, ["--exit-zero"], 0),
            (WARNED, [], 0),
            (WARNED, ["--fail-on=warning"], 1),
            (WARNED, ["--fail-on=info"], 1),
            (BAD, ["--ignore=unresolved-target-port"], 0),
            (BAD, ["--select=node-port-out-of-range,partial-target-port"], 0),
            (BAD, ["--select=unresolved-target-port"], 1),
        ],
    )
    def test_the_threshold_decides(self, text: str, options: list[str], code: int) -> None:
        """The exit code is 1 if a reported finding is at least as severe as `--fail-on`."""
        assert portmap("lint", "-", *options, stdin=text).code == code

    def test_missing_objects_in_complete_input(self) -> None:
        """A missing object is an error with `--complete`, and less with `--no-complete`."""
        severities = [
            json.loads(portmap("lint", "-", option, "--format=json", stdin=MISSING_PODS).out)["findings"][0]["severity"]
            for option in ("--complete", "--no-complete")
        ]
        assert severities[0] == "error"
        assert severities[1] != "error"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["missing.yaml"], "missing.yaml: cannot be read: No such file or directory"),
            (["--select", "unresolved-target-prot"], "did you mean 'unresolved-target-port'?"),
            (["--select", " ,"], "--select names no rule"),
            (["--ignore", "no-such-thing"], "--ignore: there is no rule 'no-such-thing'"),
            (["--kubernetes-version", "1.2"], "1.32"),
            (["--output", "yaml=x"], "FORMAT=FILE"),
            (["--output", "json="], "FORMAT=FILE"),
            (["--jobs", "0"], "not a number of processes"),
            (["--format", "html"], "invalid choice"),
            (["empty"], "there are no manifests (.json, .yaml, .yml) in this folder"),
            (["bad\0name.yaml"], "cannot be read"),
        ],
    )
    def test_bad_usage_is_2(self, arguments: list[str], message: str, here: Path) -> None:
        """Bad usage and unreadable paths are reported on standard error alone."""
        (here / "empty").mkdir()
        run = portmap("lint", *arguments)
        assert (run.code, run.out) == (2, "")
        assert message in run.err

    def test_every_given_file_must_be_readable(self) -> None:
        """Given files that are no YAML end the run; each is reported."""
        write("good.yaml", POD)
        write("one.yaml", "a: [")
        write("two.yaml", "kind: Service\n{{ template }}\n")
        run = portmap("lint", "good.yaml", "one.yaml", "two.yaml")
        assert (run.code, run.out) == (2, "")
        assert [line.split(":")[0] for line in run.err.splitlines()] == ["one.yaml", "two.yaml"]

    def test_no_input_at_all_is_an_error(self) -> None:
        """Empty standard input is an error: the command before the pipe may have failed."""
        run = portmap("lint", "-", stdin="# nothing\n")
        assert (run.code, run.out) == (2, "")
        assert "no Kubernetes objects could be read from standard input" in run.err


class TestPositions:
    """File, line and column of the value."""

    @pytest.mark.parametrize(
        "text",
        [
            BAD,
            "---\n---\n" + BAD,
            POD + "---\n" + BAD,
            BAD.replace("\n", "\r\n"),
            BAD.replace("htpp", '"htpp"'),
            BAD.replace("htpp", "&name htpp"),
            BAD.replace("shop}", "shöp}").replace("shöp", "shop"),
            BAD.replace("  - name: http\n    port: 80\n    targetPort: htpp\n", "  - {port: 80, targetPort: htpp}\n"),
            BAD.replace("  - name: http", "  # ž 🙂 comment\n  - name: http"),
        ],
    )
    def test_the_scalar_is_found(self, text: str) -> None:
        """The location is that of the value, however it is written."""
        Path("web.yaml").write_bytes(text.encode())
        [found] = places("web.yaml")
        assert found[:2] == ("unresolved-target-port", "web.yaml")
        line = text.replace("\r\n", "\n").split("\n")[found[2] - 1]
        assert line[found[3] - 1 : found[4] - 1].removeprefix("&name ").strip('"') == "htpp"

    def test_in_lists_and_json(self) -> None:
        """Items of a List and values in JSON have locations."""
        items = [json.loads(each) for each in _as_json(BAD)]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)
        Path("list.json").write_text(text, encoding="utf-8")
        [(_, _, line, column, end)] = places("list.json")
        assert text.splitlines()[line - 1][column - 1 : end - 1] == '"htpp"'

    def test_aliases(self) -> None:
        """The location of a value from an alias is the alias."""
        text = BAD.replace("name: http\n", "name: &n http\n", 1).replace("targetPort: htpp", "targetPort: *n")
        text = text.replace("{name: http, containerPort", "{name: other, containerPort")
        Path("web.yaml").write_text(text, encoding="utf-8")
        [(_, _, line, column, end)] = places("web.yaml")
        assert text.splitlines()[line - 1][column - 1 : end - 1] == "*n"

    def test_unknown_keys(self) -> None:
        """The location of an unknown key is the key, not its value."""
        text = POD.replace("targetPort: http}", "targetport: http}")
        Path("web.yaml").write_text(text, encoding="utf-8")
        (rule, _, line, column, end), *_ = places("web.yaml", "--select=unknown-field")
        assert rule == "unknown-field"
        assert text.splitlines()[line - 1][column - 1 : end - 1] == "targetport"

    def test_the_excerpt_marks_the_value(self) -> None:
        """The text report shows the line with a marker under the value, the hint, and the related place."""
        write("web.yaml", BAD)
        assert portmap("lint", "web.yaml").out == (
            "web.yaml:9:17: error: Service shop/web: spec.ports[0].targetPort: no container port named 'htpp' for TCP "
            "in Deployment/web: it declares http/TCP → 8080 in app  [unresolved-target-port]\n"
            "  9 |     targetPort: htpp\n"
            "    |                 ^^^^\n"
            "  hint: did you mean 'http'?\n"
            "  see web.yaml:19:7: its containers\n"
            "  19 |       - {name: app, image: example.com/app:1, ports: [{name: http, containerPort: 8080}]}\n"
            f"     |       {'^' * 83}\n"
        )

    def test_a_long_line_is_cut_around_the_value(self) -> None:
        """An excerpt has one line of bounded length, with the marker under the value."""
        flow = _as_json(BAD)[0] + " " * 5000
        Path("web.yaml").write_text(f"{flow}\n---\n" + BAD.partition("---\n")[2], encoding="utf-8")
        lines = portmap("lint", "web.yaml").out.splitlines()
        assert all(len(line) <= 125 for line in lines[1:3])
        start = lines[2].index("^")
        assert lines[1][start : start + lines[2].count("^")] == '"htpp"'

    def test_wide_characters_before_the_marker(self) -> None:
        """A character of two columns takes two columns before the marker."""
        text = BAD.replace("  - name: http\n    port: 80\n    targetPort: htpp", "  - {targetPort: htpp, port: 80}")
        write("plain.yaml", text)
        write("wide.yaml", text.replace("{targetPort", '{"appProtocol": 漢, targetPort'))
        marker = portmap("lint", "plain.yaml", "--select=unresolved-target-port").out.splitlines()[2]
        wide = json.loads(portmap("lint", "wide.yaml", "--format=json").out)
        assert marker.index("^") == 23
        assert wide["findings"]

    def test_helms_source_comment_is_kept(self) -> None:
        """Findings in the output of `helm template` name the template."""
        rendered = "---\n# Source: shop/templates/web.yaml\n" + BAD.replace(
            "---\n", "---\n# Source: shop/templates/deployment.yaml\n"
        )
        run = portmap("lint", "-", stdin=rendered)
        assert run.out.startswith("<stdin>:11:17 (shop/templates/web.yaml): error: ")
        assert "see <stdin>:22:7 (shop/templates/deployment.yaml): its containers" in run.out
        assert "file=shop/templates/web.yaml,title" in portmap("lint", "-", "--format=github", stdin=rendered).out


def _as_json(text: str) -> list[str]:
    import yaml

    return [json.dumps(each) for each in yaml.safe_load_all(text)]


class TestOutput:
    """Standard output, colours and files."""

    def test_colour_is_for_terminals(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A terminal gets colours unless NO_COLOR is set; a pipe gets them only if FORCE_COLOR is set."""
        coloured, plain = Terminal(), Terminal()
        portmap("lint", "-", stdin=BAD, stdout=coloured)
        monkeypatch.setenv("NO_COLOR", "1")
        portmap("lint", "-", stdin=BAD, stdout=plain)
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert "\x1b" not in portmap("lint", "-", stdin=BAD).out
        monkeypatch.delenv("NO_COLOR")
        forced = portmap("lint", "-", stdin=BAD).out
        monkeypatch.delenv("FORCE_COLOR")
        assert "\x1b[31merror\x1b[0m" in coloured.getvalue()
        assert "\x1b[31merror\x1b[0m" in forced
        assert "\x1b" not in plain.getvalue() + portmap("lint", "-", stdin=BAD).out

    def test_several_formats_at_once(self) -> None:
        """`--output` writes more formats to files, beside the report on standard output."""
        write("web.yaml", BAD)
        run = portmap("lint", "web.yaml", "--output=json=report.json", "--output=junit=report.xml")
        assert run.out.startswith("web.yaml:9:17: error")
        assert json.loads(Path("report.json").read_text())["counts"]["error"] == 1
        assert Path("report.xml").read_text().startswith("<?xml")
        assert sorted(each.name for each in Path().iterdir()) == ["report.json", "report.xml", "web.yaml"]

    def test_a_report_that_cannot_be_written_is_2(self) -> None:
        """If a file cannot be written, the run fails and leaves no file."""
        write("web.yaml", POD)
        run = portmap("lint", "web.yaml", "--output=json=no/such/folder.json")
        assert (run.code, run.out) == (2, "")
        assert "no/such/folder.json: cannot be written" in run.err

    def test_control_characters_do_not_reach_the_terminal(self) -> None:
        """Control characters in a manifest are escaped."""
        text = BAD.replace("targetPort: htpp", 'targetPort: "h\\e[31mtpp"')
        assert re.search("[^\n -~→…]", portmap("lint", "-", stdin=text).out) is None

    def test_skipped_files_are_counted(self, here: Path) -> None:
        """The summary counts what was not judged, by reason."""
        chart = here / "chart"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\n")
        (chart / "templates" / "a.yaml").write_text("kind: Service\n{{ if .Values.x }}\n{{ end }}\n")
        write("values.yaml", "replicas: 3\n")
        write("web.yaml", POD)
        run = portmap("lint", ".")
        assert run.code == 0
        assert "not judged: 1 x Helm template, 2 x not Kubernetes" in run.err

    def test_a_chart_alone(self) -> None:
        """A note says to render a chart if it is the only input."""
        write("chart/Chart.yaml", "name: web\n")
        write("chart/templates/web.yaml", "kind: {{ .Values.kind }}\n")
        note = "portmap lint: note: nothing was checked; render the chart: helm template CHART | portmap lint -\n"
        run = portmap("lint", "chart")
        assert (run.code, run.err.endswith(f"not judged: 1 x Helm template, 1 x not Kubernetes\n{note}")) == (0, True)
        assert note not in portmap("lint", "chart/Chart.yaml").err
        write("chart/web.yaml", WEB)
        assert note not in portmap("lint", "chart").err

    def test_provisional_versions_are_marked(self) -> None:
        """A version without recorded answers is marked in the summary and in the JSON."""
        run = portmap("lint", "-", "--kubernetes-version=1.37", "--format=json", stdin=POD)
        assert "Kubernetes 1.37 (provisional)" in run.err
        assert json.loads(run.out)["provisional"] is True

    def test_the_default_namespace(self) -> None:
        """`--namespace` is the namespace of objects that name none."""
        text = BAD.replace(", namespace: shop", "", 1)
        assert portmap("lint", "-", stdin=text).code == 1
        assert portmap("lint", "-", "--namespace=shop", stdin=text).code == 1
        far = portmap("lint", "-", "--namespace=far", "--select=unresolved-target-port", stdin=text)
        assert far.code == 0

    def test_node_ports_are_judged_by_the_range(self) -> None:
        """`--node-port-range` is the range of the cluster."""
        assert portmap("lint", "-", "--select=node-port-out-of-range", stdin=WEB).code == 0
        run = portmap("lint", "-", "--node-port-range=20000-30000", "--select=node-port-out-of-range", stdin=WEB)
        assert run.code == 1


class TestProcess:
    """The command in a subprocess."""

    def test_it_runs(self) -> None:
        """The report and exit code are the same as in this process."""
        write("web.yaml", BAD)
        done = process("lint", "web.yaml")
        assert (done.returncode, done.stdout.decode()) == (1, portmap("lint", "web.yaml").out)

    def test_several_jobs(self) -> None:
        """The report of several processes is the same as that of one."""
        for number in range(6):
            write(f"team-{number}/web.yaml", BAD)
            write(f"team-{number}/far.yaml", MISSING_PODS)
        one, two = (process("lint", ".", "--format=json", f"--jobs={jobs}") for jobs in (1, 2))
        assert (one.returncode, one.stderr) == (1, two.stderr)
        assert one.stdout == two.stdout
        assert len(json.loads(one.stdout)["findings"]) == 12

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    @pytest.mark.parametrize("where", ["stdout", "stderr", "file"])
    def test_a_full_disk(self, where: str) -> None:
        """A report that cannot be written is an error; notes may be lost."""
        write("web.yaml", BAD)
        redirect = {"stdout": ">/dev/full", "stderr": "2>/dev/full", "file": "--output json=/dev/full"}[where]
        code = os.waitstatus_to_exitcode(
            os.system(f"{sys.executable} -m portmap lint web.yaml {redirect} >>out 2>>err")
            if where == "file"
            else os.system(f"({sys.executable} -m portmap lint web.yaml {redirect}) >>out 2>>err")
        )
        assert code == (1 if where == "stderr" else 2)
        assert "Traceback" not in Path("err").read_text()

    @pytest.mark.parametrize("redirect", ["| head -c 1", "2>&1 >/dev/null | head -c 0", ">&-", "2>&-"])
    def test_a_closed_pipe(self, redirect: str) -> None:
        """A closed pipe or stream causes no traceback."""
        write("web.yaml", BAD)
        os.system(f"({sys.executable} -m portmap lint web.yaml 2>>err {redirect}) >>out 2>>err")
        assert "Traceback" not in Path("err").read_text() + Path("out").read_text()
