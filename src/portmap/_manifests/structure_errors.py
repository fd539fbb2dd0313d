"""The exceptions of cattrs, which are trees of exceptions, as violations with their paths."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import attrs
from cattrs import BaseValidationError, ClassValidationError, IterableValidationError
from cattrs.errors import ForbiddenExtraKeysError

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import ROOT, FieldPath, Key, Step
from portmap._kubernetes.violations import Violation, below

_Data = Any


def violations_in(
    error: BaseException, data: _Data, path: FieldPath = ROOT, expected: object = None
) -> Iterator[Violation]:
    """Yield every fault in an exception of cattrs.

    Args:
        error: The exception, or one that is in it.
        data: The data that it is about.
        path: The path of that data.
        expected: The type that the data should have, if it is known.
    """
    if isinstance(error, BaseValidationError):
        for inner, step, kind in _parts(error):
            here = path if step is None else path + FieldPath(step)
            yield from violations_in(inner, data if step is None else _at(data, step), here, kind)
    elif isinstance(error, ValidationError):
        yield from below(path, error.violations)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.alias or field.name for field in attrs.fields(error.cl)] if attrs.has(error.cl) else []
        for key in sorted(error.extra_fields):
            yield _unknown_field(path.child(key), key, known)
    elif isinstance(error, KeyError):
        yield Violation.about(path, "wrong-type", "FieldValueRequired", "must be given")
    elif get_origin(expected) is Literal:
        words = f"supported values: {', '.join(map(str, get_args(expected)))}"
        yield Violation.about(path, "wrong-type", "FieldValueNotSupported", words, value=data)
    else:
        yield Violation.about(path, "wrong-type", "FieldValueTypeInvalid", str(error), value=data)


def _parts(error: BaseValidationError) -> Iterator[tuple[Exception, Step | None, object]]:
    """Yield the exceptions in this one, each with a step of a path and the type that is expected there."""
    rest: list[Exception] = list(error.exceptions)
    if isinstance(error, ClassValidationError):
        fields, rest = error.group_exceptions()
        yield from ((inner, note.name, note.type) for inner, note in fields)
    elif isinstance(error, IterableValidationError):
        items, rest = error.group_exceptions()
        for inner, note in items:
            yield inner, note.index if isinstance(note.index, int) else Key(note.index), note.type
    yield from ((inner, None, None) for inner in rest)


def _unknown_field(path: FieldPath, key: str, known: list[str]) -> Violation:
    guess = nearest(key, known)
    return Violation.about(
        path,
        "unknown-field",
        "FieldValueTypeInvalid",
        "no such field" + ("" if guess is None else f"; did you mean {guess!r}?"),
        hint=f"rename it to {guess}" if guess else "remove it",
        value=key,
        opening="Unknown field",
    )


def _at(data: _Data, step: Step) -> _Data:
    try:
        return data[step]
    except (LookupError, TypeError):
        return None
