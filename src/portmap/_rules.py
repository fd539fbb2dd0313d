"""What a rule is: one function with its code, field, reason and source beside it.

A rule looks at one subject (a port, a Service, a pod, …) and says what a Kubernetes
API server would reject about it. It never raises, changes nothing and needs no
other rule's result. Its docstring is its documentation.

To add a rule, write its function with the decorator in the module of its subject
and name it in that module's tuple of rules: order is that of the server.
"""

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar, final

import attrs

from portmap._paths import Path, describe
from portmap._violations import Reason, Violation

__all__ = ["Problem", "Rule", "Stage", "broken", "rule"]

Subject = TypeVar("Subject", contravariant=True)  # noqa: PLC0105 - the word that the docs use


@final
class Stage(enum.Enum):
    """When the API server applies a rule. An earlier stage that fails hides the later ones."""

    DECODE = "decode"
    FAMILIES = "IP families"
    STACK = "IP stack"
    CONFIGURED = "configured families"
    ADDRESSES = "cluster IP allocation"
    NODE_PORTS = "node port allocation"
    HEALTH_CHECK = "health check node port allocation"
    FIELDS = "validation"


class Problem(NamedTuple):
    """One thing that a rule found wrong.

    Attributes:
        path: Where, from the rule's subject on.
        detail: What is wrong, without the value.
        value: The offending value, as written.
        hint: The smallest edit that mends it, if one does.
    """

    path: Path
    detail: str
    value: object = None
    hint: str | None = None


@final
@attrs.frozen
class Rule(Generic[Subject]):
    """One thing that the API server checks.

    Attributes:
        code: Its name, for people and programs; never reused.
        field: The field that it judges, as the server names it.
        reason: The class of problem in the API's words.
        source: Where Kubernetes says so: a path in kubernetes/kubernetes at 1.36.2, or a document.
        stage: When the server applies it.
        check: The rule itself: the problems of a subject, nothing (or None) where there are none.
    """

    code: str
    field: str
    reason: Reason
    source: str
    stage: Stage
    check: Callable[[Subject], Iterable[Problem] | None]

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def documentation(self) -> str:
        """What it says, why, and what to do: the docstring of its function."""
        lines = (self.check.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)

    def violation(self, problem: Problem, root: Path = ()) -> Violation:
        """The problem as a violation, under the path of the rule's subject."""
        return Violation.about(
            describe(root + problem.path),
            self.code,
            self.reason,
            problem.detail,
            hint=problem.hint,
            value=problem.value,
        )


def rule(
    code: str, field: str, reason: Reason, *, source: str, stage: Stage = Stage.FIELDS
) -> Callable[[Callable[[Subject], Iterable[Problem] | None]], Rule[Subject]]:
    """Make a rule of a function: its code, field, reason and source stand beside it."""

    def decorate(check: Callable[[Subject], Iterable[Problem] | None]) -> Rule[Subject]:
        return Rule(code, field, reason, source, stage, check)

    return decorate


def broken(rules: Sequence[Rule[Subject]], subject: Subject, root: Path = ()) -> list[Violation]:
    """Every violation of these rules by this subject, in the order of the rules."""
    found: list[Violation] = []
    for each in rules:
        problems = each.check(subject)
        if problems:
            found.extend([each.violation(problem, root) for problem in problems])
    return found
