"""`contract`: what clients of Services see of a change, what stands behind it, and in which order to make it."""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portmap import Cluster, Container, ContainerPort, Pod, Service, ServicePort, ValidationError, Workload, resolve
from portmap._contract import contract
from portmap._contract.changes import Change, Contract, rows
from portmap._vocabulary import Protocol

Objects = list[Service | Pod | Workload | Mapping[str, Any]]

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "contract.md"


def service(*ports: ServicePort, **fields: Any) -> Service:
    """A Service of the shop, with one port unless others are given."""
    given_ports = ports or (ServicePort(80, name="http", target_port="http"),)
    return Service(**{"name": "web", "namespace": "shop", "selector": {"app": "web"}, "ports": given_ports} | fields)


def deployment(*ports: ContainerPort, name: str = "web", namespace: str = "shop", **labels: str) -> Workload:
    """A Deployment with one container, which declares port http unless others are given."""
    container = Container("app", ports=ports or (ContainerPort(8080, name="http"),))
    pod = Pod(name, namespace=namespace, labels=labels or {"app": "web"}, containers=[container], template=True)
    return Workload("Deployment", name, pod)


def ingress(port: Mapping[str, Any]) -> dict[str, Any]:
    """An Ingress that leads to this port of Service web."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {"defaultBackend": {"service": {"name": "web", "port": port}}},
    }


def monitor(port: str) -> dict[str, Any]:
    """A ServiceMonitor that scrapes this port of what is labelled web."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": port}]},
    }


def codes(found: Contract, *severities: str) -> set[str]:
    """The codes of the changes, of these severities or of all."""
    return {change.code for change in found.changes if not severities or change.severity in severities}


def the(found: Contract, code: str) -> Change:
    """The one change of this code."""
    [change] = [change for change in found.changes if change.code == code]
    return change


def actions(found: Contract) -> list[str]:
    """What the plan says to do."""
    return [step.action for step in found.plan]


def turned(*ports: ServicePort, **fields: Any) -> Contract:
    """What the plain Service becomes, with the same pods behind it."""
    return contract([service(), deployment()], [service(*ports, **fields), deployment()])


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
            contract(["web"], [])  # type: ignore[list-item]


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

    def test_users_of_a_number_and_of_a_service(self) -> None:
        """A port whose number changes lists those by number, and a Service that goes all of them."""
        moved = service(ServicePort(81, name="http", target_port="http"))
        before: Objects = [service(), ingress({"number": 80})]
        assert len(the(contract(before, [moved]), "port-number-changed").users) == 1
        assert len(the(contract(before, []), "service-removed").users) == 1
        assert len(the(contract(before, [service(ServicePort(9, name="a"))]), "port-removed").users) == 1


class TestBehind:
    """Pods, numbers and selectors."""

    def test_a_port_that_leads_nowhere_breaks(self) -> None:
        """What is behind breaks the contract only where nothing is left of it."""
        found = contract([service(), deployment()], [service(), deployment(ContainerPort(8080, name="web"))])
        assert codes(found) == {"leads-nowhere"}
        assert codes(contract([service()], [service(), deployment()])) == {"leads-somewhere"}

    def test_a_headless_service_without_ports_leads_to_pods_too(self) -> None:
        """Its name gives pods, or none any more."""
        bare = Service.headless("web", namespace="shop", selector={"app": "web"})
        assert codes(contract([bare, deployment()], [bare])) == {"leads-nowhere"}
        assert codes(contract([bare], [bare, deployment()])) == {"leads-somewhere"}

    def test_clients_of_a_headless_service_dial_the_pods(self) -> None:
        """Another container port is behind a Service with an address, and in sight of clients without one."""
        moved = deployment(ContainerPort(9090, name="http"))
        assert contract([service(), deployment()], [service(), moved]).kept
        headless = service(cluster_ip="None")
        assert codes(contract([headless, deployment()], [headless, moved]), "breaking") == {"pod-port-changed"}

    def test_endpoints_that_somebody_else_manages(self) -> None:
        """Without a selector nothing is known to lead nowhere."""
        found = contract([service(), deployment()], [service(selector=None), deployment()])
        assert (found.kept, the(found, "selector-changed").after) == (True, "nothing")


