"""The result of a lookup: a port of a Service, a port of a container, or the reason why there is none."""

from typing import Any, Literal, TypeAlias, final

import attrs

from portmap._graph.object_name import ObjectName
from portmap._graph.reference import Reference
from portmap._kubernetes.field_path import FieldPath, as_path
from portmap._kubernetes.plain_data import OMITTED, inlined, plain_data, renamed, shape
from portmap._model.ports import ServicePort


@final
@attrs.frozen
class ServiceTarget:
    """A port of a Service, or the Service itself.

    Attributes:
        service: The Service.
        position: The index of the port in the Service's `ports`; `None` for the Service itself.
        port: The port; `None` for the Service itself.

    Example:
        >>> [resolved] = PortMap.of([web, pod, front]).references
        >>> [target] = resolved.targets
        >>> print(target)
        Service web 80 (http)
    """

    __module__ = "portmap"

    service: ObjectName
    position: int | None
    port: ServicePort | None = attrs.field(eq=False)

    def __str__(self) -> str:
        """Return a display name: `Service shop/web 80 (http)`."""
        if self.port is None:
            return str(self.service)
        protocol = self.port.effective_protocol
        shown = f"{self.port.port}" if protocol == "TCP" else f"{self.port.port}/{protocol}"
        return f"{self.service} {shown}" + (f" ({self.port.name})" if self.port.name else "")

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> target.as_dict()["port"]
            80
        """
        return plain_data(self)


@shape.register
def _(target: ServiceTarget) -> dict[str, object]:
    port = target.port
    return {
        **plain_data(target.service),
        "port": port and port.port,
        "portName": port and port.name,
        "protocol": port and port.effective_protocol,
    }


@final
@attrs.frozen
class ContainerTarget:
    """A port number on which the pods of a workload are reached.

    Attributes:
        workload: The workload that creates the pods: a Deployment, a Pod, …
        container: The container that declares the port; `None` if none does.
        port: The number.
        protocol: `TCP`, `UDP` or `SCTP`.
        name: The name under which the container declares it.

    Example:
        >>> [target] = PortMap.of([web, pod]).reaches("web:http")
        >>> print(target)
        Pod web-0 app 8080/TCP
    """

    __module__ = "portmap"

    workload: ObjectName = attrs.field(metadata=inlined())
    container: str | None
    port: int
    protocol: str
    name: str | None = attrs.field(default=None, eq=False, metadata=renamed("portName"))

    def __str__(self) -> str:
        """Return a display name: `Deployment shop/web app 8080/TCP`."""
        return f"{self.workload} {self.container or '(no container declares it)'} {self.port}/{self.protocol}"

    @property
    def order(self) -> tuple[tuple[str, str, str], str, int, str]:
        """The sort key.

        Example:
            >>> target.order
            (('', 'Pod', 'web-0'), 'app', 8080, 'TCP')
        """
        return self.workload.order, self.container or "", self.port, self.protocol

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> target.as_dict()["portName"]
            'http'
        """
        return plain_data(self)


Target: TypeAlias = ServiceTarget | ContainerTarget

Severity: TypeAlias = Literal["error", "warning", "info"]
"""How bad it is that something does not resolve."""


@final
@attrs.frozen
class MapMiss:
    """A Service port without endpoints, or a reference that does not resolve.

    Attributes:
        source: The object: an Ingress, a Service, a Deployment, …
        path: The path of the field that does not resolve. The constructor takes it, or its text, as `field`.
        code: The kind of miss, as listed in docs/portmap.md.
        message: The reason, with the names and ports that exist.
        hint: What was probably intended, if anything is similar.
        severity: `error`, or less if the reference or port may be right.
        because: Why it may be right.
        guess: The name that was probably intended, if the hint is about a misspelt name.

    Example:
        >>> [miss] = PortMap.of([typo, pod]).misses
        >>> str(miss.source), miss.field, miss.code
        ('Service typo', 'spec.ports[0].targetPort', 'unresolved-target-port')
        >>> miss.hint
        "did you mean 'http'?"
    """

    __module__ = "portmap"

    source: ObjectName = attrs.field(metadata=inlined())
    path: FieldPath = attrs.field(alias="field", converter=as_path)
    code: str
    message: str
    hint: str | None = None
    severity: Severity = attrs.field(default="error", kw_only=True)
    because: str | None = attrs.field(default=None, kw_only=True)
    guess: str | None = attrs.field(default=None, repr=False, metadata=OMITTED)

    @property
    def field(self) -> str:
        """The path as the server writes it; `""` is the object itself.

        Example:
            >>> miss.field
            'spec.ports[0].targetPort'
        """
        return str(self.path)

    @property
    def near(self) -> bool:
        """Whether the set has something similar.

        Example:
            >>> miss.near
            True
        """
        return self.hint is not None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON.

        Example:
            >>> miss.as_dict()["field"]
            'spec.ports[0].targetPort'
        """
        return plain_data(self)

    def __str__(self) -> str:
        text = f"{self.source}: {self.path}: {self.message}" if self.path else f"{self.source}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


@final
@attrs.frozen
class ResolvedReference:
    """A reference, and the ports that it resolves to.

    Attributes:
        reference: The reference as written in the manifest.
        targets: The ports; a reference by labels can resolve to many.
        miss: Why it does not resolve, if so.
        unknown: Why the result is unknown, if so: the object is invalid,
            or the set does not contain what it names.
        elsewhere: Where the Service is, if it is in another part of the input.

    Example:
        >>> [resolved] = PortMap.of([web, pod, front]).references
        >>> print(*resolved.targets)
        Service web 80 (http)
    """

    __module__ = "portmap"

    reference: Reference = attrs.field(metadata=inlined())
    targets: tuple[Target, ...] = ()
    miss: MapMiss | None = None
    unknown: str | None = None
    elsewhere: str | None = None

    @property
    def source(self) -> ObjectName:
        """The object that has the reference.

        Example:
            >>> print(resolved.source)
            Ingress front
        """
        return self.reference.source

    @property
    def path(self) -> FieldPath:
        """The path of the field of the reference.

        Example:
            >>> print(resolved.path)
            spec.defaultBackend.service.port.name
        """
        return self.reference.path

    @property
    def field(self) -> str:
        """The path as the server writes it.

        Example:
            >>> resolved.field
            'spec.defaultBackend.service.port.name'
        """
        return self.reference.field
