"""The graph of the objects that are deployed together: who reaches whom, and where each is written."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, final

from portmap._graph.grouping import Group
from portmap._graph.index import Index
from portmap._graph.input_context import Elsewhere, InputContext
from portmap._graph.inventory import Inventory
from portmap._graph.items import Item, name_of
from portmap._graph.lookup import Lookups
from portmap._graph.manual_endpoints import manual_addresses, missing_endpoints
from portmap._graph.near_selectors import NearWorkloads
from portmap._graph.object_name import ObjectName, value_at
from portmap._graph.reach import Reach, ServiceNode
from portmap._graph.targets import MapMiss, ResolvedReference, ServiceTarget
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.workloads import Workload, as_workload, several_templates


@final
class GroupGraph:
    """The graph of a group, resolved under the cluster in force.

    Args:
        group: The objects.
        context: Returns the whole input. It is called when the rest of the input is first needed.
    """

    def __init__(self, group: Group, context: Callable[[], InputContext]) -> None:
        self.group = group
        self._context = context
        self.inventory: Inventory = Inventory.of(group.items)
        reach = Reach.of(self.inventory)
        self.services: tuple[ServiceNode, ...] = reach.services
        self.lookups: Lookups = Lookups(self.inventory, reach, Index(self.inventory, reach))
        self.references: tuple[ResolvedReference, ...] = self.lookups.all()

    @cached_property
    def elsewhere(self) -> Elsewhere:
        """The rest of the input."""
        return Elsewhere(self._context(), frozenset(item.position for item in self.group.items))

    # --- Services and workloads ---

    @cached_property
    def nodes(self) -> Mapping[int, ServiceNode]:
        """The Services, by `id` of the typed object."""
        return {id(node.service): node for node in self.services}

    @cached_property
    def manual_addresses(self) -> Mapping[ServiceTarget, str]:
        """The addresses of hand-written endpoints, by Service port."""
        return manual_addresses(self.references)

    @cached_property
    def missing_endpoints(self) -> Mapping[ServiceTarget, MapMiss]:
        """The Service ports that hand-written endpoints lack."""
        return missing_endpoints(self.services, self.references)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """The workloads."""
        return self.inventory.workloads

    def services_named(self, name: str, namespace: str | None) -> Sequence[Service]:
        """Return the Services of this name that may be in this namespace, those that name it first.

        If `namespace` is `None`, it may be any.
        """
        found = [node.service for node in self._services_by_name.get(name, ())]
        if namespace is None:
            return found
        return [each for space in (namespace, None) for each in found if each.namespace == space]

    @cached_property
    def _services_by_name(self) -> Mapping[str, Sequence[ServiceNode]]:
        found: dict[str, list[ServiceNode]] = defaultdict(list)
        for node in self.services:
            found[node.service.name].append(node)
        return found

    @cached_property
    def _selecting(self) -> Mapping[int, Sequence[Service]]:
        found: dict[int, list[Service]] = defaultdict(list)
        for node in self.services:
            for workload in node.selected:
                found[id(workload)].append(node.service)
        return found

    def selecting(self, workload: Workload) -> Sequence[Service]:
        """Return the Services that select a workload of the group."""
        return self._selecting.get(id(workload), ())

    @cached_property
    def near_workloads(self) -> NearWorkloads:
        """The workloads by what a selector that matches none of them may have in common."""
        return NearWorkloads(self.workloads, lambda each: bool(self.selecting(each)), self.file_of, self._own_labels)

    def _own_labels(self, workload: Workload) -> Mapping[str, object]:
        labels = value_at(self.raw(workload), "metadata", "labels")
        return labels if isinstance(labels, Mapping) else {}

    @cached_property
    def referenced_services(self) -> frozenset[object]:
        """The identities of the Services that something of the group refers to."""
        return frozenset(
            target.service
            for resolved in self.references
            for target in resolved.targets
            if isinstance(target, ServiceTarget)
        )

    def has_like(self, workload: Workload) -> bool:
        """Return whether the group has a workload of this name with these labels."""
        return any(own.pod.labels == workload.pod.labels for own in self._workloads_named.get(name_of(workload), ()))

    @cached_property
    def _workloads_named(self) -> Mapping[ObjectName, Sequence[Workload]]:
        found: dict[ObjectName, list[Workload]] = defaultdict(list)
        for workload in self.workloads:
            found[name_of(workload)].append(workload)
        return found

    # --- items and fields ---

    @cached_property
    def _items(self) -> Mapping[object, tuple[Item, FieldPath]]:
        """The item of each object, by `id` of what is typed, by identity and by name, with the path in the item."""
        found: dict[object, tuple[Item, FieldPath]] = {}
        for item in self.group.items:
            found.setdefault(item.name, (item, ROOT))
            found[item.name] = item, ROOT
            if item.object is not None:
                found[id(item.object)] = item, ROOT
            for workload, path in zip(item.workloads, _paths_of_workloads(item), strict=False):
                name = item.name_of(workload)
                found[id(workload)] = found[id(workload.pod)] = found[name] = item, path
                found.setdefault(name, (item, path))
        return found

    def place_of(self, subject: Service | Workload | Pod | ObjectName) -> tuple[Item, FieldPath]:
        """Return the item of an object, and the path of the object in the item.

        The path is empty unless the item contains several workloads.

        Raises:
            KeyError: The object is not in the group.
        """
        if isinstance(subject, ObjectName):
            own = self._items.get(subject)
            return self._items[subject] if own is None else own
        own = self._items.get(id(subject))
        return (
            self._items[name_of(as_workload(subject) if isinstance(subject, Pod) else subject)] if own is None else own
        )

    def raw(self, subject: Service | Workload | Pod | ObjectName) -> Mapping[str, Any]:
        """Return an object of the group as plain data."""
        item, path = self.place_of(subject)
        found: Any = item.raw
        for step in path:
            found = found[step]
        return found if isinstance(found, Mapping) else {}

    def file_of(self, subject: Service | Workload) -> str:
        """Return the file of a Service or workload; `""` if it is from no file."""
        return self.place_of(subject)[0].source


def _paths_of_workloads(item: Item) -> list[FieldPath]:
    """Return the path of each workload of an item; they are the item itself, unless it contains several."""
    several = several_templates(item.raw)
    return [ROOT] if several is None else [several[1].index(position) for position in range(len(item.workloads))]