class TestRollouts:
    """What disturbs live traffic, and the order in which it does not."""

    def walk(self, *states: tuple[Service, Workload]) -> set[str]:
        """What disturbs or breaks on the way through these states, one after the other."""
        found = set()
        for one, other in pairwise(states):
            found |= codes(contract(one, other), "disturbing", "breaking", "refused")
        return found

    def test_a_container_port_that_is_renamed(self) -> None:
        """The name moves by way of the number, which old and new pods share; each step alone disturbs nothing."""
        old, new = deployment(), deployment(ContainerPort(8080, name="web"))
        by = {name: service(ServicePort(80, name="http", target_port=name)) for name in ("http", "web", 8080)}
        found = contract([by["http"], old], [by["web"], new])
        assert (found.kept, codes(found, "disturbing")) == (True, {"target-moved"})
        assert the(found, "target-moved").workloads == ("Deployment/web",)
        assert actions(found) == [
            "set targetPort: 8080 on port http 80/TCP",
            "roll out Deployment/web; wait until the old pods are gone",
            "set targetPort: web on port http 80/TCP",
        ]
        assert {step.codes for step in found.plan} == {("target-moved",)}
        shortcut = self.walk((by["http"], old), (by["web"], new))
        steps = self.walk((by["http"], old), (by[8080], old), (by[8080], new), (by["web"], new))
        assert (shortcut, steps) == ({"target-moved"}, {"target-moved"} - shortcut)

    def test_a_number_that_moves_goes_by_a_name(self) -> None:
        """A name is looked up in each pod, so old and new pods may have different numbers behind it."""
        old, new = deployment(), deployment(ContainerPort(9090, name="http"))
        by = {target: service(ServicePort(80, name="http", target_port=target)) for target in (8080, 9090, "http")}
        found = contract([by[8080], old], [by[9090], new])
        assert codes(found, "disturbing") == {"target-moved", "merge-appends"}
        assert [each for each in actions(found) if each.startswith("set")] == [
            "set targetPort: http on port http 80/TCP",
            "set targetPort: 9090 on port http 80/TCP",
        ]
        steps = self.walk((by[8080], old), (by["http"], old), (by["http"], new), (by[9090], new))
        assert "target-moved" not in steps

    def test_name_and_number_that_move_together(self) -> None:
        """First the number under the old name, then the name by way of the number."""
        old, carried = deployment(), deployment(ContainerPort(9090, name="http"))
        new = deployment(ContainerPort(9090, name="web"))
        by = {target: service(ServicePort(80, name="http", target_port=target)) for target in ("http", "web", 9090)}
        found = contract([by["http"], old], [by["web"], new])
        assert [each.partition(" on port")[0].partition(";")[0] for each in actions(found)] == [
            "roll out Deployment/web with 9090 as the container port named http",
            "set targetPort: 9090",
            "roll out Deployment/web",
            "set targetPort: web",
        ]
        states = [(by["http"], old), (by["http"], carried), (by[9090], carried), (by[9090], new), (by["web"], new)]
        assert "target-moved" not in self.walk(*states)

    def test_a_number_that_becomes_a_name_and_moves(self) -> None:
        """The new name stands for the old number first."""
        old, new = deployment(), deployment(ContainerPort(9090, name="web"))
        by = {target: service(ServicePort(80, name="http", target_port=target)) for target in (8080, "web")}
        found = contract([by[8080], old], [by["web"], new])
        assert [each.partition(" on port")[0].partition(",")[0] for each in actions(found)] == [
            "name container port 8080 of Deployment/web web",
            "set targetPort: web",
            "roll out Deployment/web with 9090 as the container port named web; wait until the old pods are gone",
        ]

    def test_a_name_that_means_several_numbers(self) -> None:
        """No number bridges the names of two workloads that differ: pods declare both names for a while."""

        def pods(name: str) -> list[Workload]:
            numbers = {"one": 8080, "two": 8081}
            return [deployment(ContainerPort(number, name=name), name=each) for each, number in numbers.items()]

        found = contract(
            [service(), *pods("http")], [service(ServicePort(80, name="http", target_port="web")), *pods("web")]
        )
        assert [each.split()[0] for each in actions(found)] == ["declare", "set", "roll"]

    @pytest.mark.parametrize("service_first", [True, False])
    def test_one_that_must_be_first(self, service_first: bool) -> None:
        """Where only one order is safe, the plan has two steps."""
        both = deployment(ContainerPort(8080, name="http"), ContainerPort(8081, name="web"))
        new = ServicePort(80, name="http", target_port="web")
        found = (
            contract([service(), both], [service(new), deployment(ContainerPort(8081, name="web"))])
            if service_first
            else contract([service(), deployment()], [service(new), both])
        )
        rolled = [action.startswith("roll out") for action in actions(found)]
        assert (codes(found, "disturbing"), rolled) == ({"target-moved"}, [not service_first, service_first])

    def test_labels_that_are_replaced(self) -> None:
        """Pods have the labels of both selectors for a while."""
        found = contract([service(), deployment()], [service(selector={"app": "shop"}), deployment(app="shop")])
        assert (found.kept, codes(found)) == (True, {"selector-moved", "selector-changed"})
        assert len(found.plan) == 3

    def test_a_label_more(self) -> None:
        """A selector that asks for more waits for the pods that have it; one that asks for less goes first."""
        narrow, wide = service(selector={"app": "web", "tier": "front"}), service()
        labelled, plain = deployment(app="web", tier="front"), deployment()
        for before, after, pods_first in (
            ((wide, plain), (narrow, labelled), True),
            ((narrow, labelled), (wide, plain), False),
        ):
            found = contract(before, after)
            assert codes(found) == {"selector-moved", "selector-changed"}
            assert actions(found)[0].startswith("roll out") == pods_first

    def test_workloads_that_take_over(self) -> None:
        """A workload that is not there yet is created first; one that is there takes over at once."""
        blue, green = deployment(name="blue", color="blue"), deployment(name="green", color="green")
        one, other = service(selector={"color": "blue"}), service(selector={"color": "green"})
        found = contract([one, blue], [other, green])
        assert codes(found, "disturbing") == {"backend-replaced"}
        assert [action.split()[0] for action in actions(found)] == ["create", "change", "remove"]
        assert not codes(contract([one, blue, green], [other, blue, green]), "disturbing")

    def test_pods_that_do_not_change_drop_nothing(self) -> None:
        """Without a rollout there is no meanwhile."""
        both = deployment(ContainerPort(8080, name="http"), ContainerPort(8081, name="admin"))
        found = contract([service(), both], [service(ServicePort(80, name="http", target_port="admin")), both])
        assert codes(found) == {"target-port-changed", "backends-changed"}
        assert found.plan == ()


