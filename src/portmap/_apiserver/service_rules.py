"""What the API server checks about a whole Service, once its defaults are in (stage FIELDS).

One function for each rule, in the server's order. Rules of one port alone stand in
`_ports`, those of cluster IPs and families in `_families`, of node ports and
addresses as they are allocated in `_allocation`, of updates in `_updates`; those on load
balancers and traffic policies stand in `_traffic_rules`, and are listed here.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`,
`validateService`.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final, TypeVar

from portmap._apiserver.metadata import label_problems
from portmap._apiserver.rule import Problem, Rules, rule
from portmap._apiserver.state import PortState, ServiceState
from portmap._apiserver.traffic_rules import (
    allocate_node_ports_forbidden,
    external_traffic_policy_forbidden,
    health_check_node_port_forbidden,
    health_check_node_port_out_of_range,
    health_check_node_port_required,
    load_balancer_class_forbidden,
    load_balancer_class_syntax,
    not_one_of,
    source_range_syntax,
    source_ranges_annotation_forbidden,
    source_ranges_annotation_syntax,
    source_ranges_forbidden,
    unsupported_external_traffic_policy,
    unsupported_internal_traffic_policy,
    unsupported_traffic_distribution,
)
from portmap._kubernetes.addresses import endpoint_ip_reasons, ip_reasons
from portmap._kubernetes.cluster import KUBELET_PORT_FORBIDDEN, STRICT_IP_CIDR
from portmap._kubernetes.did_you_mean import spelt_as_label
from portmap._kubernetes.enums import SERVICE_TYPES, SESSION_AFFINITIES
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import LONGEST_LABEL, dns_subdomain_reasons

__all__ = ["KUBELET_PORT", "SERVICE_RULES"]

_SERVICE: Final = "pkg/apis/core/validation/validation.go, validateService"
_PORT: Final = "pkg/apis/core/validation/validation.go, validateServicePort"

TOPOLOGY_MODE: Final = "service.kubernetes.io/topology-mode"
TOPOLOGY_AWARE_HINTS: Final = "service.kubernetes.io/topology-aware-hints"
KUBELET_PORT: Final = 10250
_WELL_KNOWN: Final = {(80, "TCP"): "http", (443, "TCP"): "https", (53, "TCP"): "dns-tcp", (53, "UDP"): "dns"}
_LONGEST_AFFINITY: Final = 86400

Problems = Iterator[Problem]
Repeated = TypeVar("Repeated", bound=Hashable)


def _repeated(keys: Sequence[Repeated]) -> Sequence[tuple[int, int, Repeated]]:
    """The keys that stood before: their place, the first one's, and the key."""
    if len(set(keys)) == len(keys):
        return ()
    first: dict[Repeated, int] = {}
    again = []
    for position, key in enumerate(keys):
        if first.setdefault(key, position) != position:
            again.append((position, first[key], key))
    return again


def _fitting_name(port: PortState) -> str:
    """A name for a port that has none: that of its target, of its number where that is well known, or of neither."""
    target = port.target_port
    name = (spelt_as_label(target, LONGEST_LABEL) or target) if isinstance(target, str) else ""
    # A number in quotes tells as little as a number does.
    if any("a" <= letter <= "z" for letter in name):
        return name
    return _WELL_KNOWN.get((port.port, port.protocol)) or f"port-{port.port}"


def _name_with_protocol(port: PortState) -> str:
    return f"{port.name[: LONGEST_LABEL - 5]}-{port.protocol.lower()}"


# --- metadata --------------------------------------------------------------------------------------------------


@rule(
    "topology-annotations-differ",
    f"metadata.annotations[{TOPOLOGY_MODE}]",
    "FieldValueInvalid",
    source=_SERVICE,
    when="annotations",
)
def topology_annotations_differ(service: ServiceState) -> Problems:
    """The two spellings of the topology annotation, where both are set, agree."""
    mode, hints = service.annotations.get(TOPOLOGY_MODE), service.annotations.get(TOPOLOGY_AWARE_HINTS)
    if mode is not None and hints is not None and mode != hints:
        path = FieldPath("metadata", "annotations").key(TOPOLOGY_MODE)
        yield Problem(path, f"must be that of {TOPOLOGY_AWARE_HINTS}", mode, f"drop {TOPOLOGY_AWARE_HINTS}")


