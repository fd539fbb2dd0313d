"""The index of a group: Services by name and by label, and workloads by label, in each namespace.

An object without a namespace may be in any, so a lookup in a namespace finds it, too. A
lookup without a namespace finds the objects that have none, or else those of all namespaces.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, final

from portmap._graph.inventory import Inventory, UnknownObject
from portmap._graph.label_selectors import Scope, Selector
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach, ServiceNode
from portmap._model.workloads import Workload

_MOST_NAMES: Final = 500
"""The number of names that are compared with a name that does not exist."""


@final
class Index:
    """The objects of a group by name, namespace and labels."""

    def __init__(self, inventory: Inventory, reach: Reach) -> None:
        self._inventory = inventory
        self._reach = reach
        self._named: dict[str, dict[str | None, list[ServiceNode]]] = defaultdict(dict)
        self._labelled: dict[tuple[str, str], list[ServiceNode]] = defaultdict(list)
        self._services_in: dict[str | None, list[ServiceNode]] = defaultdict(list)
        self._workloads_in: dict[str | None, list[Workload]] = defaultdict(list)
        self._unknown: dict[str, list[UnknownObject]] = defaultdict(list)
        for node in reach.services:
            self._named[node.name.name].setdefault(node.name.namespace, []).append(node)
            self._services_in[node.name.namespace].append(node)
            for pair in (node.service.labels or {}).items():
                self._labelled[pair].append(node)
        for workload in inventory.workloads:
            self._workloads_in[workload.namespace].append(workload)
        for unknown in inventory.unknown:
            self._unknown[unknown.name.kind].append(unknown)
        self._unknown_services: dict[str, list[ObjectName]] = defaultdict(list)
        for unknown in self._unknown["Service"]:
            self._unknown_services[unknown.name.name].append(unknown.name)

    # --- by name ---

    def services_named(self, name: str, namespace: str | None) -> Sequence[ServiceNode]:
        """Return the Services of this name: several, if the set has more than one."""
        by_namespace = self._named.get(name, {})
        if namespace is None:
            without_namespace = by_namespace.get(None)
            return without_namespace or [node for nodes in by_namespace.values() for node in nodes]
        # A Service that names the namespace takes precedence over one that may be in it.
        return by_namespace.get(namespace, ()) or by_namespace.get(None, ())

    def services_anywhere(self, name: str) -> Iterator[ServiceNode]:
        """Yield the Services of this name in all namespaces."""
        for nodes in self._named.get(name, {}).values():
            yield from nodes

    def service_names(self, namespace: str | None) -> Iterator[str]:
        """Yield names of Services that may be in this namespace, up to a limit."""
        nodes = self._reach.services if namespace is None else self._in_namespace(namespace)
        return (node.name.name for node in islice(nodes, _MOST_NAMES))

    def unknown_service(self, name: str, namespace: str | None) -> ObjectName | None:
        """Return an invalid Service of this name, if there is one."""
        unknown = self._unknown_services.get(name, ())
        return next((name for name in unknown if _may_be_same(name.namespace, namespace)), None)

    def covers(self, namespace: str | None) -> bool:
        """Return whether the set has any Service in this namespace, so that a missing one is a miss."""
        if namespace is None:
            return bool(self._reach.services)
        return bool(self._services_in.get(namespace) or self._services_in.get(None))

    def _in_namespace(self, namespace: str | None) -> Iterator[ServiceNode]:
        yield from self._services_in.get(namespace, ())
        if namespace is not None:
            yield from self._services_in.get(None, ())

    # --- by label ---

    def namespaces_of(self, scope: Scope) -> tuple[str | None, ...] | None:
        """Return the namespaces that a scope covers; `None` for all of them."""
        if scope.namespace_selector is None:
            return scope.namespaces
        return tuple(
            sorted(
                name for name, labels in self._inventory.namespaces.items() if scope.namespace_selector.matches(labels)
            )
        )

    def services_in(self, scopes: Iterable[Scope]) -> list[ServiceNode]:
        """Return the Services whose own labels these scopes match."""
        found: dict[int, ServiceNode] = {}
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            for node in self._labelled_services(scope.selector, namespaces):
                if _among(node.name.namespace, namespaces) and scope.selector.matches(node.service.labels or {}):
                    found[id(node)] = node
        # Services of several namespaces have the order of the whole group.
        return sorted(found.values(), key=lambda node: node.name.order)

    def _labelled_services(
        self, selector: Selector, namespaces: tuple[str | None, ...] | None
    ) -> Iterable[ServiceNode]:
        """Return a superset of the selected Services: those that have the selector's rarest label."""
        if selector.labels:
            return min((self._labelled.get(pair, ()) for pair in selector.labels.items()), key=len)
        if namespaces is None or None in namespaces:
            return self._reach.services
        return (node for namespace in namespaces for node in self._in_namespace(namespace))

    def unknown_services_in(self, scopes: Iterable[Scope]) -> ObjectName | None:
        """Return an invalid Service that these scopes would match, if there is one."""
        for scope in scopes:
            for unknown in self._unknown["Service"]:
                if _among(unknown.name.namespace, self.namespaces_of(scope)) and _fits(scope.selector, unknown.labels):
                    return unknown.name
        return None

    def workloads_in(self, scopes: Iterable[Scope]) -> list[Workload]:
        """Return the workloads whose pods these scopes match."""
        found: dict[int, Workload] = {}
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            for workload in self._labelled_workloads(scope.selector, namespaces):
                if _among(workload.namespace, namespaces) and scope.selector.requirements_hold(workload.pod.labels):
                    found[id(workload)] = workload
        return list(found.values())

    def _labelled_workloads(self, selector: Selector, namespaces: tuple[str | None, ...] | None) -> Iterator[Workload]:
        if selector.labels:
            selected = self._reach.candidates.selected_by(selector.labels, None)
            yield from (workload for workload in selected if isinstance(workload, Workload))
        elif namespaces is None or None in namespaces:
            yield from self._inventory.workloads
        else:
            for namespace in (*namespaces, None):
                yield from self._workloads_in.get(namespace, ())

    def unknown_pods_in(self, scopes: Iterable[Scope]) -> ObjectName | None:
        """Return an invalid object whose pods these scopes would match, if there is one."""
        for scope in scopes:
            for kind, objects in self._unknown.items():
                for unknown in objects if kind != "Service" else ():
                    fits = any(_fits(scope.selector, labels) for labels in unknown.selections)
                    if fits and _among(unknown.name.namespace, self.namespaces_of(scope)):
                        return unknown.name
        return None

    def has_workloads_in(self, scopes: Iterable[Scope]) -> bool:
        """Return whether the set has any workload in the namespaces of these scopes."""
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            if namespaces is None or None in namespaces:
                if self._inventory.workloads:
                    return True
            elif any(self._workloads_in.get(namespace) for namespace in (*namespaces, None)):
                return True
        return False


def _may_be_same(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _among(namespace: str | None, namespaces: tuple[str | None, ...] | None) -> bool:
    return namespaces is None or namespace is None or None in namespaces or namespace in namespaces


def _fits(selector: Selector, labels: Mapping[str, object]) -> bool:
    return selector.matches({key: value for key, value in labels.items() if isinstance(value, str)})
