"""Which Services, workloads and ports of a set are meant by a name, and what may have been meant by a wrong one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final, TypeVar, final

from portmap._graph.items import Inventory, UnknownObject
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import Reach
from portmap._graph.target_syntax import AskedObject, is_kind
from portmap._graph.targets import ContainerTarget
from portmap._kubernetes.did_you_mean import nearest
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = ["Meant", "no_container_port"]

_MOST_NAMES: Final = 500
"""How many names are looked at for one that is spelt nearly so."""
_FoundT = TypeVar("_FoundT")


@final
class Meant:
    """The Services and workloads of an inventory by name. Services are given by their place in it.

    They are put under their names when somebody first asks for one.
    """

    def __init__(self, inventory: Inventory, reach: Reach) -> None:
        self._inventory = inventory
        self._reach = reach

    @cached_property
    def _services(self) -> Mapping[str, Mapping[str | None, tuple[int, ...]]]:
        services: dict[str, dict[str | None, list[int]]] = defaultdict(dict)
        for place, service in enumerate(self._inventory.services):
            name = self._inventory.name(service)
            services[name.name].setdefault(name.namespace, []).append(place)
        return {name: {key: tuple(each) for key, each in found.items()} for name, found in services.items()}

    @cached_property
    def _workloads(self) -> Mapping[str, Mapping[ObjectName, tuple[Workload, ...]]]:
        workloads: dict[str, dict[ObjectName, list[Workload]]] = defaultdict(dict)
        for workload in self._inventory.workloads:
            name = self._inventory.name(workload)
            workloads[name.name].setdefault(name, []).append(workload)
        return {name: {key: tuple(each) for key, each in found.items()} for name, found in workloads.items()}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of the workloads."""
        return frozenset(workload.kind for workload in self._inventory.workloads)

    def services(self, asked: AskedObject, namespace: str | None = None) -> tuple[int, ...]:
        """The Services that are meant: several, where the set has one more than once.

        Raises:
            KeyError: There is none, or it is not clear which is meant.
        """
        found = self._services.get(asked.name, {}) if is_kind(asked.kind, "Service") else {}
        if not found:
            raise KeyError(self._no_service(asked))
        return _the_one(found, f"Service {asked.name}", asked.namespace or namespace)

    def ports(self, asked: AskedObject, namespace: str | None = None) -> list[tuple[int, int]]:
        """The Services that are meant, each with the position of the port. A name of digits is a name first.

        Raises:
            KeyError: There is none, or it is not clear which is meant.
        """
        places = self.services(asked, namespace)
        services = [(place, self._inventory.services[place]) for place in places]
        if asked.container is not None:
            raise KeyError(f"{services[0][1]} has no containers: behind its name stands one port, by name or number")
        for key in ("name", "port"):
            found = [
                (place, position)
                for place, service in services
                for position, port in enumerate(service.ports)
                if (asked.port and asked.port == str(getattr(port, key)))
                or (not asked.port and len(service.ports) == 1)
            ]
            if found:
                return found
        raise KeyError(_no_port(services[0][1], asked.port, self._reach.targets[places[0]]))

    def position(self, place: int, port: ServicePort | int | str | None) -> int:
        """The place of a port among those of a Service: asked for by its place, its name or itself.

        Raises:
            KeyError: The Service has no such port, or several and none is asked for.
            TypeError: It is asked for by something else.
        """
        asked: object = port
        if isinstance(asked, bool) or not isinstance(asked, ServicePort | int | str | None):
            raise TypeError(f"a port is asked for by its place, its name or itself, not by {asked!r}")
        service = self._inventory.services[place]
        ports = service.ports
        if isinstance(port, int):
            found = [port] if 0 <= port < len(ports) else []
        elif port is None:
            found = [0] if len(ports) == 1 else []
        else:
            typed = isinstance(port, ServicePort)
            found = [each for each, own in enumerate(ports) if port == (own if typed else own.name or "")]
        if found:
            return found[0]
        raise KeyError(_no_position(service, port, self._reach.targets[place]))

    def workloads(self, asked: AskedObject, namespace: str | None = None) -> tuple[Workload, ...]:
        """The workloads that are meant: several, where the set has one more than once.

        Raises:
            KeyError: There is none, or it is not clear which is meant.
        """
        fitting: dict[str | None, tuple[Workload, ...]] = {}
        for name, several in self._workloads.get(asked.name, {}).items():
            if is_kind(asked.kind, name.kind):
                fitting[name.namespace] = (*fitting.get(name.namespace, ()), *several)
        if not fitting:
            raise KeyError(self._no_workload(asked))
        return _the_one(fitting, f"{asked.kind or 'workload'} {asked.name}", asked.namespace or namespace)

    # --- what is not there ---

    def _no_service(self, asked: AskedObject) -> str:
        unknown = _named(self._inventory.unknown, asked.name, "Service")
        if unknown is not None:
            return _why(unknown)
        workload = next(iter(self._workloads.get(asked.name, ())), None)
        guess = nearest(asked.name, islice(self._services, _MOST_NAMES))
        hint = f"; did you mean {guess!r}?" if guess else ""
        if workload is not None and not guess:
            hint = f"; there is a {workload.kind}: write '{workload.kind.lower()}/{workload.name}'"
        return f"there is no Service {asked.name!r}{hint}"

    def _no_workload(self, asked: AskedObject) -> str:
        unknown = _named(self._inventory.unknown, asked.name, asked.kind)
        if unknown is not None:
            return _why(unknown)
        other = next(iter(self._workloads.get(asked.name, ())), None)
        names = {name.name for each in self._workloads.values() for name in each if is_kind(asked.kind, name.kind)}
        guess = nearest(asked.name, islice(sorted(names), _MOST_NAMES))
        hint = f"; there is a {other.kind} of that name" if other else f"; did you mean {guess!r}?" if guess else ""
        return f"there is no {asked.kind or 'workload'} {asked.name!r}{hint}"


