"""Manifests that are data of tests: their faults are often deliberate, and they are not deployed."""

import re
from collections.abc import Iterable
from typing import Final

import attrs

from portmap._lint.findings import Finding, Report
from portmap._lint.inputs import Input, slashed

_TEST_FOLDER: Final = re.compile(
    r"e2e|(?:.*[-_.])?(?:tests?|testing|test[-_]?data|test[-_]?files|testcases?|__tests__|fixtures?|__fixtures__|golden"
    r"|snapshots?|__snapshots__|round-?trip)(?:[-_.](?:cases|configs|data|files|fixtures|integration|suites?))?",
    re.IGNORECASE,
)
# A folder `test` may also be one of several environments.
_ENVIRONMENTS: Final = re.compile(r"clusters?|env(?:s|ironments?)?|namespaces?|overlays?|stages?", re.IGNORECASE)


def test_folder(path: str) -> str | None:
    """Return the folder of test data that a file is in; `None` if it is in none.

    Args:
        path: The path of the file, with `/` between folders.

    Example:
        >>> test_folder("shop/tests/web.yaml"), test_folder("overlays/test/web.yaml"), test_folder("test.yaml")
        ('tests', None, None)
    """
    *folders, _ = path.split("/")
    for above, folder in zip(["", *folders], folders, strict=False):
        if _TEST_FOLDER.fullmatch(folder) and not _ENVIRONMENTS.fullmatch(above):
            return folder
    return None


def mark_test_data(report: Report, inputs: Iterable[Input]) -> Report:
    """Return the report with the findings about test data as infos.

    Folders above the one that the user named do not count: a folder of test data that the user names is checked.
    """
    folders = {slashed(each.source): folder for each in inputs if (folder := test_folder(each.inside)) is not None}
    findings = (_as_info(finding, folders.get(finding.source)) for finding in report.findings)
    return attrs.evolve(report, findings=tuple(findings)) if folders else report


def _as_info(finding: Finding, folder: str | None) -> Finding:
    if folder is None or finding.severity == "info":
        return finding
    because = f"the folder {folder} holds data of tests, which may be wrong on purpose"
    return attrs.evolve(finding, severity="info", because=because)
