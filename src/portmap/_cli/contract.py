"""`portmap contract A B`: whether two sets of manifests look the same to the clients of their Services."""

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from portmap._cli.arguments import (
    STDIN,
    Commands,
    add_cluster,
    add_format,
    cluster_of,
    namespace_argument,
    read_documents,
)
from portmap._kubernetes.errors import ValidationError
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._manifests.documents import Document
    from portmap._model.pods import Pod
    from portmap._model.services import Service
    from portmap._model.workloads import Workload

_COMMAND: Final = "portmap contract"


def add_contract(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "contract",
        allow_abbrev=False,
        help="compare two sets of manifests as clients of their Services see them, and plan a safe order of changes",
        description="Compare two sets of manifests, two environments or one before and after a change, as the "
        "clients of their Services see them: what breaks, what a server would refuse, what disturbs live traffic "
        "and the order that avoids it, and what changes behind the Services.",
        epilog="Exit codes: 0 the contract is kept; 1 something that clients see breaks; 2 bad usage, or the input "
        "cannot be read or is invalid.",
    )
    parser.add_argument("before", metavar="A", help="the set that clients know: a YAML or JSON file, a folder, or -")
    parser.add_argument("after", metavar="B", help="the set that replaces it: a YAML or JSON file, a folder, or -")
    add_format(parser)
    add_cluster(parser)
    namespaces = parser.add_mutually_exclusive_group()
    namespaces.add_argument(
        "--namespace",
        action="append",
        default=[],
        type=_renaming,
        metavar="OLD=NEW",
        help="namespace OLD of A is NEW in B; can be given several times",
    )
    namespaces.add_argument(
        "--ignore-namespaces", action="store_true", help="pair Services by their names alone, in any namespace"
    )
    parser.add_argument(
        "--write",
        choices=("client-apply", "server-apply", "replace"),
        default="client-apply",
        help="how B is written: kubectl apply (the default), kubectl apply --server-side, or kubectl replace",
    )
    parser.add_argument(
        "--created-by",
        choices=("client-apply", "server-apply", "create"),
        help="how A was written first (default: as B is written, or kubectl create before a replace)",
    )
    parser.set_defaults(run=_run)


def _renaming(text: str) -> tuple[str, str]:
    """Return the old and the new name of a namespace."""
    old, mark, new = text.partition("=")
    if not mark:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form OLD=NEW, such as staging=prod")
    return namespace_argument(old), namespace_argument(new)


def _namespaces(renamings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the names in B of the namespaces in A.

    Raises:
        CommandError: A namespace has two names in B.
    """
    names: dict[str, str] = {}
    for old, new in renamings:
        if names.setdefault(old, new) != new:
            raise CommandError(f"{_COMMAND}: namespace {old!r} cannot be both {names[old]!r} and {new!r} in B")
    return names


def _run(options: argparse.Namespace, console: Console) -> int:
    if options.before == options.after == STDIN:
        raise CommandError(f"{_COMMAND}: only one of A and B can be standard input")
    namespaces = _namespaces(options.namespace)
    cluster = cluster_of(options)
    before, unreadable = read_documents([options.before], cluster, console, _COMMAND)
    after, more = read_documents([options.after], cluster, console, _COMMAND)
    unreadable += more

    from portmap._contract import contract
    from portmap._manifests.documents import judged
    from portmap._reports.contract import as_json, as_text, summary
    from portmap._reports.invalid_objects import violation_lines

    sides = _objects(before), _objects(after)
    problem = f"{_COMMAND}: objects that a server would refuse cannot be compared"
    certain = [*before, *(document for document in after if not _may_be_update(document))]
    violations = list(violation_lines(judged(certain)))
    if violations:
        raise CommandError(*violations, problem)
    with cluster:
        try:
            result = contract(
                *sides,
                namespaces=namespaces,
                ignore_namespaces=options.ignore_namespaces,
                write=options.write,
                created_by=options.created_by,
            )
        except ValidationError as error:
            violations = list(violation_lines(judged(after)))
            raise CommandError(*(violations or str(error).splitlines()), problem) from None
    console.note(*map(str, unreadable))
    if options.format == "json":
        console.write(as_json(result, cluster, unreadable))
    elif console.write(as_text(result, console.page)):
        console.note(summary(result, len(unreadable)))
    return 0 if result.kept else 1


def _may_be_update(document: "Document") -> bool:
    """Return whether a server might accept a Service as an update that it would not create."""
    from portmap._apiserver.decode_codes import DECODING_CODES

    is_service = document.kind == "Service" and isinstance(document.raw, Mapping)
    return is_service and not any(violation.code in DECODING_CODES for violation in document.violations)


def _objects(documents: "Sequence[Document]") -> "list[Service | Pod | Workload | Mapping[str, Any]]":
    """Return Services as they were read, and all else as plain data, for its references."""
    return [
        document.object if document.object is not None and document.kind == "Service" else document.raw
        for document in documents
        if isinstance(document.raw, Mapping)
    ]
