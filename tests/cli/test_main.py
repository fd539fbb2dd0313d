"""The command: its arguments, its input and its exit codes."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import portmap
from manifest_texts import POD, POD_REPORT, WEB
from portmap._cli.main import main

WORDS = ["app", "labels", "metadata", "name", "port", "ports", "selector", "spec", "template", "web", "TCP"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 70000) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=12,
)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the command in a folder with one valid file, and return the folder."""
    (tmp_path / "web.yaml").write_text(POD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestArguments:
    """Arguments."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ["web.yaml"],
            ["."],
            [],
            ["service/web"],
            ["web.yaml", "svc/web"],
            ["web.yaml", "--format", "text", "Services/web"],
            ["--namespace", "shop", "web.yaml", "web.yaml", "service/web"],
            [".", "web.yaml"],
            ["web.yaml", "."],
        ],
    )
    @pytest.mark.usefixtures("web")
    def test_paths(self, arguments: list[str]) -> None:
        """Files and folders are read, each file once; the default is the current folder. service/NAME selects."""
        run = portmap("resolve", *arguments)
        assert run.out == POD_REPORT.replace(" web ", " shop/web " if "shop" in arguments else " web ")
        assert (run.code, run.err) == (0, "1 Service, 0 workloads, 1 pod, 0 other objects\n")

    @pytest.mark.usefixtures("web")
    def test_only_selected_services_count(self) -> None:
        """Only the selected Services are shown, and only they set the exit code."""
        Path("more.yaml").write_text(POD.replace("name: web}", "name: wrong}").replace("http}", "htp}"))
        assert portmap("resolve").code == 1
        assert portmap("resolve", "service/web").code == 0
        assert portmap("resolve", "service/web", "service/wrong").out.count("Service") == 2

    def test_a_service_is_selected_with_its_namespace(self) -> None:
        """`service/NAMESPACE/NAME` also selects by namespace, for which `--namespace` is the default."""
        text = POD.replace("name: web}", "name: web, namespace: shop}")
        both = f"{text}---\n{text.replace('namespace: shop', 'namespace: prod')}"
        run = portmap("resolve", "-", "service/prod/web", stdin=both)
        assert (run.code, run.out.count("Service ")) == (0, 1)
        assert run.out.startswith("Service prod/web ")
        assert portmap("resolve", "-", "svc/web", stdin=both).out.count("Service ") == 2
        assert portmap("resolve", "-", "svc/test/web", "--namespace=test", stdin=POD).code == 0
        run = portmap("resolve", "-", "svc/prod/wbe", stdin=both)
        assert run.err == "portmap resolve: there is no Service 'wbe'; did you mean 'web'?\n"

    @pytest.mark.usefixtures("web")
    def test_a_path_comes_first(self) -> None:
        """An argument that looks like service/NAME is a path if the path exists."""
        Path("service").mkdir()
        Path("web.yaml").rename("service/web")
        assert portmap("resolve", "service/web").out == POD_REPORT.replace("web.yaml", "service/web")

    @pytest.mark.usefixtures("web")
    def test_a_missing_service(self) -> None:
        """Selecting a Service that does not exist is an error with a hint."""
        run = portmap("resolve", "web.yaml", "service/wbe")
        assert (run.code, run.out) == (2, "")
        assert run.err == "portmap resolve: there is no Service 'wbe'; did you mean 'web'?\n"

    def test_the_default_namespace(self) -> None:
        """`--namespace` is the namespace of objects that name none; without it they may be in any."""
        text = POD.replace("name: web}", "name: web, namespace: shop}")
        invalid = text.replace("containerPort: 8080", "containerPort: 0")
        assert portmap("resolve", "-", stdin=text).code == 0
        assert portmap("resolve", "-", "--namespace", "shop", stdin=text).code == 0
        assert "but in namespace blue, not shop" in portmap("resolve", "-", "--namespace", "blue", stdin=text).out
        assert "its pods are unknown" in portmap("resolve", "-", "--namespace", "shop", stdin=invalid).out
        assert "no pod has the labels" in portmap("resolve", "-", "--namespace", "blue", stdin=invalid).out

    @pytest.mark.parametrize(("namespace", "code"), [("shop", 0), ("blue", 1)])
    def test_the_default_namespace_of_workloads(self, namespace: str, code: int) -> None:
        """The pods of a workload are in its namespace, and so in that of `--namespace`."""
        text = WEB.replace("name: web, namespace: shop}\nspec:\n  selector:", "name: web}\nspec:\n  selector:")
        assert text.count("namespace: shop") == 1
        assert portmap("resolve", "-", "--namespace", namespace, stdin=text).code == code

    def test_the_version_of_kubernetes(self) -> None:
        """`--kubernetes-version` sets the control plane: before 1.33 it did not search sidecars."""
        text = POD.replace("containers: [{name: app,", "containers: [{name: app}]\n  initContainers: [{name: side,")
        text = text.replace("8080}]}]", "8080}], restartPolicy: Always}]")
        assert portmap("resolve", "-", stdin=text).code == 0
        assert portmap("resolve", "-", "--kubernetes-version", "v1.33.4", stdin=text).code == 0
        run = portmap("resolve", "-", "--kubernetes-version=1.32", stdin=text)
        assert (run.code, "sidecar 'side' has it" in run.out) == (1, True)

    def test_the_node_port_range(self) -> None:
        """A node port outside `--node-port-range` is a violation."""
        text = POD.replace("spec:\n  selector", "spec:\n  type: NodePort\n  selector").replace(
            "http}", "http, nodePort: 80}"
        )
        assert "[node-port-out-of-range]" in portmap("resolve", "-", stdin=text).out
        assert portmap("resolve", "-", "--node-port-range", "80-90", stdin=text).code == 0

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "COMMAND"),
            (["resolv"], "invalid choice: 'resolv'"),
            (["resolve", "--quiet"], "portmap resolve: error: unrecognized arguments: --quiet"),
            (["resolve", "-o", "json"], "unrecognized arguments: -o; --format sets the format"),
            (["trace"], "the following arguments are required: TARGET\n"),
            (["resolve", "--form", "json"], "unrecognized arguments: --form"),
            (["resolve", "--format", "xml"], "invalid choice: 'xml'"),
            (["resolve", "--kubernetes-version", "1.12"], "supported versions: 1.32"),
            (["resolve", "--kubernetes-version", "new"], "supported versions: 1.32"),
            (["resolve", "--node-port-range", "30000"], "'30000' is not a range of ports"),
            (["resolve", "--node-port-range", "32767-30000"], "is not a range of ports"),
            (["resolve", "--node-port-range", "0-99"], "is not a range of ports"),
            (["resolve", "--node-port-range", "1-65536"], "is not a range of ports"),
            (["resolve", "--namespace", "Shop"], "'Shop' is not a namespace"),
        ],
    )
    def test_bad_usage(self, arguments: list[str], words: str) -> None:
        """Bad usage is reported on standard error, and exits with 2."""
        run = portmap(*arguments)
        assert (run.code, run.out) == (2, "")
        assert words in run.err

    def test_help_and_version(self) -> None:
        """Help and version are written to standard output."""
        for arguments in (["--help"], ["resolve", "--help"], ["--version"]):
            run = portmap(*arguments)
            assert (run.code, run.err) == (0, "")
            assert "portmap" in run.out

    def test_help_and_version_are_quick(self) -> None:
        """`--help` and `--version` load neither readers nor the linter."""
        program = (
            "import sys; from portmap._cli.main import main; "
            "codes = [main(['--version']), main(['resolve', '--help'])]; "
            "late = {'yaml', 'cattrs', 'portmap.manifests', 'portmap._lint.rules', 'portmap._reports.resolve_data'}; "
            "sys.exit(str(late & set(sys.modules) or codes))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
        assert done.stderr == "[0, 0]\n"

    @pytest.mark.usefixtures("web")
    def test_a_command_loads_only_what_it_needs(self) -> None:
        """To lint a file loads no other command, no executor, and nothing that searches for distributions."""
        program = (
            "import sys; from portmap._cli.main import main; "
            "code = main(['lint', 'web.yaml']); "
            "late = {'concurrent', 'cattrs', 'email', 'importlib.metadata', 'multiprocessing', 'portmap._cli.draw', "
            "'portmap._contract', 'portmap._graph.trace', 'portmap._lint.catalogue'}; "
            "sys.exit(str(late & set(sys.modules) or code))"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
        assert done.stderr.endswith("\n0\n"), done.stderr


class TestInput:
    """Input that cannot be read is an error."""

    @pytest.mark.parametrize(
        ("path", "text", "words"),
        [
            ("missing.yaml", None, "missing.yaml: cannot be read: No such file or directory"),
            ("x" * 300, None, "x: cannot be read: File name too long"),
            ("nul\0.yaml", None, "nul\\x00.yaml: cannot be read: embedded null byte"),
            ("broken.yaml", "a: [", "broken.yaml:2:1: "),
            ("latin.yaml", "name: caf\xe9", "latin.yaml:1:10: is not UTF-8: byte 0xe9"),
        ],
    )
    @pytest.mark.usefixtures("web")
    def test_a_path_that_cannot_be_read(self, path: str, text: str | None, words: str) -> None:
        """A given path that cannot be read ends the run, whatever else can be read."""
        if text is not None:
            Path(path).write_bytes(text.encode("latin-1"))
        run = portmap("resolve", "web.yaml", path)
        assert (run.code, run.out) == (2, "")
        assert words in run.err

    @pytest.mark.usefixtures("web")
    def test_a_folder_without_manifests(self) -> None:
        """A given folder without manifests is an error."""
        Path("empty").mkdir()
        Path("empty/README.md").write_text("no manifest")
        run = portmap("resolve", "web.yaml", "empty")
        assert (run.code, run.out) == (2, "")
        assert run.err == "empty: there are no manifests (.json, .yaml, .yml) in this folder\n"

    def test_a_folder_of_broken_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder in which no file can be read is an error that names each file."""
        monkeypatch.chdir(tmp_path)
        for name in ("a.yaml", "b.yaml"):
            Path(name).write_text("{")
        run = portmap("resolve")
        assert (run.code, run.out) == (2, "")
        assert [line.split(":")[0] for line in run.err.splitlines()] == ["a.yaml", "b.yaml", "portmap resolve"]

    @pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n", "hello", "- 1\n- 2\n", "replicas: 3\n"])
    def test_no_objects(self, text: str) -> None:
        """Input without any Kubernetes object is an error."""
        run = portmap("resolve", "-", stdin=text)
        assert (run.code, run.out) == (2, "")
        assert run.err == "portmap resolve: no Kubernetes objects could be read from standard input\n"

    def test_standard_input_is_utf_8(self) -> None:
        """Standard input is UTF-8 whatever the locale; another encoding is an error with its place."""
        text = POD.replace("kind: Pod", "kind: Pod # é")
        assert portmap("resolve", "-", stdin=text.encode()).code == 0
        run = portmap("resolve", "-", stdin=text.encode("latin-1"))
        assert (run.code, run.out) == (2, "")
        assert run.err.startswith("<stdin>:9:13: is not UTF-8: byte 0xe9\n")

    def test_a_closed_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """`-` without standard input is an error."""
        monkeypatch.setattr(sys, "stdin", None)
        err = io.StringIO()
        assert main(["resolve", "-"], stderr=err) == 2
        assert err.getvalue() == "<stdin>: is closed\n"

    def test_other_kinds_are_counted(self) -> None:
        """Objects of kinds that portmap does not know are counted: a Service of Knative, a custom resource."""
        text = POD + "---\napiVersion: serving.knative.dev/v1\nkind: Service\n---\nkind: Shop\nkind: Shop\n---\nhello\n"
        run = portmap("resolve", "-", stdin=text)
        assert (run.code, run.err) == (
            0,
            "1 Service, 0 workloads, 1 pod, 2 other objects; 1 skipped (fragment of an object)\n",
        )

    @pytest.mark.skipif(os.name != "posix", reason="only POSIX has names of any bytes")
    @pytest.mark.parametrize("name", [b"\xff.yaml", b"a\nb.yaml", b"\x1b[31m.yaml", "é→.yaml".encode()])
    @pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
    def test_odd_names(self, tmp_path: Path, name: bytes, encoding: str) -> None:
        """The name of a file may be any bytes; its report still has one line."""
        try:
            (tmp_path / os.fsdecode(name)).write_text(POD)
        except OSError:
            pytest.skip("this file system takes no such name")
        for more in ("text", "json"):
            out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
            assert portmap("resolve", str(tmp_path), "--format", more, stdout=out).code == 0
            out.seek(0)
            written = out.read()
            assert "\x1b" not in written
            assert more == "json" or len(written.splitlines()) == 2
        (tmp_path / os.fsdecode(name)).write_text("{")
        (tmp_path / "web.yaml").write_text(POD)
        assert len(portmap("resolve", str(tmp_path)).err.splitlines()) == 2

    @given(st.binary() | st.text().map(str.encode) | st.text(alphabet="{}[]:,-# \nab&*!|'\"").map(str.encode))
    def test_any_input(self, data: bytes) -> None:
        """Whatever standard input holds, the command exits with one of its codes."""
        assert portmap("resolve", "-", stdin=data).code in {0, 1, 2}

    @given(VALUES, st.sampled_from(["Service", "Pod", "Deployment", "List"]))
    def test_any_object(self, value: Any, kind: str) -> None:
        """Whatever an object holds, both formats report it, with the same exit code."""
        body = value if isinstance(value, dict) else {"metadata": value, "spec": value, "items": value}
        text = "\n---\n".join([json.dumps({**body, "kind": kind}), POD])
        run = portmap("resolve", "-", "--format=json", stdin=text)
        report = json.loads(run.out)
        nowhere = [each for each in report["services"] if each["leadsNowhere"]]
        unreached = [
            port
            for each in report["services"]
            for port in each["ports"]
            if each["elsewhere"] is None and not port["endpoints"]
        ]
        assert run.code == portmap("resolve", "-", stdin=text).code == bool(nowhere)
        assert report["counts"]["portsLeadingNowhere"] == len(unreached)
        assert all(port["misses"] for port in unreached)
