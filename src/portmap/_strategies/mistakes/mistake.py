"""One change to a good Service, and exactly what a server says of it: what the tables of mistakes are made of.

Each row changes one good manifest in one respect, and names every violation, by code and
field, that the change makes. Between them the rows break every rule that a create through
the API can break.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from portmap._kubernetes.cluster import Cluster

__all__ = ["DUAL_STACK", "GONE", "WEB", "As", "Field", "Mistake", "changed", "mistake"]

Field = tuple[str, str]
"""The code of a violation and its field."""

DUAL_STACK: Final = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))
"""A cluster with both IP families, so that every Service has its place."""

WEB: Final[dict[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {
        "selector": {"app": "web"},
        "ports": [
            {"name": "http", "port": 80, "targetPort": "http"},
            {"name": "metrics", "port": 9090, "protocol": "TCP", "targetPort": 9100},
        ],
    },
}
"""A Service of type ClusterIP with two ports."""

_PORT: Final = re.compile(r"spec\.ports[.\[](\d+)")


@final
class _Gone:
    """What a field is changed to that is taken away."""


GONE: Final = _Gone()


@final
@attrs.frozen
class As:
    """What a field is changed to that becomes the same as another."""

    path: str


@final
@attrs.frozen
class Mistake:
    """A row of the tables.

    Attributes:
        about: What is done, in words.
        expected: Code and field of each violation.
        changes: What is changed: from a path to the new value, `GONE`, or `As` another.
        cluster: Who judges.
        least_ports: How many ports the Service needs for it.
    """

    about: str
    expected: frozenset[Field]
    changes: Mapping[str, Any]
    cluster: Cluster = DUAL_STACK
    least_ports: int = 1

    def __str__(self) -> str:
        return self.about


def mistake(
    about: str, changes: Mapping[str, Any], *expected: Field, cluster: Cluster = DUAL_STACK, least_ports: int = 1
) -> Mistake:
    """A change to a Service that is to be created. It has as many ports as are named."""
    named = [*changes, *(field for _, field in expected)]
    places = [int(match[1]) for text in named if (match := _PORT.match(text))]
    return Mistake(about, frozenset(expected), changes, cluster, max([least_ports, *(place + 1 for place in places)]))


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with these changes. A path is steps with dots between them; numbers are places in lists."""
    data: dict[str, Any] = copy.deepcopy(dict(base))
    for path, value in changes.items():
        place, last = _parent(data, path)
        if value is GONE:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = _at(data, value.path) if isinstance(value, As) else copy.deepcopy(value)
    return data


def _parent(data: dict[str, Any], path: str) -> tuple[Any, str | int]:
    """What holds the field at this path, and the last step to it."""
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = data
    for step in steps:
        if isinstance(place, dict):
            place.setdefault(step, {})
        place = place[step]
    return place, last


def _at(data: dict[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON value
    place, last = _parent(data, path)
    return place[last]
