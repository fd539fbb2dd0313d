"""An immutable mapping of text to text, for labels, annotations and selectors."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Never, NoReturn, final

from portmap._kubernetes.printable import safe_repr


class _WrittenAsDict(type):
    """The class of `Labels`, for libraries that choose by the first class of `type(value).__mro__`.

    PyYAML and ruamel.yaml do so. They would refuse a subclass of dict, or write it under a tag of Python.
    """

    @property
    def __mro__(cls) -> tuple[type, ...]:
        return dict.__mro__


@final
class Labels(dict[str, str], metaclass=_WrittenAsDict):
    """An immutable, hashable dict of text to text.

    It can be used wherever a dict can, keeps the order of its items, and has the repr of a dict.

    Raises:
        TypeError: A key or value is not text, or a label is set.

    Example:
        >>> labels = Labels({"app": "web"})
        >>> labels["app"]
        'web'
        >>> labels | {"tier": "front"}
        {'app': 'web', 'tier': 'front'}
    """

    __module__ = "portmap"

    __slots__ = ()

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        if not isinstance(items, Mapping | None):
            raise TypeError(f"labels are a mapping of text to text, not {safe_repr(items)}")
        super().__init__(items or ())
        for key, value in self.items():
            if type(key) is not str or type(value) is not str:
                raise TypeError(f"labels are text under text, not {safe_repr(key)}: {safe_repr(value)}")

    def copy(self) -> dict[str, str]:
        """Return a new dict with the same items.

        Example:
            >>> labels.copy()
            {'app': 'web'}
        """
        return dict(self)

    def __hash__(self) -> int:  # type: ignore[override] # dict has no hash, since it can change
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Labels, (dict(self),))

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Raise a `TypeError`: labels cannot be changed.

        Example:
            >>> labels.clear()
            Traceback (most recent call last):
                ...
            TypeError: labels cannot be changed: make other ones, labels | {key: value}
        """
        raise TypeError("labels cannot be changed: make other ones, labels | {key: value}")

    if TYPE_CHECKING:
        # No argument fits, so that type checkers refuse the calls, as they would not if the methods were left out.
        def __setitem__(self, key: Never, value: Never, /) -> None: ...  # type: ignore[override] # as said
        def __delitem__(self, key: Never, /) -> None: ...  # type: ignore[override] # as said
        def __ior__(self, other: Never, /) -> None: ...  # type: ignore[override, misc] # as said
        def clear(self, _: Never) -> None: ...  # type: ignore[override] # as said
        def pop(self, *_: Never) -> None: ...  # type: ignore[override] # as said
        def popitem(self, _: Never) -> None: ...  # type: ignore[override] # as said
        def setdefault(self, *_: Never) -> None: ...  # type: ignore[override] # as said
        def update(self, *_: Never, **__: Never) -> None: ...  # type: ignore[override] # as said
    else:
        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse
