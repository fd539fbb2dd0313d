"""What a rule of the API server is, and the groups that rules belong to.

A rule is a function that returns the problems of one subject (a port, a Service, a pod, …). It never
raises, changes nothing and does not depend on the result of another rule. Its docstring is its
documentation. The decorator of a group registers it:

    @SERVICE_RULES.rule("ports-required", "spec.ports", "FieldValueRequired")
    def ports_required(service: ServiceState) -> Iterator[Problem]:
        ...

The groups are listed in `registry`; everything that needs to know all rules reads them there.
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, final

import attrs

from portmap._apiserver.mistake import Mistake
from portmap._apiserver.problems import Problem
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.violations import Reason, ServerWarning, Violation

Subject = TypeVar("Subject")
_Check: TypeAlias = Callable[[Subject], Iterable[Problem] | None]
_Kind: TypeAlias = Literal["Service", "Pod", "workload", "Ingress", "NetworkPolicy", "Endpoints", "EndpointSlice"]
_Request: TypeAlias = Literal["create", "update", "set"]


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


@final
@attrs.frozen
class Rule(Generic[Subject]):
    """A check of the API server.

    Attributes:
        code: Its name, for people and programs; never reused.
        field: The field that it checks, as the server names it; `[*]` is any index, `*` any field.
        reason: The class of problem in the API's words; `None` for a warning.
        source: Where Kubernetes defines it: a path in kubernetes/kubernetes at 1.36.2, or a document.
        stage: When the server applies it.
        check: The function: it returns the problems of a subject, nothing (or None) where there are none.
        when: An attribute of the subject; where it is false or empty, the function is not called.
        mistakes: Changes to a valid Service that break this rule and no other.
    """

    code: str
    field: str
    reason: Reason | None
    source: str
    stage: Stage
    check: _Check[Subject]
    when: str | None = None
    mistakes: Sequence[Mistake] = ()

    @property
    def summary(self) -> str:
        """The title, which states the problem: the first line of the documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def documentation(self) -> str:
        """The docstring of its function, without indentation."""
        lines = (self.check.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in lines)

    def violation(self, problem: Problem, root: FieldPath = ROOT) -> Violation:
        """Return the violation for a problem of the subject at `root`."""
        return Violation.about(
            root + problem.path,
            self.code,
            self.reason or "FieldValueInvalid",
            problem.detail,
            hint=problem.hint,
            value=problem.value,
        )


@final
class RuleGroup(Generic[Subject]):
    """Rules about one kind of subject, in the order of their definition, which is the server's.

    Attributes:
        name: Its name in the documentation: `node ports`.
        source: The source of its rules that name none themselves.
        stage: When the server applies the rules.
        about: The kind of object that breaks them.
        request: The requests that can break them: a create (and an update), an update alone, or
            a set of Services, of which none breaks them by itself.
    """

    def __init__(
        self,
        name: str,
        *,
        source: str = "",
        stage: Stage = Stage.FIELDS,
        about: _Kind = "Service",
        request: _Request = "create",
    ) -> None:
        self.name: Final = name
        self.source: Final = source
        self.stage: Final = stage
        self.about: Final[_Kind] = about
        self.request: Final[_Request] = request
        self._rules: list[Rule[Subject]] = []
        # Successive rules that look at the same attribute are skipped together: most objects have few fields.
        self._runs: list[tuple[str, list[Rule[Subject]]]] = []
        self._attributes = attrgetter("__class__", "__class__")

    def rule(
        self,
        code: str,
        field: str,
        reason: Reason,
        *,
        source: str = "",
        stage: Stage | None = None,
        when: str | None = None,
        mistakes: Sequence[Mistake] = (),
    ) -> Callable[[_Check[Subject]], Rule[Subject]]:
        """Return a decorator that makes a function a rule of this group.

        The arguments are attributes of `Rule`; source and stage are by default those of the group. A rule about
        Services that a create can break has mistakes.
        """

        def decorate(check: _Check[Subject]) -> Rule[Subject]:
            return self.include(
                Rule(code, field, reason, source or self.source, stage or self.stage, check, when, mistakes)
            )

        return decorate

    def warning(self, code: str, field: str, *, source: str = "") -> Callable[[_Check[Subject]], Rule[Subject]]:
        """Return a decorator that makes a function a rule about what the server accepts with a warning."""

        def decorate(check: _Check[Subject]) -> Rule[Subject]:
            return self.include(Rule(code, field, None, source or self.source, self.stage, check))

        return decorate

    def include(self, rule: Rule[Any]) -> Rule[Any]:
        """Apply a rule to the subjects of this group; as a decorator, also one of another group."""
        self._rules.append(rule)
        # Every object has a class, and a class is true.
        attribute = rule.when or "__class__"
        if not self._runs or self._runs[-1][0] != attribute:
            self._runs.append((attribute, []))
        self._runs[-1][1].append(rule)
        # With one attribute, `attrgetter` would return no tuple.
        self._attributes = attrgetter(*(name for name, _ in self._runs), "__class__")
        return rule

    def __iter__(self) -> Iterator[Rule[Subject]]:
        return iter(self._rules)

    def __repr__(self) -> str:
        return f"<RuleGroup {self.name}: {len(self._rules)} rules>"

    def violations(self, subject: Subject, root: FieldPath = ROOT) -> list[Violation]:
        """Return the violations of these rules by the subject at `root`, in the order of the rules."""
        found: list[Violation] = []
        for _, rules in compress(self._runs, self._attributes(subject)):
            for rule in rules:
                problems = rule.check(subject)
                if problems:
                    found += [rule.violation(problem, root) for problem in problems]
        return found

    def warnings(self, subject: Subject, root: FieldPath = ROOT) -> list[ServerWarning]:
        """Return the warnings about the subject at `root`, in the order of the rules."""
        return [
            ServerWarning(field=root + problem.path, code=rule.code, message=problem.detail, hint=problem.hint)
            for rule in self._rules
            for problem in rule.check(subject) or ()
        ]
