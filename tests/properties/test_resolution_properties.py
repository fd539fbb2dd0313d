"""Properties of resolution, and its agreement with a naive transliteration of the EndpointSlice controller."""

from collections.abc import Collection, Iterable, Sequence

import attrs
from hypothesis import given
from hypothesis import strategies as st

from portmap import (
    Cluster,
    Container,
    ContainerPort,
    EndpointSlice,
    Pod,
    Resolution,
    Service,
    ServicePort,
    Workload,
    resolve,
    resolve_all,
)
from portmap.strategies import pods
from random_objects import EVERYWHERE
from random_sets import published, services_with_pods

# --- the controller's algorithm, straight from its description ----------------------------------------------------


def find_port(pod: Pod, port: ServicePort) -> int | None:
    """Return a number as it is; look up a name with its protocol, in sidecars last (`FindPort`)."""
    target = port.target_port or port.port
    if isinstance(target, int):
        return target
    for container in pod.containers:
        for declared in container.ports:
            if declared.name == target and (declared.protocol or "TCP") == (port.protocol or "TCP"):
                return declared.container_port
    for container in pod.init_containers:
        if container.restart_policy == "Always":
            for declared in container.ports:
                if declared.name == target and (declared.protocol or "TCP") == (port.protocol or "TCP"):
                    return declared.container_port
    return None


SlicePort = tuple[str, str, int, str | None]
SliceKey = tuple[str, frozenset[SlicePort], bool]


def naive_slices(
    service: Service, found: Iterable[Pod], families: Sequence[str], nodes: Collection[str]
) -> dict[SliceKey, list[tuple[str, bool, bool, bool]]]:
    """Group the pods of each family by their ports; a family without pods has one empty slice."""
    if service.type == "ExternalName" or not service.selector:
        return {}
    slices: dict[SliceKey, list[tuple[str, bool, bool, bool]]] = {}
    for family in families:
        empty = True
        for pod in published(service, found, nodes):
            of_family = [address for address in pod.addresses or () if (":" in address) == (family == "IPv6")]
            if not of_family and pod.addresses is not None:
                continue
            ports = frozenset(
                (port.name or "", port.protocol or "TCP", number, port.app_protocol)
                for port in service.ports
                if (number := find_port(pod, port)) is not None
            )
            serving = pod.addresses is None or bool(pod.ready)
            terminating = pod.deletion_timestamp is not None
            ready = bool(service.publish_not_ready_addresses) or (serving and not terminating)
            slices.setdefault((family, ports, pod.addresses is None), []).append(
                (pod.name, ready, serving, terminating)
            )
            empty = False
        if empty:
            slices[family, frozenset(), False] = []
    return {key: sorted(endpoints) for key, endpoints in slices.items()}


def our_slices(slices: Iterable[EndpointSlice]) -> dict[SliceKey, list[tuple[str, bool, bool, bool]]]:
    return {
        (
            each.address_type,
            frozenset((port.name, port.protocol, port.port, port.app_protocol) for port in each.ports),
            each.projected,
        ): sorted((end.pod, end.ready, end.serving, end.terminating) for end in each.endpoints)
        for each in slices
    }


# --- the properties ------------------------------------------------------------------------------------------------

Reached = list[list[tuple[str, str | None, int]]]

NODES = ("node-a", "node-b")
SELECTORS = st.sampled_from(
    [{"app": "web"}, {"app": "web", "tier": "front"}, {"app": "wbe"}, {"tier": "front"}, {}, None]
)


def reached(resolution: Resolution) -> Reached:
    """Return what each Service port reaches, in a canonical order."""
    return [
        sorted((each.pod, each.container, each.port) for each in resolution.endpoints(port))
        for port in resolution.service.ports
    ]


def misses(resolution: Resolution) -> list[tuple[str, str, str | None]]:
    return sorted((miss.code, miss.field, miss.pod) for miss in resolution.misses)


@given(services_with_pods(), st.sampled_from([("IPv4",), ("IPv6",), ("IPv4", "IPv6")]))
def test_slices_are_those_of_the_controller(world: tuple[Service, list[Pod]], families: tuple[str, ...]) -> None:
    """The slices are those of the controller's algorithm, and no two have equal ports."""
    service, found = world
    resolution = resolve(service, found, nodes=NODES, ip_families=families)
    ours = our_slices(resolution.slices)
    assert ours == naive_slices(service, found, families, NODES)
    assert len(ours) == len(resolution.slices)


@given(services_with_pods())
def test_endpoints_agree_with_find_port(world: tuple[Service, list[Pod]]) -> None:
    """A pod is an endpoint with its number if the port resolves in it; otherwise it has a miss."""
    service, found = world
    resolution = resolve(service, found, nodes=NODES, ip_families=("IPv4",))
    eligible = [
        pod
        for pod in published(service, found, NODES)
        if pod.addresses is None or any("." in ip for ip in pod.addresses)
    ]
    for position, port in enumerate(service.ports):
        numbers = {pod.name: find_port(pod, port) for pod in eligible}
        assert {each.pod: each.port for each in resolution.endpoints(port)} == {
            name: number for name, number in numbers.items() if number is not None
        }
        missed = {miss.pod for miss in resolution.misses if miss.position == position}
        assert missed == {name for name, number in numbers.items() if number is None}


