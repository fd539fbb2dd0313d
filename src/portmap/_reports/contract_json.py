"""`portmap contract --format json`: one object, whose fields docs/contract.md tells."""

import json
from collections.abc import Sequence
from typing import Any, Final

from portmap._contract.changes import SEVERITIES, Change, Contract, Step
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._reports.unreadable import unreadable_data

__all__ = ["VERSION", "as_json"]

VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(contract: Contract, cluster: Cluster, unreadable: Sequence[ManifestError] = ()) -> str:
    """The comparison as JSON text, in ASCII, with the fields in the order of their names."""
    data = {
        "version": VERSION,
        "kubernetesVersion": cluster.version,
        "kept": contract.kept,
        "changes": [_change(each) for each in contract.changes],
        "plan": [_step(each) for each in contract.plan],
        "unreadable": [unreadable_data(each) for each in unreadable],
        "counts": {"services": contract.services} | {severity: len(contract.of(severity)) for severity in SEVERITIES},
    }
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "service": change.service,
        "port": change.port,
        "before": change.before,
        "after": change.after,
        "code": change.code,
        "severity": change.severity,
        "message": change.message,
        "hint": change.hint,
        "users": change.users,
        "workloads": change.workloads,
    }


def _step(step: Step) -> dict[str, Any]:
    return {"service": step.service, "action": step.action, "codes": step.codes}
