"""`contract`: backends of Services, and the order in which to change them."""

from itertools import pairwise

import pytest

from contracts import actions, codes, deployment, service, the
from portmap import ContainerPort, Service, ServicePort, Workload, contract
from portmap._kubernetes.enums import Protocol


class TestBackends:
    """Pods, numbers and selectors."""

    def test_a_port_that_loses_its_endpoints(self) -> None:
        """Backends break the contract only if a port loses all of its endpoints."""
        found = contract([service(), deployment()], [service(), deployment(ContainerPort(8080, name="web"))])
        assert codes(found) == {"leads-nowhere"}
        assert codes(contract([service()], [service(), deployment()])) == {"leads-somewhere"}

    def test_a_headless_service_without_ports(self) -> None:
        """A headless Service without ports must keep its pods."""
        bare = Service.headless("web", namespace="shop", selector={"app": "web"})
        assert codes(contract([bare, deployment()], [bare])) == {"leads-nowhere"}
        assert codes(contract([bare], [bare, deployment()])) == {"leads-somewhere"}

    def test_clients_of_a_headless_service_dial_the_pods(self) -> None:
        """A container port change breaks clients of a headless Service only."""
        moved = deployment(ContainerPort(9090, name="http"))
        assert contract([service(), deployment()], [service(), moved]).kept
        headless = service(cluster_ip="None")
        assert codes(contract([headless, deployment()], [headless, moved]), "breaking") == {"pod-port-changed"}

    def test_unmanaged_endpoints(self) -> None:
        """The endpoints of a Service without a selector are unknown, which breaks nothing."""
        found = contract([service(), deployment()], [service(selector=None), deployment()])
        assert (found.kept, the(found, "selector-changed").after) == (True, "nothing")


class TestRollouts:
    """Changes that disturb traffic, and plans that avoid it."""

    def walk(self, *states: tuple[Service, Workload]) -> set[str]:
        """Return the codes of changes that disturb or break clients between consecutive states."""
        found = set()
        for one, other in pairwise(states):
            found |= codes(contract(one, other), "disturbing", "breaking", "refused")
        return found

    def test_a_container_port_that_is_renamed(self) -> None:
        """A number that old and new pods share bridges the names; no step disturbs traffic."""
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

    def test_a_container_port_with_another_number(self) -> None:
        """A name bridges the numbers, because it is looked up in each pod."""
        old, new = deployment(), deployment(ContainerPort(9090, name="http"))
        by = {target: service(ServicePort(80, name="http", target_port=target)) for target in (8080, 9090, "http")}
        found = contract([by[8080], old], [by[9090], new])
        assert codes(found, "disturbing") == {"target-moved"}
        assert actions(found) == [
            "set targetPort: http on port http 80/TCP",
            "roll out Deployment/web; wait until the old pods are gone",
            "set targetPort: 9090 on port http 80/TCP",
        ]
        steps = self.walk((by[8080], old), (by["http"], old), (by["http"], new), (by[9090], new))
        assert "target-moved" not in steps

    def test_name_and_number_change_together(self) -> None:
        """The number changes first, under the old name; then the number bridges the names."""
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

    def test_a_number_that_becomes_a_name(self) -> None:
        """The old number gets the new name first."""
        old, new = deployment(), deployment(ContainerPort(9090, name="web"))
        by = {target: service(ServicePort(80, name="http", target_port=target)) for target in (8080, "web")}
        found = contract([by[8080], old], [by["web"], new])
        assert [each.partition(" on port")[0] for each in actions(found)] == [
            "roll out Deployment/web with 8080 as the container port named web; wait until the old pods are gone",
            "set targetPort: web",
            "roll out Deployment/web with 9090 as the container port named web; wait until the old pods are gone",
        ]

    def test_a_name_for_several_numbers(self) -> None:
        """Without a common number, pods declare both names for a while."""

        def pods(name: str) -> list[Workload]:
            numbers = {"one": 8080, "two": 8081}
            return [deployment(ContainerPort(number, name=name), name=each) for each, number in numbers.items()]

        found = contract(
            [service(), *pods("http")], [service(ServicePort(80, name="http", target_port="web")), *pods("web")]
        )
        assert [each.split()[0] for each in actions(found)] == ["roll", "set", "roll"]
        assert "with both http and web declared, by kubectl replace" in actions(found)[0]

    @pytest.mark.parametrize("service_first", [True, False])
    def test_only_one_safe_order(self, service_first: bool) -> None:
        """If one order is safe, the plan has two steps."""
        both = deployment(ContainerPort(8080, name="http"), ContainerPort(8081, name="web"))
        new = ServicePort(80, name="http", target_port="web")
        found = (
            contract([service(), both], [service(new), deployment(ContainerPort(8081, name="web"))])
            if service_first
            else contract([service(), deployment()], [service(new), both])
        )
        rolled = [action.startswith("roll out") for action in actions(found)]
        assert (codes(found, "disturbing"), rolled) == ({"target-moved"}, [not service_first, service_first])

    def test_replaced_labels(self) -> None:
        """Pods get the labels of both selectors for a while."""
        found = contract([service(), deployment()], [service(selector={"app": "shop"}), deployment(app="shop")])
        assert (found.kept, codes(found)) == (True, {"selector-moved", "selector-changed"})
        assert len(found.plan) == 3

    def test_an_additional_label(self) -> None:
        """A narrower selector changes after the pods; a wider one changes before them."""
        narrow, wide = service(selector={"app": "web", "tier": "front"}), service()
        labelled, plain = deployment(app="web", tier="front"), deployment()
        for before, after, pods_first in (
            ((wide, plain), (narrow, labelled), True),
            ((narrow, labelled), (wide, plain), False),
        ):
            found = contract(before, after)
            assert codes(found) == {"selector-moved", "selector-changed"}
            assert actions(found)[0].startswith("roll out") == pods_first

    def test_a_replaced_workload(self) -> None:
        """A new workload is created before the Service changes; an existing one needs no plan."""
        blue, green = deployment(name="blue", color="blue"), deployment(name="green", color="green")
        one, other = service(selector={"color": "blue"}), service(selector={"color": "green"})
        found = contract([one, blue], [other, green])
        assert codes(found, "disturbing") == {"backend-replaced"}
        assert [action.split()[0] for action in actions(found)] == ["create", "change", "remove"]
        assert not codes(contract([one, blue, green], [other, blue, green]), "disturbing")

    def test_unchanged_pods(self) -> None:
        """Without a rollout, no order is needed."""
        both = deployment(ContainerPort(8080, name="http"), ContainerPort(8081, name="admin"))
        found = contract([service(), both], [service(ServicePort(80, name="http", target_port="admin")), both])
        assert codes(found) == {"target-port-changed", "backends-changed"}
        assert found.plan == ()


