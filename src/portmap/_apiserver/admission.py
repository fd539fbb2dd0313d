"""The steps of the API server: defaults, allocation, validation, in the server's order.

A stage that fails hides the later stages. `server_verdict` reports exactly what the server reports;
`every_violation` goes through all stages, so that an author sees all problems at once.

Source: kubernetes/kubernetes 1.36.2, `pkg/registry/core/service/storage/` and
`staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`.
"""

from collections.abc import Mapping
from typing import Any, Final

from portmap._apiserver.allocation import (
    ADDRESS_RULES,
    HEALTH_CHECK_RULES,
    NAMELESS_RULES,
    NODE_PORT_RULES,
    fill_in_node_ports,
    fill_in_second_address,
)
from portmap._apiserver.ip_families import (
    CONFIGURED_RULES,
    FAMILY_RULES,
    STACK_RULES,
    complete_families,
    infer_families,
    infer_policy,
    normalise_cluster_ips,
    release_second_stack,
)
from portmap._apiserver.metadata import METADATA_RULES, METADATA_UPDATE_RULES
from portmap._apiserver.metadata_schema import Metadata, NameGrammar
from portmap._apiserver.port_list_rules import PORT_LIST_RULES
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.rule import RuleGroup
from portmap._apiserver.service_rules import SERVICE_RULES
from portmap._apiserver.state import ServiceState
from portmap._apiserver.traffic_rules import TRAFFIC_RULES
from portmap._apiserver.updates import UPDATE_RULES, carry_over, drop_fields_of_old_type, keeps_ip_families
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.features import GENERATE_NAME_KEPT, RELAXED_SERVICE_NAMES
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_label_1035_reasons, dns_label_reasons, path_segment_reasons
from portmap._kubernetes.violations import Violation

_SPEC: Final = FieldPath("spec")
_METADATA: Final = FieldPath("metadata")
_PORTS: Final = _SPEC.child("ports")


def server_verdict(service: ServiceState) -> list[Violation]:
    """Return what the API server reports: nothing, or the violations of the first stage that fails.

    The state changes on the way. If there are no violations, it is what the server stores.
    """
    return (
        _apply_ip_families(service)
        or NAMELESS_RULES.violations(service, _SPEC)
        or ADDRESS_RULES.violations(service, _SPEC)[:1]
        or _first_violation(NODE_PORT_RULES, service)
        or _first_violation(HEALTH_CHECK_RULES, service)
        or _validate(service)
    )


def every_violation(service: ServiceState, *, ports_checked: bool = False) -> list[Violation]:
    """Return the violations of all stages.

    Args:
        service: The Service; the state changes on the way.
        ports_checked: Whether each port was checked by itself before.
    """
    found = _apply_ip_families(service) or ADDRESS_RULES.violations(service, _SPEC)
    allocation = NODE_PORT_RULES.violations(service, _SPEC) + HEALTH_CHECK_RULES.violations(service, _SPEC)
    rest = _validate(service, ports_checked=ports_checked)
    if not allocation:
        return found + rest
    # The allocator reports a field first; the rules of later stages would repeat it in other words.
    paths = {violation.path for violation in allocation}
    return found + allocation + [violation for violation in rest if violation.path not in paths]


def _first_violation(rules: RuleGroup[ServiceState], service: ServiceState) -> list[Violation]:
    """Return the first violation: the allocator stops at the first port that it cannot allocate."""
    found = rules.violations(service, _SPEC)
    return [min(found, key=lambda violation: violation.path)] if found else found


def _apply_ip_families(service: ServiceState) -> list[Violation]:
    """Fill in cluster IPs and IP families, and return the violations of the first stage that fails."""
    old = service.old
    if old is not None:
        carry_over(service, old)
    normalise_cluster_ips(service)
    if not service.needs_cluster_ip:
        return []
    if old is not None and keeps_ip_families(service, old):
        service.families_settled = True
        return []
    infer_policy(service)
    found = FAMILY_RULES.violations(service, _SPEC)
    if found:
        return found
    release_second_stack(service)
    found = STACK_RULES.violations(service, _SPEC)
    if found:
        return found
    infer_families(service)
    found = CONFIGURED_RULES.violations(service, _SPEC)
    if not found:
        complete_families(service)
    return found


def name_grammar(cluster: Cluster) -> NameGrammar:
    """Return the grammar of a Service's name."""
    return dns_label_reasons if cluster.enabled(RELAXED_SERVICE_NAMES) else dns_label_1035_reasons


def metadata_violations(
    metadata: Mapping[str, Any], cluster: Cluster, old: Mapping[str, Any] | None = None
) -> list[Violation]:
    """Return the violations in the metadata of a Service.

    Args:
        metadata: The metadata, decoded.
        cluster: The cluster.
        old: The metadata of the stored object, if this is an update.
    """
    if old is None:
        return METADATA_RULES.violations(Metadata(metadata, cluster, name_grammar(cluster)), _METADATA)
    grammar = path_segment_reasons if cluster.enabled(GENERATE_NAME_KEPT) else name_grammar(cluster)
    subject = Metadata(metadata, cluster, grammar, old)
    return METADATA_UPDATE_RULES.violations(subject, _METADATA) + METADATA_RULES.violations(subject, _METADATA)


def _validate(service: ServiceState, *, ports_checked: bool = False) -> list[Violation]:
    """Return the violations of the last stage, validation, which reports all that it finds."""
    fill_in_second_address(service)
    fill_in_node_ports(service)
    old = service.old
    found = metadata_violations(service.metadata, service.cluster, None if old is None else old.metadata)
    if old is not None:
        drop_fields_of_old_type(service, old)
        found += UPDATE_RULES.violations(service)
        if service.needs_cluster_ip:
            found += FAMILY_RULES.violations(service, _SPEC)
    if not ports_checked:
        for position, port in enumerate(service.ports):
            found += SERVICE_PORT_RULES.violations(port, _PORTS.index(position))
    return (
        found
        + PORT_LIST_RULES.violations(service)
        + SERVICE_RULES.violations(service)
        + TRAFFIC_RULES.violations(service)
    )
