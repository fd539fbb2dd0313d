"""Mistakes in a valid Service, with the violations that each causes.

The mistakes are those of the server's rules, as the registry has them, and those that a server
finds when it decodes a manifest.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from portmap._apiserver.mistake import GONE, Field, Mistake, SameAs
from portmap._apiserver.registry import RULE_GROUPS
from portmap._kubernetes.cluster import Cluster

DUAL_STACK: Final = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))
"""A cluster with both IP families and known service CIDRs, on which every rule applies."""

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
"""A valid Service of type ClusterIP with two ports."""

_FOUND_BY_DECODING: Final[Mapping[str, Sequence[Mistake]]] = {
    "wrong-type": [
        Mistake("a port in quotes", {"spec.ports.0.port": "80"}, at="spec.ports[0].port"),
        Mistake("a port with a point", {"spec.ports.0.port": 80.0}, at="spec.ports[0].port"),
        Mistake("true for a port", {"spec.ports.0.port": True}, at="spec.ports[0].port"),
        Mistake("a port beyond 32 bits", {"spec.ports.0.port": 2**31}, at="spec.ports[0].port"),
        Mistake("a number for a label", {"metadata.labels": {"version": 1}}, at="metadata.labels[version]"),
        Mistake("one port without a list", {"spec.ports": {"port": 80}}, at="spec.ports"),
        Mistake("yes for true", {"spec.publishNotReadyAddresses": "yes"}, at="spec.publishNotReadyAddresses"),
        Mistake(
            "a time without a zone",
            {"metadata.creationTimestamp": "2026-01-31T12:00:00"},
            at="metadata.creationTimestamp",
        ),
        Mistake(
            "a day that does not exist",
            {"metadata.creationTimestamp": "2026-02-29T12:00:00Z"},
            at="metadata.creationTimestamp",
        ),
    ],
    "unknown-field": [
        Mistake("a misspelt field", {"spec.ports.0.targetport": 80}, at="spec.ports[0].targetport"),
        Mistake("a field of another kind", {"spec.replicas": 1}, at="spec.replicas"),
    ],
    "wrong-kind": [
        Mistake("another API version", {"apiVersion": "v2"}, at="apiVersion"),
        Mistake("another kind", {"kind": "Servce"}, at="kind"),
    ],
    "resource-version-forbidden": [
        Mistake("a resource version", {"metadata.resourceVersion": "7"}, at="metadata.resourceVersion")
    ],
}


@final
@attrs.frozen
class MistakeCase:
    """A mistake and its verdict.

    Attributes:
        mistake: The mistake.
        expected: Code and field of each violation.
        cluster: The cluster that refuses it.
        least_ports: How many ports the Service needs.
    """

    mistake: Mistake
    expected: frozenset[Field]
    cluster: Cluster
    least_ports: int

    def __str__(self) -> str:
        return self.mistake.about


_PORT: Final = re.compile(r"spec\.ports[.\[](\d+)")


def _case(mistake: Mistake, code: str, field: str) -> MistakeCase:
    indices = [step for path in mistake.changes for step in path.split(".") if step.isdigit()]
    at = mistake.at or field.replace("[*]", f"[{indices[-1] if indices else 0}]")
    expected = frozenset({(code, at), *mistake.also})
    paths = [*mistake.changes, *(field for _, field in expected)]
    ports = [int(match[1]) + 1 for path in paths if (match := _PORT.match(path))]
    cluster = DUAL_STACK if mistake.cluster is None else Cluster(**mistake.cluster)
    return MistakeCase(mistake, expected, cluster, max([mistake.least_ports, *ports]))


def _cases() -> Iterator[MistakeCase]:
    rules = {
        rule.code: rule
        for group in RULE_GROUPS
        if group.about == "Service" and group.request == "create"
        for rule in group
    }
    for rule in rules.values():
        yield from (_case(mistake, rule.code, rule.field) for mistake in rule.mistakes)
    for code, mistakes in _FOUND_BY_DECODING.items():
        yield from (_case(mistake, code, "") for mistake in mistakes)


MISTAKES: Final = tuple(_cases())
"""Every mistake that a create of a Service can make; those in ports come first."""


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the manifest with these changes, as `Mistake` describes them."""
    data: dict[str, Any] = copy.deepcopy(dict(base))
    for path, value in changes.items():
        place, last = _parent(data, path)
        if value is GONE:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = _value_at(data, value.path) if isinstance(value, SameAs) else copy.deepcopy(value)
    return data


def _parent(data: dict[str, Any], path: str) -> tuple[Any, str | int]:
    """Return the mapping or list that holds the field at this path, and the last step to it."""
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = data
    for step in steps:
        if isinstance(place, dict):
            place.setdefault(step, {})
        place = place[step]
    return place, last


def _value_at(data: dict[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON value
    place, last = _parent(data, path)
    return place[last]
