"""Changes to valid objects, with the exact verdict on each.

The rows break every rule that a single object can break.
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
"""A stored Service: a load balancer with both IP families."""

SINGLE: Final[dict[str, Any]] = {
    **STORED,
    "spec": {
        **STORED["spec"],
        "clusterIPs": ["10.0.0.5"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    },
}
"""A stored Service with one IP family."""

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
"""A pod with probes, and with an init container that is not a sidecar."""


class Mutation(NamedTuple):
    """A mistake and its verdict.

    Attributes:
        about: What is wrong, in words.
        expected: Code and field of each violation.
        changes: From a path to its new value, or `GONE`.
        base: The valid manifest.
        old: The stored object, for an update.
        cluster: The cluster.
        namespace: The namespace of the request.
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
    """Return the row of a mistake in an update."""
    return Mutation(about, frozenset(expected), changes, old, old, cluster, namespace)


def pod(
    about: str,
    changes: Mapping[str, Any],
    *expected: Field,
    cluster: Cluster = DUAL_STACK,
    namespace: str | None = None,
) -> Mutation:
    """Return the row of a mistake in a pod."""
    return Mutation(about, frozenset(expected), changes, POD, None, cluster, namespace)
