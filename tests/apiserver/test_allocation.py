"""What the server gives out: the edges of the blocks of cluster IPs."""

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
def test_the_ends_of_an_ipv4_block_are_not_given_out(address: str, given_out: bool) -> None:
    """Neither the address of the network nor that for broadcasts, and all between."""
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
def test_older_servers_give_out_the_first_65536_addresses_of_an_ipv6_block(
    address: str, version: str, given_out: bool
) -> None:
    """Up to 1.33 only the beginning of a large IPv6 block is used; its very first address never is."""
    cluster = Cluster(version, service_cidrs="fd00:10::/64")
    assert ("cluster-ip-out-of-range" in codes(at(address), cluster)) is not given_out
