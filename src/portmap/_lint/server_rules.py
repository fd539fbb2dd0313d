"""What an API server says about an object, as findings, and the rules by which it does."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, final

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
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import any_template_path
from portmap._kubernetes.violations import ServerWarning
from portmap._lint.findings import Finding
from portmap._lint.item import Item
from portmap._model.pods import Container, Pod
from portmap._model.services import Service, service_state
from portmap._model.workloads import Workload

__all__ = ["codes_of_the_server", "rules_of_the_server", "server_findings"]


_OWNER_REFERENCES: Final = FieldPath("metadata", "ownerReferences")


@final
@attrs.frozen
class _Warned:
    cluster: Cluster
    containers: Sequence[Container]
    init_containers: Sequence[Container]


def server_findings(item: Item) -> Iterator[Finding]:
    """Yield what an API server rejects about an object, or what it warns about when it accepts it."""
    for violation in item.violations:
        # A generator leaves them for a controller to fill in.
        is_generated = violation.path.starts_with(_OWNER_REFERENCES)
        yield Finding(
            violation.code,
            "warning" if is_generated else "error",
            item.name,
            violation.path,
            violation.message,
            violation.hint,
            violation.value,
            "owner references are written by controllers, not by people" if is_generated else None,
            position=item.position,
            source=item.source,
        )
    for warning in _warnings(item):
        yield Finding(
            warning.code,
            "warning",
            item.name,
            warning.path,
            warning.message,
            warning.hint,
            position=item.position,
            source=item.source,
        )


def _warnings(item: Item) -> Iterator[ServerWarning]:
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
    """Return every rule and warning of a server that a create request can break, by code."""
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
    """Return the codes of all findings that come from an API server."""
    return frozenset(CODES_OF_READING) | {rule.code for rule in rules_of_the_server()}
