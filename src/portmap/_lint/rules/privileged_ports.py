"""Rules about container ports with a number below 1024."""

from collections.abc import Iterator
from typing import Final

from portmap._graph.object_name import items_at, text_at, value_at
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.workloads import Workload

_FIRST_UNPRIVILEGED: Final = 1024
_SSH: Final = 22
_SYSCTL: Final = "net.ipv4.ip_unprivileged_port_start"
_CAPABILITY: Final = "NET_BIND_SERVICE"


@rule("privileged-port", on=Workload, severity="info", profile="strict")
def privileged_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container listens on a privileged port.

    What it reports:
    A container port below 1024.

    Why it matters:
    On Linux, only privileged processes may open these ports, so images that listen there often run as root. A Service
    can map port 80 to a higher container port.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 80, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
    ```

    Notes:
    Containers with the capability `NET_BIND_SERVICE` are skipped. So are ports that the sysctl
    `net.ipv4.ip_unprivileged_port_start` of the pod allows; some container runtimes set it for all
    pods. `ssh-port` reports port 22.
    """
    first = _FIRST_UNPRIVILEGED
    spec = value_at(bundle.raw(workload), *map(str, bundle.pod_spec(workload)))
    for sysctl in items_at(spec, "securityContext", "sysctls"):
        start = text_at(sysctl, "value") or ""
        if text_at(sysctl, "name") == _SYSCTL and start.isascii() and start.isdigit():
            first = min(first, int(start[:6]))
    for path, container, port in bundle.container_ports(workload):
        number = port.container_port
        if number >= first or (number == _SSH and port.effective_protocol == "TCP"):
            continue
        containers = items_at(spec, str(path[-4]))
        raw = next((raw for raw in containers if text_at(raw, "name") == container.name), None)
        if _CAPABILITY not in items_at(raw, "securityContext", "capabilities", "add"):
            yield at(workload, *path, "containerPort").finding(
                f"container {container.name!r} listens on {number}, which needs privileges",
                hint=f"listen on a port from {_FIRST_UNPRIVILEGED} on; the port of the Service can still be {number}",
                value=number,
            )


@rule("ssh-port", on=Workload, severity="warning", profile="strict")
def ssh_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container listens on the SSH port.

    What it reports:
    A container port 22 for TCP.

    Why it matters:
    An SSH server has its own users and keys. `kubectl exec` opens a shell by the access rules of the
    cluster, which can log it.

    Example:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web, ports: [{name: ssh, containerPort: 22, protocol: TCP}]}]
    ```

    Fix:
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: web, image: web}]
    ```

    Notes:
    Suppress the finding for pods whose purpose is SSH, such as a Git server.
    """
    for path, container, port in bundle.container_ports(workload):
        if port.container_port == _SSH and port.effective_protocol == "TCP":
            yield at(workload, *path, "containerPort").finding(
                f"container {container.name!r} listens on {_SSH}, the port of SSH",
                hint="use kubectl exec, and remove the SSH server",
                value=_SSH,
            )
