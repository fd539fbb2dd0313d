"""Registers strategies for portmap's classes, so that `from_type(Service)` and `builds` work.

Neither library loads the other. The one that is imported last calls `register`: portmap if Hypothesis is
loaded, or Hypothesis through the entry point in `_portmap_hypothesis`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

# The strategies are imported when one is first used.
_STRATEGIES: Final[Mapping[type, tuple[str, str]]] = {
    Container: ("portmap._strategies.pods", "containers"),
    ContainerPort: ("portmap._strategies.ports", "container_ports"),
    Pod: ("portmap._strategies.pods", "pods"),
    Service: ("portmap._strategies.services", "services"),
    ServicePort: ("portmap._strategies.ports", "service_ports"),
    Workload: ("portmap._strategies.pods", "workloads"),
}


def register() -> None:
    """Register a strategy for each class with Hypothesis."""
    strategies: Any = import_module("hypothesis.strategies")
    for kind, (module, name) in _STRATEGIES.items():
        strategies.register_type_strategy(kind, _deferred(module, name))


def _deferred(module: str, name: str) -> Callable[[type], Any]:
    return lambda _: getattr(import_module(module), name)()
