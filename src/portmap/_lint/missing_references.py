"""How bad it is that something refers to a Service or a port that is not there, and why it is no worse."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from portmap._graph.items import name_of
from portmap._graph.object_name import text_at
from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, Severity, at
from portmap._lint.kustomize import has_placeholder
from portmap._model.services import Service

__all__ = ["missing_port", "missing_service", "place_of", "services_meant", "values_along"]

_NO_SERVICE: Final = frozenset({"no-such-service", "service-in-other-namespace"})
_NOT_OF_THE_SERVICE: Final = _NO_SERVICE | {"reference-not-granted", "selector-matches-nothing"}
_BY_NAME: Final = frozenset({"service", "service-port", "endpoint-port"})

# The Service of the API server itself, which every cluster has.
_EVERYWHERE: Final = frozenset({("kubernetes", "default"), ("kubernetes", None)})

_NUMBER: Final = re.compile(r"[-.]?v?\d+")


def place_of(resolved: ResolvedReference) -> Place:
    """The field that refers."""
    return Place(resolved.source, resolved.path)


def services_meant(resolved: ResolvedReference, bundle: Bundle) -> Sequence[Service]:
    """The Services of the bundle that have the name of a reference, in a namespace that may be meant."""
    return bundle.services_named(resolved.reference.service or "", resolved.reference.namespace)


def _elsewhere(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Service]:
    """Yield the Services of other bundles that have the name of a reference."""
    return bundle.elsewhere.services_named(resolved.reference.service or "", resolved.reference.namespace)


def values_along(resolved: ResolvedReference, bundle: Bundle) -> list[Any]:
    """What stands on the way to the field that refers: the object itself first, and the value of the field last."""
    nodes: list[Any] = [bundle.raw(resolved.source)]
    for step in resolved.path:
        deeper = nodes[-1].get(step) if isinstance(nodes[-1], Mapping) else None
        if isinstance(nodes[-1], list | tuple) and isinstance(step, int) and step < len(nodes[-1]):
            deeper = nodes[-1][step]
        nodes.append(deeper)
    return nodes


# --- Services --------------------------------------------------------------------------------------------------


def missing_service(resolved: ResolvedReference, bundle: Bundle, *, effect: str = "") -> Iterator[Found]:
    """A finding where the Service that a reference names is not there.

    Args:
        resolved: The reference.
        bundle: Where it stands.
        effect: What comes of it, to go before the hint.
    """
    miss = resolved.miss
    name = resolved.reference.service or ""
    if miss is None:
        # Of a namespace in which it has no Service at all, the map does not say that one is missing.
        if resolved.unknown is None or not _names_service(resolved) or services_meant(resolved, bundle):
            return
        if not bundle.declared_complete and not _only_lacks_port(resolved, bundle):
            return
        message, hint = f"there is no Service {name!r}", None
    elif miss.code in _NO_SERVICE:
        message, hint = miss.message, miss.hint
    else:
        return
    if (name, resolved.reference.namespace) in _EVERYWHERE or bundle.elsewhere.has_invalid_service(name):
        return
    severity, because = _judged_service(resolved, bundle)
    yield _name_of_service(resolved, bundle).finding(
        message,
        hint="; ".join(filter(None, (effect, hint))) or None,
        value=name,
        severity=severity,
        because=because,
    )


def _only_lacks_port(resolved: ResolvedReference, bundle: Bundle) -> bool:
    """Return whether the only Service of the name may be in the namespace of a reference, and lacks its port."""
    reference = resolved.reference
    only = bundle.elsewhere.only_service_named(reference.service or "")
    if only is None or reference.namespace not in {None, only.namespace or reference.namespace}:
        return False
    return not _has_port(only, reference.port)


def _has_port(service: Service, port: int | str | None) -> bool:
    """Return whether a Service has a port of this number or name; an ExternalName Service has any port."""
    if port is None or service.effective_type == "ExternalName":
        return True
    return any(port == (each.port if isinstance(port, int) else each.name) for each in service.ports)


def _name_of_service(resolved: ResolvedReference, bundle: Bundle) -> Place:
    """The field that names the Service: beside the port, or around it."""
    path = resolved.path
    nodes = values_along(resolved, bundle)
    for depth in range(len(path), -1, -1):
        for key in ("name", "serviceName"):
            if text_at(nodes[depth], key) == resolved.reference.service:
                return Place(resolved.source, path[:depth].child(key))
    return place_of(resolved)


def _names_service(resolved: ResolvedReference) -> bool:
    return resolved.reference.lookup in _BY_NAME


def _judged_service(resolved: ResolvedReference, bundle: Bundle) -> tuple[Severity | None, str | None]:
    name = resolved.reference.service or ""
    if has_placeholder(name):
        return "info", f"{name!r} is filled in by a tool"
    port = resolved.reference.port
    others = _elsewhere(resolved, bundle)
    other = next(others, None)
    if other is not None and (_has_port(other, port) or any(_has_port(each, port) for each in others)):
        return "info", f"{other} is in another part of the input"
    if _is_near(resolved, bundle):
        return None, None
    owner = _maker(name, bundle)
    if owner is not None:
        return "info", f"the controller of {owner} may make the Service"
    if bundle.complete:
        return None, None
    if other is not None:
        return "warning", f"{other} is in another part of the input, although without this port"
    return "info", "the Service may be made elsewhere: nothing says that the input is complete"


def _is_near(resolved: ResolvedReference, bundle: Bundle) -> bool:
    """Whether a Service of the bundle was probably meant: one to which nothing else refers."""
    miss = resolved.miss
    if miss is None or miss.guess is None:
        return miss is not None and miss.code == "service-in-other-namespace"
    # `web-1` is no misspelt `web-2`.
    if _NUMBER.sub("", miss.guess) == _NUMBER.sub("", resolved.reference.service or ""):
        return False
    meant = bundle.services_named(miss.guess, resolved.reference.namespace)
    return any(name_of(each) not in bundle.referred for each in meant)


def _maker(name: str, bundle: Bundle) -> object:
    """An object whose controller may make a Service of this name: of that name, or one that begins it."""
    words = name.split("-")
    for end in range(len(words), 0, -1):
        beginning = "-".join(words[:end])
        owner = bundle.makers_of_services.get(beginning) or bundle.elsewhere.maker_of_services(beginning)
        if owner is not None:
            return owner
    return None


# --- ports -----------------------------------------------------------------------------------------------------


def missing_port(
    resolved: ResolvedReference, bundle: Bundle, *, meant: str | None = None, left_out: str | None = None
) -> Iterator[Found]:
    """A finding where the Service is there, and has not the port that a reference names.

    Args:
        resolved: The reference.
        bundle: Where it stands.
        meant: What to add to the hint where the target port was written instead.
        left_out: The hint where no port was written, and another is taken.
    """
    miss = resolved.miss
    if miss is None or miss.code in _NOT_OF_THE_SERVICE:
        return
    port = resolved.reference.port
    severity, because = _judged_port(resolved, bundle)
    hint = miss.hint
    if left_out and port is not None and resolved.path[-1:] != FieldPath("port"):
        hint = left_out
    elif meant and miss.code in {"target-port-meant", "unnamed-service-port"}:
        hint = f"{hint}; {meant}"
    yield place_of(resolved).finding(
        miss.message,
        hint=hint,
        value=port,
        severity=severity,
        because=because,
        related=[(at(each, "spec", "ports"), "its ports") for each in services_meant(resolved, bundle)[:1]],
    )


def _judged_port(resolved: ResolvedReference, bundle: Bundle) -> tuple[Severity | None, str | None]:
    """How bad it is that a port is missing, and why it is no worse."""
    port = resolved.reference.port
    if has_placeholder(port):
        return "info", f"{port!r} is filled in by a tool"
    if port is not None and not bundle.complete:
        other = next((each for each in _elsewhere(resolved, bundle) if _has_port(each, port)), None)
        if other is not None:
            return "warning", f"{other} in another part of the input has this port"
    return None, None