class TestMerging:
    """Ports that are merged by their number alone."""

    def test_a_second_protocol(self) -> None:
        """Client-side apply merges TCP and UDP of one number; a replace assigns each a node port."""
        tcp, udp = ServicePort(53, name="tcp", protocol="TCP"), ServicePort(53, name="udp", protocol="UDP")
        one, two = service(tcp, type="NodePort"), service(tcp, udp, type="NodePort")
        added = contract([one], [two])
        assert codes(added) == {"merged-by-number"}
        assert the(added, "merged-by-number").hint == "use kubectl apply --server-side"
        [step] = added.plan
        assert (step.write, step.action) == (
            "server-apply",
            "write the new Service, with kubectl apply --server-side",
        )
        assert codes(contract([one], [two], write="replace")) == {"port-added", "node-port-not-shared"}
        assert codes(contract([two], [one]), "refused") == {"ports-required"}
        assert contract([two], [two]).changes == ()

    def test_a_number_that_changes(self) -> None:
        """Client-side apply removes the old number if it applied it; otherwise both have one name, which is refused."""
        before, after = [service(ServicePort(443, name="https"))], [service(ServicePort(444, name="https"))]
        assert codes(contract(before, after)) == {"port-number-changed"}
        found = contract(before, after, created_by="create")
        change = the(found, "merge-appends")
        assert (change.before, change.after, change.severity) == (443, 444, "disturbing")
        assert codes(found, "refused") == {"duplicate-port-name"}
        assert change.hint == "use kubectl replace --save-config"

    def test_container_ports_merge_the_same_way(self) -> None:
        """Client-side apply merges container ports by number, too."""
        dns: list[tuple[str, Protocol]] = [("dns", "UDP"), ("dns-tcp", "TCP")]
        ports = [ContainerPort(53, name=name, protocol=protocol) for name, protocol in dns]
        found = contract([deployment(ports[0])], [deployment(*ports)])
        assert the(found, "merged-by-number").workloads == ("Deployment shop/web",)
        assert found.kept
        assert codes(contract([deployment(ContainerPort(80))], [deployment(ContainerPort(81))])) == set()

    def test_container_ports_that_stay(self) -> None:
        """Server-side apply after a create removes no port, so a name cannot move to another number."""
        old, new = [deployment(ContainerPort(80, name="http"))], [deployment(ContainerPort(81, name="http"))]
        found = contract(old, new, write="server-apply", created_by="create")
        assert (the(found, "merge-appends").port, the(found, "merge-appends").hint) == (
            "http 80/TCP",
            "use kubectl replace",
        )
        gone = contract(old, [deployment(ContainerPort(81))], write="server-apply", created_by="create")
        assert the(gone, "not-applied").message == "kubectl apply --server-side keeps the port"
        for created_by in ("client-apply", "server-apply"):
            found = contract(old, [deployment(ContainerPort(81))], write="server-apply", created_by=created_by)
            assert found.changes == ()
        assert the(contract(old, new, write="server-apply", created_by="client-apply"), "merge-appends").hint == (
            "use kubectl apply"
        )
        assert contract(old, new, write="replace").changes == ()
