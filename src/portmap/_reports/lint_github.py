"""`portmap lint --format github`: workflow commands that GitHub shows as annotations of a change."""

from collections.abc import Iterator, Mapping
from typing import Final

from portmap._kubernetes.printable import printable
from portmap._lint.findings import Finding, Report, Severity

_COMMANDS: Final[Mapping[Severity, str]] = {"error": "error", "warning": "warning", "info": "notice"}


def as_github(report: Report) -> Iterator[str]:
    """Yield a line for each finding."""
    for finding in report:
        properties = {**_place(finding), "title": f"{finding.rule}: {finding.subject}"}
        shown = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
        message = _escape("\n".join(_message(finding)))
        yield f"::{_COMMANDS[finding.severity]} {shown}::{message}\n"


def _place(finding: Finding) -> dict[str, str]:
    location = finding.location
    if location is None:
        return {"file": finding.source} if finding.source else {}
    if location.template:
        return {"file": location.template}
    place = {"file": location.source}
    if location.span is not None:
        place |= {"line": str(location.span.line), "endLine": str(location.span.end_line)}
        if location.span.line == location.span.end_line:
            # GitHub accepts columns only within one line.
            place |= {"col": str(location.span.column), "endColumn": str(location.span.end_column)}
    return place


def _message(finding: Finding) -> Iterator[str]:
    yield f"{finding.field}: {finding.message}" if finding.field else finding.message
    if finding.hint:
        yield f"hint: {finding.hint}"
    if finding.because:
        yield f"{finding.severity} because {finding.because}"
    for related in finding.related:
        yield f"see {related.location or related.subject}: {related.message}"


def _escape(text: str) -> str:
    # GitHub has escapes of its own for line breaks.
    text = "".join(each if each in "\r\n" else printable(each) for each in text) if not text.isprintable() else text
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
