"""Read references to ports of pods, and references by labels.

NetworkPolicies, probes and hooks, monitors of Prometheus, and manual endpoints. A reader
takes a node of the reference table. A malformed node has no reference.

Sources: Kubernetes API reference 1.36; prometheus-operator 0.82 (`pkg/apis/monitoring/v1`).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._graph.label_selectors import Scope, read_selector
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._graph.reference import Node, Reference, Role, number_or_none, port_or_none
from portmap._kubernetes.enums import DEFAULT_PROTOCOL

_METADATA_NAME: Final = "kubernetes.io/metadata.name"


def _policy_port(node: Node, scopes: tuple[Scope, ...] | None) -> Iterator[Reference]:
    port = port_or_none(value_at(node.value, "port"))
    if port is None:
        return
    yield Reference(
        source=node.source,
        field=node.field("port"),
        role="network-policy",
        lookup="pod-port",
        namespace=node.source.namespace,
        port=port,
        end_port=number_or_none(value_at(node.value, "endPort")) if isinstance(port, int) else None,
        protocol=text_at(node.value, "protocol") or DEFAULT_PROTOCOL,
        scopes=scopes,
    )


def policy_ingress_port(node: Node) -> Iterator[Reference]:
    """Read a port on which a policy permits traffic to the pods that it selects."""
    selector = read_selector(value_at(node.manifest, "spec", "podSelector"))
    if selector is not None:
        yield from _policy_port(node, (Scope(selector, (node.source.namespace,)),))


def policy_egress_port(node: Node) -> Iterator[Reference]:
    """Read a port of other pods to which a policy permits traffic."""
    peers = value_at(node.above(2), "to")
    if not isinstance(peers, list) or not peers:
        yield from _policy_port(node, None)
        return
    scopes = tuple(scope for peer in peers for scope in _peer(node, peer))
    # Blocks of addresses can contain any pod, or none.
    is_open = any(value_at(peer, "ipBlock") is not None for peer in peers) or not scopes
    yield from _policy_port(node, None if is_open else scopes)


def _peer(node: Node, peer: object) -> Iterator[Scope]:
    pods = read_selector(value_at(peer, "podSelector"))
    namespaces = value_at(peer, "namespaceSelector")
    if pods is None or not isinstance(peer, Mapping) or not {"podSelector", "namespaceSelector"} & peer.keys():
        return
    if namespaces is None:
        yield Scope(pods, (node.source.namespace,))
        return
    selector = read_selector(namespaces)
    if selector is None:
        return
    named = selector.labels.get(_METADATA_NAME)
    if selector.matches_all:
        yield Scope(pods)
    elif named is not None and len(selector.labels) == 1 and not selector.requirements:
        yield Scope(pods, (named,))
    else:
        yield Scope(pods, None, selector)


_HANDLERS: Final[tuple[tuple[Role, tuple[str, ...]], ...]] = (
    ("probe", ("startupProbe",)),
    ("probe", ("livenessProbe",)),
    ("probe", ("readinessProbe",)),
    ("hook", ("lifecycle", "postStart")),
    ("hook", ("lifecycle", "preStop")),
)
_ACTIONS: Final = ("httpGet", "tcpSocket", "grpc")


def handlers(node: Node) -> Iterator[Reference]:
    """Read the probes and hooks of a container. A request to another host does not concern the pod."""
    container = node.value
    if not isinstance(container, Mapping):
        return
    for role, steps in _HANDLERS:
        if steps[0] not in container:
            continue
        handler = value_at(container, *steps)
        for action in _ACTIONS if isinstance(handler, Mapping) else ():
            if action not in handler:
                continue
            port = port_or_none(value_at(handler, action, "port"))
            if port is not None and text_at(handler, action, "host") is None:
                yield Reference(
                    source=node.source,
                    field=node.field(*steps, action, "port"),
                    role=role,
                    lookup="container-port",
                    namespace=node.source.namespace,
                    port=port,
                    protocol=None,
                    container=text_at(container, "name") or "",
                    # The templates of a ClusterServiceVersion are in a list.
                    item=next((step for step in node.path[:-1] if isinstance(step, int)), None),
                )


def _monitored(node: Node) -> Scope | None:
    selector = read_selector(value_at(node.manifest, "spec", "selector"))
    where = value_at(node.manifest, "spec", "namespaceSelector")
    if selector is None:
        return None
    if value_at(where, "any") is True:
        return Scope(selector)
    names = value_at(where, "matchNames")
    if isinstance(names, list) and names:
        return Scope(selector, tuple(name for name in names if isinstance(name, str)))
    return Scope(selector, (node.source.namespace,))


def service_monitor(node: Node) -> Iterator[Reference]:
    """Read a port of the Services that a ServiceMonitor selects, by name, or of the pods that they select."""
    scope = _monitored(node)
    name, target = text_at(node.value, "port"), port_or_none(value_at(node.value, "targetPort"))
    if scope is None or (name is None and target is None):
        return
    yield Reference(
        source=node.source,
        field=node.field("port" if name is not None else "targetPort"),
        role="service-monitor",
        lookup="selected-service-port" if name is not None else "selected-service-target",
        namespace=node.source.namespace,
        port=target if name is None else name,
        scopes=(scope,),
    )


def pod_monitor(node: Node) -> Iterator[Reference]:
    """Read a declared port of the pods that a PodMonitor selects."""
    scope = _monitored(node)
    ports: Mapping[str, Any] = {
        "port": text_at(node.value, "port"),
        "portNumber": number_or_none(value_at(node.value, "portNumber")),
        "targetPort": port_or_none(value_at(node.value, "targetPort")),
    }
    key = next((key for key, value in ports.items() if value is not None), None)
    if scope is None or key is None:
        return
    yield Reference(
        source=node.source,
        field=node.field(key),
        role="pod-monitor",
        lookup="declared-pod-port",
        namespace=node.source.namespace,
        port=ports[key],
        protocol=None,
        scopes=(scope,),
    )


_MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
_CONTROLLERS: Final = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")


def _manual_endpoints(node: Node, service: str | None, addresses: Iterator[str]) -> Iterator[Reference]:
    name = value_at(node.value, "name")
    if service is not None and isinstance(node.value, Mapping) and (name is None or isinstance(name, str)):
        yield Reference(
            source=node.source,
            field=node.field("name") if name else node.field(),
            role="endpoints",
            lookup="hand-written",
            service=service,
            namespace=node.source.namespace,
            port=name or "",
            protocol=text_at(node.value, "protocol") or DEFAULT_PROTOCOL,
            addresses=tuple(_with_port(address, value_at(node.value, "port")) for address in addresses),
        )


def _with_port(address: str, port: object) -> str:
    if type(port) is not int:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def endpoints_port(node: Node) -> Iterator[Reference]:
    """Read a port of an Endpoints object, which belongs to the Service of the same name."""
    ready = items_at(node.above(2), "addresses")
    addresses = (address for endpoint in ready if (address := text_at(endpoint, "ip")) is not None)
    yield from _manual_endpoints(node, node.source.name or None, addresses)


def slice_port(node: Node) -> Iterator[Reference]:
    """Read a port of an EndpointSlice that no controller of Kubernetes manages."""
    labels = value_at(node.manifest, "metadata", "labels")
    if text_at(labels, _MANAGED_BY) not in _CONTROLLERS:
        addresses = (
            address
            for endpoint in items_at(node.manifest, "endpoints")
            if value_at(endpoint, "conditions", "ready") is not False
            for address in items_at(endpoint, "addresses")
            if isinstance(address, str)
        )
        yield from _manual_endpoints(node, text_at(labels, "kubernetes.io/service-name"), addresses)
