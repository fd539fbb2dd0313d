"""`portmap resolve`: the container and number that each Service port reaches, or why it has no endpoints."""

import argparse
import os
from collections.abc import Iterable
from typing import Final

from portmap._cli.arguments import Commands, add_input, cluster_of, read_documents
from portmap._kubernetes.target_syntax import ObjectTarget, is_kind, parse_object
from portmap._reports.console import CommandError, Console

_COMMAND: Final = "portmap resolve"


def add_resolve(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "resolve",
        allow_abbrev=False,
        help="show the container and port number that each Service port reaches",
        description="Show which pod or workload, which container and which number each Service port reaches, "
        "or why it has no endpoints.",
        epilog="Exit codes: 0 every port has endpoints, or may be right; 1 a port has none, or a Service is "
        "invalid; "
        "2 bad usage, or the input cannot be read.",
    )
    add_input(parser, "service/NAME selects one Service; ")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    paths, targets = _paths_and_targets(options.paths)
    documents, unreadable = read_documents(paths, cluster, console, _COMMAND)

    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.resolve import as_json, as_text, summary
    from portmap._reports.resolve_data import resolve_documents

    try:
        report = resolve_documents(
            documents, cluster=cluster, unreadable=unreadable, namespace=options.namespace, targets=targets
        )
    except KeyError as error:
        raise CommandError(f"{_COMMAND}: {error.args[0]}") from None
    console.note(*map(str, unreadable))
    if options.format == "json":
        console.write(as_json(report))
    elif console.write(as_text(report, console.page)):
        console.note(*violation_lines(report.invalid_workloads), summary(report))
    return 1 if report.invalid_services or report.ports_without_endpoints else 0


def _paths_and_targets(arguments: Iterable[str]) -> tuple[list[str], list[ObjectTarget]]:
    """Return the paths to read, each once, and the selected Services."""
    paths, targets = [], []
    for argument in dict.fromkeys(arguments):
        kind, slash, name = argument.partition("/")
        if slash and name and is_kind(kind, "Service") and kind and not os.path.lexists(argument):
            targets.append(_target(argument))
        else:
            paths.append(argument)
    return paths or ["."], targets


def _target(text: str) -> ObjectTarget:
    try:
        target = parse_object(text, ["Service"])
    except ValueError as error:
        raise CommandError(f"{_COMMAND}: {error.args[0]}") from None
    if target.port is not None:
        raise CommandError(f"{_COMMAND}: {text!r} names a port: write portmap trace {text}")
    return target
