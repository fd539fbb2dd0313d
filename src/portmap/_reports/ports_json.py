"""`portmap ports --format json`: one object, whose fields docs/ports.md tells."""

import json
from collections.abc import Sequence
from typing import Any, Final

from portmap._graph.as_dict import host_ports_data, node_ports_data, unknown_data
from portmap._graph.port_map import PortMap
from portmap._kubernetes.errors import ManifestError
from portmap._reports.places import Places, located
from portmap._reports.unreadable import unreadable_data

__all__ = ["VERSION", "as_json"]

VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(found: PortMap, places: Places, unreadable: Sequence[ManifestError] = ()) -> str:
    """The ports of nodes as JSON text, in ASCII, with the fields in the order of their names."""
    nodes, hosts = node_ports_data(found.node_ports), host_ports_data(found.host_ports)
    data = {
        "version": VERSION,
        "kubernetesVersion": found.cluster.version,
        "nodePorts": {**nodes, "taken": [_of_service(each, places) for each in nodes["taken"]]},
        "hostPorts": {
            "taken": [located(each, places) for each in hosts["taken"]],
            "collisions": [[located(each, places) for each in group] for group in hosts["collisions"]],
        },
        "unknown": [located(unknown_data(each), places) for each in found.unknown],
        "unreadable": [unreadable_data(each) for each in unreadable],
    }
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _of_service(data: dict[str, Any], places: Places) -> dict[str, Any]:
    place = located({"kind": "Service", "namespace": data["namespace"], "name": data["service"]}, places)
    return {**data, "source": place["source"], "line": place["line"]}
