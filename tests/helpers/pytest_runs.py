"""Running pytest as a process of its own, with portmap's plugin, and what it printed."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, NamedTuple, final

__all__ = ["Run", "pytest_in"]

SOURCE: Final = Path(__file__).resolve().parents[2] / "src"


@final
class Run(NamedTuple):
    """What a run of pytest gave."""

    code: int
    out: str

    @property
    def shown(self) -> str:
        """What was printed, without the time that it took."""
        return re.sub(r" in [0-9.]+s\b", "", self.out)


def pytest_in(
    folder: Path, *arguments: str, python: str = sys.executable, options: Sequence[str] = (), source: bool = True
) -> Run:
    """Run pytest in this folder.

    Args:
        folder: Where it starts.
        arguments: Its arguments.
        python: Which Python has it.
        options: Options of Python.
        source: Whether portmap is that of this checkout, where it is not installed; else
            that which this Python has.
    """
    environment = {**os.environ, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
    # What the outer pytest was told is not meant for this one, and in a CI it prints more than the page shows.
    for name in ("BUILD_NUMBER", "CI", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"):
        environment.pop(name, None)
    plugin = ["-p", "no:cacheprovider"]
    if not source:
        environment.pop("PYTHONPATH", None)
    elif not any(each.name == "portmap" for each in entry_points(group="pytest11")):
        plugin += ["-p", "_portmap_pytest"]
        environment["PYTHONPATH"] = os.pathsep.join([str(SOURCE), environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        [python, *options, "-m", "pytest", *plugin, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    return Run(done.returncode, done.stdout + done.stderr)
