"""Read the objects of a set in one pass and sort them: Services, workloads, and references to their ports.

An object that the API server would refuse is kept as *unknown*, so that a reference to it
is unknown and not a miss. Everything is sorted by namespace, kind and name, so that the
order of the input does not matter.
"""

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
from portmap._kubernetes.violations import Violation, quote
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.service_reading import is_core_service, read_core_service
from portmap._model.services import Service
from portmap._model.workloads import Workload, as_workload, makes_pods, read_workloads

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
@attrs.frozen
class _Entry:
    """One object of the input, as read."""

    name: ObjectName
    service: Service | None = None
    workloads: tuple[Workload, ...] = ()
    references: tuple[Reference, ...] = ()
    unknown: UnknownObject | None = None
    grants: tuple[Grant, ...] = ()
    namespace_labels: tuple[tuple[str, str], ...] | None = None

    @property
    def concerns_ports(self) -> bool:
        """Whether the object has ports, refers to ports or affects lookups."""
        return bool(
            self.service or self.workloads or self.references or self.unknown or self.grants or self.namespace_labels
        )


@final
@attrs.frozen
class Inventory:
    """The objects of a set.

    Attributes:
        services: The Services, sorted.
        names: The name of each Service and workload, by `id`.
        workloads: The workloads, sorted; a pod is a workload of kind Pod.
        references: The references to ports, each with the workload that contains it, if any.
        unknown: The objects that the API server would refuse, sorted.
        grants: Permissions to refer across namespaces.
        namespaces: The labels of each Namespace object.
        others: The number of objects that do not concern ports.
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
        """Read objects of any kind, under the cluster in force.

        Args:
            objects: Plain mappings, also of kind List; `Service`, `Pod` and `Workload`;
                and documents, which have a `raw` mapping.
            namespace: The namespace of the objects without one; `None`: they match any.

        Raises:
            TypeError: One of the objects has another type.
        """
        entries = [entry for source in objects for entry in _entries(source, namespace)]
        relevant = [entry for entry in entries if entry.concerns_ports]
        kept = _in_order(relevant)
        return cls(
            tuple(entry.service for entry in kept if entry.service is not None),
            tuple(workload for entry in kept for workload in entry.workloads),
            tuple(pair for entry in kept for pair in _with_workloads(entry)),
            tuple(entry.unknown for entry in kept if entry.unknown is not None),
            frozenset(grant for entry in kept for grant in entry.grants),
            {entry.name.name: dict(entry.namespace_labels) for entry in kept if entry.namespace_labels is not None},
            len(entries) - len(relevant),
            dict(pair for entry in kept for pair in _names(entry)),
        )

    def name(self, source: Service | Workload) -> ObjectName:
        """Return the name of a Service or workload of the set."""
        return self.names[id(source)]


_ObjectT = TypeVar("_ObjectT", bound=Service | Pod | Workload)


def with_namespace(source: _ObjectT, namespace: str | None) -> _ObjectT:
    """Return the object in this namespace, if it does not name one itself."""
    if namespace is None or source.namespace is not None:
        return source
    if isinstance(source, Workload):
        return attrs.evolve(source, pod=attrs.evolve(source.pod, namespace=namespace))
    return attrs.evolve(source, namespace=namespace)


def name_of(source: Service | Workload) -> ObjectName:
    """Return the name of a Service or workload."""
    if isinstance(source, Workload):
        return ObjectName(source.kind, source.name, source.namespace)
    return ObjectName("Service", source.name or source.generate_name or "", source.namespace)


def _in_order(entries: Iterable[_Entry]) -> list[_Entry]:
    """Sort the entries, and keep one of equal entries."""
    kept: list[_Entry] = []
    for _, same in groupby(sorted(entries, key=lambda entry: entry.name.order), key=lambda entry: entry.name.order):
        variants = list(same)
        if len(variants) > 1:
            variants = [entry for _, entry in sorted({repr(entry): entry for entry in variants}.items())]
        kept += variants
    return kept


def _with_workloads(entry: _Entry) -> Iterator[tuple[Reference, Workload | None]]:
    for reference in entry.references:
        position = reference.item or 0
        yield reference, entry.workloads[position] if position < len(entry.workloads) else None


def _names(entry: _Entry) -> Iterator[tuple[int, ObjectName]]:
    if entry.service is not None:
        yield id(entry.service), entry.name
    for workload in entry.workloads:
        # One of the several workloads of an object has a name of its own.
        own = name_of(workload)
        yield id(workload), entry.name if own == entry.name else own


def _entries(source: object, namespace: str | None) -> Iterator[_Entry]:
    """Yield the entries of one argument; a list has several."""
    if isinstance(source, Service):
        service = with_namespace(source, namespace)
        yield _Entry(name_of(service), service=service)
    elif isinstance(source, Pod | Workload):
        workload = as_workload(with_namespace(source, namespace))
        yield _Entry(name_of(workload), workloads=(workload,))
    # Check the class first: an instance of Pulumi's Output has every attribute.
    elif hasattr(type(source), "violations") and hasattr(source, "violations") and hasattr(source, "raw"):
        if isinstance(source.raw, Mapping):
            typed = getattr(source, "object", None)
            yield from _of_mapping(source.raw, typed, tuple(source.violations), namespace)
    elif isinstance(plain := plain_manifest(source), Mapping):
        yield from _of_mapping(plain, None, (), namespace)
    else:
        raise TypeError(
            f"objects must be plain mappings, Services, Pods, Workloads or documents, not {type(source).__name__}"
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
        typed = with_namespace(typed, namespace) if isinstance(typed, Service | Pod | Workload) else typed
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
    # A typed pod or workload needs no check of its API version.
    if isinstance(typed, Pod | Workload) or makes_pods(raw):
        if violations and typed is None:
            return _Entry(name, unknown=_unknown(name, raw, violations))
        workloads = (as_workload(typed),) if isinstance(typed, Pod | Workload) else read_workloads(raw)
        return _Entry(name, workloads=workloads, references=tuple(references_of(raw, name)))
    if raw.get("kind") == "Namespace":
        labels = value_at(raw, "metadata", "labels")
        pairs = labels.items() if isinstance(labels, Mapping) else ()
        clean = {str(key): value for key, value in pairs if isinstance(value, str)}
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


# --- invalid objects -------------------------------------------------------------------------------------------


def _unknown(name: ObjectName, raw: Mapping[str, Any], violations: tuple[Violation, ...]) -> UnknownObject:
    selector = value_at(raw, "spec", "selector")
    selected = (_intended_labels(selector),) if isinstance(selector, Mapping) else ()
    selections = selected if is_core_service(raw) else pod_labels(raw)
    return UnknownObject(name, violations, selections, _intended_labels(value_at(raw, "metadata", "labels")))


def pod_labels(raw: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the labels of the pods that an invalid object would create, with numbers as text."""
    return tuple(_intended_labels(labels) for labels in _pod_labels(raw) if isinstance(labels, Mapping))


def _pod_labels(raw: Mapping[str, Any]) -> Iterator[object]:
    path = any_template_path(raw)
    if path is not None:
        yield value_at(raw, *map(str, path), "metadata", "labels") or {}
        return
    for (_, kind), (_, place) in SEVERAL_TEMPLATES.items():
        for item in items_at(raw, *place) if kind == raw.get("kind") else ():
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
