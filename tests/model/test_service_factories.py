"""The factories of Services: one for each kind, and one for what is to be exposed."""

from collections.abc import Callable
from typing import Any, Final

import attrs
import pytest

from portmap import Container, ContainerPort, Pod, Service, ServicePort, ValidationError, Workload, to_manifest

HTTP = ContainerPort(8080, name="http")
METRICS = ContainerPort(9100, name="metrics")
WEB = Pod("web", namespace="shop", labels={"app": "web"}, containers=[Container("app", ports=[HTTP, METRICS])])

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


def broken(build: Callable[[], object]) -> list[tuple[str, str]]:
    """Code and field of everything that is wrong."""
    with pytest.raises(ValidationError) as caught:
        build()
    return [(violation.code, violation.field) for violation in caught.value.violations]


class TestFactories:
    """Each takes only what its kind of Service may have."""

    PORTS = (ServicePort(80, name="http", target_port="http"),)

    def test_internal(self) -> None:
        """Inside the cluster: no type is written, as it is the default."""
        service = Service.internal("web", self.PORTS, selector={"app": "web"})
        assert service == Service("web", ports=self.PORTS, selector={"app": "web"})
        assert service.effective_type == "ClusterIP"

    def test_headless(self) -> None:
        """Without an address; ports may be left out."""
        service = Service.headless("db", selector={"app": "db"})
        assert service.is_headless
        assert service.ports == ()
        assert to_manifest(service)["spec"]["clusterIP"] == "None"

    def test_node_port(self) -> None:
        """Served by every node."""
        service = Service.node_port("web", [ServicePort(80, node_port=30080)], external_traffic_policy="Local")
        assert service.effective_type == "NodePort"
        assert service.ports[0].node_port == 30080

    def test_load_balancer(self) -> None:
        """Behind the provider's load balancer."""
        service = Service.load_balancer("web", self.PORTS, load_balancer_source_ranges=["192.0.2.0/24"])
        assert service.type == "LoadBalancer"

    def test_alias_of(self) -> None:
        """Another name for a DNS name, without ports or pods."""
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
    def test_what_a_kind_cannot_have(
        self, factory: Callable[..., Service], arguments: tuple[Any, ...], other: dict[str, Any]
    ) -> None:
        """A field that its kind cannot have is no argument of a factory: a type checker says so, and so does Python."""
        with pytest.raises(TypeError, match=next(iter(other))):
            factory(*arguments, **other)

    def test_no_factory_hides_a_field(self) -> None:
        """A factory has the name of no field, or attrs would drop one of them."""
        names = {field.name for field in attrs.fields(Service)}
        assert not names & {"internal", "headless", "node_port", "load_balancer", "alias_of", "exposing"}


class TestExposing:
    """A Service made of what it is to lead to."""

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
        """Of a plain dict the same; the selector is the workload's own, which its versions share."""
        service = Service.exposing(DEPLOYMENT, ports={"http": 80})
        assert service == Service(
            "web",
            namespace="shop",
            selector={"app": "web"},
            ports=[ServicePort(80, name="http", target_port="http")],
        )

    def test_a_workload(self) -> None:
        """A workload that was read is as good; without a selector of its own, its pods' labels are taken."""
        workload = Workload("Job", "batch", WEB)
        assert Service.exposing(workload).selector == {"app": "web"}
        assert Service.exposing(workload).name == "batch"

    def test_chosen_ports(self) -> None:
        """A mapping says what clients dial for each container port, by its name or number."""
        chosen: dict[str | int, int] = {"http": 80, 9100: 81}
        service = Service.exposing(WEB, "edge", ports=chosen, type="NodePort")
        assert service.name == "edge"
        assert [(port.port, port.target_port, port.name) for port in service.ports] == [
            (80, "http", "http"),
            (81, "metrics", "metrics"),
        ]

    def test_service_ports(self) -> None:
        """Service ports can be given as they are."""
        ports = [ServicePort(80, target_port="http")]
        assert Service.exposing(WEB, ports=ports).ports == tuple(ports)

    def test_unnamed_ports(self) -> None:
        """Several container ports without names get names for their Service ports."""
        ports = [ContainerPort(8080), ContainerPort(53, protocol="UDP"), ContainerPort(53)]
        pod = Pod("web", labels={"app": "web"}, containers=[Container("app", ports=ports)])
        assert [(port.name, port.target_port) for port in Service.exposing(pod).ports] == [
            ("port-8080", 8080),
            ("port-53-udp", 53),
            ("port-53", 53),
        ]

    def test_one_unnamed_port(self) -> None:
        """One port alone needs no name."""
        pod = Pod("web", labels={"app": "web"}, containers=[Container("app", ports=[ContainerPort(8080)])])
        assert Service.exposing(pod).ports == (ServicePort(8080, target_port=8080),)

    def test_fields_win(self) -> None:
        """Whatever is given is taken instead."""
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
        """A port that nobody declares, no ports at all, and pods without labels are said at once."""
        assert broken(lambda: Service.exposing(pod, ports=ports)) == expected

    def test_what_is_no_workload(self) -> None:
        """A dict of another kind cannot be exposed."""
        [(code, field)] = broken(lambda: Service.exposing({"apiVersion": "v1", "kind": "ConfigMap"}))
        assert field == "kind"
        assert code

    def test_sidecars_count(self) -> None:
        """Ports of sidecars can be exposed like those of other containers, those of other init containers cannot."""
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
