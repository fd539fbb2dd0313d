"""All objects of a set, read in one pass and put in order: Services, what makes pods, and what refers to them.

An object that a server would refuse is not forgotten: it is *unknown*, so that whoever
refers to it leads to something unknown, not to nothing. Everything is sorted by
namespace, kind and name, so that the order in which a set is given changes nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, Self, TypeVar, final

import attrs

from portmap._graph.object_name import ObjectName, in_namespace, items_at, items_of_list, text_at, value_at
from portmap._graph.reference import Reference
from portmap._graph.reference_table import references_of
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.kinds import SEVERAL_TEMPLATES, any_template_path
from portmap._kubernetes.plain_data import OMITTED, inlined
from portmap._kubernetes.violations import Violation
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.service_reading import is_core_service, read_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload, makes_pods, read_workloads, reduced

__all__ = ["Grant", "Inventory", "UnknownObject", "name_of", "pod_labels", "settled"]

_GATEWAY: Final = "gateway.networking.k8s.io"


@final
@attrs.frozen
class UnknownObject:
    """An object whose ports cannot be told, because a server would refuse it.

    Attributes:
        name: What it is called.
        violations: Why a server would refuse it.
        selections: For a Service, the labels that it selects; for what makes pods, the
            labels of those pods: as far as they can be read.

    Example:
        >>> broken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "broken"}, "spec": {}}
        >>> [unknown] = PortMap.of([broken]).unknown
        >>> str(unknown.name), unknown.violations[0].code
        ('Service broken', 'ports-required')
    """

    name: ObjectName = attrs.field(metadata=inlined())
    violations: tuple[Violation, ...]
    selections: tuple[Mapping[str, Any], ...] = attrs.field(default=(), repr=False, eq=False, metadata=OMITTED)
    labels: Mapping[str, Any] = attrs.field(factory=dict, repr=False, eq=False, metadata=OMITTED)


@final
@attrs.frozen
class Grant:
    """Leave to refer from one namespace to the Services of another (ReferenceGrant)."""

    from_kind: str
    from_namespace: str
    namespace: str | None
    service: str | None


@final
@attrs.frozen
class _Entry:
    """What one object adds to the set."""

    name: ObjectName
    service: Service | None = None
    workloads: tuple[Workload, ...] = ()
    references: tuple[Reference, ...] = ()
    unknown: UnknownObject | None = None
    grants: tuple[Grant, ...] = ()
    namespace_labels: tuple[tuple[str, str], ...] | None = None

    @property
    def says_something(self) -> bool:
        """Whether the object says anything of ports, or of where they may be."""
        return bool(
            self.service or self.workloads or self.references or self.unknown or self.grants or self.namespace_labels
        )


@final
@attrs.frozen
class Inventory:
    """The objects of a set.

    Attributes:
        services: The Services, sorted.
        names: What each Service and workload is called, by its `id`.
        workloads: What makes pods, sorted; a pod is a workload of kind Pod.
        references: What refers to ports, each with the workload that it stands in, if it does.
        unknown: What a server would refuse, sorted.
        grants: Leave to refer across namespaces.
        namespaces: The labels of each Namespace object.
        others: How many objects say nothing of ports.
    """

    services: tuple[Service, ...]
    workloads: tuple[Workload, ...]
    references: tuple[tuple[Reference, Workload | None], ...]
    unknown: tuple[UnknownObject, ...]
    grants: frozenset[Grant]
    namespaces: Mapping[str, Mapping[str, str]]
    others: int
    names: Mapping[int, ObjectName] = attrs.field(repr=False)

    @classmethod
    def of(cls, objects: Iterable[object], namespace: str | None = None) -> Self:
        """Reads objects of any kinds, under the cluster in force.

        Args:
            objects: Plain mappings, lists of kind List among them; `Service`, `Pod` and
                `Workload`; and what has a `raw` mapping, as the documents of files have.
            namespace: The namespace of the objects that name none; `None`: they may be in any.

        Raises:
            TypeError: One of them is something else.
        """
        entries = [entry for each in objects for entry in _entries(each, namespace)]
        telling = [entry for entry in entries if entry.says_something]
        kept = _in_order(telling)
        return cls(
            tuple(each.service for each in kept if each.service is not None),
            tuple(workload for each in kept for workload in each.workloads),
            tuple(pair for each in kept for pair in _with_workloads(each)),
            tuple(each.unknown for each in kept if each.unknown is not None),
            frozenset(grant for each in kept for grant in each.grants),
            {each.name.name: dict(each.namespace_labels) for each in kept if each.namespace_labels is not None},
            len(entries) - len(telling),
            dict(pair for each in kept for pair in _names(each)),
        )

    def name(self, source: Service | Workload) -> ObjectName:
        """What one of the Services or workloads is called."""
        return self.names[id(source)]


_SettledT = TypeVar("_SettledT", bound=Service | Pod | Workload)


def settled(source: _SettledT, namespace: str | None) -> _SettledT:
    """The same in this namespace, if it names none itself."""
    if namespace is None or source.namespace is not None:
        return source
    if isinstance(source, Workload):
        return attrs.evolve(source, pod=attrs.evolve(source.pod, namespace=namespace))
    return attrs.evolve(source, namespace=namespace)


def name_of(source: Service | Workload) -> ObjectName:
    """What a Service or workload is called."""
    if isinstance(source, Workload):
        return ObjectName(source.kind, source.name, source.namespace)
    return ObjectName("Service", source.name or source.generate_name or "", source.namespace)


def _in_order(entries: Iterable[_Entry]) -> list[_Entry]:
    """Sorted, and copies of one and the same object only once."""
    kept: list[_Entry] = []
    for _, same in groupby(sorted(entries, key=lambda entry: entry.name.order), key=lambda entry: entry.name.order):
        several = list(same)
        if len(several) > 1:
            several = [each for _, each in sorted({repr(each): each for each in several}.items())]
        kept += several
    return kept


def _with_workloads(entry: _Entry) -> Iterator[tuple[Reference, Workload | None]]:
    for reference in entry.references:
        position = reference.item or 0
        yield reference, entry.workloads[position] if position < len(entry.workloads) else None


def _names(entry: _Entry) -> Iterator[tuple[int, ObjectName]]:
    if entry.service is not None:
        yield id(entry.service), entry.name
    for workload in entry.workloads:
        # One of several workloads has a name of its own.
        own = name_of(workload)
        yield id(workload), entry.name if own == entry.name else own


def _entries(given: object, namespace: str | None) -> Iterator[_Entry]:
    """What one of the things given adds: several things, if it is a list."""
    if isinstance(given, Service):
        service = settled(given, namespace)
        yield _Entry(name_of(service), service=service)
    elif isinstance(given, Pod | Workload):
        workload = reduced(settled(given, namespace))
        yield _Entry(name_of(workload), workloads=(workload,))
    # The class is asked first: an Output of Pulumi answers for every attribute.
    elif hasattr(type(given), "violations") and hasattr(given, "violations") and hasattr(given, "raw"):
        if isinstance(given.raw, Mapping):
            typed = getattr(given, "object", None)
            yield from _of_mapping(given.raw, typed, tuple(given.violations), namespace)
    elif isinstance(plain := plain_manifest(given), Mapping):
        yield from _of_mapping(plain, None, (), namespace)
    else:
        raise TypeError(
            f"a map is made of plain mappings, Services, Pods, Workloads and documents, not {type(given).__name__}"
        )


def _of_mapping(
    raw: Mapping[str, Any], typed: object, violations: tuple[Violation, ...], namespace: str | None
) -> Iterator[_Entry]:
    listed = items_of_list(raw)
    if listed is not None:
        for item in listed:
            yield from _of_mapping(item, None, (), namespace)
        return
    if namespace is not None:
        raw = in_namespace(raw, namespace)
        typed = settled(typed, namespace) if isinstance(typed, Service | Pod | Workload) else typed
    name = ObjectName.of(raw)
    try:
        yield _read(name, raw, typed, violations)
    except ValidationError as error:
        yield _Entry(name, unknown=_unknown(name, raw, error.violations))


def _read(name: ObjectName, raw: Mapping[str, Any], typed: object, violations: tuple[Violation, ...]) -> _Entry:
    if is_core_service(raw):
        if violations and typed is None:
            return _Entry(name, unknown=_unknown(name, raw, violations))
        return _Entry(name, service=typed if isinstance(typed, Service) else read_core_service(raw))
    # What is typed already makes pods, even where it does not say of which API it is.
    if isinstance(typed, Pod | Workload) or makes_pods(raw):
        if violations and typed is None:
            return _Entry(name, unknown=_unknown(name, raw, violations))
        found = (reduced(typed),) if isinstance(typed, Pod | Workload) else read_workloads(raw)
        return _Entry(name, workloads=found, references=tuple(references_of(raw, name)))
    if raw.get("kind") == "Namespace":
        labels = value_at(raw, "metadata", "labels")
        given = labels.items() if isinstance(labels, Mapping) else ()
        clean = {str(key): value for key, value in given if isinstance(value, str)}
        clean.setdefault("kubernetes.io/metadata.name", name.name)
        return _Entry(name, namespace_labels=tuple(sorted(clean.items())))
    return _Entry(name, references=tuple(references_of(raw, name)), grants=tuple(_grants(name, raw)))


def _grants(name: ObjectName, raw: Mapping[str, Any]) -> Iterator[Grant]:
    if name.kind != "ReferenceGrant" or _GATEWAY not in (text_at(raw, "apiVersion") or ""):
        return
    for origin in items_at(raw, "spec", "from"):
        for target in items_at(raw, "spec", "to"):
            kind, namespace = text_at(origin, "kind"), text_at(origin, "namespace")
            if kind and namespace and text_at(target, "kind") == "Service":
                yield Grant(kind, namespace, name.namespace, text_at(target, "name"))


# --- what a server would refuse --------------------------------------------------------------------------------


def _unknown(name: ObjectName, raw: Mapping[str, Any], violations: tuple[Violation, ...]) -> UnknownObject:
    selector = value_at(raw, "spec", "selector")
    own = (_as_meant(selector),) if isinstance(selector, Mapping) else ()
    selections = own if is_core_service(raw) else pod_labels(raw)
    return UnknownObject(name, violations, selections, _as_meant(value_at(raw, "metadata", "labels")))


def pod_labels(raw: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The labels of the pods that an invalid object would make, as its author must have meant them."""
    return tuple(_as_meant(each) for each in _pod_labels(raw) if isinstance(each, Mapping))


def _pod_labels(raw: Mapping[str, Any]) -> Iterator[object]:
    path = any_template_path(raw)
    if path is not None:
        yield value_at(raw, *map(str, path), "metadata", "labels") or {}
        return
    for (_, kind), (_, place) in SEVERAL_TEMPLATES.items():
        for item in items_at(raw, *place) if kind == raw.get("kind") else ():
            yield value_at(item, "spec", "template", "metadata", "labels") or {}


def _as_meant(labels: object) -> dict[str, Any]:
    """Labels as their author must have meant them: `version: 1` is invalid, but `"1"` was meant."""
    if not isinstance(labels, Mapping):
        return {}
    return {
        key: json.dumps(value) if isinstance(value, bool | int | float) else value
        for key, value in labels.items()
        if isinstance(key, str)
    }
