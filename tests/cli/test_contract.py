"""`portmap contract`: its reports, its exit codes, and the page that tells about it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from command_line import WEB, deployment, portmap, same, service, write

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
FILES = re.findall(r"^<!-- file: ([^\n]*) -->\n```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CONSOLES = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

MOVED = WEB.replace("port: 80,", "port: 8000,").replace("app: web}\n  ports", "app: web, tier: front}\n  ports")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestReports:
    """What a reader sees."""

    def test_nothing_differs(self) -> None:
        """Two trees that are the same have an empty report."""
        write("a/web.yaml", WEB)
        write("b/other-name.yaml", WEB)
        run = portmap("contract", "a", "b")
        assert run == (0, "", "1 Service is in both; nothing differs; the contract is kept\n")

    def test_a_broken_contract(self) -> None:
        """Each change has a line with its severity, port and code, the worst first, and the plan stands below."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("port: 80,", "port: 8000,"))
        run = portmap("contract", "a.yaml", "b.yaml")
        same(
            run.out,
            """\
            Service shop/web
              breaking    http 80/TCP  clients that dial 80 reach nothing: it is 8000 now  [port-number-changed]
                                         hint: keep 80 beside 8000, under another name, until no client dials it
              disturbing  http 80/TCP  a strategic merge patch keeps 80 beside 8000, and is refused, for both are \
named http; so does client-side apply where the last applied configuration is missing  [merge-appends]
                                         hint: use kubectl apply --server-side or kubectl replace, or delete 80 in the \
patch ($patch: delete)

            A safe order
              1. Service shop/web: add port 8000 beside http 80/TCP, each with a name of its own
              2. Service shop/web: whenever the ports change, use kubectl apply --server-side or kubectl replace
              3. Service shop/web: move the clients of 80 to 8000
              4. Service shop/web: remove port 80, and let 8000 have its name
            """,
        )
        assert run.code == 1
        assert run.err == "1 Service is in both; 1 breaking, 1 disturbing; the contract is broken\n"

    def test_workloads_and_users(self) -> None:
        """What is about a workload alone stands apart, and who uses a port stands below the change."""
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
        assert "Deployment shop/dns: client-side apply" in lines[lines.index("Workloads") + 1]

    def test_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lines fit the terminal, and what is wrong is red."""
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


class TestInput:
    """What is compared, and what cannot be."""

    def test_one_side_may_be_standard_input(self) -> None:
        """`-` is standard input, for one of the two."""
        write("a.yaml", WEB)
        assert portmap("contract", "a.yaml", "-", stdin=WEB).code == 0
        assert portmap("contract", "-", "a.yaml", stdin=WEB).code == 0
        assert portmap("contract", "-", "-", stdin=WEB).code == 2

    def test_namespaces(self) -> None:
        """Environments that are namespaces are compared without them."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("namespace: shop", "namespace: prod"))
        assert portmap("contract", "a.yaml", "b.yaml").code == 1
        assert portmap("contract", "a.yaml", "b.yaml", "--ignore-namespaces").code == 0
        assert portmap("contract", "--ignore-namespaces", "a.yaml", "b.yaml").code == 0

    def test_namespaces_that_are_called_otherwise(self) -> None:
        """`--namespace OLD=NEW` says what a namespace of A is called in B, once for each."""
        write("a.yaml", WEB)
        write("b.yaml", WEB.replace("namespace: shop", "namespace: prod"))
        assert portmap("contract", "a.yaml", "b.yaml", "--namespace", "shop=prod").code == 0
        assert portmap("contract", "b.yaml", "a.yaml", "--namespace", "x=y", "--namespace=prod=shop").code == 0
        assert portmap("contract", "a.yaml", "b.yaml", "--namespace", "prod=shop").code == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--namespace", "shop"], "is not of the form OLD=NEW"),
            (["--namespace", "Shop=prod"], "'Shop' is no namespace"),
            (["--namespace", "shop="], "'' is no namespace"),
            (["--namespace", "a=b", "--namespace", "a=c"], "namespace 'a' cannot be both 'b' and 'c' in B"),
            (["--namespace", "a=b", "--ignore-namespaces"], "not allowed with"),
        ],
    )
    def test_namespaces_that_make_no_sense(self, arguments: list[str], said: str) -> None:
        """What is no mapping of namespaces is bad usage."""
        write("a.yaml", WEB)
        run = portmap("contract", "a.yaml", "a.yaml", *arguments)
        assert (run.code, run.out) == (2, "")
        assert said in run.err

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
    def test_what_cannot_be_run(self, arguments: tuple[str, ...]) -> None:
        """Bad usage, what cannot be read and what a server would refuse end in 2, with a word on standard error."""
        write("a.yaml", WEB)
        write("bad.yaml", WEB.replace("port: 80,", "port: 0,"))
        rollout = deployment("web", "app: web", "{containerPort: 0}", kind="Rollout")
        write("rollout.yaml", rollout.replace("apps/v1", "argoproj.io/v1alpha1"))
        Path("empty").mkdir()
        run = portmap("contract", *arguments)
        assert (run.code, run.out) == (2, "")
        assert run.err

    def test_what_is_invalid_is_named_with_its_place(self) -> None:
        """Each violation has file, line, object, field and code."""
        write("bad.yaml", WEB.replace("port: 80,", "port: 0,"))
        run = portmap("contract", "bad.yaml", "bad.yaml")
        assert re.search(
            r"^bad\.yaml:8:\d+: Service web: spec\.ports\[0\]\.port: .*\[port-out-of-range\]$", run.err, re.MULTILINE
        )

    def test_a_file_of_a_folder_that_cannot_be_read(self) -> None:
        """It is told, counted, and left out."""
        write("a/web.yaml", WEB)
        write("a/template.yaml", "{{ if }}: [")
        run = portmap("contract", "a", "a")
        assert run.code == 0
        assert "2 files unreadable" in run.err
        report = json.loads(portmap("contract", "a", "a", "--format=json").out)
        assert [each["source"] for each in report["unreadable"]] == [str(Path("a/template.yaml"))] * 2

    def test_the_version_decides_about_sidecars(self) -> None:
        """Ports are resolved and updates judged as the version of the cluster does."""
        sidecar = WEB.replace("containers:", "initContainers:").replace(
            "image: example.com/web:1", "restartPolicy: Always"
        )
        write("a.yaml", WEB)
        write("b.yaml", sidecar)
        assert "leads-nowhere" in portmap("contract", "a.yaml", "b.yaml", "--kubernetes-version=1.32").out
        assert "leads-nowhere" not in portmap("contract", "a.yaml", "b.yaml").out


