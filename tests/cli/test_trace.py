"""The commands `portmap trace` and `portmap ports`: their reports, exit codes and errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Terminal, portmap, same
from manifest_texts import AGENTS, INGRESS, WEB


class TestTrace:
    """`portmap trace TARGET`."""

    def test_a_service_port(self) -> None:
        """Each approach and each backend has a line of its own."""
        run = portmap("trace", "service/web:http", "-", stdin=WEB + INGRESS)
        same(
            run.out,
            """\
            Service shop/web http 80/TCP (<stdin>:1)
              ← cluster IP
              ← node port 30080
              ← Ingress shop/front shop.example/
              → Deployment shop/web app 8080/TCP (<stdin>:11)
            """,
        )
        assert (run.code, run.err) == (0, "1 port\n")

    def test_an_undeclared_number(self) -> None:
        """A number is traced whether containers declare it or not."""
        run = portmap("trace", "web:debug", "-", stdin=WEB)
        assert "→ Deployment shop/web (no container declares it) 6060/TCP (<stdin>:11)" in run.out
        run = portmap("trace", "deployment/web:6060", "-", stdin=WEB)
        assert run.out.startswith("Deployment shop/web (not declared) 6060/TCP (<stdin>:11)\n  ← cluster IP → ")

    def test_a_target_without_endpoints(self) -> None:
        """The exit code is 1, and the report has the reason."""
        wrong_port = INGRESS.replace("name: wep, port: {name: http}", "name: web, port: {name: htpp}")
        run = portmap("trace", "shop.example/api", "-", stdin=WEB + wrong_port)
        same(
            run.out,
            """\
            Ingress shop/front shop.example/api (<stdin>:26)
              ✗ Service shop/web has no port 'htpp': it has 80 (http), 6060 (debug)
                hint: did you mean 'http'?
            """,
        )
        assert (run.code, run.err) == (1, "1 rule; 1 without endpoints\n")
        run = portmap("trace", "deployment/web:dns", "-", stdin=WEB)
        assert (run.code, run.err) == (1, "1 port; 1 unreached\n")
        assert "✗ unreached: only the address of the pod itself leads here" in run.out

    def test_a_target_that_may_be_right(self) -> None:
        """The exit code is 0 where the linter reports no error, and the report says why."""
        run = portmap("trace", "shop.example/api", "-", stdin=WEB + INGRESS)
        same(
            run.out,
            """\
            Ingress shop/front shop.example/api (<stdin>:26)
              ? there is no Service 'wep' in namespace shop
                hint: did you mean 'web'?
                in doubt: the input may be incomplete, and the Service elsewhere
            """,
        )
        assert (run.code, run.err) == (0, "1 rule; 1 in doubt\n")

    @pytest.mark.parametrize(
        "target", ["wep", "web:htpp", "30081", "shop.exampel", "99999", "30080/xyz", "foo/bar", ""]
    )
    def test_a_wrong_target(self, target: str) -> None:
        """A wrong target is an error of one line, without a report."""
        run = portmap("trace", target, "-", stdin=WEB + INGRESS)
        assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
        assert run.err.startswith("portmap trace: ")

    @pytest.mark.parametrize("arguments", [["web.yaml"], ["web.yaml", "service/web"], ["."], [".", "web:http"]])
    def test_a_path_instead_of_a_target(
        self, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A path in the place of the target is an error that shows the order."""
        monkeypatch.chdir(tmp_path)
        Path("web.yaml").write_text(WEB)
        run = portmap("trace", *arguments)
        path = arguments[0]
        assert (run.code, run.out) == (2, "")
        hint = "is a path, and the target comes first: write portmap trace service/web:http"
        assert run.err.endswith(f"portmap trace: {path} {hint} {path}\n")

    def test_a_target_that_cannot_be_a_path(self) -> None:
        """A null character in the target is no traceback."""
        run = portmap("trace", "web\0", "-", stdin=WEB)
        assert (run.code, run.err.count("\n")) == (2, 1)

    def test_no_target(self) -> None:
        """Without arguments, the target is missing; the input defaults to the current folder."""
        run = portmap("trace")
        assert run.code == 2
        assert run.err.endswith("portmap trace: error: the following arguments are required: TARGET\n")

    def test_ports_of_nodes(self) -> None:
        """The title names node ports and host ports, with the address of a host port."""
        text = WEB + AGENTS
        assert portmap("trace", "30080", "-", stdin=text).out.startswith("Service shop/web node port 30080/TCP")
        assert portmap("trace", "53", "-", stdin=text).out.startswith(
            "DaemonSet ops/agent host port 53/TCP of 10.0.0.1"
        )

    def test_the_default_namespace(self) -> None:
        """`--namespace` is the namespace of objects that name none."""
        text = WEB.replace(", namespace: shop", "")
        assert portmap("trace", "service/prod/web:80", "-", "--namespace=prod", stdin=text).code == 0
        run = portmap("trace", "service/prod/web:80", "-", "--namespace=shop", stdin=text)
        assert run.err == "portmap trace: there is no Service web in namespace prod; it is in shop\n"

    def test_it_fits_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a terminal, lines are wrapped and misses are red; in a pipe, lines stay whole."""
        monkeypatch.setenv("COLUMNS", "40")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        text = WEB + INGRESS.replace("name: wep, port: {name: http}", "name: web, port: {name: htpp}")
        run = portmap("trace", "shop.example/api", "-", stdin=text, stdout=Terminal())
        assert "\x1b[31m  ✗ Service shop/web has no port 'htpp':\x1b[0m\n\x1b[31m    it has 80 (http)," in run.out
        monkeypatch.setenv("NO_COLOR", "1")
        whole = portmap("trace", "deployment/web", "-", stdin=text).out
        wrapped = portmap("trace", "deployment/web", "-", stdin=text, stdout=Terminal()).out
        assert wrapped.split() == whole.split()
        assert max(map(len, wrapped.splitlines())) <= 40 < max(map(len, whole.splitlines()))

    def test_json(self) -> None:
        """The JSON is sorted, and has the place of every object."""
        run = portmap("trace", "web:http", "-", "--format=json", stdin=WEB + INGRESS)
        data = json.loads(run.out)
        assert run.out == json.dumps(data, indent=2, sort_keys=True) + "\n"
        [trace] = data["traces"]
        assert (data["version"], data["target"], trace["leadsNowhere"], run.err) == (1, "web:http", False, "")
        assert (trace["subject"]["is"], trace["subject"]["line"], trace["subject"]["portName"]) == (
            "service-port",
            1,
            "http",
        )
        assert [each["entry"] for each in trace["approaches"]] == ["cluster-ip", "node-port", "ingress"]
        assert trace["approaches"][2]["hops"][0]["line"] == 26
        [onward] = trace["onward"]
        assert (onward["end"]["container"], onward["end"]["line"], onward["beyond"]) == ("app", 11, False)

    def test_invalid_objects_are_reported(self) -> None:
        """Violations of other objects go to standard error, with their places."""
        bad = (
            "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, ports: [{name: p}]}]}\n"
        )
        run = portmap("trace", "web:http", "-", stdin=WEB + bad)
        assert run.code == 0
        assert "<stdin>:29:39: Pod x: spec.containers[0].ports[0].containerPort: " in run.err


class TestPorts:
    """`portmap ports`."""

    def test_collisions(self) -> None:
        """Each taken port has a line; the second of two that collide names the other."""
        twice = WEB.replace("name: web", "name: also", 1).replace("port: 6060", "port: 6060, nodePort: 31000")
        run = portmap("ports", "-", stdin=f"{WEB}---\n{twice}{AGENTS}")
        same(
            run.out,
            """\
            Node ports 30000-32767 (static 30000-30085, dynamic 30086-32767)
              30080/TCP  static   Service shop/also (<stdin>:26)
              30080/TCP  static   Service shop/web (<stdin>:1)
                ✗ taken by Service shop/also
              31000/TCP  dynamic  Service shop/also (<stdin>:26)
              85 free in the static band: 30000-30079, 30081-30085
              2681 free in the dynamic band: 30086-30999, 31001-32767
              1 more to be picked by the cluster

            Host ports
              53/TCP of 10.0.0.1  DaemonSet ops/agent (<stdin>:51)  app  53
              9100/TCP            DaemonSet ops/agent (<stdin>:51)  app  9100
                ✗ cannot be on a node with DaemonSet ops/other
              9100/TCP            DaemonSet ops/other (<stdin>:61)  app  host network
                ✗ cannot be on a node with DaemonSet ops/agent
            """,
        )
        assert run.err == (
            "3 node ports and 3 host ports taken; 1 collision of node ports; 1 collision of host ports\n"
        )
        assert run.code == 1

    def test_no_ports_are_taken(self) -> None:
        """Without node ports, all of the given range is free."""
        text = WEB.replace("  type: NodePort\n", "").replace(", nodePort: 30080", "")
        run = portmap("ports", "-", "--node-port-range=20000-20001", stdin=text)
        assert run.code == 0
        assert run.out.startswith("Node ports 20000-20001 ")
        assert run.err == "0 node ports and 0 host ports taken\n"

    def test_an_invalid_object_is_a_failure(self) -> None:
        """A Service whose node port is outside the range is reported, and its ports are unknown."""
        run = portmap("ports", "-", "--node-port-range=20000-20100", stdin=WEB)
        assert run.code == 1
        assert "spec.ports[0].nodePort" in run.err
        assert run.err.endswith("; 1 invalid object, whose ports are not counted\n")

    def test_many_free_ranges_are_cut(self) -> None:
        """Of many ranges of free ports, the longest are listed."""
        ports = ", ".join(f"{{name: p{n}, port: {n}, nodePort: {30100 + 2 * n}}}" for n in range(1, 31))
        text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{type: NodePort, ports: [{ports}]}}\n"
        out = portmap("ports", "-", stdin=text).out
        assert "and 23 smaller ranges" in out

    def test_it_fits_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Long rows are wrapped, and complete."""
        monkeypatch.setenv("COLUMNS", "50")
        monkeypatch.setenv("NO_COLOR", "1")
        whole = portmap("ports", "-", stdin=WEB + AGENTS).out
        wrapped = portmap("ports", "-", stdin=WEB + AGENTS, stdout=Terminal()).out
        assert wrapped.split() == whole.split()
        assert max(map(len, wrapped.splitlines())) <= 50 < max(map(len, whole.splitlines()))

    def test_json(self) -> None:
        """The JSON has the place of every object."""
        run = portmap("ports", "-", "--format=json", stdin=WEB + AGENTS)
        data = json.loads(run.out)
        assert run.out == json.dumps(data, indent=2, sort_keys=True) + "\n"
        [taken] = data["nodePorts"]["taken"]
        assert (taken["number"], taken["band"], taken["source"], taken["line"]) == (30080, "static", "<stdin>", 1)
        assert [each["line"] for each in data["hostPorts"]["collisions"][0]] == [26, 36]


@pytest.mark.parametrize("command", [("trace", "web:http"), ("ports",)])
class TestBoth:
    """Both commands."""

    def test_unreadable_input(self, command: tuple[str, ...]) -> None:
        """A bad path and empty input exit with 2, and a reason."""
        assert portmap(*command, "absent.yaml").code == 2
        run = portmap(*command, "-", stdin="")
        assert (run.code, run.err) == (
            2,
            f"portmap {command[0]}: no Kubernetes objects could be read from standard input\n",
        )

    def test_as_a_process(self, command: tuple[str, ...]) -> None:
        """The command runs in a subprocess."""
        done = subprocess.run(
            [sys.executable, "-m", "portmap", *command, "-"],
            input=WEB,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, portmap(*command, "-", stdin=WEB).out), done.stderr
