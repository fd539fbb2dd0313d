"""What the server changes in an update before validation, and the rules about updates alone.

The server keeps allocated values that the client omits, and drops fields that the new type does not
use, unless the client changed them, too.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/storage/storage.go` (`patchAllocatedValues`),
`alloc.go`, `pkg/registry/core/service/strategy.go` (`dropTypeDependentFields`) and
`pkg/apis/core/validation/validation.go` (`ValidateServiceUpdate`).
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.problems import Problem
from portmap._apiserver.rule import RuleGroup
from portmap._apiserver.state import ServiceState
from portmap._kubernetes.field_path import FieldPath

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"
_STORAGE_TYPES: Final = frozenset({"ClusterIP", "NodePort", "LoadBalancer"})


def carry_over(service: ServiceState, old: ServiceState) -> None:
    """Keep allocated values that the update omits."""
    if old.needs_cluster_ip and service.needs_cluster_ip:
        service.cluster_ip = service.cluster_ip or old.cluster_ip
        service.cluster_ips = service.cluster_ips or list(old.cluster_ips)
    if old.allocates_node_ports and service.allocates_node_ports:
        _carry_over_node_ports(service, old)
    if old.needs_health_check and service.needs_health_check:
        service.health_check_node_port = service.health_check_node_port or old.health_check_node_port


def _carry_over_node_ports(service: ServiceState, old: ServiceState) -> None:
    """Give each port the node port of the old port with its name, unless another port requests it."""
    kept = {port.node_port for port in old.ports} & {port.node_port for port in service.ports} - {0}
    by_name = {port.name: port.node_port for port in old.ports}
    for port in service.ports:
        if not port.node_port:
            before = by_name.get(port.name, 0)
            if before not in kept:
                port.node_port = before


def keeps_ip_families(service: ServiceState, old: ServiceState) -> bool:
    """Return whether a PreferDualStack Service keeps its IP families, even if those of the cluster changed."""
    return (
        service.type == old.type
        and service.type in _STORAGE_TYPES
        and service.ip_family_policy == "PreferDualStack"
        and old.ip_family_policy in {None, "PreferDualStack"}
        and service.cluster_ips == old.cluster_ips
        and service.ip_families == old.ip_families
    )


def drop_fields_of_old_type(service: ServiceState, old: ServiceState) -> None:
    """Drop the fields that the new type cannot have, unless the update changes them."""
    if old.needs_cluster_ip and not service.needs_cluster_ip:
        _drop_addresses(service, old)
    if old.takes_node_ports and not service.takes_node_ports:
        _drop_node_ports(service, old)
    if old.needs_health_check and not service.needs_health_check:
        _drop_if_unchanged(service, old, "health_check_node_port", 0)
    if old.type == "LoadBalancer" != service.type:
        _drop_if_unchanged(service, old, "allocate_load_balancer_node_ports", None)
        _drop_if_unchanged(service, old, "load_balancer_class", None)
    if old.externally_accessible and not service.externally_accessible:
        _drop_if_unchanged(service, old, "external_traffic_policy", "")


def _drop_if_unchanged(service: ServiceState, old: ServiceState, attribute: str, nothing: object) -> None:
    if getattr(service, attribute) == getattr(old, attribute):
        setattr(service, attribute, nothing)


def _drop_addresses(service: ServiceState, old: ServiceState) -> None:
    if old.cluster_ip == service.cluster_ip and old.cluster_ips == service.cluster_ips:
        service.cluster_ip, service.cluster_ips = "", []
    _drop_if_unchanged(service, old, "ip_families", [])
    _drop_if_unchanged(service, old, "ip_family_policy", None)


def _drop_node_ports(service: ServiceState, old: ServiceState) -> None:
    """Drop the node ports, unless the update sets a new one."""
    if {port.node_port for port in service.ports} - {0} <= {port.node_port for port in old.ports}:
        for port in service.ports:
            port.node_port = 0


def _both_have_addresses(service: ServiceState) -> ServiceState | None:
    """Return the old Service if neither it nor the new one is an ExternalName."""
    old = service.old
    return old if old is not None and old.needs_cluster_ip and service.needs_cluster_ip else None


UPDATE_RULES: Final = RuleGroup[ServiceState]("updates", request="update")


@UPDATE_RULES.rule(
    "cluster-ip-immutable",
    "spec.clusterIPs[*]",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateUpgradeDowngradeClusterIPs",
)
def cluster_ip_immutable(service: ServiceState) -> Iterator[Problem]:
    """Update changes the cluster IPs of a Service.

    A Service cannot become headless or stop being headless. Only a change to or from ExternalName
    changes the cluster IPs.
    """
    old = _both_have_addresses(service)
    if old is None or (old.headless and service.headless):
        return
    now, before = service.cluster_ips, old.cluster_ips
    hint = "keep it, or delete the Service and create it again"
    if len(now) == len(before):
        for position, (new, was) in enumerate(zip(now, before, strict=True)):
            if new != was:
                yield Problem(
                    FieldPath("spec", "clusterIPs", position), f"may not change once set, from {was}", new, hint
                )
    elif not now:
        yield Problem(FieldPath("spec", "clusterIPs", 0), "the primary cluster IP cannot be unset", now, hint)
    elif before and now[0] != before[0]:
        yield Problem(FieldPath("spec", "clusterIPs", 0), f"may not change once set, from {before[0]}", now[0], hint)


@UPDATE_RULES.rule(
    "second-cluster-ip-kept",
    "spec.ipFamilyPolicy",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateUpgradeDowngradeClusterIPs",
)
def second_stack_kept(service: ServiceState) -> Iterator[Problem]:
    """Update removes the second cluster IP or IP family without the policy SingleStack."""
    old = _both_have_addresses(service)
    if old is None or service.ip_family_policy == "SingleStack" or (old.headless and service.headless):
        return
    both = (service.cluster_ips, old.cluster_ips), (service.ip_families, old.ip_families)
    for now, before in both if old.headless == service.headless else both[:1]:
        if len(before) > len(now) == 1:
            detail = "must be SingleStack to release the second cluster IP and IP family"
            yield Problem(FieldPath("spec", "ipFamilyPolicy"), detail, service.ip_family_policy, "write SingleStack")
            return


@UPDATE_RULES.rule(
    "ip-family-immutable",
    "spec.ipFamilies[0]",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateUpgradeDowngradeIPFamilies",
)
def ip_family_immutable(service: ServiceState) -> Iterator[Problem]:
    """Update changes the first IP family of a Service.

    Only headless Services may change it.
    """
    old = _both_have_addresses(service)
    if old is None or old.headless or service.headless:
        return
    now, before = service.ip_families, old.ip_families
    changed = now != before if len(now) == len(before) else bool(now) and bool(before) and now[0] != before[0]
    if changed:
        yield Problem(
            FieldPath("spec", "ipFamilies", 0), f"may not change once set, from {', '.join(before)}", list(now)
        )


@UPDATE_RULES.rule(
    "load-balancer-class-immutable",
    "spec.loadBalancerClass",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateLoadBalancerClassField",
)
def load_balancer_class_immutable(service: ServiceState) -> Iterator[Problem]:
    """Update changes the load balancer class of a Service.

    A LoadBalancer Service without a class cannot get one, either.
    """
    old = service.old
    if old is None or not old.type == service.type == "LoadBalancer":
        return
    if old.load_balancer_class != service.load_balancer_class:
        detail = f"may not change once set, from {old.load_balancer_class or 'none'}"
        hint = "keep it, or change the type to another and back in two updates"
        yield Problem(FieldPath("spec", "loadBalancerClass"), detail, service.load_balancer_class, hint)


@UPDATE_RULES.rule(
    "health-check-node-port-immutable",
    "spec.healthCheckNodePort",
    "FieldValueForbidden",
    source=f"{_VALIDATION}, validateServiceExternalTrafficFieldsUpdate",
)
def health_check_node_port_immutable(service: ServiceState) -> Iterator[Problem]:
    """Update changes the health check node port of a Service that needs it."""
    old = service.old
    if old is not None and old.needs_health_check and service.needs_health_check:
        if old.health_check_node_port != service.health_check_node_port:
            detail = f"field is immutable, and is {old.health_check_node_port}"
            yield Problem(
                FieldPath("spec", "healthCheckNodePort"),
                detail,
                service.health_check_node_port,
                "keep it or leave it out",
            )
