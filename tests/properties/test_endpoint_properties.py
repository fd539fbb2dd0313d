"""Properties of endpoints and slices, and how they change with pods and names."""

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from portmap import Container, Endpoint, EndpointSlice, Pod, Resolution, Service, resolve
from portmap._kubernetes.addresses import family_of
from random_sets import published, services_with_pods

NODES = ("node-a", "node-b")
World = tuple[Service, list[Pod]]


def resolved(service: Service, pods: list[Pod]) -> Resolution:
    """Return the resolution with two existing nodes."""
    return resolve(service, pods, nodes=NODES)


def families_of(service: Service) -> tuple[str, ...]:
    """Return the families of the Service, with IPv4 as the default."""
    return tuple(service.ip_families or ("IPv4",))


def slices_of(found: Resolution, family: str) -> list[EndpointSlice]:
    """Return the slices of an address type."""
    return [each for each in found.slices if each.address_type == family]


def by_pod(found: Resolution) -> Mapping[str, list[tuple[Endpoint, ...]]]:
    """Return the endpoints of each port, by pod."""
    names = {endpoint.pod for endpoints in found.by_port for endpoint in endpoints}
    return {
        name: [tuple(each for each in endpoints if each.pod == name) for endpoints in found.by_port] for name in names
    }


@given(services_with_pods())
def test_slices_partition_the_pods_of_each_address_type(world: World) -> None:
    """Every published pod is in exactly one slice of each of its address types, ready if it is ready."""
    service, pods = world
    found = resolved(service, pods)
    families = {each.address_type for each in found.slices}
    assert families == set(families_of(service))
    for family in families:
        in_slices = [endpoint for each in slices_of(found, family) for endpoint in each.endpoints]
        expected = {
            pod.name: bool(service.publish_not_ready_addresses)
            or ((pod.is_projected or bool(pod.ready)) and not pod.is_terminating)
            for pod in published(service, pods, NODES)
            if pod.is_projected or any(family_of(address) == family for address in pod.addresses or ())
        }
        assert sorted(endpoint.pod for endpoint in in_slices) == sorted(expected)
        assert {endpoint.pod: endpoint.ready for endpoint in in_slices} == expected


@given(services_with_pods())
def test_every_endpoint_is_in_one_slice_with_its_number(world: World) -> None:
    """Each endpoint is in one slice of each address type, which has the port with that number."""
    service, pods = world
    found = resolved(service, pods)
    for port in service.ports:
        for endpoint in found.endpoints(port):
            families = {family_of(address) for address in endpoint.addresses} or set(families_of(service))
            for family in families:
                [containing] = [
                    each
                    for each in slices_of(found, str(family))
                    if any(inside.pod == endpoint.pod for inside in each.endpoints)
                ]
                [number] = [each.port for each in containing.ports if each.name == port.name]
                assert number == endpoint.port


@given(services_with_pods())
def test_every_port_of_a_slice_is_reached_in_its_pods(world: World) -> None:
    """Each pod of a slice is an endpoint of each port of the slice."""
    service, pods = world
    found = resolved(service, pods)
    for each in found.slices:
        for port in each.ports:
            reached = {(endpoint.pod, endpoint.port) for endpoint in found.endpoints(port.name)}
            assert {(endpoint.pod, port.port) for endpoint in each.endpoints} <= reached


@given(services_with_pods(), st.data())
def test_removing_a_pod_removes_only_its_endpoints(world: World, data: st.DataObject) -> None:
    """Removing a pod changes no other endpoint or slice entry."""
    service, pods = world
    if not pods:
        return
    gone = data.draw(st.sampled_from(pods))
    before, after = resolved(service, pods), resolved(service, [pod for pod in pods if pod is not gone])
    assert after.by_port == tuple(
        tuple(each for each in endpoints if each.pod != gone.name) for endpoints in before.by_port
    )
    for family in families_of(service):
        in_slices = [
            (each.ports, tuple(inside for inside in each.endpoints if inside.pod != gone.name), each.projected)
            for each in slices_of(before, family)
        ]
        left = [(each.ports, each.endpoints, each.projected) for each in slices_of(after, family) if each.endpoints]
        # The order of ports is that of the first of the pods, and the same for all.
        assert sorted(left, key=repr) == sorted((each for each in in_slices if each[1]), key=repr)


def renamed(pod: Pod, names: Mapping[str, str]) -> Pod:
    """Return the pod with other names for its ports."""

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
    """Renaming a port in the Service and in all pods changes no pod, container or number."""
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
    """The order of the pods does not change the endpoints of a pod or the pods of a slice."""
    service, pods = world
    shuffled = data.draw(st.permutations(pods))
    before, after = resolved(service, pods), resolved(service, shuffled)
    assert by_pod(after) == by_pod(before)
    assert [[each.pod for each in endpoints] for endpoints in after.by_port] == [
        [pod.name for pod in shuffled if any(each.pod == pod.name for each in endpoints)]
        for endpoints in before.by_port
    ]
    assert sorted(after.slices, key=repr) == sorted(before.slices, key=repr)
