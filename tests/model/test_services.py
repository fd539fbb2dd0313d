"""Services: the constructor, the values, and checks against other clusters."""

import copy
import pickle
from typing import Any

import attrs
import pytest

from portmap import Cluster, Service, ServicePort, ValidationError, check, to_manifest
from portmap._apiserver.state import PortState
from typed_objects import HTTP, METRICS, TO_HTTP, make_deployment, make_pod, make_service
from violations import refusals


class TestConstructor:
    """The constructor takes every field of a manifest."""

    def test_all_fields(self) -> None:
        """Every field has an attribute with the name that Kubernetes gives it."""
        service = Service(
            "web",
            namespace="shop",
            labels={"team": "shop"},
            annotations={"example.com/note": "any text"},
            type="LoadBalancer",
            ports=[ServicePort(443, name="https", target_port="tls", node_port=30443)],
            selector={"app": "web"},
            cluster_ip="10.0.0.10",
            cluster_ips=["10.0.0.10"],
            external_ips=["192.0.2.7"],
            session_affinity="ClientIP",
            session_affinity_timeout_seconds=600,
            load_balancer_ip="192.0.2.8",
            load_balancer_source_ranges=["198.51.100.0/24"],
            external_traffic_policy="Local",
            health_check_node_port=31000,
            publish_not_ready_addresses=True,
            ip_families=["IPv4"],
            ip_family_policy="SingleStack",
            allocate_load_balancer_node_ports=False,
            load_balancer_class="example.com/edge",
            internal_traffic_policy="Local",
            traffic_distribution="PreferSameZone",
        )
        assert to_manifest(service) == {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "web",
                "namespace": "shop",
                "labels": {"team": "shop"},
                "annotations": {"example.com/note": "any text"},
            },
            "spec": {
                "type": "LoadBalancer",
                "selector": {"app": "web"},
                "clusterIP": "10.0.0.10",
                "clusterIPs": ["10.0.0.10"],
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "externalIPs": ["192.0.2.7"],
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},
                "loadBalancerIP": "192.0.2.8",
                "loadBalancerClass": "example.com/edge",
                "loadBalancerSourceRanges": ["198.51.100.0/24"],
                "allocateLoadBalancerNodePorts": False,
                "externalTrafficPolicy": "Local",
                "healthCheckNodePort": 31000,
                "internalTrafficPolicy": "Local",
                "trafficDistribution": "PreferSameZone",
                "publishNotReadyAddresses": True,
                "ports": [{"name": "https", "port": 443, "targetPort": "tls", "nodePort": 30443}],
            },
        }

    def test_only_what_was_authored(self) -> None:
        """Fields that are left out are not written."""
        assert to_manifest(Service("web", ports=[ServicePort(80)])) == {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"ports": [{"port": 80}]},
        }

    def test_any_iterable(self) -> None:
        """A list may be any iterable: a generator, a tuple, the values of a dict."""
        from_list = make_service(ports=[TO_HTTP], external_ips=["192.0.2.1"])
        from_others = make_service(
            ports=(port for port in [TO_HTTP]),
            external_ips={"a": "192.0.2.1"}.values(),
            selector={"app": "web"},
        )
        assert from_list == from_others
        assert isinstance(from_others.ports, tuple)

    def test_text_is_not_a_list(self) -> None:
        """A single address or port must be in a list."""
        assert refusals(lambda: make_service(external_ips="192.0.2.1")) == [("wrong-type", "spec.externalIPs")]
        assert refusals(lambda: make_service(ports=ServicePort(80))) == [("wrong-type", "spec.ports")]

    def test_a_generated_name(self) -> None:
        """The server completes the name, so the name for messages ends with an ellipsis."""
        service = make_service(name="", generate_name="web-")
        assert to_manifest(service)["metadata"] == {"generateName": "web-"}
        assert str(service) == "Service web-…"

    def test_a_wrong_call_is_a_type_error(self) -> None:
        """A misspelt argument is a `TypeError`."""
        with pytest.raises(TypeError):
            make_service(clusterIP="None")

    def test_a_wrong_type_hides_nothing(self) -> None:
        """Other fields are checked although one has a wrong type."""
        found = refusals(lambda: make_service(name="Web", selector=5, ports=[ServicePort(80), ServicePort(81)]))
        assert ("wrong-type", "spec.selector") in found
        assert ("name-syntax", "metadata.name") in found

    def test_ports_of_wrong_types(self) -> None:
        """A plain dict or a number is not a `ServicePort`."""
        found = refusals(lambda: make_service(ports=[{"port": 80}, 80, ServicePort(80)]))
        assert found == [("wrong-type", "spec.ports[0]"), ("wrong-type", "spec.ports[1]")]

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"ports": []}, [("ports-required", "spec.ports")]),
            ({"name": ""}, [("name-required", "metadata.name")]),
            ({"name": "web.shop"}, [("name-syntax", "metadata.name")]),
            ({"type": "Headless"}, [("unsupported-type", "spec.type")]),
            ({"type": "ExternalName"}, [("external-name-required", "spec.externalName")]),
            ({"type": "NodePort", "cluster_ip": "None"}, [("headless-forbidden", "spec.clusterIPs[0]")]),
            (
                {"ports": [ServicePort(80), ServicePort(81)]},
                [("port-name-required", "spec.ports[0].name"), ("port-name-required", "spec.ports[1].name")],
            ),
            (
                {"ports": [ServicePort(53, name="dns"), ServicePort(53, name="dns", protocol="UDP")]},
                [("duplicate-port-name", "spec.ports[1].name")],
            ),
            (
                {"ports": [ServicePort(80, name="a"), ServicePort(80, name="b")]},
                [("duplicate-port", "spec.ports[1]")],
            ),
            ({"ports": [ServicePort(80, node_port=30080)]}, [("node-port-forbidden", "spec.ports[0].nodePort")]),
            (
                {"external_traffic_policy": "Local"},
                [("external-traffic-policy-forbidden", "spec.externalTrafficPolicy")],
            ),
        ],
    )
    def test_mistakes(self, fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
        """The constructor checks fields and ports against each other."""
        assert refusals(lambda: make_service(**fields)) == expected

    @pytest.mark.parametrize(
        ("kind", "hint"),
        [
            ("headless", "write type ClusterIP and clusterIP: None"),
            ("clusterip", "write ClusterIP"),
            ("NodePrt", "write NodePort"),
            ("Ingress", None),
            ("x" * 1000, None),
        ],
    )
    def test_hints(self, kind: str, hint: str | None) -> None:
        """The hint for a misspelt type is the nearest type, if there is one."""
        with pytest.raises(ValidationError) as caught:
            make_service(type=kind)
        assert [violation.hint for violation in caught.value.violations] == [hint]

    def test_the_same_number_for_two_protocols(self) -> None:
        """53/TCP and 53/UDP may be in one Service and share a node port."""
        ports = [
            ServicePort(53, name="dns", node_port=30053),
            ServicePort(53, name="dns-udp", protocol="UDP", node_port=30053),
        ]
        assert make_service(type="NodePort", ports=ports).ports == tuple(ports)

    def test_the_cluster_has_the_node_port_range(self) -> None:
        """The range is 30000-32767 unless the cluster in force has another."""
        fields = {"type": "NodePort", "ports": [ServicePort(80, node_port=8080)]}
        assert refusals(lambda: make_service(**fields)) == [("node-port-out-of-range", "spec.ports[0].nodePort")]
        with Cluster(node_port_range=range(8000, 9000)):
            assert make_service(**fields).ports[0].node_port == 8080


class TestValues:
    """A Service is valid and immutable."""

    def test_equal(self) -> None:
        """Copies, pickles and evolved Services are equal and have equal hashes."""
        service = make_service(labels={"a": "b"}, unmodelled={"status": {"loadBalancer": {}}})
        for twin in (
            copy.copy(service),
            copy.deepcopy(service),
            pickle.loads(pickle.dumps(service)),
            attrs.evolve(service),
        ):
            assert twin == service
            assert len({twin, service}) == 1

    def test_frozen(self) -> None:
        """Neither the Service nor its labels can change."""
        service: Any = make_service(labels={"a": "b"})
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            service.type = "NodePort"
        with pytest.raises(TypeError):
            service.labels["a"] = "c"

    def test_arguments_are_copied(self) -> None:
        """A later change of a list or dict does not change the Service."""
        ports, selector = [TO_HTTP], {"app": "web"}
        service = make_service(ports=ports, selector=selector)
        ports.append(TO_HTTP)
        selector["app"] = "other"
        assert service == make_service()

    def test_evolve_checks_again(self) -> None:
        """An evolved Service is checked like any other."""
        service = make_service()
        edge = attrs.evolve(service, type="NodePort", ports=[attrs.evolve(service.ports[0], node_port=30080)])
        assert edge.ports[0].node_port == 30080
        assert refusals(lambda: attrs.evolve(edge, type="ClusterIP")) == [
            ("node-port-forbidden", "spec.ports[0].nodePort")
        ]

    def test_repr(self) -> None:
        """The repr has the name and the authored fields."""
        assert repr(Service.headless("db")) == "Service('db', cluster_ip='None')"
        assert str(make_service(namespace="shop")) == "Service shop/web"
        assert str(make_service()) == "Service web"

    def test_headless(self) -> None:
        """A Service is headless if its cluster IP is `None`."""
        assert make_service(cluster_ip="None").is_headless
        assert not make_service(cluster_ip="10.0.0.5").is_headless
        assert not make_service().is_headless


class TestCheck:
    """`check`, for any cluster."""

    def test_for_another_cluster(self) -> None:
        """Another cluster may refuse a valid Service. Every violation is reported."""
        with Cluster(node_port_range=range(8000, 9000)):
            service = make_service(
                name="1web", type="NodePort", ports=[ServicePort(80, node_port=8080)], external_ips=["192.0.2.1"]
            )
        found = check(service, cluster=Cluster("1.33", service_cidrs="fd00::/108"))
        assert [(violation.code, violation.field) for violation in found] == [
            ("name-syntax", "metadata.name"),
            ("node-port-out-of-range", "spec.ports[0].nodePort"),
        ]

    def test_everything_at_once(self) -> None:
        """Violations that a server would hide behind earlier stages are reported, too."""
        found = refusals(
            lambda: make_service(
                name="Web",
                type="NodePort",
                ip_families=["IPv4", "IPv4"],
                ports=[ServicePort(80, name="a", node_port=1), ServicePort(80, name="b", node_port=2)],
            )
        )
        assert found == [
            ("name-syntax", "metadata.name"),
            ("duplicate-ip-family", "spec.ipFamilies[1]"),
            ("node-port-out-of-range", "spec.ports[0].nodePort"),
            ("duplicate-port", "spec.ports[1]"),
            ("node-port-out-of-range", "spec.ports[1].nodePort"),
        ]

    def test_other_objects(self) -> None:
        """Ports, containers, pods and workloads can be checked, too."""
        assert check(ServicePort(80), cluster=Cluster("1.32")) == ()
        pod = make_pod("web", HTTP, METRICS)
        assert check(HTTP) == check(pod) == check(pod.containers[0]) == check(make_deployment()) == ()

    def test_wrong_arguments(self) -> None:
        """Anything else is a `TypeError`."""
        with pytest.raises(TypeError):
            check({"kind": "Service"})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="Cluster"):
            check(make_service(), cluster="1.33")  # type: ignore[arg-type]


def test_many_ports_take_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules read the attributes of twice as many ports twice as often, not four times."""
    looks = 0

    class Counting(PortState):  # type: ignore[misc]
        """Counts how often rules read an attribute of a port."""

        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            nonlocal looks
            looks += 1
            return super().__getattribute__(name)

    monkeypatch.setattr("portmap._model.services.PortState", Counting)

    def cost(count: int) -> int:
        nonlocal looks
        ports = [ServicePort(1 + number, name=f"p{number}", node_port=30000 + number % 2700) for number in range(count)]
        looks = 0
        with pytest.raises(ValidationError):
            Service("web", type="NodePort", ports=ports)
        return looks

    once, twice = cost(5_000), cost(10_000)
    assert once > 5_000
    assert twice < 2.2 * once
