"""What the API server checks about a Service: its type, selector, session affinity and external IPs.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`, `validateService`.
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.field_grammars import LONGEST_AFFINITY_TIMEOUT
from portmap._apiserver.mistake import Mistake
from portmap._apiserver.problems import Problem, label_problems, not_supported
from portmap._apiserver.rule import RuleGroup
from portmap._apiserver.state import ServiceState
from portmap._kubernetes.addresses import endpoint_ip_reasons, ip_reasons
from portmap._kubernetes.annotations import TOPOLOGY_AWARE_HINTS, TOPOLOGY_MODE
from portmap._kubernetes.enums import SERVICE_TYPES, SESSION_AFFINITIES
from portmap._kubernetes.features import STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_subdomain_reasons

_SERVICE: Final = "pkg/apis/core/validation/validation.go, validateService"


Problems = Iterator[Problem]


# --- metadata ----------------------------------------------------------------------------------------------------


SERVICE_RULES: Final = RuleGroup[ServiceState]("Services", source=_SERVICE)


@SERVICE_RULES.rule(
    "topology-annotations-differ",
    f"metadata.annotations[{TOPOLOGY_MODE}]",
    "FieldValueInvalid",
    when="annotations",
    mistakes=[
        Mistake(
            "two topology annotations that differ",
            {"metadata.annotations": {TOPOLOGY_MODE: "Auto", TOPOLOGY_AWARE_HINTS: "Disabled"}},
        )
    ],
)
def topology_annotations_differ(service: ServiceState) -> Problems:
    """The two topology annotations have different values."""
    mode, hints = service.annotations.get(TOPOLOGY_MODE), service.annotations.get(TOPOLOGY_AWARE_HINTS)
    if mode is not None and hints is not None and mode != hints:
        path = FieldPath("metadata", "annotations").key(TOPOLOGY_MODE)
        yield Problem(path, f"must be that of {TOPOLOGY_AWARE_HINTS}", mode, f"drop {TOPOLOGY_AWARE_HINTS}")


# --- type --------------------------------------------------------------------------------------------------------


@SERVICE_RULES.rule(
    "headless-forbidden",
    "spec.clusterIPs[0]",
    "FieldValueInvalid",
    when="takes_node_ports",
    mistakes=[Mistake("headless and NodePort", {"spec.type": "NodePort", "spec.clusterIP": "None"})],
)
def headless_forbidden(service: ServiceState) -> Problems:
    """NodePort or LoadBalancer Service is headless.

    These types need a cluster IP.
    """
    if service.headless:
        detail = f"may not be None for {service.type} Services"
        yield Problem(
            FieldPath("spec", "clusterIPs", 0), detail, "None", "make the type ClusterIP, or leave clusterIP out"
        )


@SERVICE_RULES.rule(
    "cluster-ips-forbidden",
    "spec.clusterIPs",
    "FieldValueForbidden",
    when="is_external_name",
    mistakes=[
        Mistake(
            "ExternalName with a cluster IP",
            {"spec.type": "ExternalName", "spec.externalName": "example.com", "spec.clusterIP": "10.0.0.9"},
        )
    ],
)
def cluster_ips_forbidden(service: ServiceState) -> Problems:
    """ExternalName Service has a cluster IP."""
    if service.cluster_ips:
        yield Problem(
            FieldPath("spec", "clusterIPs"), "may not be set for ExternalName Services", hint="leave clusterIP out"
        )


@SERVICE_RULES.rule(
    "ip-families-forbidden",
    "spec.ipFamilies",
    "FieldValueForbidden",
    when="is_external_name",
    mistakes=[
        Mistake(
            "ExternalName with IP families",
            {"spec.type": "ExternalName", "spec.externalName": "example.com", "spec.ipFamilies": ["IPv4"]},
        )
    ],
)
def ip_families_forbidden(service: ServiceState) -> Problems:
    """ExternalName Service has IP families."""
    if service.ip_families:
        yield Problem(FieldPath("spec", "ipFamilies"), "may not be set for ExternalName Services", hint="leave it out")


@SERVICE_RULES.rule(
    "ip-family-policy-forbidden",
    "spec.ipFamilyPolicy",
    "FieldValueForbidden",
    when="is_external_name",
    mistakes=[
        Mistake(
            "ExternalName with an IP family policy",
            {"spec.type": "ExternalName", "spec.externalName": "example.com", "spec.ipFamilyPolicy": "SingleStack"},
        )
    ],
)
def ip_family_policy_forbidden(service: ServiceState) -> Problems:
    """ExternalName Service has an IP family policy."""
    if service.ip_family_policy is not None:
        yield Problem(
            FieldPath("spec", "ipFamilyPolicy"), "may not be set for ExternalName Services", hint="leave it out"
        )


@SERVICE_RULES.rule(
    "external-name-required",
    "spec.externalName",
    "FieldValueRequired",
    when="is_external_name",
    mistakes=[Mistake("ExternalName without a name", {"spec.type": "ExternalName"})],
)
def external_name_required(service: ServiceState) -> Problems:
    """ExternalName Service has no external name."""
    if not service.external_name.removesuffix("."):
        yield Problem(
            FieldPath("spec", "externalName"), "must be set", hint="set the DNS name that the Service is an alias of"
        )


@SERVICE_RULES.rule(
    "external-name-syntax",
    "spec.externalName",
    "FieldValueInvalid",
    when="is_external_name",
    mistakes=[
        Mistake("ExternalName with a URL", {"spec.type": "ExternalName", "spec.externalName": "https://example.com"})
    ],
)
def external_name_syntax(service: ServiceState) -> Problems:
    """External name is not a DNS name.

    A valid name is in lower case, and may end with a dot. An IPv4 address is accepted, because it
    looks like a name, but does not resolve.
    """
    name = service.external_name.removesuffix(".")
    reasons = dns_subdomain_reasons(name) if name else ()
    if reasons:
        lower = name.lower()
        good = not dns_subdomain_reasons(lower)
        hint = f"write {lower}" if good else "write the DNS name alone, without scheme, port and path"
        yield Problem(FieldPath("spec", "externalName"), "; ".join(reasons), service.external_name, hint)


@SERVICE_RULES.rule(
    "selector-syntax",
    "spec.selector",
    "FieldValueInvalid",
    when="selector",
    mistakes=[
        Mistake("a selector with a blank", {"spec.selector": {"app": "my web"}}),
        Mistake("a selector's key without a name", {"spec.selector": {"example.com/": "x"}}),
    ],
)
def selector_syntax(service: ServiceState) -> list[Problem]:
    """Key or value of a selector is not valid for a label."""
    return label_problems(service.selector, FieldPath("spec", "selector"))


# --- session affinity --------------------------------------------------------------------------------------------


@SERVICE_RULES.rule(
    "unsupported-session-affinity",
    "spec.sessionAffinity",
    "FieldValueNotSupported",
    mistakes=[Mistake("session affinity Cookie", {"spec.sessionAffinity": "Cookie"})],
)
def unsupported_session_affinity(service: ServiceState) -> list[Problem] | None:
    """Session affinity is not None or ClientIP."""
    if service.session_affinity in SESSION_AFFINITIES:
        return None
    return [not_supported(FieldPath("spec", "sessionAffinity"), service.session_affinity, SESSION_AFFINITIES)]


@SERVICE_RULES.rule(
    "session-affinity-timeout-out-of-range",
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
    "FieldValueInvalid",
    source=f"{_SERVICE}, validateClientIPAffinityConfig",
    mistakes=[
        Mistake(
            "session affinity for longer than a day",
            {"spec.sessionAffinity": "ClientIP", "spec.sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}}},
        ),
        Mistake(
            "session affinity for 0 seconds",
            {"spec.sessionAffinity": "ClientIP", "spec.sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}}},
        ),
    ],
)
def session_affinity_timeout_out_of_range(service: ServiceState) -> list[Problem] | None:
    """Session affinity timeout is not from 1 to 86400 seconds.

    86400 seconds are one day. The default is 10800 seconds.
    """
    seconds = service.session_affinity_timeout_seconds
    if seconds is None or service.session_affinity != "ClientIP" or 1 <= seconds <= LONGEST_AFFINITY_TIMEOUT:
        return None
    path = FieldPath("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
    return [Problem(path, f"must be between 1 and {LONGEST_AFFINITY_TIMEOUT} seconds, inclusive", seconds)]


# --- addresses ---------------------------------------------------------------------------------------------------


def _external_ip_syntax_reasons(service: ServiceState, address: str) -> tuple[str, ...]:
    """Return why an external IP is invalid; an update may keep an address of the stored Service."""
    if service.old is not None and address in service.old.external_ips:
        return ()
    return ip_reasons(address, strict=service.cluster.enabled(STRICT_IP_CIDR))


@SERVICE_RULES.rule(
    "external-ip-syntax",
    "spec.externalIPs[*]",
    "FieldValueInvalid",
    when="external_ips",
    mistakes=[Mistake("a name for an external IP", {"spec.externalIPs": ["example.com"]})],
)
def external_ip_syntax(service: ServiceState) -> Problems:
    """External IP is not an IP address."""
    for position, address in enumerate(service.external_ips):
        reasons = _external_ip_syntax_reasons(service, address)
        if reasons:
            yield Problem(FieldPath("spec", "externalIPs", position), "; ".join(reasons), address)


@SERVICE_RULES.rule(
    "external-ip-special",
    "spec.externalIPs[*]",
    "FieldValueInvalid",
    source=f"{_SERVICE}, ValidateEndpointIP",
    when="external_ips",
    mistakes=[Mistake("the loopback address as external IP", {"spec.externalIPs": ["127.0.0.1"]})],
)
def external_ip_special(service: ServiceState) -> Problems:
    """External IP is a loopback, link-local or unspecified address."""
    for position, address in enumerate(service.external_ips):
        if not _external_ip_syntax_reasons(service, address):
            reasons = endpoint_ip_reasons(address)
            if reasons:
                yield Problem(FieldPath("spec", "externalIPs", position), "; ".join(reasons), address)


@SERVICE_RULES.rule(
    "unsupported-type",
    "spec.type",
    "FieldValueNotSupported",
    mistakes=[Mistake("type Headless", {"spec.type": "Headless"})],
)
def unsupported_type(service: ServiceState) -> list[Problem] | None:
    """Service type is not ClusterIP, NodePort, LoadBalancer or ExternalName."""
    if service.type in SERVICE_TYPES:
        return None
    hint = "write type ClusterIP and clusterIP: None" if service.type.lower() == "headless" else None
    return [not_supported(FieldPath("spec", "type"), service.type, SERVICE_TYPES, hint)]
