"""Containers and pods, reduced to what concerns their ports.

A `Pod` is either *observed*, as a client reads it from a cluster, with addresses and
conditions, or *projected*: built in Python or read from a workload's template, for the
pods that a controller will create.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, cast, final

import attrs

from portmap._apiserver.pod_rules import CONTAINER_RULES, POD_RULES
from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.labels import Labels
from portmap._kubernetes.printable import shown
from portmap._kubernetes.schema import wrong_type
from portmap._kubernetes.violations import Violation, in_order
from portmap._kubernetes.wire import labels_or_as_is, series_or_as_is, texts_or_as_is
from portmap._model.pod_fields import CONTAINER_FIELDS, POD_METADATA_FIELDS, POD_SPEC_FIELDS, POD_STATUS_FIELDS
from portmap._model.port_lookup import ContainerPortKey, container_port
from portmap._model.ports import ContainerPort
from portmap._model.representation import pretty_print, represent

PodPhase: TypeAlias = Literal["Failed", "Pending", "Running", "Succeeded", "Unknown"]

SIDECAR: Final = "Always"
"""The restart policy that makes an init container a sidecar."""


def _container_ports(value: Iterable[ContainerPort]) -> tuple[ContainerPort, ...]:
    return cast("tuple[ContainerPort, ...]", series_or_as_is(value))


@final
@attrs.frozen
class Container:
    """A container and the ports that it declares.

    Args:
        name: The name, unique in the pod.
        ports: The declared ports. If several have one name and protocol, the first counts.
        image: The image, which manifests need and portmap does not look at.
        restart_policy: `"Always"` makes an init container a sidecar, whose ports Services may name.

    Raises:
        ValidationError: An API server would refuse it. The error lists every violation.

    Source: Kubernetes API v1 Container (1.36).

    Example:
        >>> app = Container("app", image="shop/web:1", ports=[http, ContainerPort(9102, name="metrics")])
        >>> [port.name for port in app.ports]
        ['http', 'metrics']
    """

    __module__ = "portmap"

    name: str
    ports: tuple[ContainerPort, ...] = attrs.field(default=(), converter=_container_ports, kw_only=True)
    image: str | None = attrs.field(default=None, kw_only=True)
    restart_policy: str | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        found = CONTAINER_FIELDS.violations(self)
        ports: object = self.ports
        if not isinstance(ports, tuple):
            found.append(wrong_type(FieldPath("ports"), "a list of ContainerPort", ports))
        else:
            for position, port in enumerate(ports):
                if type(port) is not ContainerPort:
                    hint = f"write ContainerPort({shown(port)})" if type(port) is int else None
                    found.append(wrong_type(FieldPath("ports", position), "a ContainerPort", port, hint))
        if not found:
            found = CONTAINER_RULES.violations(self)
        if found:
            raise ValidationError(f"Container {shown(self.name)}", in_order(found), str(cluster_in_force()))

    def port(self, key: ContainerPortKey = None) -> ContainerPort:
        """Return one of the ports.

        Args:
            key: The name or number of the port, or the port itself. It can be left out if the container
                declares only one.

        Raises:
            KeyError: There is no such port, or there are several.
            TypeError: `key` is of another type. `True` is not a number.

        Example:
            >>> app.port("metrics")
            ContainerPort(9102, name='metrics')
        """
        return container_port(f"Container {self.name}", self.ports, key)

    @property
    def is_sidecar(self) -> bool:
        """True if it keeps running beside the other containers, as an init container.

        Example:
            >>> Container("proxy", restart_policy="Always").is_sidecar
            True
        """
        return self.restart_policy == SIDECAR

    def __repr__(self) -> str:
        return represent(self, "name")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        pretty_print(self, printer)


def _labels(value: Mapping[str, str] | None) -> Labels:
    labels = labels_or_as_is(value)
    return Labels() if labels is None else labels


def _containers(value: Iterable[Container]) -> tuple[Container, ...]:
    return cast("tuple[Container, ...]", series_or_as_is(value))


@final
@attrs.frozen
class Pod:
    """A pod, reduced to what Services look at.

    Args:
        name: The name.
        namespace: The namespace. `None` matches every Service.
        labels: The labels that selectors match; `None` means none.
        annotations: Kept and written back.
        containers: The containers, in order.
        init_containers: The init containers; those with restart policy Always are sidecars.
        host_network: Whether the pod uses the network of its node.
        node_name: The node that the pod runs on; `None` if unknown.
        hostname: The host name, if the pod sets one.
        subdomain: The headless Service that the pod has a DNS name under.
        addresses: The observed IP addresses. `None`: the pod is projected, and counts
            as running and ready. `()`: it was observed and has no address yet.
        phase: The observed phase: `"Running"`, `"Pending"`, …; `None` if unknown.
        ready: Whether the pod was observed to be ready.
        deletion_timestamp: When its deletion began, in RFC 3339.
        template: Whether it is the template of a workload. A server fills in the host ports
            of pods, not those of templates.

    Raises:
        ValidationError: An API server would refuse its ports. The error lists every violation.

    A pod with a phase or readiness is an observed one, and has no addresses if none are given.
    Source: Kubernetes API v1 Pod (1.36).

    Example:
        >>> ready = Pod("web-0", labels={"app": "web"}, containers=pod.containers, addresses=["10.0.0.7"])
        >>> resolve(web, [ready]).endpoints("http")[0].addresses
        ('10.0.0.7',)
    """

    __module__ = "portmap"

    name: str
    namespace: str | None = attrs.field(default=None, kw_only=True)
    labels: Mapping[str, str] = attrs.field(factory=Labels, converter=_labels, kw_only=True)
    annotations: Mapping[str, str] | None = attrs.field(default=None, converter=labels_or_as_is, kw_only=True)
    containers: tuple[Container, ...] = attrs.field(default=(), converter=_containers, kw_only=True)
    init_containers: tuple[Container, ...] = attrs.field(default=(), converter=_containers, kw_only=True)
    host_network: bool | None = attrs.field(default=None, kw_only=True)
    node_name: str | None = attrs.field(default=None, kw_only=True)
    hostname: str | None = attrs.field(default=None, kw_only=True)
    subdomain: str | None = attrs.field(default=None, kw_only=True)
    addresses: tuple[str, ...] | None = attrs.field(default=None, converter=texts_or_as_is, kw_only=True)
    phase: PodPhase | None = attrs.field(default=None, kw_only=True)
    ready: bool | None = attrs.field(default=None, kw_only=True)
    deletion_timestamp: str | None = attrs.field(default=None, kw_only=True)
    template: bool = attrs.field(default=False, kw_only=True, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.addresses is None and (self.phase is not None or self.ready is not None):
            object.__setattr__(self, "addresses", ())
        found = POD_METADATA_FIELDS.violations(self, FieldPath("metadata"))
        found += POD_SPEC_FIELDS.violations(self, FieldPath("spec"))
        found += POD_STATUS_FIELDS.violations(self, FieldPath("status"))
        for attribute, field in (("containers", "containers"), ("init_containers", "initContainers")):
            found += container_type_violations(getattr(self, attribute), FieldPath("spec", field))
        if not found:
            found = POD_RULES.violations(self)
        if found:
            raise ValidationError(str(self), in_order(found), str(cluster_in_force()))

    def port(self, key: ContainerPortKey = None) -> ContainerPort:
        """Return one of the ports that the containers and sidecars declare.

        The arguments and errors are those of `Container.port`.

        Example:
            >>> pod.port()
            ContainerPort(8080, name='http')
        """
        declared = [port for container in self.port_containers for port in container.ports]
        return container_port(self, declared, key)

    @property
    def is_projected(self) -> bool:
        """True if nothing of it was observed: it describes pods that a controller will create.

        Example:
            >>> ready.is_projected, pod.is_projected
            (False, True)
        """
        return self.addresses is None

    @property
    def is_terminating(self) -> bool:
        """True if it is being deleted.

        Example:
            >>> Pod("web-0", deletion_timestamp="2026-01-01T00:00:00Z").is_terminating
            True
        """
        return self.deletion_timestamp is not None

    @property
    def sidecars(self) -> tuple[Container, ...]:
        """The init containers that keep running beside the other containers.

        Example:
            >>> proxy = Container("proxy", restart_policy="Always")
            >>> meshed = Pod("web-0", containers=[Container("app")], init_containers=[Container("migrate"), proxy])
            >>> [container.name for container in meshed.sidecars]
            ['proxy']
        """
        return (
            tuple(container for container in self.init_containers if container.is_sidecar)
            if self.init_containers
            else ()
        )

    @property
    def port_containers(self) -> tuple[Container, ...]:
        """The containers in which a named port is looked up, in this order.

        Example:
            >>> proxy = Container("proxy", restart_policy="Always")
            >>> meshed = Pod("web-0", containers=[Container("app")], init_containers=[Container("migrate"), proxy])
            >>> [container.name for container in meshed.port_containers]
            ['app', 'proxy']
        """
        return self.containers + self.sidecars if self.init_containers else self.containers

    def __str__(self) -> str:
        """Return the name for messages: `Pod shop/web-0`."""
        return f"Pod {shown(self.namespace)}/{shown(self.name)}" if self.namespace else f"Pod {shown(self.name)}"

    def __repr__(self) -> str:
        return represent(self, "name")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - the signature that IPython calls
        pretty_print(self, printer)


def container_type_violations(containers: object, path: FieldPath) -> list[Violation]:
    """Return why a value is not a tuple of containers."""
    if not isinstance(containers, tuple):
        return [wrong_type(path, "a list of Container", containers)]
    values = cast("tuple[object, ...]", containers)
    return [
        wrong_type(path.index(position), "a Container", value)
        for position, value in enumerate(values)
        if type(value) is not Container
    ]
