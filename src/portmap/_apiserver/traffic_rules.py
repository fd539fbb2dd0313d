"""What the API server checks about load balancers and traffic policies.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`, `validateService`.
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.mistake import Mistake
from portmap._apiserver.problems import Problem, not_supported
from portmap._apiserver.rule import RuleGroup
from portmap._apiserver.state import ServiceState
from portmap._kubernetes.addresses import cidr_reasons
from portmap._kubernetes.annotations import SOURCE_RANGES
from portmap._kubernetes.enums import TRAFFIC_POLICIES
from portmap._kubernetes.features import PREFER_SAME_TRAFFIC_DISTRIBUTION, STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import port_number_reasons, qualified_name_reasons

_SERVICE: Final = "pkg/apis/core/validation/validation.go, validateService"
_EXTERNAL: Final = "pkg/apis/core/validation/validation.go, validateServiceExternalTrafficPolicy"


Problems = Iterator[Problem]


# --- load balancers ----------------------------------------------------------------------------------------------

_RANGES_PATH: Final = FieldPath("spec", "LoadBalancerSourceRanges")
"""The server writes the path with a capital."""
_ANNOTATION_PATH: Final = FieldPath("metadata", "annotations").key(SOURCE_RANGES)


TRAFFIC_RULES: Final = RuleGroup[ServiceState]("traffic", source=_SERVICE)


@TRAFFIC_RULES.rule(
    "source-ranges-forbidden",
    "spec.LoadBalancerSourceRanges",
    "FieldValueForbidden",
    when="load_balancer_source_ranges",
    mistakes=[Mistake("source ranges without a load balancer", {"spec.loadBalancerSourceRanges": ["10.0.0.0/8"]})],
)
def source_ranges_forbidden(service: ServiceState) -> Problems:
    """Service with source ranges is not a LoadBalancer.

    The server's message spells the field with a capital, unlike the manifest's `loadBalancerSourceRanges`.
    """
    if not service.is_load_balancer:
        detail = "may only be used when type is LoadBalancer"
        yield Problem(_RANGES_PATH, detail, hint="make the type LoadBalancer, or drop loadBalancerSourceRanges")


@TRAFFIC_RULES.rule(
    "source-range-syntax",
    "spec.LoadBalancerSourceRanges[*]",
    "FieldValueInvalid",
    when="load_balancer_source_ranges",
    mistakes=[
        Mistake(
            "a source range without a prefix length",
            {"spec.type": "LoadBalancer", "spec.loadBalancerSourceRanges": ["10.0.0.0/8", "10.0.0.1"]},
            at="spec.LoadBalancerSourceRanges[1]",
        )
    ],
)
def source_range_syntax(service: ServiceState) -> Problems:
    """Source range is not a CIDR block.

    White space around it is allowed.
    """
    old = {text.strip() for text in service.old.load_balancer_source_ranges} if service.old else ()
    for position, text in enumerate(service.load_balancer_source_ranges):
        block = text.strip()
        reasons = () if block in old else cidr_reasons(block, strict=service.cluster.enabled(STRICT_IP_CIDR))
        if reasons:
            yield Problem(FieldPath(*_RANGES_PATH, position), "; ".join(reasons), text)


@TRAFFIC_RULES.rule(
    "source-ranges-annotation-forbidden",
    f"metadata.annotations[{SOURCE_RANGES}]",
    "FieldValueForbidden",
    when="annotations",
    mistakes=[
        Mistake(
            "the annotation of source ranges without a load balancer",
            {"metadata.annotations": {SOURCE_RANGES: "10.0.0.0/8"}},
        )
    ],
)
def source_ranges_annotation_forbidden(service: ServiceState) -> Problems:
    """Service with the annotation for source ranges is not a LoadBalancer.

    The annotation is the predecessor of `loadBalancerSourceRanges`.
    """
    if SOURCE_RANGES in service.annotations and not service.load_balancer_source_ranges:
        if not service.is_load_balancer:
            detail = "may only be used when type is LoadBalancer"
            yield Problem(_ANNOTATION_PATH, detail, hint="make the type LoadBalancer, or drop the annotation")


@TRAFFIC_RULES.rule(
    "source-ranges-annotation-syntax",
    f"metadata.annotations[{SOURCE_RANGES}]",
    "FieldValueInvalid",
    when="annotations",
    mistakes=[
        Mistake(
            "the annotation of source ranges with semicolons",
            {"spec.type": "LoadBalancer", "metadata.annotations": {SOURCE_RANGES: "10.0.0.0/8;192.0.2.0/24"}},
        )
    ],
)
def source_ranges_annotation_syntax(service: ServiceState) -> Problems:
    """Annotation for source ranges is not a list of CIDR blocks.

    The blocks are separated by commas. The field overrides the annotation.
    """
    text = service.annotations.get(SOURCE_RANGES, "") if not service.load_balancer_source_ranges else ""
    old = service.old.annotations.get(SOURCE_RANGES) if service.old else None
    if text.strip() and text != old:
        for block in text.strip().split(","):
            reasons = cidr_reasons(block.strip(), strict=service.cluster.enabled(STRICT_IP_CIDR))
            if reasons:
                yield Problem(_ANNOTATION_PATH, "; ".join(reasons), block)


@TRAFFIC_RULES.rule(
    "allocate-node-ports-forbidden",
    "spec.allocateLoadBalancerNodePorts",
    "FieldValueForbidden",
    mistakes=[
        Mistake("allocateLoadBalancerNodePorts without a load balancer", {"spec.allocateLoadBalancerNodePorts": False})
    ],
)
def allocate_node_ports_forbidden(service: ServiceState) -> list[Problem] | None:
    """Service with `allocateLoadBalancerNodePorts` is not a LoadBalancer.

    Neither true nor false is allowed for other types.
    """
    if service.allocate_load_balancer_node_ports is None or service.is_load_balancer:
        return None
    detail = "may only be used when type is LoadBalancer"
    return [Problem(FieldPath("spec", "allocateLoadBalancerNodePorts"), detail, hint="leave it out")]


@TRAFFIC_RULES.rule(
    "load-balancer-class-forbidden",
    "spec.loadBalancerClass",
    "FieldValueForbidden",
    mistakes=[Mistake("a load balancer class without a load balancer", {"spec.loadBalancerClass": "example.com/edge"})],
)
def load_balancer_class_forbidden(service: ServiceState) -> list[Problem] | None:
    """Service with a load balancer class is not a LoadBalancer."""
    if service.load_balancer_class is None or service.is_load_balancer:
        return None
    detail = "may only be used when type is LoadBalancer"
    return [Problem(FieldPath("spec", "loadBalancerClass"), detail, hint="make the type LoadBalancer, or leave it out")]


@TRAFFIC_RULES.rule(
    "load-balancer-class-syntax",
    "spec.loadBalancerClass",
    "FieldValueInvalid",
    when="is_load_balancer",
    mistakes=[Mistake("an empty load balancer class", {"spec.type": "LoadBalancer", "spec.loadBalancerClass": ""})],
)
def load_balancer_class_syntax(service: ServiceState) -> Problems:
    """Load balancer class is not a qualified name.

    A valid one is example.com/internal.
    """
    name = service.load_balancer_class
    if name is not None:
        reasons = qualified_name_reasons(name)
        if reasons:
            hint = None if name else "leave it out for the cluster's default"
            yield Problem(FieldPath("spec", "loadBalancerClass"), "; ".join(reasons), name, hint)


# --- traffic policies --------------------------------------------------------------------------------------------


@TRAFFIC_RULES.rule(
    "external-traffic-policy-forbidden",
    "spec.externalTrafficPolicy",
    "FieldValueInvalid",
    source=_EXTERNAL,
    when="external_traffic_policy",
    mistakes=[Mistake("an external traffic policy for internal traffic", {"spec.externalTrafficPolicy": "Local"})],
)
def external_traffic_policy_forbidden(service: ServiceState) -> Problems:
    """Service with an external traffic policy cannot be reached from outside.

    The policy is allowed for NodePort and LoadBalancer Services, and for ClusterIP Services with external IPs.
    """
    policy = service.external_traffic_policy
    if not service.externally_accessible:
        detail = "may only be set for externally-accessible Services: NodePort, LoadBalancer, or with externalIPs"
        yield Problem(FieldPath("spec", "externalTrafficPolicy"), detail, policy, "leave it out, or change the type")


@TRAFFIC_RULES.rule(
    "unsupported-external-traffic-policy",
    "spec.externalTrafficPolicy",
    "FieldValueNotSupported",
    source=_EXTERNAL,
    when="external_traffic_policy",
    mistakes=[
        Mistake(
            "an external traffic policy in lower case", {"spec.type": "NodePort", "spec.externalTrafficPolicy": "local"}
        )
    ],
)
def unsupported_external_traffic_policy(service: ServiceState) -> Problems:
    """External traffic policy is not Cluster or Local."""
    policy = service.external_traffic_policy
    if service.externally_accessible and policy not in TRAFFIC_POLICIES:
        yield not_supported(FieldPath("spec", "externalTrafficPolicy"), policy, TRAFFIC_POLICIES)


@TRAFFIC_RULES.rule(
    "health-check-node-port-forbidden",
    "spec.healthCheckNodePort",
    "FieldValueInvalid",
    source=_EXTERNAL,
    when="health_check_node_port",
    mistakes=[
        Mistake(
            "a health check node port without policy Local",
            {"spec.type": "LoadBalancer", "spec.healthCheckNodePort": 31000},
        )
    ],
)
def health_check_node_port_forbidden(service: ServiceState) -> Problems:
    """Service has a health check node port that it does not use.

    Only LoadBalancer Services may have one, with `externalTrafficPolicy: Local`.
    """
    number = service.health_check_node_port
    if not service.needs_health_check:
        detail = "may only be set when type is LoadBalancer and externalTrafficPolicy is Local"
        yield Problem(FieldPath("spec", "healthCheckNodePort"), detail, number, "leave it out")


@TRAFFIC_RULES.rule(
    "health-check-node-port-required",
    "spec.healthCheckNodePort",
    "FieldValueRequired",
    source=_EXTERNAL,
    when="is_load_balancer",
)
def health_check_node_port_required(service: ServiceState) -> Problems:
    """Update removes the health check node port of a Service that needs it."""
    if service.needs_health_check and not service.health_check_node_port:
        yield Problem(FieldPath("spec", "healthCheckNodePort"), "must be set", hint="keep the number that it has")


@TRAFFIC_RULES.rule(
    "health-check-node-port-out-of-range",
    "spec.healthCheckNodePort",
    "FieldValueInvalid",
    source=_EXTERNAL,
    when="health_check_node_port",
)
def health_check_node_port_out_of_range(service: ServiceState) -> Problems:
    """Health check node port is not a number from 1 to 65535."""
    number = service.health_check_node_port
    if service.needs_health_check and not service.health_check_node_port_dynamic:
        reasons = port_number_reasons(number)
        if reasons:
            yield Problem(FieldPath("spec", "healthCheckNodePort"), "; ".join(reasons), number)


@TRAFFIC_RULES.rule(
    "unsupported-internal-traffic-policy",
    "spec.internalTrafficPolicy",
    "FieldValueNotSupported",
    mistakes=[Mistake("an empty internal traffic policy", {"spec.internalTrafficPolicy": ""})],
)
def unsupported_internal_traffic_policy(service: ServiceState) -> list[Problem] | None:
    """Internal traffic policy is not Cluster or Local.

    This applies to each type. Unlike no value, `""` is invalid.
    """
    policy = service.internal_traffic_policy
    if policy is None or policy in TRAFFIC_POLICIES:
        return None
    return [not_supported(FieldPath("spec", "internalTrafficPolicy"), policy, TRAFFIC_POLICIES)]


@TRAFFIC_RULES.rule(
    "unsupported-traffic-distribution",
    "spec.trafficDistribution",
    "FieldValueNotSupported",
    mistakes=[
        Mistake(
            "a traffic distribution that 1.33 does not have",
            {"spec.trafficDistribution": "PreferSameZone"},
            cluster={"version": "1.33"},
        )
    ],
)
def unsupported_traffic_distribution(service: ServiceState) -> list[Problem] | None:
    """Traffic distribution is not a value that the version supports.

    Valid are PreferClose and, from Kubernetes 1.34 on, PreferSameZone or PreferSameNode.
    """
    distribution = service.traffic_distribution
    if distribution is None:
        return None
    same = service.cluster.enabled(PREFER_SAME_TRAFFIC_DISTRIBUTION)
    choices = ("PreferClose", "PreferSameZone", "PreferSameNode") if same else ("PreferClose",)
    if distribution in choices:
        return None
    return [not_supported(FieldPath("spec", "trafficDistribution"), distribution, choices)]
