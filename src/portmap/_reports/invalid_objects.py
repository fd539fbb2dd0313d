"""What a server would refuse, a line for each violation."""

from collections.abc import Iterable, Iterator

from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Document


def violation_lines(documents: Iterable[Document]) -> Iterator[str]:
    """Yield a line for each violation of these documents, with the name of the object."""
    for document in documents:
        for violation in document.violations:
            yield violation_line(document, violation, f"{document.kind} {document.name or '(no name)'}: ")


def violation_line(document: Document, violation: Violation, about: str = "") -> str:
    """Return `web.yaml:7:9: spec.ports[0].port: must be 1 to 65535  [port-out-of-range]`."""
    span = document.span(violation.field)
    place = f"{document.source}:{span}" if span else document.source
    field = f"{violation.field}: " if violation.field else ""
    return f"{place}: {about}{field}{violation.message}  [{violation.code}]"
