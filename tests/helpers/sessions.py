"""Console sessions of the documentation: what the commands of a page print, run among the files of the page.

A block is a session if its lines begin with a prompt. It is no shell that runs it: pipes, `> FILE`
and `echo $?` are known, and the programs below. What a program prints that is not installed
here is recorded in the page. A project that a page writes, with entry points in its
`pyproject.toml`, is as good as installed.
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

PROMPT: Final = "$ "
_COMMAND: Final = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def install(project: Path) -> bool:
    """Makes the project of this `pyproject.toml` an installed one for what has its folder on the path, as pip would.

    Whether it has entry points, for which alone that matters.
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


@final
class Session:
    """Runs one command after another in the working directory, and remembers how the last one ended.

    Where a project of the page is installed, `portmap` is a process of its own that sees it.
    """

    def __init__(self, recorded: dict[str, str]) -> None:
        self.recorded = recorded
        self.installed = False
        self.code = 0

    def problems(self, text: str) -> Iterator[str]:
        """The commands of a block that print something else than the page shows below them."""
        for command, shown in _COMMAND.findall(text):
            printed = self.run(command)
            if printed != shown:
                yield f"{command} prints something else:\n{printed or 'nothing'}"

    def run(self, line: str) -> str:
        """What a command line prints."""
        if line == "echo $?":
            return f"{self.code}\n"
        line, _, target = line.partition(" > ")
        out, told = "", ""
        for command in line.split(" | "):
            out, err = self._run(command, out)
            told += err
        if target:
            Path(target).write_text(out, encoding="utf-8")
            out = ""
        return out + told

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
            case "cat":
                self.code = 0
                return "".join(Path(each).read_text(encoding="utf-8") for each in arguments), ""
            case _:
                return f"nothing runs {command}\n", ""

    def _pyright(self, arguments: list[str], stdin: str) -> tuple[str, str]:
        """What pyright prints, which names files by their full paths."""
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
                # Installed, portmap is found; run from its source, mypy must be told where that is.
                **({} if here.endswith("site-packages") else {"MYPYPATH": here}),
                "PYTHONUTF8": "1",
                # Else it asks the registry whether there is a newer one.
                "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
            },
        )
        self.code = done.returncode
        return done.stdout, done.stderr
