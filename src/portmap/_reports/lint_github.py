"""`portmap lint --format github`: workflow commands that GitHub shows as annotations of a change."""

from collections.abc import Iterator
from typing import Final

from portmap._lint.findings import Finding, Report
from portmap._reports.printable import printable

__all__ = ["as_github", "github_of"]

_COMMANDS: Final = {"error": "error", "warning": "warning", "info": "notice"}


def as_github(report: Report) -> str:
    """A line for each finding."""
    return "".join(github_of(report))


def github_of(report: Report) -> Iterator[str]:
    """The same line by line."""
    return (f"{_line(each)}\n" for each in report)


def _line(finding: Finding) -> str:
    properties = {**_place(finding), "title": f"{finding.rule}: {finding.subject}"}
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    message = _data("\n".join(_message(finding)))
    return f"::{_COMMANDS[finding.severity]} {shown}::{message}"


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
            # GitHub takes columns only within one line.
            place |= {"col": str(location.span.column), "endColumn": str(location.span.end_column)}
    return place


def _message(finding: Finding) -> Iterator[str]:
    yield f"{finding.field}: {finding.message}" if finding.field else finding.message
    if finding.hint:
        yield f"hint: {finding.hint}"
    if finding.because:
        yield f"{finding.severity} because {finding.because}"
    for each in finding.related:
        yield f"see {each.location or each.subject}: {each.message}"


def _data(text: str) -> str:
    # Line breaks are escaped in its own way, and all else that steers a terminal in ours.
    text = "".join(each if each in "\r\n" else printable(each) for each in text) if not text.isprintable() else text
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
