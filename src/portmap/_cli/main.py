"""The command `portmap`: its parser, and its exit codes.

0: nothing is wrong. 1: something is, as the help of each command says. 2: the command could not run.
130: interrupted. Standard output has the report alone; everything else goes to standard error.

Each command imports what it needs when it runs, so that `--version` and `--help` are fast.
"""

import argparse
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from typing import IO, Final, NoReturn, final

from portmap._cli.arguments import STDIN
from portmap._reports.console import CommandError, Console

_COMMANDS: Final = {
    "resolve": ("resolve", "add_resolve"),
    "lint": ("lint", "add_lint"),
    "trace": ("trace", "add_trace"),
    "ports": ("ports", "add_ports"),
    "draw": ("draw", "add_draw"),
    "rules": ("rules", "add_rules"),
    "explain": ("rules", "add_rules"),
    "contract": ("contract", "add_contract"),
    "set": ("edit", "add_set"),
}
"""The sub-commands in the order of the help, each with its module and the function that adds it."""

_COULD_NOT_RUN: Final = 2
_INTERRUPTED: Final = 130


def main(
    argv: Sequence[str] | None = None,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments after the name of the command (default: those of the process).
        stdin: What `-` reads (default: that of the process).
        stdout: Where the report goes (default: that of the process).
        stderr: Where everything else goes (default: that of the process).
    """
    console = Console(stdin or sys.stdin, stdout or sys.stdout, stderr or sys.stderr)
    try:
        with _without_collector():
            return _run(argv, console)
    except CommandError as error:
        console.note(*error.lines)
        return _COULD_NOT_RUN
    except KeyboardInterrupt:
        return _INTERRUPTED
    except MemoryError:
        console.note("portmap: there is not enough memory for this input")
        return _COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no finding
        console.note(*_crash(error))
        return _COULD_NOT_RUN


def _crash(error: Exception) -> list[str]:
    """Return what to say of an error that no command expects, with its traceback in Python's development mode."""
    from traceback import extract_tb, format_exception

    if sys.flags.dev_mode:
        return "".join(format_exception(error)).splitlines()
    last = extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119 - a name is all that is needed
    return [f"portmap: {type(error).__name__}: {error} ({place}): this is a fault of portmap, please report it"]


@contextmanager
def _without_collector() -> Iterator[None]:
    """Disable garbage collection: nearly all objects live to the end, and the search takes up to half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _run(argv: Sequence[str] | None, console: Console) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    parser = command_parser(arguments[0] if arguments else None)
    out, err = io.StringIO(), io.StringIO()
    try:
        # argparse writes to the streams of the process, which may be closed.
        with redirect_stdout(out), redirect_stderr(err):
            options, rest = parser.parse_known_args(arguments)
            # argparse accepts no more paths once options have followed the first.
            paths = getattr(options, "paths", None)
            unknown = [each for each in rest if paths is None or (each.startswith("-") and each != STDIN)]
            if unknown:
                hint = "; --format sets the format" if unknown[0].startswith("-o") and "format" in options else ""
                options.parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
            if paths is not None:
                paths += rest
    except SystemExit as stop:
        console.write(out.getvalue())
        console.note(*err.getvalue().splitlines())
        return _COULD_NOT_RUN if stop.code else 0
    run: Callable[[argparse.Namespace, Console], int] = options.run
    return run(options, console)


def command_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the command, with one for each sub-command.

    Args:
        command: The sub-command that is called, if it is known. The others are left out then.
    """
    parser = argparse.ArgumentParser(
        prog="portmap",
        description="Check Kubernetes Services and everything that refers to their ports.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    needed = [_COMMANDS[command]] if command in _COMMANDS else _COMMANDS.values()
    for module, add in dict.fromkeys(needed):
        getattr(import_module(f"portmap._cli.{module}"), add)(commands)
    for each in commands.choices.values():
        each.set_defaults(parser=each)
    return parser


@final
class _Version(argparse.Action):
    """Print the version, which is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version of portmap")

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            installed = version("portmap-k8s")
        except PackageNotFoundError:
            installed = "(version unknown: it is not installed)"
        print(f"portmap {installed}")
        parser.exit()
