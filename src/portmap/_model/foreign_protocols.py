"""Objects of other Kubernetes libraries, and documents of files, by their attributes."""

from typing import Any, Protocol, TypeAlias, TypeGuard

from portmap._kubernetes.violations import Violation


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
"""An object of another library that has a manifest."""


class DocumentLike(Protocol):
    """A document of `portmap.load`, whose class is in a higher room."""

    @property
    def raw(self) -> Any: ...  # noqa: ANN401 - any JSON value

    @property
    def objects(self) -> tuple[object, ...]: ...

    @property
    def violations(self) -> tuple[Violation, ...]: ...


def is_document(value: object) -> TypeGuard[DocumentLike]:
    """Return whether a value is a document of `portmap.load`."""
    # An Output of Pulumi has every attribute, its class has not.
    return all(hasattr(type(value), attribute) for attribute in ("raw", "objects", "violations"))
