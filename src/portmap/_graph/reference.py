"""One reference to a port, as it was written; and the place in a manifest where it was found."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias, final

import attrs

from portmap._graph.label_selectors import Scope
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.field_path import FieldPath, Step, as_path
from portmap._kubernetes.plain_data import OMITTED, inlined, renamed

__all__ = ["EVERY", "Found", "Lookup", "PathMatch", "Reader", "Reference", "Role", "number_or_none", "port_or_none"]

EVERY: Final = "*"
"""In a path of the table: every item of the list."""

Lookup: TypeAlias = Literal[
    "service",
    "service-port",
    "endpoint-port",
    "selected-service-port",
    "selected-service-target",
    "container-port",
    "pod-port",
    "declared-pod-port",
    "hand-written",
]
"""How a reference is looked up:

`service`: a Service by name, no port. `service-port`: a port of a Service, an integer
being its `port` and a text its name. `endpoint-port`: the number on which a Service's
pods are reached. `selected-service-port`: by name, in Services found by labels.
`selected-service-target`: a declared container port of the pods behind such Services.
`container-port`: a port of the same container, whatever its protocol. `pod-port`: a port
of pods found by labels; a number need not be declared. `declared-pod-port`: one that must
be. `hand-written`: the Service port, by name and protocol, that endpoints written by hand stand for.
"""

Role: TypeAlias = Literal[
    "api-service",
    "conversion",
    "endpoints",
    "governing-service",
    "hook",
    "ingress",
    "mirror",
    "network-policy",
    "parent",
    "pod-monitor",
    "probe",
    "route",
    "service-monitor",
    "webhook",
]
"""What a reference is for."""


_FOR_REQUESTS: Final = frozenset({"ingress", "route", "mirror"})
_FOR_CONNECTIONS: Final = frozenset({"TCPRoute", "UDPRoute"})


def port_or_none(value: object) -> int | str | None:
    """A number or name; nothing where it is neither. The empty text and 0 stand for nothing."""
    return value if value and (type(value) is int or isinstance(value, str)) else None


def number_or_none(value: object) -> int | None:
    """A number; nothing where it is none, or 0."""
    return value if value and type(value) is int else None


@final
@attrs.frozen
class PathMatch:
    """A path of HTTP requests: its type as the API has it (`Exact`, `Prefix`, `PathPrefix`, …) and its value.

    Example:
        >>> backend = {"service": {"name": "web", "port": {"name": "http"}}}
        >>> paths = [{"path": "/api", "pathType": "Prefix", "backend": backend}]
        >>> ingress = {**front, "spec": {"rules": [{"host": "shop.example", "http": {"paths": paths}}]}}
        >>> [resolved] = PortMap.of([web, pod, ingress]).references
        >>> resolved.reference.paths
        (PathMatch(type='Prefix', value='/api'),)
    """

    type: str
    value: str


@final
@attrs.frozen(kw_only=True)
class Reference:
    """A place where an object refers to a port, or to a Service.

    Attributes:
        source: The object.
        path: The path of the field. The constructor takes it, or its text, as `field`.
        role: What it is for.
        lookup: How it is looked up.
        service: The name of the Service, where it names one.
        namespace: The namespace of what it names; `None` if unknown.
        port: The port, as it was written: a number or a name. `None` where none was given.
        end_port: The last port of a range that begins with `port`.
        protocol: The protocol that the port must have; `None` where it does not matter.
        scopes: Where it finds objects by their labels; `None`: anywhere, in the set or beyond it.
        container: The container that it is in, for probes and hooks.
        item: Which of several pod templates it is in.
        needs_grant: Whether the namespace of the Service, if it is another, must let it in (ReferenceGrant).
        hosts: The host names of the requests that it is for; none: any.
        paths: The paths of the requests that it is for; none: any.
        addresses: Where endpoints written by hand lead, each with its port: `10.0.0.1:8080`.

    Example:
        >>> [resolved] = PortMap.of([web, pod, front]).references
        >>> reference = resolved.reference
        >>> str(reference.source), reference.role, reference.field
        ('Ingress front', 'ingress', 'spec.defaultBackend.service.port.name')
    """

    source: ObjectName = attrs.field(metadata=inlined())
    path: FieldPath = attrs.field(alias="field", converter=as_path)
    role: Role
    lookup: Lookup = attrs.field(metadata=OMITTED)
    service: str | None = None
    namespace: str | None = attrs.field(default=None, metadata=renamed("serviceNamespace"))
    port: int | str | None = None
    end_port: int | None = None
    protocol: str | None = "TCP"
    scopes: tuple[Scope, ...] | None = attrs.field(default=(), metadata=OMITTED)
    container: str | None = None
    item: int | None = attrs.field(default=None, repr=False, metadata=OMITTED)
    needs_grant: bool = attrs.field(default=False, metadata=OMITTED)
    hosts: tuple[str, ...] = ()
    paths: tuple[PathMatch, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The path as the server writes it: `spec.rules[0].http.paths[0].backend.service.port.number`.

        Example:
            >>> reference.field
            'spec.defaultBackend.service.port.name'
        """
        return str(self.path)

    @property
    def requests(self) -> str | None:
        """What of requests it goes by: their `path`, and their host; their `host` alone; or neither.

        Example:
            >>> reference.requests
            'path'
        """
        if self.role not in _FOR_REQUESTS or self.source.kind in _FOR_CONNECTIONS:
            return None
        return "host" if self.source.kind == "TLSRoute" else "path"

    @property
    def names(self) -> str:
        """What it names, for people: `Service web port 80`, `port http of container app`.

        Example:
            >>> reference.names
            'Service web port http'
        """
        port = "" if self.port is None else f"port {self.port}"
        if self.service is not None:
            named = f"{self.namespace}/{self.service}" if self.namespace else self.service
            return f"Service {named} {port}".rstrip()
        if self.container is not None:
            return f"{port} of container {self.container}"
        return port if self.end_port is None else f"ports {self.port} to {self.end_port}"

    def __str__(self) -> str:
        return f"{self.source}: {self.path}: {self.names}"


class Found(NamedTuple):
    """A place in a manifest to which a row of the table leads.

    Attributes:
        source: The object.
        manifest: All of it.
        path: The place.
        parents: What stands there, and before it all that it is in, from the object down.
    """

    source: ObjectName
    manifest: Mapping[str, Any]
    path: tuple[Step, ...]
    parents: tuple[Any, ...]

    @property
    def node(self) -> Any:  # noqa: ANN401 - any JSON value
        """What stands there."""
        return self.parents[-1]

    def above(self, levels: int) -> Any:  # noqa: ANN401 - any JSON value
        """What it is in, so many levels up."""
        return self.parents[-1 - levels]

    def field(self, *more: str) -> FieldPath:
        """Return the path of the place, or of a field below it."""
        return FieldPath(*self.path, *more)


Reader: TypeAlias = Callable[[Found], Iterator[Reference]]
"""Reads what stands in a place; anything may stand there."""
