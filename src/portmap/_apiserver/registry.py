"""Every rule of the API server that portmap knows.

The catalogue, the generated documentation, the linter, the Hypothesis strategies and the tests
read the rules here. A rule is in a group by its decorator; a new group is listed here.
"""

from collections.abc import Mapping
from typing import Any, Final

from portmap._apiserver.allocation import ADDRESS_RULES, HEALTH_CHECK_RULES, NAMELESS_RULES, NODE_PORT_RULES
from portmap._apiserver.container_rules import CONTAINER_FIELD_RULES, CONTAINER_WARNINGS, NAMED_CONTAINER_RULES
from portmap._apiserver.endpoint_slice import ENDPOINT_SLICE_RULES, ENDPOINT_SLICE_WARNINGS
from portmap._apiserver.endpoints import ENDPOINTS_RULES, ENDPOINTS_WARNINGS
from portmap._apiserver.ingress import INGRESS_RULES, INGRESS_WARNINGS
from portmap._apiserver.ip_families import CONFIGURED_RULES, FAMILY_RULES, STACK_RULES
from portmap._apiserver.label_selector import LABEL_SELECTOR_RULES
from portmap._apiserver.metadata import METADATA_RULES, METADATA_UPDATE_RULES
from portmap._apiserver.network_policy import NETWORK_POLICY_RULES, NETWORK_POLICY_WARNINGS
from portmap._apiserver.object_warnings import OBJECT_WARNINGS
from portmap._apiserver.pod_manifest import CONTAINER_MANIFEST_RULES, NEWER_FIELD_RULES, POD_MANIFEST_RULES
from portmap._apiserver.pod_rules import CONTAINER_PORT_RULES, CONTAINER_RULES, POD_RULES
from portmap._apiserver.pod_spec_rules import POD_SPEC_RULES
from portmap._apiserver.pod_warnings import POD_NAME_WARNINGS, POD_OWNER_NAME_WARNINGS, POD_WARNINGS
from portmap._apiserver.port_list_rules import PORT_LIST_RULES
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.probe_rules import HANDLER_RULES
from portmap._apiserver.rule import Rule, RuleGroup
from portmap._apiserver.service_rules import SERVICE_RULES
from portmap._apiserver.service_warnings import SERVICE_WARNINGS
from portmap._apiserver.set_rules import SET_RULES
from portmap._apiserver.traffic_rules import TRAFFIC_RULES
from portmap._apiserver.updates import UPDATE_RULES
from portmap._apiserver.workload import TEMPLATE_METADATA_RULES, WORKLOAD_RULES

RULE_GROUPS: Final[tuple[RuleGroup[Any], ...]] = (
    SERVICE_PORT_RULES,
    PORT_LIST_RULES,
    SERVICE_RULES,
    TRAFFIC_RULES,
    FAMILY_RULES,
    STACK_RULES,
    CONFIGURED_RULES,
    ADDRESS_RULES,
    NAMELESS_RULES,
    NODE_PORT_RULES,
    HEALTH_CHECK_RULES,
    UPDATE_RULES,
    METADATA_RULES,
    METADATA_UPDATE_RULES,
    CONTAINER_PORT_RULES,
    CONTAINER_RULES,
    POD_RULES,
    HANDLER_RULES,
    POD_MANIFEST_RULES,
    CONTAINER_MANIFEST_RULES,
    NEWER_FIELD_RULES,
    CONTAINER_FIELD_RULES,
    NAMED_CONTAINER_RULES,
    POD_SPEC_RULES,
    WORKLOAD_RULES,
    TEMPLATE_METADATA_RULES,
    LABEL_SELECTOR_RULES,
    INGRESS_RULES,
    NETWORK_POLICY_RULES,
    ENDPOINTS_RULES,
    ENDPOINT_SLICE_RULES,
    SET_RULES,
    SERVICE_WARNINGS,
    POD_WARNINGS,
    CONTAINER_WARNINGS,
    OBJECT_WARNINGS,
    POD_NAME_WARNINGS,
    POD_OWNER_NAME_WARNINGS,
    INGRESS_WARNINGS,
    NETWORK_POLICY_WARNINGS,
    ENDPOINTS_WARNINGS,
    ENDPOINT_SLICE_WARNINGS,
)
"""All groups, in the order of the documentation."""


def rules_of_create() -> Mapping[str, Rule[Any]]:
    """Return the rules and warnings that the create of one object can break, by code."""
    found = {rule.code: rule for group in RULE_GROUPS if group.request == "create" for rule in group}
    return {code: found[code] for code in sorted(found)}
