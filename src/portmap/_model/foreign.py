"""Objects of other Kubernetes libraries as plain data, known by their shape: none of them is imported.

- Models of the official client (`V1Service`) have a table from their attributes to the fields of the API.
- Those of lightkube have `to_dict`, the objects of kr8s `raw`, and cdk8s's `ApiObject` has `to_json`.
- What clients list is a list object of theirs, whose class says of what kind the items are.
- Pulumi's `ServiceArgs` and the like have properties that know the name of their field. The value of an
  `Output` is known only while Pulumi runs: what is given to the function of its `apply` is plain data.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeAlias, TypeGuard

from portmap._kubernetes.kinds import WORKLOAD_KINDS
from portmap._kubernetes.violations import Violation

__all__ = ["Foreign", "FromFile", "is_from_file", "plain_manifest", "several"]


class _HasDict(Protocol):
    """A model of the official client or of lightkube."""

    def to_dict(self) -> Any: ...  # noqa: ANN401 - the official client has no types


class _HasRaw(Protocol):
    """An object of kr8s."""

    @property
    def raw(self) -> Any: ...  # noqa: ANN401 - a class of its own


class _HasJson(Protocol):
    """An object of cdk8s."""

    def to_json(self) -> Any: ...  # noqa: ANN401 - as above


Foreign: TypeAlias = _HasDict | _HasRaw | _HasJson
"""An object of another library that stands for a manifest."""


class FromFile(Protocol):
    """A document as `portmap.load` has it, which the core knows by its shape, too."""

    @property
    def raw(self) -> Any: ...  # noqa: ANN401 - any JSON value

    @property
    def objects(self) -> tuple[object, ...]: ...

    @property
    def violations(self) -> tuple[Violation, ...]: ...


_TIMES: Final = frozenset(
    {"creationTimestamp", "deletionTimestamp", "time", "lastTransitionTime", "lastProbeTime", "startTime"}
)
_DEEPEST: Final = 200
_CLASS_OF_KIND: Final = re.compile(r"V\d+([A-Z]\w*)|([A-Z]\w*?)(?:Init)?Args")
_PLAIN_TYPES: Final = frozenset({dict, list, str, int, float, bool, type(None)})
_VERSIONS: Final = {kind: f"{group}/v1" if group else "v1" for group, kind in WORKLOAD_KINDS} | {"Service": "v1"}


def several(objects: object, who: str) -> Iterable[object]:
    """These objects, if they are several, and neither one alone nor the name of a file.

    Args:
        objects: What was given for objects.
        who: What it was given to, as one calls it: `lint`.

    Raises:
        TypeError: It is something else; the message says what to write.
    """
    if isinstance(objects, str) or hasattr(type(objects), "__fspath__"):
        raise TypeError(f"{who} takes objects, not the name of a file: write {who}(load({str(objects)!r}))")
    if isinstance(objects, Mapping) or not isinstance(objects, Iterable):
        raise TypeError(f"{who} takes several objects, not a {type(objects).__name__}: write a list, even of one")
    return objects


def is_from_file(given: object) -> TypeGuard[FromFile]:
    """Whether this is a document of `portmap.load`. Its class is asked: an Output of Pulumi answers for everything."""
    return all(hasattr(type(given), attribute) for attribute in ("raw", "objects", "violations"))


def plain_manifest(given: object) -> object:
    """The manifest for which an object of another library stands; anything else as it is.

    Objects that a client lists do not say of what kind they are; their classes do. The times that
    PyYAML makes of unquoted ones become text again where a time belongs.

    Raises:
        TypeError: A part of it is an `Output` of Pulumi, whose value is not known yet; or it
            has the Python names of the official client's `to_dict()`.
    """
    if type(given) is dict and _is_plain(given):
        return given
    plain = _plain(given, 0)
    kind = _kind_of(given)
    if kind is None or not isinstance(plain, Mapping):
        return plain if isinstance(plain, Mapping) else given
    manifest = {**plain}
    if not manifest.get("kind"):
        manifest = {"apiVersion": _VERSIONS.get(kind.removesuffix("List")), "kind": kind} | manifest
    return manifest


def _is_plain(given: dict[Any, Any]) -> bool:
    """Whether there is nothing to do, as far as can be seen at a glance."""
    metadata = given.get("metadata")
    if type(metadata) is not dict:
        metadata = {}
    elif "creation_timestamp" in metadata and "api_version" in given:
        raise TypeError(
            "this has the Python names of the official client's to_dict(), such as api_version: "
            "give the object itself, or what ApiClient().sanitize_for_serialization makes of it"
        )
    return _PLAIN_TYPES.issuperset(map(type, given.values())) and _PLAIN_TYPES.issuperset(map(type, metadata.values()))


def _kind_of(given: object) -> str | None:
    match = _CLASS_OF_KIND.fullmatch(type(given).__name__)
    kind = match and (match[1] or match[2])
    return kind if kind in _VERSIONS or (kind and kind.removesuffix("List") in _VERSIONS) else None


def _plain(value: Any, depth: int) -> Any:  # noqa: ANN401 - whatever other libraries have
    """The value as plain data, as far as it is of a known shape."""
    if isinstance(value, str | int | float) or value is None or depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        names = _pulumi_names(type(value)) if hasattr(type(value), "_pulumi_output_type") else {}
        return {names.get(key, key): _part(key, item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    # Classes are asked, not objects: an Output answers for every attribute.
    kind = type(value)
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
    """A part of a dict. Times stand where they belong; elsewhere, who made the dict has lost what was written."""
    if hasattr(type(value), "isoformat"):
        return _time(value) if key in _TIMES and hasattr(type(value), "utcoffset") else value
    return _plain(value, depth)


def _time(value: Any) -> str:  # noqa: ANN401 - a datetime of whatever library
    """A time as the server writes it; one that says no zone is taken for UTC, as PyYAML and the clients have it."""
    offset = value.utcoffset()
    utc = value if offset is None else value - offset
    return re.sub(r"(\.\d+)?([+-][\d:.]+)?\Z", "Z", utc.isoformat(), count=1)


def _fields_of(value: object) -> Iterable[tuple[str, object]] | None:
    """The fields of a model with their values, under the names of the API; None for what is no model."""
    kind = type(value)
    if hasattr(kind, "attribute_map") and hasattr(kind, "openapi_types"):
        names: Mapping[str, str] = kind.attribute_map
    elif hasattr(kind, "_pulumi_input_type"):
        names = _pulumi_names(kind)
    else:
        return None
    return ((name, getattr(value, attribute)) for attribute, name in names.items())


def _pulumi_names(kind: type) -> Mapping[str, str]:
    """The names of the fields for which the properties of a class of Pulumi's stand."""
    return {
        attribute: getattr(found.fget, "_pulumi_name", attribute)
        for attribute, found in vars(kind).items()
        if isinstance(found, property)
    }