# --- type ------------------------------------------------------------------------------------------------------


@rule("ports-required", "spec.ports", "FieldValueRequired", source=_SERVICE)
def ports_required(service: ServiceState) -> list[Problem] | None:
    """A Service has at least one port, unless it is headless or of type ExternalName."""
    if service.ports or service.headless or service.is_external_name:
        return None
    return [
        Problem(FieldPath("spec", "ports"), "a Service has at least one port", hint="add a port, or make it headless")
    ]


@rule("headless-forbidden", "spec.clusterIPs[0]", "FieldValueInvalid", source=_SERVICE, when="takes_node_ports")
def headless_forbidden(service: ServiceState) -> Problems:
    """A NodePort or LoadBalancer Service needs a cluster IP, so it cannot be headless."""
    if service.headless:
        detail = f"may not be None for {service.type} Services"
        yield Problem(
            FieldPath("spec", "clusterIPs", 0), detail, "None", "make the type ClusterIP, or leave clusterIP out"
        )


@rule("cluster-ips-forbidden", "spec.clusterIPs", "FieldValueForbidden", source=_SERVICE, when="is_external_name")
def cluster_ips_forbidden(service: ServiceState) -> Problems:
    """An ExternalName Service has no cluster IP."""
    if service.cluster_ips:
        yield Problem(
            FieldPath("spec", "clusterIPs"), "may not be set for ExternalName Services", hint="leave clusterIP out"
        )


@rule("ip-families-forbidden", "spec.ipFamilies", "FieldValueForbidden", source=_SERVICE, when="is_external_name")
def ip_families_forbidden(service: ServiceState) -> Problems:
    """An ExternalName Service has no IP families."""
    if service.ip_families:
        yield Problem(FieldPath("spec", "ipFamilies"), "may not be set for ExternalName Services", hint="leave it out")


@rule(
    "ip-family-policy-forbidden", "spec.ipFamilyPolicy", "FieldValueForbidden", source=_SERVICE, when="is_external_name"
)
def ip_family_policy_forbidden(service: ServiceState) -> Problems:
    """An ExternalName Service has no IP family policy."""
    if service.ip_family_policy is not None:
        yield Problem(
            FieldPath("spec", "ipFamilyPolicy"), "may not be set for ExternalName Services", hint="leave it out"
        )


@rule("external-name-required", "spec.externalName", "FieldValueRequired", source=_SERVICE, when="is_external_name")
def external_name_required(service: ServiceState) -> Problems:
    """An ExternalName Service says which DNS name it stands for."""
    if not service.external_name.removesuffix("."):
        yield Problem(FieldPath("spec", "externalName"), "must be given", hint="give the DNS name that it stands for")


@rule("external-name-syntax", "spec.externalName", "FieldValueInvalid", source=_SERVICE, when="is_external_name")
def external_name_syntax(service: ServiceState) -> Problems:
    """An external name is a DNS name in lower case, with a dot at its end or without.

    An IPv4 address passes, since it looks like one, but no resolver makes sense of it.
    """
    name = service.external_name.removesuffix(".")
    reasons = dns_subdomain_reasons(name) if name else ()
    if reasons:
        lower = name.lower()
        good = not dns_subdomain_reasons(lower)
        hint = f"write {lower}" if good else "give the bare DNS name, without scheme, port or path"
        yield Problem(FieldPath("spec", "externalName"), "; ".join(reasons), service.external_name, hint)


# --- ports -----------------------------------------------------------------------------------------------------


@rule("port-name-required", "spec.ports[*].name", "FieldValueRequired", source=_PORT, when="has_several_ports")
def port_name_required(service: ServiceState) -> list[Problem]:
    """Every port of a Service with several ports has a name."""
    return [
        Problem(
            FieldPath("spec", "ports", position, "name"),
            "a Service with several ports names each",
            hint=f"name it after what it serves, for instance {_fitting_name(port)!r}",
        )
        for position, port in enumerate(service.ports)
        if not port.name
    ]


