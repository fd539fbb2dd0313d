"""Endpoints and EndpointSlices that are written by hand for Services without a selector."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode
from portmap._graph.targets import MapMiss, ResolvedReference, ServiceTarget, Severity
from portmap._kubernetes.field_path import FieldPath
from portmap._resolution.why_not import some

NO_ENDPOINTS: Final = "no-endpoints-for-port"
_MAY_FOLLOW: Final = "its endpoints are written by hand, and those of this port may be elsewhere"


def manual_addresses(references: Iterable[ResolvedReference]) -> Mapping[ServiceTarget, str]:
    """Return the addresses of each port of a Service: `10.0.0.1:80 (Endpoints web)`."""
    found: dict[ServiceTarget, list[str]] = defaultdict(list)
    for resolved in references:
        for target in resolved.targets if resolved.reference.role == "endpoints" else ():
            if isinstance(target, ServiceTarget):
                shown = some(resolved.reference.addresses) or "no address"
                found[target].append(f"{shown} ({resolved.source})")
    return {target: ", ".join(addresses) for target, addresses in found.items()}


def missing_endpoints(
    services: Sequence[ServiceNode], references: Sequence[ResolvedReference]
) -> Mapping[ServiceTarget, MapMiss]:
    """Return the ports without endpoints of Services without a selector whose other ports have some."""
    with_endpoints: set[ServiceTarget] = set()
    named: dict[tuple[str | None, str | None], ObjectName] = {}
    mistaken: set[tuple[str | None, str | None]] = set()
    for resolved in references:
        if resolved.reference.lookup == "hand-written":
            key = resolved.reference.namespace, resolved.reference.service
            named[key] = resolved.source
            if resolved.miss is not None:
                mistaken.add(key)
            with_endpoints.update(target for target in resolved.targets if isinstance(target, ServiceTarget))
    found: dict[ServiceTarget, MapMiss] = {}
    for node in services if named else ():
        key = node.name.namespace, node.name.name
        source = named.get(key)
        if source is not None and not node.service.selector and node.service.effective_type != "ExternalName":
            for position, _ in enumerate(node.service.ports):
                target = node.target(position)
                if target not in with_endpoints:
                    # Endpoints for another port than any of the Service are probably meant for this one.
                    found[target] = _miss(target, position, source, is_mistake=key in mistaken)
    return found


def _miss(target: ServiceTarget, position: int, source: ObjectName, *, is_mistake: bool) -> MapMiss:
    port = target.port
    shown = f"named {port.name!r}" if port and port.name else "without a name"
    message = f"{source} has no {port and port.effective_protocol} port {shown}, and the Service has no selector"
    severity: Severity = "error" if is_mistake else "warning"
    because = None if is_mistake else _MAY_FOLLOW
    path = FieldPath("spec", "ports", position)
    return MapMiss(target.service, path, NO_ENDPOINTS, message, severity=severity, because=because)
