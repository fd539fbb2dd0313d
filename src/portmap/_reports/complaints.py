"""Why a server would refuse documents, one violation a line, with file, line and column."""

from collections.abc import Iterable, Iterator

from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Document

__all__ = ["complaint", "complaints"]


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
