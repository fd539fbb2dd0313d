"""Labels and selectors: an immutable mapping, and the subset test of selectors."""

from collections.abc import Iterator, Mapping
from typing import Any, final

__all__ = ["Labels", "selects"]


@final
class Labels(Mapping[str, str]):
    """A mapping of text to text that cannot change, so that it can be hashed.

    It compares equal to any mapping with the same items, shows itself as a plain
    dict does, and keeps the order in which it was written.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        self._items: dict[str, str] = dict(items or {})

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Labels):
            return self._items == other._items
        return self._items == other if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Labels, (dict(self._items),))


def selects(selector: Mapping[str, str] | None, labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector picks a pod with these labels.

    Every pair of the selector must be among the labels. A Service without a
    selector, or with an empty one (which the API server stores as none), picks no
    pod: its endpoints are somebody else's business.
    """
    if not selector:
        return False
    return all(labels.get(key) == value for key, value in selector.items())
