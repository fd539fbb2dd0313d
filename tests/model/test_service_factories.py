"""The factories of `Service`."""

from collections.abc import Callable
from typing import Any, Final

import attrs
import pytest

from portmap import Container, ContainerPort, Pod, Service, ServicePort, Workload, to_manifest
from typed_objects import HTTP, METRICS, make_pod
from violations import refusals

WEB: Final = make_pod("web", HTTP, METRICS, namespace="shop")

DEPLOYMENT: Final[dict[str, Any]] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web", "version": "7"}},
            "spec": {
                "containers": [
                    {
                        "name": "app",
                        "image": "example.com/app:1",
                        "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 9100, "name": "metrics"}],
                    }
                ]
            },
        },
    },
}


class TestFactories:
    """A factory takes the fields that its kind of Service may have."""

    PORTS = (ServicePort(80, name="http", target_port="http"),)

    def test_internal(self) -> None:
        """A ClusterIP Service: the type is not written, since it is the default."""
        service = Service.internal("web", self.PORTS, selector={"app": "web"})
        assert service == Service("web", ports=self.PORTS, selector={"app": "web"})
        assert service.effective_type == "ClusterIP"

    def test_headless(self) -> None:
        """A Service without an address. Ports may be left out."""
        service = Service.headless("db", selector={"app": "db"})
        assert service.is_headless
        assert service.ports == ()
        assert to_manifest(service)["spec"]["clusterIP"] == "None"

    def test_node_port(self) -> None:
        """A NodePort Service."""
        service = Service.node_port("web", [ServicePort(80, node_port=30080)], external_traffic_policy="Local")
        assert service.effective_type == "NodePort"
        assert service.ports[0].node_port == 30080

    def test_load_balancer(self) -> None:
        """A LoadBalancer Service."""
        service = Service.load_balancer("web", self.PORTS, load_balancer_source_ranges=["192.0.2.0/24"])
        assert service.type == "LoadBalancer"

    def test_alias_of(self) -> None:
        """An ExternalName Service, without ports or selector."""
        service = Service.alias_of("db", "db.example.com", namespace="shop")
        assert to_manifest(service)["spec"] == {"type": "ExternalName", "externalName": "db.example.com"}
        assert not service.is_headless

    @pytest.mark.parametrize(
        ("factory", "arguments", "other"),
        [
            (Service.internal, ("a", [ServicePort(80)]), {"external_traffic_policy": "Local"}),
            (Service.internal, ("a", [ServicePort(80)]), {"type": "NodePort"}),
            (Service.headless, ("a",), {"cluster_ip": "10.0.0.1"}),
            (Service.node_port, ("a", [ServicePort(80)]), {"load_balancer_class": "a/b"}),
            (Service.load_balancer, ("a", [ServicePort(80)]), {"external_name": "b.c"}),
            (Service.alias_of, ("a", "b.c"), {"selector": {"a": "b"}}),
            (Service.exposing, (WEB,), {"clusterIP": "None"}),
        ],
    )
    def test_arguments_for_other_kinds(
        self, factory: Callable[..., Service], arguments: tuple[Any, ...], other: dict[str, Any]
    ) -> None:
        """A field that the kind cannot have is a `TypeError`."""
        with pytest.raises(TypeError, match=next(iter(other))):
            factory(*arguments, **other)

    def test_no_factory_hides_a_field(self) -> None:
        """No factory has the name of a field, since attrs would drop one of them."""
        names = {field.name for field in attrs.fields(Service)}
        assert not names & {"internal", "headless", "node_port", "load_balancer", "alias_of", "exposing"}


