"""`portmap set`."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import portmap
from manifest_texts import EDITED


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Return a file with a Service and something else."""
    file = tmp_path / "web.yaml"
    file.write_bytes(EDITED.encode())
    return file


def test_check_and_diff_write_nothing(web: Path) -> None:
    """`--check` and `--diff` write nothing; without them the file changes, and a second run says that nothing does."""
    arguments = ("set", str(web), "svc/web", "ports.http.port=81")
    assert portmap(*arguments, "--check").code == 1
    shown = portmap(*arguments, "--diff")
    assert (shown.code, "-    port: 80\n+    port: 81\n" in shown.out) == (0, True)
    assert web.read_bytes() == EDITED.encode()
    assert portmap(*arguments) == (0, "", "")
    assert web.read_bytes() == EDITED.replace("port: 80\n", "port: 81\n").encode()
    nothing = f"{web}: svc/web: nothing to change\n"
    for option in ((), ("--check",), ("--diff",)):
        assert portmap(*arguments, *option) == (0, "", nothing)
    assert portmap("set", str(web), "svc/web", "ports.http.appProtocol-") == (0, "", nothing)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \0", b"a: [", b"{{ template }}", b"", b"\x1f\x8b"])
def test_unreadable_files(web: Path, content: bytes) -> None:
    """A file that is no manifest is an error with its name, exits with 2, and does not change."""
    web.write_bytes(content)
    run = portmap("set", str(web), "service/web", "ports.http.port=81")
    assert (run.code, run.out, str(web) in run.err) == (2, "", True)
    assert web.read_bytes() == content


def test_packed_files(tmp_path: Path) -> None:
    """A file whose name says that it is packed by gzip is refused and does not change."""
    packed = tmp_path / "web.yaml.gz"
    packed.write_bytes(gzip.compress(EDITED.encode()))
    before = packed.read_bytes()
    run = portmap("set", str(packed), "service/web", "ports.http.port=81")
    assert (run.code, run.out, "is packed by gzip" in run.err) == (2, "", True)
    assert packed.read_bytes() == before


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_standard_input_goes_to_standard_output(newline: str) -> None:
    """For `-` the whole result is written, changed or not; `--check` and `--diff` write as for a file."""
    text = EDITED.replace("\n", newline)
    arguments = ("set", "-", "service/web")
    done = portmap(*arguments, "ports.http.port=81", stdin=text)
    assert done == (0, text.replace("port: 80", "port: 81"), "")
    nothing = "<stdin>: service/web: nothing to change\n"
    assert portmap(*arguments, "ports.http.port=80", stdin=text) == (0, text, nothing)
    assert portmap(*arguments, "ports.http.port=81", "--check", stdin=text) == (1, "", "<stdin>: would change\n")
    assert portmap(*arguments, "ports.http.port=81", "--diff", stdin=text).out.startswith("--- <stdin>\n")
    refused = portmap(*arguments, "ports.http.port=0", stdin=text)
    assert (refused.code, refused.out) == (2, "")


def test_standard_output_has_the_bytes_of_standard_input() -> None:
    """A process writes UTF-8 in any locale, and the newlines that it read."""
    text = EDITED.replace("Ask Kim", "Frag Jörg").replace("\n", "\r\n").encode()
    done = subprocess.run(
        [sys.executable, "-m", "portmap", "set", "-", "svc/web", "ports.http.port=81"],
        input=text,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )
    assert done.stdout == text.replace(b"port: 80", b"port: 81")


def test_folders_and_missing_files(tmp_path: Path) -> None:
    """A folder, a dangling link and a missing file are errors, and no file is created."""
    (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
    for name in (".", "link.yaml", "none.yaml", "a\0b"):
        run = portmap("set", str(tmp_path / name), "service/web", "ports.http.port=81")
        assert (run.code, run.err.count("\n")) == (2, 2)
    assert [each.name for each in tmp_path.iterdir()] == ["link.yaml"]


@pytest.mark.parametrize(("given", "code"), [((), 2), (("--node-port-range", "20000-22767"), 0)])
def test_the_node_port_range(web: Path, given: tuple[str, ...], code: int) -> None:
    """A node port is checked against the given range, and the refusal names the option for it."""
    run = portmap("set", str(web), "service/web", "type=NodePort", "ports.http.nodePort=20000", *given)
    assert (run.code, "--node-port-range" in run.err) == (code, code == 2)
    assert (web.read_bytes() == EDITED.encode()) == (code == 2)
    assert portmap("set", str(web), "service/web", "type=NodePort", "--node-port-range", "9").code == 2
