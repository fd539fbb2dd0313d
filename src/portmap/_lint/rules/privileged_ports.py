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
_RIGHT: Final = "NET_BIND_SERVICE"


@rule("privileged-port", on=Workload, severity="info", profile="strict")
def privileged_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container listens on a privileged port.

    What it reports:
    A container port below 1024.

    Why it matters:
    By Unix's rules only root may open it, so images that listen there tend to run as root.
    Clients do not care: a Service maps its port to any other.

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
    Passed over are containers with the capability `NET_BIND_SERVICE`, and pods whose
    sysctl `net.ipv4.ip_unprivileged_port_start` lets anybody open the port. Some container
    runtimes set that for all pods. For 22, see `ssh-port`.
    """
    first = _FIRST_UNPRIVILEGED
    spec = value_at(bundle.raw(workload), *map(str, bundle.pod_spec(workload)))
    for each in items_at(spec, "securityContext", "sysctls"):
        start = text_at(each, "value") or ""
        if text_at(each, "name") == _SYSCTL and start.isascii() and start.isdigit():
            first = min(first, int(start[:6]))
    for path, container, port in bundle.container_ports(workload):
        number = port.container_port
        if number >= first or (number == _SSH and port.effective_protocol == "TCP"):
            continue
        given = next((each for each in items_at(spec, str(path[-4])) if text_at(each, "name") == container.name), None)
        if _RIGHT not in items_at(given, "securityContext", "capabilities", "add"):
            yield at(workload, *path, "containerPort").finding(
                f"container {container.name!r} listens on {number}, which takes the rights of root to open",
                hint=f"listen on a port from {_FIRST_UNPRIVILEGED} on; a Service may have port {number} all the same",
                value=number,
            )


@rule("ssh-port", on=Workload, severity="warning", profile="strict")
def ssh_port(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Container listens on the SSH port.

    What it reports:
    A container port 22 for TCP.

    Why it matters:
    `kubectl exec` gives a shell to those who may have one by the cluster's own rules, and
    logs it. An SSH server has users and keys of its own.

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
    Where SSH is what the pods are for (a Git server), suppress it and say so.
    """
    for path, container, port in bundle.container_ports(workload):
        if port.container_port == _SSH and port.effective_protocol == "TCP":
            yield at(workload, *path, "containerPort").finding(
                f"container {container.name!r} listens on {_SSH}, the port of SSH",
                hint="use kubectl exec, and leave the SSH server out",
                value=_SSH,
            )
