"""Container ports and Service ports: the values.

What several ports of one Service or pod must agree on stands with Services and pods.
"""

from collections.abc import Collection
from typing import Any, ClassVar, NoReturn, Self, final

import attrs

from portmap._apiserver.container_port_schema import CONTAINER_PORT, CONTAINER_PORT_FIELDS
from portmap._apiserver.pod_rules import CONTAINER_PORT_RULES
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.service_schema import SERVICE_PORT, SERVICE_PORT_FIELDS
from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.enums import DEFAULT_PROTOCOL, Protocol
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.opaque import Opaque
from portmap._kubernetes.violations import Violation, in_order, quote
from portmap._kubernetes.wire import FieldTable, opaque_or_as_is, unmodelled_violations

__all__ = ["ContainerPort", "ServicePort"]

# --- the values ------------------------------------------------------------------------------------------------


def _refuse(kind: str, number: object, violations: list[Violation]) -> NoReturn:
    raise ValidationError(f"{kind} {quote(number)}", in_order(violations), str(cluster_in_force()))


@final
@attrs.frozen
class ContainerPort:
    """A port on which a container listens.

    Declaring it is what lets a Service, a probe or a NetworkPolicy refer to it by
    name; a container that listens on a port it does not declare can be reached by
    number all the same.

    Args:
        container_port: The number, 1 to 65535.
        name: At most 15 of a-z, 0-9 and single hyphens, with a letter; unique in its container.
        protocol: `"TCP"`, `"UDP"` or `"SCTP"`; left out, TCP.
        host_port: The same port on the node's own address, 1 to 65535; rarely wanted.
        host_ip: The node's address on which `host_port` is bound; left out, all of them.
        unmodelled: What a manifest said about it that has no attribute here.

    Raises:
        ValidationError: The API server would refuse it; it lists every violation.

    Source: Kubernetes API v1 ContainerPort (1.36).

    Example:
        >>> ContainerPort(8080, name="http")
        ContainerPort(8080, name='http')
        >>> ContainerPort(8080, name="prometheus-metrics")
        Traceback (most recent call last):
            ...
        portmap.ValidationError: ContainerPort 8080 is invalid for Kubernetes 1.36: 1 violation
          name: Invalid value: "prometheus-metrics": must be no more than 15 characters  [container-port-name-syntax]
              hint: for instance 'prometheus'
    """

    __module__ = "portmap"

    container_port: int
    name: str | None = attrs.field(default=None, kw_only=True)
    protocol: Protocol | None = attrs.field(default=None, kw_only=True)
    host_port: int | None = attrs.field(default=None, kw_only=True)
    host_ip: str | None = attrs.field(default=None, kw_only=True)
    unmodelled: Opaque | None = attrs.field(default=None, converter=opaque_or_as_is, kw_only=True, repr=False)

    WIRE: ClassVar[FieldTable] = CONTAINER_PORT_FIELDS

    def __attrs_post_init__(self) -> None:
        if self.unmodelled is not None and (found := unmodelled_violations(self, CONTAINER_PORT)):
            _refuse("ContainerPort", self.container_port, found)
        found = self.WIRE.violations(self) or CONTAINER_PORT_RULES.violations(self)
        if found:
            _refuse("ContainerPort", self.container_port, found)

    @property
    def effective_protocol(self) -> str:
        """The protocol, `TCP` where none was given.

        Example:
            >>> ContainerPort(8080).effective_protocol
            'TCP'
        """
        return self.protocol or DEFAULT_PROTOCOL

    def __repr__(self) -> str:
        return shown(self, "container_port")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - as they ask
        printed(self, printer)


