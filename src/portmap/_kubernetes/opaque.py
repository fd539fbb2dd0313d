"""Parts of a manifest that portmap does not model, kept unchanged.

They are stored as canonical JSON text, so that the object with them can be compared and hashed.
Reading them returns a copy, so that they cannot change.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, final


@final
class Opaque(Mapping[str, Any]):
    """An immutable mapping of plain JSON data.

    Raises:
        TypeError: It is not a mapping of plain JSON data.
        ValueError: It contains itself.
    """

    __slots__ = ("_text",)

    def __init__(self, data: Mapping[str, Any]) -> None:
        given: object = data
        if not isinstance(given, Mapping):
            raise TypeError(f"must be a mapping of plain JSON data, not {type(given).__name__}")
        import json  # Most objects are modelled completely and need none.

        self._text: Final = json.dumps(_plain(given), sort_keys=True)

    def copy(self) -> dict[str, Any]:
        """Return the data as a new dict."""
        import json

        data: dict[str, Any] = json.loads(self._text)
        return data

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        return self.copy()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.copy())

    def __len__(self) -> int:
        return len(self.copy())

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Opaque):
            return self._text == other._text
        return self.copy() == other if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        return repr(self.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        return (Opaque, (self.copy(),))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the data as dicts and lists; `json` refuses other types."""
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            problem = "keys must be text"
            raise TypeError(problem)
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def residue(authored: Mapping[str, Any], modelled: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the authored manifest has and the modelled one lacks.

    A key that both have is compared further only if both values are mappings.
    """
    left: dict[str, Any] = {}
    for key, value in authored.items():
        if key not in modelled:
            left[key] = value
        elif type(value) is not str and isinstance(value, Mapping) and isinstance(modelled[key], Mapping):
            deeper = residue(value, modelled[key])
            if deeper:
                left[key] = deeper
    return left


def merged(modelled: dict[str, Any], unmodelled: Mapping[str, Any]) -> dict[str, Any]:
    """Return the modelled manifest with what `residue` returned; the modelled values win."""
    for key, value in unmodelled.items():
        if key not in modelled:
            modelled[key] = value
        elif isinstance(value, Mapping) and isinstance(modelled[key], dict):
            merged(modelled[key], value)
    return modelled
