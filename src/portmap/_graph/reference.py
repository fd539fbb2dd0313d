"""A reference to a port as written in a manifest, and the node of the manifest from which it is read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias, final

import attrs

from portmap._graph.label_selectors import Scope
from portmap._graph.object_name import ObjectName
from portmap._kubernetes.field_path import FieldPath, Step, as_path
from portmap._kubernetes.plain_data import OMITTED, inlined, renamed

EVERY: Final = "*"
"""In a path of the reference table: every item of a list."""

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
"""How a reference resolves:

`service`: a Service by name, without a port. `service-port`: a port of a Service, by `port`
if it is an integer and by name if it is text. `endpoint-port`: the number on which a Service's
pods are reached. `selected-service-port`: by name, in Services selected by labels.
`selected-service-target`: a declared container port of the pods of such Services.
`container-port`: a port of the same container, of any protocol. `pod-port`: a port
of pods selected by labels; a number need not be declared. `declared-pod-port`: the same, but
it must be declared. `hand-written`: the Service port, by name and protocol, of manual endpoints.
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
    "rollout",
    "route",
    "service-monitor",
    "webhook",
]
"""The purpose of a reference."""


_FOR_REQUESTS: Final = frozenset({"ingress", "route", "mirror"})
_FOR_CONNECTIONS: Final = frozenset({"TCPRoute", "UDPRoute"})


def port_or_none(value: object) -> int | str | None:
    """Return a number or name; `None` for any other value, for 0 and for the empty text."""
    return value if value and (type(value) is int or isinstance(value, str)) else None


def number_or_none(value: object) -> int | None:
    """Return a number; `None` for any other value and for 0."""
    return value if value and type(value) is int else None


@final
@attrs.frozen
class PathMatch:
    """A path of HTTP requests: its type (`Exact`, `Prefix`, `PathPrefix`, …) and its value.

    Example:
        >>> backend = {"service": {"name": "web", "port": {"name": "http"}}}
        >>> paths = [{"path": "/api", "pathType": "Prefix", "backend": backend}]
        >>> ingress = {**front, "spec": {"rules": [{"host": "shop.example", "http": {"paths": paths}}]}}
        >>> [resolved] = PortMap.of([web, pod, ingress]).references
        >>> resolved.reference.paths
        (PathMatch(type='Prefix', value='/api'),)
    """

    __module__ = "portmap"

    type: str
    value: str


@final
@attrs.frozen(kw_only=True)
class Reference:
    """A field of an object that refers to a port or to a Service.

    Attributes:
        source: The object.
        path: The path of the field. The constructor takes it, or its text, as `field`.
        role: The purpose of the reference.
        lookup: How the reference resolves.
        service: The name of the Service, if it names one.
        namespace: The namespace of the target; `None` if unknown.
        port: The number or name of the port as written; `None` if left out.
        end_port: The last port of a range that begins with `port`.
        protocol: The protocol that the port must have; `None` for any.
        scopes: The objects that it selects by labels; `None`: any, also outside of the set.
        container: The container of a probe or hook.
        item: The index of the pod template that has the reference, if there are several.
        needs_grant: Whether another namespace must permit the reference (ReferenceGrant).
        hosts: The host names of the requests; none: any.
        paths: The paths of the requests; none: any.
        addresses: The addresses of manual endpoints, each with its port: `10.0.0.1:8080`.

    Example:
        >>> [resolved] = PortMap.of([web, pod, front]).references
        >>> reference = resolved.reference
        >>> str(reference.source), reference.role, reference.field
        ('Ingress front', 'ingress', 'spec.defaultBackend.service.port.name')
    """

    __module__ = "portmap"

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
        """How it matches requests: by `path` (and host), by `host` alone, or not at all.

        Example:
            >>> reference.requests
            'path'
        """
        if self.role not in _FOR_REQUESTS or self.source.kind in _FOR_CONNECTIONS:
            return None
        return "host" if self.source.kind == "TLSRoute" else "path"

    @property
    def names(self) -> str:
        """A display form of the target: `Service web port 80`, `port http of container app`.

        Example:
            >>> reference.names
            'Service web port http'
        """
        port = "" if self.port is None else f"port {self.port}"
        if self.service is not None:
            name = f"{self.namespace}/{self.service}" if self.namespace else self.service
            return f"Service {name} {port}".rstrip()
        if self.container is not None:
            return f"{port} of container {self.container}"
        return port if self.end_port is None else f"ports {self.port} to {self.end_port}"

    def __str__(self) -> str:
        return f"{self.source}: {self.path}: {self.names}"


class Node(NamedTuple):
    """A node of a manifest that a row of the reference table matches.

    Attributes:
        source: The name of the object.
        manifest: The whole manifest.
        path: The path of the node.
        parents: The nodes from the manifest down to the node itself.
    """

    source: ObjectName
    manifest: Mapping[str, Any]
    path: tuple[Step, ...]
    parents: tuple[Any, ...]

    @property
    def value(self) -> Any:  # noqa: ANN401 - any JSON value
        """The value of the node."""
        return self.parents[-1]

    def above(self, levels: int) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of the ancestor that is this many levels up."""
        return self.parents[-1 - levels]

    def field(self, *more: str) -> FieldPath:
        """Return the path of the node, or of a descendant."""
        return FieldPath(*self.path, *more)


Reader: TypeAlias = Callable[[Node], Iterator[Reference]]
"""Read the references of a node, which can have any value."""
