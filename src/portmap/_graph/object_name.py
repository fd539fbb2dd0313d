"""What an object is called: its kind, its namespace and its name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self, final

import attrs

from portmap._kubernetes.kinds import kind_of_workload

__all__ = ["ObjectName", "in_namespace", "items_at", "items_of_list", "text_at", "value_at"]

# The kinds with something to say of ports that live in no namespace.
_CLUSTER_SCOPED: Final = frozenset(
    {
        "APIService",
        "CustomResourceDefinition",
        "MutatingWebhookConfiguration",
        "Namespace",
        "ValidatingWebhookConfiguration",
    }
)


def value_at(data: Any, *path: str) -> Any:  # noqa: ANN401 - any JSON value
    """What stands there in plain data; `None` where nothing does."""
    for step in path:
        # Nearly all are dicts, for which the general question is not asked.
        data = data.get(step) if type(data) is dict or isinstance(data, Mapping) else None
    return data


def text_at(data: object, *path: str) -> str | None:
    """The text that stands there; `None` where nothing does, or something else, or the empty text."""
    found: object = value_at(data, *path)
    return found if isinstance(found, str) and found else None


def items_at(data: object, *path: str) -> Sequence[Any]:
    """The items of the list that stands there; none where nothing does, or something else."""
    found: object = value_at(data, *path)
    return found if isinstance(found, list | tuple) else ()


def items_of_list(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The objects of a `List`, or of a list of one kind, such as a `ServiceList`; `None` for what is no list."""
    kind, items = manifest.get("kind"), manifest.get("items")
    if not isinstance(kind, str) or not kind.endswith("List") or not isinstance(items, list):
        return None
    own = {"apiVersion": manifest.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    return [{**own, **item} for item in items if isinstance(item, Mapping)]


def in_namespace(manifest: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    """The object in this namespace, if it names none and its kind lives in one."""
    metadata = manifest.get("metadata") or {}
    if manifest.get("kind") in _CLUSTER_SCOPED or not isinstance(metadata, Mapping) or metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


@final
@attrs.frozen
class ObjectName:
    """An object, by its name.

    Attributes:
        kind: `"Service"`, `"Ingress"`, `"Deployment"`, …; with its group where two projects use
            the word for different things, as in `"Service.serving.knative.dev"`.
        name: Its name, `""` where it has none.
        namespace: Where it lives; `None` if it says nothing of that.

    Example:
        >>> print(ObjectName("Service", "web", "shop"))
        Service shop/web
    """

    kind: str
    name: str
    namespace: str | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """That of an object as plain data.

        Example:
            >>> ObjectName.of(front)
            ObjectName(kind='Ingress', name='front', namespace=None)
        """
        kind = text_at(manifest, "kind") or ""
        name = text_at(manifest, "metadata", "name") or text_at(manifest, "metadata", "generateName") or ""
        return cls(kind_of_workload(manifest.get("apiVersion"), kind), name, text_at(manifest, "metadata", "namespace"))

    @property
    def order(self) -> tuple[str, str, str]:
        """By what objects are sorted: namespace, kind, name.

        Example:
            >>> ObjectName("Service", "web", "shop").order
            ('shop', 'Service', 'web')
        """
        return self.namespace or "", self.kind, self.name

    def __str__(self) -> str:
        """For people: `Ingress shop/web`."""
        named = self.name or "(no name)"
        return f"{self.kind} {self.namespace}/{named}" if self.namespace else f"{self.kind} {named}"
