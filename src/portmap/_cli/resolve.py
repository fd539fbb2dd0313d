"""`portmap resolve`: the container and number that each Service port reaches, or why it has no endpoints."""

import argparse
import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from portmap._cli.arguments import Commands, add_input, cluster_of, read_documents
from portmap._kubernetes.did_you_mean import nearest
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._manifests.documents import Document

_COMMAND: Final = "portmap resolve"
_SERVICE: Final = re.compile(r"(?:service|services|svc)/(.+)", re.IGNORECASE)


def add_resolve(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "resolve",
        allow_abbrev=False,
        help="show the container and port number that each Service port reaches",
        description="Show which pod or workload, which container and which number each Service port reaches, "
        "or why it has no endpoints.",
        epilog="Exit codes: 0 every port has endpoints; 1 a port has none, or a Service is invalid; "
        "2 bad usage, or the input cannot be read.",
    )
    add_input(parser, "service/NAME selects one Service; ")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    cluster = cluster_of(options)
    paths, names = _paths_and_names(options.paths)
    documents, unreadable = read_documents(paths, cluster, console, _COMMAND)

    from portmap._reports.invalid_objects import violation_lines
    from portmap._reports.resolve import as_json, as_text, summary
    from portmap._reports.resolve_data import names_of, resolve_documents

    report = resolve_documents(
        documents, cluster=cluster, unreadable=unreadable, namespace=options.namespace, names=names
    )
    found = {name for each in report.services for name in names_of(each.document, options.namespace)}
    missing = [name for name in names if name not in found]
    if missing:
        raise CommandError(*_no_such_services(missing, documents, options.namespace))
    console.note(*map(str, unreadable))
    if options.format == "json":
        console.write(as_json(report))
    elif console.write(as_text(report, console.page)):
        console.note(*violation_lines(report.invalid_workloads), summary(report))
    return 1 if report.invalid_services or report.ports_without_endpoints else 0


def _paths_and_names(arguments: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the paths to read, each once, and the names of the selected Services."""
    paths, names = [], []
    for argument in dict.fromkeys(arguments):
        match = _SERVICE.fullmatch(argument)
        if match and not os.path.lexists(argument):
            names.append(match[1])
        else:
            paths.append(argument)
    return paths or ["."], names


def _no_such_services(names: Iterable[str], documents: "Iterable[Document]", namespace: str | None) -> Iterator[str]:
    from portmap._reports.resolve_data import names_of

    known = {name for each in documents if each.kind == "Service" for name in names_of(each, namespace)}
    for name in names:
        guess = nearest(name, sorted(known))
        hint = f"; did you mean {guess!r}?" if guess else ""
        yield f"{_COMMAND}: there is no Service {name!r} in the input{hint}"
