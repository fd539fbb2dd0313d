"""Typed objects as plain data: authored values only, as an API server fills in the defaults."""

from typing import TYPE_CHECKING, Any

from portmap._kubernetes.printable import safe_repr
from portmap._model.plain_objects import writer_of

if TYPE_CHECKING:
    from portmap._model.pods import Container, Pod
    from portmap._model.ports import ContainerPort, ServicePort
    from portmap._model.services import Service


def to_manifest(subject: "Service | ServicePort | Pod | Container | ContainerPort") -> dict[str, Any]:
    """Return an object as plain data, under the names that Kubernetes gives its fields.

    A `Service` or `Pod` becomes a whole manifest. A `ContainerPort`, `Container` or
    `ServicePort` becomes the fragment of a manifest that describes it.

    Args:
        subject: The object.

    Returns:
        A new dict of plain values, which the caller may change.

    Raises:
        TypeError: It is an object of another class.

    Example:
        >>> app = Container("app", image="shop/web:1", ports=[http])
        >>> to_manifest(app) | {"tty": True}
        {'name': 'app', 'image': 'shop/web:1', 'ports': [{'name': 'http', 'containerPort': 8080}], 'tty': True}
    """
    write = writer_of(type(subject))
    if write is None:
        raise TypeError(
            f"to_manifest takes a Service, ServicePort, Pod, Container or ContainerPort, not {safe_repr(subject)}"
        )
    return write(subject)
