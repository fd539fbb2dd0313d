"""The limits of the blocks that cluster IPs are allocated from."""

import pytest

from portmap import Cluster, Service, ServicePort, check


def codes(service: Service, cluster: Cluster) -> set[str]:
    return {violation.code for violation in check(service, cluster=cluster)}


def at(address: str) -> Service:
    return Service("web", selector={"app": "web"}, ports=[ServicePort(80)], cluster_ip=address)


@pytest.mark.parametrize(
    ("address", "given_out"),
    [
        ("10.0.0.0", False),
        ("10.0.0.1", True),
        ("10.0.255.254", True),
        ("10.0.255.255", False),
        ("10.1.0.0", False),
    ],
)
def test_the_limits_of_an_ipv4_block(address: str, given_out: bool) -> None:
    """The network and broadcast addresses are not allocated; all addresses between them are."""
    assert ("cluster-ip-out-of-range" in codes(at(address), Cluster(service_cidrs="10.0.0.0/16"))) is not given_out


@pytest.mark.parametrize(
    ("address", "version", "given_out"),
    [
        ("fd00:10::", "1.36", False),
        ("fd00:10::1", "1.36", True),
        ("fd00:10::ffff", "1.32", True),
        ("fd00:10::1:0", "1.33", False),
        ("fd00:10::1:0", "1.34", True),
        ("fd00:10::1:0", "1.36", True),
        ("fd00:10::ffff:ffff", "1.36", True),
    ],
)
def test_the_limits_of_an_ipv6_block(address: str, version: str, given_out: bool) -> None:
    """Up to 1.33, the first 65536 addresses of an IPv6 block are allocated, without the very first."""
    cluster = Cluster(version, service_cidrs="fd00:10::/64")
    assert ("cluster-ip-out-of-range" in codes(at(address), cluster)) is not given_out
