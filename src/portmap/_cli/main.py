"""The command `portmap`: arguments in, a report out, and an exit code that a script can rely on.

0: all is well. 1: it is not: a port leads nowhere, a Service is invalid, a contract is broken.
2: it could not be found out. 130: interrupted. Only the report is written to standard output.

What reads and resolves is imported once it is known what for, so that `--version` and `--help`
do not wait for it.
"""

import argparse
import gc
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import IO, TYPE_CHECKING, Final, NoReturn, final

from portmap._cli.arguments import (
    STDIN,
    add_input,
    cluster_of,
    read_documents,
)
from portmap._cli.contract import add_contract
from portmap._cli.draw import add_draw
from portmap._cli.edit import add_set
from portmap._cli.lint import add_lint
from portmap._cli.ports import add_ports
from portmap._cli.rules import add_rules
from portmap._cli.trace import add_trace
from portmap._kubernetes.did_you_mean import nearest
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._manifests.documents import Document
    from portmap._reports.resolve_data import Report

__all__ = ["main"]

_FINE: Final = 0
_NOWHERE: Final = 1
_FAILED: Final = 2
_INTERRUPTED: Final = 130

_SERVICE: Final = re.compile(r"(?:service|services|svc)/(.+)", re.IGNORECASE)


def main(
    argv: Sequence[str] | None = None,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments after the command's name; left out, those of the process.
        stdin: What `-` reads; left out, the standard streams of the process, here and below.
        stdout: Where the report goes.
        stderr: Where everything else goes.
    """
    console = Console(stdin or sys.stdin, stdout or sys.stdout, stderr or sys.stderr)
    try:
        with _without_collector():
            return _run(argv, console)
    except CommandError as error:
        console.say(*error.lines)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nearly all that is made lasts until the end: looking for cycles takes up to half of the time, and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _run(argv: Sequence[str] | None, console: Console) -> int:
    parser = _parser()
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            options, rest = parser.parse_known_args(argv)
            # argparse takes no more paths once options have followed the first.
            paths = getattr(options, "paths", None)
            unknown = [each for each in rest if paths is None or (each.startswith("-") and each != STDIN)]
            if unknown:
                hint = "; --format says the format" if unknown[0].startswith("-o") and "format" in options else ""
                options.parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
            if paths is not None:
                paths += rest
    except SystemExit as stop:
        console.write(out.getvalue())
        console.say(*err.getvalue().splitlines())
        return _FAILED if stop.code else _FINE
    run: Callable[[argparse.Namespace, Console], int] = options.run
    return run(options, console)


# --- the arguments ---------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portmap", description="Where the ports of Kubernetes Services lead.", allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    resolve = commands.add_parser(
        "resolve",
        allow_abbrev=False,
        help="say which container and number each Service port reaches, or why it reaches none",
        description="Say for each Service in the input which pod or workload, which container and which "
        "number each of its ports reaches, or why it reaches none.",
        epilog="Exit codes: 0 every port leads somewhere; 1 a port leads nowhere, or a Service is invalid; "
        "2 bad usage, or the input cannot be read.",
    )
    add_input(resolve, "service/NAME picks one Service; ")
    resolve.set_defaults(run=_resolve)
    add_lint(commands)
    add_trace(commands)
    add_ports(commands)
    add_draw(commands)
    add_rules(commands)
    add_contract(commands)
    add_set(commands)
    for each in commands.choices.values():
        each.set_defaults(parser=each)
    return parser


@final
class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version of portmap")

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("portmap-k8s")
        except PackageNotFoundError:
            found = "(version unknown: it is not installed)"
        print(f"portmap {found}")
        parser.exit()


# --- resolve ---------------------------------------------------------------------------------------------------


def _resolve(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    paths, names = _paths_and_names(options.paths)
    documents, unreadable = read_documents(paths, cluster, console, "portmap resolve")

    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.resolve import as_json, as_text, summary
    from portmap._reports.resolve_data import find_routes

    report = find_routes(
        documents, cluster=cluster, unreadable=unreadable, namespace=options.namespace, names=frozenset(names)
    )
    _check_names(names, documents, report, options.namespace)
    console.say(*map(str, unreadable))
    as_json_text = options.format == "json"
    text = as_json(report) if as_json_text else as_text(report, width=console.width, colour=console.colour)
    if console.write(text) and not as_json_text:
        console.say(*violation_lines(report.invalid_workloads), summary(report))
    return _FINE if report.all_lead_somewhere else _NOWHERE


def _paths_and_names(arguments: Iterable[str]) -> tuple[list[str], list[str]]:
    """The paths to read, each once, and the names of the Services that are asked for."""
    paths, names = [], []
    for argument in dict.fromkeys(arguments):
        match = _SERVICE.fullmatch(argument)
        if match and not os.path.lexists(argument):
            names.append(match[1])
        else:
            paths.append(argument)
    return paths or ["."], names


def _check_names(
    names: Sequence[str], documents: "Iterable[Document]", report: "Report", namespace: str | None
) -> None:
    """Fails for a Service that was asked for and does not exist."""
    from portmap._reports.resolve_data import called

    problems = []
    found = {name for each in report.services for name in called(each.document, namespace)}
    for name in names:
        if name not in found:
            services = (each for each in documents if each.kind == "Service")
            guess = nearest(name, sorted({name for each in services for name in called(each, namespace)}))
            hint = f"; did you mean {guess!r}?" if guess else ""
            problems.append(f"portmap resolve: there is no Service {name!r} in the input{hint}")
    if problems:
        raise CommandError(*problems)
