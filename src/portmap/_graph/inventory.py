"""The objects of one group that concern ports: Services, workloads, references and what affects lookups.

Everything is sorted by namespace, kind and name, so that the order of the input does not
matter. Copies of one object count once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, final

import attrs

from portmap._graph.items import Item
from portmap._graph.object_name import ObjectName, items_at, text_at, value_at
from portmap._graph.reference import Reference
from portmap._graph.reference_table import references_of
from portmap._kubernetes.kinds import SEVERAL_TEMPLATES, any_template_path
from portmap._kubernetes.plain_data import OMITTED, inlined
from portmap._kubernetes.violations import Violation, quote
from portmap._model.service_reading import is_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload, makes_pods

_GATEWAY: Final = "gateway.networking.k8s.io"


@final
@attrs.frozen
class UnknownObject:
    """An object whose ports are unknown, because the API server would refuse it.

    Attributes:
        name: The name of the object.
        violations: Why the API server would refuse it.
        selections: The labels that a Service selects, or the labels of the pods that a
            workload creates, as far as they can be read.

    Example:
        >>> broken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "broken"}, "spec": {}}
        >>> [unknown] = PortMap.of([broken]).unknown
        >>> str(unknown.name), unknown.violations[0].code
        ('Service broken', 'ports-required')
    """

    __module__ = "portmap"

    name: ObjectName = attrs.field(metadata=inlined())
    violations: tuple[Violation, ...]
    selections: tuple[Mapping[str, Any], ...] = attrs.field(default=(), repr=False, eq=False, metadata=OMITTED)
    labels: Mapping[str, Any] = attrs.field(factory=dict, repr=False, eq=False, metadata=OMITTED)


@final
@attrs.frozen
class Grant:
    """Permission to refer from one namespace to the Services of another (ReferenceGrant)."""

    from_kind: str
    from_namespace: str
    namespace: str | None
    service: str | None


@final
@attrs.frozen(eq=False)
class Inventory:
    """The objects of a group.

    Attributes:
        services: The Services, sorted.
        workloads: The workloads, sorted; a pod is a workload of kind Pod.
        references: The references to ports, each with the workload that contains it, if any.
        unknown: The objects that the API server would refuse, sorted.
        grants: Permissions to refer across namespaces.
        namespaces: The labels of each Namespace object.
        others: The number of objects that do not concern ports.
        names: The name of each Service and workload, by `id`.
        copies: The Services that are equal to another one, by `id`, with the one that counts.
    """

    services: tuple[Service, ...]
    workloads: tuple[Workload, ...]
    references: tuple[tuple[Reference, Workload | None], ...]
    unknown: tuple[UnknownObject, ...]
    grants: frozenset[Grant]
    namespaces: Mapping[str, Mapping[str, str]]
    others: int
    names: Mapping[int, ObjectName] = attrs.field(repr=False)
    copies: Mapping[int, Service] = attrs.field(repr=False)

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Inventory":
        """Return the inventory of a group of objects."""
        services: list[Service] = []
        workloads: list[Workload] = []
        references: list[tuple[Reference, Workload | None]] = []
        unknown: list[UnknownObject] = []
        grants: list[Grant] = []
        namespaces: dict[str, Mapping[str, str]] = {}
        names: dict[int, ObjectName] = {}
        copies: dict[int, Service] = {}
        others = 0
        for item in _in_order(items, copies):
            if item.violations and item.object is None and not item.workloads and concerns_ports(item.raw):
                unknown.append(_unknown(item))
                continue
            service, own, grants_of_item = item.service, references_in(item), list(_grants(item))
            if service is not None:
                services.append(service)
                names[id(service)] = item.name
            for workload in item.workloads:
                workloads.append(workload)
                names[id(workload)] = item.name_of(workload)
            references += own
            grants += grants_of_item
            if item.name.kind == "Namespace":
                namespaces[item.name.name] = _namespace_labels(item)
            elif service is None and not item.workloads and not own and not grants_of_item:
                others += 1
        return cls(
            tuple(services),
            tuple(workloads),
            tuple(references),
            tuple(unknown),
            frozenset(grants),
            namespaces,
            others,
            names,
            copies,
        )

    def name(self, source: Service | Workload) -> ObjectName:
        """Return the name of a Service or workload of the inventory."""
        return self.names[id(source)]


def references_in(item: Item) -> list[tuple[Reference, Workload | None]]:
    """Return the references of an item, each with the workload that contains it, if any."""
    if item.service is not None:
        return []
    references = references_of(item.raw, item.name)
    if item.renames:
        references = (_renamed(reference, item.renames) for reference in references)
    return [(reference, _workload_at(item, reference.item or 0)) for reference in references]


def _renamed(
    reference: Reference, renames: Sequence[Mapping[tuple[str, str | None], tuple[str, str | None]]]
) -> Reference:
    """Return the reference with the name that kustomizations give to its Service."""
    if reference.service is None:
        return reference
    # The reference of an object in the namespace of its kustomization has that namespace already.
    service, namespace = reference.service, reference.namespace
    for names in renames:
        moved = {name: (new, own) for (name, _), (new, own) in names.items()}
        service, namespace = names.get((service, namespace)) or moved.get(service) or (service, namespace)
    return attrs.evolve(reference, service=service, namespace=namespace)


def _workload_at(item: Item, position: int) -> Workload | None:
    return item.workloads[position] if position < len(item.workloads) else None


def _in_order(items: Iterable[Item], copies: dict[int, Service]) -> Iterator[Item]:
    """Yield the items, sorted, and one of several copies; remember the copies of Services."""
    by_name = sorted(items, key=lambda item: item.name.order)
    for _, same in groupby(by_name, key=lambda item: item.name.order):
        variants = list(same)
        if len(variants) > 1:
            distinct: dict[str, Item] = {}
            for item in variants:
                kept = distinct.setdefault(_content(item), item)
                if item.service is not None and kept.service is not None and kept is not item:
                    copies[id(item.service)] = kept.service
            # Different objects of one name are in the order of their content, whatever that of the input.
            variants = [distinct[content] for content in sorted(distinct)]
        yield from variants


def _content(item: Item) -> str:
    """Return a text that is equal for objects that are the same to this package."""
    if item.violations and concerns_ports(item.raw):
        return repr((item.violations, item.raw))
    if item.service is not None:
        return repr(item.service)
    references = [reference for reference, _ in references_in(item)]
    own = item.raw if item.name.kind in {"Namespace", "ReferenceGrant"} else None
    relevant = item.workloads or references or own
    return repr((item.workloads, references, own)) if relevant else repr(id(item))


def concerns_ports(raw: Mapping[str, Any]) -> bool:
    """Return whether an object is a Service or creates pods."""
    return is_core_service(raw) or makes_pods(raw)


def _namespace_labels(item: Item) -> Mapping[str, str]:
    labels = value_at(item.raw, "metadata", "labels")
    pairs = labels.items() if isinstance(labels, Mapping) else ()
    clean = {str(key): value for key, value in pairs if isinstance(value, str)}
    clean.setdefault("kubernetes.io/metadata.name", item.name.name)
    return clean


def _grants(item: Item) -> Iterator[Grant]:
    if item.name.kind != "ReferenceGrant" or _GATEWAY not in (text_at(item.raw, "apiVersion") or ""):
        return
    for origin in items_at(item.raw, "spec", "from"):
        for target in items_at(item.raw, "spec", "to"):
            kind, namespace = text_at(origin, "kind"), text_at(origin, "namespace")
            if kind and namespace and text_at(target, "kind") == "Service":
                yield Grant(kind, namespace, item.name.namespace, text_at(target, "name"))


# --- invalid objects -------------------------------------------------------------------------------------------


def _unknown(item: Item) -> UnknownObject:
    selector = value_at(item.raw, "spec", "selector")
    selected = (_intended_labels(selector),) if isinstance(selector, Mapping) else ()
    selections = selected if is_core_service(item.raw) else pod_labels(item.raw)
    labels = _intended_labels(value_at(item.raw, "metadata", "labels"))
    return UnknownObject(item.name, item.violations, selections, labels)


def pod_labels(raw: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the labels of the pods that an invalid object would create, with numbers as text."""
    return tuple(_intended_labels(labels) for labels in _pod_labels(raw) if isinstance(labels, Mapping))


def _pod_labels(raw: Mapping[str, Any]) -> Iterator[object]:
    path = any_template_path(raw)
    if path is not None:
        yield value_at(raw, *map(str, path), "metadata", "labels") or {}
        return
    for (_, kind), (_, place) in SEVERAL_TEMPLATES.items():
        for item in items_at(raw, *map(str, place)) if kind == raw.get("kind") else ():
            yield value_at(item, "spec", "template", "metadata", "labels") or {}


def _intended_labels(labels: object) -> dict[str, Any]:
    """Return the labels that were probably intended: `version: 1` is invalid, and `"1"` was intended."""
    if not isinstance(labels, Mapping):
        return {}
    return {
        key: quote(value) if isinstance(value, bool | int | float) else value
        for key, value in labels.items()
        if isinstance(key, str)
    }