@final
@attrs.frozen
class ServicePort:
    """A port of a Service: what clients dial, and where it leads.

    Args:
        port: What clients dial, 1 to 65535.
        name: A DNS label of at most 63 characters, unique in the Service; required
            where the Service has several ports. Endpoints, DNS SRV records,
            Ingresses and ServiceMonitors refer to the port by it.
        protocol: `"TCP"`, `"UDP"` or `"SCTP"`; left out, TCP.
        app_protocol: What is spoken over it, such as `"http"` or
            `"kubernetes.io/h2c"`: a hint for proxies and meshes.
        target_port: Where the pod listens: a number, or the name of a container
            port, which is looked up in each pod. Left out, the number of `port`.
        node_port: The port on every node, for types NodePort and LoadBalancer;
            left out, the cluster picks one. In a range that the cluster's
            administrator sets, 30000-32767 by default.
        unmodelled: What a manifest said about it that has no attribute here.

    Raises:
        ValidationError: The API server would refuse it; it lists every violation.

    Source: Kubernetes API v1 ServicePort (1.36).

    Example:
        >>> ServicePort(80, name="http", target_port="http")
        ServicePort(80, name='http', target_port='http')
        >>> ServicePort(80, target_port="8080")
        Traceback (most recent call last):
            ...
        portmap.ValidationError: ServicePort 80 is invalid for Kubernetes 1.36: 1 violation
          targetPort: Invalid value: "8080": must contain at least one letter (a-z)  [target-port-name-syntax]
              hint: for port number 8080 write the integer, without quotes
    """

    __module__ = "portmap"

    port: int
    name: str | None = attrs.field(default=None, kw_only=True)
    protocol: Protocol | None = attrs.field(default=None, kw_only=True)
    app_protocol: str | None = attrs.field(default=None, kw_only=True)
    target_port: int | str | None = attrs.field(default=None, kw_only=True)
    node_port: int | None = attrs.field(default=None, kw_only=True)
    unmodelled: Opaque | None = attrs.field(default=None, converter=opaque_or_as_is, kw_only=True, repr=False)

    WIRE: ClassVar[FieldTable] = SERVICE_PORT_FIELDS

    def __attrs_post_init__(self) -> None:
        if self.unmodelled is not None and (found := unmodelled_violations(self, SERVICE_PORT)):
            _refuse("ServicePort", self.port, found)
        found = self.WIRE.violations(self) or SERVICE_PORT_RULES.violations(self)
        if found:
            _refuse("ServicePort", self.port, found)

    @classmethod
    def targeting(
        cls,
        container_port: ContainerPort,
        *,
        port: int,
        name: str | None = None,
        app_protocol: str | None = None,
        node_port: int | None = None,
    ) -> Self:
        """A Service port that leads to this container port.

        It points at the container port by name, or by number if it has none, and
        takes over its protocol, so that the two cannot disagree. No reference is
        kept: the result is a plain `ServicePort`.

        Args:
            container_port: Where it leads.
            port: What clients dial, 1 to 65535.
            name: The Service port's own name; left out, the container port's.
            app_protocol: As in `ServicePort`.
            node_port: As in `ServicePort`.

        Raises:
            ValidationError: The API server would refuse it.

        Example:
            >>> ServicePort.targeting(http, port=80)
            ServicePort(80, name='http', target_port='http')
        """
        target: object = container_port
        if not isinstance(target, ContainerPort):
            raise TypeError(f"targeting takes a ContainerPort, not {target!r}; give a name or number as target_port")
        return cls(
            port,
            name=container_port.name if name is None else name,
            protocol=container_port.protocol,
            app_protocol=app_protocol,
            target_port=container_port.name or container_port.container_port,
            node_port=node_port,
        )

    @property
    def effective_protocol(self) -> str:
        """The protocol, `TCP` where none was given.

        Example:
            >>> ServicePort(80).effective_protocol
            'TCP'
        """
        return self.protocol or DEFAULT_PROTOCOL

    @property
    def effective_target_port(self) -> int | str:
        """Where it leads: `target_port`, or the number of `port` where that is left out, 0 or empty.

        Example:
            >>> ServicePort(80).effective_target_port
            80
        """
        return self.target_port or self.port

    def __repr__(self) -> str:
        return shown(self, "port")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - as they ask
        printed(self, printer)


def _left_out(value: Any, field: "attrs.Attribute[Any]") -> bool:  # noqa: ANN401 - as below
    default: Any = field.default
    factory = getattr(default, "factory", None)
    return bool(getattr(value, field.name) == (default if factory is None else factory()))


def shown(value: Any, subject: str) -> str:  # noqa: ANN401 - any of the frozen classes
    """A repr with the subject first and only what was authored after it."""
    rest = [
        f"{field.name}={getattr(value, field.name)!r}"
        for field in attrs.fields(type(value))
        if field.repr and field.name != subject and not _left_out(value, field)
    ]
    return f"{type(value).__name__}({', '.join([repr(getattr(value, subject)), *rest])})"


def printed(value: Any, printer: Any, *, also: Collection[str] = ()) -> None:  # noqa: ANN401 - as in `shown`
    """The same in lines, for `_repr_pretty_`, by which Hypothesis and IPython print: they would print every field.

    Args:
        value: The object.
        printer: Theirs, a pretty printer as that of IPython.
        also: Fields that the repr leaves out, and this does not.
    """
    wanted = [
        field
        for field in attrs.fields(type(value))
        if not field.kw_only or ((field.repr or field.name in also) and not _left_out(value, field))
    ]
    with printer.group(4, f"{type(value).__name__}(", ")"):
        for place, field in enumerate(wanted):
            if place:
                printer.text(",")
                printer.breakable()
            printer.text(f"{field.name}=" if field.kw_only else "")
            printer.pretty(getattr(value, field.name))