class TestMerging:
    """Ports that are merged by their number alone."""

    def test_a_second_protocol(self) -> None:
        """Client-side apply takes TCP and UDP of a number for one port; by an update each gets a node port."""
        tcp, udp = ServicePort(53, name="tcp"), ServicePort(53, name="udp", protocol="UDP")
        one, two = service(tcp, type="NodePort"), service(tcp, udp, type="NodePort")
        added = contract([one], [two])
        assert codes(added) == {"merged-by-number", "port-added", "node-port-not-shared"}
        assert any("--server-side" in action for action in actions(added))
        assert codes(contract([two], [one]), "disturbing") == {"merged-by-number"}
        assert contract([two], [two]).changes == ()

    def test_a_number_that_changes(self) -> None:
        """A merge patch keeps the old number beside the new one, and fails on the name that both have."""
        found = contract([service(ServicePort(443, name="https"))], [service(ServicePort(444, name="https"))])
        change = the(found, "merge-appends")
        assert (change.before, change.after, change.severity) == (443, 444, "disturbing")

    def test_container_ports_merge_the_same_way(self) -> None:
        """Workloads are told by name: their ports have the same trap."""
        dns: list[tuple[str, Protocol]] = [("dns", "UDP"), ("dns-tcp", "TCP")]
        ports = [ContainerPort(53, name=name, protocol=protocol) for name, protocol in dns]
        found = contract([deployment(ports[0])], [deployment(*ports)])
        assert the(found, "merged-by-number").workloads == ("Deployment shop/web",)
        assert found.kept
        assert codes(contract([deployment(ContainerPort(80))], [deployment(ContainerPort(81))])) == set()


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


# --- properties ------------------------------------------------------------------------------------------------

_NAMES: Final = st.sampled_from(["http", "grpc", "dns", "metrics"])
_NUMBERS: Final = st.sampled_from([53, 80, 443, 8080, 9090])
_PROTOCOLS: Final[st.SearchStrategy[Protocol]] = st.sampled_from(["TCP", "UDP"])


@st.composite
def few_services(draw: st.DrawFn) -> Service:
    """A Service whose name, ports and pods are often those of another."""
    keys = draw(st.lists(st.tuples(_NUMBERS, _PROTOCOLS), unique=True, min_size=1, max_size=3))
    names = draw(st.lists(_NAMES, unique=True, min_size=len(keys), max_size=len(keys)))
    kind = draw(st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "headless"]))
    taken = draw(st.lists(st.integers(30000, 30020), unique=True, min_size=len(keys), max_size=len(keys)))
    pinned = kind in {"NodePort", "LoadBalancer"} and draw(st.booleans())
    ports = [
        ServicePort(
            number,
            name=name,
            protocol=protocol,
            target_port=draw(_NAMES | _NUMBERS | st.none()),
            app_protocol=draw(st.sampled_from([None, "http"])),
            node_port=node_port if pinned else None,
        )
        for (number, protocol), name, node_port in zip(keys, names, taken, strict=True)
    ]
    fields: dict[str, Any] = {"cluster_ip": "None"} if kind == "headless" else {"type": kind}
    if kind == "LoadBalancer":
        fields["external_traffic_policy"] = draw(st.sampled_from([None, "Local"]))
    return Service(
        draw(st.sampled_from(["web", "api"])),
        namespace=draw(st.sampled_from([None, "shop", "prod"])),
        selector={"app": draw(st.sampled_from(["web", "api"]))},
        ports=ports,
        **fields,
    )


