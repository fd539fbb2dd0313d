"""What an API server says of an object, as findings know it: the codes of all its rules, and its warnings."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, final

import attrs

from portmap._apiserver.admission import server_verdict
from portmap._apiserver.allocation import ADDRESS_RULES, HEALTH_CHECK_RULES, NAMELESS_RULES, NODE_PORT_RULES
from portmap._apiserver.decode_codes import CODES_OF_READING
from portmap._apiserver.ip_families import CONFIGURED_RULES, FAMILY_RULES, STACK_RULES
from portmap._apiserver.metadata import METADATA_RULES
from portmap._apiserver.pod_manifest import CONTAINER_MANIFEST_RULES, NEWER_FIELD_RULES, POD_MANIFEST_RULES
from portmap._apiserver.pod_rules import CONTAINER_RULES, POD_RULES
from portmap._apiserver.pod_warnings import POD_WARNINGS
from portmap._apiserver.port_rules import CONTAINER_PORT_RULES, SERVICE_PORT_RULES
from portmap._apiserver.probe_rules import HANDLER_RULES
from portmap._apiserver.rule import Rule
from portmap._apiserver.service_rules import SERVICE_RULES
from portmap._apiserver.service_warnings import SERVICE_WARNINGS
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.field_path import ROOT
from portmap._kubernetes.kinds import any_template_path
from portmap._kubernetes.violations import ServerWarning
from portmap._lint.item import Item
from portmap._model.pods import Container, Pod
from portmap._model.services import Service, service_state
from portmap._model.workloads import Workload

__all__ = ["codes_of_the_server", "rules_of_the_server", "server_warnings"]


@final
@attrs.frozen
class _Warned:
    cluster: Cluster
    containers: Sequence[Container]
    init_containers: Sequence[Container]


def server_warnings(item: Item) -> Iterator[ServerWarning]:
    """What a server would warn of when it accepts this object."""
    typed = item.object
    cluster = cluster_in_force()
    if isinstance(typed, Service):
        state = service_state(typed, cluster)
        server_verdict(state)
        yield from SERVICE_WARNINGS.warned_about(state)
    elif isinstance(typed, Pod | Workload):
        pod = typed if isinstance(typed, Pod) else typed.pod
        template = any_template_path(item.raw) or ROOT
        yield from POD_WARNINGS.warned_about(_Warned(cluster, pod.containers, pod.init_containers), template)


@cache
def rules_of_the_server() -> tuple[Rule[Any], ...]:
    """Every rule and warning of a server that a create can break, by code."""
    groups = (
        SERVICE_PORT_RULES,
        CONTAINER_PORT_RULES,
        CONTAINER_RULES,
        POD_RULES,
        HANDLER_RULES,
        METADATA_RULES,
        FAMILY_RULES,
        STACK_RULES,
        CONFIGURED_RULES,
        NAMELESS_RULES,
        ADDRESS_RULES,
        NODE_PORT_RULES,
        HEALTH_CHECK_RULES,
        SERVICE_RULES,
        SERVICE_WARNINGS,
        POD_WARNINGS,
        POD_MANIFEST_RULES,
        CONTAINER_MANIFEST_RULES,
        NEWER_FIELD_RULES,
    )
    found = {rule.code: rule for group in groups for rule in group}
    return tuple(found[code] for code in sorted(found))


def codes_of_the_server() -> frozenset[str]:
    """The codes under which what a server says of an object is reported."""
    return frozenset(CODES_OF_READING) | {rule.code for rule in rules_of_the_server()}
