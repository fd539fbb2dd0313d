"""Runs of the command, in this process and in a subprocess, and files for them."""

import argparse
import io
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import IO, NamedTuple, final

from portmap._cli.main import command_parser, main


@final
class Run(NamedTuple):
    """The exit code and output of a run."""

    code: int
    out: str
    err: str


@final
class Terminal(io.StringIO):
    """A standard stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def portmap(*arguments: str, stdin: str | bytes = "", stdout: IO[str] | None = None) -> Run:
    """Run the command in this process."""
    text = io.TextIOWrapper(io.BytesIO(stdin), encoding="ascii") if isinstance(stdin, bytes) else io.StringIO(stdin)
    out, err = stdout or io.StringIO(), io.StringIO()
    code = main(arguments, text, out, err)
    return Run(code, out.getvalue() if isinstance(out, io.StringIO) else "", err.getvalue())


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the sub-commands and their parsers."""
    [found] = [each for each in command_parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(found.choices)


def parser_of(command: str) -> argparse.ArgumentParser:
    """Return the parser of a sub-command."""
    return commands()[command]


def process(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run `python -m portmap` in a subprocess."""
    return subprocess.run(
        [sys.executable, "-m", "portmap", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )


def write(name: str, *documents: str) -> None:
    """Write indented documents to a file."""
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\n".join(dedent(document) for document in documents), encoding="utf-8")


def same(text: str, expected: str) -> None:
    """Assert that a report is equal to an indented text."""
    assert text == dedent(expected)
