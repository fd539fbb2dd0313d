"""`contract`: what clients of Services see of a change, and who of them refers to what changed."""

import io
from typing import Any

import pytest

from contracts_for_tests import Objects, actions, codes, deployment, ingress, monitor, service, the, turned
from portmap import ContainerPort, Service, ServicePort, ValidationError, contract, load, to_yaml


class TestServices:
    """Which Services there are, and which is which."""

    def test_a_service_that_goes_breaks_the_contract_and_one_that_comes_does_not(self) -> None:
        """What clients dial must stay; more may come."""
        gone, new = contract([service()], []), contract([], [service()])
        assert (gone.kept, codes(gone)) == (False, {"service-removed"})
        assert (new.kept, codes(new)) == (True, {"service-added"})
        assert (gone.changes[0].kind, new.changes[0].kind) == ("removed", "added")

    def test_the_same_name_in_another_namespace_is_another_service(self) -> None:
        """Namespaces belong to the name, unless they are ignored or mapped."""
        before, after = [service(namespace="staging")], [service(namespace="prod")]
        assert codes(contract(before, after)) == {"service-removed", "service-added"}
        assert contract(before, after, ignore_namespaces=True).changes == ()
        assert contract(before, after, namespaces={"staging": "prod"}).changes == ()
        assert codes(contract(before, after, namespaces={"staging": "other"})) == {"service-removed", "service-added"}

    def test_a_service_that_names_no_namespace_may_be_in_any(self) -> None:
        """A manifest without a namespace is compared with what has its name."""
        assert contract([service(namespace=None)], [service()]).changes == ()

    def test_environments_differ_behind_the_contract(self) -> None:
        """Other namespaces, numbers and workloads are no matter of clients."""
        before: Objects = [service(namespace="staging"), deployment(namespace="staging")]
        other = deployment(ContainerPort(9000, name="http"), namespace="prod", name="web-v2")
        found = contract(before, [service(namespace="prod"), other], ignore_namespaces=True)
        assert found.kept
        assert the(found, "backends-changed").after == ("Deployment/web-v2 app 9000/TCP",)

    def test_plain_dicts_are_read_and_other_things_refused(self) -> None:
        """A dict of a Service or workload counts as what it says; what is no object at all is a wrong call."""
        raw: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        }
        assert contract([raw], [service()]).changes == ()
        assert contract([{"kind": "ConfigMap"}], []).changes == ()
        with pytest.raises(ValidationError):
            contract([raw | {"spec": {"ports": []}}], [])
        with pytest.raises(TypeError):
            contract(["web"], [])

    def test_lists_and_documents(self) -> None:
        """A list stands for its items, and what `load` gives is compared as it was read."""
        raw: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        }
        bare = {"metadata": raw["metadata"], "spec": raw["spec"]}
        for listed in ({"kind": "List", "items": [raw]}, {"kind": "ServiceList", "apiVersion": "v1", "items": [bare]}):
            found = contract([listed], [service()])
            assert (found.changes, found.services) == ((), 1)
        documents = load(io.StringIO(to_yaml(service(), ingress({"name": "http"}))))
        assert contract(documents, [service(), ingress({"name": "http"})]).changes == ()
        renamed = [service(ServicePort(80, name="web", target_port="http"))]
        assert the(contract(documents, renamed), "port-renamed").users == (
            "Ingress shop/front: spec.defaultBackend.service.port.name",
        )
        with pytest.raises(ValidationError):
            contract(load(io.StringIO(to_yaml(raw | {"spec": {"ports": []}}))), [])


