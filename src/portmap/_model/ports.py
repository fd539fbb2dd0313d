"""Container ports and Service ports.

Rules that concern several ports of one Service or pod belong to Services and pods.
"""

from typing import Any, NoReturn, Self, final

import attrs

from portmap._apiserver.container_port_schema import CONTAINER_PORT, CONTAINER_PORT_FIELDS
from portmap._apiserver.pod_rules import CONTAINER_PORT_RULES
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._apiserver.service_schema import SERVICE_PORT, SERVICE_PORT_FIELDS
from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.enums import DEFAULT_PROTOCOL, Protocol
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.opaque import Opaque
from portmap._kubernetes.printable import safe_repr
from portmap._kubernetes.violations import Violation, in_order, quote
from portmap._kubernetes.wire import opaque_or_as_is, unmodelled_violations
from portmap._model.container_port_references import ContainerPortReferences
from portmap._model.representation import pretty_print, represent


def _refuse(kind: str, number: object, violations: list[Violation]) -> NoReturn:
    raise ValidationError(f"{kind} {quote(number)}", in_order(violations), str(cluster_in_force()))


@final
@attrs.frozen
class ContainerPort(ContainerPortReferences):
    """A port that a container declares.

    A declared port has a name that Services, probes and NetworkPolicies can refer to.
    A container that listens on a port without declaring it is reachable by number only.

    Args:
        container_port: The number, 1 to 65535.
        name: At most 15 of a-z, 0-9 and single hyphens, with a letter; unique in its container.
        protocol: `"TCP"`, `"UDP"` or `"SCTP"`. The default is TCP.
        host_port: A port of the node that leads to this one, 1 to 65535; rarely needed.
        host_ip: The address of the node for `host_port`. The default is every address.
        unmodelled: The parts of a manifest that have no attribute.

    Raises:
        ValidationError: An API server would refuse it. The error lists every violation.

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

    def __attrs_post_init__(self) -> None:
        if self.unmodelled is not None and (found := unmodelled_violations(self, CONTAINER_PORT)):
            _refuse("ContainerPort", self.container_port, found)
        found = CONTAINER_PORT_FIELDS.violations(self) or CONTAINER_PORT_RULES.violations(self)
        if found:
            _refuse("ContainerPort", self.container_port, found)

    @property
    def effective_protocol(self) -> Protocol:
        """The protocol, with its default.

        Example:
            >>> ContainerPort(8080).effective_protocol
            'TCP'
        """
        return self.protocol or DEFAULT_PROTOCOL

    def __repr__(self) -> str:
        return represent(self, "container_port")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        pretty_print(self, printer)


@final
@attrs.frozen
class ServicePort:
    """A port of a Service: the number that clients connect to, and the container port that it leads to.

    Args:
        port: The number that clients connect to, 1 to 65535.
        name: A DNS label of at most 63 characters, unique in the Service; required
            if the Service has several ports. Endpoints, DNS SRV records,
            Ingresses and ServiceMonitors refer to the port by it.
        protocol: `"TCP"`, `"UDP"` or `"SCTP"`. The default is TCP.
        app_protocol: The application protocol, such as `"http"` or
            `"kubernetes.io/h2c"`: a hint for proxies and meshes.
        target_port: The port of the pod: a number, or the name of a container
            port, which is looked up in each pod. The default is the number of `port`.
        node_port: The port of every node, for types NodePort and LoadBalancer. By default
            the cluster picks one. It lies in the cluster's node port range, 30000-32767
            unless the cluster sets another.
        unmodelled: The parts of a manifest that have no attribute.

    Raises:
        ValidationError: An API server would refuse it. The error lists every violation.

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

    def __attrs_post_init__(self) -> None:
        if self.unmodelled is None and SERVICE_PORT_FIELDS.are_valid(SERVICE_PORT_FIELDS.values(self)):
            return
        if self.unmodelled is not None and (found := unmodelled_violations(self, SERVICE_PORT)):
            _refuse("ServicePort", self.port, found)
        found = SERVICE_PORT_FIELDS.violations(self) or SERVICE_PORT_RULES.violations(self)
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
        """Return a Service port that leads to a container port.

        It refers to the container port by name, or by number if it has no name, and
        has the same protocol. No reference is kept: the result is a plain `ServicePort`.

        Args:
            container_port: The container port.
            port: The number that clients connect to, 1 to 65535.
            name: The name of the Service port. The default is that of the container port.
            app_protocol: As in `ServicePort`.
            node_port: As in `ServicePort`.

        Raises:
            ValidationError: An API server would refuse it.

        Example:
            >>> ServicePort.targeting(http, port=80)
            ServicePort(80, name='http', target_port='http')
        """
        target: object = container_port
        if not isinstance(target, ContainerPort):
            raise TypeError(
                f"targeting takes a ContainerPort, not {safe_repr(target)}; give a name or number as target_port"
            )
        return cls(
            port,
            name=container_port.name if name is None else name,
            protocol=container_port.protocol,
            app_protocol=app_protocol,
            target_port=container_port.name or container_port.container_port,
            node_port=node_port,
        )

    @property
    def effective_protocol(self) -> Protocol:
        """The protocol, with its default.

        Example:
            >>> ServicePort(80).effective_protocol
            'TCP'
        """
        return self.protocol or DEFAULT_PROTOCOL

    @property
    def effective_target_port(self) -> int | str:
        """The target port; the number of `port` if it is absent, 0 or empty.

        Example:
            >>> ServicePort(80).effective_target_port
            80
        """
        return self.target_port or self.port

    def __repr__(self) -> str:
        return represent(self, "port")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        pretty_print(self, printer)
