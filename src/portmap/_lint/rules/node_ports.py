"""Rules about node ports."""

from collections.abc import Iterator

from portmap._graph.input_context import sets_node_ports
from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, Severity, at
from portmap._lint.rule import rule
from portmap._model.check_set import Conflict
from portmap._model.services import Service


@rule("node-port-collision", on=Bundle, severity="error")
def node_port_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services ask for the same node port.

    What it reports:
    Two Services with the same `nodePort` or `healthCheckNodePort`, in any namespaces and for any
    protocols.

    Why it matters:
    An API server rejects the second Service: "provided port is already allocated". A dry run does
    not report it.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: shop}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 30081}]}
    ```

    Notes:
    The severity is info if the Services are in parts of the input that may be for different
    clusters, such as other folders or alternative examples. It is warning if both set the same
    namespace there, other than `default`. Copies of the same Service are not reported. One Service
    may use a number for several protocols.
    """
    del subject
    for conflict in bundle.port_map.node_ports.collisions:
        yield _collision(conflict.service, conflict)
    for service in filter(sets_node_ports, bundle.services):
        item, _ = bundle.place_of(service)
        for conflict in bundle.elsewhere.node_port_collisions(item.position):
            # Services of the same name in several folders are variants for several environments.
            if conflict.other.name != service.name:
                yield _collision(service, conflict, elsewhere=True)


def _collision(service: Service, conflict: Conflict, *, elsewhere: bool = False) -> Found:
    number = conflict.violation.value
    severity: Severity | None = None
    because = None
    if elsewhere:
        # A namespace is probably in one cluster only, but `default` is in each.
        same_namespace = service.namespace == conflict.other.namespace not in {None, "default"}
        severity = "warning" if same_namespace else "info"
        because = f"{conflict.other} is in another part of the input"
    return Place(service, conflict.violation.path).finding(
        f"{conflict.other} has node port {number}, too",
        hint="give each Service its own node port, or let the cluster allocate one",
        value=number,
        severity=severity,
        because=because,
        related=() if elsewhere else [(_node_port_field(conflict.other, number), f"has node port {number}")],
    )


def _node_port_field(service: Service, number: object) -> Place:
    """Return the field of a Service that sets this node port."""
    if service.health_check_node_port == number:
        return at(service, "spec", "healthCheckNodePort")
    position = next((position for position, port in enumerate(service.ports) if port.node_port == number), None)
    return at(service, "spec") if position is None else at(service, "spec", "ports", position, "nodePort")


@rule("node-port-in-dynamic-band", on=Bundle, severity="info")
def node_port_in_dynamic_band(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Node port may be allocated to another Service first.

    What it reports:
    A `nodePort` or `healthCheckNodePort` in the upper part of the range, from which the cluster
    allocates the node ports of other Services.

    Why it matters:
    If the cluster allocates the number to another Service first, it rejects this one. The order is
    by chance on each new cluster.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 31080}]}
    ```

    Fix:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}
    ```

    Notes:
    With the default range, 30000-32767, the cluster allocates from 30086 on. It uses lower numbers
    only if the others are allocated.
    """
    del subject
    band = bundle.cluster.static_node_ports
    for port in bundle.port_map.node_ports.taken:
        if port.band == "dynamic" and len(band):
            field = ("healthCheckNodePort",) if port.position is None else ("ports", port.position, "nodePort")
            yield at(port.service, "spec", *field).finding(
                f"the cluster may allocate node port {port.number} to another Service first",
                hint=f"choose one of {band[0]}-{band[-1]}, which it allocates last",
                value=port.number,
            )


@rule("unpinned-node-port", on=Service, severity="info", profile="strict")
def unpinned_node_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Node port changes when the Service is created again.

    What it reports:
    A Service of type NodePort with a port that does not set `nodePort`.

    Why it matters:
    The cluster allocates a number, and another one if the Service is deleted and created again, or
    created in another cluster. External firewalls and load balancers then use the wrong port.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, annotations: {portmap.ignore/exposed-service: for partners}}
    spec:
      type: NodePort
      externalTrafficPolicy: Cluster
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http}]
    ---
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

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: v1
    kind: Service
    metadata: {name: web, annotations: {portmap.ignore/exposed-service: for partners}}
    spec:
      type: NodePort
      externalTrafficPolicy: Cluster
      selector: {app: web}
      ports: [{name: http, port: 80, protocol: TCP, targetPort: http, nodePort: 30080}]
    ```

    Notes:
    LoadBalancer Services are skipped: their controller reads the allocated node ports.
    """
    if service.effective_type != "NodePort":
        return
    unpinned = [position for position, port in enumerate(service.ports) if not port.node_port]
    if not unpinned:
        return
    more = f" (and {len(unpinned) - 1} more)" if len(unpinned) > 1 else ""
    band = bundle.cluster.static_node_ports
    numbers = f" of {band[0]}-{band[-1]}, which the cluster allocates last" if len(band) else ""
    yield at(service, "spec", "ports", unpinned[0], "nodePort").finding(
        f"the cluster allocates the node port of port {service.ports[unpinned[0]].port}{more}",
        hint=f"set a nodePort{numbers}",
    )
