"""Hypothesis strategies for Services, pods and manifests: valid by construction, readable when they shrink.

    >>> from hypothesis import given
    >>> from portmap import strategies
    >>> @given(strategies.services_with_pods())
    ... def test_the_order_of_pods_does_not_matter_to_ports(world):
    ...     service, pods = world
    ...     assert not resolve(service, reversed(pods)).leads_nowhere
    ...
    >>> test_the_order_of_pods_does_not_matter_to_ports()

They need Hypothesis: `pip install 'portmap-k8s[hypothesis]'`. Where that is installed,
`hypothesis.strategies.from_type(Service)` and `builds` know them too.

Arguments describe what is wanted of an example, never how often. Where one names a
cluster and is left out, the cluster in force when the example is drawn is meant.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401 - only to say what is missing
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
