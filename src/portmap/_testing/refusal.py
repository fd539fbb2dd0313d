"""Blocks in which an object must be refused."""

from collections.abc import Sequence
from textwrap import indent
from types import TracebackType
from typing import Self, final

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.violations import Violation


@final
class Refusal:
    """The result of a block `with violates(…)`.

    Attributes:
        violations: Every violation that was reported; empty until the block ends.

    Example:
        >>> from portmap.testing import violates
        >>> with violates("node-port-out-of-range", at="spec.ports[0].nodePort") as refusal:
        ...     Service.node_port("web", [ServicePort(80, node_port=80)])
        ...
    """

    __module__ = "portmap.testing"

    def __init__(self, code: str, at: str | None) -> None:
        self._code = code
        self._at = at
        self.violations: tuple[Violation, ...] = ()

    @property
    def violation(self) -> Violation:
        """Return the expected violation.

        Raises:
            LookupError: The block has not ended yet.

        Example:
            >>> refusal.violation.value
            80
        """
        for violation in self.violations:
            if self._is_expected(violation):
                return violation
        raise LookupError("nothing was refused yet: read the violation after the block")

    def _is_expected(self, violation: Violation) -> bool:
        return violation.code == self._code and self._at in {None, violation.field}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        __tracebackhide__ = True
        expected = f"[{self._code}]" if self._at is None else f"[{self._code}] at {self._at}"
        if kind is None:
            raise AssertionError(f"{expected} should be violated, but nothing was refused")
        if not isinstance(error, ValidationError):
            return False
        self.violations = error.violations
        if any(map(self._is_expected, error.violations)):
            return True
        guess = self._guess(error.violations)
        hint = [f"did you mean {guess}?"] if guess else []
        shown = indent("\n".join([*map(str, error.violations), *hint]), "  ")
        raise AssertionError(
            f"{expected} should be violated, but {error.subject} has other violations:\n{shown}"
        ) from error

    def _guess(self, violations: Sequence[Violation]) -> str | None:
        """Return a near miss: the same rule at another field, or a rule of a similar name."""
        fields = [each.field for each in violations if each.code == self._code]
        if fields:
            return f"at={fields[0]!r}"
        guess = nearest(self._code, [each.code for each in violations])
        return f"[{guess}]" if guess else None


def violates(code: str, *, at: str | None = None) -> Refusal:
    """Return a context manager for a block in which an object must be refused by this rule.

    The object may break other rules, too: `violations` of the result has them all.
    Errors other than `ValidationError` are not caught.

    Args:
        code: The rule, by the code of its violation.
        at: The field path (default: any).

    Raises:
        AssertionError: Nothing was refused, or for other reasons alone; it lists them.

    Example:
        >>> from portmap.testing import violates
        >>> with violates("port-name-required", at="spec.ports[0].name"):
        ...     Service("web", ports=[ServicePort(80), ServicePort(443, name="https")])
        ...
    """
    return Refusal(code, at)
