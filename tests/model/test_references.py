"""References to ports, as plain data of other objects."""

import re
from typing import Any

import attrs
import pytest

from portmap import Cluster, ContainerPort, Service, ServicePort
from typed_objects import make_service
from violations import refusals, violations_of

HTTP: Any = ContainerPort(8080, name="http")

# Some calls have arguments of wrong types.
WEB: Any = Service(
    "web",
    namespace="shop",
    selector={"app": "web"},
    ports=[ServicePort.targeting(HTTP, port=80), ServicePort(53, name="dns", protocol="UDP")],
)
PG = ContainerPort(5432, name="pg")
DB: Any = Service.headless("db", [ServicePort.targeting(PG, port=5432)], namespace="shop", selector={"app": "db"})
ALIAS: Any = Service.alias_of("old", "db.example.com", namespace="shop")
GENERATED = Service("", generate_name="web-", namespace="shop", ports=[ServicePort(80, name="http")])


class TestReferencesToServices:
    """What other objects write to refer to a Service."""

    def test_an_ingress_knows_ports_by_name(self) -> None:
        """A backend names the port, or has its number if it has no name or one that an Ingress may not use."""
        assert WEB.ingress_backend(HTTP) == {"service": {"name": "web", "port": {"name": "http"}}}
        for name in (None, "", "80", "web-administration"):
            only = Service("web", ports=[ServicePort(80, name=name)])
            assert only.ingress_backend() == {"service": {"name": "web", "port": {"number": 80}}}

    def test_a_route_knows_ports_by_number(self) -> None:
        """A backend has the number, and the namespace only where the route is in another one."""
        assert WEB.backend_ref("http") == {"name": "web", "port": 80}
        assert WEB.backend_ref("http", from_namespace="shop", weight=0) == {"name": "web", "port": 80, "weight": 0}
        assert WEB.backend_ref(80, from_namespace="edge") == {"name": "web", "port": 80, "namespace": "shop"}
        assert WEB.backend_ref("dns") == {"name": "web", "port": 53}

    def test_a_monitor_knows_ports_by_name(self) -> None:
        """An endpoint of a ServiceMonitor has the name of the port."""
        assert WEB.monitor_endpoint("http") == {"port": "http"}
        [violation] = violations_of(make_service().monitor_endpoint)
        assert (violation.field, violation.hint) == ("spec.ports[0].name", "write ServicePort(80, name=…)")

    def test_the_server_knows_ports_by_number(self) -> None:
        """The reference of a webhook has namespace, name and number, and the path if there is one."""
        assert WEB.service_reference("http") == {"namespace": "shop", "name": "web", "port": 80}
        assert WEB.service_reference("http", path="/a/b.c/")["path"] == "/a/b.c/"

    def test_a_stateful_set_knows_the_name(self) -> None:
        """Only a headless Service governs a StatefulSet."""
        assert DB.service_name() == "db"

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (lambda: WEB.ingress_backend("dns"), [("unresolvable-reference", "spec.ports[1].protocol")]),
            (GENERATED.ingress_backend, [("unresolvable-reference", "metadata.name")]),
            (lambda: WEB.backend_ref("http", weight=1_000_001), [("reference-argument", "weight")]),
            (lambda: WEB.backend_ref("http", weight="1"), [("wrong-type", "weight")]),
            (lambda: WEB.backend_ref("http", from_namespace="Edge"), [("reference-argument", "from_namespace")]),
            (
                lambda: make_service().backend_ref(from_namespace="edge"),
                [("unresolvable-reference", "metadata.namespace")],
            ),
            (lambda: WEB.monitor_endpoint("dns"), [("unresolvable-reference", "spec.ports[1].protocol")]),
            (lambda: make_service().service_reference(), [("unresolvable-reference", "metadata.namespace")]),
            (lambda: WEB.service_reference("http", path="a"), [("reference-argument", "path")]),
            (lambda: WEB.service_reference("http", path="/a//b"), [("reference-argument", "path")]),
            (lambda: WEB.service_reference("http", path="/A"), [("reference-argument", "path")]),
            (WEB.service_name, [("unresolvable-reference", "spec.clusterIP")]),
            (
                lambda: attrs.evolve(ALIAS, ports=[ServicePort(80)]).monitor_endpoint(),
                [("unresolvable-reference", "spec.ports[0].name"), ("unresolvable-reference", "spec.type")],
            ),
        ],
    )
    def test_what_does_not_resolve_is_refused(self, call: Any, expected: list[tuple[str, str]]) -> None:
        """A reference that Kubernetes would not resolve is an error with every fault."""
        assert refusals(call) == expected


