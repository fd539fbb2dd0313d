"""JSON merge patches: objects merge, everything else is replaced, `null` removes.

Source: RFC 7386.
"""

from collections.abc import Mapping
from typing import Any


def merge_json(original: object, patch: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of `original` with `patch` merged into it."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(original) if isinstance(original, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_json(merged.get(key), value)
    return merged
