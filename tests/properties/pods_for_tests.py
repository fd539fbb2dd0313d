"""Pods for the property tests, and Services that select some of them."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from strategies_for_tests import (
    EVERYWHERE,
    Strategy,
    dns_labels,
    either_family,
    ipv4_in,
    label_maps,
    port_names,
    port_numbers,
    protocols,
    some_of,
)

from portmap import Container, ContainerPort, Pod, Service, ServicePort

__all__ = ["container_ports", "containers", "pods", "pods_that_meet", "services_with_pods"]


def container_ports(*, name: Strategy[str | None] | None = None) -> Strategy[ContainerPort]:
    """Any port of a container, with nothing on the host."""
    return st.builds(
        ContainerPort,
        port_numbers,
        name=st.none() | port_names if name is None else name,
        protocol=st.none() | protocols,
        host_ip=st.none() | st.sampled_from(["", "127.0.0.1"]),
    )


def name_of(port: ContainerPort) -> object:
    return port.name or object()


@st.composite
def containers(draw: st.DrawFn, *, init: bool = False) -> Container:
    """A container whose port names differ from each other."""
    return Container(
        draw(dns_labels),
        ports=draw(st.lists(container_ports(), unique_by=name_of, max_size=4)),
        image=draw(st.none() | st.just("example.com/app:1")),
        restart_policy=draw(st.sampled_from([None, "Always", "OnFailure"])) if init else None,
    )


# --- pods ------------------------------------------------------------------------------------------------------

_pod_ips: Final = st.lists(ipv4_in("10.244.0.0", 1 << 16), max_size=1).flatmap(
    lambda first: st.lists(st.integers(1, 65535).map("fd00:244::{:x}".format), max_size=1).map(
        lambda second: first + second
    )
)


@st.composite
def pods(
    draw: st.DrawFn,
    *,
    labels: Strategy[Mapping[str, str]] | None = None,
    namespace: Strategy[str | None] | None = None,
) -> Pod:
    """A pod, observed or projected."""
    observed = draw(
        st.just({})
        | some_of(
            {
                "addresses": _pod_ips,
                "phase": st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
                "ready": st.booleans(),
            }
        )
    )
    return Pod(
        draw(dns_labels),
        namespace=draw(st.none() | dns_labels if namespace is None else namespace),
        labels=draw(label_maps() if labels is None else labels),
        annotations=draw(st.none() | label_maps()),
        containers=draw(st.lists(containers(), max_size=3)),
        init_containers=draw(st.lists(containers(init=True), max_size=2)),
        host_network=draw(st.sampled_from([None, False])),
        node_name=draw(st.sampled_from([None, "node-a", "node-b", "gone"])),
        hostname=draw(st.none() | dns_labels),
        subdomain=draw(st.sampled_from([None, "web"])),
        deletion_timestamp=draw(st.sampled_from([None, None, "2026-01-31T12:00:00Z"])),
        **observed,
    )


# Worlds in which names meet: words out of few, so that a port is often found, and often only nearly.

_TARGET_NAMES: Final = st.sampled_from(["http", "dns", "grpc", "metrics"])
_LABELS: Final = st.sampled_from([{"app": "web"}, {"app": "web", "tier": "front"}, {"app": "other"}, {}])
_DECLARED: Final = st.lists(
    st.builds(
        ContainerPort,
        st.sampled_from([53, 80, 8080, 9100]),
        name=st.none() | _TARGET_NAMES,
        protocol=st.none() | protocols,
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


@st.composite
def _pods_of_a_world(draw: st.DrawFn, name: str) -> Pod:
    """A pod of this name whose ports have names out of few."""
    regular, init = draw(st.lists(_DECLARED, min_size=1, max_size=2)), draw(st.lists(_DECLARED, max_size=2))
    return Pod(
        name,
        namespace=draw(st.sampled_from(["shop", "shop", None, "else"])),
        labels=draw(_LABELS),
        containers=[Container(f"app-{place}", ports=ports) for place, ports in enumerate(regular)],
        init_containers=[
            Container(f"init-{place}", ports=ports, restart_policy=draw(st.sampled_from([None, "Always"])))
            for place, ports in enumerate(init)
        ],
        node_name=draw(st.sampled_from([None, "node-a", "node-b", "gone"])),
        **draw(_STATES),
    )


@st.composite
def services_with_pods(draw: st.DrawFn) -> tuple[Service, list[Pod]]:
    """A Service, and pods of which it selects some, whose port names are often those of its targets."""
    keys = draw(st.lists(st.tuples(port_numbers, protocols), unique=True, min_size=1, max_size=3))
    ports = [
        ServicePort(
            port,
            name=f"p{place}",
            protocol=protocol,
            target_port=draw(_TARGET_NAMES | _TARGET_NAMES | port_numbers | st.none()),
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
            ip_families=draw(either_family),
            ip_family_policy="PreferDualStack",
        )
    return service, [draw(_pods_of_a_world(f"web-{place}")) for place in range(draw(st.integers(0, 4)))]


@st.composite
def pods_that_meet(
    draw: st.DrawFn,
    name: Strategy[str],
    labels: Strategy[Mapping[str, str]],
    namespace: Strategy[str | None],
) -> Pod:
    """A pod whose ports have names out of few, so that they are often found."""
    base = draw(pods(labels=labels, namespace=namespace))
    few = st.lists(container_ports(name=st.none() | name), unique_by=name_of, max_size=3)

    def renamed(containers: tuple[Container, ...]) -> tuple[Container, ...]:
        return tuple(Container(each.name, ports=draw(few), restart_policy=each.restart_policy) for each in containers)

    return attrs.evolve(base, containers=renamed(base.containers), init_containers=renamed(base.init_containers))
