"""The whole input, as the rules of one group may ask about it."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from posixpath import normpath
from typing import Final, TypeVar, final

from portmap._graph.custom_resources import may_create_pods, may_create_services
from portmap._graph.facts import Facts, ObjectFacts
from portmap._graph.fragments import FRAGMENT, PATCH, UNDECIDED
from portmap._graph.label_selectors import Selector
from portmap._graph.node_ports import node_ports_of
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.operators import Made, may_match
from portmap._model.check_set import Conflict
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.selection import Candidates

_MAX_RESOURCES: Final = 1000
"""How many custom resources are searched for one that creates an object that is missing."""

_MAX_ANSWERS: Final = 100
"""How many objects one answer may have. Where so many are alike, more of them say nothing new."""

_ObjectT = TypeVar("_ObjectT", Service, Workload)


@final
class InputContext:
    """An index of the facts of all parts of the input.

    Args:
        parts: The facts of each part, in the order of the input, each with the position of the part's first object.
        cluster: The cluster whose rules apply.
    """

    def __init__(self, parts: Iterable[tuple[int, Facts]], cluster: Cluster) -> None:
        parts = tuple(parts)
        self.cluster = cluster
        self._patches = frozenset[str]().union(*(facts.patches for _, facts in parts))
        counts = Counter(chain.from_iterable(facts.service_names for _, facts in parts))
        self._repeated_services = frozenset(name for name, count in counts.items() if count > 1)
        self._facts: list[tuple[int, ObjectFacts]] = []
        self._positions: dict[int, int] = {}
        for start, facts in parts:
            for each in facts.objects:
                if self.skip_reason(each.source, each.name, UNDECIDED if each.is_undecided else None) is None:
                    self._facts.append((start + each.position, each))
                    self._positions[id(each.object)] = start + each.position

    def skip_reason(self, source: str, name: ObjectName, reason: str | None) -> str | None:
        """Return why an object is not checked, now that the whole input is known.

        Args:
            source: The file that the object was read from.
            name: The object's name.
            reason: The reason by its own part of the input.
        """
        if source and self._patches and normpath(source) in self._patches:
            return PATCH
        if reason == UNDECIDED:
            return FRAGMENT if name in self._repeated_services else None
        return reason

    def position_of(self, subject: Service | Workload) -> int:
        """Return the position in the input of a Service or workload of this index."""
        return self._positions[id(subject)]

    @cached_property
    def workloads(self) -> Candidates:
        """The workloads, by the labels of their pods."""
        return Candidates([each.object for _, each in self._facts if isinstance(each.object, Workload)], indexed=True)

    @cached_property
    def services(self) -> Mapping[str, Sequence[Service]]:
        """The valid Services, by name."""
        found: dict[str, list[Service]] = defaultdict(list)
        for _, each in self._facts:
            if isinstance(each.object, Service):
                found[each.object.name].append(each.object)
        return found

    @cached_property
    def services_in(self) -> Mapping[tuple[str, str | None], Sequence[Service]]:
        """The valid Services, by name and namespace."""
        found: dict[tuple[str, str | None], list[Service]] = defaultdict(list)
        for service in chain.from_iterable(self.services.values()):
            found[service.name, service.namespace].append(service)
        return found

    @cached_property
    def labelled_services(self) -> Mapping[tuple[str, str], Sequence[Service]]:
        """The valid Services, by each label of their own."""
        found: dict[tuple[str, str], list[Service]] = defaultdict(list)
        for service in chain.from_iterable(self.services.values()):
            for label in (service.labels or {}).items():
                found[label].append(service)
        return found

    @cached_property
    def node_port_collisions(self) -> Mapping[int, Sequence[Conflict]]:
        """The node port collisions, by the position of the Service that comes second."""
        found: dict[int, list[Conflict]] = defaultdict(list)
        services = filter(sets_node_ports, chain.from_iterable(self.services.values()))
        for conflict in node_ports_of(tuple(services), self.cluster).collisions:
            found[self.position_of(conflict.service)].append(conflict)
        return found

    @cached_property
    def invalid_services(self) -> frozenset[str]:
        """The names of the Services that a server would refuse."""
        return frozenset(
            each.name.name for _, each in self._facts if each.name.kind == "Service" and each.object is None
        )

    @cached_property
    def label_keys(self) -> frozenset[str]:
        """The keys of the labels of all pods."""
        return frozenset(
            key for _, each in self._facts if isinstance(each.object, Workload) for key in each.object.pod.labels
        )

    @cached_property
    def granted_kinds(self) -> frozenset[str]:
        """The kinds that some ReferenceGrant permits to refer to Services."""
        return frozenset(chain.from_iterable(each.granted_kinds for _, each in self._facts))

    @cached_property
    def made(self) -> Sequence[tuple[ObjectName, Made]]:
        """The custom resources of the table of operators, each with what its operator creates."""
        return [(facts.name, facts.made) for _, facts in self._facts if facts.made is not None]

    @cached_property
    def custom_resources(self) -> Mapping[str, Sequence[tuple[int, ObjectName]]]:
        """The custom resources whose controllers may create other objects, each with its position, by name."""
        found: dict[str, list[tuple[int, ObjectName]]] = defaultdict(list)
        for position, facts in self._facts:
            if facts.is_custom:
                found[facts.name.name].append((position, facts.name))
        return found


@final
class Elsewhere:
    """What the rules of one bundle may ask about the rest of the input.

    Questions for objects are answered with objects of other bundles, at most 100 of them, in the order of the
    input. Questions for names are answered from the whole input, the bundle included.

    Args:
        context: The whole input.
        own: The positions of the bundle's own objects.
    """

    def __init__(self, context: InputContext, own: frozenset[int]) -> None:
        self._context = context
        self._own = own

    def _others(self, answer: Iterable[_ObjectT]) -> Iterator[_ObjectT]:
        # The bound comes first: a bundle may have very many objects that are alike.
        return (each for each in islice(answer, _MAX_ANSWERS) if self._context.position_of(each) not in self._own)

    def selected_by(self, selector: Mapping[str, str]) -> Iterator[Workload]:
        """Yield the workloads of other bundles whose pods have these labels, in any namespace."""
        if not all(type(key) is str and type(value) is str for key, value in selector.items()):
            return iter(())
        selected = self._context.workloads.selected_by(selector, None)
        return self._others(each for each in selected if isinstance(each, Workload))

    def services_named(self, name: str, namespace: str | None) -> Iterator[Service]:
        """Yield the Services of other bundles that have this name and may be in this namespace.

        Those that name the namespace come before those that name none. If `namespace` is `None`, it may be any.
        """
        if namespace is None:
            return self._others(self._context.services.get(name, ()))
        spaces = (namespace, None)
        return self._others(each for space in spaces for each in self._context.services_in.get((name, space), ()))

    def services_labelled(self, selector: Selector) -> Iterator[Service]:
        """Yield the Services of other bundles that have these labels themselves, in any namespace."""
        labelled = self._context.labelled_services
        rarest = min((labelled.get(label, ()) for label in selector.labels.items()), key=len, default=())
        return self._others(each for each in rarest if selector.matches(each.labels or {}))

    def node_port_collisions(self, position: int) -> Iterator[Conflict]:
        """Yield the node port conflicts of the Service at this position with earlier Services of other bundles."""
        conflicts = self._context.node_port_collisions.get(position, ())
        return (each for each in conflicts if self._context.position_of(each.other) not in self._own)

    def only_service_named(self, name: str) -> Service | None:
        """Return the Service of this name, if the whole input has exactly one."""
        services = self._context.services.get(name, ())
        return services[0] if len(services) == 1 else None

    def has_invalid_service(self, name: str) -> bool:
        """Return whether the input has a Service of this name that a server would refuse."""
        return name in self._context.invalid_services

    def has_label(self, key: str) -> bool:
        """Return whether any pods of the input have a label with this key."""
        return key in self._context.label_keys

    def grants_to(self, kind: str) -> bool:
        """Return whether some ReferenceGrant permits objects of this kind to refer to Services."""
        return kind in self._context.granted_kinds

    def operator_of_service(self, name: str, namespace: str | None) -> ObjectName | None:
        """Return the custom resource whose operator creates this Service, by the table of operators."""
        for resource, made in islice(self._context.made, _MAX_RESOURCES):
            for service in made.services:
                spaces = {service.namespace or resource.namespace, namespace}
                if (None in spaces or len(spaces) == 1) and re.fullmatch(service.name, name):
                    return resource
        return None

    def operator_of_pods(self, selector: Mapping[str, str], namespace: str | None) -> ObjectName | None:
        """Return the custom resource whose operator creates pods with these labels, by the table of operators."""
        for resource, made in islice(self._context.made, _MAX_RESOURCES):
            spaces = {resource.namespace, namespace}
            if None in spaces or len(spaces) == 1:
                if any(may_match(selector, labels) for labels in made.pods):
                    return resource
        return None

    def operator_of_labelled_services(self, labels: Mapping[str, str]) -> ObjectName | None:
        """Return the custom resource whose operator creates Services with these labels, likewise."""
        makers = islice(self._context.made, _MAX_RESOURCES)
        return next((resource for resource, made in makers if may_match(labels, made.service_labels)), None)

    def pod_maker(self, name: str) -> ObjectName | None:
        """Return the custom resource of this name whose controller may create pods."""
        return self._maker(name, may_create_pods)

    def service_maker(self, name: str) -> ObjectName | None:
        """Return the custom resource of this name whose controller may create Services."""
        return self._maker(name, may_create_services)

    def _maker(self, name: str, is_maker: Callable[[ObjectName], bool]) -> ObjectName | None:
        resources = self._context.custom_resources.get(name, ())
        makers = [(position, resource) for position, resource in resources if is_maker(resource)]
        own = [resource for position, resource in makers if position in self._own]
        return next(reversed(own or [resource for _, resource in makers]), None)


def sets_node_ports(service: Service) -> bool:
    """Return whether a Service sets node ports itself; only such Services can collide."""
    return bool(service.health_check_node_port or any(port.node_port for port in service.ports))
