"""Tracing: what is asked for, who leads there, and where it leads."""

from typing import Any

import pytest

from graph_objects import APP, Manifest, make_deployment, make_ingress, make_rule, make_service
from portmap import Container, ContainerPort, PortMap, Service, ServicePort, Workload
from portmap._graph.target_syntax import AskedNumber, AskedObject, AskedRequest, asked_for
from portmap._model.pods import Pod

KINDS = ("Service", "Deployment", "StatefulSet", "Service.serving.knative.dev")


class TestWhatIsAskedFor:
    """The forms are told apart by their shape."""

    @pytest.mark.parametrize(
        ("text", "asked"),
        [
            ("30080", AskedNumber(30080)),
            ("53/udp", AskedNumber(53, "UDP")),
            ("web", AskedObject("", "web")),
            ("web:80", AskedObject("", "web", port="80")),
            ("service/web:http", AskedObject("service", "web", port="http")),
            ("svc/shop/web:http", AskedObject("svc", "web", "shop", port="http")),
            ("Deployment/web:app:http", AskedObject("Deployment", "web", None, "app", "http")),
            ("statefulsets/db", AskedObject("statefulsets", "db")),
            ("service.serving.knative.dev/hello", AskedObject("service.serving.knative.dev", "hello")),
            ("shop.example", AskedRequest("shop.example", "/")),
            ("shop.example/api/v1", AskedRequest("shop.example", "/api/v1")),
            ("https://shop.example/api?q=1#top", AskedRequest("shop.example", "/api")),
            ("http://localhost/api", AskedRequest("localhost", "/api")),
            ("*.example/", AskedRequest("*.example", "/")),
        ],
    )
    def test_the_forms(self, text: str, asked: object) -> None:
        """Digits are a port of nodes, a kind or a bare word an object, a dot or a scheme a host."""
        assert asked_for(text, KINDS) == asked

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("0", "ports are 1 to 65535"),
            ("65536", "ports are 1 to 65535"),
            ("9" * 5000, "ports are 1 to 65535"),
            ("", "is no object"),
            ("service/", "is no object"),
            ("web:", "is no object"),
            ("web:a:b:c", "is no object"),
            ("service/a/b/c", "is no object"),
            ("deploymnt/web:http", "did you mean 'deployment/web:http'?"),
            ("shop/api", "for a Service, write 'service/shop/api'; for a host, write 'http://shop/api'"),
            ("shop/api:http", "portmap knows no kind 'shop' with ports; for a Service, write 'service/shop/api:http'"),
            ("ingress/front", "write a host of its rules, such as 'shop.example/api'"),
            ("HTTPRoutes/shop/front:80", "'HTTPRoutes' has no ports of its own"),
            ("shop/api/v1", "with ports; for a host, write 'http://shop/api/v1'"),
            ("shop.example:8080/api", "write 'shop.example/api'"),
            ("https:///api", "names no host"),
        ],
    )
    def test_what_has_no_form(self, text: str, said: str) -> None:
        """Anything else is an error that says what to write."""
        with pytest.raises(ValueError, match=r".") as caught:
            asked_for(text, KINDS)
        assert said in str(caught.value)


NODE_PORT: Manifest = {
    "type": "NodePort",
    "ports": [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080}],
}


def shop(*more: Manifest) -> PortMap:
    """A Deployment, a Service with a node port, an Ingress with a good rule and a wrong one, and more."""
    ingress = make_ingress(make_rule("shop.example", "/"), make_rule("shop.example", "/api", "wep"))
    return PortMap.of([make_service(**NODE_PORT), make_deployment(), ingress, *more])