@rule("duplicate-port-name", "spec.ports[*].name", "FieldValueDuplicate", source=_PORT, when="has_several_ports")
def duplicate_port_name(service: ServiceState) -> list[Problem]:
    """No two ports of a Service have one name, whatever their protocols."""
    again = _repeated([port.name for port in service.ports])
    return [
        Problem(
            FieldPath("spec", "ports", position, "name"),
            f"spec.ports[{first}] has this name already",
            name,
            f"give it a name of its own, for instance {_name_with_protocol(service.ports[position])!r}",
        )
        for position, first, name in again
        if name
    ]


@rule(
    "kubelet-port-forbidden",
    "spec.ports[*]",
    "FieldValueInvalid",
    source=f"{_SERVICE} at 1.32",
    when="is_load_balancer",
)
def kubelet_port_forbidden(service: ServiceState) -> Problems:
    """Up to Kubernetes 1.32, a LoadBalancer Service may not expose port 10250, the kubelet's."""
    if service.cluster.enabled(KUBELET_PORT_FORBIDDEN):
        for position, port in enumerate(service.ports):
            if port.port == KUBELET_PORT:
                yield Problem(FieldPath("spec", "ports", position), f"may not expose port {KUBELET_PORT}", port.port)


@rule("selector-syntax", "spec.selector", "FieldValueInvalid", source=_SERVICE, when="selector")
def selector_syntax(service: ServiceState) -> list[Problem]:
    """A selector's keys and values are those of labels."""
    return label_problems(service.selector, FieldPath("spec", "selector"))


# --- session affinity ------------------------------------------------------------------------------------------


@rule("unsupported-session-affinity", "spec.sessionAffinity", "FieldValueNotSupported", source=_SERVICE)
def unsupported_session_affinity(service: ServiceState) -> list[Problem] | None:
    """Session affinity is None or ClientIP."""
    if service.session_affinity in SESSION_AFFINITIES:
        return None
    return [not_one_of(FieldPath("spec", "sessionAffinity"), service.session_affinity, SESSION_AFFINITIES)]


