"""Conflicts between Services of one cluster."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import Cluster, Conflict, Service, ServicePort, check_set
from random_objects import EVERYWHERE, services


def node_port(name: str, *numbers: int, **fields: str) -> Service:
    ports = [ServicePort(80 + place, name=f"p{place}", node_port=number) for place, number in enumerate(numbers)]
    return Service.node_port(name, ports, **fields)  # type: ignore[arg-type]


def balancer(name: str, check: int) -> Service:
    return Service.load_balancer(name, [ServicePort(80)], external_traffic_policy="Local", health_check_node_port=check)


def internal(name: str, address: str) -> Service:
    return Service.internal(name, [ServicePort(80)], cluster_ip=address)


@pytest.mark.parametrize(
    ("first", "second", "code", "field"),
    [
        (node_port("a", 30000), node_port("b", 30001, 30000), "node-port-taken", "spec.ports[1].nodePort"),
        (
            node_port("a", 30000, namespace="x"),
            node_port("a", 30000, namespace="y"),
            "node-port-taken",
            "spec.ports[0].nodePort",
        ),
        (node_port("a", 30000), balancer("b", 30000), "health-check-node-port-taken", "spec.healthCheckNodePort"),
        (balancer("a", 31000), balancer("b", 31000), "health-check-node-port-taken", "spec.healthCheckNodePort"),
        (balancer("a", 31000), node_port("b", 31000), "node-port-taken", "spec.ports[0].nodePort"),
        (internal("a", "10.0.0.5"), internal("b", "10.0.0.5"), "cluster-ip-taken", "spec.clusterIPs"),
        (internal("a", "fd00::5"), internal("b", "FD00:0::5"), "cluster-ip-taken", "spec.clusterIPs"),
        (internal("a", "10.0.0.5"), node_port("a", 30000), "service-name-taken", "metadata.name"),
    ],
)
def test_examples(first: Service, second: Service, code: str, field: str) -> None:
    """The second of two Services is refused what the first one has, which the violation names."""
    [conflict] = check_set([first, second])
    assert isinstance(conflict, Conflict)
    assert (conflict.service, conflict.other) == (second, first)
    assert (conflict.violation.code, conflict.violation.field) == (code, field)
    assert str(conflict).startswith(f"{second}: {field}: ")


@pytest.mark.parametrize(
    "services",
    [
        [],
        [node_port("a", 30000)],
        [node_port("a", 30000), node_port("b", 30001)],
        [node_port("a", 30000), node_port("a", 30000)],
        [Service.headless("a"), Service.headless("b")],
        [internal("a", "10.0.0.5"), internal("b", "10.0.0.6")],
        [node_port("a", 30000, namespace="x"), node_port("a", 30001, namespace="y")],
        [Service("", generate_name="a-", ports=[ServicePort(80)])] * 2,
        [
            Service("", generate_name="a-", ports=[ServicePort(81)]),
            Service("", generate_name="a-", ports=[ServicePort(80)]),
        ],
        # An ExternalName Service takes no node ports.
        [
            Service("a", type="ExternalName", external_name="b.c", ports=[ServicePort(80, node_port=30000)]),
            node_port("b", 30000),
        ],
    ],
)
def test_no_conflict(services: list[Service]) -> None:
    """Other numbers, other namespaces, an equal Service, and ports that are not taken are no conflict."""
    assert check_set(services) == ()


def test_one_service_may_share_with_itself() -> None:
    """53/TCP and 53/UDP of one Service share a node port."""
    ports = [ServicePort(53, name="a", node_port=30053), ServicePort(53, name="b", protocol="UDP", node_port=30053)]
    assert check_set([Service.node_port("dns", ports)]) == ()


def test_by_which_cluster() -> None:
    """The set is checked for the given cluster."""
    both = [node_port("a", 30000), node_port("b", 30000)]
    assert check_set(both, cluster=Cluster("1.32")) == check_set(both)


def numbers(service: Service) -> list[int]:
    """Return the node ports that a Service requests, by an independent implementation."""
    found = [port.node_port or 0 for port in service.ports if service.type in {"NodePort", "LoadBalancer"}]
    if service.type == "LoadBalancer" and service.external_traffic_policy == "Local":
        found.append(service.health_check_node_port or 0)
    return [number for number in found if number]


@given(st.lists(services(), max_size=6), st.data())
def test_node_ports_belong_to_one_service(found: list[Service], data: st.DataObject) -> None:
    """A Service conflicts for each number that an earlier one with another name has."""
    few = st.sampled_from([30000, 30001, 30002])

    def number_for(service: Service) -> int:
        return data.draw(few.filter(lambda number: number != service.health_check_node_port))

    with EVERYWHERE:
        found = [
            attrs.evolve(
                service,
                name=f"s{place}",
                generate_name=None,
                ports=[
                    attrs.evolve(port, node_port=port.node_port and number_for(service))
                    if not position
                    else attrs.evolve(port, node_port=None)
                    for position, port in enumerate(service.ports)
                ],
                cluster_ip="None" if service.is_headless else None,
                cluster_ips=None,
            )
            for place, service in enumerate(found)
        ]
    taken: set[int] = set()
    expected = []
    for service in found:
        expected += [(service.name, number) for number in numbers(service) if number in taken]
        taken.update(numbers(service))
    conflicts = check_set(found, cluster=EVERYWHERE)
    assert sorted((each.service.name, each.violation.value) for each in conflicts) == sorted(expected)
