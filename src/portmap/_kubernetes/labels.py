"""Labels, annotations and selectors: an immutable mapping of text to text."""

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any, final

__all__ = ["Labels"]


@final
class Labels(Mapping[str, str]):
    """A mapping of text to text that cannot change, so that it can be hashed.

    It compares equal to any mapping with the same items, shows itself as a plain
    dict does, and keeps the order in which it was written.

    Raises:
        TypeError: A key or value is no text.

    Example:
        >>> labels = Labels({"app": "web"})
        >>> labels["app"]
        'web'
        >>> labels == {"app": "web"}
        True
    """

    __module__ = "portmap"

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        self._items = own = dict(items or {})
        for key, value in own.items():
            if type(key) is not str or type(value) is not str:
                raise TypeError(f"labels are text under text, not {key!r}: {value!r}")

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    # What `Mapping` gives works as well; these are what every check of labels does.

    def __bool__(self) -> bool:
        return bool(self._items)

    def items(self) -> ItemsView[str, str]:
        """The keys with their values, in the order written.

        Example:
            >>> list(labels.items())
            [('app', 'web')]
        """
        return self._items.items()

    def copy(self) -> dict[str, str]:
        """The same as a fresh dict, which may be changed.

        Example:
            >>> {**labels.copy(), "tier": "front"}
            {'app': 'web', 'tier': 'front'}
        """
        return dict(self._items)

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
