"""Findings of the linter, each with its rule, field and hint, and the report of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, final, get_args

import attrs

from portmap._graph.items import Item
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import LintError, Span
from portmap._kubernetes.field_path import FieldPath, as_path
from portmap._kubernetes.plain_data import OMITTED, inlined, plain_data
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.workloads import Workload

Severity: TypeAlias = Literal["error", "warning", "info"]
"""`error`: a server refuses it, or traffic is lost. `warning`: accepted, but surprising. `info`: worth knowing."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""The severities, the worst first."""

MAX_FINDINGS: Final = 200_000
"""How many findings the files of a run may have, and faults one file: more of them are not read, and take memory."""

Subject: TypeAlias = Service | Workload | Pod | Item | ObjectName
"""An object of a bundle: the object itself, its item, or its name."""


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Return whether a severity is at least as bad as the threshold."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


@final
@attrs.frozen
class Place:
    """A field of an object of a bundle. Rules create one with `at`.

    Example:
        >>> from portmap.lint import at
        >>> place = at(web, "spec", "ports", 0, "targetPort")
        >>> print(place.path)
        spec.ports[0].targetPort
    """

    __module__ = "portmap.lint"

    subject: Subject
    path: FieldPath

    def finding(
        self,
        message: str,
        *,
        hint: str | None = None,
        value: object = None,
        severity: Severity | None = None,
        because: str | None = None,
        related: "Sequence[tuple[Place, str]]" = (),
    ) -> "Found":
        """Return a finding about this field.

        Args:
            message: What is wrong, with the value as written.
            hint: The smallest edit that fixes it.
            value: The offending value.
            severity: The severity, if it is lower than the rule's own.
            because: Why the severity is lower than the rule's own.
            related: Related fields, each with a word about it.

        Example:
            >>> place.finding("not our port").message
            'not our port'
        """
        return Found(self, message, hint, value, severity, because, tuple(related))


def at(subject: Subject, *path: str | int) -> Place:
    """Return a field of an object: `at(service, "spec", "ports", 0, "targetPort")`.

    Example:
        >>> from portmap.lint import at
        >>> at(web, "spec", "ports", 0, "targetPort").finding("not our port").message
        'not our port'
    """
    return Place(subject, FieldPath(*path))


@final
@attrs.frozen
class Found:
    """A finding that a rule yields, before the linter adds its location. `Place.finding` creates one.

    Example:
        >>> from portmap.lint import at
        >>> found = at(web, "metadata", "labels").finding("it does not say who owns it", hint="add the label owner")
        >>> found.message, found.hint
        ('it does not say who owns it', 'add the label owner')
    """

    __module__ = "portmap.lint"

    place: Place
    message: str
    hint: str | None = None
    value: object = None
    severity: Severity | None = None
    because: str | None = None
    related: tuple[tuple[Place, str], ...] = ()


@final
@attrs.frozen
class Location:
    """The location of a field in a file.

    Attributes:
        source: The file, with `/` between folders, or `<stdin>`.
        span: The lines and columns; `None` if they are not known, as in a file that cannot be read.
        line: The text of the line in which the span begins.
        template: The Helm template of the object, by the comment `# Source:` that Helm writes.

    Example:
        >>> from pathlib import Path
        >>> from portmap.lint import lint_paths
        >>> _ = Path("shop.yaml").write_text(to_yaml(typo, pod))
        >>> [finding] = lint_paths("shop.yaml")
        >>> print(finding.location)
        shop.yaml:10:17
        >>> finding.location.line
        '    targetPort: htpp'
    """

    __module__ = "portmap.lint"

    source: str
    span: Span | None = attrs.field(default=None, metadata=inlined())
    line: str = attrs.field(default="", metadata=OMITTED)
    template: str | None = None

    def __str__(self) -> str:
        place = f"{self.source}:{self.span}" if self.span else self.source
        return f"{place} ({self.template})" if self.template else place


