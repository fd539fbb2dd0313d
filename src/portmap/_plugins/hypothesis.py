"""What Hypothesis is told of portmap's types, so that `from_type(Service)` and `builds` know them.

Neither library loads the other for it. Whichever is imported last calls `register`: portmap's own
file if Hypothesis is there already, else Hypothesis by the entry point in `_portmap_hypothesis`. The
strategies themselves are loaded when one is first asked for.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = ["register"]

_STRATEGIES: Final[dict[type, str]] = {
    Container: "containers",
    ContainerPort: "container_ports",
    Pod: "pods",
    Service: "services",
    ServicePort: "service_ports",
    Workload: "workloads",
}


def register() -> None:
    """Tell Hypothesis which strategy makes objects of each type."""
    strategies: Any = import_module("hypothesis.strategies")
    for each, name in _STRATEGIES.items():
        strategies.register_type_strategy(each, _later(name))


def _later(name: str) -> Callable[[type], Any]:
    return lambda _: getattr(import_module("portmap.strategies"), name)()