@rule(
    "session-affinity-timeout-out-of-range",
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
    "FieldValueInvalid",
    source=f"{_SERVICE}, validateClientIPAffinityConfig",
)
def session_affinity_timeout_out_of_range(service: ServiceState) -> list[Problem] | None:
    """A client sticks to one pod for 1 to 86400 seconds (a day); without a word, for 10800."""
    seconds = service.affinity_timeout
    if seconds is None or service.session_affinity != "ClientIP" or 1 <= seconds <= _LONGEST_AFFINITY:
        return None
    path = FieldPath("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
    return [Problem(path, f"must be between 1 and {_LONGEST_AFFINITY} seconds, inclusive", seconds)]


# --- addresses -------------------------------------------------------------------------------------------------


def _external_ip_syntax_reasons(service: ServiceState, address: str) -> tuple[str, ...]:
    """None for an address that the stored Service had already: it was good enough once."""
    if service.old is not None and address in service.old.external_ips:
        return ()
    return ip_reasons(address, strict=service.cluster.enabled(STRICT_IP_CIDR))


@rule("external-ip-syntax", "spec.externalIPs[*]", "FieldValueInvalid", source=_SERVICE, when="external_ips")
def external_ip_syntax(service: ServiceState) -> Problems:
    """External IPs are IP addresses."""
    for position, address in enumerate(service.external_ips):
        reasons = _external_ip_syntax_reasons(service, address)
        if reasons:
            yield Problem(FieldPath("spec", "externalIPs", position), "; ".join(reasons), address)


@rule(
    "external-ip-special",
    "spec.externalIPs[*]",
    "FieldValueInvalid",
    source=f"{_SERVICE}, ValidateEndpointIP",
    when="external_ips",
)
def external_ip_special(service: ServiceState) -> Problems:
    """An external IP is no loopback, link-local or unspecified address."""
    for position, address in enumerate(service.external_ips):
        if not _external_ip_syntax_reasons(service, address):
            reasons = endpoint_ip_reasons(address)
            if reasons:
                yield Problem(FieldPath("spec", "externalIPs", position), "; ".join(reasons), address)


@rule("unsupported-type", "spec.type", "FieldValueNotSupported", source=_SERVICE)
def unsupported_type(service: ServiceState) -> list[Problem] | None:
    """A Service's type is ClusterIP, NodePort, LoadBalancer or ExternalName."""
    if service.type in SERVICE_TYPES:
        return None
    problem = not_one_of(FieldPath("spec", "type"), service.type, SERVICE_TYPES)
    headless = service.type.lower() == "headless"
    return [problem._replace(hint="write type ClusterIP and clusterIP: None") if headless else problem]


# --- node ports and ports, each against the others -------------------------------------------------------------


@rule("node-port-forbidden", "spec.ports[*].nodePort", "FieldValueForbidden", source=_SERVICE)
def node_port_forbidden(service: ServiceState) -> list[Problem] | None:
    """A ClusterIP Service has no node ports."""
    if service.type != "ClusterIP":
        return None
    detail = "may not be used when type is ClusterIP"
    hint = "make the type NodePort or LoadBalancer, or drop the nodePort"
    return [
        Problem(FieldPath("spec", "ports", position, "nodePort"), detail, port.node_port, hint)
        for position, port in enumerate(service.ports)
        if port.node_port
    ]


@rule("duplicate-node-port", "spec.ports[*].nodePort", "FieldValueDuplicate", source=_SERVICE, when="has_several_ports")
def duplicate_node_port(service: ServiceState) -> list[Problem] | None:
    """No two ports of one protocol share a node port."""
    if not [port for port in service.ports if port.node_port]:
        return None
    again = _repeated([(port.protocol, port.node_port) for port in service.ports])
    hint = "give each port its own node port, or leave them out and the cluster picks them"
    return [
        Problem(
            FieldPath("spec", "ports", position, "nodePort"),
            f"spec.ports[{first}] has it already for {protocol}",
            None if service.ports[position].dynamic else number,
            hint,
        )
        for position, first, (protocol, number) in again
        if number
    ]


@rule("duplicate-port", "spec.ports[*]", "FieldValueDuplicate", source=_SERVICE, when="has_several_ports")
def duplicate_port(service: ServiceState) -> list[Problem]:
    """No two ports of a Service have the same number and protocol. 53/TCP beside 53/UDP is fine."""
    again = _repeated([(port.protocol, port.port) for port in service.ports])
    return [
        Problem(
            FieldPath("spec", "ports", position),
            f"spec.ports[{first}] is the same port and protocol",
            {"port": number, "protocol": protocol},
            "remove one, or change its port or protocol",
        )
        for position, first, (protocol, number) in again
    ]


SERVICE_RULES: Final[Rules[ServiceState]] = Rules(
    topology_annotations_differ,
    ports_required,
    headless_forbidden,
    cluster_ips_forbidden,
    ip_families_forbidden,
    ip_family_policy_forbidden,
    external_name_required,
    external_name_syntax,
    port_name_required,
    duplicate_port_name,
    kubelet_port_forbidden,
    selector_syntax,
    unsupported_session_affinity,
    session_affinity_timeout_out_of_range,
    external_ip_syntax,
    external_ip_special,
    unsupported_type,
    node_port_forbidden,
    duplicate_node_port,
    duplicate_port,
    source_ranges_forbidden,
    source_range_syntax,
    source_ranges_annotation_forbidden,
    source_ranges_annotation_syntax,
    allocate_node_ports_forbidden,
    load_balancer_class_forbidden,
    load_balancer_class_syntax,
    external_traffic_policy_forbidden,
    unsupported_external_traffic_policy,
    health_check_node_port_forbidden,
    health_check_node_port_required,
    health_check_node_port_out_of_range,
    unsupported_internal_traffic_policy,
    unsupported_traffic_distribution,
)
"""The rules of a whole Service, in the server's order."""
