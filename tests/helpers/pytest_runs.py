"""Runs of pytest in a subprocess, with the plugin of portmap."""

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
    """The exit code and output of a run."""

    code: int
    out: str

    @property
    def shown(self) -> str:
        """Return the output without durations."""
        return re.sub(r" in [0-9.]+s\b", "", self.out)


def pytest_in(
    folder: Path, *arguments: str, python: str = sys.executable, options: Sequence[str] = (), source: bool = True
) -> Run:
    """Run pytest in this folder.

    Args:
        folder: The working directory.
        arguments: The arguments of pytest.
        python: The Python to run it with.
        options: The options of Python.
        source: Whether to use portmap from this checkout if it is not installed;
            otherwise this Python must have it.
    """
    environment = {**os.environ, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
    # The variables of the outer pytest do not apply, and in a CI pytest prints more.
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
