"""Standard output: terminals of any width, pipes and full disks."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from command_line import Terminal, portmap, process, same, write
from manifest_texts import POD, POD_REPORT, WEB, deployment, service
from portmap._cli.main import main


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("_terminal")
class TestTerminal:
    """Reports on a terminal."""

    def test_lines_are_wrapped_between_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A long line continues on the next one."""
        monkeypatch.setenv("COLUMNS", "72")
        monkeypatch.setenv("NO_COLOR", "1")
        write("web.yaml", WEB.replace("targetPort: http", "targetPort: htpp"))
        same(
            portmap("resolve", "web.yaml", stdout=Terminal()).out,
            """\
            Service shop/web (web.yaml:1)
              http 80/TCP     ← node port 30080
              http 80/TCP     ✗ no container port named 'htpp' for TCP in
                                Deployment/web: it declares http/TCP → 8080 in app,
                                dns/UDP → 53 in app
                                hint: did you mean 'http'?
              debug 6060/TCP  ← node port picked by the cluster
              debug 6060/TCP  → Deployment/web  (not declared)  6060/TCP
            """,
        )

    def test_a_narrow_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the column of ports takes half of the width, the rest goes below it."""
        monkeypatch.setenv("COLUMNS", "40")
        monkeypatch.setenv("NO_COLOR", "1")
        write("web.yaml", WEB.replace("name: debug", "name: a-longer-name"))
        same(
            portmap("resolve", "web.yaml", stdout=Terminal()).out,
            """\
            Service shop/web (web.yaml:1)
              http 80/TCP
                ← node port 30080
              http 80/TCP
                → Deployment/web  app  8080/TCP
              a-longer-name 6060/TCP
                ← node port picked by the cluster
              a-longer-name 6060/TCP
                → Deployment/web  (not declared)
                  6060/TCP
            """,
        )

    def test_long_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A long path goes below the name, and a long label below the port."""
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setenv("NO_COLOR", "1")
        path = "deploy/overlays/production/europe/services/web.yaml"
        write(path, service("web", "app.kubernetes.io/name: web-of-the-shop", "{name: a-longer-name, port: 80}"))
        same(
            portmap("resolve", path, stdout=Terminal()).out,
            """\
            Service shop/web
                  (deploy/overlays/production/europe/services/web.yaml:1)
              a-longer-name 80/TCP
                ? no pod has the labels
                  app.kubernetes.io/name=web-of-the-shop
                  in doubt: this part of the input creates no
                  long-running pods
            """,
        )

    @pytest.mark.parametrize("width", ["0", "1", "2", "19", "33", "200"])
    def test_no_width_is_too_small(self, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
        """The report is complete at any width."""
        monkeypatch.setenv("COLUMNS", width)
        monkeypatch.setenv("NO_COLOR", "1")
        write("web.yaml", WEB.replace("targetPort: http", "targetPort: htpp"))
        whole = portmap("resolve", "web.yaml").out
        assert portmap("resolve", "web.yaml", stdout=Terminal()).out.split() == whole.split()

    def test_colours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Names are bold, misses are red, and those in doubt are yellow."""
        monkeypatch.setenv("COLUMNS", "90")
        write(
            "web.yaml",
            service("web", "app: web", "{name: a, port: 80}, {name: b, port: 81, targetPort: x}"),
            deployment("web", "app: web", "{containerPort: 80}"),
            service("none", "app: none", "{port: 80}", "other"),
            service("cold", "app: cold", "{port: 0, targetPort: 80}", "default"),
        )
        same(
            portmap("resolve", "web.yaml", stdout=Terminal()).out,
            """\
            Service \x1b[1mshop/web\x1b[0m (web.yaml:1)
              a 80/TCP  → Deployment/web  app  80/TCP
              b 81/TCP  \x1b[31m✗ no container port named 'x' for TCP in Deployment/web: it declares TCP → 80\x1b[0m
            \x1b[31m              in app\x1b[0m
                          hint: port 80 has no name there: name it 'x'

            Service \x1b[1mother/none\x1b[0m (web.yaml:19)
              80/TCP    \x1b[33m? no pod has the labels app=none\x1b[0m
                          in doubt: this part of the input creates no long-running pods

            Service \x1b[1mdefault/cold\x1b[0m (web.yaml:26) is invalid
            \x1b[31m  web.yaml:31:18: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535,\x1b[0m
            \x1b[31m  inclusive  [port-out-of-range]\x1b[0m
                  hint: give the port number that clients dial
            """,
        )

    @pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
    def test_no_colours(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        """There are no colours with NO_COLOR, on a dumb terminal, and in a pipe."""
        write("web.yaml", service("web", "app: web", "{port: 80}"))
        assert "\x1b" not in portmap("resolve", "web.yaml").out
        assert "\x1b" in portmap("resolve", "web.yaml", stdout=Terminal()).out
        monkeypatch.setenv(name, value)
        assert "\x1b" not in portmap("resolve", "web.yaml", stdout=Terminal()).out


class TestOutput:
    """The report arrives or there is an error; standard output has the report alone."""

    def test_as_a_process(self) -> None:
        """`python -m portmap` is the command."""
        write("web.yaml", POD)
        done = process("resolve", "web.yaml")
        assert (done.returncode, done.stdout.decode()) == (0, POD_REPORT)
        assert done.stderr.decode() == "1 Service, 0 workloads, 1 pod, 0 other objects\n"
        done = process("resolve", "-", stdin=POD.replace("http}", "htp}").encode())
        assert (done.returncode, "did you mean 'http'?" in done.stdout.decode()) == (1, True)

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        """A report does not depend on the hash seed."""
        write("web.yaml", POD)
        write("more.yaml", POD.replace("app: web", "app: wbe, tier: front"))
        for arguments in ([], ["--format=json"]):
            first, second = (process("resolve", *arguments, PYTHONHASHSEED=seed).stdout for seed in ("1", "2"))
            assert first == second
            assert first

    def test_an_ascii_terminal(self) -> None:
        """Characters that the encoding lacks are replaced."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        portmap("resolve", "-", stdin=POD.replace("http}", "htp}"), stdout=out)
        out.seek(0)
        assert (
            "80/TCP  x no container port named 'htp' for TCP in Pod/web-0: it declares http/TCP -> 8080" in out.read()
        )

    @pytest.mark.skipif(os.name != "posix", reason="other systems report a closed pipe differently")
    @pytest.mark.parametrize(("ending", "code"), [("http}", 0), ("htp}", 1)])
    def test_a_closed_pipe(self, ending: str, code: int) -> None:
        """If the reader closes the pipe, the command ends silently, with its usual exit code."""
        read, write = os.pipe()
        os.close(read)
        command = [sys.executable, "-m", "portmap", "resolve", "-"]
        with os.fdopen(write, "wb") as pipe:
            text = POD.replace("http}", ending).encode()
            done = subprocess.run(command, input=text, stdout=pipe, stderr=subprocess.PIPE, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (code, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    @pytest.mark.parametrize("arguments", [["resolve", "-"], ["--version"]])
    def test_a_full_disk(self, arguments: list[str]) -> None:
        """A report that cannot be written is an error."""
        command = [sys.executable, "-m", "portmap", *arguments]
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                command, input=POD.encode(), stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
            )
        reason = os.strerror(errno.ENOSPC)
        assert done.returncode == 2
        assert done.stderr.decode() == f"portmap: the report cannot be written: {reason}\n"

    def test_a_closed_standard_output(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A closed standard output is an error; a closed standard error is none."""
        monkeypatch.setattr(sys, "stdout", None)
        err = io.StringIO()
        assert main(["resolve", "-"], io.StringIO(POD), None, err) == 2
        assert err.getvalue() == "portmap: the report cannot be written: standard output is closed\n"
        monkeypatch.setattr(sys, "stderr", None)
        assert main(["resolve", "-"], io.StringIO(POD), io.StringIO(), None) == 0

    def test_an_interruption(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C ends the command silently, with 130."""

        def interrupt(*_: object, **__: object) -> NoReturn:
            raise KeyboardInterrupt

        monkeypatch.setattr("portmap._manifests.load.load", interrupt)
        assert portmap("resolve", "-", stdin=POD) == (130, "", "")
