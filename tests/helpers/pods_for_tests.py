"""Worlds for the property tests in which ports are found often, and often only nearly."""

from typing import Any, Final

from hypothesis import strategies as st

from portmap import Container, ContainerPort, Pod, Service, ServicePort
from portmap._kubernetes.enums import IPFamily, Protocol
from strategies_for_tests import EVERYWHERE, Strategy

__all__ = ["services_with_pods"]

_NUMBERS: Final = st.sampled_from([1, 53, 80, 443, 8080, 65535]) | st.integers(1, 65535)
_FAMILIES: Final[Strategy[tuple[IPFamily, ...] | None]] = st.sampled_from([None, ("IPv4",), ("IPv6", "IPv4")])


def name_of(port: ContainerPort) -> object:
    return port.name or object()


# Worlds in which names meet: words out of few, so that a port is often found, and often only nearly. Two pods of
# three get into slices, or there would hardly ever be two that stand in one slice, or in different ones.

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
    """A pod of this name whose ports have names out of few."""
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
    """A Service, and pods of which it selects some, whose port names are often those of its targets."""
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