def no_container_port(workload: Workload, asked: str, targets: Iterable[ContainerTarget]) -> str:
    """What to say where a workload has no such port."""
    declared = list(targets)
    known = ", ".join(f"{each.container} {f'{each.name} ' if each.name else ''}{each.port}" for each in declared)
    guess = nearest(asked, (each.name for each in declared if each.name))
    hint = f"; did you mean {guess!r}?" if guess else ""
    return f"{workload} has no port or container {asked!r}: it has {known or 'none'}{hint}"


def _no_port(service: Service, port: str | None, reached: Sequence[Sequence[ContainerTarget]]) -> str:
    asked = f"which port of {service}?" if port is None else f"{service} has no port {port!r}:"
    return f"{asked} it has {_known(service)}{_port_meant(service.ports, port, reached)}"


def _no_position(
    service: Service, port: ServicePort | int | str | None, reached: Sequence[Sequence[ContainerTarget]]
) -> str:
    number = any(str(port) == str(each.port) for each in service.ports)
    hint = f"; for the port of that number, write '{service.name}:{port}'" if number else ""
    if isinstance(port, ServicePort):
        return f"{service} has no port equal to {port!r}: it has {_known(service)}"
    if isinstance(port, int):
        return f"{service} has no port in place {port}, counted from 0: it has {_known(service)}{hint}"
    if port == "":
        return f"{service} has no port without a name: it has {_known(service)}"
    return f"{_no_port(service, port, reached)}{hint}"


def _known(service: Service) -> str:
    return ", ".join(f"{each.name or 'unnamed'} {each.port}" for each in service.ports) or "none"


def _port_meant(ports: Sequence[ServicePort], port: str | None, reached: Sequence[Sequence[ContainerTarget]]) -> str:
    for each, targets in zip(ports if port else (), reached, strict=False):
        shown = f"{each.name or each.port}"
        if port == str(each.effective_target_port):
            return f"; {port} is the target port of {shown}"
        if any(port in {str(target.port), target.name} for target in targets):
            return f"; {port} is the container's port behind {shown}"
        if port == str(each.node_port):
            return f"; {port} is the node port of {shown}"
    guess = nearest(port, (each.name for each in ports if each.name)) if port else None
    return f"; did you mean {guess!r}?" if guess else ""


def _why(unknown: UnknownObject) -> str:
    first = unknown.violations[0]
    return f"{unknown.name} is invalid: {f'{first.field}: ' if first.field else ''}{first.message}"


def _named(unknown: Iterable[UnknownObject], name: str, kind: str) -> UnknownObject | None:
    return next((each for each in unknown if each.name.name == name and is_kind(kind, each.name.kind)), None)


def _the_one(found: Mapping[str | None, _FoundT], what: str, namespace: str | None) -> _FoundT:
    """What was found in the namespace that is meant.

    Raises:
        KeyError: Nothing was found there, or no namespace is meant and several have it.
    """
    if namespace in found:
        return found[namespace]
    spaces = ", ".join(sorted(each or "(none)" for each in found))
    if namespace is not None:
        if None in found:
            return found[None]
        raise KeyError(f"there is no {what} in namespace {namespace}; it is in {spaces}")
    if len(found) > 1:
        raise KeyError(f"which {what}? It is in namespaces {spaces}")
    return next(iter(found.values()))