class TestKindsOfService:
    """Headless, aliases, and the ways in from outside."""

    def test_becoming_headless_breaks_and_is_refused(self) -> None:
        """Another kind of DNS answer breaks clients, and no server makes the change: it takes a second Service."""
        found = turned(cluster_ip="None")
        assert codes(found) == {"headless-changed", "cluster-ip-immutable"}
        assert the(found, "cluster-ip-immutable").severity == "refused"
        assert "192.0.2.1" not in str(the(found, "cluster-ip-immutable"))
        assert actions(found)[0].startswith("create a second Service")

    def test_leaving_out_the_none_does_not_end_headlessness(self) -> None:
        """The server carries over `clusterIP: None`, so that an update without it changes nothing."""
        found = contract([service(cluster_ip="None")], [service()])
        assert codes(found) == {"headless-changed", "stays-headless"}

    def test_another_target_of_an_alias_breaks(self) -> None:
        """Clients of an ExternalName Service are told another host."""
        one, other = (Service.alias_of("db", name) for name in ("one.example.com", "other.example.com"))
        assert codes(contract([one], [other])) == {"external-name-changed"}
        assert codes(contract([one], [Service("db", ports=[ServicePort(5432)])]), "breaking") == {
            "external-name-changed"
        }

    def test_a_type_that_loses_node_ports_breaks(self) -> None:
        """NodePort to ClusterIP takes the node ports away, also where the type is merely left out."""
        port = ServicePort(80, name="http", target_port="http", node_port=30080)
        found = contract([service(port, type="NodePort")], [service()])
        assert codes(found) == {"node-ports-dropped"}
        assert "leaves it out" in str(the(found, "node-ports-dropped").hint)
        assert codes(contract([service()], [service(port, type="NodePort")])) == {"node-ports-added"}

    def test_a_load_balancer_that_becomes_a_node_port_keeps_its_node_ports(self) -> None:
        """Only the clients of the load balancer lose their way in."""
        found = contract([service(type="LoadBalancer")], [service(type="NodePort")])
        assert codes(found) == {"load-balancer-dropped"}
        assert codes(contract([service()], [service(type="LoadBalancer")])) == {
            "load-balancer-added",
            "node-ports-added",
        }

    def test_a_load_balancer_without_node_ports_drops_them(self) -> None:
        """`allocateLoadBalancerNodePorts: false` takes away what is not authored."""
        before = service(type="LoadBalancer")
        after = service(type="LoadBalancer", allocate_load_balancer_node_ports=False)
        assert codes(contract([before], [after])) == {"node-ports-dropped"}

    def test_source_ranges_go_with_the_type(self) -> None:
        """A patch of the type alone is refused while loadBalancerSourceRanges is there; the plan says one update."""
        before = service(type="LoadBalancer", load_balancer_source_ranges=["10.0.0.0/8"])
        found = contract([before], [service()])
        assert codes(found, "disturbing") == {"type-patch-refused"}
        assert any("in one update" in action for action in actions(found))
        assert not codes(contract([service(type="LoadBalancer")], [service()]), "disturbing")

    @pytest.mark.parametrize(
        ("before", "after", "code"),
        [
            ((), ("10.0.0.0/8",), "source-ranges-narrowed"),
            (("10.0.0.0/8",), (), "source-ranges-widened"),
            (("10.0.0.0/8",), ("10.0.0.0/9", "10.128.0.0/9"), None),
            (("10.0.0.0/8",), ("192.0.2.0/24",), "source-ranges-narrowed"),
            (("2001:db8::/33",), ("2001:db8::/32",), "source-ranges-widened"),
        ],
    )
    def test_source_ranges_are_compared_as_addresses(
        self, before: tuple[str, ...], after: tuple[str, ...], code: str | None
    ) -> None:
        """What matters is which clients are taken, not how the blocks are cut."""
        sides = [[service(type="LoadBalancer", load_balancer_source_ranges=each)] for each in (before, after)]
        assert codes(contract(*sides)) == ({code} if code else set())

    def test_the_class_of_a_load_balancer_stays(self) -> None:
        """A server refuses another class; clients see nothing of it."""
        found = contract([service(type="LoadBalancer")], [service(type="LoadBalancer", load_balancer_class="a.b/c")])
        assert (found.kept, codes(found, "refused")) == (True, {"load-balancer-class-immutable"})

    def test_a_cluster_ip_stays(self) -> None:
        """A server refuses another address, and one where the cluster had picked it; clients go by name."""
        for before in ("10.0.0.7", None):
            found = contract([service(cluster_ip=before)], [service(cluster_ip="10.0.0.8")])
            assert (found.kept, codes(found, "refused")) == (True, {"cluster-ip-immutable"})
        assert contract([service(cluster_ip="10.0.0.7")], [service()]).changes == ()

    def test_external_ips(self) -> None:
        """An address that is gone breaks, and one that comes does not."""
        before, after = (service(external_ips=[each]) for each in ("192.0.2.7", "192.0.2.8"))
        found = contract([before], [after])
        assert codes(found, "breaking") == {"external-ip-removed"}
        assert codes(found, "compatible") == {"external-ip-added"}

    def test_ways_of_traffic_are_behind(self) -> None:
        """Policies are told and break nothing; a default that is written out is no change."""
        found = turned(session_affinity="ClientIP", internal_traffic_policy="Cluster")
        assert [(each.code, each.before, each.after) for each in found.changes] == [
            ("traffic-changed", None, "ClientIP")
        ]


