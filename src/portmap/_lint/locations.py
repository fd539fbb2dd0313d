"""Where findings stand: file, line and column of the very scalar, and the line itself."""

import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, final

import attrs

from portmap._kubernetes.field_path import FieldPath
from portmap._lint.findings import Finding, Location, Related
from portmap._manifests.documents import Document

__all__ = ["located", "locations_of_keys"]

_BREAK: Final = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_HELM_SOURCE: Final = re.compile(r"# Source: (\S.*?)\s*$")

_PLAIN: Final = re.compile(r"[A-Za-z0-9.+-][\w.+:-]*")

# These are about a key that should not be there, or not twice, whatever its value.
_OF_KEYS: Final = frozenset({"duplicate-field", "unknown-field"})

LONGEST_LINE: Final = 10_000
"""A line that is longer is not kept: nobody reads an excerpt of it."""


def located(findings: Iterable[Finding], documents: Mapping[int, Document]) -> list[Finding]:
    """The findings with the places where they and what is related to them stand.

    Args:
        findings: In any order.
        documents: By the place in the input; those of other places are left alone.
    """
    found = list(findings)
    # Text by text, as that of each may have to be read again, and takes memory until it is done.
    wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, finding in enumerate(found):
        for part, position in enumerate((finding.position, *(each.position for each in finding.related))):
            if position in documents:
                wanted[position].append((number, part))
    asked = [(number, part) for position in sorted(wanted) for number, part in wanted[position]]
    fields = (_asked_of(found[number], part, documents) for number, part in asked)
    places = dict(zip(asked, _locations(fields), strict=True))
    return [_with(finding, number, places) for number, finding in enumerate(found)]


def locations_of_keys(fields: Iterable[tuple[Document, FieldPath]]) -> list[Location]:
    """Where the keys of some fields stand; those of one text come one after the other."""
    return list(_locations((document, field, True) for document, field in fields))


def _asked_of(finding: Finding, part: int, documents: Mapping[int, Document]) -> tuple[Document, FieldPath, bool]:
    """The document and field of a finding, or of what is related to it, and whether its key is meant."""
    if part:
        related = finding.related[part - 1]
        return documents[related.position], related.path, False
    return documents[finding.position], finding.path, finding.rule in _OF_KEYS


def _locations(fields: Iterable[tuple[Document, FieldPath, bool]]) -> Iterator[Location]:
    """Where these fields, or their keys, stand. A text is forgotten before the next one."""
    text: _Text | None = None
    last: Document | None = None
    for document, field, key in fields:
        if text is None or text.whole is not document.text:
            if last is not None:
                last.forget_places()
            text = _Text(document.text)
        last = document
        yield text.location(document, field, key=key)
    if last is not None:
        last.forget_places()


def _with(finding: Finding, number: int, places: Mapping[tuple[int, int], Location]) -> Finding:
    related: Sequence[Related] = [
        attrs.evolve(each, location=places[number, part]) if (number, part) in places else each
        for part, each in enumerate(finding.related, 1)
    ]
    place = places.get((number, 0), finding.location)
    return attrs.evolve(finding, location=place, related=tuple(related), hint=_hint(finding, place))


def _hint(finding: Finding, place: Location | None) -> str | None:
    """The hint of a finding; what should be quoted is told as it is written, `1.10`, and not as it is read, 1.1."""
    if finding.rule != "wrong-type" or not (finding.hint or "").startswith("quote it: ") or place is None:
        return finding.hint
    span = place.span
    if span is None or span.line != span.end_line:
        return finding.hint
    written = place.line[span.column - 1 : span.end_column - 1]
    return f'quote it: "{written}"' if _PLAIN.fullmatch(written) else finding.hint


@final
class _Text:
    """A text and its lines, of which only the beginnings are kept."""

    def __init__(self, whole: str) -> None:
        self.whole = whole

    @cached_property
    def _starts(self) -> "array[int]":
        return array("q", [0, *(match.end() for match in _BREAK.finditer(self.whole))])

    def _line(self, number: int) -> str:
        starts = self._starts
        if not 0 < number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.whole)
        if end - starts[number - 1] > LONGEST_LINE:
            return ""
        return self.whole[starts[number - 1] : end].rstrip("\r\n\x85\u2028\u2029")

    @cached_property
    def _templates(self) -> tuple[Sequence[int], Sequence[str | None]]:
        """Where documents begin, and what Helm made each of, by the comment at its beginning."""
        starts: list[int] = []
        names: list[str | None] = []
        if "# Source: " in self.whole:
            for match in re.finditer(r"^(?:---\s*|# Source: .*)$", self.whole, re.MULTILINE):
                source = _HELM_SOURCE.match(match[0])
                if source is None:
                    starts.append(match.start())
                    names.append(None)
                elif names and names[-1] is None:
                    names[-1] = source[1]
                elif not names:
                    starts.append(0)
                    names.append(source[1])
        return starts, names

    def _template(self, line: int) -> str | None:
        starts, names = self._templates
        place = bisect_left(starts, self._starts[line - 1] + 1) - 1
        return names[place] if place >= 0 else None

    def location(self, document: Document, field: FieldPath, *, key: bool) -> Location:
        """That of a field of one of the text's documents."""
        span = document.key_span(field) if key else document.place(field)
        source = document.source.replace("\\", "/")
        if span is None:
            return Location(source)
        # Of several JSON objects in a row, the text is that of one, and its lines count from there.
        line = span.line - document.origin[0].lines_before
        return Location(source, span, self._line(line), self._template(line))
