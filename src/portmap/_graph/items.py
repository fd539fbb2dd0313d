"""The one ingest: objects in any form become items, each with its plain data, its typed object and its place.

An object that the API server would refuse stays an item, without a typed object and with
the violations, so that a reference to it is unknown and not a miss.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, final

import attrs

from portmap._graph.object_name import ObjectName, Place, in_namespace
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Document, objects_in
from portmap._manifests.read import is_readable, read_all
from portmap._model.foreign import plain_manifest
from portmap._model.foreign_protocols import DocumentLike, is_document
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload, as_workload, several_templates

Renames: TypeAlias = Mapping[tuple[str, str | None], tuple[str, str | None]]
"""New names and namespaces of Services, by the old ones."""


@final
@attrs.frozen(eq=False)
class Item:
    """One object of the input.

    It has `raw`, `object` and `violations` like a document of `portmap.load`, so functions
    that accept documents accept it, too.

    Attributes:
        position: Its position in the input.
        name: Its name.
        raw: The object as plain data.
        object: The typed object, if there is one.
        violations: Why the API server would refuse it.
        source: The file that it was read from, with `/` between folders; `""` if it is from no file.
        workloads: The workloads that it creates; a pod is a workload of kind Pod.
        document: The document that it was read from, if it is from a file.
        renames: How kustomizations rename the Services that it refers to, by name and namespace.

    Example:
        >>> from portmap.lint import Bundle, lint, rule
        >>> @rule("acme.look", on=Bundle, severity="info")
        ... def look(bundle, _):
        ...     "Look at every object, of whatever kind."
        ...     print([(item.position, str(item.name)) for item in bundle.items])
        ...     return ()
        ...
        >>> report = lint([web, pod, front], rules=[look])
        [(0, 'Service web'), (1, 'Pod web-0'), (2, 'Ingress front')]
    """

    __module__ = "portmap.lint"

    position: int
    name: ObjectName
    raw: Mapping[str, Any] = attrs.field(repr=False)
    object: Service | Pod | Workload | None = attrs.field(repr=False)
    violations: tuple[Violation, ...]
    source: str
    workloads: tuple[Workload, ...] = attrs.field(default=(), repr=False)
    document: Document | None = attrs.field(default=None, repr=False)
    renames: tuple[Renames, ...] = attrs.field(default=(), repr=False)

    @property
    def service(self) -> Service | None:
        """The typed Service, if the object is one.

        Example:
            >>> from portmap.lint import Bundle, lint, rule
            >>> @rule("acme.services", on=Bundle, severity="info")
            ... def services(bundle, _):
            ...     "Look at every Service."
            ...     print([str(item.service) for item in bundle.items if item.service])
            ...     return ()
            ...
            >>> report = lint([web, pod], rules=[services])
            ['Service web']
        """
        return self.object if isinstance(self.object, Service) else None

    def name_of(self, subject: Service | Workload) -> ObjectName:
        """Return the name of the Service or of one of the workloads of this item.

        Example:
            >>> from portmap.lint import Bundle, lint, rule
            >>> @rule("acme.workloads", on=Bundle, severity="info")
            ... def workloads(bundle, _):
            ...     "Look at every workload."
            ...     print([str(item.name_of(each)) for item in bundle.items for each in item.workloads])
            ...     return ()
            ...
            >>> report = lint([web, pod], rules=[workloads])
            ['Pod web-0']
        """
        return attrs.evolve(name_of(subject), number=self.name.number, place=self.name.place)


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


def with_raw(item: Item, raw: Mapping[str, Any]) -> Item | None:
    """Return the item with other plain data, read under the cluster in force; `None` if that is not valid."""
    objects: Sequence[Service | Pod | Workload] = ()
    if is_readable(raw):
        try:
            objects = read_all(raw)
        except ValidationError:
            return None
    changed = _item(raw, objects, (), item.position, None, item.source, item.document)
    return attrs.evolve(changed, name=attrs.evolve(changed.name, place=item.name.place), renames=item.renames)


def items_of(objects: Iterable[object], *, namespace: str | None = None) -> list[Item]:
    """Return the items of an input, whose plain data is read under the cluster in force.

    Args:
        objects: Plain mappings, also of kind List; typed objects; documents of `portmap.load`;
            and objects of other Kubernetes libraries, in any combination.
        namespace: The namespace of the objects without one; by default, they match any.

    Raises:
        TypeError: One of the objects has another type.
    """
    return [item for position, source in enumerate(objects) for item in _items(source, position, namespace)]


def _items(source: object, position: int, namespace: str | None) -> Iterator[Item]:
    if isinstance(source, Item):
        yield source
    elif isinstance(source, Service):
        service = with_namespace(source, namespace)
        yield Item(position, name_of(service), to_manifest(service), service, (), "")
    elif isinstance(source, Pod | Workload):
        workload = as_workload(with_namespace(source, namespace))
        name = name_of(workload)
        raw = {"kind": name.kind, "metadata": {"name": name.name, "namespace": name.namespace}}
        yield Item(position, name, raw, source, (), "", (workload,))
    elif is_document(source):
        if isinstance(source.raw, Mapping):
            yield _of_document(source, position, namespace)
    elif isinstance(plain := plain_manifest(source), Mapping):
        for _, raw in objects_in(plain):
            if isinstance(raw, Mapping):
                yield _of_mapping(raw, position, namespace)
    else:
        raise TypeError(
            f"objects must be plain mappings, Services, Pods, Workloads or documents, not {type(source).__name__}"
        )


def _of_document(document: DocumentLike, position: int, namespace: str | None) -> Item:
    source = str(getattr(document, "source", "")).replace("\\", "/")
    objects: Sequence[Any] = () if document.violations else document.objects
    own = document if isinstance(document, Document) else None
    return _item(document.raw, objects, tuple(document.violations), position, namespace, source, own)


def _of_mapping(raw: Mapping[str, Any], position: int, namespace: str | None) -> Item:
    objects: Sequence[Service | Pod | Workload] = ()
    violations: tuple[Violation, ...] = ()
    if is_readable(raw):
        try:
            objects = read_all(raw)
        except ValidationError as error:
            violations = error.violations
    return _item(raw, objects, violations, position, namespace, "", None)


def _item(
    raw: Mapping[str, Any],
    objects: Sequence[Service | Pod | Workload],
    violations: tuple[Violation, ...],
    position: int,
    namespace: str | None,
    source: str,
    document: Document | None,
) -> Item:
    if namespace is not None:
        raw = in_namespace(raw, namespace)
        objects = [with_namespace(typed, namespace) for typed in objects]
    name = ObjectName.of(raw, document and Place(source, document))
    workloads = tuple(as_workload(typed) for typed in objects if isinstance(typed, Pod | Workload))
    # An object of a kind that creates several workloads is none of them.
    own = objects[0] if len(objects) == 1 and several_templates(raw) is None else None
    return Item(position, name, raw, own, violations, source, workloads, document)
