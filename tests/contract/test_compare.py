"""`contract`: what clients of Services see, and the references to what changed."""

import io
from typing import Any

import pytest

from contracts import Objects, actions, codes, deployment, ingress, monitor, service, the, turned
from portmap import ContainerPort, Service, ServicePort, ValidationError, contract, load, to_yaml


class TestServices:
    """Pairs of Services."""

    def test_removed_and_added_services(self) -> None:
        """A removed Service breaks the contract; an added one does not."""
        removed, added = contract([service()], []), contract([], [service()])
        assert (removed.kept, codes(removed)) == (False, {"service-removed"})
        assert (added.kept, codes(added)) == (True, {"service-added"})
        assert (removed.changes[0].kind, added.changes[0].kind) == ("removed", "added")

    def test_namespaces(self) -> None:
        """Services of different namespaces are different, unless namespaces are ignored or renamed."""
        before, after = [service(namespace="staging")], [service(namespace="prod")]
        assert codes(contract(before, after)) == {"service-removed", "service-added"}
        assert contract(before, after, ignore_namespaces=True).changes == ()
        assert contract(before, after, namespaces={"staging": "prod"}).changes == ()
        assert codes(contract(before, after, namespaces={"staging": "other"})) == {"service-removed", "service-added"}

    def test_a_service_without_a_namespace(self) -> None:
        """A Service without a namespace is paired with one of its name."""
        assert contract([service(namespace=None)], [service()]).changes == ()

    def test_environments(self) -> None:
        """Namespaces, container port numbers and workloads may differ between environments."""
        before: Objects = [service(namespace="staging"), deployment(namespace="staging")]
        other = deployment(ContainerPort(9000, name="http"), namespace="prod", name="web-v2")
        found = contract(before, [service(namespace="prod"), other], ignore_namespaces=True)
        assert found.kept
        assert the(found, "backends-changed").after == ("Deployment/web-v2 app 9000/TCP",)

    def test_plain_dicts(self) -> None:
        """Plain dicts are read and validated; other values are a TypeError."""
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
        """The items of lists and the documents of `load` are compared."""
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
    """Headless Services, external names, and exposure."""

    def test_becoming_headless(self) -> None:
        """Becoming headless breaks clients, and a server refuses it: the plan creates a second Service."""
        found = turned(cluster_ip="None")
        assert codes(found) == {"headless-changed", "cluster-ip-immutable"}
        assert the(found, "cluster-ip-immutable").severity == "refused"
        assert "192.0.2.1" not in str(the(found, "cluster-ip-immutable"))
        assert actions(found)[0].startswith("create the new Service under another name")

    def test_an_update_without_cluster_ip(self) -> None:
        """A server keeps `clusterIP: None` in an update without it."""
        found = contract([service(cluster_ip="None")], [service()])
        assert (found.kept, codes(found)) == (True, {"stays-headless"})

    def test_another_external_name(self) -> None:
        """Another external name breaks clients."""
        one, other = (Service.alias_of("db", name) for name in ("one.example.com", "other.example.com"))
        assert codes(contract([one], [other])) == {"external-name-changed"}
        assert codes(contract([one], [Service("db", ports=[ServicePort(5432)])]), "breaking") == {
            "external-name-changed"
        }

    def test_lost_node_ports(self) -> None:
        """A NodePort Service that becomes ClusterIP loses its node ports, also if the type is left out."""
        port = ServicePort(80, name="http", target_port="http", node_port=30080)
        found = contract([service(port, type="NodePort")], [service()])
        assert codes(found) == {"node-ports-dropped"}
        assert "an update without it makes a ClusterIP Service" in str(the(found, "node-ports-dropped").hint)
        assert codes(contract([service()], [service(port, type="NodePort")])) == {"node-ports-added"}

    def test_a_load_balancer_that_becomes_a_node_port(self) -> None:
        """Only clients of the load balancer break; node ports stay."""
        found = contract([service(type="LoadBalancer")], [service(type="NodePort")])
        assert codes(found) == {"load-balancer-dropped"}
        assert codes(contract([service()], [service(type="LoadBalancer")])) == {
            "load-balancer-added",
            "node-ports-added",
        }

    def test_a_load_balancer_without_node_ports_drops_them(self) -> None:
        """`allocateLoadBalancerNodePorts: false` releases node ports in a replace; an apply keeps them."""
        before = service(type="LoadBalancer")
        after = service(type="LoadBalancer", allocate_load_balancer_node_ports=False)
        assert codes(contract([before], [after], write="replace")) == {"node-ports-dropped"}
        for how in ("client-apply", "server-apply"):
            found = contract([before], [after], write=how)
            assert (codes(found), the(found, "not-applied").port) == ({"not-applied"}, "http 80/TCP")
            assert "kubectl replace" in str(the(found, "not-applied").hint)

    def test_source_ranges_and_the_type(self) -> None:
        """A patch of the type alone is refused with loadBalancerSourceRanges; the plan has one update."""
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
    def test_source_ranges(self, before: tuple[str, ...], after: tuple[str, ...], code: str | None) -> None:
        """Source ranges are compared as sets of addresses."""
        sides = [[service(type="LoadBalancer", load_balancer_source_ranges=each)] for each in (before, after)]
        assert codes(contract(*sides)) == ({code} if code else set())

    def test_the_class_of_a_load_balancer_stays(self) -> None:
        """A server refuses another class, which does not break clients."""
        found = contract([service(type="LoadBalancer")], [service(type="LoadBalancer", load_balancer_class="a.b/c")])
        assert (found.kept, codes(found, "refused")) == (True, {"load-balancer-class-immutable"})

    def test_a_cluster_ip_stays(self) -> None:
        """A server refuses another address; clients go by name."""
        found = contract([service(cluster_ip="10.0.0.7")], [service(cluster_ip="10.0.0.8")])
        assert (found.kept, codes(found, "refused")) == (True, {"cluster-ip-immutable"})
        assert contract([service(cluster_ip="10.0.0.7")], [service()]).changes == ()

    def test_an_address_that_was_left_to_the_cluster(self) -> None:
        """An address is accepted if the cluster picked the same, which only the cluster knows."""
        found = contract([service()], [service(cluster_ip="10.0.0.8")])
        change = the(found, "must-match-pick")
        assert (found.kept, codes(found), change.after) == (True, {"must-match-pick"}, "10.0.0.8")

    def test_external_ips(self) -> None:
        """A removed external IP breaks clients; an added one does not."""
        before, after = (service(external_ips=[each]) for each in ("192.0.2.7", "192.0.2.8"))
        found = contract([before], [after])
        assert codes(found, "breaking") == {"external-ip-removed"}
        assert codes(found, "compatible") == {"external-ip-added"}

    def test_traffic_policies(self) -> None:
        """Traffic policies break nothing; an explicit default is no change."""
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
            (ServicePort(81, name="http", target_port="http"), {"port-number-changed"}),
            (
                ServicePort(80, name="http", target_port="http", protocol="UDP"),
                {"port-protocol-changed", "leads-nowhere"},
            ),
            (ServicePort(80, name="http", target_port="http", app_protocol="http"), {"app-protocol-added"}),
            (ServicePort(81, name="web", target_port="http"), {"port-removed", "port-added"}),
        ],
    )
    def test_one_changed_field(self, port: ServicePort, expected: set[str]) -> None:
        """Each changed field of a port has a code."""
        assert codes(turned(port)) == expected

    def test_app_protocol(self) -> None:
        """Another or no appProtocol breaks clients, because proxies use it."""
        before = service(ServicePort(80, app_protocol="http"))
        for other in ("kubernetes.io/h2c", None):
            assert codes(contract([before], [service(ServicePort(80, app_protocol=other))])) == {"app-protocol-changed"}

    def test_swapped_names(self) -> None:
        """Ports are paired by number, so swapped names are two renamings."""
        one = service(ServicePort(80, name="a"), ServicePort(81, name="b"))
        other = service(ServicePort(80, name="b"), ServicePort(81, name="a"))
        found = contract([one], [other])
        assert [(each.port, each.before, each.after) for each in found.of("breaking")] == [
            ("a 80/TCP", "a", "b"),
            ("b 81/TCP", "b", "a"),
        ]

    def test_a_single_port_without_a_name(self) -> None:
        """A single port without a name is the same port if its number changes or it gets a name."""
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
    def test_node_ports_in_the_manifest(self, before: int | None, after: int | None, code: str) -> None:
        """A changed node port of the manifest breaks clients; one that replaces a picked one disturbs them."""
        sides = [[service(ServicePort(80, node_port=each), type="NodePort")] for each in (before, after)]
        found = contract(*sides)
        assert codes(found) == {code}
        assert found.kept == (code == "node-port-pinned")

    def test_a_replace_keeps_node_ports_by_name(self) -> None:
        """A renamed port gets another node port in a replace, unless the manifest has the number."""
        before = service(ServicePort(80), type="NodePort")
        both = (ServicePort(80, name="http"), ServicePort(443, name="https"))
        after = [service(*both, type="NodePort")]
        change = the(contract([before], after, write="replace"), "node-port-reassigned")
        assert (change.port, change.before, change.after) == ("80/TCP", None, "http")
        assert str(change.hint).startswith("use kubectl apply, or set nodePort to the number that it has")
        for how in ("client-apply", "server-apply"):
            assert "node-port-reassigned" not in codes(contract([before], after, write=how))
        pinned = (ServicePort(80, name="http", node_port=30080), both[1])
        assert "node-port-pinned" in codes(contract([before], [service(*pinned, type="NodePort")]))
        kept = service(ServicePort(80, node_port=30080), type="NodePort")
        assert not codes(contract([kept], [service(*pinned, type="NodePort")]), "disturbing", "breaking")

    def test_a_replace_swaps_node_ports_with_names(self) -> None:
        """Two ports that swap names swap node ports."""
        one = service(ServicePort(80, name="a"), ServicePort(81, name="b"), type="NodePort")
        other = service(ServicePort(80, name="b"), ServicePort(81, name="a"), type="NodePort")
        found = [
            each for each in contract([one], [other], write="replace").changes if each.code == "node-port-reassigned"
        ]
        assert [each.port for each in found] == ["a 80/TCP", "b 81/TCP"]
        assert "it gets the node port of 81/TCP" in found[0].message
        assert "node-port-reassigned" not in codes(contract([one], [other]))


