"""The name of an object: its kind, namespace and name; and safe access to plain data."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import attrs

from portmap._kubernetes.kinds import is_cluster_scoped, kind_of_workload


def value_at(data: Any, *path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value at this path of plain data, or `None`."""
    for step in path:
        # Nearly all values are dicts, and the exact type check is much faster than `isinstance` with an ABC.
        data = data.get(step) if type(data) is dict or isinstance(data, Mapping) else None
    return data


def text_at(data: object, *path: str) -> str | None:
    """Return the text at this path; `None` for any other value and for the empty text."""
    value: object = value_at(data, *path)
    return value if isinstance(value, str) and value else None


def items_at(data: object, *path: str) -> Sequence[Any]:
    """Return the items of the list at this path; none for any other value."""
    value: object = value_at(data, *path)
    return value if isinstance(value, list | tuple) else ()


def items_of_list(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Return the objects of a `List`, or of a list of one kind such as `ServiceList`; `None` for any other object."""
    kind, items = manifest.get("kind"), manifest.get("items")
    if not isinstance(kind, str) or not kind.endswith("List") or not isinstance(items, list):
        return None
    own = {"apiVersion": manifest.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    return [{**own, **item} for item in items if isinstance(item, Mapping)]


def in_namespace(manifest: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    """Return the object in this namespace, if it has none and its kind is not cluster-scoped."""
    metadata = manifest.get("metadata") or {}
    if is_cluster_scoped(manifest.get("kind")) or not isinstance(metadata, Mapping) or metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


@final
@attrs.frozen
class ObjectName:
    """The name of an object.

    Attributes:
        kind: `"Service"`, `"Ingress"`, `"Deployment"`, …; with the API group if two projects use
            one kind for different things, as in `"Service.serving.knative.dev"`.
        name: The name, `""` if there is none.
        namespace: The namespace; `None` if the object does not name one.

    Example:
        >>> print(ObjectName("Service", "web", "shop"))
        Service shop/web
    """

    __module__ = "portmap"

    kind: str
    name: str
    namespace: str | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """Return the name of an object that is plain data.

        Example:
            >>> ObjectName.of(front)
            ObjectName(kind='Ingress', name='front', namespace=None)
        """
        kind = text_at(manifest, "kind") or ""
        name = text_at(manifest, "metadata", "name") or text_at(manifest, "metadata", "generateName") or ""
        return cls(kind_of_workload(manifest.get("apiVersion"), kind), name, text_at(manifest, "metadata", "namespace"))

    @property
    def order(self) -> tuple[str, str, str]:
        """The sort key: namespace, kind, name.

        Example:
            >>> ObjectName("Service", "web", "shop").order
            ('shop', 'Service', 'web')
        """
        return self.namespace or "", self.kind, self.name

    def __str__(self) -> str:
        """Return a display name: `Ingress shop/web`."""
        name = self.name or "(no name)"
        return f"{self.kind} {self.namespace}/{name}" if self.namespace else f"{self.kind} {name}"
