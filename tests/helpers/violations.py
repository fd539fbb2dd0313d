"""What a call is refused for."""

from collections.abc import Callable
from typing import Any

import pytest

from portmap import ValidationError, Violation

__all__ = ["refusals", "violations_of"]


def violations_of(call: Callable[..., object], *arguments: Any, **named: Any) -> tuple[Violation, ...]:
    """Return the violations that a call raises."""
    with pytest.raises(ValidationError) as caught:
        call(*arguments, **named)
    return caught.value.violations


def refusals(call: Callable[..., object], *arguments: Any, **named: Any) -> list[tuple[str, str]]:
    """Return code and field of each violation that a call raises."""
    return [(violation.code, violation.field) for violation in violations_of(call, *arguments, **named)]
