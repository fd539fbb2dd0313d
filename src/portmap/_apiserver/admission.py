"""A Service's way through the API server: defaults, allocation, validation, storage.

Each stage of the server hides the later ones where it fails. `server_verdict` keeps
to that, so that it reports exactly what the server would; `every_violation` goes
through all of them, so that an author hears of everything at once.

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
from portmap._apiserver.metadata import METADATA_RULES, METADATA_UPDATE_RULES, Metadata, NameGrammar
from portmap._apiserver.port_list_rules import PORT_LIST_RULES
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.rule import RuleGroup
from portmap._apiserver.service_rules import SERVICE_RULES
from portmap._apiserver.state import ServiceState
from portmap._apiserver.traffic_rules import TRAFFIC_RULES
from portmap._apiserver.updates import UPDATE_RULES, carry_over, drop_what_the_type_lost, families_untouched
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.features import GENERATE_NAME_KEPT, RELAXED_SERVICE_NAMES
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_label_1035_reasons, dns_label_reasons, path_segment_reasons
from portmap._kubernetes.violations import Violation

__all__ = ["every_violation", "metadata_violations", "name_grammar", "server_verdict"]

_SPEC: Final = FieldPath("spec")
_METADATA: Final = FieldPath("metadata")
_PORTS: Final = _SPEC.child("ports")


def server_verdict(service: ServiceState) -> list[Violation]:
    """What the API server would report: nothing, or all that the first failing stage finds.

    The state is taken along the server's way and is, where nothing is wrong, what
    the server would store.
    """
    return (
        _settle_families(service)
        or NAMELESS_RULES.violations(service, _SPEC)
        or ADDRESS_RULES.violations(service, _SPEC)[:1]
        or _first(NODE_PORT_RULES, service)
        or _first(HEALTH_CHECK_RULES, service)
        or _validate(service)
    )


def every_violation(service: ServiceState, *, ports_checked: bool = False) -> list[Violation]:
    """All that is wrong, whatever hides it from the server.

    Args:
        service: What to judge; it is taken along as far as it goes.
        ports_checked: Whether the rules of each port alone were applied before.
    """
    found = _settle_families(service) or ADDRESS_RULES.violations(service, _SPEC)
    allocation = NODE_PORT_RULES.violations(service, _SPEC) + HEALTH_CHECK_RULES.violations(service, _SPEC)
    rest = _validate(service, ports_checked=ports_checked)
    if not allocation:
        return found + rest
    # What the allocator says of a field is what the server says first; the same in
    # other words would only be noise.
    paths = {violation.path for violation in allocation}
    return found + allocation + [violation for violation in rest if violation.path not in paths]


def _first(rules: RuleGroup[ServiceState], service: ServiceState) -> list[Violation]:
    """The allocator gives up at the first port that it cannot serve."""
    found = rules.violations(service, _SPEC)
    return [min(found, key=lambda violation: violation.path)] if found else found


def _settle_families(service: ServiceState) -> list[Violation]:
    """Cluster IPs and IP families, as the server fills them in and checks them first."""
    old = service.old
    if old is not None:
        carry_over(service, old)
    normalise_cluster_ips(service)
    if not service.needs_cluster_ip:
        return []
    if old is not None and families_untouched(service, old):
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
    """The grammar of a Service's name."""
    return dns_label_reasons if cluster.enabled(RELAXED_SERVICE_NAMES) else dns_label_1035_reasons


def metadata_violations(
    metadata: Mapping[str, Any], cluster: Cluster, old: Mapping[str, Any] | None = None
) -> list[Violation]:
    """What is wrong with a Service's metadata."""
    if old is None:
        return METADATA_RULES.violations(Metadata(metadata, cluster, name_grammar(cluster)), _METADATA)
    grammar = path_segment_reasons if cluster.enabled(GENERATE_NAME_KEPT) else name_grammar(cluster)
    subject = Metadata(metadata, cluster, grammar, old)
    return METADATA_UPDATE_RULES.violations(subject, _METADATA) + METADATA_RULES.violations(subject, _METADATA)


def _validate(service: ServiceState, *, ports_checked: bool = False) -> list[Violation]:
    """The server's last stage, which reports everything that it finds."""
    fill_in_second_address(service)
    fill_in_node_ports(service)
    old = service.old
    found = metadata_violations(service.metadata, service.cluster, None if old is None else old.metadata)
    if old is not None:
        drop_what_the_type_lost(service, old)
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
