"""`portmap contract`: its reports, its exit codes, and its page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from command_line import portmap, same, write
from manifest_texts import WEB, deployment, service

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
FILES = re.findall(r"^<!-- file: ([^\n]*) -->\n```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CONSOLES = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

MOVED = WEB.replace("port: 80,", "port: 8000,").replace("app: web}\n  ports", "app: web, tier: front}\n  ports")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestReports:
    """The text report."""

    def test_nothing_differs(self) -> None:
        """Two equal sets have an empty report."""
        write("a/web.yaml", WEB)
        write("b/other-name.yaml", WEB)
        run = portmap("contract", "a", "b")
        assert run == (0, "", "1 Service is in both; nothing differs; the contract is kept\n")

    def test_a_broken_contract(self) -> None:
        """Each change has a line with its severity, port and code, the worst first; the plan comes last."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("port: 80,", "port: 8000,"))
        run = portmap("contract", "a.yaml", "b.yaml")
        same(
            run.out,
            """\
            Service shop/web
              breaking    http 80/TCP  clients that dial 80 reach nothing: the number is now 8000  [port-number-changed]
                                         hint: keep 80 beside 8000, under another name, until no client dials it

            A safe order
              1. Service shop/web: add port 8000 beside http 80/TCP, each with a name of its own
              2. Service shop/web: move the clients of 80 to 8000
              3. Service shop/web: remove port 80, and give its name to 8000
            """,
        )
        assert run.code == 1
        assert run.err == "1 Service is in both; 1 breaking; the contract is broken\n"

    def test_workloads_and_users(self) -> None:
        """Changes of workloads have a block of their own, and users of a port are listed below its change."""
        ports = "{name: dns, containerPort: 53, protocol: UDP}"
        monitor = """\
            apiVersion: monitoring.coreos.com/v1
            kind: ServiceMonitor
            metadata: {name: dns, namespace: shop}
            spec: {selector: {}, endpoints: [{port: dns}]}
            """
        write(
            "a.yaml", service("dns", "app: dns", "{name: dns, port: 53}"), deployment("dns", "app: dns", ports), monitor
        )
        more = f"{ports}, {{name: dns-tcp, containerPort: 53}}"
        write("b.yaml", service("dns", "app: dns", "{name: domain, port: 53}"), deployment("dns", "app: dns", more))
        lines = portmap("contract", "a.yaml", "b.yaml").out.splitlines()
        assert any(line.strip() == "used by: ServiceMonitor shop/dns: spec.endpoints[0].port" for line in lines)
        assert "Workloads" in lines
        assert "Deployment shop/dns: kubectl apply merges ports" in lines[lines.index("Workloads") + 1]

    def test_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lines fit the terminal, and breaking changes are red."""
        from command_line import Terminal

        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        write("a.yaml", WEB)
        write("b.yaml", MOVED)
        out = Terminal()
        assert portmap("contract", "a.yaml", "b.yaml", stdout=out).code == 1
        text = out.getvalue()
        assert "\x1b[31m" in text
        assert max(len(line) for line in re.sub(r"\x1b\[\d+m", "", text).splitlines()) <= 60


class TestWrites:
    """The commands that write manifests."""

    def test_a_port_that_a_write_keeps(self) -> None:
        """The report is about the command that `--write` names."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("  - {name: debug, port: 6060}\n", ""))
        for options, code, expected in (
            ([], 1, "[port-removed]"),
            (["--write=server-apply"], 1, "[port-removed]"),
            (["--write=server-apply", "--created-by=create"], 0, "[not-applied]"),
            (["--write=replace"], 1, "[port-removed]"),
        ):
            run = portmap("contract", "a.yaml", "b.yaml", *options)
            assert (run.code, expected in run.out) == (code, True), options

    def test_fields_of_the_former_type(self) -> None:
        """A Service that no server would create is compared if a server accepts it as an update."""
        exposed = service("web", "app: web", "{name: http, port: 80}").replace("spec:", "spec:\n  type: NodePort", 1)
        write("a.yaml", exposed.replace("port: 80}", "port: 80, nodePort: 30080}"))
        write("b.yaml", exposed.replace("port: 80}", "port: 80, nodePort: 30080}").replace("NodePort", "ClusterIP", 1))
        run = portmap("contract", "a.yaml", "b.yaml")
        assert run.code == 1
        assert "[node-ports-dropped]" in run.out
        run = portmap("contract", "b.yaml", "a.yaml")
        assert (run.code, run.out) == (2, "")
        assert "b.yaml:" in run.err
        assert "[node-port-forbidden]" in run.err


