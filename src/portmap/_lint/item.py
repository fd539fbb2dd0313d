"""The objects of the input: each as plain data, and typed if portmap models its kind."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, final

import attrs

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Document, objects_in
from portmap._manifests.read import is_readable, read
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload, as_workload


@final
@attrs.frozen(eq=False)
class Item:
    """One object of the input.

    Its `raw`, `object` and `violations` are those of a document of `portmap.load`, so functions that take a document
    take an item, too.

    Attributes:
        position: The object's position in the input.
        name: The object's name.
        raw: The object as plain data.
        object: The typed object; `None` if portmap does not model the kind, or a server would refuse the object.
        violations: Why a server would refuse the object.
        source: The file that the object was read from, with `/` between folders; `""` if it was not read from one.
        document: The document that the object was read from, for rules about the text; `None` if there is none.

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
    raw: Mapping[str, Any]
    object: Service | Pod | Workload | None
    violations: tuple[Violation, ...]
    source: str
    document: Document | None = attrs.field(default=None, repr=False)


def items_of(objects: Iterable[object], cluster: Cluster) -> list[Item]:
    """Return the items of an input.

    Args:
        objects: Plain mappings (lists of kind List are opened), typed objects, documents of `portmap.load`, and
            objects of other Kubernetes libraries, in any mixture.
        cluster: The cluster whose rules apply to plain mappings.

    Raises:
        TypeError: One of the objects is something else.
    """
    return [item for position, each in enumerate(objects) for item in _items(each, position, cluster)]


def _items(source: object, position: int, cluster: Cluster) -> Iterator[Item]:
    if isinstance(source, Service):
        yield Item(position, name_of(source), to_manifest(source), source, (), "")
    elif isinstance(source, Pod | Workload):
        name = name_of(as_workload(source))
        raw = {"kind": name.kind, "metadata": {"name": name.name, "namespace": name.namespace}}
        yield Item(position, name, raw, source, (), "")
    # The class is asked first because an Output of Pulumi has every attribute.
    elif hasattr(type(source), "violations") and hasattr(source, "violations") and hasattr(source, "raw"):
        if isinstance(source.raw, Mapping):
            file = str(getattr(source, "source", "")).replace("\\", "/")
            typed, violations = getattr(source, "object", None), tuple(source.violations)
            document = source if isinstance(source, Document) else None
            yield Item(position, ObjectName.of(source.raw), source.raw, typed, violations, file, document)
    elif isinstance(plain := plain_manifest(source), Mapping):
        for _, raw in objects_in(plain):
            if isinstance(raw, Mapping):
                yield _item(raw, position, cluster)
    else:
        raise TypeError(
            f"lint takes plain mappings, Services, Pods, Workloads and documents, not {type(source).__name__}"
        )


def _item(raw: Mapping[str, Any], position: int, cluster: Cluster) -> Item:
    typed: Service | Pod | Workload | None = None
    violations: tuple[Violation, ...] = ()
    if is_readable(raw):
        try:
            typed = read(raw, cluster=cluster)
        except ValidationError as error:
            violations = error.violations
    return Item(position, ObjectName.of(raw), raw, typed, violations, "")
