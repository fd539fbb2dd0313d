"""Strategies for sets of objects that often refer to each other, and an oracle for their endpoints."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from hypothesis import strategies as st

from manifest_objects import Manifest
from portmap import Container, ContainerPort, Pod, Service, ServicePort
from portmap._kubernetes.enums import IPFamily, Protocol
from random_objects import EVERYWHERE, Strategy

__all__ = [
    "LABELS",
    "NAMES",
    "NAMESPACES",
    "NUMBERS",
    "PORTS",
    "an_object",
    "published",
    "services_with_pods",
    "sets",
    "some",
]

# --- a Service and pods ---

_NUMBERS: Final = st.sampled_from([1, 53, 80, 443, 8080, 65535]) | st.integers(1, 65535)
_FAMILIES: Final[Strategy[tuple[IPFamily, ...] | None]] = st.sampled_from([None, ("IPv4",), ("IPv6", "IPv4")])


def name_of(port: ContainerPort) -> object:
    return port.name or object()


# Few names, so that a target port often matches a container port, and often nearly does. Two of three pods are
# published, so that slices often have several endpoints.

_TARGET_NAMES: Final = st.sampled_from(["http", "http", "dns", "grpc", "metrics"])
_LABELS: Final = st.sampled_from([{"app": "web"}, {"app": "web", "tier": "front"}, {"app": "other"}, {}])
_MOSTLY_TCP: Final[Strategy[Protocol]] = st.sampled_from(["TCP", "TCP", "TCP", "UDP", "SCTP"])
_DECLARED: Final = st.lists(
    st.builds(
        ContainerPort,
        st.sampled_from([53, 80, 8080, 9100]),
        name=st.none() | _TARGET_NAMES,
        protocol=st.none() | _MOSTLY_TCP,
    ),
    unique_by=name_of,
    max_size=3,
)
_STATES: Final[Strategy[dict[str, Any]]] = st.sampled_from(
    [
        {},
        {"addresses": ["10.244.0.7"], "phase": "Running", "ready": True},
        {"addresses": ["10.244.0.8", "fd00:244::8"], "phase": "Running", "ready": True},
        {"addresses": ["fd00:244::9"], "phase": "Running", "ready": False},
        {"addresses": ["10.244.0.9"], "ready": True, "deletion_timestamp": "2026-01-31T12:00:00Z"},
        {"addresses": ["10.244.0.10"], "phase": "Succeeded"},
        {"phase": "Pending"},
    ]
)


_PUBLISHED: Final[Strategy[dict[str, Any]]] = st.builds(
    dict,
    addresses=st.just(["10.244.0.6", "fd00:244::6"]),
    ready=st.booleans(),
    namespace=st.sampled_from(["shop", None]),
    labels=st.just({"app": "web"}),
    node_name=st.sampled_from(["node-a", "node-b"]),
)
_ANY: Final[Strategy[dict[str, Any]]] = st.builds(
    lambda state, **fields: state | fields,
    _STATES,
    namespace=st.sampled_from(["shop", "shop", None, "else"]),
    labels=_LABELS,
    node_name=st.sampled_from([None, "node-a", "node-b", "gone"]),
)


@st.composite
def _pods_of_a_world(draw: st.DrawFn, name: str) -> Pod:
    """Draw a pod of this name whose ports have one of a few names."""
    regular, init = draw(st.lists(_DECLARED, min_size=1, max_size=2)), draw(st.lists(_DECLARED, max_size=2))
    return Pod(
        name,
        containers=[Container(f"app-{place}", ports=ports) for place, ports in enumerate(regular)],
        init_containers=[
            Container(f"init-{place}", ports=ports, restart_policy=draw(st.sampled_from([None, "Always"])))
            for place, ports in enumerate(init)
        ],
        **draw(_PUBLISHED | _PUBLISHED | _ANY),
    )


@st.composite
def services_with_pods(draw: st.DrawFn) -> tuple[Service, list[Pod]]:
    """Draw a Service and pods. It selects some of them, and their port names are often its target ports."""
    keys = draw(st.lists(st.tuples(_NUMBERS, _MOSTLY_TCP), unique=True, min_size=1, max_size=3))
    ports = [
        ServicePort(
            port,
            name=f"p{place}",
            protocol=protocol,
            target_port=draw(_TARGET_NAMES | _TARGET_NAMES | _NUMBERS | st.none()),
            app_protocol=draw(st.sampled_from([None, "http"])),
        )
        for place, (port, protocol) in enumerate(keys)
    ]
    with EVERYWHERE:
        service = Service(
            "web",
            namespace=draw(st.sampled_from([None, "shop"])),
            selector={"app": "web"},
            ports=ports,
            publish_not_ready_addresses=draw(st.sampled_from([None, True])),
            ip_families=draw(_FAMILIES),
            ip_family_policy="PreferDualStack",
        )
    return service, [
        draw(_pods_of_a_world(f"web-{place}")) for place in range(draw(st.integers(2, 5) | st.integers(0, 1)))
    ]


def published(service: Service, found: Iterable[Pod], nodes: Collection[str]) -> list[Pod]:
    """Return the pods in slices: selected, not finished, with an address, and on an existing node."""
    return [
        pod
        for pod in found
        if (service.namespace is None or pod.namespace is None or service.namespace == pod.namespace)
        and all(pod.labels.get(key) == value for key, value in (service.selector or {}).items())
        and pod.phase not in {"Succeeded", "Failed"}
        and (pod.addresses is None or len(pod.addresses) > 0)
        and (pod.addresses is None or pod.node_name in nodes or service.publish_not_ready_addresses)
    ]


# --- objects of many kinds ---

# Few values, so that objects often share names, numbers and labels.
NAMES = st.sampled_from(["web", "wep", "api"])
NAMESPACES = st.sampled_from([None, "shop", "prod"])
PORT_NAMES = st.sampled_from(["http", "htpp", "metrics"])
NUMBERS = st.sampled_from([80, 443, 8080])
PORTS = PORT_NAMES | NUMBERS
PROTOCOLS = st.sampled_from(["TCP", "TCP", "UDP"])
LABELS = st.sampled_from([{"app": "web"}, {"app": "api"}, {"app": "web", "tier": "front"}, {}])


def an_object(api: str, kind: str, spec: Strategy[Manifest]) -> Strategy[Manifest]:
    """Return objects of this kind with one of a few names."""

    def made(name: str, namespace: str | None, labels: Manifest, given: Manifest) -> Manifest:
        metadata = {"name": name, "labels": labels} | ({} if namespace is None else {"namespace": namespace})
        return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": given}

    return st.builds(made, NAMES, NAMESPACES, LABELS, spec)


def some(of: Strategy[Any], least: int = 0) -> Strategy[list[Any]]:
    """Return short lists of these."""
    return st.lists(of, min_size=least, max_size=2)


service_ports = st.fixed_dictionaries(
    {"port": NUMBERS}, optional={"name": PORT_NAMES, "targetPort": PORTS, "protocol": PROTOCOLS}
)
# Some are invalid: several ports without names, or with the same one.
services = an_object(
    "v1",
    "Service",
    st.fixed_dictionaries(
        {"ports": some(service_ports, 1)},
        optional={"selector": LABELS, "type": st.sampled_from(["NodePort", "LoadBalancer"])},
    ),
)
containers = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["app", "proxy"]),
        "ports": some(
            st.fixed_dictionaries(
                {"containerPort": NUMBERS}, optional={"name": PORT_NAMES, "protocol": PROTOCOLS, "hostPort": NUMBERS}
            )
        ),
    },
    optional={"readinessProbe": st.builds(lambda port: {"httpGet": {"port": port}}, PORTS)},
)
templates = st.builds(
    lambda labels, boxes: {"metadata": {"labels": labels}, "spec": {"containers": boxes}}, LABELS, some(containers)
)
deployments = an_object(
    "apps/v1", "Deployment", st.fixed_dictionaries({"template": templates}, optional={"replicas": st.just(0)})
)
backends = st.builds(
    lambda name, port: {
        "service": {"name": name, "port": {"name": port} if isinstance(port, str) else {"number": port}}
    },
    NAMES,
    PORTS,
)
ingresses = an_object(
    "networking.k8s.io/v1",
    "Ingress",
    st.fixed_dictionaries(
        {
            "rules": some(
                st.builds(
                    lambda host, found: {"host": host, "http": {"paths": found}},
                    st.sampled_from(["a.example", "*.example"]),
                    some(st.builds(lambda path, each: {"path": path, "backend": each}, st.just("/"), backends)),
                )
            )
        },
        optional={"defaultBackend": backends},
    ),
)
routes = an_object(
    "gateway.networking.k8s.io/v1",
    "HTTPRoute",
    st.builds(
        lambda found: {"rules": [{"backendRefs": found}]},
        some(st.fixed_dictionaries({"name": NAMES, "port": NUMBERS}, optional={"namespace": st.just("prod")})),
    ),
)
monitors = an_object(
    "monitoring.coreos.com/v1",
    "ServiceMonitor",
    st.builds(
        lambda labels, port, key: {"selector": {"matchLabels": labels}, "endpoints": [{key: port}]},
        LABELS,
        PORT_NAMES,
        st.sampled_from(["port", "targetPort"]),
    ),
)
policies = an_object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    st.builds(
        lambda labels, port, last: {
            "podSelector": {"matchLabels": labels},
            "ingress": [{"ports": [{"port": port} | ({} if last is None else {"endPort": last})]}],
        },
        LABELS,
        PORTS,
        st.sampled_from([None, 8079, 8080]),
    ),
)
sets = st.lists(services | deployments | ingresses | routes | monitors | policies, max_size=12)