class TestNames:
    """DNS names, addresses and URLs."""

    def test_short_in_a_namespace_and_full_in_others(self) -> None:
        """A name is qualified only where the client may be in another namespace, or on request."""
        assert WEB.dns_name() == WEB.dns_name(from_namespace="shop") == "web"
        assert WEB.dns_name(from_namespace="edge") == WEB.dns_name(qualified=True) == "web.shop.svc.cluster.local"
        with Cluster(cluster_domain="k8s.example"):
            assert WEB.address("http", qualified=True) == "web.shop.svc.k8s.example:80"
            assert WEB.srv_name("dns") == "_dns._udp.web.shop.svc.k8s.example"

    def test_clients_of_a_headless_service_connect_to_pods(self) -> None:
        """Their number is that of the container port, and each pod has a name."""
        assert DB.address(PG) == "db:5432"
        assert DB.address(PG, pod="db-0", from_namespace="edge") == "db-0.db.shop.svc.cluster.local:5432"
        moved = attrs.evolve(DB, ports=[ServicePort(80, name="http", target_port=8080)])
        assert moved.url() == "http://db:8080"
        [violation] = violations_of(DB.address)
        assert violation.hint == "give the ContainerPort itself, which has it"

    def test_an_alias_has_every_number(self) -> None:
        """Clients of an ExternalName Service connect to its target at the number that they choose."""
        assert ALIAS.address(5432) == "old:5432"
        assert ALIAS.url(443, scheme="https", from_namespace="edge") == "https://old.shop.svc.cluster.local:443"
        with pytest.raises(KeyError, match="which port of Service shop/old"):
            ALIAS.address()

    @pytest.mark.parametrize(
        ("fields", "scheme"),
        [
            ({"name": "http"}, "http"),
            ({"name": "https-admin"}, "https"),
            ({"name": "grpc-web"}, "http"),
            ({"name": "tcp", "app_protocol": "kubernetes.io/wss"}, "wss"),
            ({"name": "web", "app_protocol": "HTTPS"}, "https"),
            ({"name": "redis"}, "redis"),
        ],
    )
    def test_the_scheme_follows_from_the_port(self, fields: Any, scheme: str) -> None:
        """The scheme is that of `appProtocol`, or of the first word of the name."""
        assert Service("web", ports=[ServicePort(80, **fields)]).url(path="/x") == f"{scheme}://web:80/x"

    @pytest.mark.parametrize("fields", [{}, {"name": "web"}, {"name": "http", "app_protocol": "grpc"}])
    def test_a_scheme_that_nothing_says(self, fields: Any) -> None:
        """Where neither says the scheme it must be given."""
        web = Service("web", ports=[ServicePort(80, **fields)])
        assert refusals(web.url) == [("unresolvable-reference", "scheme")]
        assert web.url(scheme="h2") == "h2://web:80"

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (lambda: make_service().dns_name(qualified=True), [("unresolvable-reference", "metadata.namespace")]),
            (lambda: WEB.dns_name(pod="web-0"), [("unresolvable-reference", "spec.clusterIP")]),
            (lambda: DB.dns_name(pod="DB.0"), [("reference-argument", "pod")]),
            (GENERATED.url, [("unresolvable-reference", "metadata.name")]),
            (lambda: WEB.url("http", "api"), [("reference-argument", "path")]),
            (
                lambda: WEB.url("http", "/ä b", scheme="http://"),
                [("reference-argument", "path"), ("reference-argument", "scheme")],
            ),
            (lambda: WEB.url("http", 1, scheme=2), [("wrong-type", "path"), ("wrong-type", "scheme")]),
            (
                lambda: make_service(ServicePort(80, name="http", protocol="UDP")).url(),
                [("unresolvable-reference", "spec.ports[0].protocol")],
            ),
            (lambda: ALIAS.address(0), [("reference-argument", "port")]),
            (
                lambda: make_service().srv_name(),
                [("unresolvable-reference", "metadata.namespace"), ("unresolvable-reference", "spec.ports[0].name")],
            ),
            (
                lambda: attrs.evolve(ALIAS, ports=[ServicePort(80, name="a")]).srv_name(),
                [("unresolvable-reference", "spec.type")],
            ),
        ],
    )
    def test_what_has_no_name_is_refused(self, call: Any, expected: list[tuple[str, str]]) -> None:
        """A name that no cluster would resolve is an error with every fault, and never has the text None."""
        assert refusals(call) == expected


