"""Pods for the property tests, and Services that select some of them."""

from collections.abc import Mapping
from typing import Final

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
    service_port_names,
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


@st.composite
def services_with_pods(draw: st.DrawFn) -> tuple[Service, list[Pod]]:
    """A Service, and pods of which it selects some, whose port names are often those of its targets."""
    name = st.sampled_from(["http", "dns", "grpc", "metrics"])
    selector = {"app": "web"}
    keys = draw(st.lists(st.tuples(port_numbers, protocols), unique=True, min_size=1, max_size=3))
    names = draw(st.lists(service_port_names, unique=True, min_size=len(keys), max_size=len(keys)))
    targets = name | name | port_numbers | st.none()
    ports = [
        ServicePort(
            port,
            name=each,
            protocol=protocol,
            target_port=draw(targets),
            app_protocol=draw(st.sampled_from([None, "http"])),
        )
        for (port, protocol), each in zip(keys, names, strict=True)
    ]
    with EVERYWHERE:
        service = Service(
            "web",
            namespace=draw(st.sampled_from([None, "shop"])),
            selector=selector,
            ports=ports,
            publish_not_ready_addresses=draw(st.sampled_from([None, True])),
            ip_families=draw(either_family),
            ip_family_policy="PreferDualStack",
        )
    labels = st.sampled_from([{"app": "web"}, {"app": "web", "tier": "front"}, {"app": "other"}, {}])
    namespace = st.sampled_from(["shop", "shop", None, "else"])
    found = draw(st.lists(pods_that_meet(name, labels, namespace), max_size=5, unique_by=lambda pod: pod.name))
    return service, found


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
