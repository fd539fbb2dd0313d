"""Which rule of Ingresses and routes a request for a host and path meets: the most specific one.

An Ingress host with a wildcard stands for one label, a route's for one or more. Of the
hosts that fit, only the most specific is looked into; of its paths the exact one wins,
then the longest prefix. What fits no path goes to the default backend, if there is one.
Regular expressions are compared by their literal beginning alone.

Sources: Kubernetes API reference, Ingress; Gateway API, `HTTPRouteRule`.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from portmap._graph.reference import PathMatch, Reference
from portmap._graph.targets import ResolvedReference

__all__ = ["paths_for", "rules_for"]

_LITERAL: Final = re.compile(r"[^()\[\]{}.*+?^$|\\]*")
_WITH_PATTERN: Final = frozenset({"ImplementationSpecific", "RegularExpression"})
_REQUESTS: Final = frozenset({"ingress", "route"})

_Rank = tuple[int, int]


def rules_for(references: Iterable[ResolvedReference], host: str, path: str) -> tuple[ResolvedReference, ...]:
    """The backends that a request for this host and path goes to: several where traffic is split.

    Args:
        references: All references; those that are not for requests are passed over.
        host: The host name that the request asks for.
        path: Its path, which begins with a slash.

    Returns:
        The references, each with only the host and the path that the request meets.
    """
    backends = _backends(references)
    of_host = _of_host(backends, host)
    by_path = [(fit, *each) for each in of_host if (fit := _path_met(each[1].reference.paths, path)) is not None]
    longest = max((rank for (rank, _), _, _ in by_path), default=None)
    if longest is not None:
        return tuple(
            attrs.evolve(each, reference=attrs.evolve(each.reference, hosts=hosts, paths=paths))
            for (rank, paths), hosts, each in by_path
            if rank == longest
        )
    defaults = [each for each in backends if _is_default(each.reference)]
    sources = {each.source for _, each in of_host}
    return tuple(_own(defaults, sources) or defaults)


def paths_for(references: Iterable[ResolvedReference], host: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The hosts of the rules that a request for this host is looked up in, and their paths.

    No hosts, but paths: the rules are for any host. No paths: there are no such rules.
    """
    rules = _of_host(_backends(references), host)
    hosts = sorted({each for hosts, _ in rules for each in hosts})
    return tuple(hosts), frozenset(path.value for _, each in rules for path in each.reference.paths)


def _backends(references: Iterable[ResolvedReference]) -> list[ResolvedReference]:
    return [each for each in references if each.reference.role in _REQUESTS and each.reference.requests]


def _of_host(backends: Iterable[ResolvedReference], host: str) -> list[tuple[tuple[str, ...], ResolvedReference]]:
    """The backends of the host that fits best, each with that host; none: it is for any."""
    rules = [(met, each) for each in backends if (met := _host_met(each.reference, host.lower())) is not None]
    best = max((rank for (rank, _), _ in rules), default=None)
    return [(hosts, each) for (rank, hosts), each in rules if rank == best]


def _own(defaults: Sequence[ResolvedReference], sources: Iterable[object]) -> list[ResolvedReference]:
    known = set(sources)
    return [each for each in defaults if each.source in known]


def _is_default(reference: Reference) -> bool:
    """Whether this is the default backend of an Ingress."""
    return reference.role == "ingress" and not reference.paths


def _host_met(reference: Reference, host: str) -> tuple[_Rank, tuple[str, ...]] | None:
    """The host of a rule that fits this one best, and how specific it is; `None` where none does."""
    if _is_default(reference):
        return None
    if not reference.hosts:
        return (0, 0), ()
    fitting = (
        (rank, (each,)) for each in reference.hosts if (rank := _one_host(each.lower(), host, reference)) is not None
    )
    return max(fitting, default=None)


def _one_host(pattern: str, host: str, reference: Reference) -> _Rank | None:
    if pattern == host:
        return 2, len(pattern)
    if not pattern.startswith("*.") or not host.endswith(pattern[1:]):
        return None
    labels = host[: -len(pattern) + 1]
    one_label = reference.role == "ingress"
    return (1, len(pattern)) if labels and not (one_label and "." in labels) else None


def _path_met(paths: Sequence[PathMatch], path: str) -> tuple[_Rank, tuple[PathMatch, ...]] | None:
    """The path of a rule that fits this one best, and how specific it is; `None` where none does."""
    if not paths:
        return (0, 0), ()
    fitting = ((rank, (each,)) for each in paths if (rank := _one_path(each, path)) is not None)
    return max(fitting, key=lambda met: met[0], default=None)


def _one_path(match: PathMatch, path: str) -> _Rank | None:
    value = match.value
    if match.type == "Exact":
        return (2, len(value)) if value == path else None
    literal = _LITERAL.match(value)
    begins = literal.group() if literal and match.type in _WITH_PATTERN else value
    if begins != value:
        return (1, len(begins)) if path.startswith(begins) else None
    prefix = value.rstrip("/")
    return (1, len(value)) if path == prefix or path.startswith(f"{prefix}/") else None
