"""Where to find Services by name and by label, and pods by label, in the namespaces that may be meant.

An object that says nothing of its namespace may be in any, so it is found wherever it
is asked for; and who asks without a namespace finds what has none, or else all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, final

from portmap._graph.items import Inventory, UnknownObject
from portmap._graph.label_selectors import Scope, Selector
from portmap._graph.object_name import ObjectName
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

__all__ = ["Directory"]

_MOST_NAMES: Final = 500
"""How many names are looked at for one that is spelt nearly so."""


@final
class Directory:
    """The objects of an inventory, by name, namespace and labels. Services are given by their place in it."""

    def __init__(self, inventory: Inventory, candidates: Candidates) -> None:
        self._inventory = inventory
        self._candidates = candidates
        self._named: dict[str, dict[str | None, list[int]]] = defaultdict(dict)
        self._labelled: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._services_in: dict[str | None, list[int]] = defaultdict(list)
        self._workloads_in: dict[str | None, list[Workload]] = defaultdict(list)
        self._unknown: dict[str, list[UnknownObject]] = defaultdict(list)
        for place, service in enumerate(inventory.services):
            self._named[service.name].setdefault(service.namespace, []).append(place)
            self._services_in[service.namespace].append(place)
            for pair in (service.labels or {}).items():
                self._labelled[pair].append(place)
        for workload in inventory.workloads:
            self._workloads_in[workload.namespace].append(workload)
        for each in inventory.unknown:
            self._unknown[each.name.kind].append(each)
        self._unknown_services: dict[str, list[ObjectName]] = defaultdict(list)
        for each in self._unknown["Service"]:
            self._unknown_services[each.name.name].append(each.name)

    # --- by name ---

    def services_named(self, name: str, namespace: str | None) -> Sequence[int]:
        """The Services of this name: several, where the set has it more than once."""
        by_namespace = self._named.get(name, {})
        if namespace is None:
            anywhere = by_namespace.get(None)
            return anywhere or [place for places in by_namespace.values() for place in places]
        # One that is certainly there goes before one that may be.
        return by_namespace.get(namespace, ()) or by_namespace.get(None, ())

    def elsewhere(self, name: str) -> Iterator[Service]:
        """The Services of this name, wherever they are."""
        for places in self._named.get(name, {}).values():
            yield from (self._inventory.services[place] for place in places)

    def service_names(self, namespace: str | None) -> Iterator[str]:
        """Names of Services that may be meant in this namespace: some of them, where there are very many."""
        places = range(len(self._inventory.services)) if namespace is None else self._places(namespace)
        return (self._inventory.services[place].name for place in islice(places, _MOST_NAMES))

    def unknown_service(self, name: str, namespace: str | None) -> ObjectName | None:
        """An invalid Service of this name."""
        found = self._unknown_services.get(name, ())
        return next((each for each in found if _together(each.namespace, namespace)), None)

    def covers(self, namespace: str | None) -> bool:
        """Whether the set has any Service in this namespace, so that another may be missed there."""
        if namespace is None:
            return bool(self._inventory.services)
        return bool(self._services_in.get(namespace) or self._services_in.get(None))

    def _places(self, namespace: str | None) -> Iterator[int]:
        yield from self._services_in.get(namespace, ())
        if namespace is not None:
            yield from self._services_in.get(None, ())

    # --- by label ---

    def namespaces_of(self, scope: Scope) -> tuple[str | None, ...] | None:
        """The namespaces in which to look; `None`: all of them."""
        if scope.namespace_selector is None:
            return scope.namespaces
        return tuple(
            sorted(
                name for name, labels in self._inventory.namespaces.items() if scope.namespace_selector.matches(labels)
            )
        )

    def services_in(self, scopes: Iterable[Scope]) -> list[int]:
        """The Services that these scopes find by the Services' own labels."""
        found: dict[int, None] = {}
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            for place in self._labelled_services(scope.selector, namespaces):
                service = self._inventory.services[place]
                if _among(service.namespace, namespaces) and scope.selector.matches(service.labels or {}):
                    found[place] = None
        return sorted(found)

    def _labelled_services(self, selector: Selector, namespaces: tuple[str | None, ...] | None) -> Iterable[int]:
        """The places of all that may be selected: those with the rarest of its labels."""
        if selector.labels:
            return min((self._labelled.get(pair, ()) for pair in selector.labels.items()), key=len)
        if namespaces is None or None in namespaces:
            return range(len(self._inventory.services))
        return (place for namespace in namespaces for place in self._places(namespace))

    def unknown_services_in(self, scopes: Iterable[Scope]) -> ObjectName | None:
        """An invalid Service that these scopes would find."""
        for scope in scopes:
            for each in self._unknown["Service"]:
                if _among(each.name.namespace, self.namespaces_of(scope)) and _fits(scope.selector, each.labels):
                    return each.name
        return None

    def workloads_in(self, scopes: Iterable[Scope]) -> list[Workload]:
        """The workloads whose pods these scopes find."""
        found: dict[int, Workload] = {}
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            for each in self._labelled_workloads(scope.selector, namespaces):
                if _among(each.namespace, namespaces) and scope.selector.requirements_hold(each.pod.labels):
                    found[id(each)] = each
        return list(found.values())

    def _labelled_workloads(self, selector: Selector, namespaces: tuple[str | None, ...] | None) -> Iterator[Workload]:
        if selector.labels:
            selected = self._candidates.selected_by(selector.labels, None)
            yield from (each for each in selected if isinstance(each, Workload))
        elif namespaces is None or None in namespaces:
            yield from self._inventory.workloads
        else:
            for namespace in (*namespaces, None):
                yield from self._workloads_in.get(namespace, ())

    def unknown_pods_in(self, scopes: Iterable[Scope]) -> ObjectName | None:
        """An invalid object whose pods these scopes would find."""
        for scope in scopes:
            for kind, objects in self._unknown.items():
                for each in objects if kind != "Service" else ():
                    fits = any(_fits(scope.selector, labels) for labels in each.selections)
                    if fits and _among(each.name.namespace, self.namespaces_of(scope)):
                        return each.name
        return None

    def has_workloads_in(self, scopes: Iterable[Scope]) -> bool:
        """Whether the set has any workload where these scopes look."""
        for scope in scopes:
            namespaces = self.namespaces_of(scope)
            if namespaces is None or None in namespaces:
                if self._inventory.workloads:
                    return True
            elif any(self._workloads_in.get(namespace) for namespace in (*namespaces, None)):
                return True
        return False


def _together(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _among(namespace: str | None, namespaces: tuple[str | None, ...] | None) -> bool:
    return namespaces is None or namespace is None or None in namespaces or namespace in namespaces


def _fits(selector: Selector, labels: Mapping[str, object]) -> bool:
    return selector.matches({key: value for key, value in labels.items() if isinstance(value, str)})