@st.composite
def few_workloads(draw: st.DrawFn) -> Workload:
    """A Deployment whose labels and ports are often those that a Service asks for."""
    names = draw(st.lists(_NAMES, unique=True, max_size=3))
    ports = [ContainerPort(draw(_NUMBERS), name=name, protocol=draw(_PROTOCOLS)) for name in names]
    namespace = draw(st.sampled_from([None, "shop", "prod"]))
    name = draw(st.sampled_from(["web", "api"]))
    labels = {"app": draw(st.sampled_from(["web", "api"]))}
    pod = Pod(name, namespace=namespace, labels=labels, containers=[Container("app", ports=ports)], template=True)
    return Workload("Deployment", name, pod)


_SETS: Final[st.SearchStrategy[list[Service | Workload]]] = st.lists(few_services() | few_workloads(), max_size=6)
_SLOW: Final = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@_SLOW
@given(_SETS, st.sampled_from([Cluster(), Cluster("1.32"), Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))]))
def test_a_set_has_its_own_contract(objects: list[Service | Workload], cluster: Cluster) -> None:
    """Compared with itself nothing differs, whatever the cluster."""
    found = contract(objects, objects, cluster=cluster)
    assert (found.changes, found.plan, found.kept) == ((), (), True)


@_SLOW
@given(_SETS, _SETS, st.booleans())
def test_going_back_mirrors_what_came_and_went(
    before: list[Service | Workload], after: list[Service | Workload], ignore: bool
) -> None:
    """Services and ports that one direction removes, the other adds."""

    def of(found: Contract, kind: str) -> list[tuple[str | None, str | None]]:
        wanted = {f"service-{kind}", f"port-{kind}"}
        # A Service that is in both is called by what it was before.
        return sorted(
            (str(each.service).rpartition("/")[2], each.port or "") for each in found.changes if each.code in wanted
        )

    there = contract(before, after, ignore_namespaces=ignore)
    back = contract(after, before, ignore_namespaces=ignore)
    assert of(there, "removed") == of(back, "added")
    assert of(there, "added") == of(back, "removed")
    assert there.services == back.services


@_SLOW
@given(_SETS, _SETS, st.data())
def test_order_does_not_matter(
    before: list[Service | Workload], after: list[Service | Workload], data: st.DataObject
) -> None:
    """Objects in another order give the same answer."""
    shuffled = [data.draw(st.permutations(each)) for each in (before, after)]
    assert contract(*shuffled) == contract(before, after)


@_SLOW
@given(few_services(), st.lists(few_workloads(), min_size=1, max_size=3, unique_by=lambda each: each.name))
def test_renaming_container_ports_consistently_keeps_the_contract(service: Service, workloads: list[Workload]) -> None:
    """Service and pods that rename a port together keep the contract, but disturb the rollout where it was reached."""

    def renamed(name: Any) -> Any:
        return f"new-{name}" if isinstance(name, str) else name

    def with_new_names(workload: Workload) -> Workload:
        containers = [
            attrs.evolve(each, ports=[attrs.evolve(port, name=renamed(port.name)) for port in each.ports])
            for each in workload.pod.containers
        ]
        return attrs.evolve(workload, pod=attrs.evolve(workload.pod, containers=containers))

    ports = [attrs.evolve(port, target_port=renamed(port.target_port)) for port in service.ports]
    after: Objects = [attrs.evolve(service, ports=ports), *map(with_new_names, workloads)]
    found = contract([service, *workloads], after)
    assert found.kept
    # One number for two protocols is a trap of its own, for the names change.
    assert codes(found) - {"merged-by-number"} <= {"target-moved", "target-port-changed"}
    reached = reached_by_name(service, workloads)
    assert bool(reached) == ("target-moved" in codes(found))
    assert any(step.codes == ("target-moved",) for step in found.plan) == bool(reached)


def reached_by_name(service: Service, workloads: list[Workload]) -> list[ServicePort]:
    """The ports of this Service that name a container port which is there."""
    routes = resolve(service, workloads)
    return [port for port in service.ports if isinstance(port.target_port, str) and routes.endpoints(port)]