class TestPorts:
    """Number, name, protocol, application protocol and node port."""

    @pytest.mark.parametrize(
        ("port", "expected"),
        [
            (ServicePort(80, name="web", target_port="http"), {"port-renamed"}),
            (ServicePort(81, name="http", target_port="http"), {"port-number-changed", "merge-appends"}),
            (
                ServicePort(80, name="http", target_port="http", protocol="UDP"),
                {"port-protocol-changed", "merged-by-number", "leads-nowhere"},
            ),
            (ServicePort(80, name="http", target_port="http", app_protocol="http"), {"app-protocol-added"}),
            (ServicePort(81, name="web", target_port="http"), {"port-removed", "port-added"}),
        ],
    )
    def test_one_thing_that_changes(self, port: ServicePort, expected: set[str]) -> None:
        """A port that is another to its clients is told by what changed."""
        assert codes(turned(port)) == expected

    def test_an_app_protocol_that_was_given_stays(self) -> None:
        """Proxies go by it, so another one breaks, and so does none."""
        before = service(ServicePort(80, app_protocol="http"))
        for other in ("kubernetes.io/h2c", None):
            assert codes(contract([before], [service(ServicePort(80, app_protocol=other))])) == {"app-protocol-changed"}

    def test_names_that_are_swapped(self) -> None:
        """What clients dial tells ports apart, so that a swap of names is two renamings."""
        one = service(ServicePort(80, name="a"), ServicePort(81, name="b"))
        other = service(ServicePort(80, name="b"), ServicePort(81, name="a"))
        found = contract([one], [other])
        assert [(each.port, each.before, each.after) for each in found.of("breaking")] == [
            ("a 80/TCP", "a", "b"),
            ("b 81/TCP", "b", "a"),
        ]

    def test_an_only_port_without_a_name(self) -> None:
        """It is the same port whatever its number; being named takes nothing away."""
        found = contract([service(ServicePort(80))], [service(ServicePort(81))])
        assert "port-number-changed" in codes(found)
        assert codes(contract([service(ServicePort(80))], [service(ServicePort(80, name="http"))])) == {"port-named"}

    @pytest.mark.parametrize(
        ("before", "after", "code"),
        [
            (30080, 30081, "node-port-changed"),
            (30080, None, "node-port-unpinned"),
            (None, 30080, "node-port-pinned"),
        ],
    )
    def test_authored_node_ports(self, before: int | None, after: int | None, code: str) -> None:
        """A node port is promised where it is authored; one that the cluster picked is lost when another is written."""
        sides = [[service(ServicePort(80, node_port=each), type="NodePort")] for each in (before, after)]
        found = contract(*sides)
        assert codes(found) == {code}
        assert found.kept == (code == "node-port-pinned")

    def test_a_picked_node_port_follows_the_name(self) -> None:
        """Renaming a port makes the cluster pick another node port, unless the number is written (T15, T22)."""
        before = service(ServicePort(80), type="NodePort")
        both = (ServicePort(80, name="http"), ServicePort(443, name="https"))
        assert "node-port-reassigned" in codes(contract([before], [service(*both, type="NodePort")]))
        pinned = (ServicePort(80, name="http", node_port=30080), both[1])
        assert "node-port-pinned" in codes(contract([before], [service(*pinned, type="NodePort")]))
        kept = service(ServicePort(80, node_port=30080), type="NodePort")
        assert not codes(contract([kept], [service(*pinned, type="NodePort")]), "disturbing", "breaking")

    def test_swapped_names_swap_picked_node_ports(self) -> None:
        """Each of the two ports gets the node port of the other."""
        one = service(ServicePort(80, name="a"), ServicePort(81, name="b"), type="NodePort")
        other = service(ServicePort(80, name="b"), ServicePort(81, name="a"), type="NodePort")
        found = contract([one], [other])
        assert [each.port for each in found.changes if each.code == "node-port-reassigned"] == ["a 80/TCP", "b 81/TCP"]