class TestReferences:
    """References to what changes."""

    def test_references_by_name(self) -> None:
        """A renamed port lists the Ingresses and monitors that refer to it by name."""
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

    def test_references_to_an_old_port(self) -> None:
        """A reference to the old port is broken unless it changes, too."""
        renamed = service(ServicePort(80, name="web", target_port="http"))
        found = contract([service(), ingress({"name": "http"})], [renamed, ingress({"name": "http"})])
        assert the(found, "reference-broken").users == ("Ingress shop/front: spec.defaultBackend.service.port.name",)
        found = contract([service(), ingress({"name": "http"})], [renamed, ingress({"name": "web"})])
        assert "reference-broken" not in codes(found)

    def test_references_to_a_removed_service(self) -> None:
        """A reference to a removed Service is broken unless it is removed, too."""
        front = ingress({"name": "http"})
        found = contract([service(), front], [front])
        change = the(found, "reference-broken")
        assert (change.service, change.users) == (
            "shop/web",
            ("Ingress shop/front: spec.defaultBackend.service.port.name",),
        )
        assert "which was removed" in change.message
        assert "reference-broken" not in codes(contract([service(), front], []))
        assert "reference-broken" not in codes(contract([service(namespace="prod"), front], [front]))

    def test_references_in_a_renamed_namespace(self) -> None:
        """References are looked up in the new name of a namespace."""
        front = ingress({"name": "http"})
        renamed = {"staging": "shop"}
        found = contract([service(namespace="staging")], [front], namespaces=renamed)
        assert the(found, "reference-broken").service == "staging/web"
        assert contract([service(namespace="staging")], [service(), front], namespaces=renamed).kept

    @pytest.mark.parametrize("namespace", ["shop", None])
    def test_references_to_another_service_of_the_name(self, namespace: str | None) -> None:
        """A reference that may belong to a remaining Service of the name is not broken."""
        front = ingress({"name": "http"})
        other = service(namespace="prod")
        found = contract([service(), other, front], [service(namespace=namespace), front])
        assert "reference-broken" not in codes(found)

    def test_references_by_number_and_to_services(self) -> None:
        """A changed number lists references by number; a removed Service lists all references."""
        moved = service(ServicePort(81, name="http", target_port="http"))
        before: Objects = [service(), ingress({"number": 80})]
        assert len(the(contract(before, [moved]), "port-number-changed").users) == 1
        assert len(the(contract(before, []), "service-removed").users) == 1
        assert len(the(contract(before, [service(ServicePort(9, name="a"))]), "port-removed").users) == 1
