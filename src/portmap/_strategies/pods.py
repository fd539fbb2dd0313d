"""Containers, pods and workloads."""

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
    chosen,
    shown_as_called,
)
from portmap._strategies.ports import PROTOCOL_WORDS, agreeing_container_ports, container_ports
from portmap._strategies.words import annotations as any_annotations
from portmap._strategies.words import dns_labels, label_maps, object_names, several, told_apart
from portmap._strategies.words import namespaces as any_namespaces

__all__ = ["MAKERS", "containers", "pods", "workloads"]

MAKERS: Final = ("Deployment", *sorted({kind for _, kind in WORKLOAD_KINDS} - {"Deployment", "Pod"}))
"""The kinds of workloads, the one that examples shrink to first."""

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


@shown_as_called
def containers(
    *,
    min_ports: int = 0,
    max_ports: int = 4,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOL_WORDS,
) -> st.SearchStrategy[Container]:
    """Generate `Container` objects.

    Args:
        min_ports: The least number of ports that the container declares.
        max_ports: The greatest.
        named: Whether its ports have names; `None` for either.
        protocols: The protocols that they may speak.

    Raises:
        InvalidArgument: An argument is no such thing, or the bounds leave nothing.

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
        ports=several(ports, min_ports, max_ports).map(agreeing_container_ports),
        image=st.none() | st.just("example.com/app:1"),
        restart_policy=st.none(),
    )


def _named_apart(group: list[Container], taken: set[str]) -> list[Container]:
    """The same containers, none with the name of another."""
    apart = []
    for each in group:
        name = told_apart(each.name, taken, _LONGEST_NAME)
        taken.add(name)
        apart.append(attrs.evolve(each, name=name))
    return apart


_RESTART_POLICIES: Final = (None, "Always")
_WHEN_OBSERVED: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "addresses": _POD_IPS,
    "phase": st.none() | st.sampled_from(_PHASES),
    "ready": st.none() | st.booleans(),
    "deletion_timestamp": st.sampled_from([None, "2026-01-31T12:00:00Z"]),
}


@shown_as_called
def pods(
    *,
    min_containers: int = 1,
    max_containers: int = 3,
    min_ports: int = 0,
    max_ports: int = 4,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOL_WORDS,
    observed: bool | None = None,
    names: st.SearchStrategy[str] | None = None,
    namespaces: st.SearchStrategy[str | None] | None = None,
    labels: st.SearchStrategy[Mapping[str, str]] | None = None,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[Pod]:
    """Generate `Pod` objects, with init containers and sidecars among them.

    Args:
        min_containers: The least number of containers, init containers apart.
        max_containers: The greatest.
        min_ports: The least number of ports that each container declares.
        max_ports: The greatest.
        named: Whether ports have names; `None` for either.
        protocols: The protocols that they may speak.
        observed: Whether the pod was observed in a cluster, with addresses, phase and
            readiness, or is one that will be; `None` for either.
        names: Its name.
        namespaces: Its namespace; `None` among them leaves it open.
        labels: Its labels.
        cluster: What the target accepts; left out, the cluster in force when an example is drawn.

    Raises:
        InvalidArgument: An argument is no such thing, or the bounds leave nothing.

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
        "containers": several(regular, min_containers, max_containers),
        "init_containers": several(init, 0, 2),
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
    apart = {name: _named_apart(fields[name], taken) for name in ("containers", "init_containers")}
    with cluster or cluster_in_force():
        return Pod(**{**fields, **apart})


@shown_as_called
def workloads(
    *,
    kinds: Collection[str] = MAKERS,
    min_containers: int = 1,
    max_containers: int = 3,
    min_ports: int = 0,
    max_ports: int = 4,
    named: bool | None = None,
    protocols: Collection[Protocol] = PROTOCOL_WORDS,
    names: st.SearchStrategy[str] | None = None,
    namespaces: st.SearchStrategy[str | None] | None = None,
    labels: st.SearchStrategy[Mapping[str, str]] | None = None,
    min_replicas: int = 0,
    cluster: Cluster | None = None,
) -> st.SearchStrategy[Workload]:
    """Generate `Workload` objects: Deployments and the like, reduced to what their pods look like.

    Args:
        kinds: Which kinds.
        min_containers: As in `pods`, and so those that follow.
        max_containers: As in `pods`.
        min_ports: As in `pods`.
        max_ports: As in `pods`.
        named: As in `pods`.
        protocols: As in `pods`.
        names: The workload's name.
        namespaces: Its namespace; `None` among them leaves it open.
        labels: The labels of its pods. Its own selector is some of them.
        min_replicas: The least number of pods that it makes, where it says how many;
            one of 0 makes none, and no Service leads to it.
        cluster: As in `pods`.

    Raises:
        InvalidArgument: An argument is no such thing, or the bounds leave nothing.

    Example:
        >>> from hypothesis import find
        >>> from portmap.strategies import workloads
        >>> find(workloads(kinds=["Job"]), lambda workload: True).kind
        'Job'
    """
    known = chosen("kinds", kinds, MAKERS)
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
