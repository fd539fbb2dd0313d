"""The rules of the linter, by topic, and which are on in which profile. A rule is added by naming it here."""

from collections.abc import Iterable
from typing import Final

from portmap._lint.rule import Profile, Rule
from portmap._lint.rules import (
    api_versions,
    collisions,
    declarations,
    divergent_ports,
    endpoints,
    exposure,
    host_ports,
    ingresses_and_routes,
    mesh,
    mesh_listeners,
    names_not_numbers,
    network_policies,
    node_access,
    node_ports,
    policies,
    probes_and_monitors,
    protocols,
    replicas,
    selectors,
    target_ports,
    webhooks,
)

__all__ = ["DEFAULT_RULES", "RULES", "rules_of"]

RULES: Final[tuple[Rule, ...]] = (
    selectors.selector_matches_nothing,
    selectors.selector_matches_owner_labels,
    selectors.selector_too_broad,
    selectors.workload_selector,
    api_versions.unknown_kind,
    target_ports.unresolved_target_port,
    target_ports.target_port_protocol,
    target_ports.partial_target_port,
    target_ports.undeclared_target_port,
    target_ports.ambiguous_port_name,
    target_ports.headless_port_mapping,
    divergent_ports.divergent_target_port,
    ingresses_and_routes.ingress_service,
    ingresses_and_routes.ingress_port,
    ingresses_and_routes.route_service,
    ingresses_and_routes.route_port,
    ingresses_and_routes.route_grant,
    network_policies.network_policy_port,
    probes_and_monitors.probe_port,
    probes_and_monitors.monitor_selector,
    probes_and_monitors.monitor_port,
    webhooks.api_extension_service,
    webhooks.api_extension_port,
    endpoints.governing_service,
    endpoints.endpoints_port_name,
    endpoints.port_without_endpoints,
    collisions.service_name_collision,
    collisions.cluster_ip_collision,
    node_ports.node_port_collision,
    node_ports.node_port_in_dynamic_band,
    host_ports.host_port_rollout,
    host_ports.host_port_collision,
    protocols.service_merge_key,
    protocols.container_merge_key,
    protocols.mixed_protocol_load_balancer,
    protocols.external_name_fields,
    protocols.service_link_variable,
    exposure.exposed_service,
    exposure.external_ips,
    exposure.external_traffic_policy,
    exposure.unpinned_node_port,
    node_access.host_port,
    node_access.host_network,
    node_access.privileged_port,
    node_access.ssh_port,
    policies.default_namespace,
    policies.shared_selector,
    policies.service_without_selector,
    policies.pod_without_network_policy,
    replicas.single_replica,
    names_not_numbers.numeric_target_port,
    names_not_numbers.numeric_ingress_port,
    names_not_numbers.numeric_probe_port,
    names_not_numbers.undeclared_probe_port,
    names_not_numbers.unnamed_service_port,
    declarations.unnamed_container_port,
    declarations.no_container_port,
    declarations.unreached_container_port,
    declarations.implicit_protocol,
    mesh.undecided_protocol,
    mesh.unknown_app_protocol,
    mesh_listeners.conflicting_protocols,
    mesh_listeners.shared_target_port,
    mesh.external_name_tcp_port,
)
"""All of them, in the order in which they are listed."""


def rules_of(*profiles: Profile, among: Iterable[Rule] = RULES) -> tuple[Rule, ...]:
    """The rules that are on in these profiles; those of the default profile are on in all of them.

    Args:
        profiles: The profiles beyond the default one.
        among: The rules to choose from; left out, portmap's own.

    Example:
        >>> from portmap.lint import rules_of
        >>> len(rules_of()) < len(rules_of("strict")) < len(rules_of("strict", "mesh"))
        True
    """
    return tuple(each for each in among if each.profile in {"default", *profiles})


DEFAULT_RULES: Final = rules_of("default")
"""What is on unless it is ignored."""
