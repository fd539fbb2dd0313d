"""Traces: the syntax of targets, what reaches a port, and what it reaches."""

from typing import Any

import pytest

from graph_objects import APP, make_deployment, make_ingress, make_rule, make_service
from manifest_objects import Manifest
from portmap import Container, ContainerPort, PortMap, Service, ServicePort, Workload
from portmap._kubernetes.target_syntax import NodePortTarget, ObjectTarget, RequestTarget, parse_target
from portmap._model.pods import Pod

KINDS = ("Service", "Deployment", "StatefulSet", "Service.serving.knative.dev")


class TestTargetSyntax:
    """The shape of a text decides its form."""

    @pytest.mark.parametrize(
        ("text", "target"),
        [
            ("30080", NodePortTarget(30080)),
            ("53/udp", NodePortTarget(53, "UDP")),
            ("web", ObjectTarget("", "web")),
            ("web:80", ObjectTarget("", "web", port="80")),
            ("service/web:http", ObjectTarget("service", "web", port="http")),
            ("svc/shop/web:http", ObjectTarget("svc", "web", "shop", port="http")),
            ("Deployment/web:app:http", ObjectTarget("Deployment", "web", None, "app", "http")),
            ("statefulsets/db", ObjectTarget("statefulsets", "db")),
            ("service.serving.knative.dev/hello", ObjectTarget("service.serving.knative.dev", "hello")),
            ("shop.example", RequestTarget("shop.example", "/")),
            ("shop.example/api/v1", RequestTarget("shop.example", "/api/v1")),
            ("https://shop.example/api?q=1#top", RequestTarget("shop.example", "/api")),
            ("http://localhost/api", RequestTarget("localhost", "/api")),
            ("*.example/", RequestTarget("*.example", "/")),
        ],
    )
    def test_the_forms(self, text: str, target: object) -> None:
        """Digits are a port of nodes, a kind or a bare word is an object, a dot or a scheme is a host."""
        assert parse_target(text, KINDS) == target

    @pytest.mark.parametrize(
        ("text", "message"),
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
    def test_invalid_targets(self, text: str, message: str) -> None:
        """Any other text is an error that says what to write."""
        with pytest.raises(ValueError, match=r".") as caught:
            parse_target(text, KINDS)
        assert message in str(caught.value)


NODE_PORT: Manifest = {
    "type": "NodePort",
    "ports": [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080}],
}


def shop(*more: Manifest) -> PortMap:
    """Return the map of a Deployment, a NodePort Service, and an Ingress with a correct and a wrong rule."""
    ingress = make_ingress(make_rule("shop.example", "/"), make_rule("shop.example", "/api", "wep"))
    return PortMap.of([make_service(**NODE_PORT), make_deployment(), ingress, *more])


