"""The index of a set: Services and workloads by name, and Services and pods by label, in each namespace.

An object without a namespace may be in any, so a lookup in a namespace finds it, too. A
lookup without a namespace finds the objects that have none, or else those of all namespaces.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final, final

from portmap._graph import near_names
from portmap._graph.items import Inventory, UnknownObject
from portmap._graph.label_selectors import Scope, Selector
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach
from portmap._graph.target_syntax import ObjectTarget, is_kind
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

_MOST_NAMES: Final = 500
"""The number of names that are compared with a name that does not exist."""


@final
class Index:
    """The objects of an inventory by name, namespace and labels.

    Services are represented by their positions in the inventory.
    """

    def __init__(self, inventory: Inventory, reach: Reach) -> None:
        self._inventory = inventory
        self._reach = reach
        self._named: dict[str, dict[str | None, list[int]]] = defaultdict(dict)
        self._labelled: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._services_in: dict[str | None, list[int]] = defaultdict(list)
        self._workloads_in: dict[str | None, list[Workload]] = defaultdict(list)
        self._unknown: dict[str, list[UnknownObject]] = defaultdict(list)
        for position, service in enumerate(inventory.services):
            self._named[inventory.name(service).name].setdefault(service.namespace, []).append(position)
            self._services_in[service.namespace].append(position)
            for pair in (service.labels or {}).items():
                self._labelled[pair].append(position)
        for workload in inventory.workloads:
            self._workloads_in[workload.namespace].append(workload)
        for unknown in inventory.unknown:
            self._unknown[unknown.name.kind].append(unknown)
        self._unknown_services: dict[str, list[ObjectName]] = defaultdict(list)
        for unknown in self._unknown["Service"]:
            self._unknown_services[unknown.name.name].append(unknown.name)

    # --- by name ---

    def services_named(self, name: str, namespace: str | None) -> Sequence[int]:
        """Return the Services of this name: several, if the set has more than one."""
        by_namespace = self._named.get(name, {})
        if namespace is None:
            without_namespace = by_namespace.get(None)
            return without_namespace or [position for positions in by_namespace.values() for position in positions]
        # A Service that names the namespace takes precedence over one that may be in it.
        return by_namespace.get(namespace, ()) or by_namespace.get(None, ())

    def services_anywhere(self, name: str) -> Iterator[Service]:
        """Yield the Services of this name in all namespaces."""
        for positions in self._named.get(name, {}).values():
            yield from (self._inventory.services[position] for position in positions)

    def service_names(self, namespace: str | None) -> Iterator[str]:
        """Yield names of Services that may be in this namespace, up to a limit."""
        positions = range(len(self._inventory.services)) if namespace is None else self._positions(namespace)
        return (self._inventory.services[position].name for position in islice(positions, _MOST_NAMES))

    def unknown_service(self, name: str, namespace: str | None) -> ObjectName | None:
        """Return an invalid Service of this name, if there is one."""
        unknown = self._unknown_services.get(name, ())
        return next((name for name in unknown if _may_be_same(name.namespace, namespace)), None)

    def covers(self, namespace: str | None) -> bool:
        """Return whether the set has any Service in this namespace, so that a missing one is a miss."""
        if namespace is None:
            return bool(self._inventory.services)
        return bool(self._services_in.get(namespace) or self._services_in.get(None))

    def _positions(self, namespace: str | None) -> Iterator[int]:
        yield from self._services_in.get(namespace, ())
        if namespace is not None:
            yield from self._services_in.get(None, ())

    @cached_property
    def _workloads_named(self) -> Mapping[str, Mapping[ObjectName, tuple[Workload, ...]]]:
        workloads: dict[str, dict[ObjectName, list[Workload]]] = defaultdict(dict)
        for workload in self._inventory.workloads:
            name = self._inventory.name(workload)
            workloads[name.name].setdefault(name, []).append(workload)
        return {name: {own: tuple(of_name) for own, of_name in by_name.items()} for name, by_name in workloads.items()}

    # --- by the name that a user writes ---

    @property
    def workload_kinds(self) -> frozenset[str]:
        """The kinds of the workloads."""
        return frozenset(workload.kind for workload in self._inventory.workloads)

    def services_of(self, target: ObjectTarget, namespace: str | None = None) -> tuple[int, ...]:
        """Return the Services that a user names: several, if the set has one more than once.

        Raises:
            KeyError: There is none, or several namespaces have one.
        """
        by_namespace = self._named.get(target.name, {}) if is_kind(target.kind, "Service") else {}
        if not by_namespace:
            workload = next(iter(self._workloads_named.get(target.name, ())), None)
            names = islice(self._named, _MOST_NAMES)
            raise KeyError(near_names.no_service(target, self._inventory.unknown, workload, names))
        found = {own: tuple(positions) for own, positions in by_namespace.items()}
        return near_names.in_one_namespace(found, f"Service {target.name}", target.namespace or namespace)

    def ports_of(self, target: ObjectTarget, namespace: str | None = None) -> list[tuple[int, int]]:
        """Return the Services that a user names, each with the position of the port.

        A port of digits is looked up as a name first.

        Raises:
            KeyError: There is none, or several namespaces have one.
        """
        positions = self.services_of(target, namespace)
        services = [(position, self._inventory.services[position]) for position in positions]
        if target.container is not None:
            raise KeyError(near_names.no_containers(services[0][1]))
        for key in ("name", "port"):
            found = [
                (position, of_port)
                for position, service in services
                for of_port, port in enumerate(service.ports)
                if (target.port and target.port == str(getattr(port, key)))
                or (not target.port and len(service.ports) == 1)
            ]
            if found:
                return found
        raise KeyError(near_names.no_port(services[0][1], target.port, self._reach.targets[positions[0]]))

    def port_position(self, service: int, port: ServicePort | int | str | None) -> int:
        """Return the position of a port in its Service. A number is a position, not a port number.

        Raises:
            KeyError: The Service has no such port, or has several and `port` is left out.
            TypeError: `port` has another type.
        """
        wanted: object = port
        if isinstance(wanted, bool) or not isinstance(wanted, ServicePort | int | str | None):
            raise TypeError(f"port must be a position, a name or a ServicePort, not {wanted!r}")
        ports = self._inventory.services[service].ports
        if isinstance(port, int):
            found = [port] if 0 <= port < len(ports) else []
        elif port is None:
            found = [0] if len(ports) == 1 else []
        else:
            typed = isinstance(port, ServicePort)
            found = [position for position, own in enumerate(ports) if port == (own if typed else own.name or "")]
        if found:
            return found[0]
        raise KeyError(near_names.no_position(self._inventory.services[service], port, self._reach.targets[service]))

    def workloads_of(self, target: ObjectTarget, namespace: str | None = None) -> tuple[Workload, ...]:
        """Return the workloads that a user names: several, if the set has one more than once.

        Raises:
            KeyError: There is none, or several namespaces have one.
        """
        matching: dict[str | None, tuple[Workload, ...]] = {}
        for name, workloads in self._workloads_named.get(target.name, {}).items():
            if is_kind(target.kind, name.kind):
                matching[name.namespace] = (*matching.get(name.namespace, ()), *workloads)
        if not matching:
            raise KeyError(self._no_workload(target))
        what = f"{target.kind or 'workload'} {target.name}"
        return near_names.in_one_namespace(matching, what, target.namespace or namespace)

    def _no_workload(self, target: ObjectTarget) -> str:
        other_kind = next(iter(self._workloads_named.get(target.name, ())), None)
        names = {
            name.name
            for by_name in self._workloads_named.values()
            for name in by_name
            if is_kind(target.kind, name.kind)
        }
        return near_names.no_workload(target, self._inventory.unknown, other_kind, islice(sorted(names), _MOST_NAMES))

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

    def services_in(self, scopes: Iterable[Scope]) -> list[int]:
        """Return the Services whose own labels these scopes match."""
        found: dict[int, None] = {}
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            for position in self._labelled_services(scope.selector, namespaces):
                service = self._inventory.services[position]
                if _among(service.namespace, namespaces) and scope.selector.matches(service.labels or {}):
                    found[position] = None
        return sorted(found)

    def _labelled_services(self, selector: Selector, namespaces: tuple[str | None, ...] | None) -> Iterable[int]:
        """Return a superset of the selected Services: those that have the selector's rarest label."""
        if selector.labels:
            return min((self._labelled.get(pair, ()) for pair in selector.labels.items()), key=len)
        if namespaces is None or None in namespaces:
            return range(len(self._inventory.services))
        return (position for namespace in namespaces for position in self._positions(namespace))

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
