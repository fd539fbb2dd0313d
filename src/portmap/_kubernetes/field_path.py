"""The path of a field in an object: `spec.ports[0].targetPort`, as the API server writes it.

A path is made step by step where a problem is found, and becomes text in reports alone. Text
becomes a path in one place, `as_path`, for the paths that users write.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/util/validation/field/path.go`.
"""

import re
from collections.abc import Iterator
from functools import total_ordering
from typing import Final, TypeAlias, final, overload


@final
class Key(str):
    """A key of a map, which a path shows in brackets: `metadata.annotations[a/b]`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Key({str.__repr__(self)})"


Step: TypeAlias = str | int
"""A field's name, an index in a list, or a `Key`."""

_STEP: Final = r"\.?([^.\[\]]+)|\[(\d+)\]|\[([^\]]*)\]"


@final
@total_ordering
class FieldPath:
    """An immutable path from an object to one of its fields; the empty path is the object itself.

    Paths are equal if they have the same steps and look alike. They sort by steps, indices as
    numbers: `ports[2]` before `ports[10]`, and an object before its fields.

    Example:
        >>> path = FieldPath("spec", "ports").index(0).child("targetPort")
        >>> str(path)
        'spec.ports[0].targetPort'
        >>> list(path)
        ['spec', 'ports', 0, 'targetPort']
    """

    __slots__ = ("steps",)
    __match_args__ = ("steps",)

    steps: tuple[Step, ...]

    def __init__(self, *steps: Step) -> None:
        object.__setattr__(self, "steps", steps)

    def child(self, *names: str) -> "FieldPath":
        """Return the path of a field of what is at this path; of several names, each is in the one before.

        Example:
            >>> str(FieldPath("spec").child("sessionAffinityConfig", "clientIP"))
            'spec.sessionAffinityConfig.clientIP'
        """
        return FieldPath(*self.steps, *names)

    def index(self, position: int) -> "FieldPath":
        """Return the path of an item of the list at this path.

        Example:
            >>> str(FieldPath("ports").index(1))
            'ports[1]'
        """
        return FieldPath(*self.steps, position)

    def key(self, key: str) -> "FieldPath":
        """Return the path of the value that has this key in the map at this path.

        Example:
            >>> str(FieldPath("metadata", "labels").key("app.kubernetes.io/name"))
            'metadata.labels[app.kubernetes.io/name]'
        """
        return FieldPath(*self.steps, Key(key))

    @property
    def parent(self) -> "FieldPath":
        """The path without its last step; the empty path is its own parent.

        Example:
            >>> str(FieldPath("spec", "ports", 0).parent)
            'spec.ports'
        """
        return FieldPath(*self.steps[:-1])

    def starts_with(self, root: "FieldPath") -> bool:
        """Return whether this is the path `root`, or the path of something in it.

        Example:
            >>> FieldPath("spec", "ports", 0).starts_with(FieldPath("spec"))
            True
        """
        return self.steps[: len(root.steps)] == root.steps

    def __add__(self, rest: "FieldPath") -> "FieldPath":
        return FieldPath(*self.steps, *rest.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> "FieldPath": ...
    def __getitem__(self, index: int | slice) -> "Step | FieldPath":
        return FieldPath(*self.steps[index]) if isinstance(index, slice) else self.steps[index]

    def __str__(self) -> str:
        # A key with dots would look like several steps. A text that is no path is one step with whatever is in it.
        text = "".join(
            f"[{step}]" if isinstance(step, int | Key) or (position and "." in step) else f".{step}"
            for position, step in enumerate(self.steps)
        )
        return text.removeprefix(".")

    def __repr__(self) -> str:
        return f"FieldPath({', '.join(map(repr, self.steps))})"

    def _order(self) -> tuple[tuple[int, int, str, bool], ...]:
        """Return what paths are compared by: indices come before names, and a name before the same key."""
        return tuple(
            (0, step, "", False) if isinstance(step, int) else (1, 0, step, isinstance(step, Key)) for step in self
        )

    def __eq__(self, other: object) -> bool:
        return self._order() == other._order() if isinstance(other, FieldPath) else NotImplemented

    def __lt__(self, other: "FieldPath") -> bool:
        return self._order() < other._order()

    def __hash__(self) -> int:
        return hash(self.steps)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a FieldPath is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a FieldPath is immutable: {name} cannot be deleted")

    def __reduce__(self) -> tuple[type["FieldPath"], tuple[Step, ...]]:
        return FieldPath, self.steps


ROOT: Final = FieldPath()
"""The path of the object itself."""


def as_path(field: FieldPath | str) -> FieldPath:
    """Return the path that a user wrote as text; a path is returned as it is.

    `str(as_path(text)) == text` for any text: text that is not written like a path is one step.

    Example:
        >>> list(as_path("metadata.annotations[example.com/team]"))
        ['metadata', 'annotations', 'example.com/team']
    """
    if isinstance(field, FieldPath):
        return field
    steps: list[Step] = []
    end = 0
    while end < len(field):
        match = re.compile(_STEP).match(field, end)
        if match is None:
            return FieldPath(field)
        name, index, key = match.groups()
        steps.append(name if name is not None else int(index) if index is not None else Key(key))
        end = match.end()
    path = FieldPath(*steps)
    return path if str(path) == field else FieldPath(field)
