"""References to Services and ports that do not exist: the finding, its severity and the reason for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName, text_at
from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, Severity, at
from portmap._lint.kustomize import has_placeholder
from portmap._model.services import Service

_NO_SERVICE: Final = frozenset({"no-such-service", "service-in-other-namespace"})
_NOT_OF_THE_SERVICE: Final = _NO_SERVICE | {"reference-not-granted", "selector-matches-nothing"}
_BY_NAME: Final = frozenset({"service", "service-port", "endpoint-port"})

# The Service of the API server itself, which every cluster has.
_EVERYWHERE: Final = frozenset({("kubernetes", "default"), ("kubernetes", None)})

_NUMBER: Final = re.compile(r"[-.]?v?\d+")


def place_of_reference(resolved: ResolvedReference) -> Place:
    """Return the field that refers."""
    return Place(resolved.source, resolved.path)


def _services_here(resolved: ResolvedReference, bundle: Bundle) -> Sequence[Service]:
    """Return the Services of the bundle that a reference names."""
    return bundle.services_named(resolved.reference.service or "", resolved.reference.namespace)


def _services_elsewhere(resolved: ResolvedReference, bundle: Bundle) -> Iterator[Service]:
    """Yield the Services of other bundles that a reference names."""
    return bundle.elsewhere.services_named(resolved.reference.service or "", resolved.reference.namespace)


def values_on_path(resolved: ResolvedReference, bundle: Bundle) -> list[Any]:
    """Return the values on the path to the field that refers: the object first, and the field's value last."""
    nodes: list[Any] = [bundle.raw(resolved.source)]
    for step in resolved.path:
        deeper = nodes[-1].get(step) if isinstance(nodes[-1], Mapping) else None
        if isinstance(nodes[-1], list | tuple) and isinstance(step, int) and step < len(nodes[-1]):
            deeper = nodes[-1][step]
        nodes.append(deeper)
    return nodes


# --- Services --------------------------------------------------------------------------------------------------


def missing_service(resolved: ResolvedReference, bundle: Bundle, *, effect: str = "") -> Iterator[Found]:
    """Yield a finding if the Service that a reference names does not exist.

    Args:
        resolved: The reference.
        bundle: The bundle of the referring object.
        effect: The consequence, for the hint.
    """
    miss = resolved.miss
    name = resolved.reference.service or ""
    if miss is None:
        # The map has no miss for a namespace of which it has no Services at all.
        names_service = resolved.reference.lookup in _BY_NAME
        if resolved.unknown is None or not names_service or _services_here(resolved, bundle):
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
    severity, because = _assess_service(resolved, bundle)
    yield _place_of_name(resolved, bundle).finding(
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


def _place_of_name(resolved: ResolvedReference, bundle: Bundle) -> Place:
    """Return the field that names the Service: next to the port, or in an object around it."""
    path = resolved.path
    nodes = values_on_path(resolved, bundle)
    for depth in range(len(path), -1, -1):
        for key in ("name", "serviceName"):
            if text_at(nodes[depth], key) == resolved.reference.service:
                return Place(resolved.source, path[:depth].child(key))
    return place_of_reference(resolved)


def _assess_service(resolved: ResolvedReference, bundle: Bundle) -> tuple[Severity | None, str | None]:
    """Return the severity of a missing Service, and why it is lower than the rule's own."""
    name = resolved.reference.service or ""
    if has_placeholder(name):
        return "info", f"a tool replaces the placeholder {name!r}"
    port = resolved.reference.port
    others = _services_elsewhere(resolved, bundle)
    other = next(others, None)
    if other is not None and (_has_port(other, port) or any(_has_port(each, port) for each in others)):
        return "info", f"{other} is in another part of the input"
    if _is_near(resolved, bundle):
        return None, None
    maker = _maker(name, bundle)
    if maker is not None:
        return "info", f"the controller of {maker} may create the Service"
    if bundle.complete:
        return None, None
    if other is not None:
        return "warning", f"{other} in another part of the input lacks this port"
    return "info", "the input may be incomplete, and the Service elsewhere"


def _is_near(resolved: ResolvedReference, bundle: Bundle) -> bool:
    """Return whether the reference probably misspells the name of a Service that nothing else refers to."""
    miss = resolved.miss
    if miss is None or miss.guess is None:
        return miss is not None and miss.code == "service-in-other-namespace"
    # `web-1` is no misspelling of `web-2`.
    if _NUMBER.sub("", miss.guess) == _NUMBER.sub("", resolved.reference.service or ""):
        return False
    similar = bundle.services_named(miss.guess, resolved.reference.namespace)
    return any(name_of(service) not in bundle.referenced_services for service in similar)


def _maker(name: str, bundle: Bundle) -> ObjectName | None:
    """Return a custom resource whose controller may create a Service of this name.

    Controllers name Services after the resource, often with a suffix: `shop-primary` for `shop`.
    """
    words = name.split("-")
    prefixes = ("-".join(words[:end]) for end in range(len(words), 0, -1))
    return next(filter(None, map(bundle.elsewhere.service_maker, prefixes)), None)


# --- ports -----------------------------------------------------------------------------------------------------


def missing_port(
    resolved: ResolvedReference,
    bundle: Bundle,
    *,
    target_port_note: str | None = None,
    default_port_hint: str | None = None,
) -> Iterator[Found]:
    """Yield a finding if the Service exists and lacks the port that a reference names.

    Args:
        resolved: The reference.
        bundle: The bundle of the referring object.
        target_port_note: What to add to the hint if the reference names a target port.
        default_port_hint: The hint if the reference names no port, so that a default applies.
    """
    miss = resolved.miss
    if miss is None or miss.code in _NOT_OF_THE_SERVICE:
        return
    port = resolved.reference.port
    severity, because = _assess_port(resolved, bundle)
    hint = miss.hint
    if default_port_hint and port is not None and resolved.path[-1:] != FieldPath("port"):
        hint = default_port_hint
    elif target_port_note and miss.code in {"target-port-meant", "unnamed-service-port"}:
        hint = f"{hint}; {target_port_note}"
    yield place_of_reference(resolved).finding(
        miss.message,
        hint=hint,
        value=port,
        severity=severity,
        because=because,
        related=[(at(each, "spec", "ports"), "its ports") for each in _services_here(resolved, bundle)[:1]],
    )


def _assess_port(resolved: ResolvedReference, bundle: Bundle) -> tuple[Severity | None, str | None]:
    """Return the severity of a missing port, and why it is lower than the rule's own."""
    port = resolved.reference.port
    if has_placeholder(port):
        return "info", f"a tool replaces the placeholder {port!r}"
    if port is not None and not bundle.complete:
        other = next((each for each in _services_elsewhere(resolved, bundle) if _has_port(each, port)), None)
        if other is not None:
            return "warning", f"{other} in another part of the input has this port"
    return None, None
