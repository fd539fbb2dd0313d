"""Problems that an API server reports, as data: violations and warnings.

Reasons are those of the API (`CauseType` in `k8s.io/apimachinery/pkg/apis/meta/v1`), so that a
violation can be compared with a cause in the 422 answer of a server. Codes are portmap's, and finer.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from portmap._kubernetes.field_path import FieldPath, as_path
from portmap._kubernetes.plain_data import OMITTED, plain_data
from portmap._kubernetes.printable import printable, shown

Reason: TypeAlias = Literal[
    "FieldValueRequired",
    "FieldValueInvalid",
    "FieldValueNotSupported",
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
    "FieldManagerConflict",
]

# The beginning of the server's message for each reason, and whether the value follows it
# (`field.Error.ErrorBody` in apimachinery).
_OPENINGS: Final[Mapping[str, tuple[str, bool]]] = {
    "FieldValueRequired": ("Required value", False),
    "FieldValueInvalid": ("Invalid value", True),
    "FieldValueNotSupported": ("Unsupported value", True),
    "FieldValueDuplicate": ("Duplicate value", True),
    "FieldValueForbidden": ("Forbidden", False),
    "FieldValueTooLong": ("Too long", False),
    "FieldValueTooMany": ("Too many", True),
    "FieldValueTypeInvalid": ("Wrong type", True),
    "FieldManagerConflict": ("Conflict", False),
}

_LONGEST_QUOTE: Final = 120


def quote(value: object) -> str:
    """Return the value as JSON, cut if it is very long."""
    try:
        # A hostile value may have many megabytes, so it is cut first.
        short = value[:_LONGEST_QUOTE] if isinstance(value, str) else value
        import json  # Programs without violations do not need it.

        text = json.dumps(short, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = shown(value)
    if len(text) > _LONGEST_QUOTE or (isinstance(value, str) and len(value) > _LONGEST_QUOTE):
        return text[: _LONGEST_QUOTE - 1] + "…"
    return text


@final
@attrs.frozen(kw_only=True)
class Violation:
    """A problem because of which an API server rejects an object.

    Attributes:
        path: The path of the field in the object that was checked; empty for the object itself.
            The constructor takes it, or its text, as `field`.
        reason: The class of problem, as in the causes of a 422 answer: `FieldValueInvalid`,
            `FieldValueRequired`, …
        message: What is wrong, with the value as written.
        code: The code of the broken rule, such as `port-out-of-range`. Codes are never reused.
        hint: The smallest edit that corrects it; `None` if no single edit does.
        value: The value; `None` if there is none.

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
        """Return a violation with a message that begins as the API server's message for this reason.

        Args:
            field: The path of the field.
            code: The code of the rule.
            reason: The class of problem.
            detail: What is wrong, without the value.
            hint: The smallest edit that corrects it.
            value: The value.
            opening: The beginning of the message, where it is not that of the reason.

        Example:
            >>> print(Violation.about("metadata.name", "team-prefix", "FieldValueInvalid", "must begin with shop-"))
            metadata.name: Invalid value: null: must begin with shop-  [team-prefix]
        """
        usual, with_value = _OPENINGS[reason]
        begin = f"{opening or usual}: {quote(value)}" if with_value else opening or usual
        return cls(field=field, code=code, reason=reason, message=f"{begin}: {detail}", hint=hint, value=value)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, which has the fields of a `StatusCause` in the API server's answer and more.

        Example:
            >>> violation.as_dict()["reason"]
            'FieldValueRequired'
        """
        return plain_data(self)

    def __str__(self) -> str:
        return _lines(self.path, self.message, self.code, self.hint)


@final
@attrs.frozen(kw_only=True)
class ServerWarning:
    """A warning in the answer of an API server that accepts an object (`Warning: 299`).

    Attributes:
        path: The path of the field in the manifest. The constructor takes it, or its text, as `field`.
        code: The code of the warning, such as `external-ips-deprecated`.
        message: What the problem is, with the value if there is one.
        hint: What to do instead, if there is a single alternative.

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
        """Return plain data.

        Example:
            >>> warning.as_dict()["code"]
            'external-ips-deprecated'
        """
        return plain_data(self)

    def __str__(self) -> str:
        return _lines(self.path, self.message, self.code, self.hint)


def _lines(path: FieldPath, message: str, code: str, hint: str | None) -> str:
    """Return a problem for people, with its hint in a second line."""
    text = printable(f"{path}: {message}  [{code}]" if path else f"{message}  [{code}]")
    return f"{text}\n    hint: {printable(hint)}" if hint else text


def below(root: FieldPath, violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations of an object that is at `root` in another one."""
    return [attrs.evolve(violation, field=root + violation.path) for violation in violations]


def in_order(violations: list[Violation]) -> tuple[Violation, ...]:
    """Return the violations without repetitions, sorted by path and code."""
    unique = dict.fromkeys(violations)
    return tuple(sorted(unique, key=lambda violation: (violation.path, violation.code, violation.message)))
