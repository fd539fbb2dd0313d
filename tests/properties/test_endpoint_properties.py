"""What must hold of endpoints and slices together, and what becomes of them when pods or names change."""

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from pods_for_tests import services_with_pods
from portmap import Container, Endpoint, EndpointSlice, Pod, Resolution, Service, resolve
from portmap._kubernetes.addresses import family_of
from published import published

NODES = ("node-a", "node-b")
World = tuple[Service, list[Pod]]


def resolved(service: Service, pods: list[Pod]) -> Resolution:
    """The resolution, where not every node exists."""
    return resolve(service, pods, nodes=NODES)


def families_of(service: Service) -> tuple[str, ...]:
    """The families of the Service, where the cluster gave it none of its own accord."""
    return tuple(service.ip_families or ("IPv4",))


def slices_of(found: Resolution, family: str) -> list[EndpointSlice]:
    """The slices of an address type."""
    return [each for each in found.slices if each.address_type == family]


def by_pod(found: Resolution) -> Mapping[str, list[tuple[Endpoint, ...]]]:
    """By pod, what each port reaches in it."""
    names = {endpoint.pod for endpoints in found.by_port for endpoint in endpoints}
    return {
        name: [tuple(each for each in endpoints if each.pod == name) for endpoints in found.by_port] for name in names
    }


@given(services_with_pods())
def test_slices_partition_the_pods_of_each_address_type(world: World) -> None:
    """Of each address type, every published pod stands in one slice, once, and ready there if it is ready."""
    service, pods = world
    found = resolved(service, pods)
    families = {each.address_type for each in found.slices}
    assert families == set(families_of(service))
    for family in families:
        standing = [endpoint for each in slices_of(found, family) for endpoint in each.endpoints]
        expected = {
            pod.name: bool(service.publish_not_ready_addresses)
            or ((pod.is_projected or bool(pod.ready)) and not pod.is_terminating)
            for pod in published(service, pods, NODES)
            if pod.is_projected or any(family_of(address) == family for address in pod.addresses or ())
        }
        assert sorted(endpoint.pod for endpoint in standing) == sorted(expected)
        assert {endpoint.pod: endpoint.ready for endpoint in standing} == expected


@given(services_with_pods())
def test_every_endpoint_is_in_one_slice_with_its_number(world: World) -> None:
    """What `endpoints(port)` has stands, for each address type, in one slice that has the port with that number."""
    service, pods = world
    found = resolved(service, pods)
    for port in service.ports:
        for endpoint in found.endpoints(port):
            families = {family_of(address) for address in endpoint.addresses} or set(families_of(service))
            for family in families:
                [standing] = [
                    each
                    for each in slices_of(found, str(family))
                    if any(inside.pod == endpoint.pod for inside in each.endpoints)
                ]
                [number] = [each.port for each in standing.ports if each.name == port.name]
                assert number == endpoint.port


@given(services_with_pods())
def test_every_port_of_a_slice_is_reached_in_its_pods(world: World) -> None:
    """The other way round: each pod of a slice is an endpoint of each of the slice's ports."""
    service, pods = world
    found = resolved(service, pods)
    for each in found.slices:
        for port in each.ports:
            reached = {(endpoint.pod, endpoint.port) for endpoint in found.endpoints(port.name)}
            assert {(endpoint.pod, port.port) for endpoint in each.endpoints} <= reached


@given(services_with_pods(), st.data())
def test_removing_a_pod_removes_only_its_endpoints(world: World, data: st.DataObject) -> None:
    """All other endpoints, and places in slices, are what they were."""
    service, pods = world
    if not pods:
        return
    gone = data.draw(st.sampled_from(pods))
    before, after = resolved(service, pods), resolved(service, [pod for pod in pods if pod is not gone])
    assert after.by_port == tuple(
        tuple(each for each in endpoints if each.pod != gone.name) for endpoints in before.by_port
    )
    for family in families_of(service):
        standing = [
            (each.ports, tuple(inside for inside in each.endpoints if inside.pod != gone.name), each.projected)
            for each in slices_of(before, family)
        ]
        left = [(each.ports, each.endpoints, each.projected) for each in slices_of(after, family) if each.endpoints]
        # The order of ports is that of the first of the pods, and the same for all.
        assert sorted(left, key=repr) == sorted((each for each in standing if each[1]), key=repr)


def renamed(pod: Pod, names: Mapping[str, str]) -> Pod:
    """The pod with other names for its ports."""

    def of(containers: tuple[Container, ...]) -> list[Container]:
        return [
            attrs.evolve(
                container,
                ports=[attrs.evolve(port, name=names.get(port.name or "", port.name)) for port in container.ports],
            )
            for container in containers
        ]

    return attrs.evolve(pod, containers=of(pod.containers), init_containers=of(pod.init_containers))


@given(services_with_pods(), st.permutations(["http", "dns", "grpc", "metrics", "web"]))
def test_renaming_a_port_consistently_changes_no_number(world: World, names: list[str]) -> None:
    """Other names, the same in the Service and in all pods, lead to the same pods, containers and numbers."""
    service, pods = world
    new = dict(zip(["http", "dns", "grpc", "metrics", "web"], names, strict=True))
    ports = [
        attrs.evolve(port, target_port=new.get(port.target_port, port.target_port))
        if isinstance(port.target_port, str)
        else port
        for port in service.ports
    ]
    after = resolved(attrs.evolve(service, ports=ports), [renamed(pod, new) for pod in pods])
    before = resolved(service, pods)
    assert after.by_port == before.by_port
    assert after.slices == before.slices
    assert [(each.code, each.position, each.pod) for each in after.misses] == [
        (each.code, each.position, each.pod) for each in before.misses
    ]


@given(services_with_pods(), st.data())
def test_the_order_of_pods_changes_only_the_order_of_endpoints(world: World, data: st.DataObject) -> None:
    """In any order, each pod has the same endpoints, and the slices hold the same pods."""
    service, pods = world
    shuffled = data.draw(st.permutations(pods))
    before, after = resolved(service, pods), resolved(service, shuffled)
    assert by_pod(after) == by_pod(before)
    assert [[each.pod for each in endpoints] for endpoints in after.by_port] == [
        [pod.name for pod in shuffled if any(each.pod == pod.name for each in endpoints)]
        for endpoints in before.by_port
    ]
    assert sorted(after.slices, key=repr) == sorted(before.slices, key=repr)
