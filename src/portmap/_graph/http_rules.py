"""Find the rule of Ingresses and routes that serves a request for a host and path: the most specific one.

A wildcard in the host of an Ingress stands for one label, in that of a route for one or
more. Of the hosts that match, only the most specific is used; of its paths the exact one
wins, then the longest prefix. A request that matches no path goes to the default backend,
if there is one. Regular expressions are compared by their literal prefix alone.

Sources: Kubernetes API reference, Ingress; Gateway API, `HTTPRouteRule`.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from portmap._graph.reference import PathMatch, Reference
from portmap._graph.targets import ResolvedReference

_LITERAL: Final = re.compile(r"[^()\[\]{}.*+?^$|\\]*")
_WITH_PATTERN: Final = frozenset({"ImplementationSpecific", "RegularExpression"})
_REQUESTS: Final = frozenset({"ingress", "route"})

_Rank = tuple[int, int]


def rules_for(references: Iterable[ResolvedReference], host: str, path: str) -> tuple[ResolvedReference, ...]:
    """Return the backends of a request for this host and path: several, if traffic is split.

    Args:
        references: All references; those that do not concern requests are ignored.
        host: The host name of the request.
        path: The path of the request, which begins with a slash.

    Returns:
        The references, each with only the host and the path that match the request.
    """
    backends = _backends(references)
    of_host = _of_host(backends, host)
    by_path = [(match, *rule) for rule in of_host if (match := _match_path(rule[1].reference.paths, path)) is not None]
    longest = max((rank for (rank, _), _, _ in by_path), default=None)
    if longest is not None:
        return tuple(
            attrs.evolve(backend, reference=attrs.evolve(backend.reference, hosts=hosts, paths=paths))
            for (rank, paths), hosts, backend in by_path
            if rank == longest
        )
    defaults = [backend for backend in backends if _is_default(backend.reference)]
    sources = {backend.source for _, backend in of_host}
    of_same_ingress = [backend for backend in defaults if backend.source in sources]
    return tuple(of_same_ingress or defaults)


def paths_for(references: Iterable[ResolvedReference], host: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the hosts of the rules that apply to this host, and the paths of these rules.

    No hosts, but paths: the rules apply to any host. No paths: there are no such rules.
    """
    rules = _of_host(_backends(references), host)
    hosts = sorted({host for hosts, _ in rules for host in hosts})
    return tuple(hosts), frozenset(path.value for _, backend in rules for path in backend.reference.paths)


def _backends(references: Iterable[ResolvedReference]) -> list[ResolvedReference]:
    return [resolved for resolved in references if resolved.reference.role in _REQUESTS and resolved.reference.requests]


def _of_host(backends: Iterable[ResolvedReference], host: str) -> list[tuple[tuple[str, ...], ResolvedReference]]:
    """Return the backends of the host that matches best, each with that host; no host: it applies to any."""
    rules = [
        (match, backend) for backend in backends if (match := _match_host(backend.reference, host.lower())) is not None
    ]
    best = max((rank for (rank, _), _ in rules), default=None)
    return [(hosts, backend) for (rank, hosts), backend in rules if rank == best]


def _is_default(reference: Reference) -> bool:
    """Return whether the reference is the default backend of an Ingress."""
    return reference.role == "ingress" and not reference.paths


def _match_host(reference: Reference, host: str) -> tuple[_Rank, tuple[str, ...]] | None:
    """Return the host of a rule that matches best, and how specific it is; `None` if none matches."""
    if _is_default(reference):
        return None
    if not reference.hosts:
        return (0, 0), ()
    matches = (
        (rank, (own,)) for own in reference.hosts if (rank := _rank_of_host(own.lower(), host, reference)) is not None
    )
    return max(matches, default=None)


def _rank_of_host(pattern: str, host: str, reference: Reference) -> _Rank | None:
    if pattern == host:
        return 2, len(pattern)
    if not pattern.startswith("*.") or not host.endswith(pattern[1:]):
        return None
    labels = host[: -len(pattern) + 1]
    one_label = reference.role == "ingress"
    return (1, len(pattern)) if labels and not (one_label and "." in labels) else None


def _match_path(paths: Sequence[PathMatch], path: str) -> tuple[_Rank, tuple[PathMatch, ...]] | None:
    """Return the path of a rule that matches best, and how specific it is; `None` if none matches."""
    if not paths:
        return (0, 0), ()
    matches = ((rank, (own,)) for own in paths if (rank := _rank_of_path(own, path)) is not None)
    return max(matches, key=lambda match: match[0], default=None)


def _rank_of_path(match: PathMatch, path: str) -> _Rank | None:
    value = match.value
    if match.type == "Exact":
        return (2, len(value)) if value == path else None
    literal = _LITERAL.match(value)
    literal_prefix = literal.group() if literal and match.type in _WITH_PATTERN else value
    if literal_prefix != value:
        return (1, len(literal_prefix)) if path.startswith(literal_prefix) else None
    prefix = value.rstrip("/")
    return (1, len(value)) if path == prefix or path.startswith(f"{prefix}/") else None
