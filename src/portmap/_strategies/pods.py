"""Strategies for containers, pods and workloads."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.enums import Protocol
from portmap._kubernetes.kinds import WORKLOAD_KINDS
from portmap._model.pods import Container, Pod
from portmap._model.workloads import Workload
from portmap._strategies.arguments import (
    check_bounds,
    check_cluster,
    check_flag,
    check_strategy,
    choices_of,
    represented_by_call,
)
from portmap._strategies.ports import PROTOCOLS_BY_SIMPLICITY, consistent_container_ports, container_ports
from portmap._strategies.words import annotations as any_annotations
from portmap._strategies.words import distinct_name, dns_labels, label_maps, lists_of, object_names
from portmap._strategies.words import namespaces as any_namespaces

KINDS_OF_WORKLOADS: Final = ("Deployment", *sorted({kind for _, kind in WORKLOAD_KINDS} - {"Deployment", "Pod"}))
"""The kinds of workloads, with the one first that examples shrink to."""

_CONTAINER_NAMES: Final = dns_labels("app")
_LONGEST_NAME: Final = 63
_POD_IPS: Final[st.SearchStrategy[list[str]]] = (
    st.just(["10.244.0.7"])
    | st.integers(1, 65534).map(lambda number: [f"10.244.{number >> 8}.{number & 255}"])
    | st.integers(1, 65535).map(lambda number: ["10.244.0.7", f"fd00:244::{number:x}"])
    | st.integers(1, 65535).map(lambda number: [f"fd00:244::{number:x}"])
    | st.just([])
)
_PHASES: Final = ("Running", "Pending", "Succeeded", "Failed", "Unknown")


@represented_by_call
def containers(
    *,
    min_ports: int = 0,
    max_ports: int = 4,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
) -> st.SearchStrategy[Container]:
    """Generate `Container` objects.

    Args:
        min_ports: The least number of ports.
        max_ports: The greatest number of ports.
        named: Whether the ports have names; `None` for either.
        protocols: The protocols of the ports.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import containers
        >>> find(containers(min_ports=1), lambda container: container.ports[0].effective_protocol == "UDP")
        Container('app', ports=(ContainerPort(80, protocol='UDP'),))
    """
    check_bounds(("min_ports", "max_ports"), min_ports, max_ports)
    ports = container_ports(named=named, protocols=protocols)
    return st.builds(
        Container,
        _CONTAINER_NAMES,
        ports=lists_of(ports, min_ports, max_ports).map(consistent_container_ports),
        image=st.none() | st.just("example.com/app:1"),
        restart_policy=st.none(),
    )


def _with_distinct_names(group: list[Container], taken: set[str]) -> list[Container]:
    """Return the containers with names that differ from each other and from those taken, and take these names."""
    renamed = []
    for container in group:
        name = distinct_name(container.name, taken, _LONGEST_NAME)
        taken.add(name)
        renamed.append(attrs.evolve(container, name=name))
    return renamed


_RESTART_POLICIES: Final = (None, "Always")
_WHEN_OBSERVED: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "addresses": _POD_IPS,
    "phase": st.none() | st.sampled_from(_PHASES),
    "ready": st.none() | st.booleans(),
    "deletion_timestamp": st.sampled_from([None, "2026-01-31T12:00:00Z"]),
}


@represented_by_call
def pods(
    *,
    min_containers: int = 1,
    max_containers: int = 3,
    min_ports: int = 0,
    max_ports: int = 4,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
    observed: bool | None = None,
    names: st.SearchStrategy[str] | None = None,
    namespaces: st.SearchStrategy[str | None] | None = None,
    labels: st.SearchStrategy[Mapping[str, str]] | None = None,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[Pod]:
    """Generate `Pod` objects, with init containers and sidecars among them.

    Args:
        min_containers: The least number of containers, without init containers.
        max_containers: The greatest number of containers.
        min_ports: The least number of ports of each container.
        max_ports: The greatest number of ports of each container.
        named: Whether the ports have names; `None` for either.
        protocols: The protocols of the ports.
        observed: True for observed pods, with addresses, phase and readiness; False for
            projected pods; `None` for either.
        names: The names of the pods.
        namespaces: The namespaces. `None` among them leaves the namespace out.
        labels: The labels of the pods.
        cluster: The target. The default is the cluster in force when an example is drawn.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import pods
        >>> len(find(pods(min_containers=2), lambda pod: True).containers)
        2
    """
    check_bounds(("min_containers", "max_containers"), min_containers, max_containers)
    check_bounds(("min_ports", "max_ports"), min_ports, max_ports)
    check_flag("observed", observed)
    check_cluster(cluster)
    for argument, given in (("names", names), ("namespaces", namespaces), ("labels", labels)):
        check_strategy(argument, given)
    regular = containers(min_ports=min_ports, max_ports=max_ports, named=named, protocols=protocols)
    init = st.builds(
        lambda container, policy: attrs.evolve(container, restart_policy=policy),
        regular,
        st.sampled_from(_RESTART_POLICIES),
    )
    fields: dict[str, st.SearchStrategy[Any]] = {
        "name": dns_labels("web-0") if names is None else names,
        "namespace": any_namespaces if namespaces is None else namespaces,
        "labels": label_maps() if labels is None else labels,
        "annotations": st.none() | any_annotations,
        "containers": lists_of(regular, min_containers, max_containers),
        "init_containers": lists_of(init, 0, 2),
        "host_network": st.sampled_from([None, False]),
        "hostname": st.none() | object_names,
        "subdomain": st.none() | object_names,
    }
    future = st.fixed_dictionaries(fields)
    seen = st.fixed_dictionaries({**fields, **_WHEN_OBSERVED, "node_name": st.sampled_from([None, "node-a", "node-b"])})
    chosen_fields = seen if observed else future if observed is False else future | seen
    return chosen_fields.map(lambda drawn: _pod(drawn, cluster))


def _pod(fields: dict[str, Any], cluster: Cluster | None) -> Pod:
    taken: set[str] = set()
    renamed = {name: _with_distinct_names(fields[name], taken) for name in ("containers", "init_containers")}
    with cluster or cluster_in_force():
        return Pod(**{**fields, **renamed})


@represented_by_call
def workloads(
    *,
    kinds: Collection[str] = KINDS_OF_WORKLOADS,
    min_containers: int = 1,
    max_containers: int = 3,
    min_ports: int = 0,
    max_ports: int = 4,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOLS_BY_SIMPLICITY,
    names: st.SearchStrategy[str] | None = None,
    namespaces: st.SearchStrategy[str | None] | None = None,
    labels: st.SearchStrategy[Mapping[str, str]] | None = None,
    min_replicas: int = 0,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[Workload]:
    """Generate `Workload` objects: Deployments and the like, reduced to the pods that they create.

    Args:
        kinds: The kinds.
        min_containers: As in `pods`.
        max_containers: As in `pods`.
        min_ports: As in `pods`.
        max_ports: As in `pods`.
        named: As in `pods`.
        protocols: As in `pods`.
        names: The names of the workloads.
        namespaces: The namespaces. `None` among them leaves the namespace out.
        labels: The labels of the pods.
        min_replicas: The least number of replicas, if it is set. With 0 there are no pods
            that a Service could select.
        cluster: As in `pods`.

    Raises:
        InvalidArgument: An argument is not valid, or no example satisfies all of them.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import workloads
        >>> find(workloads(kinds=["Job"]), lambda workload: True).kind
        'Job'
    """
    known = choices_of("kinds", kinds, KINDS_OF_WORKLOADS)
    check_bounds(("min_replicas", "min_replicas"), min_replicas, min_replicas)
    for argument, given in (("names", names), ("labels", labels)):
        check_strategy(argument, given)
    return st.builds(
        _workload,
        st.sampled_from(known),
        object_names if names is None else names,
        pods(
            min_containers=min_containers,
            max_containers=max_containers,
            min_ports=min_ports,
            max_ports=max_ports,
            named=named,
            protocols=protocols,
            observed=False,
            names=st.just(""),
            namespaces=namespaces,
            labels=label_maps(min_size=1) if labels is None else labels,
            cluster=cluster,
        ),
        st.none() | st.integers(min_replicas, max(3, min_replicas)),
    )


_COUNTED: Final = frozenset({"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"})
_SELECTED_BY_SERVER: Final = frozenset({"Job", "CronJob"})


def _workload(kind: str, name: str, pod: Pod, replicas: int | None) -> Workload:
    return Workload(
        kind,
        name,
        attrs.evolve(pod, name=name, template=True),
        selector=None if kind in _SELECTED_BY_SERVER or not pod.labels else pod.labels,
        replicas=replicas if kind in _COUNTED else None,
    )
