"""Who refers to a Service port, among the objects of one set: for the changes that leave them behind."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, final

from portmap._graph.label_selectors import Scope
from portmap._graph.reference import Reference
from portmap._model.ports import ServicePort
from portmap._model.services import Service

__all__ = ["Users"]

_BY_SERVICE: Final = frozenset({"service", "service-port", "endpoint-port"})
_BY_PORT: Final = frozenset({"service-port", "selected-service-port"})


@final
class Users:
    """The references of one set to Services and their ports.

    Args:
        references: Every reference of the set; those to other things are passed over.
    """

    def __init__(self, references: Iterable[Reference]) -> None:
        self._named: dict[str, list[Reference]] = defaultdict(list)
        self._selecting: list[Reference] = []
        for each in references:
            if each.service is not None and each.lookup in _BY_SERVICE:
                self._named[each.service].append(each)
            elif each.lookup == "selected-service-port":
                self._selecting.append(each)

    def of_service(self, service: Service) -> tuple[str, ...]:
        """Whatever names this Service, or one of its ports."""
        return _shown(self.naming(service.name, service.namespace))

    def naming(self, name: str, namespace: str | None) -> Iterator[Reference]:
        """The references to a Service of this name, or to one of its ports."""
        return (each for each in self._named.get(name, ()) if _together(each.namespace, namespace))

    def of_port(self, service: Service, port: ServicePort) -> tuple[str, ...]:
        """Whatever refers to this port, by name or number."""
        return _shown(self.references(service, port))

    def by_name(self, service: Service, port: ServicePort) -> tuple[str, ...]:
        """Whatever refers to this port by name."""
        return _shown(each for each in self.references(service, port) if isinstance(each.port, str))

    def by_number(self, service: Service, port: ServicePort) -> tuple[str, ...]:
        """Whatever refers to this port by number."""
        return _shown(each for each in self.references(service, port) if isinstance(each.port, int))

    def references(self, service: Service, port: ServicePort) -> Iterable[Reference]:
        """The references to this port of this Service."""
        for each in self._named.get(service.name, ()):
            if each.lookup in _BY_PORT and _together(each.namespace, service.namespace) and _means(each, port):
                yield each
        for each in self._selecting:
            if _means(each, port) and any(_picks(scope, service) for scope in each.scopes or ()):
                yield each


def _shown(references: Iterable[Reference]) -> tuple[str, ...]:
    return tuple(sorted({f"{each.source}: {each.field}" for each in references}))


def _together(one: str | None, other: str | None) -> bool:
    """Whether these may be one namespace; one that is not known may be any."""
    return one is None or other is None or one == other


def _means(reference: Reference, port: ServicePort) -> bool:
    if isinstance(reference.port, int):
        return reference.port == port.port and reference.protocol in {None, port.effective_protocol}
    return bool(reference.port) and reference.port == port.name


def _picks(scope: Scope, service: Service) -> bool:
    """Whether a Service is among those selected. Of the labels of namespaces nothing is known here."""
    known = scope.namespaces is None or any(_together(each, service.namespace) for each in scope.namespaces)
    return known and scope.selector.matches(service.labels or {})
