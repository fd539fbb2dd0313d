"""`portmap lint --format json`: one object, whose fields docs/schemas/lint-report-1.json tells."""

from collections.abc import Iterator
from typing import Any, Final

from portmap._lint.findings import SEVERITIES, Finding, Location, Related, Report, Skipped, Suppressed
from portmap._reports.json_stream import json_parts

__all__ = ["VERSION", "as_json", "json_of"]

VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(report: Report) -> str:
    """The report as JSON text, in ASCII, with the fields in the order of their names."""
    return "".join(json_of(report))


def json_of(report: Report) -> Iterator[str]:
    """The same piece by piece."""
    data = {
        "version": VERSION,
        "kubernetesVersion": report.cluster.version,
        "provisional": report.cluster.provisional,
        "findings": [],
        "suppressed": [_suppressed(each) for each in report.suppressed],
        "skipped": [_skipped(each) for each in report.skipped],
        "counts": {severity: report.count(severity) for severity in SEVERITIES}
        | {
            "objects": report.objects,
            "services": report.services,
            "skipped": len(report.skipped),
            "suppressed": len(report.suppressed),
        },
    }
    return json_parts(data, "findings", map(_finding, report), 1)


def _finding(finding: Finding) -> dict[str, Any]:
    return finding.as_dict() | {
        "location": _location(finding.location, finding.source),
        "related": [_related(each) for each in finding.related],
    }


def _related(related: Related) -> dict[str, Any]:
    return related.as_dict() | {"location": _location(related.location, "")}


def _location(location: Location | None, source: str) -> dict[str, Any] | None:
    if location is None:
        location = Location(source) if source else None
    if location is None:
        return None
    span = location.span
    return {
        "source": location.source,
        "line": span and span.line,
        "column": span and span.column,
        "endLine": span and span.end_line,
        "endColumn": span and span.end_column,
        "template": location.template,
    }


def _suppressed(suppressed: Suppressed) -> dict[str, Any]:
    return {"finding": _finding(suppressed.finding), "reason": suppressed.reason}


def _skipped(skipped: Skipped) -> dict[str, Any]:
    name = skipped.subject
    return {
        "reason": skipped.reason,
        "source": skipped.source,
        "kind": name and name.kind,
        "namespace": name and name.namespace,
        "name": name and name.name,
    }
