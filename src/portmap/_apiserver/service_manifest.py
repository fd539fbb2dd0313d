"""A Service's manifest, decoded as the API server decodes it, and as the server stores it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from portmap._apiserver.service_schema import SERVICE_PORT_FIELDS, SPEC_FIELDS, SPEC_FIELDS_BUT_PORTS
from portmap._apiserver.state import PICKED, PortState, ServiceState
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.kinds import CORE_VERSIONS
from portmap._kubernetes.violations import Violation

# Set by the server, or taken from the request: not what an author writes.
_SERVERS_OWN: Final = frozenset(
    {
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    }
)


def identity_violations(decoded: Mapping[str, Any]) -> list[Violation]:
    """Return the violations of a kind or API version that is not that of a Service; a request may omit both."""
    found = []
    for field, wanted in (("apiVersion", CORE_VERSIONS), ("kind", ("Service", None, ""))):
        value = decoded.get(field)
        if value not in wanted:
            detail = f"must be {wanted[0]} for a Service"
            found.append(
                Violation.about(
                    FieldPath(field), "wrong-kind", "FieldValueTypeInvalid", detail, value=value, opening="Wrong kind"
                )
            )
    return found


def port_state(port: Mapping[str, Any]) -> PortState:
    """Return the state of a decoded port, with its defaults."""
    return PortState.of(SERVICE_PORT_FIELDS.found_in(port))


def state_of(decoded: Mapping[str, Any], cluster: Cluster) -> ServiceState:
    """Return the state of a decoded Service, with its defaults."""
    spec: Mapping[str, Any] = decoded.get("spec", {})
    ports = [port_state(port) for port in spec.get("ports", ())]
    return ServiceState.of(cluster, decoded.get("metadata", {}), ports, SPEC_FIELDS_BUT_PORTS.found_in(spec))


def defaulted(decoded: Mapping[str, Any], cluster: Cluster) -> dict[str, Any]:
    """Return the manifest of a decoded Service with defaults, as the server has it at the beginning of a request."""
    return stored_manifest(state_of(decoded, cluster), decoded.get("metadata", {}).get("namespace", ""), None)


def fill_in_on_read(service: ServiceState) -> None:
    """Change a stored Service as the server does whenever it reads one (`defaultOnReadService`)."""
    if service.cluster_ip and not service.cluster_ips:
        service.cluster_ips = [service.cluster_ip]
    if service.is_external_name:
        service.internal_traffic_policy = None


def stored_manifest(service: ServiceState, namespace: str, status: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the manifest of a state that passed `server_verdict`, without values that only a live cluster knows."""
    values: dict[str, Any] = dict(zip(SPEC_FIELDS.attributes, SPEC_FIELDS.values(service), strict=True))
    values["ports"] = [_stored_port(port) for port in service.ports]
    values["cluster_ips"] = [address for address in service.cluster_ips if address is not PICKED]
    if service.health_check_node_port_dynamic:
        values["health_check_node_port"] = 0
    if service.is_external_name:
        # The server hides what it stores.
        values["internal_traffic_policy"] = None
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _stored_metadata(service.metadata, namespace),
        "spec": SPEC_FIELDS.stored(values.values()),
    }
    if status:
        manifest["status"] = status
    return manifest


def _stored_port(port: PortState) -> dict[str, Any]:
    values = dict(zip(SERVICE_PORT_FIELDS.attributes, SERVICE_PORT_FIELDS.values(port), strict=True))
    if port.dynamic:
        values["node_port"] = 0
    return SERVICE_PORT_FIELDS.stored(values.values())


def _stored_metadata(metadata: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    kept = {name: value for name, value in metadata.items() if name not in _SERVERS_OWN and value not in ("", [], {})}
    owners = kept.get("ownerReferences")
    if owners:
        # The server drops repetitions of an owner.
        kept["ownerReferences"] = list({json.dumps(owner, sort_keys=True): owner for owner in owners}.values())
    return {**kept, "namespace": namespace}
