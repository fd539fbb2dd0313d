"""`contract`: updates as a server sees them, and the codes of all changes."""

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
from portmap._contract.changes import change_codes

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "contract.md"


class TestUpdates:
    """The verdict of the API server on an update."""

    def test_fields_that_a_server_sets_are_not_compared(self) -> None:
        """A Service from a cluster is equal to its manifest."""
        uid = {"metadata": {"uid": "4f1e9d8c-8f0e-4f6e-9d8c-8f0e4f6e9d8c", "resourceVersion": "7"}}
        shown = service(cluster_ip="10.0.0.7", cluster_ips=["10.0.0.7"], ip_families=["IPv4"], unmodelled=uid)
        assert contract([shown], [service()]).changes == ()

    def test_the_primary_family_stays(self) -> None:
        """An update to the other IP family is refused, but does not break clients."""
        cluster = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))
        before, after = service(ip_families=["IPv4"]), service(ip_families=["IPv6"])
        found = contract([before], [after], cluster=cluster)
        assert found.kept
        assert codes(found, "refused")
        assert not re.search(r"192\.0\.2\.1|2001:db8", " ".join(map(str, found.changes)))

    def test_a_health_check_node_port_stays(self) -> None:
        """A number that the cluster picked is kept; another number is refused."""
        local = {"type": "LoadBalancer", "external_traffic_policy": "Local"}
        picked, one, other = (service(**local, health_check_node_port=number) for number in (None, 31000, 31001))
        assert contract([picked], [picked]).changes == ()
        assert codes(contract([one], [other]), "refused") == {"health-check-node-port-immutable"}
        assert not codes(contract([one], [picked]), "refused")

    def test_a_service_that_the_cluster_would_refuse(self) -> None:
        """A Service that the cluster would refuse to create is compared, but has no update."""
        cluster = Cluster(node_port_range=range(20000, 20100))
        before = service(ServicePort(80, node_port=30080), type="NodePort")
        found = contract([before], [before], cluster=cluster)
        assert found.changes == ()


class TestNodePorts:
    """Conflicts between Services, and node ports that the cluster picked."""

    def pinned(self, number: int, name: str = "web", namespace: str | None = "shop") -> Service:
        """Return a Service with this node port."""
        port = ServicePort(80, name="http", target_port="http", node_port=number)
        return service(port, name=name, namespace=namespace, type="NodePort")

    def test_a_new_collision(self) -> None:
        """The second of two Services with one node port is refused, unless the old set has the same collision."""
        both = [self.pinned(30080), self.pinned(30080, "api")]
        found = contract([self.pinned(30080)], both)
        assert [(each.service, each.code) for each in found.of("refused")] == [("shop/web", "node-port-taken")]
        assert found.kept
        assert contract(both, both).of("refused") == ()
        assert contract(both, list(reversed(both))).of("refused") == ()
        assert contract([], [self.pinned(30080), self.pinned(30080)]).of("refused") == ()

    def test_a_new_collision_of_addresses(self) -> None:
        """The second of two Services with one cluster IP is refused."""
        both = [service(cluster_ip="10.0.0.7"), service(name="api", cluster_ip="10.0.0.7")]
        found = contract([], both, cluster=Cluster(service_cidrs=("10.0.0.0/16",)))
        assert codes(found, "refused") == {"cluster-ip-taken"}

    def test_a_node_port_that_another_service_had(self) -> None:
        """The plan waits until the other Service releases the node port; a renamed namespace makes no difference."""
        found = contract([self.pinned(30080)], [self.pinned(30081), self.pinned(30080, "api")])
        change = the(found, "node-port-handed-over")
        assert (change.service, change.before, change.after) == ("shop/api", "shop/web", 30080)
        assert "after Service shop/web has released node port 30080, assign it to http 80/TCP" in actions(found)
        assert "node-port-handed-over" in codes(contract([self.pinned(30080)], [self.pinned(30080, "api")]))
        same = [self.pinned(30080, namespace="prod")]
        for after in (self.pinned(30080), self.pinned(30080, namespace=None)):
            assert "node-port-handed-over" not in codes(contract([self.pinned(30080)], [after]))
        assert "node-port-handed-over" not in codes(contract([self.pinned(30080)], same, namespaces={"shop": "prod"}))
        assert "node-port-handed-over" not in codes(contract([self.pinned(30080)], same, ignore_namespaces=True))
        assert "node-port-handed-over" in codes(contract([self.pinned(30080)], same))

    def test_a_service_that_is_created_again(self) -> None:
        """A Service that must be created again loses a node port that the cluster picked."""
        before, after = (service(type="NodePort", cluster_ip=each) for each in ("10.0.0.7", "10.0.0.8"))
        found = contract([before], [after])
        assert codes(found, "refused", "disturbing") == {"cluster-ip-immutable", "node-port-redrawn"}
        assert actions(found)[-1] == "when you create it again, set nodePort to the number that port http 80/TCP has"
        plain = [service(cluster_ip=each) for each in ("10.0.0.7", "10.0.0.8")]
        assert "node-port-redrawn" not in codes(contract(plain[:1], plain[1:]))
        port = ServicePort(80, name="http", target_port="http", node_port=30080)
        written = [service(port, type="NodePort", cluster_ip=each) for each in ("10.0.0.7", "10.0.0.8")]
        assert "node-port-redrawn" not in codes(contract(written[:1], written[1:]))


def test_another_first_port() -> None:
    """The order of ports matters only if another port is first."""
    one, two, three = (ServicePort(80 + each, name=f"p{each}") for each in range(3))
    changed = contract([service(one, two, three)], [service(two, one, three)])
    assert codes(changed) == {"first-port-changed"}
    assert changed.kept
    assert contract([service(one, two, three)], [service(one, three, two)]).changes == ()
    assert "first-port-changed" not in codes(contract([service(one, two)], [service(two)]))
    assert "first-port-changed" in codes(contract([service(two)], [service(one, two)]))


def test_ports_of_one_number_are_merged() -> None:
    """If two protocols share a number, a patch of one port may change the other."""
    tcp, udp = ServicePort(53, name="dns"), ServicePort(53, name="dns-udp", protocol="UDP")
    for other in (ServicePort(53, name="dns", target_port=5353), ServicePort(53, name="dns", app_protocol="x")):
        assert "merged-by-number" in codes(contract([service(tcp, udp)], [service(other, udp)]))
    written_out = ServicePort(53, name="dns", protocol="TCP")
    assert contract([service(tcp, udp)], [service(written_out, udp)]).changes == ()


def test_every_code_is_documented() -> None:
    """The page has every code with its severity and summary."""
    page = PAGE.read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z-]+)` \| ([a-z]+) \| (.*) \|$", page, re.MULTILINE)
    assert documented == [(row.code, row.severity, row.summary) for row in change_codes()]
