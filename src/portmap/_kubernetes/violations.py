"""What Kubernetes would reject, as data: one `Violation` for each problem.

The reasons are the API's own (`k8s.io/apimachinery/pkg/apis/meta/v1`,
`CauseType`), so that a violation can be compared with a cause in the 422 answer
of a real server; the codes are finer and are portmap's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._kubernetes.field_path import FieldPath, as_path
from portmap._kubernetes.plain_data import OMITTED, plain_data

__all__ = ["Reason", "ServerWarning", "Violation", "below", "in_order", "quote"]

Reason: TypeAlias = Literal[
    "FieldValueRequired",
    "FieldValueInvalid",
    "FieldValueNotSupported",
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueTooLong",
    "FieldValueTypeInvalid",
    "FieldManagerConflict",
]

# How the API server begins the message of each reason, and whether it then
# repeats the value (`field.Error.ErrorBody` in apimachinery).
_OPENINGS: Final[Mapping[str, tuple[str, bool]]] = {
    "FieldValueRequired": ("Required value", False),
    "FieldValueInvalid": ("Invalid value", True),
    "FieldValueNotSupported": ("Unsupported value", True),
    "FieldValueDuplicate": ("Duplicate value", True),
    "FieldValueForbidden": ("Forbidden", False),
    "FieldValueTooLong": ("Too long", False),
    "FieldValueTypeInvalid": ("Wrong type", True),
    "FieldManagerConflict": ("Conflict", False),
}

_LONGEST_QUOTE: Final = 120


def quote(value: object) -> str:
    """The value as an author would write it in JSON, cut where it is very long."""
    try:
        # Cut before writing: a hostile value may be many megabytes.
        short = value[:_LONGEST_QUOTE] if isinstance(value, str) else value
        import json  # Who has no violations needs none of it.

        text = json.dumps(short, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = _shown(value)
    if len(text) > _LONGEST_QUOTE or (isinstance(value, str) and len(value) > _LONGEST_QUOTE):
        return text[: _LONGEST_QUOTE - 1] + "…"
    return text


def _shown(value: object) -> str:
    """A value that is no JSON, as Python shows it: the authors of such are programs."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - somebody else's repr may raise anything
        return f"a value of type {type(value).__name__}"


@final
@attrs.frozen(kw_only=True)
class Violation:
    """One thing that a Kubernetes API server would reject.

    Attributes:
        path: The path of the field in the object that was checked; empty for the object itself.
            The constructor takes it, or its text, as `field`.
        reason: The class of problem in the API's words, as in the causes of a 422
            answer: `FieldValueInvalid`, `FieldValueRequired`, …
        message: What is wrong, with the value as it was written.
        code: The rule that was broken, for instance `port-out-of-range`. A code is
            never reused for another rule.
        hint: The smallest edit that mends it, or `None` where no one edit does.
        value: The offending value, `None` where there is none.

    Example:
        >>> from portmap.manifests import validate
        >>> [violation] = validate({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {}})
        >>> violation.field, violation.code, violation.reason
        ('spec.ports', 'ports-required', 'FieldValueRequired')
    """

    __module__ = "portmap"

    path: FieldPath = attrs.field(alias="field", converter=as_path)
    reason: Reason
    message: str
    code: str
    hint: str | None = None
    value: object = attrs.field(default=None, hash=False, repr=False, metadata=OMITTED)

    @property
    def field(self) -> str:
        """The path as the server writes it: `spec.ports[0].targetPort`; `""` is the object itself.

        Example:
            >>> violation.field
            'spec.ports'
        """
        return str(self.path)

    @classmethod
    def about(
        cls,
        field: FieldPath | str,
        code: str,
        reason: Reason,
        detail: str,
        *,
        hint: str | None = None,
        value: object = None,
        opening: str | None = None,
    ) -> "Violation":
        """A violation whose message opens as the API server's does for this reason.

        Example:
            >>> print(Violation.about("metadata.name", "team-prefix", "FieldValueInvalid", "must begin with shop-"))
            metadata.name: Invalid value: null: must begin with shop-  [team-prefix]
        """
        usual, with_value = _OPENINGS[reason]
        shown = f"{opening or usual}: {quote(value)}" if with_value else opening or usual
        return cls(field=field, code=code, reason=reason, message=f"{shown}: {detail}", hint=hint, value=value)

    def as_dict(self) -> dict[str, Any]:
        """Plain data: a superset of the `StatusCause` in the API server's answer.

        Example:
            >>> violation.as_dict()["reason"]
            'FieldValueRequired'
        """
        return plain_data(self)

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        text = f"{place}{self.message}  [{self.code}]"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


@final
@attrs.frozen(kw_only=True)
class ServerWarning:
    """Something that an API server accepts, but warns about in its answer (`Warning: 299`).

    Attributes:
        path: The path of the field in the manifest. The constructor takes it, or its text, as `field`.
        code: The kind of warning, for instance `external-ips-deprecated`.
        message: What is odd, with the value where there is one.
        hint: What to do instead, if there is one thing.

    Example:
        >>> from portmap.manifests import warnings
        >>> exposed = Service("web", ports=[ServicePort(80)], external_ips=["192.0.2.7"])
        >>> [warning] = warnings(to_manifest(exposed))
        >>> warning.field, warning.code
        ('spec.externalIPs', 'external-ips-deprecated')
    """

    __module__ = "portmap"

    path: FieldPath = attrs.field(alias="field", converter=as_path)
    code: str
    message: str
    hint: str | None = None

    @property
    def field(self) -> str:
        """The path as the server writes it.

        Example:
            >>> warning.field
            'spec.externalIPs'
        """
        return str(self.path)

    def as_dict(self) -> dict[str, Any]:
        """Plain data.

        Example:
            >>> warning.as_dict()["code"]
            'external-ips-deprecated'
        """
        return plain_data(self)

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}  [{self.code}]"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


def below(root: FieldPath, violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations of an object that is at `root` in another one."""
    return [attrs.evolve(violation, field=root + violation.path) for violation in violations]


def in_order(violations: list[Violation]) -> tuple[Violation, ...]:
    """Without repetitions, by path (indices as numbers), then by code."""
    unique = dict.fromkeys(violations)
    return tuple(sorted(unique, key=lambda v: (v.path, v.code, v.message)))
