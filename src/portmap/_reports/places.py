"""Where the objects of a map begin in the files that were read."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from portmap._graph.items import name_of, settled
from portmap._graph.object_name import ObjectName, in_namespace
from portmap._manifests.documents import Document
from portmap._model.services import Service
from portmap._model.workloads import reduced
from portmap._reports.routes import Place

__all__ = ["Places", "located", "places_of"]

Places: TypeAlias = Mapping[ObjectName, Place]
"""The first place of each object; several documents may be one and the same object."""


def places_of(documents: Iterable[Document], namespace: str | None) -> Places:
    """The places of all objects of these documents.

    Args:
        documents: What was read.
        namespace: The namespace of the objects that name none; `None`: they may be in any.
    """
    found: dict[ObjectName, Place] = {}
    for document in documents:
        if isinstance(document.raw, Mapping):
            place = Place.of(document)
            raw = document.raw if namespace is None else in_namespace(document.raw, namespace)
            found.setdefault(ObjectName.of(raw), place)
            for each in document.objects:
                own = each if isinstance(each, Service) else reduced(each)
                found.setdefault(name_of(settled(own, namespace)), place)
    return found


def located(data: dict[str, Any], places: Places) -> dict[str, Any]:
    """Plain data of an object, with file and line."""
    place = places.get(ObjectName(data["kind"], data["name"], data["namespace"]))
    return {**data, "source": place and place.source, "line": place and place.line}
