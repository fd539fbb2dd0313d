"""Changes as text: `ports.http.targetPort=metrics`, `ports.http.nodePort-`.

A path consists of steps: `.name`, `[0]`, `[+]` for a new item, `[name=http]`, and `['any.key/at all']`.
In a list, `.http` is the item with that name, and `.80` the item with that `port` or `containerPort`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, final

import attrs

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.errors import ManifestError
from portmap._kubernetes.field_path import FieldPath, Key
from portmap._manifests.known_fields import APPEND, TOP, unknown_at_top, unknown_in_service
from portmap._model.service_reading import is_core_service
from portmap._yaml.reader import read_yaml
from portmap._yaml.scalars import ScalarError, resolve

_TEXTS: Final = {("metadata", "labels"), ("metadata", "annotations"), ("spec", "selector"), ("selector", "matchLabels")}
"""Mappings of text. Their keys can have dots, and their values have no fields."""

_STEP: Final = re.compile(
    r"""\.?(?P<name>[^.\[\]=\s'"]+)|\[(?P<index>[0-9]{1,9})\]|(?P<append>\[\+\])"""
    r"""|\[(?P<field>[A-Za-z]+)=(?P<value>[^\[\]=]*)\]|\['(?P<single>[^']*)'\]|\["(?P<double>[^"]*)"\]"""
)

_Data: TypeAlias = Any


@attrs.frozen
class _Name:
    text: str


@attrs.frozen
class _Match:
    field: str
    value: str


_Step: TypeAlias = "_Name | _Match | str | int"


@final
@attrs.frozen
class Assignment:
    """One change.

    Attributes:
        text: The text of the change.
        steps: The path of the field.
        value: The new value of the field.
        remove: Whether to remove the field; `value` is then not used.
    """

    text: str
    steps: "tuple[_Step, ...]"
    value: Any = None
    remove: bool = False


def parse_assignment(text: str, *, string: bool = False) -> Assignment:
    """Return the change that a text describes.

    Args:
        text: `PATH=VALUE`, or `PATH-` to remove.
        string: Whether the value is always text.

    Raises:
        ManifestError: The text is not a change, or its value cannot be read.
    """
    steps, end = _steps(text)
    rest = text[end:]
    if steps and rest.startswith("="):
        return Assignment(text, steps, rest[1:] if string else _value(rest[1:], text))
    # A dash can be part of a name, so the last one is at the end of the last step.
    last = steps[-1] if steps else None
    if rest == "-" and last != APPEND:
        return Assignment(text, steps, remove=True)
    if not rest and isinstance(last, _Name) and last.text.endswith("-") and len(last.text) > 1:
        return Assignment(text, (*steps[:-1], _Name(last.text[:-1])), remove=True)
    what = "it does not begin with a field"
    if steps:
        what = f"{rest!r} is neither a step of a path nor =VALUE" if rest else "there is no =VALUE"
    raise ManifestError(f"{text!r} is not a change: {what}. Write PATH=VALUE, or PATH- to remove a field")


def _steps(text: str) -> "tuple[tuple[_Step, ...], int]":
    steps: list[_Step] = []
    end = 0
    while (match := _STEP.match(text, end)) is not None and not (end == 0 and text.startswith(".")):
        if match["name"] is not None:
            if end and not match[0].startswith("."):
                break
            steps.append(_Name(match["name"]))
        elif match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["append"] is not None:
            steps.append(APPEND)
        elif match["field"] is not None:
            steps.append(_Match(match["field"], match["value"]))
        else:
            steps.append(Key(match["single"] if match["single"] is not None else match["double"]))
        end = match.end()
    return tuple(steps), end


def _value(text: str, whole: str) -> _Data:
    """Return the value of an unquoted scalar, or of YAML if the text begins with a bracket or quotes."""
    try:
        if text[:1] in ("{", "[", '"', "'"):
            found = list(read_yaml(text))
            if len(found) == 1 and not found[0].duplicates:
                return found[0].data
        else:
            return resolve(text)
    except (ManifestError, ScalarError) as error:
        raise ManifestError(f"{whole!r}: the value cannot be read: {error}") from None
    raise ManifestError(f"{whole!r}: the text after = is not one value, or gives a key twice")


def located(assignment: Assignment, data: _Data) -> FieldPath:
    """Return the path of the field in this object. The field may be missing, but not lists and items above it.

    Raises:
        ManifestError: A step matches no item or several, or names a field that the object cannot have.
    """
    steps = assignment.steps
    first = steps[0]
    in_spec = isinstance(first, _Name) and data.get("kind") == "Service" and first.text not in TOP
    if in_spec:
        steps = (_Name("spec"), *steps)
    whole = assignment.text
    path: list[str | int] = []
    value = data
    for at, step in enumerate(steps):
        found = _step(step, value, FieldPath(*path), whole)
        rest = steps[at:]
        if len(rest) > 1 and tuple(path[-2:]) in _TEXTS and all(isinstance(each, _Name) for each in rest):
            here, key = FieldPath(*path), ".".join(each.text for each in rest if isinstance(each, _Name))
            raise ManifestError(f"{whole!r}: write a key with dots in brackets: {here}['{key}']")
        path.append(found)
        if is_core_service(data):
            problem = unknown_in_service(FieldPath(*path), data, in_spec=in_spec)
        elif at == 0:
            problem = unknown_at_top(str(found), data, more=len(rest) > 1, quoted=not isinstance(step, _Name))
        else:
            problem = None
        if problem is not None:
            raise ManifestError(f"{whole!r}: {problem}")
        if isinstance(value, Mapping):
            value = value.get(found)
        else:
            value = value[found] if isinstance(value, list) and isinstance(found, int) else None
    return FieldPath(*path)


def _step(step: _Step, value: _Data, path: FieldPath, whole: str) -> str | int:
    here = str(path) or "the object"
    if isinstance(value, list):
        if isinstance(step, int) and step >= len(value):
            raise ManifestError(f"{whole!r}: {here} has {len(value)} items, so there is no [{step}]")
        if isinstance(step, int) or step == APPEND:
            return step
        return _item(step, value, here, whole)
    if value is not None and not isinstance(value, Mapping):
        raise ManifestError(f"{whole!r}: {here} is {value!r}, which has no fields")
    if isinstance(step, _Name):
        return step.text
    if type(step) is Key:
        return str(step)
    raise ManifestError(f"{whole!r}: {here} is not a list")


def _item(step: _Step, items: list[_Data], here: str, whole: str) -> int:
    mappings = [(position, item) for position, item in enumerate(items) if isinstance(item, Mapping)]
    if isinstance(step, _Match):
        found = [at for at, item in mappings if str(item.get(step.field)) == step.value]
        wanted = f"{step.field}={step.value}"
    else:
        wanted = step.text if isinstance(step, _Name) else str(step)
        fields = ("port", "containerPort") if wanted.isdigit() else ("name",)
        found = [at for at, item in mappings if any(str(item.get(field)) == wanted for field in fields)]
    if len(found) == 1:
        return found[0]
    if found:
        which = " or ".join(f"[{at}]" for at in found)
        raise ManifestError(f"{whole!r}: {here} has {len(found)} items that are {wanted}: say which by {which}")
    names = [str(item["name"]) for _, item in mappings if "name" in item]
    guess = nearest(wanted, names)
    if guess is None and names:
        raise ManifestError(f"{whole!r}: {here} has no item {wanted!r}; it has {', '.join(map(repr, names[:5]))}")
    raise ManifestError(f"{whole!r}: {here} has no item {wanted!r}" + (f"; did you mean {guess!r}?" if guess else ""))
