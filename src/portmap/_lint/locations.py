"""The locations of findings: file, line and column of a value, and the line's text."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, final

import attrs

from portmap._kubernetes.field_path import FieldPath
from portmap._lint.findings import Finding, Location, Related
from portmap._manifests.documents import Document
from portmap._yaml.line_breaks import LINE_BREAK

_HELM_SOURCE: Final = re.compile(r"# Source: (\S.*?)\s*$")

_PLAIN_SCALAR: Final = re.compile(r"[A-Za-z0-9.+-][\w.+:-]*")

# Findings of these rules are about a key, whatever its value.
_RULES_ABOUT_KEYS: Final = frozenset({"duplicate-field", "unknown-field"})

_MAX_LINE: Final = 10_000
"""How long a line may be to be kept: an excerpt of a longer one is unreadable."""


def located(findings: Iterable[Finding], documents: Mapping[int, Document]) -> list[Finding]:
    """Return the findings with their locations and those of related fields.

    Args:
        findings: The findings, in any order.
        documents: The documents, by position; other objects have no locations.
    """
    found = list(findings)
    fields = sorted(
        (position, number, part)
        for number, finding in enumerate(found)
        for part, position in enumerate((finding.position, *(each.position for each in finding.related)))
        if position in documents
    )
    located_fields = _locations(
        (documents[position], *_field(found[number], part)) for position, number, part in fields
    )
    locations = {(number, part): location for (_, number, part), location in zip(fields, located_fields, strict=True)}
    return [_with_locations(finding, number, locations) for number, finding in enumerate(found)]


def locations_of_keys(fields: Iterable[tuple[Document, FieldPath]]) -> Iterator[Location]:
    """Yield the locations of the keys of fields, of which those of one text must follow each other."""
    return _locations((document, path, True) for document, path in fields)


def _field(finding: Finding, part: int) -> tuple[FieldPath, bool]:
    """Return the path of a finding's field, or of a related one, and whether its key is meant."""
    if part:
        return finding.related[part - 1].path, False
    return finding.path, finding.rule in _RULES_ABOUT_KEYS


def _locations(fields: Iterable[tuple[Document, FieldPath, bool]]) -> Iterator[Location]:
    """Yield the locations of fields, or of their keys.

    To locate a field its text is parsed again, and the result takes memory, so it is dropped before the next text.
    """
    text: _Text | None = None
    last: Document | None = None
    for document, path, is_key in fields:
        if text is None or text.whole is not document.text:
            if last is not None:
                last.forget_places()
            text = _Text(document.text)
        last = document
        yield text.location(document, path, is_key=is_key)
    if last is not None:
        last.forget_places()


def _with_locations(finding: Finding, number: int, locations: Mapping[tuple[int, int], Location]) -> Finding:
    related: Sequence[Related] = [
        attrs.evolve(each, location=locations[number, part]) if (number, part) in locations else each
        for part, each in enumerate(finding.related, 1)
    ]
    location = locations.get((number, 0), finding.location)
    return attrs.evolve(finding, location=location, related=tuple(related), hint=_hint(finding, location))


def _hint(finding: Finding, location: Location | None) -> str | None:
    """Return the hint; one to quote a value shows it as written: `1.10`, which is read as 1.1."""
    if finding.rule != "wrong-type" or not (finding.hint or "").startswith("quote it: ") or location is None:
        return finding.hint
    span = location.span
    if span is None or span.line != span.end_line:
        return finding.hint
    written = location.line[span.column - 1 : span.end_column - 1]
    return f'quote it: "{written}"' if _PLAIN_SCALAR.fullmatch(written) else finding.hint


@final
class _Text:
    """A text, with an index of its lines."""

    def __init__(self, whole: str) -> None:
        self.whole = whole

    @cached_property
    def _starts(self) -> "array[int]":
        return array("q", [0, *(match.end() for match in LINE_BREAK.finditer(self.whole))])

    def _line(self, number: int) -> str:
        starts = self._starts
        if not 0 < number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.whole)
        if end - starts[number - 1] > _MAX_LINE:
            return ""
        return self.whole[starts[number - 1] : end].rstrip("\r\n\x85\u2028\u2029")

    @cached_property
    def _templates(self) -> tuple[Sequence[int], Sequence[str | None]]:
        """The offsets at which documents begin, and the Helm template of each by the comment at its beginning."""
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

    def location(self, document: Document, path: FieldPath, *, is_key: bool) -> Location:
        """Return the location of a field, or of its key, of one of the text's documents."""
        span = document.key_span(path) if is_key else document.place(path)
        source = document.source.replace("\\", "/")
        if span is None:
            return Location(source)
        # The text may be a part of its file, and spans count lines from the beginning of the file.
        line = span.line - document.origin[0].lines_before
        return Location(source, span, self._line(line), self._template(line))
