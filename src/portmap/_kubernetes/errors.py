"""The exceptions that portmap raises for bad input.

A wrong call (a missing argument, an unknown keyword) raises Python's `TypeError`.
"""

from typing import Any, final

import attrs

from portmap._kubernetes.printable import printable
from portmap._kubernetes.violations import Violation


class PortmapError(Exception):
    """The base class of portmap's exceptions.

    Example:
        >>> try:
        ...     load("nowhere.yaml")
        ... except PortmapError as error:
        ...     print(error)
        ...
        nowhere.yaml: cannot be read: No such file or directory
    """

    __module__ = "portmap"


@final
@attrs.frozen
class Span:
    """A range of a text. Lines and columns count from 1; the end is exclusive.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("web.yaml").write_text(to_yaml(web))
        >>> [document] = load("web.yaml")
        >>> document.span("spec.ports[0].port")
        Span(line=10, column=11, end_line=10, end_column=13)
    """

    __module__ = "portmap"

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@final
class ValidationError(PortmapError, ValueError):
    """An object is invalid: an API server would reject it.

    Attributes:
        subject: What was checked, for people: `Service shop/web`.
        violations: Every problem, sorted by field path.
        judged_by: The cluster that it was checked against, for people; `""` if that does not matter.

    Example:
        >>> try:
        ...     Service("Web", ports=[ServicePort(80), ServicePort(443)])
        ... except ValidationError as error:
        ...     for violation in error.violations:
        ...         print(violation.field, violation.code)
        ...
        metadata.name name-syntax
        spec.ports[0].name port-name-required
        spec.ports[1].name port-name-required
    """

    __module__ = "portmap"

    def __init__(self, subject: str, violations: tuple[Violation, ...], judged_by: str = "") -> None:
        # All arguments go to Exception, so that the error can be pickled.
        super().__init__(subject, violations, judged_by)
        self.subject = subject
        self.violations = violations
        self.judged_by = judged_by

    def __str__(self) -> str:
        count = len(self.violations)
        judge = f" for {self.judged_by}" if self.judged_by else ""
        lines = [printable(f"{self.subject.strip()} is invalid{judge}: {count} violation{'s' if count != 1 else ''}")]
        for violation in self.violations:
            lines.extend(f"  {line}" for line in str(violation).split("\n"))
        return "\n".join(lines)


@final
class ManifestError(PortmapError, ValueError):
    """A text cannot be read as manifests.

    Attributes:
        problem: What is wrong with it.
        source: The name of the file or stream, `""` for a text.
        span: The range of the text, if it is known.

    Example:
        >>> from portmap.manifests import parse
        >>> parse("ports: [80")
        Traceback (most recent call last):
            ...
        portmap.ManifestError: 1:8: the list that `[` opens here is not closed, or lacks a comma
    """

    __module__ = "portmap"

    def __init__(self, problem: str, source: str = "", span: Span | None = None) -> None:
        super().__init__(problem, source, span)
        self.problem = problem
        self.source = source
        self.span = span

    def __str__(self) -> str:
        place = ":".join(part for part in (self.source, str(self.span) if self.span else "") if part)
        return printable(f"{place}: {self.problem}" if place else self.problem)


@final
class LintError(PortmapError):
    """The linter has findings at or above a severity.

    Attributes:
        findings: These findings, as in the report.

    Example:
        >>> from portmap.lint import LintError, lint
        >>> try:
        ...     lint([typo, pod]).raise_for("error")
        ... except LintError as error:
        ...     print([finding.rule for finding in error.findings])
        ...
        ['unresolved-target-port']
    """

    __module__ = "portmap.lint"

    def __init__(self, findings: tuple[Any, ...]) -> None:
        super().__init__(findings)
        self.findings = findings

    def __str__(self) -> str:
        count = len(self.findings)
        return "\n".join(
            [f"{count} finding{'s' if count != 1 else ''}", *(f"  {finding}" for finding in self.findings)]
        )


@final
class RuleError(PortmapError):
    """A rule of the linter cannot be loaded, or raised an exception.

    Attributes:
        rule: The name of the rule; `None` if it is not known.
        problem: What is wrong with it.

    Example:
        >>> from portmap.lint import RuleError, lint, rule
        >>> @rule("acme.careless", on=Service, severity="warning")
        ... def careless(service, bundle):
        ...     "Forgets that labels may be missing."
        ...     return service.labels["owner"]
        ...
        >>> try:
        ...     lint([web], rules=[careless])
        ... except RuleError as error:
        ...     print(error.rule)
        ...
        acme.careless
    """

    __module__ = "portmap.lint"

    def __init__(self, rule: str | None, problem: str) -> None:
        super().__init__(rule, problem)
        self.rule = rule
        self.problem = problem

    def __str__(self) -> str:
        return printable(self.problem)
