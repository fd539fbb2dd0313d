"""One change to a good object, and exactly what a server says of it: what the tables of changes are made of.

Each row changes one good manifest in one respect, and names every violation, by code
and field, that the change makes. Between them the rows break every rule there is.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from portmap import Cluster
from portmap._apiserver.mistake import Field
from portmap._strategies.mistakes import DUAL_STACK, WEB, MistakeCase

__all__ = ["POD", "SINGLE", "STORED", "Mutation", "of_create", "pod", "update"]


STORED: Final[dict[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop", "uid": "one", "resourceVersion": "7"},
    "spec": {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "clusterIP": "10.0.0.5",
        "clusterIPs": ["10.0.0.5", "fd00:10::5"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "RequireDualStack",
        "externalTrafficPolicy": "Local",
        "internalTrafficPolicy": "Cluster",
        "healthCheckNodePort": 31000,
        "allocateLoadBalancerNodePorts": True,
        "loadBalancerClass": "example.com/edge",
        "ports": [
            {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http", "nodePort": 30080},
            {"name": "https", "port": 443, "protocol": "TCP", "targetPort": "https", "nodePort": 30443},
        ],
    },
}
"""A Service as a server has it: a load balancer with both IP families."""

SINGLE: Final[dict[str, Any]] = {
    **STORED,
    "spec": {
        **STORED["spec"],
        "clusterIPs": ["10.0.0.5"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    },
}
"""The same with one IP family."""

POD: Final[dict[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-0", "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "app",
                "image": "example.com/app:1",
                "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9100}],
                "livenessProbe": {"httpGet": {"port": "http"}},
                "readinessProbe": {"tcpSocket": {"port": 8080}},
            }
        ],
        "initContainers": [{"name": "setup", "image": "example.com/setup:1"}],
    },
}
"""A pod whose container has probes, and an init container that is no sidecar."""


class Mutation(NamedTuple):
    """A row of the table.

    Attributes:
        about: What is done, in words.
        expected: Code and field of each violation.
        changes: What is changed: from a path to the new value, or `GONE`.
        base: The good manifest.
        old: Of an update: what is stored.
        cluster: Who judges.
        namespace: That of the request.
    """

    about: str
    expected: frozenset[Field]
    changes: Mapping[str, Any]
    base: Mapping[str, Any] = WEB
    old: Mapping[str, Any] | None = None
    cluster: Cluster = DUAL_STACK
    namespace: str | None = None

    def __str__(self) -> str:
        return self.about


def of_create(case: MistakeCase) -> Mutation:
    """Return the row of a mistake in a Service to be created."""
    return Mutation(case.mistake.about, case.expected, case.mistake.changes, cluster=case.cluster)


def update(
    about: str,
    changes: Mapping[str, Any],
    *expected: Field,
    old: Mapping[str, Any] = STORED,
    cluster: Cluster = DUAL_STACK,
    namespace: str | None = None,
) -> Mutation:
    """A change to a Service that is stored."""
    return Mutation(about, frozenset(expected), changes, old, old, cluster, namespace)


def pod(
    about: str,
    changes: Mapping[str, Any],
    *expected: Field,
    cluster: Cluster = DUAL_STACK,
    namespace: str | None = None,
) -> Mutation:
    """A change to a pod that is to be created."""
    return Mutation(about, frozenset(expected), changes, POD, None, cluster, namespace)