class TestExposing:
    """`Service.exposing`."""

    def test_a_pod(self) -> None:
        """Name, namespace, selector and ports come from the pod."""
        assert Service.exposing(WEB) == Service(
            "web",
            namespace="shop",
            selector={"app": "web"},
            ports=[
                ServicePort(8080, name="http", target_port="http"),
                ServicePort(9100, name="metrics", target_port="metrics"),
            ],
        )

    def test_a_deployment(self) -> None:
        """A plain dict works, too. The selector is that of the workload."""
        service = Service.exposing(DEPLOYMENT, ports={"http": 80})
        assert service == Service(
            "web",
            namespace="shop",
            selector={"app": "web"},
            ports=[ServicePort(80, name="http", target_port="http")],
        )

    def test_a_workload(self) -> None:
        """The labels of the pods are the selector if the workload has none."""
        workload = Workload("Job", "batch", WEB)
        assert Service.exposing(workload).selector == {"app": "web"}
        assert Service.exposing(workload).name == "batch"

    def test_a_mapping_of_ports(self) -> None:
        """A mapping has the number of the Service port for each container port, by name or number."""
        ports: dict[str | int, int] = {"http": 80, 9100: 81}
        service = Service.exposing(WEB, "edge", ports=ports, type="NodePort")
        assert service.name == "edge"
        assert [(port.port, port.target_port, port.name) for port in service.ports] == [
            (80, "http", "http"),
            (81, "metrics", "metrics"),
        ]

    def test_service_ports(self) -> None:
        """`ports` may be Service ports."""
        ports = [ServicePort(80, target_port="http")]
        assert Service.exposing(WEB, ports=ports).ports == tuple(ports)

    def test_unnamed_ports(self) -> None:
        """Service ports for several unnamed container ports get names."""
        ports = [ContainerPort(8080), ContainerPort(53, protocol="UDP"), ContainerPort(53)]
        pod = Pod("web", labels={"app": "web"}, containers=[Container("app", ports=ports)])
        assert [(port.name, port.target_port) for port in Service.exposing(pod).ports] == [
            ("port-8080", 8080),
            ("port-53-udp", 53),
            ("port-53", 53),
        ]

    def test_one_unnamed_port(self) -> None:
        """A single Service port gets no name."""
        pod = Pod("web", labels={"app": "web"}, containers=[Container("app", ports=[ContainerPort(8080)])])
        assert Service.exposing(pod).ports == (ServicePort(8080, target_port=8080),)

    def test_explicit_fields(self) -> None:
        """An explicit field replaces that of the workload."""
        service = Service.exposing(WEB, namespace="other", selector={"app": "web", "track": "canary"}, type="NodePort")
        assert service.namespace == "other"
        assert service.selector == {"app": "web", "track": "canary"}

    @pytest.mark.parametrize(
        ("pod", "ports", "expected"),
        [
            (WEB, {"htpt": 80}, [("no-such-container-port", "spec.ports")]),
            (WEB, {8081: 80}, [("no-such-container-port", "spec.ports")]),
            (Pod("web", labels={"app": "web"}), None, [("nothing-to-expose", "spec.ports")]),
            (Pod("web", containers=[Container("app", ports=[HTTP])]), None, [("nothing-to-select", "spec.selector")]),
            (Pod("web"), None, [("nothing-to-expose", "spec.ports"), ("nothing-to-select", "spec.selector")]),
        ],
    )
    def test_mistakes(self, pod: Pod, ports: Any, expected: list[tuple[str, str]]) -> None:
        """Undeclared ports, missing ports and missing labels are reported together."""
        assert refusals(lambda: Service.exposing(pod, ports=ports)) == expected

    def test_an_object_of_another_kind(self) -> None:
        """A dict of a kind without pods is refused."""
        [(code, field)] = refusals(lambda: Service.exposing({"apiVersion": "v1", "kind": "ConfigMap"}))
        assert field == "kind"
        assert code

    def test_sidecars(self) -> None:
        """Ports of sidecars are exposed, those of other init containers are not."""
        pod = Pod(
            "web",
            labels={"app": "web"},
            containers=[Container("app", ports=[HTTP])],
            init_containers=[
                Container("proxy", ports=[ContainerPort(15001, name="proxy")], restart_policy="Always"),
                Container("setup", ports=[ContainerPort(9999, name="setup")]),
            ],
        )
        assert [port.name for port in Service.exposing(pod).ports] == ["http", "proxy"]
