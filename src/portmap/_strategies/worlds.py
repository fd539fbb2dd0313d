"""Strategies for Services together with the pods that they select."""

from collections.abc import Collection
from typing import Final

import attrs
from hypothesis import strategies as st

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.enums import Protocol, ServiceType
from portmap._kubernetes.features import SIDECAR_PORTS
from portmap._kubernetes.names import LONGEST_LABEL
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort
from portmap._model.services import Service
from portmap._resolution.find_port import find_port
from portmap._resolution.resolution import resolve
from portmap._strategies.arguments import check_bounds, choices_of, represented_by_call
from portmap._strategies.pods import pods
from portmap._strategies.ports import PROTOCOLS_BY_SIMPLICITY, Target
from portmap._strategies.services import services
from portmap._strategies.words import distinct_name, lists_of, numbers_between
from portmap._strategies.words import namespaces as any_namespaces

_SELECTORS: Final = st.just({"app": "web"}) | st.sampled_from(
    [{"app": "web", "tier": "front"}, {"app.kubernetes.io/name": "web"}]
)
_WITH_PODS: Final[tuple[ServiceType, ...]] = ("ClusterIP", "NodePort", "LoadBalancer")


@represented_by_call
def services_with_pods(
    *,
    types: Collection[ServiceType] = _WITH_PODS,
    headless: bool | None = None,
    min_ports: int = 1,
    max_ports: int = 4,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
    target: Target | None = None,
    min_pods: int = 1,
    max_pods: int = 3,
    namespaces: st.SearchStrategy[str | None] | None = None,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[tuple[Service, list[Pod]]]:
    """Generate a Service and pods such that every Service port has endpoints in every pod.

    The pods are projected. The Service selects each of them, and each declares the container
    ports that the Service refers to by name: `portmap.resolve` reports no miss.

    Args:
        types: The types of the Service. An ExternalName Service has no pods.
        headless: Whether the Service is headless; `None` for either.
        min_ports: The least number of Service ports.
        max_ports: The greatest number of Service ports.
        protocols: The protocols of the Service ports.
        target: How Service ports refer to container ports; as in `service_ports`.
        min_pods: The least number of pods.
        max_pods: The greatest number of pods.
        namespaces: The namespaces. `None` among them leaves the namespace out.
        cluster: The target, which also decides whether ports of sidecars count. The default
            is the cluster in force when an example is drawn.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

    Example:
        >>> from hypothesis import given
        >>> from portmap.strategies import services_with_pods
        >>> @given(services_with_pods())
        ... def test_every_port_has_endpoints(world):
        ...     service, pods = world
        ...     assert not resolve(service, pods).leads_nowhere
        ...
        >>> test_every_port_has_endpoints()
    """
    check_bounds(("min_pods", "max_pods"), min_pods, max_pods, least=1)
    served = services(
        types=choices_of("types", types, _WITH_PODS),
        headless=headless,
        min_ports=min_ports,
        max_ports=max_ports,
        protocols=protocols,
        target=target,
        selectors=_SELECTORS,
        namespaces=any_namespaces if namespaces is None else namespaces,
        cluster=cluster,
    )
    numbers = numbers_between(1, 65535)
    projected = lists_of(
        pods(
            observed=False,
            max_containers=2,
            max_ports=2,
            names=st.just(""),
            namespaces=st.none(),
            labels=st.just({}),
            cluster=cluster,
        ),
        min_pods,
        max_pods,
    )

    @st.composite
    def draw_world(draw: st.DrawFn) -> tuple[Service, list[Pod]]:
        service = draw(served)
        found = []
        with cluster or cluster_in_force() as target_cluster:
            sidecars = target_cluster.enabled(SIDECAR_PORTS)
            for position, pod in enumerate(draw(projected)):
                declaring = pod.containers
                for port in service.ports:
                    if find_port(attrs.evolve(pod, containers=declaring), port, sidecars=sidecars) is None:
                        name = str(port.effective_target_port)
                        declared = ContainerPort(draw(numbers), name=name, protocol=port.protocol)
                        declaring = _with_port(declaring, declared, pod.init_containers)
                found.append(
                    attrs.evolve(
                        pod,
                        name=f"{service.name}-{position}",
                        namespace=service.namespace,
                        labels=service.selector,
                        containers=declaring,
                    )
                )
            misses = resolve(service, found).misses
        if misses:
            raise AssertionError(f"a Service port has no endpoints: {misses[0]}")
        return service, found

    return draw_world()


def _with_port(
    containers: tuple[Container, ...], port: ContainerPort, others: tuple[Container, ...]
) -> tuple[Container, ...]:
    """Return the containers with one more port, in the first container that has no port of this name."""
    for position, container in enumerate(containers):
        if all(declared.name != port.name for declared in container.ports):
            extended = attrs.evolve(container, ports=(*container.ports, port))
            return (*containers[:position], extended, *containers[position + 1 :])
    taken = [container.name for container in containers + others]
    return (*containers, Container(distinct_name("app", taken, LONGEST_LABEL), ports=[port]))