class TestTraces:
    """What a trace holds."""

    def test_a_service_port_has_both_sides(self) -> None:
        """Who leads to it, up to but not including it, and where it leads."""
        [trace] = shop().trace("service/web:http")
        assert (trace.kind, str(trace), trace.name) == ("service-port", "Service shop/web 80", "http")
        assert [str(each) for each in trace.approaches] == [
            "cluster-ip",
            "node-port: Service shop/web every node 30080",
            "ingress: Ingress shop/front shop.example/",
        ]
        assert [str(each) for each in trace.onward] == [APP]
        assert not trace.leads_nowhere

    @pytest.mark.parametrize("text", ["web", "web:http", "web:80", "service/shop/web", "SVC/web"])
    def test_the_ways_of_writing_it(self, text: str) -> None:
        """However it is written, it is the same port; and a Service can be given itself."""
        found = shop()
        assert found.trace(text) == found.trace("service/web:http") == found.trace(found.services[0])

    @pytest.mark.parametrize("text", ["deployment/web:web", "deploy/web:8080", "deployment/web:app:web"])
    def test_a_container_port_is_where_chains_end(self, text: str) -> None:
        """All ways lead to it, and none leads on."""
        [trace] = shop().trace(text)
        assert (str(trace), trace.container, trace.onward) == ("Deployment shop/web app 8080", "app", ())
        assert [str(each) for each in trace.approaches][1:] == [
            "node-port: Service shop/web every node 30080 → Service shop/web 80",
            "ingress: Ingress shop/front shop.example/ → Service shop/web 80",
            "probe: Deployment shop/web",
        ]

    def test_a_container_stands_for_its_ports(self) -> None:
        """All ports of a container, or of all of them, are traced; one to which nothing leads says so."""
        found = shop()
        traces = found.trace("deployment/web:app")
        assert traces == found.trace("deployment/web")
        assert [(each.subject.port, each.leads_nowhere) for each in traces] == [(8080, False), (9000, True)]

    def test_a_request_meets_one_rule(self) -> None:
        """The most specific rule answers, with its miss if it has one; of its paths, the one that is met."""
        [trace] = shop().trace("https://shop.example/cart")
        assert (trace.subject.address, str(trace.onward[0])) == ("shop.example/", f"Service shop/web 80 → {APP}")
        [wrong] = shop().trace("shop.example/api/v1")
        [onward] = wrong.onward
        assert (wrong.leads_nowhere, onward.end, onward.hint) == (True, None, "did you mean 'web'?")

    def test_of_the_paths_of_a_route_one_is_met(self) -> None:
        """A rule for several paths is traced once, with the path and the host that fit."""
        route = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "r", "namespace": "shop"},
            "spec": {
                "hostnames": ["a.example", "*.b.example"],
                "rules": [
                    {
                        "matches": [{"path": {"value": "/one"}}, {"path": {"value": "/two"}}],
                        "backendRefs": [{"name": "web", "port": 80}],
                    }
                ],
            },
        }
        [trace] = shop(route).trace("x.b.example/two/three")
        assert trace.subject.address == "*.b.example/two"

    def test_a_node_port_and_a_host_port(self) -> None:
        """A number of nodes is a node port or a host port."""
        template = make_deployment("agent")["spec"]["template"]
        hosted = {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {
                **template["spec"],
                "containers": [{"name": "app", "ports": [{"containerPort": 8080, "hostPort": 9100}]}],
            },
        }
        found = shop(make_deployment("agent", template=hosted))
        [node] = found.trace("30080")
        assert (node.kind, [str(each) for each in node.onward]) == ("node-port", [f"Service shop/web 80 → {APP}"])
        [host] = found.trace("9100/TCP")
        assert (host.kind, [str(each) for each in host.onward]) == ("host-port", ["Deployment shop/agent app 8080/TCP"])

    def test_a_health_check_leads_out_of_the_set(self) -> None:
        """The port on which load balancers ask after a Service is answered by the node itself."""
        service = make_service(
            type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=31000, ports=[{"port": 80}]
        )
        [trace] = PortMap.of([service]).trace("31000")
        assert (trace.leads_nowhere, trace.onward[0].beyond) == (False, True)

    def test_misses_and_what_is_elsewhere(self) -> None:
        """A miss is told with its hint; endpoints that somebody else manages are no miss."""
        wrong = make_service(ports=[{"port": 80, "targetPort": "wep"}])
        [trace] = PortMap.of([wrong, make_deployment()]).trace("web")
        assert (trace.leads_nowhere, trace.onward[0].hint) == (True, "did you mean 'web'?")
        [other] = PortMap.of([make_service(selector=None)]).trace("web")
        assert (other.leads_nowhere, other.onward[0].beyond) == (False, True)

    def test_some_pods_may_miss(self) -> None:
        """A port that one workload answers and another does not leads somewhere, and both are told."""
        other = make_deployment("other", template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}})
        other["spec"]["template"]["spec"]["containers"] = [{"name": "app", "image": "x"}]
        [trace] = shop(other).trace("web")
        assert [each.end is None for each in trace.onward] == [False, True]
        assert not trace.leads_nowhere

    def test_a_number_that_only_a_policy_allows_is_no_port(self) -> None:
        """A NetworkPolicy lets traffic to a number, whoever listens: the workload has no such port for that."""
        policy = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 26379}]}]},
        }
        found = shop(policy)
        assert [each.subject.port for each in found.trace("deployment/web")] == [8080, 9000]
        with pytest.raises(KeyError, match="has no port or container '26379'"):
            found.trace("deployment/web:26379")

    def test_typed_objects_of_any_kind(self) -> None:
        """A workload of a kind that is in no table is found by its kind."""
        pod = Pod("x", labels={"app": "x"}, containers=[Container("app", ports=[ContainerPort(80)])])
        service = Service("x", selector={"app": "x"}, ports=[ServicePort(80)])
        [trace] = PortMap.of([Workload("Robot", "x", pod), service]).trace("robot/x")
        assert [each.entry for each in trace.approaches] == ["cluster-ip"]

    def test_the_namespace_of_objects_without_one(self) -> None:
        """Objects that name no namespace may be given one; what lives in none stays without."""
        hook = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.x"}}
        given = [make_service(namespace=None), make_deployment(namespace=None), hook | {"spec": {"service": {}}}]
        hook["spec"] = {"service": {"name": "web", "namespace": "shop", "port": 80}}
        found = PortMap.of([*given, hook], namespace="shop")
        assert [str(each) for each in (found.services[0], *found.workloads)] == [
            "Service shop/web",
            "Deployment shop/web",
        ]
        assert "api-service: APIService v1.x 80" in [str(each) for each in found.trace("web")[0].approaches]


