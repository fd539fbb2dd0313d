"""`portmap lint` for people: each finding with the line in question, and a hint."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from portmap._kubernetes.printable import printable
from portmap._lint.findings import SEVERITIES, Finding, Location, Report, Severity, at_least
from portmap._reports.layout import RED, Page, count

_STYLES: Final[Mapping[Severity, str]] = {"error": RED, "warning": "\x1b[33m", "info": "\x1b[36m"}
_USUAL_WIDTH: Final = 120
_CONTEXT: Final = 40
_LONGEST_TEXT: Final = 2000


def as_text(report: Report, page: Page, show: Severity = "info") -> Iterator[str]:
    """Yield the findings as text, one by one. Excerpts are cut to the width of the page.

    Args:
        report: The findings.
        page: The width and the colours.
        show: The lowest severity that is shown. Of other findings, one line counts the rules.
    """
    hidden: Counter[str] = Counter()
    separator = ""
    for finding in report:
        if at_least(finding.severity, show):
            yield separator + "".join(f"{line}\n" for line in _finding(finding, page))
            separator = "\n"
        else:
            hidden[finding.rule] += 1
    if hidden:
        rules = ", ".join(f"{number} x {printable(rule)}" for rule, number in hidden.most_common())
        yield f"{separator}not shown: {rules} (--show info shows them)\n"


def summary(report: Report) -> str:
    """Return how many findings, objects and Services there are, in one line."""
    plurals: Mapping[Severity, str] = {"error": "errors", "warning": "warnings", "info": "infos"}
    findings = ", ".join(count(report.count(each), each, plurals[each]) for each in SEVERITIES)
    read = f"{count(report.objects, 'object')} ({count(report.services, 'Service')})"
    parts = [f"{findings} in {read}, by {report.cluster}"]
    if report.skipped:
        reasons = ", ".join(f"{number} x {reason}" for reason, number in report.skipped_by_reason.items())
        parts.append(f"not judged: {reasons}")
    if report.suppressed:
        parts.append(f"{len(report.suppressed)} suppressed")
    return "; ".join(parts)


def _finding(finding: Finding, page: Page) -> Iterator[str]:
    style = _STYLES[finding.severity]
    place = finding.location or finding.source
    shown_place = page.bold(f"{printable(str(place))}: ") if place else ""
    subject = f"{finding.subject}: " if finding.location is None or finding.subject.kind != "file" else ""
    field = f"{finding.field}: " if finding.field else ""
    text = _short(f"{subject}{field}{finding.message}")
    yield f"{shown_place}{page.paint(finding.severity, style)}: {text}  [{printable(finding.rule)}]"
    yield from _excerpt(finding.location, page, style)
    if finding.hint:
        yield f"  hint: {_short(finding.hint)}"
    if finding.because:
        yield f"  {finding.severity} because {_short(finding.because)}"
    for related in finding.related:
        where = printable(str(related.location or f"{related.subject}: {related.field}"))
        yield f"  see {where}: {_short(related.message)}"
        yield from _excerpt(related.location, page, _STYLES["info"])


def _excerpt(location: Location | None, page: Page, style: str) -> Iterator[str]:
    """Yield the line of a location and a marker below it; nothing if the line is unknown."""
    if location is None or location.span is None or not location.line.strip():
        return
    span, line = location.span, location.line
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    if start > len(line):
        return
    number = str(span.line)
    room = max((page.width or _USUAL_WIDTH) - len(number) - 5, _CONTEXT)
    line, start, end = _cut(line, start, max(start + 1, min(end, len(line))), room)
    before = sum(map(_columns, line[:start]))
    marked = max(sum(map(_columns, line[start:end])), 1)
    yield f"  {number} | {''.join(each if each.isprintable() else ' ' for each in line)}"
    yield f"  {' ' * len(number)} | {' ' * before}{page.paint('^' * marked, style)}"


def _short(text: str) -> str:
    """Return a printable text of readable length: a value may be as long as a file."""
    if len(text) > _LONGEST_TEXT:
        text = f"{text[: _LONGEST_TEXT // 2]} … {text[-_LONGEST_TEXT // 2 :]}"
    return printable(text)


def _cut(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """Return the part of a long line around `start`, and `start` and `end` within that part."""
    if len(line) <= room:
        return line.rstrip(), start, end
    first = max(0, min(start - _CONTEXT // 2, len(line) - room))
    part = line[first : first + room]
    if first:
        part = "…" + part[1:]
    if first + room < len(line):
        part = part[:-1] + "…"
    return part, start - first, min(end - first, room)


def _columns(character: str) -> int:
    """Return how many columns of a terminal a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
