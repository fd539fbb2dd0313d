"""`portmap lint --format junit`: JUnit XML with a test case for each object that has findings."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from portmap._kubernetes.printable import printable
from portmap._lint.findings import Finding, Report, Severity, at_least

# XML 1.0 cannot hold these characters, not even as references.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report, fail_on: Severity) -> str:
    """Return the report as JUnit XML.

    Args:
        report: The report.
        fail_on: The lowest severity of a failure; other findings are output of a test case that passes.
    """
    cases = [list(group) for _, group in groupby(report, key=lambda each: (each.position, each.source, each.subject))]
    failures = sum(any(at_least(each.severity, fail_on) for each in case) for case in cases)
    # Some readers reject a report without a test case.
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
    lines = [
        f"    <testcase classname={_attribute(first.source or 'portmap')} name={_attribute(str(first.subject))}>\n"
    ]
    bad = [each for each in findings if at_least(each.severity, fail_on)]
    others = [each for each in findings if not at_least(each.severity, fail_on)]
    if bad:
        # A test case has one failure, whatever the number of findings.
        rules = ", ".join(dict.fromkeys(each.rule for each in bad))
        lines.append(
            f"      <failure message={_attribute(bad[0].message)} type={_attribute(rules)}>{_content(bad)}</failure>\n"
        )
    if others:
        lines.append(f"      <system-out>{_content(others)}</system-out>\n")
    return "".join([*lines, "    </testcase>\n"])


def _content(findings: Sequence[Finding]) -> str:
    return escape(_clean("\n".join(map(_text, findings))))


def _text(finding: Finding) -> str:
    place = f"{finding.location}: " if finding.location else ""
    because = f"\n  {finding.severity} because {finding.because}" if finding.because else ""
    return f"{place}{finding}{because}"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Return the text without characters that XML cannot hold or that steer a terminal."""
    text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))
