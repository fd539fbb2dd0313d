"""Hostile input: an error or findings with locations, exit code 1 or 2, in bounded time and memory."""

import gzip
import os
import socket
import subprocess
import sys
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from command_line import portmap
from executors import PicklingExecutor
from portmap import Cluster, ManifestError
from portmap._graph.facts import Facts
from portmap._lint.engine import LintSettings, Part, read_part
from portmap._lint.inputs import inputs_of
from portmap._lint.parallel import lint_inputs
from portmap.lint import DEFAULT_RULES

if sys.platform == "win32":  # pragma: no cover
    pytest.skip("Windows has no resource limits", allow_module_level=True)

import resource

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {{name: web{0}}}\nspec: {{selector: {{app: web{0}}}, ports: [{1}]}}\n"
)
SIZE = 3_300_000
LIMIT = 1 << 30
SECONDS = 25
"""How much processor time each may take. Work that is quadratic in objects or text takes more."""


def repeated(part: str, size: int = SIZE) -> str:
    return part * (size // len(part))


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 30)]
    return "kind: Service\n" + "\n".join(lines)


def bomb_of_maps(merged: bool = False) -> str:
    many = ", ".join(f"k{number}: x" for number in range(10))
    lines = [f"a0: &a0 {{{many}}}"]
    for level in range(1, 30):
        below = f"*a{level - 1}"
        merge = f"<<: [{', '.join([below] * 10)}], x{level}: {below}"
        inside = merge if merged else ", ".join(f"k{number}: {below}" for number in range(10))
        lines.append(f"a{level}: &a{level} {{{inside}}}")
    return "kind: Service\n" + "\n".join(lines)


CASES = {
    "alias bomb": (bomb(), 2),
    "alias bomb of maps": (bomb_of_maps(), 2),
    "alias bomb of merge keys": (bomb_of_maps(merged=True), 2),
    "flow collections": ("kind: [" + repeated("[],") + "]", 2),
    "flow collections and an error": ("kind: [" + repeated("{},", 2_000_000) + "]]", 2),
    "one sequence": (repeated("- a\n"), 2),
    "one sequence and an error": ("kind:\n" + repeated("- a\n", 2_000_000) + "*", 2),
    "nested flow": ("kind: " + "[" * 10_000, 2),
    "nested maps": ("".join(" " * level + "kind:\n" for level in range(3_000)), 2),
    "nested JSON": ('{"kind": ' + "[" * 10_000 + "]" * 10_000 + "}", 2),
    "one key many times": (SERVICE.format(0, "{port: 80}") + repeated("a: 1\n", 250_000), 1),
    "many keys given twice": (SERVICE.format(0, "{port: 80}") + repeated("a: 1\n", 600_000), 2),
    "many comments": (SERVICE.format(0, "{port: 80}") + "# portmap: ignore[a] b\n" * 40_000, 0),
    "too many comments": (SERVICE.format(0, "{port: 80}") + "# portmap: ignore[a] b\n" * 60_000, 2),
    "one line": (SERVICE.format("x" * SIZE, "{port: 80}"), 1),
    "empty documents": (repeated("---\n", 2_000_000), 2),
    "too many documents": (repeated("kind: x\n---\n", 1_000_000), 2),
    "one Service with many ports": (
        SERVICE.format(0, ", ".join(f"{{name: p{number}, port: {number}}}" for number in range(45_000))), 1,
    ),
    "a Service with too many ports": (
        SERVICE.format(0, ", ".join(f"{{name: p{number}, port: {number}}}" for number in range(115_000))), 2,
    ),
    "many Services": ("---\n".join(SERVICE.format(number, "{port: 80, targetPort: x}") for number in range(5_000)), 0),
    "many Services and a long text": (
        "---\n".join(SERVICE.format(number, "{port: 80}") for number in range(4_000))
        + "# " + repeated("portmap ", 20_000_000), 0,
    ),
    "NUL": ("kind: Service\nmetadata: {name: \0}\n", 2),
    "cyclic anchor": ("kind: Service\nmetadata: &a {name: *a}\n", 2),
    "a long number": (SERVICE.format(0, "{port: " + "9" * SIZE + "}"), 1),
    "JSON with a long number": ('{"kind": "Service", "spec": ' + "9" * SIZE + "}", 2),
    "JSON collections": ('{"kind": [' + repeated("[],") + "[]]}", 2),
}  # fmt: skip


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.mark.parametrize("case", CASES)
def test_bounded_time_and_memory(case: str, tmp_path: Path) -> None:
    """With a gigabyte of memory there is a report or an error of one line, and no traceback."""
    text, code = CASES[case]
    name = "web.json" if text.startswith("{") else "web.yaml"
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "portmap", "lint", name],
        cwd=tmp_path, capture_output=True, check=False, timeout=300, preexec_fn=limited,
    )  # fmt: skip
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert done.returncode == code, said[-500:]
    assert len(said) < 1000
    if code == 2:
        assert said.startswith(f"{name}:") or "no Kubernetes objects" in said


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-32", "latin-1", "cp037"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    """A file that is neither UTF-8 nor UTF-16 with a byte order mark is an error with a location."""
    (tmp_path / "web.yaml").write_bytes(SERVICE.format("é", "").encode(encoding))
    done = subprocess.run(
        [sys.executable, "-m", "portmap", "lint", "web.yaml"],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().startswith("web.yaml:")


# --- special files and closed streams ----------------------------------------------------------


WEB = SERVICE.format(0, "{port: 80}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one valid file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(WEB)
    return tmp_path


def shell(command: str, *, code: int) -> str:
    """Return the standard error of a command, which must exit with this code and without a traceback."""
    program = f'"{sys.executable}" -m portmap lint'
    done = subprocess.run(
        ["sh", "-c", command.replace("portmap lint", program)], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    return done.stderr


def test_special_files(folder: Path) -> None:
    """Pipes, sockets and devices in a folder are findings, and are not read. A named socket is an error."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    with closing(socket.socket(socket.AF_UNIX)) as bound:
        bound.bind("socket.yaml")
    run = portmap("lint", ".")
    assert (run.code, run.out.count("[unreadable-file]")) == (1, 3)
    assert portmap("lint", "socket.yaml").code == 2


