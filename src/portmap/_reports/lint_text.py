"""`portmap lint` for people: each finding with the line in which it stands, and what to do about it."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, final

import attrs

from portmap._lint.findings import SEVERITIES, Finding, Location, Report, Severity
from portmap._reports.printable import printable

__all__ = ["as_text", "counted", "summary", "text_of"]

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_COLOURS: Final[Mapping[Severity, str]] = {"error": "\x1b[31m", "warning": "\x1b[33m", "info": "\x1b[36m"}
_WIDEST: Final = 120
_CONTEXT: Final = 40
_LONGEST: Final = 2000


def as_text(report: Report, *, width: int | None = None, colour: bool = False) -> str:
    """The findings as text; `""` where there are none.

    Args:
        report: What to show.
        width: The width of the terminal, to which excerpts are cut.
        colour: Whether severities are coloured.
    """
    return "".join(text_of(report, width=width, colour=colour))


def text_of(report: Report, *, width: int | None = None, colour: bool = False) -> Iterator[str]:
    """The same finding by finding."""
    writer = _Writer(width or _WIDEST, colour)
    for place, each in enumerate(report):
        lines = "".join(f"{line}\n" for line in writer.finding(each))
        yield f"\n{lines}" if place else lines


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(report: Report) -> str:
    """What was judged and what came of it, in one line."""
    names: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "info"}
    found = ", ".join(counted(report.count(each), names[each]) for each in SEVERITIES)
    read = f"{counted(report.objects, 'object')} ({counted(report.services, 'Service')})"
    parts = [f"{found} in {read}, by {report.cluster}"]
    if report.skipped:
        reasons = ", ".join(f"{number} x {reason}" for reason, number in report.skipped_by_reason.items())
        parts.append(f"not judged: {reasons}")
    if report.suppressed:
        parts.append(f"{len(report.suppressed)} suppressed")
    return "; ".join(parts)


@final
@attrs.frozen
class _Writer:
    width: int
    colour: bool

    def finding(self, finding: Finding) -> Iterator[str]:
        """The lines of a finding."""
        place = f"{printable(str(finding.location or finding.source))}: " if finding.location or finding.source else ""
        severity = self._painted(finding.severity, _COLOURS[finding.severity])
        about = f"{finding.subject}: " if finding.location is None or finding.subject.kind != "file" else ""
        field = f"{finding.field}: " if finding.field else ""
        text = _shown(f"{about}{field}{finding.message}")
        yield f"{self._painted(place, _BOLD)}{severity}: {text}  [{printable(finding.rule)}]"
        yield from self._excerpt(finding.location, _COLOURS[finding.severity])
        if finding.hint:
            yield f"  hint: {_shown(finding.hint)}"
        if finding.because:
            yield f"  {finding.severity} because {_shown(finding.because)}"
        for each in finding.related:
            where = printable(str(each.location)) if each.location else printable(f"{each.subject}: {each.field}")
            yield f"  see {where}: {_shown(each.message)}"
            yield from self._excerpt(each.location, _COLOURS["info"])

    def _painted(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self.colour and text else text

    def _excerpt(self, location: Location | None, colour: str) -> Iterator[str]:
        """The line with a mark under the place; nothing where the line is not known."""
        if location is None or location.span is None or not location.line.strip():
            return
        span, line = location.span, location.line
        start = span.column - 1
        end = span.end_column - 1 if span.end_line == span.line else len(line)
        if start > len(line):
            return
        number = str(span.line)
        room = max(self.width - len(number) - 5, _CONTEXT)
        line, start, end = _cut(line, start, max(start + 1, min(end, len(line))), room)
        before = sum(map(_columns, line[:start]))
        under = max(sum(map(_columns, line[start:end])), 1)
        yield f"  {number} | {_drawable(line)}"
        mark = self._painted("^" * under, colour)
        yield f"  {' ' * len(number)} | {' ' * before}{mark}"


def _shown(text: str) -> str:
    """A text that is fit to be read: a value may be as long as a file."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    return printable(text)


def _cut(line: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """A line that is too long, cut around the place that matters."""
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
    """How wide a character is on a terminal."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _drawable(line: str) -> str:
    return "".join(each if each.isprintable() else " " for each in line)
