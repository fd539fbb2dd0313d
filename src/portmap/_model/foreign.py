"""Objects of other Kubernetes libraries, and dicts with objects of portmap in them, as plain data.

They are recognised by their attributes. None of the libraries is imported.

- Models of the official client (`V1Service`) have a table from their attributes to the fields of the API.
- Models of lightkube have `to_dict`, objects of kr8s have `raw`, and cdk8s's `ApiObject` has `to_json`.
- Clients return lists as objects whose class names the kind of the items.
- Properties of Pulumi's `ServiceArgs` and the like know the names of their fields. The value of an
  `Output` is known only while Pulumi runs; the function of its `apply` gets plain data.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from portmap._kubernetes.kinds import WORKLOAD_KINDS
from portmap._model.plain_objects import writer_of

_TIMES: Final = frozenset(
    {"creationTimestamp", "deletionTimestamp", "time", "lastTransitionTime", "lastProbeTime", "startTime"}
)
_DEEPEST: Final = 200
_CLASS_OF_KIND: Final = re.compile(r"V\d+([A-Z]\w*)|([A-Z]\w*?)(?:Init)?Args")
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_VERSIONS: Final = {kind: f"{group}/v1" if group else "v1" for group, kind in WORKLOAD_KINDS} | {"Service": "v1"}


def require_iterable(objects: object, function: str) -> Iterable[object]:
    """Return an argument that must be an iterable of objects.

    Args:
        objects: The argument.
        function: The function that was called, as users write it: `lint`.

    Raises:
        TypeError: It is a single object or the name of a file. The message says what to write.
    """
    if isinstance(objects, str) or hasattr(type(objects), "__fspath__"):
        raise TypeError(f"{function} takes objects, not the name of a file: write {function}(load({str(objects)!r}))")
    if isinstance(objects, Mapping) or not isinstance(objects, Iterable):
        raise TypeError(f"{function} takes several objects, not a {type(objects).__name__}: write a list, even of one")
    return objects


def plain_manifest(value: object) -> object:
    """Return the manifest of an object of another library, and any other value unchanged.

    Objects of portmap in it become plain data, too. Objects in a client's list have no kind; it follows
    from their class. Where a field holds a time, a `datetime`, which PyYAML makes of an unquoted time,
    becomes text again.

    Raises:
        TypeError: A part of it is an `Output` of Pulumi, whose value is not known yet; or it
            has the Python names of the official client's `to_dict()`.
    """
    if type(value) is dict and _is_plain(value):
        return value
    plain = _plain(value, 0)
    kind = _kind_of(value)
    if kind is None or not isinstance(plain, Mapping):
        return plain if isinstance(plain, Mapping) else value
    manifest = {**plain}
    if not manifest.get("kind"):
        manifest = {"apiVersion": _VERSIONS.get(kind.removesuffix("List")), "kind": kind} | manifest
    return manifest


def _is_plain(manifest: dict[Any, Any]) -> bool:
    """Return whether a dict is plain data, down to its last value."""
    metadata = manifest.get("metadata")
    if type(metadata) is dict and "creation_timestamp" in metadata and "api_version" in manifest:
        raise TypeError(
            "this has the Python names of the official client's to_dict(), such as api_version: "
            "give the object itself, or what ApiClient().sanitize_for_serialization makes of it"
        )
    left: list[Any] = [manifest]
    seen = {id(manifest)}
    while left:
        node = left.pop()
        for item in node.values() if type(node) is dict else node:
            kind = type(item)
            if kind in _SCALARS:
                continue
            if kind is not dict and kind is not list:
                return False
            # A program may use one part in several places, or put a dict into itself.
            if id(item) not in seen:
                seen.add(id(item))
                left.append(item)
    return True


def _kind_of(value: object) -> str | None:
    match = _CLASS_OF_KIND.fullmatch(type(value).__name__)
    kind = match and (match[1] or match[2])
    return kind if kind in _VERSIONS or (kind and kind.removesuffix("List") in _VERSIONS) else None


def _plain(value: Any, depth: int) -> Any:  # noqa: ANN401 - the types of other libraries
    """Return a value as plain data, and values of unknown classes unchanged."""
    if isinstance(value, str | int | float) or value is None or depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        names = _pulumi_names(type(value)) if hasattr(type(value), "_pulumi_output_type") else {}
        return {names.get(key, key): _part(key, item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    kind = type(value)
    # An Output has every attribute, its class has not.
    if hasattr(kind, "apply") and hasattr(kind, "future"):
        raise TypeError("the value of a Pulumi Output is not known yet: call portmap in the function of its apply")
    if hasattr(kind, "utcoffset"):
        return _time(value)
    fields = _fields_of(value)
    if fields is not None:
        return {name: _plain(item, depth + 1) for name, item in fields if item is not None}
    for attribute in ("to_dict", "to_json", "raw"):
        if hasattr(kind, attribute):
            found: Any = getattr(value, attribute)
            found = found() if callable(found) else found
            if isinstance(found, Mapping):
                return _plain(found, depth + 1)
    return value


def _part(key: object, value: Any, depth: int) -> Any:  # noqa: ANN401 - as above
    """Return a value of a dict. A time becomes text only in a field that holds times: elsewhere its text is lost."""
    if hasattr(type(value), "isoformat"):
        return _time(value) if key in _TIMES and hasattr(type(value), "utcoffset") else value
    return _plain(value, depth)


def _time(value: Any) -> str:  # noqa: ANN401 - a datetime of any library
    """Return a time as an API server writes it. A time without a zone is UTC, as in PyYAML and the clients."""
    offset = value.utcoffset()
    utc = value if offset is None else value - offset
    return re.sub(r"(\.\d+)?([+-][\d:.]+)?\Z", "Z", utc.isoformat(), count=1)


def _fields_of(value: object) -> Iterable[tuple[str, object]] | None:
    """Return the fields of a model under the names of the API, with their values; `None` if it is not a model."""
    kind = type(value)
    if (write := writer_of(kind)) is not None:
        return write(value).items()
    if hasattr(kind, "attribute_map") and hasattr(kind, "openapi_types"):
        names: Mapping[str, str] = kind.attribute_map
    elif hasattr(kind, "_pulumi_input_type"):
        names = _pulumi_names(kind)
    else:
        return None
    return ((name, getattr(value, attribute)) for attribute, name in names.items())


def _pulumi_names(kind: type) -> Mapping[str, str]:
    """Return the names of the fields by the properties of a class of Pulumi."""
    return {
        attribute: getattr(found.fget, "_pulumi_name", attribute)
        for attribute, found in vars(kind).items()
        if isinstance(found, property)
    }
