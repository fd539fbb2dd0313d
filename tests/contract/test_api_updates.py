"""`contract`: what a server makes of the update, and the codes of all changes."""

import re
from pathlib import Path
from typing import Final

from contracts_for_tests import actions, codes, service, the
from portmap import (
    Cluster,
    Service,
    ServicePort,
    contract,
)
from portmap._contract.changes import rows

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "contract.md"


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


class TestNodePorts:
    """What the Services of a set take from each other, and what becomes of numbers that the cluster picked."""

    def pinned(self, number: int, name: str = "web", namespace: str | None = "shop") -> Service:
        """A Service with this node port."""
        port = ServicePort(80, name="http", target_port="http", node_port=number)
        return service(port, name=name, namespace=namespace, type="NodePort")

    def test_a_collision_that_was_none(self) -> None:
        """Two Services of the new set want one number: the second is refused. That of the old set is no change."""
        both = [self.pinned(30080), self.pinned(30080, "api")]
        found = contract([self.pinned(30080)], both)
        assert [(each.service, each.code) for each in found.of("refused")] == [("shop/web", "node-port-taken")]
        assert found.kept
        assert contract(both, both).of("refused") == ()
        assert contract(both, list(reversed(both))).of("refused") == ()
        assert contract([], [self.pinned(30080), self.pinned(30080)]).of("refused") == ()

    def test_an_address_that_two_want(self) -> None:
        """The same goes for cluster IPs."""
        both = [service(cluster_ip="10.0.0.7"), service(name="api", cluster_ip="10.0.0.7")]
        found = contract([], both, cluster=Cluster(service_cidrs=("10.0.0.0/16",)))
        assert codes(found, "refused") == {"cluster-ip-taken"}

    def test_a_number_that_changes_hands(self) -> None:
        """Who had it must let go first, and the plan says so; who keeps it under another namespace has it still."""
        found = contract([self.pinned(30080)], [self.pinned(30081), self.pinned(30080, "api")])
        change = the(found, "node-port-handed-over")
        assert (change.service, change.before, change.after) == ("shop/api", "shop/web", 30080)
        assert "once Service shop/web has let go of node port 30080, take it for http 80/TCP" in actions(found)
        assert "node-port-handed-over" in codes(contract([self.pinned(30080)], [self.pinned(30080, "api")]))
        same = [self.pinned(30080, namespace="prod")]
        for after in (self.pinned(30080), self.pinned(30080, namespace=None)):
            assert "node-port-handed-over" not in codes(contract([self.pinned(30080)], [after]))
        assert "node-port-handed-over" not in codes(contract([self.pinned(30080)], same, namespaces={"shop": "prod"}))
        assert "node-port-handed-over" not in codes(contract([self.pinned(30080)], same, ignore_namespaces=True))
        assert "node-port-handed-over" in codes(contract([self.pinned(30080)], same))

    def test_what_is_created_anew_gets_another_node_port(self) -> None:
        """Where no update will do, a number that the cluster picked is lost, and one that is written is not."""
        before, after = (service(type="NodePort", cluster_ip=each) for each in ("10.0.0.7", "10.0.0.8"))
        found = contract([before], [after])
        assert codes(found, "refused", "disturbing") == {"cluster-ip-immutable", "node-port-redrawn"}
        assert actions(found)[-1] == "where it is created anew, write the nodePort that port http 80/TCP has now"
        plain = [service(cluster_ip=each) for each in ("10.0.0.7", "10.0.0.8")]
        assert "node-port-redrawn" not in codes(contract(plain[:1], plain[1:]))
        port = ServicePort(80, name="http", target_port="http", node_port=30080)
        written = [service(port, type="NodePort", cluster_ip=each) for each in ("10.0.0.7", "10.0.0.8")]
        assert "node-port-redrawn" not in codes(contract(written[:1], written[1:]))


def test_another_port_comes_first() -> None:
    """The order of ports is told where another comes first, and only then."""
    one, two, three = (ServicePort(80 + each, name=f"p{each}") for each in range(3))
    changed = contract([service(one, two, three)], [service(two, one, three)])
    assert codes(changed) == {"first-port-changed"}
    assert changed.kept
    assert contract([service(one, two, three)], [service(one, three, two)]).changes == ()
    assert "first-port-changed" not in codes(contract([service(one, two)], [service(two)]))
    assert "first-port-changed" in codes(contract([service(two)], [service(one, two)]))


def test_ports_of_one_number_are_merged_whatever_changes() -> None:
    """Where two protocols share a number before and after, a patch of anything in them may hit the other one."""
    tcp, udp = ServicePort(53, name="dns"), ServicePort(53, name="dns-udp", protocol="UDP")
    for other in (ServicePort(53, name="dns", target_port=5353), ServicePort(53, name="dns", app_protocol="x")):
        assert "merged-by-number" in codes(contract([service(tcp, udp)], [service(other, udp)]))
    written_out = ServicePort(53, name="dns", protocol="TCP")
    assert contract([service(tcp, udp)], [service(written_out, udp)]).changes == ()


def test_every_code_is_told() -> None:
    """The page has every code, under its severity."""
    page = PAGE.read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z]+) \|", page, re.MULTILINE))
    assert told == {row.code: row.severity for row in rows()}
