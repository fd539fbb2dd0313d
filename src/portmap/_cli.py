"""The command `portmap`: arguments in, a report out, and an exit code that a script can rely on.

0: every port leads somewhere. 1: one leads nowhere, or a Service is invalid. 2: it could not be
found out. 130: interrupted. Only the report is written to standard output.

What reads and resolves is imported once it is known what for, so that `--version` and `--help`
do not wait for it.
"""

import argparse
import io
import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NoReturn, final

from portmap._cluster import SUPPORTED_VERSIONS, Cluster
from portmap._errors import ManifestError, ValidationError
from portmap._grammar import dns_label_reasons
from portmap._render._console import CommandError, Console
from portmap._suggestions import nearest

if TYPE_CHECKING:
    from portmap._render._routes import Report
    from portmap.manifests._documents import Document, Manifests

__all__ = ["main"]

_FINE: Final = 0
_NOWHERE: Final = 1
_FAILED: Final = 2
_INTERRUPTED: Final = 130

_STDIN: Final = "-"
_SERVICE: Final = re.compile(r"(?:service|services|svc)/(.+)", re.IGNORECASE)
_RANGE: Final = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")


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
        return _run(argv, console)
    except CommandError as error:
        console.say(*error.lines)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(argv: Sequence[str] | None, console: Console) -> int:
    parser = _parser()
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            options, rest = parser.parse_known_args(argv)
            # argparse takes no more paths once options have followed the first.
            unknown = [each for each in rest if each.startswith("-") and each != _STDIN]
            if unknown:
                parser.error(f"unrecognized arguments: {' '.join(unknown)}")
            options.paths += rest
    except SystemExit as stop:
        console.write(out.getvalue())
        console.say(*err.getvalue().splitlines())
        return _FAILED if stop.code else _FINE
    return _resolve(options, console)


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
    resolve.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="YAML and JSON files, folders of them, or - for standard input; service/NAME picks one Service; "
        "left out: the current folder",
    )
    resolve.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")
    resolve.add_argument(
        "--kubernetes-version",
        type=_version,
        default=Cluster().version,
        metavar="VERSION",
        help=f"{SUPPORTED_VERSIONS[0]} to {SUPPORTED_VERSIONS[-1]} (default: {Cluster().version})",
    )
    resolve.add_argument(
        "--node-port-range",
        type=_node_ports,
        default=Cluster().node_port_range,
        metavar="FIRST-LAST",
        help="the cluster's --service-node-port-range (default: 30000-32767)",
    )
    resolve.add_argument(
        "--namespace",
        type=_namespace,
        metavar="NAME",
        help="the namespace of objects that name none (default: they may be in any)",
    )
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


def _version(text: str) -> str:
    try:
        return Cluster(text).version
    except ValidationError as error:
        raise argparse.ArgumentTypeError(error.violations[0].message) from None


def _node_ports(text: str) -> range:
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    try:
        return Cluster(node_port_range=range(first, last + 1)).node_port_range
    except ValidationError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no range of ports within 1 to 65535, such as 30000-32767"
        ) from None


def _namespace(text: str) -> str:
    for reason in dns_label_reasons(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no namespace: {reason}")
    return text


# --- resolve ---------------------------------------------------------------------------------------------------


def _resolve(options: argparse.Namespace, console: Console) -> int:
    cluster = Cluster(options.kubernetes_version, node_port_range=options.node_port_range)
    paths, names = _paths_and_names(options.paths)
    documents, unreadable = _read(paths, cluster, console)

    from portmap._render._find_routes import find_routes
    from portmap._render._resolve_json import as_json
    from portmap._render._resolve_text import as_text, complaints, summary

    report = find_routes(
        documents, cluster=cluster, unreadable=unreadable, namespace=options.namespace, names=frozenset(names)
    )
    _check_names(names, documents, report)
    console.say(*map(str, unreadable))
    as_json_text = options.format == "json"
    text = as_json(report) if as_json_text else as_text(report, width=console.width, colour=console.colour)
    if console.write(text) and not as_json_text:
        console.say(*complaints(report), summary(report))
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


def _read(paths: Sequence[str], cluster: Cluster, console: Console) -> "tuple[list[Document], list[ManifestError]]":
    """The documents of all paths, and the files of folders that could not be read.

    Raises:
        CommandError: A path that was named cannot be read, or nothing was found.
    """
    from portmap.manifests._load import SUFFIXES, load

    documents: list[Document] = []
    unreadable: list[ManifestError] = []
    problems: list[str] = []
    known: set[str] = set()
    for path in paths:
        try:
            found = load(console.source if path == _STDIN else path, cluster=cluster)
        except ManifestError as error:
            problems.append(str(error))
            continue
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
            continue
        if not found and not found.unreadable and Path(path).is_dir():
            problems.append(f"{path}: there are no manifests ({', '.join(SUFFIXES)}) in this folder")
        # A file may be named beside the folder in which it stands; it is taken once.
        files = {source: os.path.realpath(source) for source in _sources(found)}
        documents += (each for each in found if files[each.source] not in known)
        unreadable += (each for each in found.unreadable if files[each.source] not in known)
        known.update(files.values())
    if problems:
        raise CommandError(*problems)
    if not any(document.kind for document in documents):
        named = ", ".join("standard input" if path == _STDIN else path for path in paths)
        raise CommandError(*map(str, unreadable), f"portmap resolve: no Kubernetes objects could be read from {named}")
    return documents, unreadable


def _sources(found: "Manifests") -> set[str]:
    return {each.source for each in found} | {each.source for each in found.unreadable}


def _check_names(names: Sequence[str], documents: "Iterable[Document]", report: "Report") -> None:
    """Fails for a Service that was asked for and does not exist."""
    problems = []
    found = {each.document.name for each in report.services}
    for name in names:
        if name not in found:
            guess = nearest(name, sorted({each.name for each in documents if each.kind == "Service"}))
            hint = f"; did you mean {guess!r}?" if guess else ""
            problems.append(f"portmap resolve: there is no Service {name!r} in the input{hint}")
    if problems:
        raise CommandError(*problems)
