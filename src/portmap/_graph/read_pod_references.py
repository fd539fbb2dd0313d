"""How objects write their references to ports of pods, or of whatever their labels find.

NetworkPolicies, probes and hooks, monitors of Prometheus, and endpoints written by
hand. A reader takes a place of the table and says what stands there; what is not shaped
as the API has it gives no reference.

Sources: Kubernetes API reference 1.36; prometheus-operator 0.82 (`pkg/apis/monitoring/v1`).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._graph.label_selectors import Scope, read_selector
from portmap._graph.object_name import items_at, text_at, value_at
from portmap._graph.reference import Found, Reference, Role, number_or_none, port_or_none

__all__ = [
    "endpoints_port",
    "handlers",
    "pod_monitor",
    "policy_egress_port",
    "policy_ingress_port",
    "service_monitor",
    "slice_port",
]

_METADATA_NAME: Final = "kubernetes.io/metadata.name"


# --- NetworkPolicy ---------------------------------------------------------------------------------------------


def _policy_port(found: Found, scopes: tuple[Scope, ...] | None) -> Iterator[Reference]:
    port = port_or_none(value_at(found.node, "port"))
    if port is None:
        return
    yield Reference(
        source=found.source,
        field=found.field("port"),
        role="network-policy",
        lookup="pod-port",
        namespace=found.source.namespace,
        port=port,
        end_port=number_or_none(value_at(found.node, "endPort")) if isinstance(port, int) else None,
        protocol=text_at(found.node, "protocol") or "TCP",
        scopes=scopes,
    )


def policy_ingress_port(found: Found) -> Iterator[Reference]:
    """A port on which a policy lets traffic into the pods that it is about."""
    selector = read_selector(value_at(found.manifest, "spec", "podSelector"))
    if selector is not None:
        yield from _policy_port(found, (Scope(selector, (found.source.namespace,)),))


def policy_egress_port(found: Found) -> Iterator[Reference]:
    """A port of other pods, to which a policy lets traffic out."""
    peers = value_at(found.above(2), "to")
    if not isinstance(peers, list) or not peers:
        yield from _policy_port(found, None)
        return
    scopes = tuple(scope for peer in peers for scope in _peer(found, peer))
    # Blocks of addresses may hold any pod, or none.
    beyond = any(value_at(peer, "ipBlock") is not None for peer in peers) or not scopes
    yield from _policy_port(found, None if beyond else scopes)


def _peer(found: Found, peer: object) -> Iterator[Scope]:
    pods = read_selector(value_at(peer, "podSelector"))
    namespaces = value_at(peer, "namespaceSelector")
    if pods is None or not isinstance(peer, Mapping) or not {"podSelector", "namespaceSelector"} & peer.keys():
        return
    if namespaces is None:
        yield Scope(pods, (found.source.namespace,))
        return
    selector = read_selector(namespaces)
    if selector is None:
        return
    named = selector.labels.get(_METADATA_NAME)
    if selector.picks_all:
        yield Scope(pods)
    elif named is not None and len(selector.labels) == 1 and not selector.requirements:
        yield Scope(pods, (named,))
    else:
        yield Scope(pods, None, selector)


# --- probes and hooks ------------------------------------------------------------------------------------------

_HANDLERS: Final[tuple[tuple[Role, tuple[str, ...]], ...]] = (
    ("probe", ("startupProbe",)),
    ("probe", ("livenessProbe",)),
    ("probe", ("readinessProbe",)),
    ("hook", ("lifecycle", "postStart")),
    ("hook", ("lifecycle", "preStop")),
)
_ACTIONS: Final = ("httpGet", "tcpSocket", "grpc")


def handlers(found: Found) -> Iterator[Reference]:
    """The probes and hooks of a container. A request to another host is no matter of this pod."""
    container = found.node
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
                    source=found.source,
                    field=found.field(*steps, action, "port"),
                    role=role,
                    lookup="container-port",
                    namespace=found.source.namespace,
                    port=port,
                    protocol=None,
                    container=text_at(container, "name") or "",
                    # The templates of a ClusterServiceVersion stand in a list.
                    item=next((step for step in found.path[:-1] if isinstance(step, int)), None),
                )


# --- Prometheus ------------------------------------------------------------------------------------------------


def _monitored(found: Found) -> Scope | None:
    selector = read_selector(value_at(found.manifest, "spec", "selector"))
    where = value_at(found.manifest, "spec", "namespaceSelector")
    if selector is None:
        return None
    if value_at(where, "any") is True:
        return Scope(selector)
    names = value_at(where, "matchNames")
    if isinstance(names, list) and names:
        return Scope(selector, tuple(name for name in names if isinstance(name, str)))
    return Scope(selector, (found.source.namespace,))


def service_monitor(found: Found) -> Iterator[Reference]:
    """A port of the Services that a ServiceMonitor selects, by name, or of the pods behind them."""
    scope = _monitored(found)
    name, target = text_at(found.node, "port"), port_or_none(value_at(found.node, "targetPort"))
    if scope is None or (name is None and target is None):
        return
    yield Reference(
        source=found.source,
        field=found.field("port" if name is not None else "targetPort"),
        role="service-monitor",
        lookup="selected-service-port" if name is not None else "selected-service-target",
        namespace=found.source.namespace,
        port=target if name is None else name,
        scopes=(scope,),
    )


def pod_monitor(found: Found) -> Iterator[Reference]:
    """A declared port of the pods that a PodMonitor selects."""
    scope = _monitored(found)
    readings: Mapping[str, Any] = {
        "port": text_at(found.node, "port"),
        "portNumber": number_or_none(value_at(found.node, "portNumber")),
        "targetPort": port_or_none(value_at(found.node, "targetPort")),
    }
    key = next((key for key, value in readings.items() if value is not None), None)
    if scope is None or key is None:
        return
    yield Reference(
        source=found.source,
        field=found.field(key),
        role="pod-monitor",
        lookup="declared-pod-port",
        namespace=found.source.namespace,
        port=readings[key],
        protocol=None,
        scopes=(scope,),
    )


# --- endpoints written by hand ---------------------------------------------------------------------------------

_MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
_CONTROLLERS: Final = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")


def _written(found: Found, service: str | None, addresses: Iterator[str]) -> Iterator[Reference]:
    name = value_at(found.node, "name")
    if service is not None and isinstance(found.node, Mapping) and (name is None or isinstance(name, str)):
        yield Reference(
            source=found.source,
            field=found.field("name") if name else found.field(),
            role="endpoints",
            lookup="hand-written",
            service=service,
            namespace=found.source.namespace,
            port=name or "",
            protocol=text_at(found.node, "protocol") or "TCP",
            addresses=tuple(_with_port(address, value_at(found.node, "port")) for address in addresses),
        )


def _with_port(address: str, port: object) -> str:
    if type(port) is not int:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def endpoints_port(found: Found) -> Iterator[Reference]:
    """A port of an Endpoints object, which is for the Service of its own name."""
    listed = items_at(found.above(2), "addresses")
    addresses = (address for each in listed if (address := text_at(each, "ip")) is not None)
    yield from _written(found, found.source.name or None, addresses)


def slice_port(found: Found) -> Iterator[Reference]:
    """A port of an EndpointSlice that no controller of Kubernetes wrote."""
    labels = value_at(found.manifest, "metadata", "labels")
    if text_at(labels, _MANAGED_BY) not in _CONTROLLERS:
        addresses = (
            address
            for each in items_at(found.manifest, "endpoints")
            if value_at(each, "conditions", "ready") is not False
            for address in items_at(each, "addresses")
            if isinstance(address, str)
        )
        yield from _written(found, text_at(labels, "kubernetes.io/service-name"), addresses)
