"""`portmap lint --format sarif`: SARIF 2.1.0, for code scanning services. Dicts are objects of its schema."""

import os
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from posixpath import normpath
from typing import Any, Final
from urllib.parse import quote

from portmap._lint.catalogue import Entry, catalogue
from portmap._lint.findings import Finding, Location, Report, Severity
from portmap._lint.rule import Rule
from portmap._lint.rules import RULES
from portmap._reports.json_text import json_parts

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final[Mapping[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}


def as_sarif(report: Report, rules: Iterable[Rule]) -> Iterator[str]:
    """Yield the report as SARIF, in parts; without findings, the list of results is empty.

    Args:
        report: The report.
        rules: The rules that were run. Codes of the server are described if there are findings of them.
    """
    version, home = _distribution()
    descriptors = _descriptors(report, rules, home)
    positions = {each["id"]: position for position, each in enumerate(descriptors)}
    driver: dict[str, Any] = {"name": "portmap", "version": version, "rules": descriptors}
    if home:
        driver["informationUri"] = home
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The folder in which portmap was run."}}},
        "properties": {"kubernetesVersion": report.cluster.version},
        "results": [],
    }
    data = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_parts(data, "results", (_result(each, positions) for each in report), 3)


def _distribution() -> tuple[str, str | None]:
    """Return the version of portmap, and the address of its documentation if its package has one."""
    try:
        package = metadata("portmap-k8s")
    except PackageNotFoundError:
        return "0", None
    urls = dict(each.split(", ", 1) for each in package.get_all("Project-URL") or ())
    return package["Version"], urls.get("Documentation")


def _descriptors(report: Report, rules: Iterable[Rule], home: str | None) -> list[dict[str, Any]]:
    ran = tuple(rules)
    known = catalogue({each.name: each for each in (*RULES, *ran)}.values())
    names = {each.name for each in ran} | {finding.rule for finding in report}
    return [_descriptor(name, known.get(name), home) for name in sorted(names)]


def _descriptor(name: str, entry: Entry | None, home: str | None) -> dict[str, Any]:
    """Return a reporting descriptor; a rule outside the catalogue has little more than its name."""
    summary = entry.summary if entry is not None and entry.summary else f"The rule {name}."
    documentation = entry.documentation if entry is not None and entry.documentation else summary
    descriptor: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": summary},
        "help": {"text": documentation, "markdown": documentation},
        "defaultConfiguration": {"level": _LEVELS[entry.severity if entry is not None else "error"]},
    }
    if home and entry is not None and entry.page:
        descriptor["helpUri"] = f"{home.rstrip('/')}/{entry.page}"
    return descriptor


def _result(finding: Finding, positions: Mapping[str, int]) -> dict[str, Any]:
    lines = [finding.message]
    if finding.hint:
        lines.append(f"Hint: {finding.hint}")
    if finding.because:
        lines.append(f"It is no more than {finding.severity} because {finding.because}")
    subject = f"{finding.subject}: " if finding.subject.kind != "file" else ""
    field = f"{finding.field}: " if finding.field else ""
    locations = []
    if finding.location or finding.source:
        name = {"fullyQualifiedName": f"{finding.subject}:{finding.field}"}
        locations = [{**_location(finding.location or Location(finding.source)), "logicalLocations": [name]}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": positions[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{subject}{field}{chr(10).join(lines)}"},
        "partialFingerprints": {"object/v1": f"{finding.rule}:{finding.subject}:{finding.field}"},
        "locations": locations,
    }
    related = [
        {**_location(each.location), "id": number, "message": {"text": each.message}}
        for number, each in enumerate(finding.related, 1)
        if each.location is not None
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(location: Location) -> dict[str, Any]:
    span = location.span
    if location.template:
        # The span is one of Helm's output, not of the template.
        return {"physicalLocation": {"artifactLocation": _artifact(location.template)}}
    physical: dict[str, Any] = {"artifactLocation": _artifact(location.source)}
    if span is not None:
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    return {"physicalLocation": physical}


def _artifact(source: str) -> dict[str, Any]:
    """Return the location of a file, relative to the current folder if the file is below it."""
    path = Path(source)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except (OSError, ValueError):
            return {"uri": path.as_uri()}
    return {"uri": quote(os.fsencode(normpath(path.as_posix()))), "uriBaseId": "ROOT"}