class TestTraces:
    """The contents of a trace."""

    def test_a_service_port_has_both_sides(self) -> None:
        """A trace has the paths to the port, without the port itself, and the paths from it."""
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
    def test_equivalent_targets(self, text: str) -> None:
        """All forms of a target have the same trace, and so does a Service object."""
        found = shop()
        assert found.trace(text) == found.trace("service/web:http") == found.trace(found.services[0])

    @pytest.mark.parametrize("text", ["deployment/web:web", "deploy/web:8080", "deployment/web:app:web"])
    def test_a_container_port_ends_all_paths(self, text: str) -> None:
        """A container port has the paths to it, and none onward."""
        [trace] = shop().trace(text)
        assert (str(trace), trace.container, trace.onward) == ("Deployment shop/web app 8080", "app", ())
        assert [str(each) for each in trace.approaches][1:] == [
            "node-port: Service shop/web every node 30080 → Service shop/web 80",
            "ingress: Ingress shop/front shop.example/ → Service shop/web 80",
            "probe: Deployment shop/web",
        ]

    def test_a_container_selects_its_ports(self) -> None:
        """A container or workload as target traces each of its ports, reached or not."""
        found = shop()
        traces = found.trace("deployment/web:app")
        assert traces == found.trace("deployment/web")
        assert [(each.subject.port, each.leads_nowhere) for each in traces] == [(8080, False), (9000, True)]

    def test_a_request_matches_one_rule(self) -> None:
        """A request is traced to the most specific rule, with its miss if it has one."""
        [trace] = shop().trace("https://shop.example/cart")
        assert (trace.subject.address, str(trace.onward[0])) == ("shop.example/", f"Service shop/web 80 → {APP}")
        [wrong] = shop().trace("shop.example/api/v1")
        [onward] = wrong.onward
        assert (wrong.leads_nowhere, onward.end, onward.hint) == (False, None, "did you mean 'web'?")
        # Another rule refers to Service web, so this one may mean a Service of another part of the application.
        assert onward.doubt == "the input may be incomplete, and the Service elsewhere"

    def test_only_the_matching_path_of_a_route(self) -> None:
        """A rule with several paths is traced once, with the path and the host that match."""
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
        """A number as target is a node port or a host port."""
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

    def test_a_health_check_leaves_the_set(self) -> None:
        """The node itself answers the port of health checks, so it is not a mistake."""
        service = make_service(
            type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=31000, ports=[{"port": 80}]
        )
        [trace] = PortMap.of([service]).trace("31000")
        assert (trace.leads_nowhere, trace.onward[0].beyond) == (False, True)

    def test_misses_and_unmanaged_endpoints(self) -> None:
        """A miss has its hint; endpoints that the control plane does not manage are no miss."""
        wrong = make_service(ports=[{"port": 80, "targetPort": "wep"}])
        [trace] = PortMap.of([wrong, make_deployment()]).trace("web")
        assert (trace.leads_nowhere, trace.onward[0].hint) == (True, "did you mean 'web'?")
        [other] = PortMap.of([make_service(selector=None)]).trace("web")
        assert (other.leads_nowhere, other.onward[0].beyond) == (False, True)

    def test_a_port_that_some_pods_miss(self) -> None:
        """A port that resolves in one workload and not in another shows both."""
        other = make_deployment("other", template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}})
        other["spec"]["template"]["spec"]["containers"] = [{"name": "app", "image": "x"}]
        [trace] = shop(other).trace("web")
        assert [each.end is None for each in trace.onward] == [False, True]
        assert not trace.leads_nowhere

    def test_a_number_that_only_a_policy_allows_is_no_port(self) -> None:
        """A number in a NetworkPolicy is no evidence that a workload has that port."""
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
        """A workload of an unknown kind is found by its kind."""
        pod = Pod("x", labels={"app": "x"}, containers=[Container("app", ports=[ContainerPort(80)])])
        service = Service("x", selector={"app": "x"}, ports=[ServicePort(80)])
        [trace] = PortMap.of([Workload("Robot", "x", pod), service]).trace("robot/x")
        assert [each.entry for each in trace.approaches] == ["cluster-ip"]

    def test_the_namespace_of_objects_without_one(self) -> None:
        """`namespace` applies to objects without one, except for cluster-scoped kinds."""
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
    """A target that does not exist is a `KeyError` with a hint."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("wep", "there is no Service 'wep'; did you mean 'web'?"),
            ("api", "there is no Service 'api'"),
            ("service/prod/web", "there is no Service web in namespace prod; it is in shop"),
            ("web:htpp", "Service shop/web has no port 'htpp': it has http 80; did you mean 'http'?"),
            ("web:30080", "has no port '30080': it has http 80; 30080 is the node port of http"),
            ("web:web", "has no port 'web': it has http 80; web is the target port of http"),
            ("web:8080", "has no port '8080': it has http 80; 8080 is the container port of http"),
            ("web:app:http", "has no containers"),
            ("deployment/wep", "there is no deployment 'wep'; did you mean 'web'?"),
            ("statefulset/web", "there is no statefulset 'web'; there is a Deployment: write 'deployment/web'"),
            ("deployment/web:wep", "has no port or container 'wep': it has app web 8080, app admin 9000"),
            ("30081", "did you mean 30080?"),
            ("30080/UDP", "it is taken for another protocol"),
            ("80", "it is a port of a Service: write 'service/web:80'"),
            ("shop.exampel", "did you mean 'shop.example'?"),
            ("other.test", "no Ingress or route has a rule for host 'other.test'"),
            ("web.shop.svc.cluster.local", "for the Service of that name write 'service/shop/web'"),
        ],
    )
    def test_the_near_miss_is_named(self, text: str, message: str) -> None:
        """The message has the existing names, and the nearest one."""
        with pytest.raises(KeyError) as caught:
            shop().trace(text)
        assert message in str(caught.value.args[0])

    def test_a_path_without_a_rule(self) -> None:
        """If a host has rules, but none for the path, the message has its paths."""
        found = PortMap.of([make_service(), make_ingress(make_rule("shop.example", "/api"))])
        with pytest.raises(KeyError, match="has no rule for path /cart: it has /api"):
            found.trace("shop.example/cart")

    @pytest.mark.parametrize(("rule", "host"), [("shop.example", "Shop.Example"), ("*.example", "shop.example")])
    def test_the_paths_are_those_of_the_matching_host(self, rule: str, host: str) -> None:
        """The host of a rule matches in any case, and with its wildcard."""
        found = PortMap.of([make_service(), make_ingress(make_rule(rule, "/api"), make_rule("other.test", "/cart"))])
        with pytest.raises(KeyError) as caught:
            found.trace(f"{host}/cart")
        assert caught.value.args[0] == f"{rule} has no rule for path /cart: it has /api"

    def test_a_path_without_a_rule_for_any_host(self) -> None:
        """Rules without a host apply to every host, and the message has their paths."""
        found = PortMap.of([make_service(), make_ingress(make_rule(None, "/api"))])
        with pytest.raises(KeyError) as caught:
            found.trace("shop.example/cart")
        assert caught.value.args[0] == (
            "no Ingress or route has a rule for host 'shop.example'; the rules for any host have /api, and not /cart"
        )

    def test_a_workload_without_its_kind(self) -> None:
        """A target without a kind is a Service, and the hint is how to write the workload."""
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
        """A headless Service without ports cannot be traced."""
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"clusterIP": "None"}}
        with pytest.raises(KeyError, match="has no ports to trace"):
            PortMap.of([service]).trace("web")


def make_route(kind: str, name: str, rule: Manifest, **spec: Any) -> Manifest:
    """Return a route of the Gateway API to Service web."""
    rule = {"backendRefs": [{"name": "web", "port": 80}]} | rule
    metadata = {"name": name, "namespace": "shop"}
    api = "gateway.networking.k8s.io/v1"
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": {"rules": [rule]} | spec}


class TestRoutes:
    """How the kinds of routes match requests."""

    def found(self) -> PortMap:
        """Return the map of routes of three kinds to one Service."""
        return shop(
            make_route("TCPRoute", "tcp", {}),
            make_route("TLSRoute", "tls", {}, hostnames=["tls.example"]),
            make_route("GRPCRoute", "any", {}, hostnames=["grpc.example"]),
        )

    def test_hosts_and_paths_of_routes(self) -> None:
        """A TCPRoute shows neither host nor path, a TLSRoute only a host."""
        [trace] = self.found().trace("web")
        assert [str(each) for each in trace.approaches if each.entry == "route"] == [
            "route: GRPCRoute shop/any grpc.example/",
            "route: TCPRoute shop/tcp",
            "route: TLSRoute shop/tls tls.example",
        ]

    def test_a_tcp_route_matches_no_request(self) -> None:
        """A request matches only routes with hosts."""
        assert [str(each) for each in self.found().trace("tls.example")] == ["TLSRoute shop/tls tls.example"]
        with pytest.raises(KeyError, match="no Ingress or route has a rule"):
            self.found().trace("other.example")

    @pytest.mark.parametrize(
        ("method", "path", "matches"),
        [
            ({"service": "shop.Cart", "method": "Add"}, "shop.Cart/Add", True),
            ({"service": "shop.Cart", "method": "Add"}, "shop.Cart/Remove", False),
            ({"service": "shop.Cart"}, "shop.Cart/Remove", True),
            ({"service": "shop.C.*", "type": "RegularExpression"}, "shop.Cart/Add", True),
            ({"service": "other.*", "type": "RegularExpression"}, "shop.Cart/Add", False),
        ],
    )
    def test_methods_of_grpc_are_paths(self, method: Manifest, path: str, matches: bool) -> None:
        """A gRPC method is traced as the path `/service/method`."""
        route = make_route("GRPCRoute", "r", {"matches": [{"method": method}]}, hostnames=["grpc.example"])
        assert bool(shop(route).host("grpc.example", f"/{path}")) is matches
