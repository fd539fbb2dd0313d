"""What the API server checks about the names, DNS and restart policy in the spec of a pod.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`, `ValidatePodSpec`.
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.decoded_pod import DecodedPod
from portmap._apiserver.problems import Problem, invalid, not_supported
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.addresses import ip_reasons
from portmap._kubernetes.features import STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_label_reasons, dns_subdomain_reasons, qualified_name_reasons

_SOURCE: Final = "pkg/apis/core/validation/validation.go, ValidatePodSpec"
_SPEC: Final = FieldPath("spec")
RESTART_POLICIES: Final = ("Always", "Never", "OnFailure")
_DNS_POLICIES: Final = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_MAX_HOST_NAME: Final = 64

POD_SPEC_RULES: Final = RuleGroup[DecodedPod]("specs of pods", source=_SOURCE, about="Pod")


@POD_SPEC_RULES.rule("host-name-syntax", "spec.*", "FieldValueInvalid")
def host_name_syntax(pod: DecodedPod) -> Iterator[Problem]:
    """`hostname` or `subdomain` of a pod is not a DNS label."""
    for field in ("hostname", "subdomain"):
        name = pod.spec.get(field)
        if name:
            yield from invalid(_SPEC.child(field), dns_label_reasons(name), name)


@POD_SPEC_RULES.rule("host-name-override-syntax", "spec.hostnameOverride", "FieldValueInvalid")
def host_name_override_syntax(pod: DecodedPod) -> Iterator[Problem]:
    """`hostnameOverride` of a pod is not a DNS subdomain of at most 64 characters."""
    name = pod.spec.get("hostnameOverride")
    if name is not None:
        reasons = dns_subdomain_reasons(name)
        if len(name) > _MAX_HOST_NAME:
            reasons = (*reasons, f"must be no more than {_MAX_HOST_NAME} characters")
        yield from invalid(_SPEC.child("hostnameOverride"), reasons, name)


@POD_SPEC_RULES.rule("host-name-override-forbidden", "spec.hostnameOverride", "FieldValueForbidden")
def host_name_override_forbidden(pod: DecodedPod) -> Iterator[Problem]:
    """`hostnameOverride` is set with host networking or with `setHostnameAsFQDN`."""
    if "hostnameOverride" in pod.spec:
        for field in ("hostNetwork", "setHostnameAsFQDN"):
            if pod.spec.get(field):
                yield Problem(_SPEC.child("hostnameOverride"), f"may not be given when {field} is true")


@POD_SPEC_RULES.rule("host-alias-syntax", "spec.hostAliases[*].*", "FieldValueInvalid")
def host_alias_syntax(pod: DecodedPod) -> Iterator[Problem]:
    """Host alias of a pod does not have an IP address and DNS names."""
    strict = pod.cluster.enabled(STRICT_IP_CIDR)
    for position, alias in enumerate(pod.spec.get("hostAliases", ())):
        path = _SPEC.child("hostAliases").index(position)
        ip = alias.get("ip", "")
        yield from invalid(path.child("ip"), ip_reasons(ip, strict=strict), ip)
        for place, name in enumerate(alias.get("hostnames", ())):
            yield from invalid(path.child("hostnames").index(place), dns_subdomain_reasons(name), name)


@POD_SPEC_RULES.rule("unsupported-dns-policy", "spec.dnsPolicy", "FieldValueNotSupported")
def unsupported_dns_policy(pod: DecodedPod) -> Iterator[Problem]:
    """DNS policy of a pod is not supported."""
    policy = pod.spec.get("dnsPolicy")
    if policy and policy not in _DNS_POLICIES:
        yield not_supported(_SPEC.child("dnsPolicy"), policy, _DNS_POLICIES)


@POD_SPEC_RULES.rule("dns-config-required", "spec.dnsConfig", "FieldValueRequired")
def dns_config_required(pod: DecodedPod) -> Iterator[Problem]:
    """Pod with the DNS policy None has no `dnsConfig`."""
    if pod.spec.get("dnsPolicy") == "None" and "dnsConfig" not in pod.spec:
        yield Problem(_SPEC.child("dnsConfig"), "must be given when dnsPolicy is None")


@POD_SPEC_RULES.rule("readiness-gate-syntax", "spec.readinessGates[*].conditionType", "FieldValueInvalid")
def readiness_gate_syntax(pod: DecodedPod) -> Iterator[Problem]:
    """Readiness gate of a pod is not a qualified name."""
    for position, gate in enumerate(pod.spec.get("readinessGates", ())):
        path = _SPEC.child("readinessGates").index(position)
        name = gate.get("conditionType", "")
        yield from invalid(path.child("conditionType"), qualified_name_reasons(name), name)


@POD_SPEC_RULES.rule("unsupported-pod-restart-policy", "spec.restartPolicy", "FieldValueNotSupported")
def unsupported_pod_restart_policy(pod: DecodedPod) -> Iterator[Problem]:
    """Restart policy of a pod is not Always, Never or OnFailure."""
    policy = pod.spec.get("restartPolicy")
    if policy and policy not in RESTART_POLICIES:
        yield not_supported(_SPEC.child("restartPolicy"), policy, RESTART_POLICIES)