class TestInput:
    """The input."""

    def test_one_side_may_be_standard_input(self) -> None:
        """`-` is standard input, for one of the two sides."""
        write("a.yaml", WEB)
        assert portmap("contract", "a.yaml", "-", stdin=WEB).code == 0
        assert portmap("contract", "-", "a.yaml", stdin=WEB).code == 0
        assert portmap("contract", "-", "-", stdin=WEB).code == 2

    def test_namespaces(self) -> None:
        """`--ignore-namespaces` pairs Services of different namespaces."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("namespace: shop", "namespace: prod"))
        assert portmap("contract", "a.yaml", "b.yaml").code == 1
        assert portmap("contract", "a.yaml", "b.yaml", "--ignore-namespaces").code == 0
        assert portmap("contract", "--ignore-namespaces", "a.yaml", "b.yaml").code == 0

    def test_renamed_namespaces(self) -> None:
        """`--namespace OLD=NEW` gives the name in B of a namespace of A; it can be repeated."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("namespace: shop", "namespace: prod"))
        assert portmap("contract", "a.yaml", "b.yaml", "--namespace", "shop=prod").code == 0
        assert portmap("contract", "b.yaml", "a.yaml", "--namespace", "x=y", "--namespace=prod=shop").code == 0
        assert portmap("contract", "a.yaml", "b.yaml", "--namespace", "prod=shop").code == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--namespace", "shop"], "is not of the form OLD=NEW"),
            (["--namespace", "Shop=prod"], "'Shop' is not a namespace"),
            (["--namespace", "shop="], "'' is not a namespace"),
            (["--namespace", "a=b", "--namespace", "a=c"], "namespace 'a' cannot be both 'b' and 'c' in B"),
            (["--namespace", "a=b", "--ignore-namespaces"], "not allowed with"),
        ],
    )
    def test_invalid_renaming(self, arguments: list[str], message: str) -> None:
        """A wrong renaming is bad usage."""
        write("a.yaml", WEB)
        run = portmap("contract", "a.yaml", "a.yaml", *arguments)
        assert (run.code, run.out) == (2, "")
        assert message in run.err

    @pytest.mark.parametrize(
        "arguments",
        [
            ("a.yaml",),
            ("a.yaml", "a.yaml", "a.yaml"),
            ("a.yaml", "missing.yaml"),
            ("a.yaml", "empty"),
            ("a.yaml", "a.yaml", "--format=xml"),
            ("a.yaml", "a.yaml", "--kubernetes-version=1.2"),
            ("a.yaml", "bad.yaml"),
            ("a.yaml", "rollout.yaml"),
        ],
    )
    def test_input_that_cannot_be_compared(self, arguments: tuple[str, ...]) -> None:
        """Bad usage, unreadable files and invalid objects exit with 2, and a message on standard error."""
        write("a.yaml", WEB)
        write("bad.yaml", WEB.replace("port: 80,", "port: 0,"))
        rollout = deployment("web", "app: web", "{containerPort: 0}", kind="Rollout")
        write("rollout.yaml", rollout.replace("apps/v1", "argoproj.io/v1alpha1"))
        Path("empty").mkdir()
        run = portmap("contract", *arguments)
        assert (run.code, run.out) == (2, "")
        assert run.err

    def test_violations_have_their_places(self) -> None:
        """Each violation has file, line, object, field and code."""
        write("bad.yaml", WEB.replace("port: 80,", "port: 0,"))
        run = portmap("contract", "bad.yaml", "bad.yaml")
        assert re.search(
            r"^bad\.yaml:8:\d+: Service web: spec\.ports\[0\]\.port: .*\[port-out-of-range\]$", run.err, re.MULTILINE
        )

    def test_a_file_of_a_folder_that_cannot_be_read(self) -> None:
        """It is reported, counted, and skipped."""
        write("a/web.yaml", WEB)
        write("a/template.yaml", "{{ if }}: [")
        run = portmap("contract", "a", "a")
        assert run.code == 0
        assert "2 files unreadable" in run.err
        report = json.loads(portmap("contract", "a", "a", "--format=json").out)
        assert [each["source"] for each in report["unreadable"]] == [str(Path("a/template.yaml"))] * 2

    def test_the_version_decides_about_sidecars(self) -> None:
        """Ports are resolved as the given version of Kubernetes does."""
        sidecar = WEB.replace("containers:", "initContainers:").replace(
            "image: example.com/web:1", "restartPolicy: Always"
        )
        write("a.yaml", WEB)
        write("b.yaml", sidecar)
        assert "leads-nowhere" in portmap("contract", "a.yaml", "b.yaml", "--kubernetes-version=1.32").out
        assert "leads-nowhere" not in portmap("contract", "a.yaml", "b.yaml").out


class TestJson:
    """The JSON report."""

    def report(self) -> Any:
        """Return the report of a broken contract."""
        write("a.yaml", WEB)
        write("b.yaml", MOVED)
        run = portmap("contract", "a.yaml", "b.yaml", "--format", "json")
        assert (run.code, run.err) == (1, "")
        return json.loads(run.out)

    def test_it_agrees_with_the_text(self) -> None:
        """Version, result, changes, plan and counts agree."""
        report = self.report()
        assert (report["version"], report["kubernetesVersion"], report["kept"]) == (1, "1.36", False)
        assert report["counts"]["services"] == 1
        severities = [change["severity"] for change in report["changes"]]
        assert {key: severities.count(key) for key in set(severities)} == {
            key: count for key, count in report["counts"].items() if key != "services" and count
        }
        assert report["plan"][0]["service"] == "shop/web"

    def test_every_field_is_documented(self) -> None:
        """The page names each field of the JSON."""

        def fields(value: object) -> set[str]:
            if isinstance(value, dict):
                # A manifest has the fields of Kubernetes.
                return {*value, *(name for key, each in value.items() if key != "manifest" for name in fields(each))}
            return {name for each in value for name in fields(each)} if isinstance(value, list) else set()

        assert fields(self.report()) >= {"hint", "users", "codes", "breaking"}
        assert fields(self.report()) - set(re.findall(r"`(\w+)`", PAGE)) == set()


class TestThePage:
    """The page of the command."""

    def test_every_option_is_documented(self) -> None:
        """The page names each option of the command."""
        of_others = {"--help", "--server-side", "--service-node-port-range"}
        known = set(re.findall(r"--[a-z-]+", portmap("contract", "--help").out)) - of_others
        assert known == {
            "--created-by",
            "--format",
            "--ignore-namespaces",
            "--kubernetes-version",
            "--namespace",
            "--node-port-range",
            "--write",
        }
        assert known <= set(re.findall(r"--[a-z-]+", PAGE))