class TestJson:
    """The report for machines."""

    def report(self) -> Any:
        """That of a contract that is broken."""
        write("a.yaml", WEB)
        write("b.yaml", MOVED)
        run = portmap("contract", "a.yaml", "b.yaml", "--format", "json")
        assert (run.code, run.err) == (1, "")
        return json.loads(run.out)

    def test_it_says_what_the_text_says(self) -> None:
        """Version, verdict, changes, plan and counts agree."""
        report = self.report()
        assert (report["version"], report["kubernetesVersion"], report["kept"]) == (1, "1.36", False)
        assert report["counts"]["services"] == 1
        severities = [change["severity"] for change in report["changes"]]
        assert {key: severities.count(key) for key in set(severities)} == {
            key: count for key, count in report["counts"].items() if key != "services" and count
        }
        assert report["plan"][0]["service"] == "shop/web"

    def test_every_field_is_told(self) -> None:
        """The page names each field of the JSON."""

        def fields(value: object) -> set[str]:
            if isinstance(value, dict):
                return {*value, *(name for each in value.values() for name in fields(each))}
            return {name for each in value for name in fields(each)} if isinstance(value, list) else set()

        assert fields(self.report()) >= {"hint", "users", "codes", "breaking"}
        assert fields(self.report()) - set(re.findall(r"`(\w+)`", PAGE)) == set()


class TestThePage:
    """It names what the command has."""

    def test_every_option_is_told(self) -> None:
        """The page names each option of the command."""
        known = set(re.findall(r"--[a-z-]+", portmap("contract", "--help").out)) - {"--help"}
        assert known - {"--service-node-port-range"} == {
            "--format",
            "--ignore-namespaces",
            "--kubernetes-version",
            "--namespace",
            "--node-port-range",
        }
        assert known - {"--service-node-port-range"} <= set(re.findall(r"--[a-z-]+", PAGE))
