"""What the sub-commands share: arguments, reading the input, and writing files."""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.features import SUPPORTED_VERSIONS
from portmap._kubernetes.names import dns_label_reasons
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._manifests.documents import Document

STDIN: Final = "-"
_RANGE: Final = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name
"""The sub-commands of a parser."""


def add_input(parser: argparse.ArgumentParser, more_paths: str = "", formats: Sequence[str] = ()) -> None:
    """Add the arguments of commands that read one set of manifests.

    Args:
        parser: The parser of the sub-command.
        more_paths: What else the paths may be, for the help.
        formats: The formats of the sub-command, if they are not text and JSON.
    """
    add_paths(parser, more_paths)
    if formats:
        parser.add_argument("--format", choices=formats, help="(default: that of the file's suffix, or text)")
    else:
        add_format(parser)
    add_cluster(parser)
    add_namespace(parser)


def add_paths(parser: argparse.ArgumentParser, more_paths: str = "") -> None:
    """Add `PATH…`."""
    parser.add_argument(
        "paths",
        nargs="*",
        # Without a default, argparse calls it required in the error about another argument.
        default=[],
        metavar="PATH",
        help=f"YAML and JSON files, folders of them, or - for standard input; {more_paths}default: the current folder",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add `--format text|json`."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add `--kubernetes-version` and `--node-port-range`."""
    parser.add_argument(
        "--kubernetes-version",
        type=version_argument,
        default=Cluster().version,
        metavar="VERSION",
        help=f"{SUPPORTED_VERSIONS[0]} to {SUPPORTED_VERSIONS[-1]} (default: {Cluster().version})",
    )
    parser.add_argument(
        "--node-port-range",
        type=node_ports_argument,
        default=Cluster().node_port_range,
        metavar="FIRST-LAST",
        help="the cluster's --service-node-port-range (default: 30000-32767)",
    )


def add_namespace(parser: argparse.ArgumentParser) -> None:
    """Add `--namespace`."""
    parser.add_argument(
        "--namespace",
        type=namespace_argument,
        metavar="NAME",
        help="the namespace of objects that name none (default: unknown, so they match any)",
    )


def cluster_of(options: argparse.Namespace) -> Cluster:
    """Return the cluster that the arguments describe."""
    return Cluster(options.kubernetes_version, node_port_range=options.node_port_range)


def version_argument(text: str) -> str:
    """Return a supported version of Kubernetes."""
    try:
        return Cluster(text).version
    except ValidationError as error:
        raise argparse.ArgumentTypeError(error.violations[0].message) from None


def node_ports_argument(text: str) -> range:
    """Return a range of node ports."""
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    try:
        return Cluster(node_port_range=range(first, last + 1)).node_port_range
    except ValidationError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a range of ports within 1 to 65535, such as 30000-32767"
        ) from None


def namespace_argument(text: str) -> str:
    """Return the name of a namespace."""
    for reason in dns_label_reasons(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a namespace: {reason}")
    return text


def read_documents(
    paths: Sequence[str], cluster: Cluster, console: Console, command: str
) -> "tuple[list[Document], list[ManifestError]]":
    """Return the documents of all paths, and errors for the files of folders that cannot be read.

    Raises:
        CommandError: A path cannot be read, or there are no objects.
    """
    from portmap._manifests.load import SUFFIXES, load

    documents: list[Document] = []
    unreadable: list[ManifestError] = []
    problems: list[str] = []
    known: set[str] = set()
    for path in paths:
        try:
            manifests = load(console.source if path == STDIN else path, cluster=cluster)
        except ManifestError as error:
            problems.append(str(error))
            continue
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
            continue
        if not manifests and not manifests.unreadable and Path(path).is_dir():
            problems.append(f"{path}: there are no manifests ({', '.join(SUFFIXES)}) in this folder")
        # A file may be named beside its folder; it is read once.
        sources = {each.source for each in manifests} | {each.source for each in manifests.unreadable}
        files = {source: os.path.realpath(source) for source in sources}
        documents += (each for each in manifests if files[each.source] not in known)
        unreadable += (each for each in manifests.unreadable if files[each.source] not in known)
        known.update(files.values())
    if problems:
        raise CommandError(*problems)
    if not any(document.kind for document in documents):
        raise CommandError(
            *map(str, unreadable), f"{command}: no Kubernetes objects could be read from {describe_paths(paths)}"
        )
    return documents, unreadable


def write_file(path: str | Path, data: bytes, command: str) -> None:
    """Write a file whole or not at all.

    Raises:
        CommandError: It cannot be written.
    """
    from portmap._manifests.atomic_write import write_whole

    try:
        write_whole(path, data)
    except ManifestError as error:
        raise CommandError(f"{command}: {error}") from None


def describe_paths(paths: Sequence[str]) -> str:
    """Return the paths for a message."""
    return ", ".join("standard input" if path == STDIN else path for path in paths)
