"""Console sessions of the documentation, run among the files of the page.

A block with prompts is a session. No shell runs it: pipes, `> FILE`, `echo $?` and the programs
below are supported. The outputs of other programs are recorded in the page. A project that a page
writes, with entry points in its `pyproject.toml`, counts as installed.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, final

import command_line
import portmap
from pytest_runs import pytest_in

__all__ = ["PROMPT", "Session", "install"]

ROOT: Final = Path(__file__).resolve().parents[2]
PROMPT: Final = "$ "
_COMMAND: Final = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def install(project: Path) -> bool:
    """Write the metadata of an installed project for a `pyproject.toml` with entry points.

    Return whether it has any.
    """
    table = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
    groups = table.get("entry-points", {})
    if groups:
        metadata = project.parent / f"{table['name'].replace('-', '_')}-{table['version']}.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {table['name']}\nVersion: {table['version']}\n", encoding="utf-8"
        )
        lines = [f"[{group}]\n{name} = {point}\n" for group in groups for name, point in groups[group].items()]
        (metadata / "entry_points.txt").write_text("".join(lines), encoding="utf-8")
    return bool(groups)


def unknown_packages(arguments: list[str]) -> list[str]:
    """Return the packages of a pip command that are neither portmap with its extras nor used in development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    known = {"portmap", project["name"], *(f"{project['name']}[{extra}]" for extra in extras), *pinned}
    return [each for each in arguments[1:] if not each.startswith("-") and each not in known]


@final
class Session:
    """Commands that run in the working directory, one after the other.

    If a project of the page is installed, `portmap` runs in a subprocess that finds it.
    """

    def __init__(self, recorded: dict[str, str]) -> None:
        self.recorded = recorded
        self.installed = False
        self.code = 0

    def problems(self, text: str) -> Iterator[str]:
        """Yield the commands of a block whose outputs differ from the page."""
        for command, shown in _COMMAND.findall(text):
            printed = self.run(command)
            if printed != shown:
                yield f"{command} prints something else:\n{printed or 'nothing'}"

    def run(self, line: str) -> str:
        """Return the output of a command line."""
        if line == "echo $?":
            return f"{self.code}\n"
        line, _, target = line.partition(" > ")
        out, errors = "", ""
        for command in line.split(" | "):
            out, err = self._run(command, out)
            errors += err
        if target:
            Path(target).write_text(out, encoding="utf-8")
            out = ""
        return out + errors

    def _run(self, command: str, stdin: str) -> tuple[str, str]:
        if command in self.recorded:
            self.code = 0
            return self.recorded[command], ""
        program, *arguments = shlex.split(command)
        match program:
            case "portmap" if self.installed:
                return self._python(["-m", "portmap", *arguments], stdin)
            case "portmap":
                done = command_line.portmap(*arguments, stdin=stdin)
                self.code = done.code
                return done.out, done.err
            case "pytest":
                ran = pytest_in(Path.cwd(), *arguments)
                self.code = ran.code
                return ran.shown, ""
            case "python":
                return self._python(arguments, stdin)
            case "mypy":
                return self._python(["-m", "mypy", *arguments], stdin)
            case "pyright":
                return self._pyright(arguments, stdin)
            case "pip":
                self.code = 0
                return "".join(f"{name} cannot be installed\n" for name in unknown_packages(arguments)), ""
            case "cat":
                self.code = 0
                return "".join(Path(each).read_text(encoding="utf-8") for each in arguments), ""
            case _:
                return f"nothing runs {command}\n", ""

    def _pyright(self, arguments: list[str], stdin: str) -> tuple[str, str]:
        """Return the output of pyright, which has absolute paths."""
        out, err = self._python(["-m", "pyright", "--pythonpath", sys.executable, *arguments], stdin)
        return out.replace(str(Path.cwd().resolve()), "/home/me/shop").replace("\N{NO-BREAK SPACE}", " "), err

    def _python(self, arguments: list[str], stdin: str) -> tuple[str, str]:
        here = str(Path(portmap.__file__).parent.parent)
        projects = [str(Path.cwd())] if self.installed else []
        done = subprocess.run(
            [sys.executable, *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([here, *projects, os.environ.get("PYTHONPATH", "")]),
                # mypy finds an installed portmap, but needs the path of a checkout.
                **({} if here.endswith("site-packages") else {"MYPYPATH": here}),
                "PYTHONUTF8": "1",
                # Otherwise pyright looks for a newer version.
                "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
            },
        )
        self.code = done.returncode
        return done.stdout, done.stderr
