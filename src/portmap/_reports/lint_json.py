"""`portmap lint --format json`: one object, as docs/schemas/lint-report-1.json describes it."""

from collections.abc import Iterator
from typing import Any, Final

from portmap._kubernetes.plain_data import plain_data
from portmap._lint.findings import SEVERITIES, Finding, Location, Report
from portmap._reports.json_text import json_parts

VERSION: Final = 1
"""The version of the JSON schema. It changes when a key is removed or gets another meaning."""


def as_json(report: Report) -> Iterator[str]:
    """Yield the report as JSON text, in parts."""
    data = {
        "version": VERSION,
        "kubernetesVersion": report.cluster.version,
        "provisional": report.cluster.provisional,
        "findings": [],
        "suppressed": [{"finding": _finding(each.finding), "reason": each.reason} for each in report.suppressed],
        "skipped": report.skipped,
        "counts": {each: report.count(each) for each in SEVERITIES}
        | {
            "objects": report.objects,
            "services": report.services,
            "skipped": len(report.skipped),
            "suppressed": len(report.suppressed),
        },
    }
    return json_parts(data, "findings", map(_finding, report), 1)


def _finding(finding: Finding) -> dict[str, Any]:
    location = finding.location or (Location(finding.source) if finding.source else None)
    related = [{**plain_data(each), "location": each.location} for each in finding.related]
    return plain_data({**plain_data(finding), "location": location, "related": related})
