"""The text that shows a value of the model: its `repr`, and the same broken into lines."""

from collections.abc import Collection
from typing import Any

import attrs


def represent(value: Any, subject: str) -> str:  # noqa: ANN401 - any class of the model
    """Return the call that makes a value: its subject first, then the fields that differ from their defaults."""
    rest = [
        f"{field.name}={getattr(value, field.name)!r}"
        for field in attrs.fields(type(value))
        if field.repr and field.name != subject and not _is_default(value, field)
    ]
    return f"{type(value).__name__}({', '.join([repr(getattr(value, subject)), *rest])})"


def pretty_print(value: Any, printer: Any, *, also: Collection[str] = ()) -> None:  # noqa: ANN401 - as above
    """Print the same call in lines, for `_repr_pretty_`.

    Hypothesis and IPython call that method. Without it they print every field of an attrs class.

    Args:
        value: The object.
        printer: The pretty printer of IPython or Hypothesis.
        also: Fields to print although the `repr` omits them.
    """
    fields = [
        field
        for field in attrs.fields(type(value))
        if not field.kw_only or ((field.repr or field.name in also) and not _is_default(value, field))
    ]
    with printer.group(4, f"{type(value).__name__}(", ")"):
        for position, field in enumerate(fields):
            if position:
                printer.text(",")
                printer.breakable()
            printer.text(f"{field.name}=" if field.kw_only else "")
            printer.pretty(getattr(value, field.name))


def _is_default(value: Any, field: "attrs.Attribute[Any]") -> bool:  # noqa: ANN401 - as above
    default: Any = field.default
    factory = getattr(default, "factory", None)
    return bool(getattr(value, field.name) == (default if factory is None else factory()))
