"""Rules about node ports."""

from collections.abc import Iterator

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Found, Place, Severity, at
from portmap._lint.rule import rule
from portmap._lint.whole_input import At, asks_for_node_ports
from portmap._model.check_set import Conflict
from portmap._model.services import Service


@rule("node-port-collision", on=Bundle, severity="error")
def node_port_collision(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Two Services ask for the same node port.

    What it reports:
    Two Services that ask for one `nodePort`, whatever their namespaces and protocols; a
    `healthCheckNodePort` is taken from the same numbers.

    Why it matters:
    A server refuses whichever comes second: "provided port is already allocated". A dry
    run does not notice.

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
    It is information where the two are in parts of the input that may be for different
    clusters: other folders, or examples that stand beside each other; and a warning where
    both name the same namespace there, other than `default`. Two copies of one Service are
    no collision, and one Service may use a number for several protocols.
    """
    del subject
    for conflict in bundle.port_map.node_ports.collisions:
        yield _collision(conflict.service, conflict)
    for service in filter(asks_for_node_ports, bundle.services):
        here = At(bundle.place_of(service)[0].position)
        for conflict in bundle.elsewhere.node_port_collisions(here):
            # Services of one name in several folders are the same for several environments.
            if not bundle.has(conflict.other) and conflict.other.name != service.name:
                yield _collision(service, conflict, elsewhere=True)


def _collision(service: Service, conflict: Conflict, *, elsewhere: bool = False) -> Found:
    number = conflict.violation.value
    # One namespace is in one cluster; `default` is in all of them.
    one = elsewhere and service.namespace not in {None, "default"}
    one = one and service.namespace == conflict.other.namespace
    severity: Severity = "warning" if one else "info"
    because = "that Service is in another part of the input" + (", for the same namespace" if one else "")
    return Place(service, conflict.violation.path).finding(
        f"node port {number} is that of {conflict.other} already",
        hint="give each Service its own node port, or leave it to the cluster",
        value=number,
        severity=severity if elsewhere else None,
        because=because if elsewhere else None,
        related=() if elsewhere else [(_holding(conflict.other, number), f"has node port {number}")],
    )


def _holding(service: Service, number: object) -> Place:
    """The field by which a Service has this node port."""
    if service.health_check_node_port == number:
        return at(service, "spec", "healthCheckNodePort")
    position = next((place for place, port in enumerate(service.ports) if port.node_port == number), None)
    return at(service, "spec") if position is None else at(service, "spec", "ports", position, "nodePort")


@rule("node-port-in-dynamic-band", on=Bundle, severity="info")
def node_port_in_dynamic_band(subject: Bundle, bundle: Bundle) -> Iterator[Found]:
    """Node port may be allocated to another Service first.

    What it reports:
    A `nodePort` or `healthCheckNodePort` in the upper part of the range, from which the
    cluster picks for Services that leave it out.

    Why it matters:
    If the cluster has given the number to another Service by the time that this one is
    made, this one is refused. Which comes first is chance, on each new cluster.

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
    With the usual range, 30000-32767, the cluster picks from 30086 on, and from what is
    below only when all of that is taken.
    """
    del subject
    band = bundle.cluster.static_node_ports
    for port in bundle.port_map.node_ports.taken:
        if port.band == "dynamic" and len(band):
            field = ("healthCheckNodePort",) if port.position is None else ("ports", port.position, "nodePort")
            yield at(port.service, "spec", *field).finding(
                f"the cluster may give node port {port.number} to another Service first",
                hint=f"choose one of {band[0]}-{band[-1]}, from which it picks last",
                value=port.number,
            )


@rule("unpinned-node-port", on=Service, severity="info", profile="strict")
def unpinned_node_port(service: Service, bundle: Bundle) -> Iterator[Found]:
    """Node port changes when the Service is created again.

    What it reports:
    A Service of type NodePort with a port that leaves `nodePort` out.

    Why it matters:
    The cluster picks a number, and another one when the Service is deleted and made again,
    or made in another cluster. Firewalls and load balancers outside then lead nowhere.

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
    The node ports of a LoadBalancer Service are looked up by its controller, and are passed
    over.
    """
    if service.effective_type != "NodePort":
        return
    free = [position for position, port in enumerate(service.ports) if not port.node_port]
    if not free:
        return
    more = f" (and for {len(free) - 1} more)" if len(free) > 1 else ""
    band = bundle.cluster.static_node_ports
    numbers = f": one of {band[0]}-{band[-1]}, from which it picks last" if len(band) else ""
    yield at(service, "spec", "ports", free[0], "nodePort").finding(
        f"the cluster picks the node port for {service.ports[free[0]].port}{more}, each time anew",
        hint=f"write a nodePort{numbers}",
    )
