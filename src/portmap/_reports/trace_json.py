"""`portmap trace --format json`: one object, whose fields docs/trace.md tells."""

import json
from collections.abc import Sequence
from typing import Any, Final

from portmap._graph.trace import Approach, Onward, Trace
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ManifestError
from portmap._reports.places import Places, located
from portmap._reports.unreadable import unreadable_data

__all__ = ["VERSION", "as_json"]

VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(
    traces: Sequence[Trace], places: Places, target: str, cluster: Cluster, unreadable: Sequence[ManifestError] = ()
) -> str:
    """The traces as JSON text, in ASCII, with the fields in the order of their names."""
    data = {
        "version": VERSION,
        "kubernetesVersion": cluster.version,
        "target": target,
        "traces": [_trace(each, places) for each in traces],
        "unreadable": [unreadable_data(each) for each in unreadable],
    }
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _trace(trace: Trace, places: Places) -> dict[str, Any]:
    data = trace.as_dict()
    return {
        **data,
        "subject": located(data["subject"], places),
        "approaches": [_approach(each, places) for each in trace.approaches],
        "onward": [_onward(each, places) for each in trace.onward],
    }


def _approach(approach: Approach, places: Places) -> dict[str, Any]:
    data = approach.as_dict()
    return {**data, "hops": [located(hop, places) for hop in data["hops"]]}


def _onward(onward: Onward, places: Places) -> dict[str, Any]:
    data = onward.as_dict()
    end = data["end"]
    return {**data, "hops": [located(hop, places) for hop in data["hops"]], "end": end and located(end, places)}
