"""Which container port a Service port was probably meant for, and which pods are meant to serve it."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from portmap._kubernetes.did_you_mean import nearest
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.workloads import Workload

_HELM_HOOK: Final = "helm.sh/hook"
_PURPOSES: Final = (
    (re.compile(r".*(?:metric|prom|monitor|telemetry|exporter|stats).*"), "metrics"),
    (re.compile(r".*(?:health|live|ready|readi|probe|status).*"), "health"),
    (re.compile(r".*(?:admin|debug|pprof|manage|mgmt).*"), "administration"),
    (re.compile(r".*(?:webhook|admission).*"), "webhooks"),
    (
        re.compile(r"|.*(?:http|web|www|api|app|main|server|service|svc|ui|port|default|tcp|backend|frontend|site).*"),
        "requests",
    ),
)
"""Names of ports by purpose, in the order in which they are tried."""


def purpose_of(name: str | None) -> str:
    """Return the purpose of a port by its name: that of an unknown name is the name itself.

    Example:
        >>> purpose_of("http-metrics"), purpose_of("web"), purpose_of(None), purpose_of("redis")
        ('metrics', 'requests', 'requests', 'redis')
    """
    name = name or ""
    return next((purpose for pattern, purpose in _PURPOSES if pattern.fullmatch(name)), name)


def near_port(port: ServicePort, declared: Iterable[ContainerPort]) -> ContainerPort | None:
    """Return the declared port that has the name of a Service port, or else its number, and another target."""
    others = [
        each
        for each in declared
        if each.effective_protocol == port.effective_protocol and each.container_port != port.effective_target_port
    ]
    same_name = (each for each in others if port.name and each.name == port.name)
    same_number = (each for each in others if each.container_port == port.port)
    return next(same_name, None) or next(same_number, None)


def near_port_text(port: ContainerPort) -> str:
    """Return what is known about a declared port, for a hint."""
    return f"port {port.container_port} is declared" + (f" as {port.name!r}" if port.name else "")


def is_meant_to_serve(workload: Workload, port: ServicePort, numbers: Collection[int]) -> bool:
    """Return whether the pods of a workload are meant to serve a Service port whose target they do not declare.

    They are if they declare a port of the same number, or one of a similar name or the same purpose.

    Args:
        workload: The workload.
        port: The Service port.
        numbers: The numbers that other pods declare for it.
    """
    if _HELM_HOOK in (workload.pod.annotations or {}):
        return False
    declared = [each for container in workload.pod.port_containers for each in container.ports]
    names = [each.name or "" for each in declared]
    target = port.effective_target_port
    if isinstance(target, str) and (purpose_of(target) in map(purpose_of, names) or nearest(target, names)):
        return True
    return any(each.container_port in numbers for each in declared)
