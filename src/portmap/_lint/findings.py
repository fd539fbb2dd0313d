"""What a linter reports: findings, each with its rule, its place and what to do; and the report of them all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, final, get_args

import attrs

from portmap._graph.object_name import ObjectName
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.errors import LintError, Span
from portmap._kubernetes.field_path import FieldPath, as_path
from portmap._kubernetes.plain_data import OMITTED, inlined, plain_data
from portmap._model.pods import Pod
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = [
    "MAX_FINDINGS",
    "SEVERITIES",
    "Finding",
    "Found",
    "Location",
    "Place",
    "Related",
    "Report",
    "Severity",
    "Skipped",
    "Subject",
    "Suppressed",
    "at",
    "at_least",
]

Severity: TypeAlias = Literal["error", "warning", "info"]
"""`error`: a server refuses it, or traffic is lost. `warning`: accepted, and surprising. `info`: worth knowing."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the worst on."""

MAX_FINDINGS: Final = 200_000
"""How many findings the files of a run may have, and faults one file: nobody reads more, and they take memory."""

Subject: TypeAlias = Service | Workload | Pod | ObjectName
"""An object of the set: itself, or its name."""


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Whether a severity is as bad as the threshold, or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(threshold)


@final
@attrs.frozen
class Place:
    """A field of an object of the set. Rules make one with `at`.

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
        """Something that a rule found here.

        Args:
            message: What is wrong, naming the value as written.
            hint: The smallest edit that mends it.
            value: The offending value.
            severity: Where it is not the rule's own; `because` says why.
            because: Why the severity is lower than the rule's own.
            related: Other places that have to do with it, each with a word about it.

        Example:
            >>> place.finding("not our port").message
            'not our port'
        """
        return Found(self, message, hint, value, severity, because, tuple(related))


def at(subject: Subject, *path: str | int) -> Place:
    """A field of an object: `at(service, "spec", "ports", 0, "targetPort")`.

    Example:
        >>> from portmap.lint import at
        >>> at(web, "spec", "ports", 0, "targetPort").finding("not our port").message
        'not our port'
    """
    return Place(subject, FieldPath(*path))


@final
@attrs.frozen
class Found:
    """What a rule found, before the linter knows where it stands in the input. `Place.finding` makes one.

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
    """Where a field stands in a text.

    Attributes:
        source: The file, with `/` between folders, or `<stdin>`.
        span: Where in its text; `None` where that is not known, or nothing is read of it.
        line: The line of the text in which the span begins.
        template: What Helm made this of, by the `# Source:` comment that it writes.

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
    """Another place that has to do with a finding.

    Attributes:
        subject: The object there.
        path: The path of the field there. The constructor takes it, or its text, as `field`.
        message: What is there.
        position: The object's place in the input.
        location: Where that stands, if files were read.

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
        """Plain data.

        Example:
            >>> related.as_dict()["message"]
            'its containers'
        """
        return plain_data(self)


@final
@attrs.frozen
class Finding:
    """Something that is wrong with an object, or worth knowing.

    Attributes:
        rule: The name of the rule, or the code of the violation that a server would report.
        severity: `"error"`, `"warning"` or `"info"`.
        subject: The object.
        path: The path of the field; empty for the object itself. The constructor takes it, or its text, as `field`.
        message: What is wrong, naming the value as written.
        hint: The smallest edit that mends it, if one does.
        value: The offending value.
        because: Why it is less severe than the rule's own severity, if it is.
        related: Other places that have to do with it.
        position: The object's place in the input; -1 where it is about the input as a whole.
        source: The file that the object came from; `""` where it came from none.
        location: Where the field stands, if files were read.

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
        """By what findings are sorted: as the objects were given, then by field, then by rule.

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
        """Plain data.

        Example:
            >>> finding.as_dict()["severity"]
            'error'
        """
        return plain_data(self)


@final
@attrs.frozen
class Skipped:
    """Something that was not judged.

    Attributes:
        reason: Why, in words that are the same for all of its kind.
        subject: The object; `None` for a whole file.
        source: The file.
        position: The object's place in the input; -1 for a whole file.

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
    """A finding that somebody asked not to be told of, and their reason.

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
    """What linting found.

    Attributes:
        findings: Sorted: as the objects were given, then by field, then by rule.
        cluster: By what the objects were judged.
        objects: How many objects there were.
        services: How many of them are Services.
        skipped: What was not judged, and why.
        suppressed: The findings that somebody asked not to be told of.

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
        """How many findings of this severity there are.

        Example:
            >>> report.count("error")
            1
        """
        return sum(each.severity == severity for each in self.findings)

    @property
    def skipped_by_reason(self) -> Mapping[str, int]:
        """How much was skipped, by reason.

        Example:
            >>> report.skipped_by_reason
            {}
        """
        return dict(sorted(Counter(each.reason for each in self.skipped).items()))

    def at_least(self, threshold: Severity) -> tuple[Finding, ...]:
        """The findings that are as bad as that, or worse.

        Example:
            >>> [finding.rule for finding in report.at_least("warning")]
            ['unresolved-target-port']
        """
        return tuple(each for each in self.findings if at_least(each.severity, threshold))

    def raise_for(self, threshold: Severity = "error") -> None:
        """Raise `LintError` if there are findings as bad as that, or worse.

        Raises:
            LintError: There are; it lists them in `findings`.

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
        """A report is always true; ask for its `findings`."""
        return True