@given(services_with_pods(), st.data())
def test_the_order_of_pods_does_not_matter(world: tuple[Service, list[Pod]], data: st.DataObject) -> None:
    """The order of the pods changes neither endpoints, misses nor slices."""
    service, found = world
    other = data.draw(st.permutations(found))
    one, two = resolve(service, found, nodes=NODES), resolve(service, other, nodes=NODES)
    assert reached(one) == reached(two)
    assert misses(one) == misses(two)
    assert our_slices(one.slices) == our_slices(two.slices)


@given(services_with_pods(), st.lists(pods(labels=st.just({"app": "other"})), max_size=4), st.data())
def test_unrelated_pods_do_not_matter(world: tuple[Service, list[Pod]], others: list[Pod], data: st.DataObject) -> None:
    """Pods that are not selected change nothing at any position."""
    service, found = world
    mixed = list(found)
    for pod in others:
        mixed.insert(data.draw(st.integers(0, len(mixed))), pod)
    alone, among = resolve(service, found, nodes=NODES), resolve(service, mixed, nodes=NODES)
    assert [alone.endpoints(port) for port in service.ports] == [among.endpoints(port) for port in service.ports]
    assert alone.slices == among.slices
    assert misses(alone) == misses(among)


def _declared(containers: Iterable[Container]) -> list[tuple[str, str]]:
    return [(port.name, port.effective_protocol) for each in containers for port in each.ports if port.name]


@given(services_with_pods(), st.data())
def test_container_order_matters_only_for_duplicate_names(
    world: tuple[Service, list[Pod]], data: st.DataObject
) -> None:
    """If no name and protocol occurs twice, the order of containers and ports does not matter."""
    service, found = world
    single = [pod for pod in found if len(set(_declared(pod.port_containers))) == len(_declared(pod.port_containers))]

    def shuffled(containers: tuple[Container, ...]) -> list[Container]:
        return [
            attrs.evolve(each, ports=data.draw(st.permutations(each.ports)))
            for each in data.draw(st.permutations(containers))
        ]

    other = [
        attrs.evolve(pod, containers=shuffled(pod.containers), init_containers=shuffled(pod.init_containers))
        for pod in single
    ]
    one, two = resolve(service, single, nodes=NODES), resolve(service, other, nodes=NODES)
    by_number = [[(pod, number) for pod, _, number in each] for each in reached(one)]
    assert by_number == [[(pod, number) for pod, _, number in each] for each in reached(two)]
    assert our_slices(one.slices) == our_slices(two.slices)


@given(services_with_pods())
def test_the_first_match_decides(world: tuple[Service, list[Pod]]) -> None:
    """A new first container that declares every named target is the one that is reached."""
    service, found = world
    named = dict.fromkeys((port.target_port, port.protocol) for port in service.ports)
    in_front = [
        Container(f"front-{number}", ports=[ContainerPort(number, name=target, protocol=protocol)])
        for number, (target, protocol) in enumerate(named, 10000)
        if isinstance(target, str)
    ]
    changed = [attrs.evolve(pod, containers=(*in_front, *pod.containers)) for pod in found]
    for port in service.ports:
        if isinstance(port.target_port, str):
            for each in resolve(service, changed, nodes=NODES).endpoints(port):
                assert each.container is not None
                assert each.container.startswith("front-")
                assert each.port >= 10000


@given(services_with_pods())
def test_a_workload_stands_for_its_pods(world: tuple[Service, list[Pod]]) -> None:
    """A workload has the endpoints of its template pod, with the name of the workload."""
    service, found = world
    templates = [attrs.evolve(pod, addresses=None, phase=None, ready=None) for pod in found]
    workloads = [Workload("Deployment", pod.name, pod) for pod in templates]
    of_pods, of_workloads = resolve(service, templates), resolve(service, workloads)
    assert reached(of_pods) == reached(of_workloads)
    assert our_slices(of_pods.slices) == our_slices(of_workloads.slices)
    assert all(
        each.workload == f"Deployment/{each.pod}" for port in service.ports for each in of_workloads.endpoints(port)
    )


@given(services_with_pods())
def test_sidecars_are_searched_since_1_33(world: tuple[Service, list[Pod]]) -> None:
    """Before 1.33, ports of sidecars do not count."""
    service, found = world
    bare = [
        attrs.evolve(pod, init_containers=[attrs.evolve(each, ports=()) for each in pod.init_containers])
        for pod in found
    ]
    old = resolve(service, found, nodes=NODES, cluster=Cluster("1.32"))
    without = resolve(service, bare, nodes=NODES, cluster=EVERYWHERE)
    assert [[(pod, number) for pod, _, number in each] for each in reached(old)] == [
        [(pod, number) for pod, _, number in each] for each in reached(without)
    ]


@given(services_with_pods())
def test_leads_nowhere(world: tuple[Service, list[Pod]]) -> None:
    """`leads_nowhere` has the ports without endpoints."""
    service, found = world
    resolution = resolve(service, found, nodes=NODES)
    assert resolution.leads_nowhere == tuple(port for port in service.ports if not resolution.endpoints(port))


@given(st.lists(services_with_pods(), max_size=4), st.data())
def test_resolve_all_agrees_with_resolve(worlds: list[tuple[Service, list[Pod]]], data: st.DataObject) -> None:
    """`resolve_all` returns for each Service the result of `resolve`."""
    services = [attrs.evolve(service, selector=data.draw(SELECTORS)) for service, _ in worlds]
    found = [pod for _, pods in worlds for pod in pods]
    assert resolve_all(services, found, nodes=NODES) == tuple(
        resolve(service, found, nodes=NODES) for service in services
    )