class TestWrongTargets:
    """What is not there is a `KeyError` with what was probably meant."""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("wep", "there is no Service 'wep'; did you mean 'web'?"),
            ("api", "there is no Service 'api'"),
            ("service/prod/web", "there is no Service web in namespace prod; it is in shop"),
            ("web:htpp", "Service shop/web has no port 'htpp': it has http 80; did you mean 'http'?"),
            ("web:30080", "has no port '30080': it has http 80; 30080 is the node port of http"),
            ("web:web", "has no port 'web': it has http 80; web is the target port of http"),
            ("web:8080", "has no port '8080': it has http 80; 8080 is the container's port behind http"),
            ("web:app:http", "has no containers"),
            ("deployment/wep", "there is no deployment 'wep'; did you mean 'web'?"),
            ("statefulset/web", "there is no statefulset 'web'; there is a Deployment of that name"),
            ("deployment/web:wep", "has no port or container 'wep': it has app web 8080, app admin 9000"),
            ("30081", "did you mean 30080?"),
            ("30080/UDP", "it is taken for another protocol"),
            ("80", "it is a port of a Service: write 'service/web:80'"),
            ("shop.exampel", "did you mean 'shop.example'?"),
            ("other.test", "no Ingress or route has a rule for host 'other.test'"),
            ("web.shop.svc.cluster.local", "for the Service of that name write 'service/shop/web'"),
        ],
    )
    def test_the_near_miss_is_named(self, text: str, said: str) -> None:
        """The message says what there is, and what is near."""
        with pytest.raises(KeyError) as caught:
            shop().trace(text)
        assert said in str(caught.value.args[0])

    def test_a_path_without_a_rule(self) -> None:
        """Where a host has rules, but none for the path, its paths are named."""
        found = PortMap.of([make_service(), make_ingress(make_rule("shop.example", "/api"))])
        with pytest.raises(KeyError, match="has no rule for path /cart: it has /api"):
            found.trace("shop.example/cart")

    @pytest.mark.parametrize(("given", "asked"), [("shop.example", "Shop.Example"), ("*.example", "shop.example")])
    def test_the_paths_are_those_of_the_host_that_fits(self, given: str, asked: str) -> None:
        """However it is written, and with its wildcard."""
        found = PortMap.of([make_service(), make_ingress(make_rule(given, "/api"), make_rule("other.test", "/cart"))])
        with pytest.raises(KeyError) as caught:
            found.trace(f"{asked}/cart")
        assert caught.value.args[0] == f"{given} has no rule for path /cart: it has /api"

    def test_a_path_without_a_rule_for_any_host(self) -> None:
        """Rules without a host are for this one, too, and their paths are named."""
        found = PortMap.of([make_service(), make_ingress(make_rule(None, "/api"))])
        with pytest.raises(KeyError) as caught:
            found.trace("shop.example/cart")
        assert caught.value.args[0] == (
            "no Ingress or route has a rule for host 'shop.example'; the rules for any host have /api, and not /cart"
        )

    def test_a_workload_where_a_service_is_meant(self) -> None:
        """Who writes no kind means a Service, and is told how to write the workload."""
        with pytest.raises(KeyError, match="there is a Deployment: write 'deployment/web'"):
            PortMap.of([make_deployment()]).trace("web:80")

    def test_invalid_objects_are_named(self) -> None:
        """A Service or workload that a server would refuse is not said to be missing."""
        bad: list[Any] = [make_service(ports=[{"port": 0}]), make_deployment()]
        bad[1]["spec"]["template"] = {"spec": {"containers": [{"name": "app", "ports": [{"name": "x"}]}]}}
        for text in ("service/web", "deployment/web"):
            with pytest.raises(KeyError, match="web is invalid: spec"):
                PortMap.of(bad).trace(text)

    def test_a_service_without_ports(self) -> None:
        """A headless Service without ports has none to trace."""
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "None"}}
        with pytest.raises(KeyError, match="has no ports to trace"):
            PortMap.of([service]).trace("web")


