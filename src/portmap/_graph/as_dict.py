"""Convert a PortMap to plain data for JSON. docs/portmap.md describes the schema."""

from collections.abc import Sequence
from typing import Any, Final

from portmap._graph.chain_builder import ChainBuilder
from portmap._graph.items import Inventory, name_of
from portmap._graph.node_ports import HostPorts, NodePorts
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.plain_data import plain_data
from portmap._model.services import Service
from portmap._model.workloads import Workload

VERSION: Final = 1
"""The version of the schema. It changes if a field is removed or changes its meaning."""


def as_plain_data(
    cluster: Cluster,
    chains: ChainBuilder,
    references: Sequence[ResolvedReference],
    misses: Sequence[MapMiss],
    unreached: Sequence[ContainerTarget],
    node_ports: NodePorts,
    host_ports: HostPorts,
) -> dict[str, Any]:
    """Return the map as dicts, lists, text and numbers."""
    inventory: Inventory = chains.inventory
    return plain_data(
        {
            "version": VERSION,
            "kubernetesVersion": cluster.version,
            "services": [_service(service, index, chains) for index, service in enumerate(inventory.services)],
            "workloads": [_workload(workload, chains) for workload in inventory.workloads],
            "references": references,
            "misses": misses,
            "unreached": unreached,
            "unknown": inventory.unknown,
            "nodePorts": node_ports,
            "hostPorts": host_ports,
            "others": inventory.others,
        }
    )


def _service(service: Service, index: int, chains: ChainBuilder) -> dict[str, Any]:
    name = name_of(service)
    targets = chains.reach.targets[index]
    ports = []
    for position, port in enumerate(service.ports):
        referring = chains.referring.get(ServiceTarget(name, position, port), ())
        reached = targets[position]
        ports.append(
            {
                "name": port.name,
                "port": port.port,
                "protocol": port.effective_protocol,
                "appProtocol": port.app_protocol,
                "targetPort": port.effective_target_port,
                "nodePort": port.node_port or None,
                "reaches": reached,
                "stops": None if reached else chains.why_not(index, position),
                "referredToBy": [
                    {**plain_data(each.source), "field": each.field, "role": each.reference.role} for each in referring
                ],
            }
        )
    return {
        **plain_data(name),
        "type": service.effective_type,
        "headless": service.is_headless,
        "elsewhere": chains.reach.resolutions[index].elsewhere,
        "ports": ports,
    }


def _workload(workload: Workload, chains: ChainBuilder) -> dict[str, Any]:
    return {
        **plain_data(name_of(workload)),
        "replicas": workload.replicas,
        "ports": [
            {
                "container": target.container,
                "port": target.port,
                "portName": target.name,
                "protocol": target.protocol,
                "chains": [{"entry": chain.entry, "hops": chain.hops} for chain in chains.to(target)],
            }
            for target in chains.targets_of(workload)
        ],
    }
