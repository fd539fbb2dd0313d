"""The graph of an input: the graphs of its groups, put together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from posixpath import normpath
from typing import Any, TypeVar, final

import attrs

from portmap._graph.facts import facts_of
from portmap._graph.fragments import skip_reasons
from portmap._graph.group_graph import GroupGraph
from portmap._graph.grouping import groups_of
from portmap._graph.input_context import InputContext
from portmap._graph.inventory import UnknownObject
from portmap._graph.items import Item, items_of, name_of
from portmap._graph.links import linked_parts
from portmap._graph.object_name import ObjectName, label_of
from portmap._graph.outcomes import PortOutcome, outcome_of
from portmap._graph.reach import ServiceNode
from portmap._graph.reference_outcomes import assess_reference
from portmap._graph.set_misses import misses_of
from portmap._graph.targets import MapMiss, ResolvedReference
from portmap._kubernetes.cluster import Cluster
from portmap._model.foreign_protocols import is_document
from portmap._model.services import Service
from portmap._model.workloads import Workload

_NodeT = TypeVar("_NodeT")


@final
@attrs.frozen(eq=False)
class Graph:
    """The graph of an input. Everything in it is sorted by namespace, kind and name.

    Attributes:
        groups: The graph of each group.
        services: The Services, each with the graph of its group.
        workloads: The workloads with their names; a pod is a workload of kind Pod.
        references: The references with their targets.
        misses: The Service ports without endpoints, and the references that do not resolve.
        unknown: The objects that the API server would refuse.
        others: The number of objects that do not concern ports.
        owners: The graph of the group of each Service, by `id`.
        nodes: The Services, by `id`.
        skipped: The items that are no objects, with the reason.
    """

    groups: tuple[GroupGraph, ...]
    services: tuple[ServiceNode, ...]
    workloads: tuple[tuple[Workload, ObjectName], ...]
    references: tuple[ResolvedReference, ...]
    misses: tuple[MapMiss, ...]
    unknown: tuple[UnknownObject, ...]
    others: int
    owners: Mapping[int, GroupGraph]
    nodes: Mapping[int, ServiceNode]
    skipped: tuple[tuple[Item, str], ...] = ()

    @classmethod
    def of(cls, groups: Sequence[GroupGraph], skipped: Iterable[tuple[Item, str]] = ()) -> "Graph":
        """Put the graphs of groups together."""
        linked = [(graph.services, graph.references) for graph in groups] if len(groups) == 1 else linked_parts(groups)
        services = [node for nodes, _ in linked for node in nodes]
        references = [
            [_assessed(resolved, graph) for resolved in own] for graph, (_, own) in zip(groups, linked, strict=True)
        ]
        misses = (
            miss
            for graph, (nodes, _), own in zip(groups, linked, references, strict=True)
            for miss in misses_of(graph, nodes, own)
        )
        workloads = ((workload, graph.inventory.name(workload)) for graph in groups for workload in graph.workloads)
        unknown = (invalid for graph in groups for invalid in graph.inventory.unknown)
        return cls(
            tuple(groups),
            _sorted(services, lambda node: node.name, groups),
            _sorted(workloads, lambda pair: pair[1], groups),
            _sorted(chain.from_iterable(references), lambda resolved: resolved.source, groups),
            _sorted(misses, lambda miss: miss.source, groups),
            _sorted(unknown, lambda invalid: invalid.name, groups),
            sum(graph.inventory.others for graph in groups),
            {id(node.service): graph for graph in groups for node in graph.services},
            _with_copies({id(node.service): node for node in services}, groups),
            tuple(skipped),
        )

    def node(self, service: Service) -> ServiceNode:
        """Return one of `services`, or that of a copy of it.

        Raises:
            KeyError: The graph has no such Service.
        """
        if (node := self.nodes.get(id(service))) is not None:
            return node
        name, content = name_of(service), repr(service)
        for node in self.services:
            if label_of(node.name) == name and repr(node.service) == content:
                return node
        raise KeyError(f"{service} is not in the map")

    def outcome(self, node: ServiceNode, position: int | None) -> PortOutcome:
        """Return the outcome of a port of one of `services`; of its pods, for one without ports."""
        return outcome_of(node, position, self.owners[id(node.service)])


def _sorted(
    nodes: Iterable[_NodeT], name: Callable[[_NodeT], ObjectName], groups: Sequence[GroupGraph]
) -> tuple[_NodeT, ...]:
    # Each group is sorted already, and sorting keeps the order of the groups for equal names.
    return tuple(nodes) if len(groups) == 1 else tuple(sorted(nodes, key=lambda node: name(node).order))


def _with_copies(nodes: dict[int, ServiceNode], groups: Iterable[GroupGraph]) -> Mapping[int, ServiceNode]:
    """Return the Services by `id`, and the copies that differ only in fields that are not modelled."""
    for graph in groups:
        nodes.update((copy, nodes[id(service)]) for copy, service in graph.inventory.copies.items())
    return nodes


def _assessed(resolved: ResolvedReference, graph: GroupGraph) -> ResolvedReference:
    """Return the reference with the severity of its miss, if it has one."""
    if resolved.miss is None:
        return resolved
    assessment = assess_reference(resolved, graph)
    if assessment is None:
        return resolved
    miss = attrs.evolve(resolved.miss, severity=assessment.severity, because=assessment.because)
    return attrs.evolve(resolved, miss=miss)


def graph_of(
    objects: Sequence[object], cluster: Cluster, *, namespace: str | None = None, complete: bool | None = None
) -> Graph:
    """Return the graph of objects in any form.

    Args:
        objects: What `items_of` accepts.
        cluster: The cluster that validates the objects, and whose control plane resolves the ports.
        namespace: The namespace of the objects without one; by default, they match any.
        complete: Whether the input is complete and one group; by default, what the objects show.

    Raises:
        TypeError: One of the objects has another type.
    """
    with cluster:
        items = items_of(objects, namespace=namespace)
        reasons = skip_reasons(items)

        @cache
        def context() -> InputContext:
            return InputContext([(0, facts_of(items, reasons))], cluster)

        checked, skipped = [], []
        for item, own in zip(items, reasons, strict=True):
            # Without files and without doubt about an item, the whole input need not be known.
            reason = own if own is None and not item.source else context().skip_reason(item.source, item.name, own)
            if reason is None:
                checked.append(item)
            else:
                skipped.append((item, reason))
        groups = groups_of(checked, data_by_file(objects), complete=complete)
        return Graph.of([GroupGraph(group, context) for group in groups], skipped)


def data_by_file(objects: Iterable[object]) -> Mapping[str, Sequence[Any]]:
    """Return the plain data of the documents of each file, also of those that are no objects."""
    data: dict[str, list[Any]] = defaultdict(list)
    for document in objects:
        if is_document(document) and (source := str(getattr(document, "source", ""))):
            data[normpath(source.replace("\\", "/"))].append(document.raw)
    return data
