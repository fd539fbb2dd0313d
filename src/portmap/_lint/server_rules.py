"""Findings from the rules of the API server: what it rejects, and what it warns about."""

from collections.abc import Iterator, Sequence
from typing import Final, final

import attrs

from portmap._apiserver.admission import server_verdict
from portmap._apiserver.decode_codes import DECODING_CODES
from portmap._apiserver.object_verdict import object_kind, object_warnings
from portmap._apiserver.pod_warnings import POD_WARNINGS
from portmap._apiserver.registry import rules_of_create
from portmap._apiserver.service_warnings import SERVICE_WARNINGS
from portmap._graph.fragments import has_placeholder
from portmap._graph.items import Item
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import any_template_path
from portmap._kubernetes.violations import ServerWarning
from portmap._lint.findings import Finding
from portmap._model.pods import Container, Pod
from portmap._model.services import Service, service_state
from portmap._model.workloads import Workload

INFOS: Final = frozenset({"endpoints-deprecated", "ingress-class-annotation"})
"""Warnings about what is deprecated and works in all versions."""

_OWNER_REFERENCES: Final = FieldPath("metadata", "ownerReferences")


@final
@attrs.frozen
class _PodOfCluster:
    """A pod as the server's warnings look at it."""

    cluster: Cluster
    containers: Sequence[Container]
    init_containers: Sequence[Container]


def server_findings(item: Item) -> Iterator[Finding]:
    """Yield what an API server rejects about an object, or what it warns about when it accepts it."""
    for violation in item.violations:
        # Generated manifests leave owner references for a controller to complete.
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
            "info" if warning.code in INFOS else "warning",
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
    kind = object_kind(item.raw)
    if kind is not None:
        if not item.violations and not has_placeholder(item.name.name):
            yield from object_warnings(item.raw, kind, cluster)
        return
    if isinstance(typed, Service):
        state = service_state(typed, cluster)
        server_verdict(state)
        yield from SERVICE_WARNINGS.warnings(state)
    elif isinstance(typed, Pod | Workload):
        pod = typed if isinstance(typed, Pod) else typed.pod
        template = any_template_path(item.raw) or ROOT
        yield from POD_WARNINGS.warnings(_PodOfCluster(cluster, pod.containers, pod.init_containers), template)


def codes_of_the_server() -> frozenset[str]:
    """Return the codes of all findings that come from an API server."""
    return frozenset(DECODING_CODES) | rules_of_create().keys()
