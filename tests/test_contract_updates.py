"""`contract`: what a server makes of the update, and the codes of all changes."""

import re
from pathlib import Path
from typing import Final

from contracts_for_tests import codes, service
from portmap import (
    Cluster,
    ServicePort,
    contract,
)
from portmap._contract.changes import rows

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "contract.md"


class TestUpdates:
    """The verdict of the API server on the update."""

    def test_what_a_server_adds_is_not_compared(self) -> None:
        """A Service as a cluster shows it and its manifest are the same."""
        uid = {"metadata": {"uid": "4f1e9d8c-8f0e-4f6e-9d8c-8f0e4f6e9d8c", "resourceVersion": "7"}}
        shown = service(cluster_ip="10.0.0.7", cluster_ips=["10.0.0.7"], ip_families=["IPv4"], unmodelled=uid)
        assert contract([shown], [service()]).changes == ()

    def test_the_primary_family_stays(self) -> None:
        """An update to the other IP family is refused, and clients by name see nothing."""
        cluster = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))
        before, after = service(ip_families=["IPv4"]), service(ip_families=["IPv6"])
        found = contract([before], [after], cluster=cluster)
        assert found.kept
        assert codes(found, "refused")
        assert not re.search(r"192\.0\.2\.1|2001:db8", " ".join(map(str, found.changes)))

    def test_a_health_check_node_port_stays(self) -> None:
        """What the cluster picked is carried over; another number is refused."""
        local = {"type": "LoadBalancer", "external_traffic_policy": "Local"}
        picked, one, other = (service(**local, health_check_node_port=number) for number in (None, 31000, 31001))
        assert contract([picked], [picked]).changes == ()
        assert codes(contract([one], [other]), "refused") == {"health-check-node-port-immutable"}
        assert not codes(contract([one], [picked]), "refused")

    def test_what_the_old_cluster_would_not_have_has_no_update(self) -> None:
        """A Service that the cluster would refuse to create is compared, but not updated."""
        elsewhere = Cluster(node_port_range=range(20000, 20100))
        before = service(ServicePort(80, node_port=30080), type="NodePort")
        found = contract([before], [before], cluster=elsewhere)
        assert found.changes == ()


def test_every_code_is_told() -> None:
    """The page has every code, under its severity."""
    page = PAGE.read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z]+) \|", page, re.MULTILINE))
    assert told == {row.code: row.severity for row in rows()}
