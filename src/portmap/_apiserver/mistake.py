"""Mistakes: changes to a valid Service, each of which breaks one rule.

A mistake is written beside the rule that it breaks. The Hypothesis strategies generate invalid
Services from mistakes, and the tests check that each breaks its rule and no other.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, final

import attrs

Field: TypeAlias = tuple[str, str]
"""The code of a violation and its field."""


@final
class _Gone:
    """The type of `GONE`."""


GONE: Final = _Gone()
"""The new value of a field that is removed."""


@final
@attrs.frozen
class SameAs:
    """The new value of a field that becomes equal to the field at `path`."""

    path: str


@final
@attrs.frozen
class Mistake:
    """A change that breaks a rule.

    Attributes:
        about: What is wrong, in words.
        changes: From a path to its new value, `GONE` or `SameAs`. A path has dots between its steps:
            `spec.ports.0.name`.
        at: The field of the violation; by default that of the rule, where `[*]` is the last index in `changes`, else 0.
        also: Violations of other rules that cannot be avoided.
        cluster: The arguments of a `Cluster` that refuses it, where others accept it.
        least_ports: How many ports the Service needs.
    """

    about: str
    changes: Mapping[str, Any]
    at: str | None = None
    also: Sequence[Field] = ()
    cluster: Mapping[str, Any] | None = None
    least_ports: int = 1

    def __str__(self) -> str:
        return self.about
