"""An immutable mapping of text to text, for labels, annotations and selectors."""

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any, final

from portmap._kubernetes.printable import safe_repr


@final
class Labels(Mapping[str, str]):
    """An immutable, hashable mapping of text to text.

    It is equal to any mapping with the same items, has the repr of a dict, and keeps the order of its items.

    Raises:
        TypeError: A key or value is not text.

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
        if not isinstance(items, Mapping | None):
            raise TypeError(f"labels are a mapping of text to text, not {safe_repr(items)}")
        self._items = own = dict(items or {})
        for key, value in own.items():
            if type(key) is not str or type(value) is not str:
                raise TypeError(f"labels are text under text, not {safe_repr(key)}: {safe_repr(value)}")

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    # Faster than the methods of `Mapping`, which every check of labels would use.

    def __bool__(self) -> bool:
        return bool(self._items)

    def items(self) -> ItemsView[str, str]:
        """Return the keys with their values, in the order written.

        Example:
            >>> list(labels.items())
            [('app', 'web')]
        """
        return self._items.items()

    def copy(self) -> dict[str, str]:
        """Return a new dict with the same items.

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
