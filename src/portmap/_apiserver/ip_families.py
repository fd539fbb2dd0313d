"""Cluster IPs and IP families: defaults and rules before allocation.

There are three stages, and one that fails hides the next: the fields agree with each other, they
agree with the policy, the cluster has the families.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/storage/alloc.go`
(`initIPFamilyFields`), `storage.go` (`normalizeClusterIPs`) and
`pkg/apis/core/validation/validation.go` (`ValidateServiceClusterIPsRelatedFields`).
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.mistake import Mistake
from portmap._apiserver.problems import Problem, not_supported
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._apiserver.state import HEADLESS, PICKED, ServiceState
from portmap._kubernetes.addresses import family_of, ip_reasons
from portmap._kubernetes.enums import IP_FAMILIES, IP_FAMILY_POLICIES
from portmap._kubernetes.features import STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath

_RELATED: Final = "pkg/apis/core/validation/validation.go, ValidateServiceClusterIPsRelatedFields"
_INIT: Final = "pkg/registry/core/service/storage/alloc.go, initIPFamilyFields"
_MOST_ADDRESSES: Final = 2
_IPV4_ONLY: Final = {"service_cidrs": "10.0.0.0/16"}
_OTHER: Final = {"IPv4": "IPv6", "IPv6": "IPv4"}


# --- fields that must agree (R1 to R11) --------------------------------------------------------------------------


FAMILY_RULES: Final = RuleGroup[ServiceState]("IP families", source=_RELATED, stage=Stage.FAMILIES)


@FAMILY_RULES.rule("cluster-ips-required", "spec.clusterIPs", "FieldValueRequired", when="cluster_ip")
def cluster_ips_required(service: ServiceState) -> Iterator[Problem]:
    """Service has `clusterIP` but not `clusterIPs`.

    On a create, the server adds it.
    """
    if not service.cluster_ips:
        yield Problem(
            FieldPath("clusterIPs"), "must contain clusterIP", hint=f"write clusterIPs: [{service.cluster_ip}]"
        )


@FAMILY_RULES.rule(
    "cluster-ips-mismatch",
    "spec.clusterIPs",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[
        Mistake(
            "a clusterIP that is not the first of clusterIPs",
            {"spec.clusterIP": "10.0.0.6", "spec.clusterIPs": ["10.0.0.5"]},
        ),
        Mistake("clusterIPs without clusterIP", {"spec.clusterIPs": ["10.0.0.5"]}),
    ],
)
def cluster_ips_mismatch(service: ServiceState) -> Iterator[Problem]:
    """First of `clusterIPs` is not `clusterIP`.

    Without `clusterIP`, `clusterIPs` is not allowed.
    """
    first = service.cluster_ips[0]
    if first == service.cluster_ip != "":
        return
    if service.cluster_ip:
        detail, hint = (
            "the first value must be that of clusterIP",
            f"make it {service.cluster_ip}, or leave clusterIPs out",
        )
    else:
        detail = "must be empty if clusterIP is not set"
        hint = f"set clusterIP: {first}, too" if first else "leave it out"
    yield Problem(FieldPath("clusterIPs"), detail, list(service.cluster_ips), hint)


@FAMILY_RULES.rule(
    "unsupported-ip-family",
    "spec.ipFamilies[*]",
    "FieldValueNotSupported",
    when="ip_families",
    mistakes=[Mistake("the IP family ipv4", {"spec.ipFamilies": ["ipv4"]})],
)
def unsupported_ip_family(service: ServiceState) -> Iterator[Problem]:
    """IP family is not IPv4 or IPv6.

    The value is case-sensitive.
    """
    for position, family in enumerate(service.ip_families):
        if family not in IP_FAMILIES:
            yield not_supported(FieldPath("ipFamilies", position), family, IP_FAMILIES)


@FAMILY_RULES.rule(
    "duplicate-ip-family",
    "spec.ipFamilies[*]",
    "FieldValueDuplicate",
    when="ip_families",
    mistakes=[Mistake("one IP family twice", {"spec.ipFamilies": ["IPv4", "IPv4"]}, at="spec.ipFamilies[1]")],
)
def duplicate_ip_family(service: ServiceState) -> Iterator[Problem]:
    """IP family is repeated.

    A Service has at most two, one of each.
    """
    seen: set[str] = set()
    for position, family in enumerate(service.ip_families):
        if family in seen:
            yield Problem(FieldPath("ipFamilies", position), "already listed", family, "remove it")
        seen.add(family)


@FAMILY_RULES.rule(
    "unsupported-ip-family-policy",
    "spec.ipFamilyPolicy",
    "FieldValueNotSupported",
    mistakes=[Mistake("the IP family policy DualStack", {"spec.ipFamilyPolicy": "DualStack"})],
)
def unsupported_ip_family_policy(service: ServiceState) -> list[Problem] | None:
    """IP family policy is not SingleStack, PreferDualStack or RequireDualStack."""
    policy = service.ip_family_policy
    if policy is None or policy in IP_FAMILY_POLICIES:
        return None
    return [not_supported(FieldPath("ipFamilyPolicy"), policy, IP_FAMILY_POLICIES)]


@FAMILY_RULES.rule(
    "misplaced-none",
    "spec.clusterIPs",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[
        Mistake("an address beside None", {"spec.clusterIP": "None", "spec.clusterIPs": ["None", "10.0.0.5"]}),
        Mistake(
            "an address beside None, with an IP family",
            {"spec.clusterIP": "None", "spec.clusterIPs": ["None", "10.0.0.5"], "spec.ipFamilies": ["IPv6"]},
        ),
    ],
)
def misplaced_none(service: ServiceState) -> Iterator[Problem]:
    """`None` is not the only value of `clusterIPs`.

    As the first and only value, it makes a Service headless.
    """
    if _is_none_misplaced(service):
        detail = "None must be the first and only value"
        yield Problem(FieldPath("clusterIPs"), detail, list(service.cluster_ips), "remove the others")


def _is_none_misplaced(service: ServiceState) -> bool:
    return len(service.cluster_ips) > 1 and service.cluster_ips[0] == HEADLESS


def _invalid_cluster_ips(service: ServiceState) -> Iterator[tuple[int, tuple[str, ...]]]:
    old = service.old.cluster_ips if service.old else ()
    strict = service.cluster.enabled(STRICT_IP_CIDR)
    for position, address in enumerate(service.cluster_ips):
        if (position == 0 and address == HEADLESS) or address in old or address is PICKED:
            continue
        reasons = ip_reasons(address, strict=strict)
        if reasons:
            yield position, reasons


@FAMILY_RULES.rule(
    "cluster-ip-syntax",
    "spec.clusterIPs[*]",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[Mistake("the cluster IP none", {"spec.clusterIP": "none"})],
)
def cluster_ip_syntax(service: ServiceState) -> Iterator[Problem]:
    """Cluster IP is not an IP address.

    Only the first may be `None` instead. The value is case-sensitive.
    """
    for position, reasons in _invalid_cluster_ips(service):
        address = service.cluster_ips[position]
        hint = "write None, with a capital" if address.lower() == "none" and position == 0 else None
        yield Problem(FieldPath("clusterIPs", position), "; ".join(reasons), address, hint)


@FAMILY_RULES.rule(
    "too-many-cluster-ips",
    "spec.clusterIPs",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[
        Mistake(
            "three cluster IPs",
            {"spec.clusterIP": "10.0.0.5", "spec.clusterIPs": ["10.0.0.5", "fd00:10::5", "fd00:10::6"]},
        )
    ],
)
def too_many_cluster_ips(service: ServiceState) -> Iterator[Problem]:
    """Service has more than two cluster IPs."""
    if len(service.cluster_ips) > _MOST_ADDRESSES:
        yield Problem(
            FieldPath("clusterIPs"), f"may contain at most {_MOST_ADDRESSES} values", list(service.cluster_ips)
        )


def _have_families(service: ServiceState) -> bool:
    """Return whether each cluster IP has a family; otherwise the server does not check families."""
    return not _is_none_misplaced(service) and next(_invalid_cluster_ips(service), None) is None


@FAMILY_RULES.rule(
    "cluster-ips-one-family",
    "spec.clusterIPs",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[
        Mistake(
            "two cluster IPs of one family", {"spec.clusterIP": "10.0.0.5", "spec.clusterIPs": ["10.0.0.5", "10.0.0.6"]}
        )
    ],
)
def cluster_ips_one_family(service: ServiceState) -> Iterator[Problem]:
    """Two cluster IPs have the same IP family."""
    families = {family_of(address) for address in service.cluster_ips}
    if len(families) < min(len(service.cluster_ips), _MOST_ADDRESSES) and _have_families(service):
        detail = "may contain at most one address of each IP family"
        yield Problem(FieldPath("clusterIPs"), detail, list(service.cluster_ips))


@FAMILY_RULES.rule(
    "cluster-ip-family-mismatch",
    "spec.clusterIPs[*]",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[Mistake("a cluster IP of the other family", {"spec.clusterIP": "10.0.0.5", "spec.ipFamilies": ["IPv6"]})],
)
def cluster_ip_family_mismatch(service: ServiceState) -> Iterator[Problem]:
    """Cluster IP does not have the family at its index in `ipFamilies`."""
    if service.headless or not service.ip_families or not _have_families(service):
        return
    for position, (address, family) in enumerate(zip(service.cluster_ips, service.ip_families, strict=False)):
        if family in IP_FAMILIES and address is not PICKED and (family_of(address) == "IPv6") != (family == "IPv6"):
            detail = f"must be an {family} address, the family of ipFamilies[{position}]"
            yield Problem(FieldPath("clusterIPs", position), detail, address)


# --- the policy (R12, R13) ---------------------------------------------------------------------------------------


STACK_RULES: Final = RuleGroup[ServiceState]("IP stack", source=_INIT, stage=Stage.STACK)


@STACK_RULES.rule("dual-stack-not-released", "spec.ipFamilyPolicy", "FieldValueInvalid", when="old")
def dual_stack_not_released(service: ServiceState) -> Iterator[Problem]:
    """Update removes the second address or family without the policy SingleStack."""
    old = service.old
    if old is not None and service.ip_family_policy != "SingleStack":
        for words, now, before in (
            ("cluster IP", service.cluster_ips, old.cluster_ips),
            ("IP family", service.ip_families, old.ip_families),
        ):
            if now and len(now) < len(before):
                detail = f"must be SingleStack to release the secondary {words}"
                yield Problem(FieldPath("ipFamilyPolicy"), detail, service.ip_family_policy, "write SingleStack")


@STACK_RULES.rule(
    "single-stack-with-two",
    "spec.ipFamilyPolicy",
    "FieldValueInvalid",
    mistakes=[Mistake("two IP families in a single stack", {"spec.ipFamilies": ["IPv4", "IPv6"]})],
)
def single_stack_with_two(service: ServiceState) -> list[Problem] | None:
    """SingleStack Service has two addresses or families.

    A Service without a policy is SingleStack, too.
    """
    if service.ip_family_policy != "SingleStack":
        return None
    detail = "must be PreferDualStack or RequireDualStack for two {}"
    return [
        Problem(FieldPath("ipFamilyPolicy"), detail.format(words), "SingleStack", "write PreferDualStack")
        for words, values in (("cluster IPs", service.cluster_ips), ("IP families", service.ip_families))
        if len(values) == _MOST_ADDRESSES
    ]


@STACK_RULES.rule(
    "cluster-ip-family-unconfigured",
    "spec.clusterIPs[*]",
    "FieldValueInvalid",
    when="cluster_ips",
    mistakes=[
        Mistake("a cluster IP of a family that the cluster lacks", {"spec.clusterIP": "fd00:10::5"}, cluster=_IPV4_ONLY)
    ],
)
def cluster_ip_family_unconfigured(service: ServiceState) -> Iterator[Problem]:
    """Cluster has no service CIDR for the family of a cluster IP."""
    configured = service.cluster.ip_families
    if configured is None:
        return
    for position, address in enumerate(service.cluster_ips):
        if address == HEADLESS:
            return
        family = family_of(address)
        if position >= len(service.ip_families) and family is not None and family not in configured:
            yield Problem(FieldPath("clusterIPs", position), f"{family} is not configured on this cluster", address)


# --- the families of the cluster (R14, R15) ----------------------------------------------------------------------


CONFIGURED_RULES: Final = RuleGroup[ServiceState]("configured families", source=_INIT, stage=Stage.CONFIGURED)


@CONFIGURED_RULES.rule(
    "dual-stack-unavailable",
    "spec.ipFamilyPolicy",
    "FieldValueInvalid",
    mistakes=[
        Mistake("dual stack on a cluster without it", {"spec.ipFamilyPolicy": "RequireDualStack"}, cluster=_IPV4_ONLY)
    ],
)
def dual_stack_unavailable(service: ServiceState) -> list[Problem] | None:
    """RequireDualStack is set, but the cluster has service CIDRs of one family only.

    A headless Service without a selector may set it in any cluster, because its endpoints are created by others.
    """
    configured = service.cluster.ip_families
    if service.ip_family_policy != "RequireDualStack" or configured is None:
        return None
    if len(configured) == _MOST_ADDRESSES or service.selectorless_headless:
        return None
    detail = "this cluster is not configured for dual-stack services"
    return [Problem(FieldPath("ipFamilyPolicy"), detail, "RequireDualStack", "write PreferDualStack")]


@CONFIGURED_RULES.rule(
    "ip-family-unconfigured",
    "spec.ipFamilies[*]",
    "FieldValueInvalid",
    when="ip_families",
    mistakes=[Mistake("an IP family that the cluster lacks", {"spec.ipFamilies": ["IPv6"]}, cluster=_IPV4_ONLY)],
)
def ip_family_unconfigured(service: ServiceState) -> Iterator[Problem]:
    """Cluster has no service CIDR for an IP family."""
    configured = service.cluster.ip_families
    if configured is not None and not service.selectorless_headless:
        for position, family in enumerate(service.ip_families):
            if family not in configured:
                yield Problem(FieldPath("ipFamilies", position), "not configured on this cluster", family)


# --- defaults ----------------------------------------------------------------------------------------------------


def normalise_cluster_ips(service: ServiceState) -> None:
    """Make `clusterIP` and `clusterIPs` agree if only one of them changed (`normalizeClusterIPs`)."""
    old = service.old
    if old is None:
        if service.cluster_ip and not service.cluster_ips:
            service.cluster_ips = [service.cluster_ip]
        return
    if old.cluster_ips and not service.cluster_ips and old.cluster_ip == service.cluster_ip:
        service.cluster_ips = list(old.cluster_ips)
    if old.cluster_ip != service.cluster_ip and service.cluster_ips == old.cluster_ips:
        cleared = old.cluster_ip and not service.cluster_ip
        service.cluster_ips = [] if cleared else [service.cluster_ip]


def infer_policy(service: ServiceState) -> None:
    """Fill in `ipFamilyPolicy`, for an update the old one."""
    if service.ip_family_policy is None:
        if service.old is not None and service.old.ip_family_policy is not None:
            service.ip_family_policy = service.old.ip_family_policy
        else:
            service.ip_family_policy = "RequireDualStack" if service.selectorless_headless else "SingleStack"


def release_second_stack(service: ServiceState) -> None:
    """Drop the second address and family in an update to SingleStack that does not change the lists."""
    old = service.old
    if old is not None and service.ip_family_policy == "SingleStack":
        if service.cluster_ips == old.cluster_ips:
            service.cluster_ips = service.cluster_ips[:1]
        if service.ip_families == old.ip_families:
            service.ip_families = service.ip_families[:1]


def infer_families(service: ServiceState) -> None:
    """Fill in the families of the cluster IPs."""
    for address in service.cluster_ips[len(service.ip_families) :]:
        family = family_of(address)
        if family is None:
            return
        service.ip_families = [*service.ip_families, family]


def complete_families(service: ServiceState) -> None:
    """Fill in the families that follow from the policy and the cluster, if its families are known."""
    configured = service.cluster.ip_families
    if not service.ip_families and configured is not None:
        service.ip_families = [configured[0]]
    dual = service.selectorless_headless or (configured is not None and len(configured) == _MOST_ADDRESSES)
    if dual and service.ip_family_policy != "SingleStack" and len(service.ip_families) == 1:
        service.ip_families = [service.ip_families[0], _OTHER[service.ip_families[0]]]