class TestUsers:
    """Who refers to a port by what changes."""

    def test_users_of_a_name_are_told(self) -> None:
        """A port that is renamed lists the Ingresses and monitors that know it by name, and not those by number."""
        web = service(labels={"app": "web"})
        renamed = service(ServicePort(80, name="web", target_port="http"), labels={"app": "web"})
        by_name, scraped = ingress({"name": "http"}), monitor("http")
        found = contract([web, by_name, scraped], [renamed])
        assert the(found, "port-renamed").users == (
            "Ingress shop/front: spec.defaultBackend.service.port.name",
            "ServiceMonitor shop/web: spec.endpoints[0].port",
        )
        assert any("Ingress shop/front" in action for action in actions(found))
        assert the(contract([web, ingress({"number": 80})], [renamed]), "port-renamed").users == ()

    def test_a_user_that_stays_behind_breaks(self) -> None:
        """What still names the old port after the change is broken; what changed with it is not."""
        renamed = service(ServicePort(80, name="web", target_port="http"))
        found = contract([service(), ingress({"name": "http"})], [renamed, ingress({"name": "http"})])
        assert the(found, "reference-broken").users == ("Ingress shop/front: spec.defaultBackend.service.port.name",)
        found = contract([service(), ingress({"name": "http"})], [renamed, ingress({"name": "web"})])
        assert "reference-broken" not in codes(found)

    def test_a_user_of_a_service_that_is_gone_breaks(self) -> None:
        """What still refers to a Service that is there no more is broken, and told beside the Service that is gone."""
        front = ingress({"name": "http"})
        found = contract([service(), front], [front])
        change = the(found, "reference-broken")
        assert (change.service, change.users) == (
            "shop/web",
            ("Ingress shop/front: spec.defaultBackend.service.port.name",),
        )
        assert "which is gone" in change.message
        assert "reference-broken" not in codes(contract([service(), front], []))
        assert "reference-broken" not in codes(contract([service(namespace="prod"), front], [front]))

    def test_a_user_follows_the_namespace(self) -> None:
        """Where a namespace is called otherwise afterwards, those who stay behind are looked for there."""
        front = ingress({"name": "http"})
        elsewhere = {"staging": "shop"}
        found = contract([service(namespace="staging")], [front], namespaces=elsewhere)
        assert the(found, "reference-broken").service == "staging/web"
        assert contract([service(namespace="staging")], [service(), front], namespaces=elsewhere).kept

    @pytest.mark.parametrize("namespace", ["shop", None])
    def test_a_service_that_may_be_meant_is_no_loss(self, namespace: str | None) -> None:
        """One of two Services of a name is gone, and the reference is to the other, or may be."""
        front = ingress({"name": "http"})
        other = service(namespace="prod")
        found = contract([service(), other, front], [service(namespace=namespace), front])
        assert "reference-broken" not in codes(found)

    def test_users_of_a_number_and_of_a_service(self) -> None:
        """A port whose number changes lists those by number, and a Service that goes all of them."""
        moved = service(ServicePort(81, name="http", target_port="http"))
        before: Objects = [service(), ingress({"number": 80})]
        assert len(the(contract(before, [moved]), "port-number-changed").users) == 1
        assert len(the(contract(before, []), "service-removed").users) == 1
        assert len(the(contract(before, [service(ServicePort(9, name="a"))]), "port-removed").users) == 1
