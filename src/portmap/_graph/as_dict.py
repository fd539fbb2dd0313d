"""Convert a PortMap to plain data for JSON. docs/portmap.md describes the schema."""

from collections.abc import Sequence
from typing import Any, Final

from portmap._graph.chain_builder import ChainBuilder
from portmap._graph.graph import Graph
from portmap._graph.node_ports import HostPorts, NodePorts
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode
from portmap._graph.targets import ContainerTarget
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.plain_data import plain_data
from portmap._model.workloads import Workload

VERSION: Final = 1
"""The version of the schema. It changes if a field is removed or changes its meaning."""


def as_plain_data(
    cluster: Cluster,
    graph: Graph,
    chains: ChainBuilder,
    unreached: Sequence[ContainerTarget],
    ports: tuple[NodePorts, HostPorts],
) -> dict[str, Any]:
    """Return the map as dicts, lists, text and numbers."""
    node_ports, host_ports = ports
    return plain_data(
        {
            "version": VERSION,
            "kubernetesVersion": cluster.version,
            "services": [_service(node, graph, chains) for node in graph.services],
            "workloads": [_workload(workload, name, chains) for workload, name in graph.workloads],
            "references": graph.references,
            "misses": graph.misses,
            "unreached": unreached,
            "unknown": graph.unknown,
            "nodePorts": node_ports,
            "hostPorts": host_ports,
            "others": graph.others,
        }
    )


def _service(node: ServiceNode, graph: Graph, chains: ChainBuilder) -> dict[str, Any]:
    ports = []
    for position, port in enumerate(node.service.ports):
        referring = chains.referring.get(node.target(position), ())
        reached, outcome = node.targets[position], graph.outcome(node, position)
        ports.append(
            {
                "name": port.name,
                "port": port.port,
                "protocol": port.effective_protocol,
                "appProtocol": port.app_protocol,
                "targetPort": port.effective_target_port,
                "nodePort": port.node_port or None,
                "reaches": reached,
                "stops": None if reached else outcome.reason,
                "doubt": outcome.doubt,
                "referredToBy": [
                    {**plain_data(each.source), "field": each.field, "role": each.reference.role} for each in referring
                ],
            }
        )
    return {
        **plain_data(node.name),
        "type": node.service.effective_type,
        "headless": node.service.is_headless,
        "elsewhere": node.resolution.elsewhere,
        "ports": ports,
    }


def _workload(workload: Workload, name: ObjectName, chains: ChainBuilder) -> dict[str, Any]:
    return {
        **plain_data(name),
        "replicas": workload.replicas,
        "ports": [
            {
                "container": target.container,
                "port": target.port,
                "portName": target.name,
                "protocol": target.protocol,
                "chains": [{"entry": chain.entry, "hops": chain.hops} for chain in chains.to(target)],
            }
            for target in chains.targets_of(workload, name)
        ],
    }
