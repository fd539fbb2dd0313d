"""The name of an object of the input, and the place where it is written; and safe access to plain data."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, final

import attrs

from portmap._kubernetes.errors import Span
from portmap._kubernetes.kinds import is_cluster_scoped, kind_of_workload
from portmap._kubernetes.plain_data import OMITTED, shape


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


def in_namespace(manifest: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    """Return the object in this namespace, if it has none and its kind is not cluster-scoped."""
    metadata = manifest.get("metadata") or {}
    if not isinstance(metadata, Mapping) or metadata.get("namespace") or is_cluster_scoped(manifest.get("kind")):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


class _HasSpan(Protocol):
    """A document, as far as a place needs it."""

    def span(self) -> Span | None:
        """Return where the document begins."""


@final
@attrs.frozen(eq=False)
class Place:
    """Where an object begins.

    Attributes:
        source: The file, with `/` between folders, or the name of the stream.
    """

    source: str
    _line: int | _HasSpan | None = None

    @property
    def line(self) -> int | None:
        """The line, if it is known."""
        if self._line is None or isinstance(self._line, int):
            return self._line
        # The positions of a file are computed when the first one is needed.
        span = self._line.span()
        return span and span.line

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and (self.source, self.line) == (other.source, other.line)

    def __hash__(self) -> int:
        return hash((self.source, self.line))

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"

    def __reduce__(self) -> tuple[type["Place"], tuple[str, int | None]]:
        return Place, (self.source, self.line)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"source": self.source, "line": self.line}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Place":
        """Return the place of plain data."""
        return cls(data["source"], data["line"])


@shape.register
def _(place: Place) -> dict[str, Any]:
    return place.as_dict()


@final
@attrs.frozen
class ObjectName:
    """The name of an object.

    Attributes:
        kind: `"Service"`, `"Ingress"`, `"Deployment"`, …; with the API group if two projects use
            one kind for different things, as in `"Service.serving.knative.dev"`.
        name: The name, `""` if there is none.
        namespace: The namespace; `None` if the object does not name one.
        number: Which of the objects of this name in the input it is, from 0. Only names of
            the same number are equal.
        place: Where the object is written; `None` if it is from no file.

    Example:
        >>> print(ObjectName("Service", "web", "shop"))
        Service shop/web
    """

    __module__ = "portmap"

    kind: str
    name: str
    namespace: str | None = None
    number: int = attrs.field(default=0, kw_only=True, repr=False, metadata=OMITTED)
    place: Place | None = attrs.field(default=None, kw_only=True, eq=False, repr=False, metadata=OMITTED)

    @classmethod
    def of(cls, manifest: Mapping[str, Any], place: Place | None = None) -> Self:
        """Return the name of an object that is plain data.

        Example:
            >>> ObjectName.of(front)
            ObjectName(kind='Ingress', name='front', namespace=None)
        """
        kind = text_at(manifest, "kind") or ""
        name = text_at(manifest, "metadata", "name") or text_at(manifest, "metadata", "generateName") or ""
        return cls(
            kind_of_workload(manifest.get("apiVersion"), kind),
            name,
            text_at(manifest, "metadata", "namespace"),
            place=place,
        )

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
        kind, name = self.kind or "object", self.name or "(no name)"
        return f"{kind} {self.namespace}/{name}" if self.namespace else f"{kind} {name}"


def label_of(name: ObjectName) -> ObjectName:
    """Return the name alone, without its number and place, as findings show it."""
    return ObjectName(name.kind, name.name, name.namespace)
