"""A rule of the linter: a function that checks one subject, and its name and severity.

The docstring of the function is the rule's documentation: a title that states the problem, and the
sections *What it reports*, *Why it matters*, *Example*, *Fix* and *Notes*. The tests run the YAML of
*Example*, which must break this rule only, and of *Fix*, which must break none.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, TypeVar, final

import attrs

from portmap._graph.targets import ResolvedReference
from portmap._lint.bundle import Bundle
from portmap._lint.findings import SEVERITIES, Found, Severity
from portmap._model.services import Service
from portmap._model.workloads import Workload

Profile: TypeAlias = Literal["default", "strict", "mesh"]
"""`default`: on unless ignored. `strict`: matters of taste and policy. `mesh`: for clusters with a service mesh."""

PROFILES: Final[tuple[Profile, ...]] = ("default", "strict", "mesh")

SUBJECTS: Final = (Service, Workload, ResolvedReference, Bundle)
"""The possible subjects of a rule: a Service, a workload, a reference, or all objects that are deployed together."""

PREFIX: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""The prefix of the names of other projects' rules, which a dot follows."""

_NAME: Final = re.compile(rf"(?:{PREFIX.pattern}\.)?{PREFIX.pattern}")
_MAX_NAME_LENGTH: Final = 63
"""An annotation that suppresses the rule has its name in its key, whose name part may have 63 characters."""

_SECTION: Final = re.compile(r"^(What it reports|Why it matters|Example|Fix|Notes):\n", re.MULTILINE)
SubjectT = TypeVar("SubjectT", Service, Workload, ResolvedReference, Bundle)


@final
@attrs.frozen
class Rule:
    """A rule of the linter.

    Attributes:
        name: Its name in reports, configuration and suppressions; never reused. Names of other
            projects' rules have a prefix and a dot: `acme.owner-label`.
        severity: The severity of its findings, unless a finding lowers it and says why.
        on: The type of its subject: `Service`, `Workload`, `ResolvedReference` or `Bundle`.
        check: The function. It yields findings about its subject only, and never raises.
        profile: The profile in which it is on.
        since: The version of portmap that introduced it.
        instead_of: The code of the server that says less than this rule. It is not reported where a
            finding of the rule or one of its related places is.

    Example:
        >>> from portmap.lint import RULES
        >>> rules = {rule.name: rule for rule in RULES}
        >>> unresolved = rules["unresolved-target-port"]
        >>> unresolved.severity, unresolved.profile
        ('error', 'default')
    """

    __module__ = "portmap.lint"

    name: str
    severity: Severity
    on: type[Any]
    check: Callable[[Any, Bundle], Iterable[Found]]
    profile: Profile = "default"
    since: str = "0.1"
    instead_of: str | None = None

    def __reduce__(self) -> tuple[Callable[[str, str], "Rule"], tuple[str, str]]:
        """Pickle by reference, as functions are pickled: the module has the rule under the name of its function."""
        return _rule_at, (self.check.__module__, self.check.__qualname__)

    @property
    def is_foreign(self) -> bool:
        """Whether it is a rule of another project: its name has a prefix.

        Example:
            >>> unresolved.is_foreign
            False
        """
        return "." in self.name

    @property
    def documentation(self) -> str:
        """The whole documentation: the docstring of the function.

        Example:
            >>> unresolved.documentation.startswith(unresolved.summary)
            True
        """
        return inspect.cleandoc(self.check.__doc__ or "")

    @property
    def summary(self) -> str:
        """The title, which states the problem: the first line of the documentation.

        Example:
            >>> unresolved.summary
            'No selected pod declares the target port.'
        """
        return self.documentation.partition("\n")[0]

    @property
    def sections(self) -> Mapping[str, str]:
        """The documentation by section: `"What it reports"`, `"Why it matters"`, `"Example"`, `"Fix"`, `"Notes"`.

        Example:
            >>> list(unresolved.sections)
            ['What it reports', 'Why it matters', 'Example', 'Fix', 'Notes']
        """
        parts = _SECTION.split(self.documentation)
        return {title: inspect.cleandoc("\n" + text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def _rule_at(module: str, name: str) -> Rule:
    value = getattr(import_module(module), name)
    if not isinstance(value, Rule):
        raise TypeError(f"{module}.{name} is not a rule: only rules at the top of a module can be pickled")
    return value


def rule(
    name: str,
    *,
    on: type[SubjectT],
    severity: Severity,
    profile: Profile = "default",
    since: str = "0.1",
    instead_of: str | None = None,
) -> Callable[[Callable[[SubjectT, Bundle], Iterable[Found]]], Rule]:
    """Make a rule of a function `(subject, bundle) -> findings`.

    Args:
        name: Lower-case words joined by hyphens, at most 63 characters. Other projects put a prefix
            of the same form and a dot in front: `acme.owner-label`.
        on: The type of the subject: `Service`, `Workload`, `ResolvedReference` or `Bundle`.
        severity: `"error"`, `"warning"` or `"info"`.
        profile: `"default"`, `"strict"` or `"mesh"`.
        since: The version of its project that introduced the rule.
        instead_of: As in `Rule`.

    Raises:
        ValueError: An argument has a value that is not allowed.

    Example:
        >>> from portmap.lint import at, lint, rule
        >>> @rule("acme.owner-label", on=Service, severity="warning")
        ... def owner_label(service, bundle):
        ...     "Service has no owner."
        ...     if "owner" not in (service.labels or {}):
        ...         yield at(service, "metadata", "labels").finding("the label owner is missing")
        ...
        >>> print(*lint([web], rules=[owner_label]))
        warning: Service web: metadata.labels: the label owner is missing  [acme.owner-label]
    """
    if not _NAME.fullmatch(name):
        hint = "write lower case words with hyphens, such as 'acme.owner-label'"
        raise ValueError(f"{name!r} is not a name of a rule: {hint}")
    if len(name) > _MAX_NAME_LENGTH:
        raise ValueError(f"{name!r} has {len(name)} characters: the name of a rule has at most {_MAX_NAME_LENGTH}")
    for argument, value, allowed in (("severity", severity, SEVERITIES), ("profile", profile, PROFILES)):
        if value not in allowed:
            raise ValueError(f"{value!r} is not a {argument}: choose one of {', '.join(allowed)}")
    if on not in SUBJECTS:
        raise ValueError(f"{on!r} is not a subject: choose one of {', '.join(each.__name__ for each in SUBJECTS)}")

    def decorate(check: Callable[[SubjectT, Bundle], Iterable[Found]]) -> Rule:
        return Rule(name, severity, on, check, profile, since, instead_of)

    return decorate
