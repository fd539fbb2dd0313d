"""Find the Services, ports and workloads that a user names."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import final

import attrs

from portmap._graph.inventory import UnknownObject
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode
from portmap._graph.targets import ContainerTarget
from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.kinds import known_kinds
from portmap._kubernetes.target_syntax import NamedObjects, ObjectTarget, is_kind, parse_object
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload


@final
class UserNames:
    """The Services and workloads of a graph by the names that users write.

    Args:
        services: The Services.
        workloads: The workloads with their names.
        unknown: The objects that the API server would refuse.
    """

    def __init__(
        self,
        services: Sequence[ServiceNode],
        workloads: Sequence[tuple[Workload, ObjectName]],
        unknown: Iterable[UnknownObject],
    ) -> None:
        self._services = services
        self._workloads = workloads
        self._unknown = unknown

    @cached_property
    def _named_services(self) -> NamedObjects:
        return NamedObjects((node.name.kind, node.name.namespace, node.name.name) for node in self._services)

    @cached_property
    def _named_workloads(self) -> NamedObjects:
        return NamedObjects((name.kind, name.namespace, name.name) for _, name in self._workloads)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of objects that have ports."""
        return frozenset(known_kinds()) | {"Service"} | {name.kind for _, name in self._workloads}

    def parse(self, text: str) -> ObjectTarget:
        """Parse an object and optionally its port.

        Raises:
            ValueError: The text does not have this form, or names a kind without ports.
        """
        return parse_object(text, self.kinds)

    def services(self, target: ObjectTarget, namespace: str | None = None) -> Sequence[ServiceNode]:
        """Return the Services that a target names: several, if the input has more than one in one namespace.

        Raises:
            KeyError: There is none, or several namespaces have one.
        """
        if not is_kind(target.kind, "Service"):
            raise KeyError(f"{target.kind}/{target.name} is not a Service")
        service = attrs.evolve(target, kind="Service")
        self._check_known(service)
        try:
            return [self._services[position] for position in self._named_services.find(service, namespace)]
        except KeyError as error:
            raise KeyError(error.args[0] + self._workload_hint(target, error.args[0])) from None

    def _workload_hint(self, target: ObjectTarget, message: str) -> str:
        """Return how to write a workload that has the name of a Service that does not exist."""
        kinds = (name.kind for _, name in self._workloads if name.name == target.name)
        kind = None if ";" in message else next(kinds, None)
        return "" if kind is None else f"; there is a {kind}: write '{kind.lower()}/{target.name}'"

    def workloads(self, target: ObjectTarget, namespace: str | None = None) -> list[tuple[Workload, ObjectName]]:
        """Return the workloads that a target names: several, if the input has more than one in one namespace.

        Raises:
            KeyError: There is none, or several namespaces have one.
        """
        self._check_known(target)
        return [self._workloads[position] for position in self._named_workloads.find(target, namespace)]

    def _check_known(self, target: ObjectTarget) -> None:
        for unknown in self._unknown:
            name = unknown.name
            if name.name == target.name and is_kind(target.kind, name.kind) and not self._exists(target):
                first = unknown.violations[0]
                raise KeyError(f"{name} is invalid: {f'{first.field}: ' if first.field else ''}{first.message}")

    def _exists(self, target: ObjectTarget) -> bool:
        names = [*(node.name for node in self._services), *(name for _, name in self._workloads)]
        return any(name.name == target.name and is_kind(target.kind, name.kind) for name in names)

    # --- ports ---

    def ports(self, target: ObjectTarget, namespace: str | None = None) -> list[tuple[ServiceNode, int]]:
        """Return the Service ports that a target names, each as a Service and a position.

        A port of digits is a name first.

        Raises:
            KeyError: There is no such Service or port, or several namespaces have the Service.
        """
        services = self.services(target, namespace)
        if target.container is not None:
            raise KeyError(f"{services[0].name} has no containers: write one port after its name, by name or number")
        for key in ("name", "port"):
            found = [
                (node, position)
                for node in services
                for position, port in enumerate(node.service.ports)
                if (target.port and target.port == str(getattr(port, key)))
                or (not target.port and len(node.service.ports) == 1)
            ]
            if found:
                return found
        raise KeyError(_no_port(services[0], target.port))

    @staticmethod
    def position(node: ServiceNode, port: ServicePort | int | str | None) -> int:
        """Return the position of a port in its Service. A number is a position, not a port number.

        Raises:
            KeyError: The Service has no such port, or has several and `port` is left out.
            TypeError: `port` has another type.
        """
        wanted: object = port
        if isinstance(wanted, bool) or not isinstance(wanted, ServicePort | int | str | None):
            raise TypeError(f"port must be a position, a name or a ServicePort, not {wanted!r}")
        ports = node.service.ports
        if isinstance(port, int):
            found = [port] if 0 <= port < len(ports) else []
        elif port is None:
            found = [0] if len(ports) == 1 else []
        else:
            typed = isinstance(port, ServicePort)
            found = [position for position, own in enumerate(ports) if port == (own if typed else own.name or "")]
        if found:
            return found[0]
        raise KeyError(_no_position(node, port))


def no_container_port(workload: ObjectName, wanted: str, targets: Iterable[ContainerTarget]) -> str:
    """Return the message for a port or container that a workload does not have."""
    declared = list(targets)
    known = ", ".join(
        f"{target.container} {f'{target.name} ' if target.name else ''}{target.port}" for target in declared
    )
    guess = nearest(wanted, (target.name for target in declared if target.name))
    hint = f"; did you mean {guess!r}?" if guess else ""
    return f"{workload} has no port or container {wanted!r}: it has {known or 'none'}{hint}"


def _no_port(node: ServiceNode, port: str | None) -> str:
    question = f"which port of {node.name}?" if port is None else f"{node.name} has no port {port!r}:"
    return f"{question} it has {_ports_of(node.service)}{_near_port(node, port)}"


def _no_position(node: ServiceNode, port: ServicePort | int | str | None) -> str:
    service = node.service
    is_number = any(str(port) == str(own.port) for own in service.ports)
    hint = f"; for the port of that number, write '{service.name}:{port}'" if is_number else ""
    if isinstance(port, ServicePort):
        return f"{service} has no port equal to {port!r}: it has {_ports_of(service)}"
    if isinstance(port, int):
        return f"{service} has no port at position {port}, counted from 0: it has {_ports_of(service)}{hint}"
    if port == "":
        return f"{service} has no port without a name: it has {_ports_of(service)}"
    return f"{_no_port(node, port)}{hint}"


def _ports_of(service: Service) -> str:
    return ", ".join(f"{port.name or 'unnamed'} {port.port}" for port in service.ports) or "none"


def _near_port(node: ServiceNode, port: str | None) -> str:
    if port is None:
        return ""
    for own, targets in zip(node.service.ports, node.targets, strict=True):
        shown = f"{own.name or own.port}"
        if port == str(own.effective_target_port):
            return f"; {port} is the target port of {shown}"
        if any(port in {str(target.port), target.name} for target in targets):
            return f"; {port} is the container port of {shown}"
        if port == str(own.node_port):
            return f"; {port} is the node port of {shown}"
    guess = nearest(port, (own.name for own in node.service.ports if own.name))
    return f"; did you mean {guess!r}?" if guess else ""