@pytest.mark.parametrize("command", ["resolve", "ports", "draw"])
def test_special_files_of_other_commands(command: str, folder: Path) -> None:
    """Other commands read the other files of the folder, and name those that are none."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "packed.yaml.gz").write_bytes(gzip.compress(b"a: b\n" * 20_000_000, 1))
    run = portmap(command, ".")
    assert run.code in {0, 1}
    assert run.out
    for name in ("pipe.yaml", "zero.yaml"):
        assert f"{name}: cannot be read: it is not a regular file, or a broken link\n" in run.err
    assert "packed.yaml.gz: is larger than 48 MiB: split it\n" in run.err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero here")
def test_an_endless_file(folder: Path) -> None:  # noqa: ARG001
    """A named device is read up to the limit."""
    run = portmap("lint", "/dev/zero")
    assert run.code == 2
    assert run.err == "/dev/zero: is larger than 48 MiB: split it\n"


def test_a_file_that_vanishes(folder: Path) -> None:
    """A file that is deleted before it is read is a finding, or an error if it was named."""
    (folder / "gone.yaml").write_text(WEB)
    settings = LintSettings(Cluster(), DEFAULT_RULES)
    found, named = (inputs_of([source]) for source in (".", "gone.yaml"))
    (folder / "gone.yaml").unlink()
    [finding, *_] = lint_inputs(*found, settings)
    assert (finding.rule, finding.source) == ("unreadable-file", "gone.yaml")
    with pytest.raises(ManifestError, match="No such file"):
        lint_inputs(*named, settings)


@pytest.mark.parametrize("data", [b"kind: Service", b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc", b""])
def test_invalid_gzip_files(data: bytes, folder: Path) -> None:
    """A file that gzip cannot unpack is a finding: nothing shows that it is no manifest."""
    (folder / "web.yaml.gz").write_bytes(data)
    run = portmap("lint", ".")
    assert ("web.yaml.gz: error: cannot be read" in run.out) == bool(data)
    assert portmap("lint", "web.yaml.gz").code == 2


@pytest.mark.parametrize("number", ["1e400", "-1e999", "NaN", "-Infinity", "9" * 100_000])
def test_numbers_that_json_does_not_have(number: str, folder: Path) -> None:
    """A number that JSON does not have is an error with its location."""
    (folder / "web.json").write_text('{"kind": "Service",\n "a": 1,\n "b": ' + number + "}")
    run = portmap("lint", "web.json")
    assert (run.code, run.err[:14]) == (2, "web.json:3:7: ")
    assert len(run.err) < 200


def test_a_long_value_is_cut_in_text(folder: Path) -> None:
    """A very long value takes a few lines of a terminal."""
    (folder / "web.yaml").write_text(SERVICE.format(0, "{port: " + "9" * 100_000 + "}"))
    run = portmap("lint", ".")
    assert run.code == 1
    assert max(map(len, run.out.splitlines())) < 2500


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit"])
def test_reports_have_no_control_characters(form: str, folder: Path) -> None:
    """Control characters in names of files and objects are escaped in every report."""
    (folder / "a\x1b[31m.yaml").write_text(SERVICE.format(0, '{port: 0, name: "\\e]0;x\\a\\u202e"}'))
    run = portmap("lint", ".", f"--format={form}")
    assert run.code == 1
    assert not {each for each in run.out + run.err if not each.isprintable()} - {"\n"}


def test_files_without_permission(folder: Path) -> None:
    """A file or folder without permission is a finding, or an error if it was named."""
    for name in ("secret.yaml", "closed"):
        path = folder / name
        path.mkdir() if name == "closed" else path.write_text(WEB)
        path.chmod(0)
    folder.chmod(0o755)
    # Root may read everything, so the program becomes another user once it has imported portmap.
    program = """if True:
        import io, os, sys
        from portmap._cli.main import main
        main(["lint", "."], None, io.StringIO(), io.StringIO())
        if os.geteuid() == 0:
            os.setuid(65534)
        print([main(["lint", *each], None, sys.stderr, sys.stderr) for each in (["."], ["secret.yaml"], ["closed"])])
    """
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    (folder / "closed").chmod(0o700)
    assert "Traceback" not in done.stderr
    assert done.stdout == "[1, 2, 2]\n", done.stderr
    assert done.stderr.count("Permission denied") == 4


def test_streams_that_fail(folder: Path) -> None:  # noqa: ARG001
    """A full disk and a closed stream are errors of one line. A closed pipe is none."""
    if Path("/dev/full").exists():
        assert "No space left" in shell("portmap lint web.yaml --fail-on=info > /dev/full", code=2)
        assert "No space left" in shell("portmap lint web.yaml --output=json=/dev/full", code=2)
    assert shell("portmap lint - <&-", code=2) == "<stdin>: is closed\n"
    assert "standard output is closed" in shell("portmap lint web.yaml --format=json >&-", code=2)
    assert shell("portmap lint web.yaml 2>&-", code=0) == ""
    assert shell("portmap lint web.yaml --format=json | true", code=0) == ""


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", [None, PicklingExecutor()])
def test_too_many_findings(executor: Executor | None, folder: Path) -> None:
    """Findings are counted as they come, and end the run where they are too many."""
    for number in range(15):
        (folder / f"team-{number}").mkdir()
        text = "---\n".join(SERVICE.format(each, "{port: 80, targetPort: x}") for each in range(2))
        (folder / f"team-{number}" / "web.yaml").write_text(text)
    settings = LintSettings(Cluster(), DEFAULT_RULES, max_findings=20)
    with pytest.raises(ManifestError, match="more than 20 findings"):
        lint_inputs(*inputs_of([folder]), settings, executor=executor)


def test_too_many_suppressions(folder: Path) -> None:
    """Suppressions are counted, too: each may be a finding."""
    (folder / "web.yaml").write_text(WEB + "# portmap: ignore[a] b\n" * 6)
    settings = LintSettings(Cluster(), DEFAULT_RULES, max_findings=20)
    with pytest.raises(ManifestError, match="more than 5 suppressions"):
        lint_inputs(*inputs_of([folder]), settings)


def test_too_many_faults_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults of one file are counted as it is read."""
    monkeypatch.setattr("portmap._lint.inputs.MAX_FINDINGS", 20)
    (folder / "web.yaml").write_text(SERVICE.format(0, ", ".join(["{port: 0}"] * 30)))
    assert "web.yaml:1:1: has more than 20 faults" in portmap("lint", "web.yaml").err


def test_a_large_input_is_linted_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large input is kept pickled, part by part, and the report is the same."""
    for number in range(4):
        (folder / f"team-{number}").mkdir()
        (folder / f"team-{number}" / "web.yaml").write_text(SERVICE.format(number, "{port: 0}"))
    whole = portmap("lint", ".", "--format=json")
    parts: list[Part] = []

    def counting(*arguments: Any) -> tuple[Part, Facts]:
        part, facts = read_part(*arguments)
        parts.append(part)
        return part, facts

    monkeypatch.setattr("portmap._lint.parallel.read_part", counting)
    monkeypatch.setattr("portmap._lint.parallel._MAX_UNDIVIDED", 100)
    monkeypatch.setattr("portmap._lint.parallel._MAX_PART", 100)
    assert portmap("lint", ".", "--format=json") == whole
    assert len(parts) > 2
