"""Where objects begin in the files that were read."""

from collections.abc import Iterable, Mapping
from typing import Self, TypeAlias, final

import attrs

from portmap._graph.items import name_of, with_namespace
from portmap._graph.object_name import ObjectName, in_namespace
from portmap._manifests.documents import Document
from portmap._model.services import Service
from portmap._model.workloads import as_workload


@final
@attrs.frozen
class Place:
    """Where an object begins: the file, and the line if it is known."""

    source: str
    line: int | None = None

    @classmethod
    def of(cls, document: Document) -> Self:
        """Return the place of a document."""
        span = document.span()
        return cls(document.source, span.line if span else None)

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


Places: TypeAlias = Mapping[ObjectName, Place]
"""The first place of each object: several documents may describe the same object."""


def places_of(documents: Iterable[Document], namespace: str | None) -> Places:
    """Return the places of all objects in these documents.

    Args:
        documents: The documents that were read.
        namespace: The namespace of objects that name none; `None` leaves it open.
    """
    places: dict[ObjectName, Place] = {}
    for document in documents:
        if isinstance(document.raw, Mapping):
            place = Place.of(document)
            raw = document.raw if namespace is None else in_namespace(document.raw, namespace)
            places.setdefault(ObjectName.of(raw), place)
            for typed in document.objects:
                item = typed if isinstance(typed, Service) else as_workload(typed)
                places.setdefault(name_of(with_namespace(item, namespace)), place)
    return places
