"""A map as plain data, for JSON: the schema that docs/portmap.md describes."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from portmap._graph.chain_builder import Ways
from portmap._graph.items import Inventory, UnknownObject, name_of
from portmap._graph.node_ports import HostPorts, NodePorts
from portmap._graph.object_name import ObjectName
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference, ServiceTarget
from portmap._kubernetes.cluster import Cluster
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = ["VERSION", "as_plain_data", "host_ports_data", "node_ports_data", "unknown_data"]

VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_plain_data(
    cluster: Cluster,
    ways: Ways,
    references: Sequence[ResolvedReference],
    misses: Sequence[MapMiss],
    unreached: Sequence[ContainerTarget],
    node_ports: NodePorts,
    host_ports: HostPorts,
) -> dict[str, Any]:
    """The map as dicts, lists, text and numbers."""
    inventory: Inventory = ways.inventory
    return {
        "version": VERSION,
        "kubernetesVersion": cluster.version,
        "services": [_service(service, place, ways) for place, service in enumerate(inventory.services)],
        "workloads": [_workload(workload, ways) for workload in inventory.workloads],
        "references": [_reference(each) for each in references],
        "misses": [each.as_dict() for each in misses],
        "unreached": [each.as_dict() for each in unreached],
        "unknown": [unknown_data(each) for each in inventory.unknown],
        "nodePorts": node_ports_data(node_ports),
        "hostPorts": host_ports_data(host_ports),
        "others": inventory.others,
    }


def _identity(name: ObjectName) -> dict[str, Any]:
    return {"kind": name.kind, "namespace": name.namespace, "name": name.name}


def _service(service: Service, place: int, ways: Ways) -> dict[str, Any]:
    name = name_of(service)
    targets = ways.reach.targets[place]
    ports = []
    for position, port in enumerate(service.ports):
        referring = ways.referring.get(ServiceTarget(name, position, port), ())
        reached = targets[position]
        ports.append(
            {
                "name": port.name,
                "port": port.port,
                "protocol": port.effective_protocol,
                "appProtocol": port.app_protocol,
                "targetPort": port.effective_target_port,
                "nodePort": port.node_port or None,
                "reaches": [each.as_dict() for each in reached],
                "stops": None if reached else ways.why_not(place, position),
                "referredToBy": [
                    {**_identity(each.source), "field": each.field, "role": each.reference.role} for each in referring
                ],
            }
        )
    return {
        **_identity(name),
        "type": service.effective_type,
        "headless": service.is_headless,
        "elsewhere": ways.reach.resolutions[place].elsewhere,
        "ports": ports,
    }


def _workload(workload: Workload, ways: Ways) -> dict[str, Any]:
    return {
        **_identity(name_of(workload)),
        "replicas": workload.replicas,
        "ports": [
            {
                "container": target.container,
                "port": target.port,
                "portName": target.name,
                "protocol": target.protocol,
                "chains": [
                    {"entry": chain.entry, "hops": [hop.as_dict() for hop in chain.hops]} for chain in ways.to(target)
                ],
            }
            for target in ways.targets_of(workload)
        ],
    }


def _reference(resolved: ResolvedReference) -> dict[str, Any]:
    reference = resolved.reference
    return {
        **_identity(resolved.source),
        "field": resolved.field,
        "role": reference.role,
        "service": reference.service,
        "serviceNamespace": reference.namespace,
        "port": reference.port,
        "endPort": reference.end_port,
        "protocol": reference.protocol,
        "container": reference.container,
        "hosts": list(reference.hosts),
        "paths": [{"type": each.type, "value": each.value} for each in reference.paths],
        "addresses": list(reference.addresses),
        "targets": [each.as_dict() for each in resolved.targets],
        "miss": resolved.miss and resolved.miss.as_dict(),
        "unknown": resolved.unknown,
    }


def unknown_data(each: UnknownObject) -> dict[str, Any]:
    """An object that a server would refuse, and why."""
    return {**_identity(each.name), "violations": [violation.as_dict() for violation in each.violations]}


def node_ports_data(ports: NodePorts) -> dict[str, Any]:
    """The node ports of a set."""
    return {
        "range": _ends([ports.cluster.node_port_range])[0],
        "taken": [each.as_dict() for each in ports.taken],
        "collisions": [
            {
                "namespace": each.service.namespace,
                "service": each.service.name,
                "field": each.violation.field,
                "code": each.violation.code,
                "message": each.violation.message,
                "otherNamespace": each.other.namespace,
                "other": each.other.name,
            }
            for each in ports.collisions
        ],
        "freeStatic": _ends(ports.free_static),
        "freeDynamic": _ends(ports.free_dynamic),
        "leftToTheCluster": ports.left_to_the_cluster,
    }


def host_ports_data(ports: HostPorts) -> dict[str, Any]:
    """The host ports of a set."""
    return {
        "taken": [each.as_dict() for each in ports.taken],
        "collisions": [[each.as_dict() for each in group] for group in ports.collisions],
    }


def _ends(ranges: Iterable[range]) -> list[list[int]]:
    """First and last number of each."""
    return [[each[0], each[-1]] for each in ranges]
