"""`portmap lint --format sarif`: SARIF 2.1.0, as code scanning services take it."""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from posixpath import normpath
from typing import Any, Final
from urllib.parse import quote

from portmap._rules import Rule as ServerRule
from portmap.lint._findings import Finding, Location, Report
from portmap.lint._rule import Rule
from portmap.lint._server import rules_of_the_server

__all__ = ["as_sarif"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def as_sarif(report: Report, rules: Iterable[Rule]) -> str:
    """The report as SARIF, in ASCII; with an empty list of results where there is nothing to say.

    Args:
        report: What to show.
        rules: The rules that were run; those of the server that were broken are described too.
    """
    described = _descriptors(report, rules)
    places = {each["id"]: place for place, each in enumerate(described)}
    version, home = _distribution()
    driver: dict[str, Any] = {"name": "portmap", "version": version, "rules": described}
    if home:
        driver["informationUri"] = home
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The folder in which portmap was run."}}},
        "properties": {"kubernetesVersion": report.cluster.version},
        "results": [_result(each, places) for each in report],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, sort_keys=True) + "\n"


def _distribution() -> tuple[str, str | None]:
    """Portmap's version, and where its documentation is, as its package says."""
    try:
        found = metadata("portmap-k8s")
    except PackageNotFoundError:
        return "0", None
    urls = dict(each.split(", ", 1) for each in found.get_all("Project-URL") or ())
    return found["Version"], urls.get("Documentation")


def _descriptors(report: Report, rules: Iterable[Rule]) -> list[dict[str, Any]]:
    found = {each.name: _descriptor(each) for each in rules}
    of_server: Mapping[str, ServerRule[Any]] = {each.code: each for each in rules_of_the_server()}
    for finding in report:
        if finding.rule not in found:
            server_rule = of_server.get(finding.rule)
            text = server_rule.summary if server_rule is not None else f"The rule {finding.rule}."
            found[finding.rule] = _described(finding.rule, text, text, "error")
    return [found[name] for name in sorted(found)]


def _descriptor(rule: Rule) -> dict[str, Any]:
    documented = "\n\n".join(f"**{title}**\n\n{text}" for title, text in rule.sections.items())
    return _described(rule.name, rule.summary, documented or rule.summary, _LEVELS[rule.severity])


def _described(name: str, summary: str, documented: str, level: str) -> dict[str, Any]:
    _, home = _distribution()
    found = {
        "id": name,
        "shortDescription": {"text": summary},
        "help": {"text": documented, "markdown": documented},
        "defaultConfiguration": {"level": level},
    }
    if home:
        found["helpUri"] = f"{home.rstrip('/')}/rules/{name}.md"
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