@final
@attrs.frozen
class Related:
    """A field that is related to a finding.

    Attributes:
        subject: The object.
        path: The path of the field. The constructor takes it, or its text, as `field`.
        message: A word about the field.
        position: The object's position in the input.
        location: The location of the field, if files were read.

    Example:
        >>> from portmap.lint import lint
        >>> [finding] = lint([typo, pod])
        >>> [related] = finding.related
        >>> str(related.subject), related.field
        ('Pod web-0', 'spec.containers')
    """

    __module__ = "portmap.lint"

    subject: ObjectName = attrs.field(metadata=inlined())
    path: FieldPath = attrs.field(alias="field", converter=as_path)
    message: str
    position: int = attrs.field(metadata=OMITTED)
    location: Location | None = attrs.field(default=None, eq=False, repr=False, metadata=OMITTED)

    @property
    def field(self) -> str:
        """The path as the server writes it; `""` is the object itself.

        Example:
            >>> related.field
            'spec.containers'
        """
        return str(self.path)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data.

        Example:
            >>> related.as_dict()["message"]
            'its containers'
        """
        return plain_data(self)


@final
@attrs.frozen
class Finding:
    """A fault of an object, or something worth knowing about it.

    Attributes:
        rule: The name of the rule, or the code of the violation that a server would report.
        severity: `"error"`, `"warning"` or `"info"`.
        subject: The object.
        path: The path of the field; empty for the object itself. The constructor takes it, or its text, as `field`.
        message: What is wrong, with the value as written.
        hint: The smallest edit that fixes it, if one does.
        value: The offending value.
        because: Why the severity is lower than the rule's own, if it is.
        related: Related fields.
        position: The object's position in the input; -1 for a finding about a file.
        source: The file that the object was read from; `""` if it was not read from one.
        location: The location of the field, if files were read.

    Example:
        >>> from portmap.lint import lint
        >>> [finding] = lint([typo, pod])
        >>> finding.rule, finding.field, finding.hint
        ('unresolved-target-port', 'spec.ports[0].targetPort', "did you mean 'http'?")
    """

    __module__ = "portmap.lint"

    rule: str
    severity: Severity
    subject: ObjectName = attrs.field(metadata=inlined())
    path: FieldPath = attrs.field(alias="field", converter=as_path)
    message: str
    hint: str | None = None
    value: object = attrs.field(default=None, eq=False, repr=False, metadata=OMITTED)
    because: str | None = None
    related: tuple[Related, ...] = ()
    position: int = attrs.field(default=-1, eq=False, metadata=OMITTED)
    source: str = attrs.field(default="", metadata=OMITTED)
    location: Location | None = attrs.field(default=None, eq=False, repr=False, metadata=OMITTED)

    @property
    def field(self) -> str:
        """The path as the server writes it; `""` is the object itself.

        Example:
            >>> finding.field
            'spec.ports[0].targetPort'
        """
        return str(self.path)

    @property
    def order(self) -> tuple[object, ...]:
        """The sort key: by position of the object, then by field, then by rule.

        Example:
            >>> finding.order < lint([web, typo]).findings[0].order
            True
        """
        # Findings about files have no position, and are ordered by file.
        source = self.source if self.position < 0 else ""
        return self.position, source, self.path, self.rule, self.message

    def __str__(self) -> str:
        field = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.severity}: {self.subject}: {field}{self.message}{hint}  [{self.rule}]"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data.

        Example:
            >>> finding.as_dict()["severity"]
            'error'
        """
        return plain_data(self)


@final
@attrs.frozen
class Skipped:
    """An object or file that was not linted.

    Attributes:
        reason: The reason, one of a few texts.
        subject: The object; `None` for a whole file.
        source: The file.
        position: The object's position in the input; -1 for a whole file.

    Example:
        >>> from portmap.lint import lint
        >>> unfilled = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "$(NAME)"}, "spec": {}}
        >>> [(each.reason, str(each.subject)) for each in lint([unfilled]).skipped]
        [('placeholder that a tool fills in', 'Service $(NAME)')]
    """

    __module__ = "portmap.lint"

    reason: str
    subject: ObjectName | None = attrs.field(metadata=inlined())
    source: str
    position: int = attrs.field(default=-1, metadata=OMITTED)


@final
@attrs.frozen
class Suppressed:
    """A finding that an annotation, a comment or a baseline suppresses, and the reason.

    Example:
        >>> import attrs
        >>> from portmap.lint import lint
        >>> ignored = attrs.evolve(typo, annotations={"portmap.ignore/unresolved-target-port": "with the next image"})
        >>> [suppressed] = lint([ignored, pod]).suppressed
        >>> suppressed.finding.rule, suppressed.reason
        ('unresolved-target-port', 'with the next image')
    """

    __module__ = "portmap.lint"

    finding: Finding
    reason: str


@final
@attrs.frozen
class Report:
    """The result of linting.

    Attributes:
        findings: The findings, sorted by position of the object, then by field, then by rule.
        cluster: The cluster whose rules were applied.
        objects: How many objects the input has.
        services: How many of them are Services.
        skipped: The objects and files that were not linted, with the reasons.
        suppressed: The suppressed findings, with the reasons.

    Example:
        >>> from portmap.lint import lint
        >>> report = lint([typo, pod])
        >>> for finding in report:
        ...     print(finding.severity, finding.rule, finding.hint)
        ...
        error unresolved-target-port did you mean 'http'?
    """

    __module__ = "portmap.lint"

    findings: tuple[Finding, ...]
    cluster: Cluster
    objects: int = 0
    services: int = 0
    skipped: tuple[Skipped, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()

    def count(self, severity: Severity) -> int:
        """Return how many findings of this severity there are.

        Example:
            >>> report.count("error")
            1
        """
        return sum(each.severity == severity for each in self.findings)

    @property
    def skipped_by_reason(self) -> Mapping[str, int]:
        """How many objects and files were skipped, by reason.

        Example:
            >>> report.skipped_by_reason
            {}
        """
        return dict(sorted(Counter(each.reason for each in self.skipped).items()))

    def at_least(self, threshold: Severity) -> tuple[Finding, ...]:
        """Return the findings that are at least as severe as the threshold.

        Example:
            >>> [finding.rule for finding in report.at_least("warning")]
            ['unresolved-target-port']
        """
        return tuple(each for each in self.findings if at_least(each.severity, threshold))

    def raise_for(self, threshold: Severity = "error") -> None:
        """Raise `LintError` if there are findings that are at least as severe as the threshold.

        Raises:
            LintError: There are such findings; the error has them in `findings`.

        Example:
            >>> from portmap.lint import LintError
            >>> try:
            ...     report.raise_for("error")
            ... except LintError as error:
            ...     print(len(error.findings))
            ...
            1
        """
        bad = self.at_least(threshold)
        if bad:
            raise LintError(bad)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        """Return true, also for a report without findings: test its `findings`."""
        return True
