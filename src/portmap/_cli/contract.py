"""`portmap contract A B`: whether two sets of manifests are the same to the clients of their Services."""

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from portmap._cli.arguments import (
    STDIN,
    add_format,
    add_kubernetes_version,
    add_node_port_range,
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

__all__ = ["add_contract"]

_COMMAND: Final = "portmap contract"
_KEPT: Final = 0
_BROKEN: Final = 1


def add_contract(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "contract",
        allow_abbrev=False,
        help="say whether clients of the Services in A find the same in B, and in which order to change it",
        description="Compare two sets of manifests, two environments or one before and after a change, as the "
        "clients of their Services see them: what broke, what a server would refuse, what disturbs live traffic "
        "and in which order it does not, and what changed behind the Services.",
        epilog="Exit codes: 0 the contract is kept; 1 something broke that clients see; 2 bad usage, or the input "
        "cannot be read or is invalid.",
    )
    for name, words in (("before", "what clients know"), ("after", "what they will find")):
        metavar = "A" if name == "before" else "B"
        parser.add_argument(name, metavar=metavar, help=f"{words}: a YAML or JSON file, a folder, or -")
    add_format(parser)
    add_kubernetes_version(parser)
    add_node_port_range(parser)
    namespaces = parser.add_mutually_exclusive_group()
    namespaces.add_argument(
        "--namespace",
        action="append",
        default=[],
        type=_renamed,
        metavar="OLD=NEW",
        help="what namespace OLD of A is called in B; may be given several times",
    )
    namespaces.add_argument(
        "--ignore-namespaces",
        action="store_true",
        help="Services are the same by their name alone, whatever their namespace",
    )
    parser.set_defaults(run=_run)


def _renamed(text: str) -> tuple[str, str]:
    """The old and the new name of a namespace."""
    old, mark, new = text.partition("=")
    if not mark:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form OLD=NEW, such as staging=prod")
    return namespace_argument(old), namespace_argument(new)


def _namespaces(pairs: "Sequence[tuple[str, str]]") -> dict[str, str]:
    """What each namespace is called in B.

    Raises:
        CommandError: One namespace is given two names.
    """
    found: dict[str, str] = {}
    for old, new in pairs:
        if found.setdefault(old, new) != new:
            raise CommandError(f"{_COMMAND}: namespace {old!r} cannot be both {found[old]!r} and {new!r} in B")
    return found


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
    problems = list(violation_lines(judged([*before, *after])))
    if problems:
        raise CommandError(*problems, f"{_COMMAND}: what a server would refuse cannot be compared")
    with cluster:
        try:
            result = contract(*sides, namespaces=namespaces, ignore_namespaces=options.ignore_namespaces)
        except ValidationError as error:
            raise CommandError(*str(error).splitlines()) from None
    console.say(*map(str, unreadable))
    json = options.format == "json"
    text = as_json(result, cluster, unreadable) if json else as_text(result, width=console.width, colour=console.colour)
    if console.write(text) and not json:
        console.say(summary(result, len(unreadable)))
    return _KEPT if result.kept else _BROKEN


def _objects(documents: "Sequence[Document]") -> "list[Service | Pod | Workload | Mapping[str, Any]]":
    """What is compared: Services as they were read, all else as plain data, for what it refers to."""
    return [
        document.object if document.object is not None and document.kind == "Service" else document.raw
        for document in documents
        if isinstance(document.raw, Mapping)
    ]
