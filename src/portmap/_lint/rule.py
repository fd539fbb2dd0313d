"""What a rule of the linter is: one function that looks at one subject, with its name and severity beside it.

Its docstring is its documentation: a summary, and the sections *What it reports*, *Why it
matters*, *Example*, *Fix* and *Notes*. The YAML under *Example* breaks this rule and no
other, and that under *Fix* breaks none: a test runs both.
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

__all__ = ["PREFIX", "PROFILES", "SUBJECTS", "Profile", "Rule", "rule"]

Profile: TypeAlias = Literal["default", "strict", "mesh"]
"""`default`: on unless it is ignored. `strict`: matters of taste and policy. `mesh`: where a service mesh runs."""

PROFILES: Final[tuple[Profile, ...]] = ("default", "strict", "mesh")

SUBJECTS: Final = (Service, Workload, ResolvedReference, Bundle)
"""What a rule may look at: each Service, each workload, each reference to a port, or all that is deployed together."""

PREFIX: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""What the names of rules of other projects begin with, before a dot."""

_NAME: Final = re.compile(rf"(?:{PREFIX.pattern}\.)?{PREFIX.pattern}")
_LONGEST: Final = 63
"""As much as an annotation's key has room for, which suppresses the rule."""

_SECTION: Final = re.compile(r"^(What it reports|Why it matters|Example|Fix|Notes):\n", re.MULTILINE)
SubjectT = TypeVar("SubjectT", Service, Workload, ResolvedReference, Bundle)


@final
@attrs.frozen
class Rule:
    """A rule of the linter.

    Attributes:
        name: What it is called in reports, in configuration and where it is suppressed; never
            reused. Those of other projects have a prefix and a dot: `acme.owner-label`.
        severity: How bad it is where nothing speaks for it.
        on: What it looks at, one at a time: `Service`, `Workload`, `ResolvedReference` or `Bundle`.
        check: The rule itself. It reads what it likes, reports only about its subject, and never raises.
        profile: In which profile it is on.
        since: The version of portmap that has it first.
        instead_of: The code of a server's warning that is not reported beside it: at the
            place of a finding of the rule, and at those to which it relates, it says the
            same, and less.

    Example:
        >>> from portmap.lint import RULES
        >>> rules = {rule.name: rule for rule in RULES}
        >>> unresolved = rules["unresolved-target-port"]
        >>> unresolved.severity, unresolved.profile
        ('error', 'default')
    """

    name: str
    severity: Severity
    on: type[Any]
    check: Callable[[Any, Bundle], Iterable[Found]]
    profile: Profile = "default"
    since: str = "0.1"
    instead_of: str | None = None

    def __reduce__(self) -> tuple[Callable[[str, str], "Rule"], tuple[str, str]]:
        """Pickled by where it is defined, as functions are: its own function has its name."""
        return _rule_at, (self.check.__module__, self.check.__qualname__)

    @property
    def is_foreign(self) -> bool:
        """Whether it is a rule of another project, by its name.

        Example:
            >>> unresolved.is_foreign
            False
        """
        return "." in self.name

    @property
    def documentation(self) -> str:
        """All of its documentation: the docstring of its function.

        Example:
            >>> unresolved.documentation.startswith(unresolved.summary)
            True
        """
        return inspect.cleandoc(self.check.__doc__ or "")

    @property
    def summary(self) -> str:
        """The first line of its documentation.

        Example:
            >>> unresolved.summary
            "A target port's name is declared by a container of the selected pods."
        """
        return self.documentation.partition("\n")[0]

    @property
    def sections(self) -> Mapping[str, str]:
        """Its documentation by section: `"What it reports"`, `"Why it matters"`, `"Example"`, `"Fix"`, `"Notes"`.

        Example:
            >>> list(unresolved.sections)
            ['What it reports', 'Why it matters', 'Example', 'Fix', 'Notes']
        """
        parts = _SECTION.split(self.documentation)
        return {title: inspect.cleandoc("\n" + text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def _rule_at(module: str, name: str) -> Rule:
    found = getattr(import_module(module), name)
    if not isinstance(found, Rule):
        raise TypeError(f"{module}.{name} is no rule: only rules of modules can be sent to other processes")
    return found


def rule(
    name: str,
    *,
    on: type[SubjectT],
    severity: Severity,
    profile: Profile = "default",
    since: str = "0.1",
    instead_of: str | None = None,
) -> Callable[[Callable[[SubjectT, Bundle], Iterable[Found]]], Rule]:
    """Make a rule of a function: `(subject, bundle) -> findings`.

    Args:
        name: Lower case words with hyphens between them, at most 63 characters; in other
            projects than portmap behind a prefix of the same form and a dot: `acme.owner-label`.
        on: What it looks at: `Service`, `Workload`, `ResolvedReference` or `Bundle`.
        severity: `"error"`, `"warning"` or `"info"`.
        profile: `"default"`, `"strict"` or `"mesh"`.
        since: The version of what has the rule first.
        instead_of: As in `Rule`.

    Raises:
        ValueError: One of them is no such thing.

    Example:
        >>> from portmap.lint import at, lint, rule
        >>> @rule("acme.owner-label", on=Service, severity="warning")
        ... def owner_label(service, bundle):
        ...     "A Service says which team owns it."
        ...     if "owner" not in (service.labels or {}):
        ...         yield at(service, "metadata", "labels").finding("it does not say who owns it")
        ...
        >>> print(*lint([web], rules=[owner_label]))
        warning: Service web: metadata.labels: it does not say who owns it  [acme.owner-label]
    """
    if not _NAME.fullmatch(name):
        hint = "write lower case words with hyphens, such as 'acme.owner-label'"
        raise ValueError(f"{name!r} is no name of a rule: {hint}")
    if len(name) > _LONGEST:
        raise ValueError(f"{name!r} has {len(name)} characters: a name of a rule has at most {_LONGEST}")
    for what, given, known in (("severity", severity, SEVERITIES), ("profile", profile, PROFILES)):
        if given not in known:
            raise ValueError(f"{given!r} is no {what} of a rule: choose one of {', '.join(known)}")
    if on not in SUBJECTS:
        raise ValueError(f"a rule looks at one of {', '.join(each.__name__ for each in SUBJECTS)}, not at {on!r}")

    def decorate(check: Callable[[SubjectT, Bundle], Iterable[Found]]) -> Rule:
        return Rule(name, severity, on, check, profile, since, instead_of)

    return decorate
