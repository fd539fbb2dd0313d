"""`portmap lint --format junit`: a test case for each object that has findings, as CI servers show tests."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from portmap._lint.findings import Finding, Report, Severity, at_least
from portmap._reports.printable import printable

__all__ = ["as_junit"]

# What XML 1.0 cannot hold, not even as a reference.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report, fail_on: Severity) -> str:
    """The report as JUnit's XML.

    Args:
        report: What to show.
        fail_on: From which severity on a finding is a failure; others are output of a test that passes.
    """
    cases = [list(group) for _, group in groupby(report, key=lambda each: (each.position, each.source, each.subject))]
    failures = sum(any(at_least(each.severity, fail_on) for each in case) for case in cases)
    # A report without any test is an error to some readers.
    shown = [_case(case, fail_on) for case in cases] or ['    <testcase classname="portmap" name="no findings"/>\n']
    counts = f'tests="{len(shown)}" failures="{failures}" errors="0"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="portmap lint" {counts}>\n'
        f'  <testsuite name="portmap lint" {counts}>\n{"".join(shown)}  </testsuite>\n'
        "</testsuites>\n"
    )


def _case(findings: Sequence[Finding], fail_on: Severity) -> str:
    first = findings[0]
    lines = [f"    <testcase classname={_quoted(first.source or 'portmap')} name={_quoted(str(first.subject))}>\n"]
    bad = [each for each in findings if at_least(each.severity, fail_on)]
    others = [each for each in findings if not at_least(each.severity, fail_on)]
    if bad:
        # A test fails once, whatever the number of reasons.
        kinds = ", ".join(dict.fromkeys(each.rule for each in bad))
        text = _clean("\n".join(map(_text, bad)))
        lines.append(f"      <failure message={_quoted(bad[0].message)} type={_quoted(kinds)}>{text}</failure>\n")
    if others:
        lines.append(f"      <system-out>{_clean(chr(10).join(map(_text, others)))}</system-out>\n")
    return "".join([*lines, "    </testcase>\n"])


def _text(finding: Finding) -> str:
    place = f"{finding.location}: " if finding.location else ""
    because = f"\n  {finding.severity} because {finding.because}" if finding.because else ""
    return f"{place}{finding}{because}"


def _clean(text: str) -> str:
    return escape(_held(text))


def _quoted(text: str) -> str:
    return quoteattr(_held(text))


def _held(text: str) -> str:
    """The text as XML can hold it, without what steers a terminal that shows it."""
    text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))
