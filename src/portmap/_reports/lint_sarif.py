"""`portmap lint --format sarif`: SARIF 2.1.0, as code scanning services take it."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from posixpath import normpath
from typing import Any, Final
from urllib.parse import quote

from portmap._lint.catalogue import Entry, catalogue
from portmap._lint.findings import Finding, Location, Report
from portmap._lint.rule import Rule
from portmap._lint.rules import RULES
from portmap._reports.json_text import json_parts

__all__ = ["as_sarif", "sarif_of"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def as_sarif(report: Report, rules: Iterable[Rule]) -> str:
    """The report as SARIF, in ASCII; with an empty list of results where there is nothing to say.

    Args:
        report: What to show.
        rules: The rules that were run; those of the server that were broken are described too.
    """
    return "".join(sarif_of(report, rules))


def sarif_of(report: Report, rules: Iterable[Rule]) -> Iterator[str]:
    """The same piece by piece."""
    version, home = _distribution()
    described = _descriptors(report, rules, home)
    places = {each["id"]: place for place, each in enumerate(described)}
    driver: dict[str, Any] = {"name": "portmap", "version": version, "rules": described}
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
    return json_parts(data, "results", (_result(each, places) for each in report), 3)


def _distribution() -> tuple[str, str | None]:
    """Portmap's version, and where its documentation is, as its package says."""
    try:
        found = metadata("portmap-k8s")
    except PackageNotFoundError:
        return "0", None
    urls = dict(each.split(", ", 1) for each in found.get_all("Project-URL") or ())
    return found["Version"], urls.get("Documentation")


def _descriptors(report: Report, rules: Iterable[Rule], home: str | None) -> list[dict[str, Any]]:
    ran = tuple(rules)
    known = catalogue({each.name: each for each in (*RULES, *ran)}.values())
    names = {each.name for each in ran} | {finding.rule for finding in report}
    return [_descriptor(name, known.get(name), home) for name in sorted(names)]


def _descriptor(name: str, entry: Entry | None, home: str | None) -> dict[str, Any]:
    """What there is to know of a rule; of little more than its name, where it is one that a program made up."""
    summary = entry.summary if entry is not None and entry.summary else f"The rule {name}."
    documented = entry.documentation if entry is not None and entry.documentation else summary
    found: dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": summary},
        "help": {"text": documented, "markdown": documented},
        "defaultConfiguration": {"level": _LEVELS[entry.severity if entry is not None else "error"]},
    }
    # Without an address of the documentation there is none to give: the help itself has all of it.
    if home and entry is not None and entry.page:
        found["helpUri"] = f"{home.rstrip('/')}/{entry.page}"
    return found


def _result(finding: Finding, places: Mapping[str, int]) -> dict[str, Any]:
    notes = [finding.message]
    if finding.hint:
        notes.append(f"Hint: {finding.hint}")
    if finding.because:
        notes.append(f"It is no more than {finding.severity} because {finding.because}")
    about = f"{finding.subject}: " if finding.subject.kind != "file" else ""
    field = f"{finding.field}: " if finding.field else ""
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": places[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{about}{field}{chr(10).join(notes)}"},
        "partialFingerprints": {"object/v1": f"{finding.rule}:{finding.subject}:{finding.field}"},
        "locations": [
            _location(finding.location or Location(finding.source))
            | {"logicalLocations": [{"fullyQualifiedName": f"{finding.subject}:{finding.field}"}]}
        ]
        if finding.location or finding.source
        else [],
    }
    related = [
        _location(each.location) | {"id": place, "message": {"text": each.message}}
        for place, each in enumerate(finding.related, 1)
        if each.location is not None
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(location: Location) -> dict[str, Any]:
    span = location.span
    if location.template:
        # The line is that of what Helm wrote, not of its template.
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
    """A file: relative to where portmap was run, where it is below that."""
    path = Path(source)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except (OSError, ValueError):
            return {"uri": path.as_uri()}
    return {"uri": quote(normpath(path.as_posix())), "uriBaseId": "ROOT"}
