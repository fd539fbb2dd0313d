"""The recorded requests to a real API server, and its answers.

README.md describes the files.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from portmap import Cluster

__all__ = ["KINDS", "NEWEST", "NODES", "VERSIONS", "Case", "cases", "cluster", "records"]

FOLDER: Final = Path(__file__).resolve().parent

VERSIONS: Final = ("1.32", "1.33", "1.34", "1.35", "1.36")
"""The versions whose servers were asked."""

NEWEST: Final = "1.36"
"""The version whose answers stand in full; of the others there is what differs."""

NODES: Final = ("node-a", "node-b")
"""The nodes of the cluster in which endpoints were recorded."""


KINDS: Final[Mapping[str, int]] = {
    "pod-probes": 1099,
    "pods-random": 2385,
    "workloads": 1813,
    "workloads-single": 1476,
    "ingress": 1284,
    "networkpolicy": 906,
    "endpoints": 474,
    "endpointslice": 666,
}
"""The kinds of recordings of objects other than Services, and how many cases each has."""


class Case(NamedTuple):
    """A request, and the answer of the server of one version.

    Attributes:
        id: The name of the case, `create/RULE/NUMBER`.
        asked: The record with the request.
        answer: The record with the answer: the same record, or that of another version.
        unanswered: Why there is no answer of this version, `""` if there is one.
    """

    id: str
    asked: Mapping[str, Any]
    answer: Mapping[str, Any]
    unanswered: str


def cluster(version: str) -> Cluster:
    """Return the cluster of the recordings."""
    return Cluster(version, service_cidrs=("10.0.0.0/16", "fd00:10::/108"), node_port_range=range(30000, 32768))


@cache
def records(name: str) -> tuple[Mapping[str, Any], ...]:
    """Return the records of one file, in order."""
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


@cache
def _elsewhere(kind: str, version: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the answers of an older version that differ from those of the newest, by case."""
    return {
        record["id"]: record
        for record in records("versions")
        if record["version"] == version and record["corpus"] == kind
    }


def cases(kind: str, version: str = NEWEST) -> Iterator[Case]:
    """Yield each case of this kind, with the answer of this version."""
    differing = {} if version == NEWEST else _elsewhere(kind, version)
    for record in records(kind):
        other = differing.get(record["id"])
        if other is None:
            yield Case(record["id"], record, record, "")
        elif "accepted" not in other:
            yield Case(record["id"], record, other, " ".join(other["differs"]))
        else:
            # What is not said to differ is as it was.
            yield Case(record["id"], record, {**record, **other}, "")