class TestReferencesToContainerPorts:
    """What probes, policies and monitors write to refer to a container port."""

    def test_handlers_know_ports_by_name(self) -> None:
        """Probes and hooks name the port, or have its number if it has no name; gRPC has the number only."""
        assert HTTP.http_get() == {"httpGet": {"port": "http"}}
        assert HTTP.tcp_socket() == {"tcpSocket": {"port": "http"}}
        assert HTTP.grpc("shop.Cart") == {"grpc": {"port": 8080, "service": "shop.Cart"}}
        assert ContainerPort(80).http_get("/", scheme="HTTPS", headers={"Host": "a"}) == {
            "httpGet": {"port": 80, "path": "/", "scheme": "HTTPS", "httpHeaders": [{"name": "Host", "value": "a"}]}
        }

    def test_a_policy_is_about_ports_of_pods(self) -> None:
        """An entry names the port, or begins a range with its number."""
        assert HTTP.policy_port() == {"protocol": "TCP", "port": "http"}
        assert HTTP.policy_port(end_port=8080) == {"protocol": "TCP", "port": 8080, "endPort": 8080}
        assert ContainerPort(53, protocol="UDP").policy_port() == {"protocol": "UDP", "port": 53}

    def test_a_pod_monitor_knows_names_and_numbers(self) -> None:
        """A port without a name is given by its number."""
        assert HTTP.monitor_endpoint() == {"port": "http"}
        assert ContainerPort(9100).monitor_endpoint() == {"portNumber": 9100}

    def test_a_host_port_has_an_address_on_each_node(self) -> None:
        """The address is that of a node, in brackets if it is IPv6, or a variable."""
        port = ContainerPort(8125, host_port=18125)
        assert port.host_address("node-a.example") == "node-a.example:18125"
        assert port.host_address("fd00::1") == "[fd00::1]:18125"
        assert port.host_address("$(HOST_IP)") == "$(HOST_IP):18125"

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            (lambda: ContainerPort(53, protocol="UDP").http_get(), [("unresolvable-reference", "protocol")]),
            (lambda: ContainerPort(53, protocol="UDP").tcp_socket(), [("unresolvable-reference", "protocol")]),
            (lambda: ContainerPort(53, protocol="SCTP").grpc(), [("unresolvable-reference", "protocol")]),
            (lambda: ContainerPort(53, protocol="UDP").monitor_endpoint(), [("unresolvable-reference", "protocol")]),
            (lambda: HTTP.http_get(scheme="https"), [("unsupported-scheme", "httpGet.scheme")]),
            (lambda: HTTP.http_get(headers={"a b": "c"}), [("header-name-syntax", "httpGet.httpHeaders")]),
            (lambda: HTTP.http_get(headers=["a"]), [("wrong-type", "headers")]),
            (lambda: HTTP.http_get(8), [("wrong-type", "httpGet.path")]),
            (lambda: HTTP.grpc(8), [("wrong-type", "grpc.service")]),
            (lambda: HTTP.policy_port(end_port=80), [("reference-argument", "endPort")]),
            (lambda: HTTP.policy_port(end_port=70000), [("reference-argument", "endPort")]),
            (lambda: HTTP.policy_port(end_port="8090"), [("wrong-type", "endPort")]),
            (
                lambda: HTTP.host_address("node a"),
                [("unresolvable-reference", "hostPort"), ("reference-argument", "node")],
            ),
        ],
    )
    def test_what_does_not_resolve_is_refused(self, call: Any, expected: list[tuple[str, str]]) -> None:
        """A reference that Kubernetes or its user would not resolve is an error with every fault."""
        assert refusals(call) == expected


class TestChangedPorts:
    """`Service.with_port`."""

    def test_one_port_is_changed(self) -> None:
        """The other ports and fields are as they were, and `None` removes a value."""
        changed = WEB.with_port("http", port=8000, target_port=None, app_protocol="http")
        assert changed.ports == (ServicePort(8000, name="http", app_protocol="http"), WEB.ports[1])
        assert attrs.evolve(changed, ports=WEB.ports) == WEB

    def test_what_has_no_attribute_is_kept(self) -> None:
        """The parts of a Service that have no attribute are in the result."""
        service: Any = attrs.evolve(WEB, unmodelled={"status": {"loadBalancer": {}}})
        assert service.with_port("http", port=81).unmodelled == service.unmodelled

    def test_the_only_port_needs_no_key(self) -> None:
        """The look-up is that of `port`, and so are its errors."""
        assert make_service().with_port(name="web").port().name == "web"
        with pytest.raises(KeyError, match="did you mean 'http'"):
            WEB.with_port("htpp", port=81)
        with pytest.raises(KeyError, match="which port of Service shop/web"):
            WEB.with_port(port=81)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"target_port": "Http"}, [("target-port-name-syntax", "targetPort")]),
            ({"name": "dns"}, [("duplicate-port-name", "spec.ports[1].name")]),
            ({"node_port": 30080}, [("node-port-forbidden", "spec.ports[0].nodePort")]),
            ({"port": "80"}, [("wrong-type", "port")]),
        ],
    )
    def test_the_result_is_checked(self, changes: Any, expected: list[tuple[str, str]]) -> None:
        """A port or Service that a server would refuse is refused as by the constructors."""
        assert refusals(lambda: WEB.with_port("http", **changes)) == expected

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("nodePort", "with_port takes no argument 'nodePort': did you mean node_port?"),
            ("type", "with_port takes no argument 'type': for a field of the Service write attrs.evolve(…, type=…)"),
            ("weight", "with_port takes no argument 'weight'; it takes port, name, protocol, app_protocol, target_"),
        ],
    )
    def test_other_arguments_are_refused(self, name: str, words: str) -> None:
        """The error names the argument, and what to write instead."""
        with pytest.raises(TypeError, match=re.escape(words)):
            WEB.with_port("http", **{name: 1})
