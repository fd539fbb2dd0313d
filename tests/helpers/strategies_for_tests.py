"""Objects for the property tests: those of `portmap.strategies`, and spelt in every other way that is as good."""

from typing import Any, Final

import attrs
from hypothesis import strategies as st

from portmap import Cluster, Service, strategies
from portmap._strategies.mistakes import DUAL_STACK
from portmap._strategies.words import texts

__all__ = ["EVERYWHERE", "Strategy", "clusters", "services"]

EVERYWHERE: Final = DUAL_STACK
"""A cluster with both IP families, so that every Service has its place."""

Strategy = st.SearchStrategy


@st.composite
def services(draw: st.DrawFn) -> Service:
    """A Service of any type, with empty words here and there, or with a name that the server completes."""
    service = draw(strategies.services(cluster=EVERYWHERE))
    changes: dict[str, Any] = {}
    if draw(st.booleans()):
        changes |= {"name": "", "generate_name": service.name[:50]}
    if service.type is None and draw(st.booleans()):
        changes["type"] = ""
    if service.session_affinity is None and draw(st.booleans()):
        changes["session_affinity"] = ""
    if draw(st.booleans()):
        changes["load_balancer_ip"] = draw(texts)
    if len(service.ports) == 1 and draw(st.booleans()):
        changes["ports"] = [attrs.evolve(service.ports[0], name="")]
    with EVERYWHERE:
        return attrs.evolve(service, **changes)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """A cluster of any version, with service CIDRs or without."""
    return Cluster(
        draw(st.sampled_from(["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"])),
        node_port_range=draw(st.sampled_from([range(30000, 32768), range(30000, 31000), range(20000, 22768)])),
        service_cidrs=draw(
            st.sampled_from(
                [None, ("10.0.0.0/16", "fd00:10::/108"), ("fd00:10::/64",), ("172.30.0.0/16",), ("10.0.0.0/20",)]
            )
        ),
    )
