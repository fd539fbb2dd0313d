"""Hypothesis strategies for Services, pods and manifests.

Every example is valid, and examples shrink to readable ones.

    >>> from hypothesis import given
    >>> from portmap import strategies
    >>> @given(strategies.services_with_pods())
    ... def test_the_order_of_pods_does_not_matter_to_ports(world):
    ...     service, pods = world
    ...     assert not resolve(service, reversed(pods)).leads_nowhere
    ...
    >>> test_the_order_of_pods_does_not_matter_to_ports()

They need Hypothesis: `pip install 'portmap-k8s[hypothesis]'`. With it,
`hypothesis.strategies.from_type(Service)` and `builds` use these strategies, too.

Arguments restrict the examples, and never set how often something occurs. The default of
`cluster` is the cluster in force when an example is drawn.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401 - only to report that it is missing
except ModuleNotFoundError as _missing:
    if _missing.name != "hypothesis":
        raise
    raise ModuleNotFoundError(
        "portmap.strategies needs Hypothesis: pip install 'portmap-k8s[hypothesis]'", name="hypothesis"
    ) from None

from portmap._strategies.broken import BrokenService, broken_services
from portmap._strategies.manifests import manifests
from portmap._strategies.pods import containers, pods, workloads
from portmap._strategies.ports import container_ports, service_ports
from portmap._strategies.services import services
from portmap._strategies.worlds import services_with_pods

__all__ = [
    "BrokenService",
    "broken_services",
    "container_ports",
    "containers",
    "manifests",
    "pods",
    "service_ports",
    "services",
    "services_with_pods",
    "workloads",
]
