"""Services together with the pods that they reach."""

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
from portmap._strategies.arguments import check_bounds, chosen, shown_as_called
from portmap._strategies.pods import pods
from portmap._strategies.ports import PROTOCOL_WORDS, Target
from portmap._strategies.services import services
from portmap._strategies.words import namespaces as any_namespaces
from portmap._strategies.words import numbers_between, several, told_apart

__all__ = ["services_with_pods"]

_SELECTORS: Final = st.just({"app": "web"}) | st.sampled_from(
    [{"app": "web", "tier": "front"}, {"app.kubernetes.io/name": "web"}]
)
_WITH_PODS: Final[tuple[ServiceType, ...]] = ("ClusterIP", "NodePort", "LoadBalancer")


@shown_as_called
def services_with_pods(
    *,
    types: Collection[ServiceType] = _WITH_PODS,
    headless: bool | None = None,
    min_ports: int = 1,
    max_ports: int = 4,
    protocols: Collection[Protocol] = PROTOCOL_WORDS,
    target: Target | None = None,
    min_pods: int = 1,
    max_pods: int = 3,
    namespaces: st.SearchStrategy[str | None] | None = None,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[tuple[Service, list[Pod]]]:
    """Generate a Service and pods such that each of its ports leads to a container of each of the pods.

    Every pod is selected, has a container that declares what a Service port names, and
    is yet to be: `portmap.resolve` reports no miss.

    Args:
        types: Of which types the Service is. An ExternalName Service has no pods.
        headless: Whether it is headless; `None` for either.
        min_ports: The least number of its ports.
        max_ports: The greatest.
        protocols: The protocols that its ports may speak.
        target: How its ports say where they lead; as in `service_ports`.
        min_pods: The least number of pods.
        max_pods: The greatest.
        namespaces: The namespace of all of them; `None` among them leaves it open.
        cluster: What the target accepts, and whether it looks for ports in sidecars;
            left out, the cluster in force when an example is drawn.

    Raises:
        InvalidArgument: An argument is no such thing, or together they leave nothing.

    Example:
        >>> from hypothesis import given
        >>> from portmap.strategies import services_with_pods
        >>> @given(services_with_pods())
        ... def test_every_port_leads_somewhere(world):
        ...     service, pods = world
        ...     assert not resolve(service, pods).leads_nowhere
        ...
        >>> test_every_port_leads_somewhere()
    """
    check_bounds(("min_pods", "max_pods"), min_pods, max_pods, least=1)
    served = services(
        types=chosen("types", types, _WITH_PODS),
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
    some = several(
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
            for place, pod in enumerate(draw(some)):
                answering = pod.containers
                for port in service.ports:
                    if find_port(attrs.evolve(pod, containers=answering), port, sidecars=sidecars) is None:
                        name = str(port.effective_target_port)
                        declared = ContainerPort(draw(numbers), name=name, protocol=port.protocol)
                        answering = _declaring(answering, declared, pod.init_containers)
                found.append(
                    attrs.evolve(
                        pod,
                        name=f"{service.name}-{place}",
                        namespace=service.namespace,
                        labels=service.selector,
                        containers=answering,
                    )
                )
            missed = resolve(service, found).misses
        if missed:
            raise AssertionError(f"a Service that should lead somewhere does not: {missed[0]}")
        return service, found

    return draw_world()


def _declaring(
    containers: tuple[Container, ...], port: ContainerPort, others: tuple[Container, ...]
) -> tuple[Container, ...]:
    """The containers with one more port, in the first that has none of this name."""
    for place, container in enumerate(containers):
        if all(each.name != port.name for each in container.ports):
            wider = attrs.evolve(container, ports=(*container.ports, port))
            return (*containers[:place], wider, *containers[place + 1 :])
    taken = [each.name for each in containers + others]
    return (*containers, Container(told_apart("app", taken, LONGEST_LABEL), ports=[port]))
