"""The objects that are linted: each as it was given, as plain data, and typed where portmap models it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, final

import attrs

from portmap._graph.items import name_of
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation
from portmap._model.foreign import plain_manifest
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.to_manifest import to_manifest
from portmap._model.workloads import Workload, reduced

__all__ = ["Item", "items_of"]


@final
@attrs.frozen(eq=False)
class Item:
    """One object of the input.

    It has `raw`, `object` and `violations` as a document of `portmap.load` has them, so
    that it can be given to whatever takes one.

    Attributes:
        position: Its place in the input.
        name: What it is called.
        raw: The object as plain data.
        object: The typed object, where there is one.
        violations: Why a server would refuse it.
        source: The file that it came from, with `/` between folders; `""` where it came from none.

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


def items_of(objects: Iterable[object], cluster: Cluster) -> list[Item]:
    """The items of an input.

    Args:
        objects: Plain mappings (lists of kind List are opened), typed objects, documents of
            `portmap.load`, and objects of other Kubernetes libraries, in any mixture.
        cluster: By what plain mappings are judged.

    Raises:
        TypeError: One of the objects is something else.
    """
    return [item for position, each in enumerate(objects) for item in _items(each, position, cluster)]


def _items(given: object, position: int, cluster: Cluster) -> Iterator[Item]:
    if isinstance(given, Service):
        yield Item(position, name_of(given), to_manifest(given), given, (), "")
    elif isinstance(given, Pod | Workload):
        name = name_of(reduced(given))
        raw = {"kind": name.kind, "metadata": {"name": name.name, "namespace": name.namespace}}
        yield Item(position, name, raw, given, (), "")
    # The class is asked first: an Output of Pulumi answers for every attribute.
    elif hasattr(type(given), "violations") and hasattr(given, "violations") and hasattr(given, "raw"):
        if isinstance(given.raw, Mapping):
            source = str(getattr(given, "source", "")).replace("\\", "/")
            typed, violations = getattr(given, "object", None), tuple(given.violations)
            yield Item(position, ObjectName.of(given.raw), given.raw, typed, violations, source)
    elif isinstance(plain := plain_manifest(given), Mapping):
        yield from _of_mapping(plain, position, cluster)
    else:
        raise TypeError(
            f"lint takes plain mappings, Services, Pods, Workloads and documents, not {type(given).__name__}"
        )


def _of_mapping(raw: Mapping[str, Any], position: int, cluster: Cluster) -> Iterator[Item]:
    kind, items = raw.get("kind"), raw.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        own = {"apiVersion": raw.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
        for item in items:
            if isinstance(item, Mapping):
                yield from _of_mapping({**own, **item}, position, cluster)
        return
    # What reads manifests is loaded only for those who give them unread.
    from portmap._manifests.read import is_readable, read

    typed: Service | Pod | Workload | None = None
    violations: tuple[Violation, ...] = ()
    if is_readable(raw):
        try:
            typed = read(raw, cluster=cluster)
        except ValidationError as error:
            violations = error.violations
    yield Item(position, ObjectName.of(raw), raw, typed, violations, "")
