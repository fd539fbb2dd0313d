"""Problems that rules report, and those that several rules share."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from portmap._kubernetes.did_you_mean import nearest, spelt_as_port_name
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    LONGEST_LABEL,
    LONGEST_PORT_NAME,
    label_value_reasons,
    port_name_reasons,
    port_number_reasons,
    qualified_name_reasons,
)


class Problem(NamedTuple):
    """A problem that a rule reports.

    Attributes:
        path: The path of the field, from the subject of the rule.
        detail: What is wrong, without the value.
        value: The value as written.
        hint: The smallest edit that corrects it, if there is one.
    """

    path: FieldPath
    detail: str
    value: object = None
    hint: str | None = None


def invalid(path: FieldPath, reasons: Sequence[str], value: object, hint: str | None = None) -> Iterator[Problem]:
    """Yield the problem of a value that its grammar rejects for these reasons; without a reason, there is none."""
    if reasons:
        yield Problem(path, "; ".join(reasons), value, hint)


def too_many(path: FieldPath, items: Sequence[object], most: int) -> Iterator[Problem]:
    """Yield the problem of a list that has more items than it may have."""
    if len(items) > most:
        yield Problem(path, f"must have at most {most} items", len(items))


def not_supported(path: FieldPath, value: str, choices: Sequence[str], hint: str | None = None) -> Problem:
    """Return the problem of a value that is not among the choices; the hint is the nearest choice by default."""
    if hint is None:
        guess = nearest(value, choices)
        hint = f"write {guess}" if guess else "leave it out" if not value else None
    return Problem(path, f"supported values: {', '.join(choices)}", value, hint)


def iana_name_hint(name: str) -> str | None:
    """Return a valid name for a container port as a hint, `None` if there is no similar one."""
    guess = spelt_as_port_name(name)
    return f"for instance {guess!r}" if guess else None


def port_name_problems(name: str, path: FieldPath) -> list[Problem] | None:
    """Return the problem of a text that should name a container port (`ValidatePortNumOrName`)."""
    reasons = port_name_reasons(name)
    if not reasons:
        return None
    digits = name.strip()
    if digits.isascii() and digits.isdigit() and not port_number_reasons(int(digits[:6])):
        hint: str | None = f"for port number {int(digits)} write the integer, without quotes"
    else:
        hint = iana_name_hint(name)
        if len(name) > LONGEST_PORT_NAME:
            hint = (
                f"it names a container port, whose name has at most {LONGEST_PORT_NAME} characters "
                f"(a Service port's name may have {LONGEST_LABEL})" + (f"; {hint}" if hint else "")
            )
    return [Problem(path, "; ".join(reasons), name, hint)]


def label_problems(labels: Mapping[str, str], path: FieldPath) -> list[Problem]:
    """Return the problems of label keys and values (`ValidateLabels`). Their path has no key, as the server's."""
    found = []
    for key, value in labels.items():
        reasons = qualified_name_reasons(key)
        if reasons:
            found.append(Problem(path, "key " + "; ".join(reasons), key))
        reasons = label_value_reasons(value)
        if reasons:
            found.append(Problem(path, f"value of label {key!r} " + "; ".join(reasons), value, _label_hint(value)))
    return found


def _label_hint(value: str) -> str:
    if len(value) > LONGEST_LABEL:
        return f"shorten it to {LONGEST_LABEL} characters, or make it an annotation"
    return "free text belongs in an annotation, not in a label"
