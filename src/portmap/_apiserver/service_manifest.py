"""A Service's manifest decoded as the API server decodes it, and written as it would store it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from portmap._apiserver.service_schema import SERVICE
from portmap._apiserver.state import PICKED, PortState, ServiceState
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.kinds import CORE_VERSIONS
from portmap._kubernetes.violations import Violation

__all__ = [
    "SERVICE",
    "defaulted",
    "fill_in_on_read",
    "identity_violations",
    "port_state",
    "state_of",
    "stored_manifest",
]

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
    """Kind and API version, which a request for Services may leave out but not change."""
    found = []
    for field, wanted in (("apiVersion", CORE_VERSIONS), ("kind", ("Service", None, ""))):
        value = decoded.get(field)
        if value not in wanted:
            detail = f"must be {wanted[0]} for a Service"
            found.append(
                Violation.about(field, "wrong-kind", "FieldValueTypeInvalid", detail, value=value, opening="Wrong kind")
            )
    return found


def port_state(port: Mapping[str, Any]) -> PortState:
    """A decoded port with its defaults."""
    get = port.get
    return PortState(get("name"), get("protocol"), get("appProtocol"), get("port"), get("targetPort"), get("nodePort"))


def state_of(decoded: Mapping[str, Any], cluster: Cluster) -> ServiceState:
    """The decoded Service with its defaults, ready to be judged."""
    spec: Mapping[str, Any] = decoded.get("spec", {})
    client_ip = spec.get("sessionAffinityConfig", {}).get("clientIP", {})
    return ServiceState(
        cluster,
        decoded.get("metadata", {}),
        type=spec.get("type"),
        ports=[port_state(port) for port in spec.get("ports", ())],
        selector=spec.get("selector"),
        cluster_ip=spec.get("clusterIP"),
        cluster_ips=spec.get("clusterIPs", []),
        external_ips=spec.get("externalIPs", []),
        session_affinity=spec.get("sessionAffinity"),
        affinity_timeout=client_ip.get("timeoutSeconds"),
        load_balancer_ip=spec.get("loadBalancerIP"),
        load_balancer_source_ranges=spec.get("loadBalancerSourceRanges", []),
        external_name=spec.get("externalName"),
        external_traffic_policy=spec.get("externalTrafficPolicy"),
        health_check_node_port=spec.get("healthCheckNodePort"),
        publish_not_ready_addresses=spec.get("publishNotReadyAddresses"),
        ip_families=spec.get("ipFamilies", []),
        ip_family_policy=spec.get("ipFamilyPolicy"),
        allocate_load_balancer_node_ports=spec.get("allocateLoadBalancerNodePorts"),
        load_balancer_class=spec.get("loadBalancerClass"),
        internal_traffic_policy=spec.get("internalTrafficPolicy"),
        traffic_distribution=spec.get("trafficDistribution"),
    )


def defaulted(decoded: Mapping[str, Any], cluster: Cluster) -> dict[str, Any]:
    """The decoded Service with the defaults that each request gets before anything else is done with it."""
    return stored_manifest(state_of(decoded, cluster), decoded.get("metadata", {}).get("namespace", ""), None)


# --- what is stored --------------------------------------------------------------------------------------------


def fill_in_on_read(service: ServiceState) -> None:
    """Change a stored Service as the server does whenever it reads one (`defaultOnReadService`)."""
    if service.cluster_ip and not service.cluster_ips:
        service.cluster_ips = [service.cluster_ip]
    if service.is_external_name:
        service.internal_traffic_policy = None


def stored_manifest(service: ServiceState, namespace: str, status: Mapping[str, Any] | None) -> dict[str, Any]:
    """The manifest of a state at the end of its way, without what only a live cluster can fill in."""
    spec: dict[str, Any] = {
        "type": service.type,
        "selector": dict(service.selector),
        "ports": [_stored_port(port) for port in service.ports],
        "clusterIP": service.cluster_ip,
        "clusterIPs": [address for address in service.cluster_ips if address is not PICKED],
        "ipFamilies": list(service.ip_families),
        "ipFamilyPolicy": service.ip_family_policy,
        "externalIPs": list(service.external_ips),
        "externalName": service.external_name,
        "sessionAffinity": service.session_affinity,
        "loadBalancerIP": service.load_balancer_ip,
        "loadBalancerClass": service.load_balancer_class,
        "loadBalancerSourceRanges": list(service.load_balancer_source_ranges),
        "allocateLoadBalancerNodePorts": service.allocate_load_balancer_node_ports,
        "externalTrafficPolicy": service.external_traffic_policy,
        "healthCheckNodePort": 0 if service.health_check_node_port_dynamic else service.health_check_node_port,
        "internalTrafficPolicy": service.internal_traffic_policy if service.type != "ExternalName" else None,
        "trafficDistribution": service.traffic_distribution,
        "publishNotReadyAddresses": service.publish_not_ready_addresses or None,
    }
    if service.affinity_timeout is not None:
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": service.affinity_timeout}}
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _stored_metadata(service.metadata, namespace),
        "spec": {name: value for name, value in spec.items() if value is False or value not in ("", None, [], {}, 0)},
    }
    if status:
        manifest["status"] = status
    return manifest


def _stored_port(port: PortState) -> dict[str, Any]:
    stored: dict[str, Any] = {"name": port.name} if port.name else {}
    stored["protocol"] = port.protocol
    if port.app_protocol is not None:
        stored["appProtocol"] = port.app_protocol
    stored |= {"port": port.port, "targetPort": port.target_port}
    if port.node_port and not port.dynamic:
        stored["nodePort"] = port.node_port
    return stored


def _stored_metadata(metadata: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    kept = {name: value for name, value in metadata.items() if name not in _SERVERS_OWN and value not in ("", [], {})}
    owners = kept.get("ownerReferences")
    if owners:
        # The server drops repetitions of an owner.
        kept["ownerReferences"] = list({json.dumps(owner, sort_keys=True): owner for owner in owners}.values())
    return {**kept, "namespace": namespace}
