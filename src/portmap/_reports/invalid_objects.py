"""Where the objects of a map begin in the files that were read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from portmap._graph.items import name_of, settled
from portmap._graph.object_name import ObjectName, in_namespace
from portmap._kubernetes.errors import ManifestError, Span
from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Document
from portmap._model.services import Service
from portmap._model.workloads import reduced
from portmap._reports.resolve_data import Place

__all__ = ["Places", "complaint", "complaints", "located", "places_of", "position", "unreadable_data"]

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


def complaints(documents: Iterable[Document]) -> Iterator[str]:
    """What is wrong with each of these documents."""
    for document in documents:
        for violation in document.violations:
            yield complaint(document, violation, f"{document.kind} {document.name or '(no name)'}: ")


def complaint(document: Document, violation: Violation, about: str = "") -> str:
    """One violation: `web.yaml:7:9: spec.ports[0].port: must be 1 to 65535  [port-out-of-range]`."""
    span = document.span(violation.field)
    place = f"{document.source}:{span}" if span else document.source
    field = f"{violation.field}: " if violation.field else ""
    return f"{place}: {about}{field}{violation.message}  [{violation.code}]"


def unreadable_data(error: ManifestError) -> dict[str, Any]:
    """File, line and column, and what is wrong."""
    return {"source": error.source, "message": error.problem} | position(error.span)


def position(span: Span | None) -> dict[str, int | None]:
    """Line and column, or neither."""
    return {"line": span and span.line, "column": span and span.column}