def make_route(kind: str, name: str, rule: Manifest, **spec: Any) -> Manifest:
    """A route of the Gateway API to Service web."""
    rule = {"backendRefs": [{"name": "web", "port": 80}]} | rule
    metadata = {"name": name, "namespace": "shop"}
    api = "gateway.networking.k8s.io/v1"
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": {"rules": [rule]} | spec}


class TestRoutes:
    """What the kinds of routes go by."""

    def found(self) -> PortMap:
        """Routes of three kinds to one Service."""
        return shop(
            make_route("TCPRoute", "tcp", {}),
            make_route("TLSRoute", "tls", {}, hostnames=["tls.example"]),
            make_route("GRPCRoute", "any", {}, hostnames=["grpc.example"]),
        )

    def test_only_what_goes_by_a_path_shows_one(self) -> None:
        """A route for connections has neither host nor path, one for TLS a host alone."""
        [trace] = self.found().trace("web")
        assert [str(each) for each in trace.approaches if each.entry == "route"] == [
            "route: GRPCRoute shop/any grpc.example/",
            "route: TCPRoute shop/tcp",
            "route: TLSRoute shop/tls tls.example",
        ]

    def test_routes_for_connections_answer_no_request(self) -> None:
        """A request for a host meets routes that go by hosts."""
        assert [str(each) for each in self.found().trace("tls.example")] == ["TLSRoute shop/tls tls.example"]
        with pytest.raises(KeyError, match="no Ingress or route has a rule"):
            self.found().trace("other.example")

    @pytest.mark.parametrize(
        ("method", "path", "met"),
        [
            ({"service": "shop.Cart", "method": "Add"}, "shop.Cart/Add", True),
            ({"service": "shop.Cart", "method": "Add"}, "shop.Cart/Remove", False),
            ({"service": "shop.Cart"}, "shop.Cart/Remove", True),
            ({"service": "shop.C.*", "type": "RegularExpression"}, "shop.Cart/Add", True),
            ({"service": "other.*", "type": "RegularExpression"}, "shop.Cart/Add", False),
        ],
    )
    def test_methods_of_grpc_are_paths(self, method: Manifest, path: str, met: bool) -> None:
        """A method of gRPC is asked for as the path `/service/method`."""
        route = make_route("GRPCRoute", "r", {"matches": [{"method": method}]}, hostnames=["grpc.example"])
        assert bool(shop(route).host("grpc.example", f"/{path}")) is met
