"""The references of one set of objects to Services and their ports."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, final

from portmap._graph.label_selectors import Scope
from portmap._graph.reference import Reference
from portmap._model.ports import ServicePort
from portmap._model.services import Service

_BY_SERVICE: Final = frozenset({"service", "service-port", "endpoint-port"})
_BY_PORT: Final = frozenset({"service-port", "selected-service-port"})


@final
class References:
    """The references of one set to Services and their ports.

    Args:
        references: All references of the set; references to other objects are ignored.
    """

    def __init__(self, references: Iterable[Reference]) -> None:
        self._named: dict[str, list[Reference]] = defaultdict(list)
        self._selecting: list[Reference] = []
        for each in references:
            if each.service is not None and each.lookup in _BY_SERVICE:
                self._named[each.service].append(each)
            elif each.lookup == "selected-service-port":
                self._selecting.append(each)

    def to_service(self, service: Service) -> tuple[str, ...]:
        """Return the references to a Service or to one of its ports, as text."""
        return describe(self.to_name(service.name, service.namespace))

    def to_name(self, name: str, namespace: str | None) -> Iterator[Reference]:
        """Yield the references to Services of this name, or to their ports."""
        return (each for each in self._named.get(name, ()) if _may_be_same(each.namespace, namespace))

    def to_port(self, service: Service, port: ServicePort) -> tuple[str, ...]:
        """Return the references to a port, as text."""
        return describe(self.to(service, port))

    def by_name(self, service: Service, port: ServicePort) -> tuple[str, ...]:
        """Return the references to a port by name, as text."""
        return describe(each for each in self.to(service, port) if isinstance(each.port, str))

    def by_number(self, service: Service, port: ServicePort) -> tuple[str, ...]:
        """Return the references to a port by number, as text."""
        return describe(each for each in self.to(service, port) if isinstance(each.port, int))

    def to(self, service: Service, port: ServicePort) -> Iterable[Reference]:
        """Yield the references to a port of a Service."""
        for each in self._named.get(service.name, ()):
            if each.lookup in _BY_PORT and _may_be_same(each.namespace, service.namespace) and _names_port(each, port):
                yield each
        for each in self._selecting:
            if _names_port(each, port) and any(_selects(scope, service) for scope in each.scopes or ()):
                yield each


def describe(references: Iterable[Reference]) -> tuple[str, ...]:
    """Return the sources and fields of references, as text."""
    return tuple(sorted({f"{each.source}: {each.field}" for each in references}))


def _may_be_same(one: str | None, other: str | None) -> bool:
    """Return whether two namespaces may be the same; an unknown one may be any."""
    return one is None or other is None or one == other


def _names_port(reference: Reference, port: ServicePort) -> bool:
    if isinstance(reference.port, int):
        return reference.port == port.port and reference.protocol in {None, port.effective_protocol}
    return bool(reference.port) and reference.port == port.name


def _selects(scope: Scope, service: Service) -> bool:
    """Return whether a scope selects a Service. The labels of namespaces are unknown."""
    known = scope.namespaces is None or any(_may_be_same(each, service.namespace) for each in scope.namespaces)
    return known and scope.selector.matches(service.labels or {})
