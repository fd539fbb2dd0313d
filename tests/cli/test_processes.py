"""How a run ends: no process is left, and a crash is no finding."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import portmap._lint.inputs
import portmap._manifests.load
from command_line import portmap as run_portmap
from manifest_texts import WEB

if sys.platform == "win32":  # pragma: no cover
    pytest.skip("Windows has no such signals", allow_module_level=True)

# A command that waits for busy processes, and says which they are.
PROGRAM = """
import multiprocessing, sys, time
import portmap.__main__, portmap._cli.main
from portmap._cli.processes import executor_of

def busy(*_):
    with executor_of(2) as executor:
        futures = [executor.submit(time.sleep, 60) for _ in range(4)]
        print(*(each.pid for each in multiprocessing.active_children()), flush=True)
        return futures[0].result()

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    portmap._cli.main._run = busy
    sys.exit(portmap.__main__.run())
"""


def is_running(process: int) -> bool:
    """Return whether a process is running, and not only waiting to be buried."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the processes are looked up in /proc")
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_command(sent: signal.Signals, method: str, tmp_path: Path) -> None:
    """However the command ends, its processes end with it, busy as they are, and none prints a traceback."""
    (tmp_path / "program.py").write_text(PROGRAM)
    command = subprocess.Popen(
        [sys.executable, tmp_path / "program.py", method], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    processes = [int(each) for each in command.stdout.readline().split()]
    assert processes
    time.sleep(0.1)
    for process in [command.pid, *(processes if sent == signal.SIGINT and method == "fork" else ())]:
        os.kill(process, sent)
    _, errors = command.communicate(timeout=20)
    assert "Traceback" not in errors
    assert command.returncode == (130 if sent == signal.SIGINT else -sent)
    end = time.monotonic() + 20
    while any(map(is_running, processes)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_running, processes))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "portmap: there is not enough memory for this input\n"),
        (ZeroDivisionError("\x1b"), "portmap: ZeroDivisionError: \\x1b (test_processes.py:"),
        (RecursionError("too deep"), "portmap: RecursionError: too deep (test_processes.py:"),
    ],
)
def test_a_crash_is_no_finding(error: Exception, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no command expects ends the run with 2 and a line that says where it was."""

    def crash(*_: object, **__: object) -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(WEB)
    for module in (portmap._manifests.load, portmap._lint.inputs):
        monkeypatch.setattr(module, "documents_of", crash)
    for command in ("lint", "resolve", "ports", "draw"):
        run = run_portmap(command, "web.yaml")
        assert (run.code, run.out) == (2, "")
        assert said in run.err
        assert run.err.count("\n") == 1
