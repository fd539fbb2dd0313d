"""Links between groups: what a group lacks and exactly one other group has.

A repository can have an Ingress in one folder and its Service in another. Such a link is
shown, but it stays doubtful: nothing says that both are deployed together.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import attrs

from portmap._graph.group_graph import GroupGraph
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode
from portmap._graph.reference_outcomes import NO_SERVICE
from portmap._graph.targets import ResolvedReference
from portmap._model.workloads import Workload
from portmap._resolution.resolution import resolve_among
from portmap._resolution.selection import Candidates


def linked_parts(
    groups: Sequence[GroupGraph],
) -> list[tuple[tuple[ServiceNode, ...], tuple[ResolvedReference, ...]]]:
    """Return the Services and references of each group, with their targets in other groups."""
    owners = {id(workload): number for number, graph in enumerate(groups) for workload in graph.workloads}
    candidates = Candidates([workload for graph in groups for workload in graph.workloads], indexed=True)
    nodes = [
        tuple([_linked_service(node, number, groups, candidates, owners) for node in graph.services])
        for number, graph in enumerate(groups)
    ]
    named: dict[str, list[int]] = defaultdict(list)
    for number, graph in enumerate(groups):
        for name in dict.fromkeys(node.name.name for node in graph.services):
            named[name].append(number)
    references = [
        tuple([_linked_reference(resolved, number, groups, named) for resolved in graph.references])
        for number, graph in enumerate(groups)
    ]
    return list(zip(nodes, references, strict=True))


def _linked_service(
    node: ServiceNode,
    number: int,
    groups: Sequence[GroupGraph],
    candidates: Candidates,
    owners: Mapping[int, int],
) -> ServiceNode:
    """Return a Service that selects nothing in its group with the pods of the only group that has some."""
    if node.selected or node.unknown or not node.service.selector or node.resolution.elsewhere is not None:
        return node
    selected = candidates.selected_by(node.service.selector, node.service.namespace)
    others = {owners[id(source)] for source in selected}
    if len(others) != 1 or number in others:
        return node
    other = groups[others.pop()]
    [(resolution, sources)] = resolve_among([node.service], other.lookups.reach.candidates)
    found = other.lookups.reach.node(node.service, node.name, resolution, sources)
    return attrs.evolve(found, linked=_first(found, other))


def _first(node: ServiceNode, graph: GroupGraph) -> ObjectName:
    first: Workload = node.selected[0]
    return graph.inventory.name(first)


def _linked_reference(
    resolved: ResolvedReference, number: int, groups: Sequence[GroupGraph], named: Mapping[str, Sequence[int]]
) -> ResolvedReference:
    """Return a reference to a Service that its group does not have with that of the only group that has it."""
    reference = resolved.reference
    is_missing = resolved.miss.code in NO_SERVICE if resolved.miss else resolved.unknown is not None
    own = groups[number].lookups.index
    if reference.service is None or not is_missing or own.services_named(reference.service, reference.namespace):
        return resolved
    others = [
        other
        for other in named.get(reference.service, ())
        if other != number and groups[other].lookups.index.services_named(reference.service, reference.namespace)
    ]
    if len(others) != 1:
        return resolved
    lookups = groups[others[0]].lookups
    found = lookups.resolve(reference, None)
    if not found.targets:
        return resolved
    service = lookups.index.services_named(reference.service, reference.namespace)[0].name
    return attrs.evolve(found, elsewhere=f"{service} is in another part of the input")
