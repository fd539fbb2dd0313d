"""References to Services and ports that do not exist: the finding, its severity and the reason for it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from portmap._graph.object_name import text_at
from portmap._graph.reference_outcomes import NO_SERVICE, assess_port, assess_service, has_port
from portmap._graph.targets import ResolvedReference
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import API_SERVER_SERVICE
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, at
from portmap._model.services import Service

_NOT_OF_THE_SERVICE: Final = NO_SERVICE | {"reference-not-granted", "selector-matches-nothing"}
_BY_NAME: Final = frozenset({"service", "service-port", "endpoint-port"})


def place_of_reference(resolved: ResolvedReference) -> Place:
    """Return the field that refers."""
    return Place(resolved.source, resolved.path)


def _services_here(resolved: ResolvedReference, bundle: Bundle) -> Sequence[Service]:
    """Return the Services of the bundle that a reference names."""
    return bundle.services_named(resolved.reference.service or "", resolved.reference.namespace)


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
    elif miss.code in NO_SERVICE:
        message, hint = miss.message, miss.hint
    else:
        return
    is_everywhere = (name, resolved.reference.namespace or "default") == API_SERVER_SERVICE
    if is_everywhere or bundle.elsewhere.has_invalid_service(name):
        return
    assessment = assess_service(resolved, bundle.graph)
    yield _place_of_name(resolved, bundle).finding(
        message,
        hint="; ".join(filter(None, (effect, hint))) or None,
        value=name,
        severity=assessment.lowered,
        because=assessment.because,
    )


def _only_lacks_port(resolved: ResolvedReference, bundle: Bundle) -> bool:
    """Return whether the only Service of the name may be in the namespace of a reference, and lacks its port."""
    reference = resolved.reference
    only = bundle.elsewhere.only_service_named(reference.service or "")
    if only is None or reference.namespace not in {None, only.namespace or reference.namespace}:
        return False
    return not has_port(only, reference.port)


def _place_of_name(resolved: ResolvedReference, bundle: Bundle) -> Place:
    """Return the field that names the Service: next to the port, or in an object around it."""
    path = resolved.path
    nodes = values_on_path(resolved, bundle)
    for depth in range(len(path), -1, -1):
        for key in ("name", "serviceName"):
            if text_at(nodes[depth], key) == resolved.reference.service:
                return Place(resolved.source, path[:depth].child(key))
    return place_of_reference(resolved)


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
    assessment = assess_port(resolved, bundle.graph)
    hint = miss.hint
    if default_port_hint and port is not None and resolved.path[-1:] != FieldPath("port"):
        hint = default_port_hint
    elif target_port_note and miss.code in {"target-port-meant", "unnamed-service-port"}:
        hint = f"{hint}; {target_port_note}"
    yield place_of_reference(resolved).finding(
        miss.message,
        hint=hint,
        value=port,
        severity=assessment.lowered,
        because=assessment.because,
        related=[(at(each, "spec", "ports"), "its ports") for each in _services_here(resolved, bundle)[:1]],
    )
