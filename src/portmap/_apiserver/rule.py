"""What a rule is: one function with its code, field, reason and source beside it.

A rule looks at one subject (a port, a Service, a pod, …) and says what a Kubernetes
API server would reject about it. It never raises, changes nothing and needs no
other rule's result. Its docstring is its documentation.

To add a rule, write its function with the decorator in the module of its subject
and name it in that module's `Rules`, in the server's order.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, groupby
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar, final, overload

import attrs

from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.violations import Reason, ServerWarning, Violation

__all__ = ["Problem", "Rule", "Rules", "Stage", "rule", "warning"]

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
    WARNINGS = "warnings"


class Problem(NamedTuple):
    """One thing that a rule found wrong.

    Attributes:
        path: Where, from the rule's subject on.
        detail: What is wrong, without the value.
        value: The offending value, as written.
        hint: The smallest edit that mends it, if one does.
    """

    path: FieldPath
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
        reason: The class of problem in the API's words; `None` for a warning.
        source: Where Kubernetes says so: a path in kubernetes/kubernetes at 1.36.2, or a document.
        stage: When the server applies it.
        check: The rule itself: the problems of a subject, nothing (or None) where there are none.
        when: The attribute of the subject without which there is nothing to look at.
    """

    code: str
    field: str
    reason: Reason | None
    source: str
    stage: Stage
    check: Callable[[Subject], Iterable[Problem] | None]
    when: str | None = None

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def documentation(self) -> str:
        """What it says, why, and what to do: the docstring of its function."""
        lines = (self.check.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)

    def violation(self, problem: Problem, root: FieldPath = ROOT) -> Violation:
        """The problem as a violation, under the path of the rule's subject."""
        return Violation.about(
            root + problem.path,
            self.code,
            self.reason or "FieldValueInvalid",
            problem.detail,
            hint=problem.hint,
            value=problem.value,
        )


def rule(
    code: str,
    field: str,
    reason: Reason,
    *,
    source: str,
    stage: Stage = Stage.FIELDS,
    when: str | None = None,
) -> Callable[[Callable[[Subject], Iterable[Problem] | None]], Rule[Subject]]:
    """Make a rule of a function: its code, field, reason and source stand beside it.

    Args:
        code: As in `Rule`.
        field: As in `Rule`.
        reason: As in `Rule`.
        source: As in `Rule`.
        stage: As in `Rule`.
        when: An attribute of the subject without which there is nothing to look at:
            where it is false or empty, the function is not even called.
    """

    def decorate(check: Callable[[Subject], Iterable[Problem] | None]) -> Rule[Subject]:
        return Rule(code, field, reason, source, stage, check, when)

    return decorate


def warning(
    code: str, field: str, *, source: str
) -> Callable[[Callable[[Subject], Iterable[Problem] | None]], Rule[Subject]]:
    """Make a rule of a function that finds what the server accepts but warns about."""

    def decorate(check: Callable[[Subject], Iterable[Problem] | None]) -> Rule[Subject]:
        return Rule(code, field, None, source, Stage.WARNINGS, check)

    return decorate


@final
class Rules(Sequence[Rule[Subject]]):
    """Rules in the server's order, arranged so that a subject without fault costs little."""

    __slots__ = ("_groups", "_looks_at", "_rules")

    def __init__(self, *rules: Rule[Subject]) -> None:
        self._rules = rules
        # Neighbours that look at the same attribute are passed over together.
        groups = [(when, tuple(group)) for when, group in groupby(rules, lambda each: each.when)]
        self._groups = tuple(tuple((each.check, each) for each in group) for _, group in groups)
        # All of these attributes are looked up at once. Every object has a class, and a class is true.
        self._looks_at = attrgetter(*(when or "__class__" for when, _ in groups), "__class__")

    @overload
    def __getitem__(self, index: int) -> Rule[Subject]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Rule[Subject]]: ...
    def __getitem__(self, index: int | slice) -> Rule[Subject] | Sequence[Rule[Subject]]:
        return self._rules[index]

    def __len__(self) -> int:
        return len(self._rules)

    def __iter__(self) -> Iterator[Rule[Subject]]:
        return iter(self._rules)

    def warned_about(self, subject: Subject, root: FieldPath = ROOT) -> list[ServerWarning]:
        """The same for rules that only warn."""
        return [
            ServerWarning(field=root + problem.path, code=each.code, message=problem.detail, hint=problem.hint)
            for each in self._rules
            for problem in each.check(subject) or ()
        ]

    def broken_by(self, subject: Subject, root: FieldPath = ROOT) -> list[Violation]:
        """Every violation of these rules by this subject, in the order of the rules.

        Args:
            subject: What to judge.
            root: The path of the subject, under which its violations stand.
        """
        found: list[Violation] = []
        for group in compress(self._groups, self._looks_at(subject)):
            for check, each in group:
                problems = check(subject)
                if problems:
                    found += [each.violation(problem, root) for problem in problems]
        return found
