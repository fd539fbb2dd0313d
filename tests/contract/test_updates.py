"""`contract`: updates as a server sees them, and the codes of all changes."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from contracts import actions, codes, deployment, service, the
from portmap import Cluster, ContainerPort, Service, ServicePort, ValidationError, contract, to_manifest
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


class TestWrites:
    """The result depends on the command that writes a Service, and on the one that created it."""

    BOTH = service(ServicePort(80, name="http"), ServicePort(81, name="admin"))

    def test_ports_that_nobody_applied(self) -> None:
        """After a create, no apply removes a port."""
        for how in ("client-apply", "server-apply"):
            found = contract([self.BOTH], [service(ServicePort(80, name="http"))], write=how, created_by="create")
            assert (found.kept, codes(found), the(found, "not-applied").port) == (True, {"not-applied"}, "admin 81/TCP")
            assert [step.write for step in found.plan if step.manifest] == ["replace"]
        assert not contract([self.BOTH], [service(ServicePort(80, name="http"))]).kept

    def test_a_conflict(self) -> None:
        """A server-side apply must be forced to change a field that `kubectl create` wrote."""
        renamed = service(ServicePort(80, name="web"), ServicePort(81, name="admin"))
        found = contract([self.BOTH], [renamed], write="server-apply", created_by="create")
        assert codes(found, "refused") == {"field-manager-conflict"}
        assert the(found, "field-manager-conflict").hint == "use kubectl apply --server-side --force-conflicts"
        assert [step.write for step in found.plan if step.manifest] == ["server-apply-force"]

    def test_a_conflict_hides_violations(self) -> None:
        """A forced apply would still be refused."""
        headless = service(cluster_ip="None")
        found = contract([headless], [service(type="NodePort")], write="server-apply", created_by="create")
        assert codes(found, "refused") == {"field-manager-conflict", "headless-forbidden"}
        assert actions(found)[0].startswith("create the new Service")

    def test_other_fields_that_nobody_applied(self) -> None:
        """The report has the values of selector, labels and annotations."""
        before = service(selector={"app": "web", "tier": "a"}, labels={"x": "y"}, annotations={"a": "b"})
        found = contract([before], [service()], created_by="create")
        words = [change.message for change in found.changes if change.code == "not-applied"]
        assert words == [
            'kubectl apply leaves metadata.annotations[a] as "b"',
            'kubectl apply leaves metadata.labels[x] as "y"',
            'kubectl apply leaves spec.selector as {"app": "web", "tier": "a"}, not {"app": "web"}',
        ]
        assert "selector-changed" not in codes(found)

    def test_managed_fields(self) -> None:
        """The managed fields of an exported Service override `created_by`."""
        exported = to_manifest(self.BOTH)
        owned: Any = {"f:spec": {"f:ports": {'k:{"port":81,"protocol":"TCP"}': {".": {}, "f:port": {}}}}}
        exported["metadata"]["managedFields"] = [{"manager": "other", "operation": "Apply", "fieldsV1": owned}]
        found = contract([exported], [service(ServicePort(80, name="http"))], write="server-apply")
        assert codes(found) == {"not-applied"}

    def test_families(self) -> None:
        """The loss of an IP family breaks clients."""
        cluster = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))
        dual, single = service(ip_family_policy="PreferDualStack"), service(ip_family_policy="SingleStack")
        found = contract([dual], [single], cluster=cluster)
        assert (found.kept, the(found, "ip-family-removed").before) == (False, "IPv6")
        assert codes(contract([single], [dual], cluster=cluster)) == {"ip-family-added"}
        assert codes(contract([service()], [service(ip_families=["IPv6"])]), "refused") == {
            "cluster-ip-family-mismatch"
        }

    def test_fields_of_the_former_type(self) -> None:
        """An update may have fields of the former type, which a create must not have."""
        local = service(type="LoadBalancer", external_traffic_policy="Local")
        manifest = to_manifest(local)
        manifest["spec"]["type"] = "ClusterIP"
        assert "load-balancer-dropped" in codes(contract([local], [manifest]))
        with pytest.raises(ValidationError):
            contract([service(name="other")], [manifest])
        with pytest.raises(ValidationError):
            contract([manifest], [local])
        manifest["spec"]["ports"][0]["port"] = 0
        with pytest.raises(ValidationError):
            contract([local], [manifest])

    def test_unknown_writes(self) -> None:
        """An unknown write is an error."""
        write: Any = "apply"
        with pytest.raises(ValueError, match="client-apply, server-apply, replace"):
            contract([], [], write=write)
        with pytest.raises(ValueError, match="'replace' is not a way to write"):
            contract([], [], created_by="replace")  # type: ignore[arg-type]  # what is tested

    def test_services_with_the_same_label(self) -> None:
        """A plan has no manifests of Services that have the same label."""
        before = [service(namespace=None), service(ServicePort(443), namespace=None)]
        after = [service(ServicePort(80, name="web", target_port="http"), namespace=None), before[1]]
        assert {step.manifest for step in contract(before, after).plan} == {None}


class TestPlans:
    """Steps that write a Service have its manifest."""

    def test_the_last_manifest(self) -> None:
        """The last manifest is the new Service."""
        after = service(ServicePort(81, name="http", target_port="http"), session_affinity="ClientIP")
        found = contract([service()], [after])
        first, last = (step.manifest for step in found.plan if step.manifest)
        assert [port["name"] for port in first["spec"]["ports"]] == ["http", "http-81"]
        assert last == to_manifest(after)

    def test_a_node_port_that_the_cluster_picked(self) -> None:
        """A step with an unknown node port has no manifest."""
        before, after = (service(ServicePort(80, name=name), type="NodePort") for name in ("a", "b"))
        found = contract([before], [after], write="replace")
        assert "rename port a 80/TCP to b; set nodePort of a 80/TCP to the number that it has" in actions(found)
        assert not any(step.manifest for step in found.plan)

    def test_a_node_port_moves_to_the_new_number(self) -> None:
        """A port with another number gets the node port of the old one."""
        before, after = (service(ServicePort(number, name="a"), type="NodePort") for number in (80, 81))
        assert actions(contract([before], [after]))[-1] == (
            "remove port 80, and give its name to 81, and its node port"
        )

    def test_ports_are_added_before_others_are_removed(self) -> None:
        """Clients of a removed port can move to an added one."""
        before, after = (service(ServicePort(number, name=name)) for number, name in ((80, "a"), (81, "b")))
        assert actions(contract([before], [after])) == [
            "add port b 81/TCP",
            "move the clients of a 80/TCP to another port",
            "remove port a 80/TCP",
        ]

    def test_writes_that_are_refused_alone(self) -> None:
        """A name moves from one port to another in a single write."""
        before = service(ServicePort(80, name="a"), ServicePort(81, name="b"))
        after = service(ServicePort(81, name="a"), ServicePort(82, name="b"))
        writes = [step for step in contract([before], [after]).plan if step.manifest]
        assert [len(step.manifest["spec"]["ports"]) for step in writes if step.manifest] == [2]
        assert writes[-1].manifest == to_manifest(after)

    def test_services_that_share_a_workload(self) -> None:
        """All Services of a workload change in the same phases, with one rollout."""

        def side(number: int) -> list[Any]:
            port = ServicePort(80, name="http", target_port=number)
            return [service(port), service(port, name="api"), deployment(ContainerPort(number, name="http"))]

        found = contract(side(8080), side(9090))
        assert [(step.service, step.action.split()[0]) for step in found.plan] == [
            ("shop/api", "set"),
            ("shop/web", "set"),
            ("shop/api", "roll"),
            ("shop/api", "set"),
            ("shop/web", "set"),
        ]


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
    """If two protocols share a number, client-side apply changes the first one for both."""
    tcp, udp = ServicePort(53, name="dns"), ServicePort(53, name="dns-udp", protocol="UDP")
    for first in (ServicePort(53, name="dns", target_port=5353), ServicePort(53, name="dns", app_protocol="x")):
        assert "merged-by-number" not in codes(contract([service(tcp, udp)], [service(first, udp)]))
        assert "merged-by-number" in codes(contract([service(udp, tcp)], [service(udp, first)]))
        assert "merged-by-number" not in codes(contract([service(udp, tcp)], [service(udp, first)], write="replace"))
    written_out = ServicePort(53, name="dns", protocol="TCP")
    assert contract([service(tcp, udp)], [service(written_out, udp)]).changes == ()


def test_every_code_is_documented() -> None:
    """The page has every code with its severity and summary."""
    page = PAGE.read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z-]+)` \| ([a-z]+) \| (.*) \|$", page, re.MULTILINE)
    assert documented == [(row.code, row.severity, row.summary) for row in change_codes()]
