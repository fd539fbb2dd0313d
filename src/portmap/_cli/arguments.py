"""What the sub-commands of `portmap` have in common: arguments of the same meaning, and reading the input."""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portmap._kubernetes.cluster import SUPPORTED_VERSIONS, Cluster
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._kubernetes.names import dns_label_reasons
from portmap._reports.console import CommandError, Console

if TYPE_CHECKING:
    from portmap._manifests.documents import Document, Manifests

__all__ = [
    "STDIN",
    "add_format",
    "add_input",
    "add_kubernetes_version",
    "add_node_port_range",
    "cluster_of",
    "namespace_argument",
    "node_ports_argument",
    "read_documents",
]

STDIN: Final = "-"
_RANGE: Final = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")


# --- arguments -------------------------------------------------------------------------------------------------


def add_format(parser: argparse.ArgumentParser) -> None:
    """`--format text|json`."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default: text)")


def add_input(parser: argparse.ArgumentParser, more: str = "", formats: Sequence[str] = ()) -> None:
    """`[PATH…|-] --format --kubernetes-version --node-port-range --namespace`: one set of manifests, in one cluster.

    Args:
        parser: That of the sub-command.
        more: What paths may be beside paths, for the help.
        formats: Those of the sub-command, where they are not text and JSON.
    """
    parser.add_argument(
        "paths",
        nargs="*",
        # Without a default, it is told as required where anything else is.
        default=[],
        metavar="PATH",
        help=f"YAML and JSON files, folders of them, or - for standard input; {more}left out: the current folder",
    )
    if formats:
        parser.add_argument("--format", choices=formats, help="(default: that of the file's suffix, or text)")
    else:
        add_format(parser)
    add_kubernetes_version(parser)
    add_node_port_range(parser)
    parser.add_argument(
        "--namespace",
        type=namespace_argument,
        metavar="NAME",
        help="the namespace of objects that name none (default: they may be in any)",
    )


def cluster_of(options: argparse.Namespace) -> Cluster:
    """The cluster that the arguments of `add_input` describe."""
    return Cluster(options.kubernetes_version, node_port_range=options.node_port_range)


def add_kubernetes_version(parser: argparse.ArgumentParser) -> None:
    """`--kubernetes-version VERSION`."""
    parser.add_argument(
        "--kubernetes-version",
        type=version_argument,
        default=Cluster().version,
        metavar="VERSION",
        help=f"{SUPPORTED_VERSIONS[0]} to {SUPPORTED_VERSIONS[-1]} (default: {Cluster().version})",
    )


def add_node_port_range(parser: argparse.ArgumentParser) -> None:
    """`--node-port-range FIRST-LAST`."""
    parser.add_argument(
        "--node-port-range",
        type=node_ports_argument,
        default=Cluster().node_port_range,
        metavar="FIRST-LAST",
        help="the cluster's --service-node-port-range (default: 30000-32767)",
    )


def version_argument(text: str) -> str:
    """A version that portmap knows."""
    try:
        return Cluster(text).version
    except ValidationError as error:
        raise argparse.ArgumentTypeError(error.violations[0].message) from None


def node_ports_argument(text: str) -> range:
    """A range of node ports."""
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    try:
        return Cluster(node_port_range=range(first, last + 1)).node_port_range
    except ValidationError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no range of ports within 1 to 65535, such as 30000-32767"
        ) from None


def namespace_argument(text: str) -> str:
    """The name of a namespace."""
    for reason in dns_label_reasons(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no namespace: {reason}")
    return text


# --- reading ---------------------------------------------------------------------------------------------------


def read_documents(
    paths: Sequence[str], cluster: Cluster, console: Console, command: str
) -> "tuple[list[Document], list[ManifestError]]":
    """The documents of all paths, and the files of folders that could not be read.

    Raises:
        CommandError: A path that was named cannot be read, or nothing was found.
    """
    from portmap._manifests.load import SUFFIXES, load

    documents: list[Document] = []
    unreadable: list[ManifestError] = []
    problems: list[str] = []
    known: set[str] = set()
    for path in paths:
        try:
            found = load(console.source if path == STDIN else path, cluster=cluster)
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
        named = ", ".join("standard input" if path == STDIN else path for path in paths)
        raise CommandError(*map(str, unreadable), f"{command}: no Kubernetes objects could be read from {named}")
    return documents, unreadable


def _sources(found: "Manifests") -> set[str]:
    return {each.source for each in found} | {each.source for each in found.unreadable}
