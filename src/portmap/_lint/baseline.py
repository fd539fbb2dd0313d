"""A baseline: the findings that a repository has already, so that only new ones count.

The rule, file, object and field identify a finding. The line does not, so a baseline survives edits of the file.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Self, TypeAlias, cast, final

import attrs

from portmap._kubernetes.errors import ManifestError
from portmap._lint.findings import Finding, Report, Suppressed

VERSION: Final = 1
REASON: Final = "in the baseline"

_Key: TypeAlias = tuple[str, str, str, str, str, str]
_FIELDS: Final = ("source", "kind", "namespace", "name", "field", "rule")


@final
@attrs.frozen
class Baseline:
    """The known findings.

    Attributes:
        known: How many findings there are, by file, object, field and rule.

    Example:
        >>> from portmap.lint import Baseline, lint
        >>> report = lint([typo, pod])
        >>> baseline = Baseline.of(report)
    """

    __module__ = "portmap.lint"

    known: Mapping[_Key, int]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Return the baseline of all findings of a report.

        Example:
            >>> len(baseline.known)
            1
        """
        return cls(dict(Counter(_key(each) for each in report.findings)))

    @classmethod
    def from_dict(cls, data: object, source: str = "") -> Self:
        """Return the baseline of plain data, as `as_dict` returns it.

        Args:
            data: The plain data.
            source: The name of the file, for errors.

        Raises:
            ManifestError: The data is no baseline, or one of another version.

        Example:
            >>> Baseline.from_dict(baseline.as_dict()) == baseline
            True
        """
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            raise ManifestError(f"is not a baseline of version {VERSION}: write it again with --write-baseline", source)
        known: dict[_Key, int] = {}
        entries = data.get("findings")
        for entry in entries if isinstance(entries, list) else ():
            values = [entry.get(each, "") for each in _FIELDS] if isinstance(entry, Mapping) else [None]
            count = entry.get("count", 1) if isinstance(entry, Mapping) else None
            if not all(isinstance(each, str) for each in values) or type(count) is not int:
                raise ManifestError(f"has an invalid finding: {entry!r}", source)
            known[cast("_Key", tuple(values))] = count
        return cls(known)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, sorted.

        Example:
            >>> sorted(baseline.as_dict())
            ['findings', 'version']
        """
        findings = [
            {**dict(zip(_FIELDS, key, strict=True)), **({"count": count} if count > 1 else {})}
            for key, count in sorted(self.known.items())
        ]
        return {"version": VERSION, "findings": findings}

    def applied_to(self, report: Report) -> Report:
        """Return the report without the known findings, which are suppressed.

        Example:
            >>> later = baseline.applied_to(report)
            >>> len(later), len(later.suppressed)
            (0, 1)
        """
        left = Counter(self.known)
        kept: list[Finding] = []
        hidden: list[Suppressed] = []
        for finding in report.findings:
            key = _key(finding)
            if left[key] > 0:
                left[key] -= 1
                hidden.append(Suppressed(finding, REASON))
            else:
                kept.append(finding)
        return attrs.evolve(report, findings=tuple(kept), suppressed=(*report.suppressed, *hidden))

    def stale(self, report: Report) -> int:
        """Return how many known findings a report no longer has, suppressed or not.

        Example:
            >>> baseline.stale(lint([web, pod]))
            1
        """
        now = Counter(_key(each) for each in report.findings)
        now.update(_key(each.finding) for each in report.suppressed)
        return sum((Counter(self.known) - now).values())


def _key(finding: Finding) -> _Key:
    subject = finding.subject
    # A name of a file that is not UTF-8 has surrogates, which no JSON file can hold.
    source = finding.source.encode("utf-8", "backslashreplace").decode()
    return source, subject.kind, subject.namespace or "", subject.name, finding.field, finding.rule
