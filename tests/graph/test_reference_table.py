"""References to ports in other kinds: what they name, what they resolve to, and why they do not."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from manifest_objects import Manifest, deployment_manifest, ingress_manifest, make_object
from portmap._graph.port_map import PortMap
from portmap._graph.reference_table import REFERENCES, references_of
from portmap._graph.targets import ResolvedReference


def make(
    kind: str, name: str, spec: object = None, *, api: str = "v1", namespace: str | None = "shop", **others: Any
) -> Manifest:
    """Return an object in namespace shop."""
    return make_object(kind, name, spec, api=api, namespace=namespace, **others)


def make_service(name: str = "web", *ports: Manifest, namespace: str | None = "shop", **spec: Any) -> Manifest:
    """Return a Service for the pods of `make_deployment`: port 80, named http, to target port web."""
    given = [{"port": 80, "name": "http", "targetPort": "web"}] if not ports else list(ports)
    return make("Service", name, {"selector": {"app": "web"}, "ports": given} | spec, namespace=namespace)


def make_deployment(name: str = "web", container: Mapping[str, Any] | None = None, **spec: Any) -> Manifest:
    """Return a Deployment with one container that declares port 8080, named web."""
    port = {"name": "web", "containerPort": 8080}
    return deployment_manifest(port, name=name, namespace="shop", container=container, **spec)


def make_ingress(backend: object, *, api: str = "networking.k8s.io/v1") -> Manifest:
    """Return an Ingress with one rule."""
    path = {"path": "/api", "pathType": "Prefix", "backend": backend}
    return ingress_manifest({"rules": [{"host": "shop.example", "http": {"paths": [path]}}]}, api=api)


def make_route(
    backend: Mapping[str, Any], kind: str = "HTTPRoute", *, namespace: str = "shop", **spec: Any
) -> Manifest:
    """Return a route of the Gateway API with one backend."""
    given = {"rules": [{"backendRefs": [dict(backend)]}]} | spec
    return make(kind, "front", given, api="gateway.networking.k8s.io/v1", namespace=namespace)


def resolved(*objects: Manifest) -> ResolvedReference:
    """Return the only reference of these objects."""
    [found] = PortMap.of(objects).references
    return found


def targets_of(*objects: Manifest) -> list[str]:
    """Return the targets of the only reference of these objects."""
    found = resolved(*objects)
    assert (found.miss, found.unknown) == (None, None)
    return [str(target) for target in found.targets]


def missed(*objects: Manifest) -> tuple[str, str, str]:
    """Return the code, field and hint of the only reference of these objects, which does not resolve."""
    found = resolved(*objects)
    assert found.miss is not None, found
    assert found.targets == ()
    return found.miss.code, found.miss.field, found.miss.hint or ""


WEB: Final = "Service shop/web 80 (http)"
APP: Final = "Deployment shop/web app 8080/TCP"


class TestTheTable:
    """The table of kind, path and reader."""

    def test_every_row_reads_only_kinds_that_it_names(self) -> None:
        """An object of another kind has no references."""
        ingress = make_ingress({"service": {"name": "web", "port": {"number": 80}}})
        assert len(list(references_of(ingress))) == 1
        assert list(references_of(ingress | {"kind": "Other"})) == []
        assert list(references_of(ingress | {"apiVersion": "example.com/v1"})) == []

    @pytest.mark.parametrize("value", [None, 0, "", "text", [], [None], {}, {"a": 1}, [[{}]], True])
    def test_nonsense_gives_no_reference_and_no_error(self, value: object) -> None:
        """A malformed node of any row has no reference and raises no error."""
        for row in REFERENCES:
            for group, kind in row.kinds:
                for depth in range(1, len(row.where) + 1):
                    nested: Any = value
                    for step in reversed(row.where[:depth]):
                        nested = [nested] if step == "*" else {step: nested}
                    api = f"{group}/v1" if group else "v1"
                    found = list(references_of({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}} | nested))
                    assert all(each.source.name == "x" for each in found)


class TestIngress:
    """A backend is a port of a Service, by number or name."""

    @pytest.mark.parametrize("port", [{"number": 80}, {"name": "http"}])
    def test_a_number_and_a_name_are_those_of_the_service_port(self, port: Manifest) -> None:
        """The number and name of the Service port are found."""
        ingress = make_ingress({"service": {"name": "web", "port": port}})
        assert targets_of(ingress, make_service()) == [WEB]

    @pytest.mark.parametrize("api", ["extensions/v1beta1", "networking.k8s.io/v1beta1"])
    @pytest.mark.parametrize("port", [80, "http"])
    def test_the_beta_form_is_read(self, api: str, port: object) -> None:
        """`serviceName` and `servicePort` are read."""
        assert targets_of(make_ingress({"serviceName": "web", "servicePort": port}, api=api), make_service()) == [WEB]

    def test_the_default_backend_is_read(self) -> None:
        """The default backend is a reference."""
        spec = {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}
        found = resolved(make("Ingress", "front", spec, api="networking.k8s.io/v1"), make_service())
        assert found.field == "spec.defaultBackend.service.port.number"
        assert [str(each) for each in found.targets] == [WEB]

    def test_host_and_path_are_kept(self) -> None:
        """A reference has the host and path of its rule."""
        reference = resolved(make_ingress({"service": {"name": "web", "port": {"number": 80}}})).reference
        assert (reference.hosts, [path.value for path in reference.paths]) == (("shop.example",), ["/api"])

    def test_a_target_port_number_is_recognised(self) -> None:
        """The hint recognises the number of the target port, the most frequent mistake."""
        ingress = make_ingress({"service": {"name": "web", "port": {"number": 8080}}})
        service = make_service("web", {"port": 80, "targetPort": 8080})
        code, field, hint = missed(ingress, service)
        assert (code, field) == (
            "target-port-meant",
            "spec.rules[0].http.paths[0].backend.service.port.number",
        )
        assert hint == "8080 is the target port; the Service port is 80"

    def test_a_container_port_number_is_recognised(self) -> None:
        """The hint recognises the number of a container port that the Service targets by name."""
        ingress = make_ingress({"service": {"name": "web", "port": {"number": 8080}}})
        code, _, hint = missed(ingress, make_service(), make_deployment())
        assert (code, hint) == ("target-port-meant", "8080 is the container's port; the Service port is 80 (http)")

    def test_a_node_port_is_recognised(self) -> None:
        """The hint recognises a node port."""
        ingress = make_ingress({"service": {"name": "web", "port": {"number": 30080}}})
        code, _, hint = missed(ingress, make_service("web", {"port": 80, "nodePort": 30080}, type="NodePort"))
        assert (code, hint) == ("node-port-meant", "30080 is the node port; the Service port is 80")

    @pytest.mark.parametrize(
        ("name", "port", "code", "hint"),
        [
            ("web", {"port": 80, "name": "http", "targetPort": "web"}, "target-port-meant", "is named 'http'"),
            ("web", {"port": 80, "targetPort": "web"}, "unnamed-service-port", "has no name"),
            ("http", {"port": 80}, "unnamed-service-port", "give it the name 'http'"),
            ("htpp", {"port": 80, "name": "http"}, "no-such-service-port", "did you mean 'http'?"),
            ("metrics", {"port": 80, "name": "http"}, "no-such-service-port", "named 'http'"),
            ("80", {"port": 80, "name": "http"}, "port-number-as-name", "without quotes"),
            ("http", {"port": 80, "name": "http", "protocol": "UDP"}, "protocol-mismatch", "is UDP"),
        ],
    )
    def test_a_wrong_name_has_a_hint(self, name: str, port: Manifest, code: str, hint: str) -> None:
        """The hint recognises the name of a target port, a port without a name, and a misspelt name."""
        found = missed(make_ingress({"service": {"name": "web", "port": {"name": name}}}), make_service("web", port))
        assert found[0] == code
        assert hint in found[2]

    def test_a_missing_service_names_the_nearest(self) -> None:
        """The hint is the nearest name of a Service."""
        ingress = make_ingress({"service": {"name": "wep", "port": {"number": 80}}})
        assert missed(ingress, make_service())[::2] == ("no-such-service", "did you mean 'web'?")

    def test_a_service_of_another_namespace_is_no_backend(self) -> None:
        """An Ingress can refer only to Services of its namespace."""
        ingress = make_ingress({"service": {"name": "web", "port": {"number": 80}}})
        others = [make_service(namespace="prod"), make_service("other")]
        assert missed(ingress, *others)[0] == "service-in-other-namespace"

    def test_a_set_without_services_is_unknown(self) -> None:
        """If the set has no Service in the namespace, the result is unknown and not a miss."""
        found = resolved(make_ingress({"service": {"name": "web", "port": {"number": 80}}}))
        assert (found.miss, found.unknown) == (None, "the set has no Service in namespace shop")

    def test_an_invalid_service_is_unknown_and_not_missing(self) -> None:
        """A reference to an invalid Service is unknown, not a miss."""
        ingress = make_ingress({"service": {"name": "web", "port": {"number": 80}}})
        found = resolved(ingress, make_service("web", {"port": 0}), make_service("other"))
        assert (found.miss, found.unknown) == (None, "Service shop/web is invalid")

    def test_an_annotated_backend_of_aws_is_no_service(self) -> None:
        """`use-annotation` is not the name of a Service port."""
        ingress = make_ingress({"service": {"name": "redirect", "port": {"name": "use-annotation"}}})
        assert PortMap.of([ingress, make_service()]).references == ()

    def test_an_external_name_takes_any_port(self) -> None:
        """The ports of an ExternalName Service have no effect, so any port resolves."""
        ingress = make_ingress({"service": {"name": "db", "port": {"number": 5432}}})
        service = make("Service", "db", {"type": "ExternalName", "externalName": "db.example"})
        assert targets_of(ingress, service) == ["Service shop/db"]


class TestGatewayRoutes:
    """A backend is a port of a Service, by number only."""

    @pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"])
    def test_each_kind_names_the_service_port(self, kind: str) -> None:
        """The number of the Service port is found."""
        assert targets_of(make_route({"name": "web", "port": 80}, kind), make_service()) == [WEB]

    def test_a_udp_route_names_a_udp_port(self) -> None:
        """If TCP and UDP share a number, a UDPRoute refers to the UDP port."""
        ports = [{"port": 53, "name": "tcp"}, {"port": 53, "name": "udp", "protocol": "UDP"}]
        route = make_route({"name": "web", "port": 53}, "UDPRoute")
        assert targets_of(route, make_service("web", *ports)) == ["Service shop/web 53/UDP (udp)"]

    def test_a_port_is_required(self) -> None:
        """A Service as backend requires a port."""
        code, field, hint = missed(make_route({"name": "web"}), make_service())
        assert (code, field, hint) == ("port-required", "spec.rules[0].backendRefs[0]", "write 80")

    def test_a_mirror_is_read(self) -> None:
        """A filter that mirrors requests has a reference."""
        mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "web", "port": 8080}}}
        route = make("HTTPRoute", "front", {"rules": [{"filters": [mirror]}]}, api="gateway.networking.k8s.io/v1")
        code, field, _ = missed(route, make_service("web", {"port": 80, "targetPort": 8080}))
        assert (code, field) == ("target-port-meant", "spec.rules[0].filters[0].requestMirror.backendRef.port")

    def test_other_kinds_of_backends_are_not_services(self) -> None:
        """A backend of another kind or group is not a reference to a Service."""
        for other in ({"kind": "ServiceImport", "group": "multicluster.x-k8s.io"}, {"group": "example.com"}):
            assert PortMap.of([make_route({"name": "web", "port": 80} | other)]).references == ()

    def grant(self, **to: str) -> Manifest:
        """Return a grant for HTTPRoutes of namespace edge to Services of namespace shop."""
        source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "edge"}
        spec = {"from": [source], "to": [{"group": "", "kind": "Service"} | to]}
        return make("ReferenceGrant", "edge", spec, api="gateway.networking.k8s.io/v1beta1")

    def test_another_namespace_must_grant_the_reference(self) -> None:
        """A route needs a ReferenceGrant for a Service in another namespace."""
        route = make_route({"name": "web", "namespace": "shop", "port": 80}, namespace="edge")
        assert missed(route, make_service())[0] == "reference-not-granted"
        assert missed(route, make_service(), self.grant(name="other"))[0] == "reference-not-granted"
        assert targets_of(route, make_service(), self.grant()) == [WEB]
        assert targets_of(route, make_service(), self.grant(name="web")) == [WEB]

    def test_a_mesh_needs_no_grant(self) -> None:
        """A route whose parents are Services belongs to a mesh and needs no grant."""
        parents = [{"group": "", "kind": "Service", "name": "web", "namespace": "shop"}]
        route = make_route({"name": "web", "namespace": "shop", "port": 80}, namespace="edge", parentRefs=parents)
        found = PortMap.of([route, make_service()]).references
        assert [(each.reference.role, [str(target) for target in each.targets]) for each in found] == [
            ("route", [WEB]),
            ("parent", ["Service shop/web"]),
        ]

    def test_a_route_of_a_mesh_is_for_requests_to_its_services(self) -> None:
        """The hosts of such a route are its parent Services."""
        parents = [{"kind": "Service", "name": "front"}, {"kind": "Service", "name": "web", "namespace": "prod"}]
        route = make_route({"name": "web", "port": 80}, parentRefs=parents, hostnames=["shop.example"])
        found = PortMap.of([route, make_service(), make_service("front")])
        assert [each.reference.hosts for each in found.references if each.reference.role == "route"] == [
            ("front", "web.prod")
        ]
        assert found.host("shop.example") == ()
        assert [str(chain.hops[0]) for chain in found.host("front", "/x")] == ["HTTPRoute shop/front front/"]
        both = make_route({"name": "web", "port": 80}, parentRefs=[*parents, {"name": "gateway"}])
        assert {each.reference.hosts for each in PortMap.of([both, make_service()]).references} == {()}


class TestNetworkPolicy:
    """A policy refers to ports of pods, not of Services."""

    def policy(self, port: Manifest, direction: str = "ingress", **spec: Any) -> Manifest:
        """Return a policy for the pods of `make_deployment`, with one port."""
        rule = {"ports": [port]} | spec.pop("rule", {})
        selector = {"podSelector": {"matchLabels": {"app": "web"}}}
        return make("NetworkPolicy", "web", selector | {direction: [rule]} | spec, api="networking.k8s.io/v1")

    @pytest.mark.parametrize("port", [8080, "web"])
    def test_a_number_and_a_name_are_those_of_the_container(self, port: object) -> None:
        """The number and name of the container port are found."""
        assert targets_of(self.policy({"port": port}), make_deployment()) == [APP]

    def test_a_number_need_not_be_declared(self) -> None:
        """A policy can permit traffic to a port that no container declares."""
        assert targets_of(self.policy({"port": 9999}), make_deployment()) == [
            "Deployment shop/web (no container declares it) 9999/TCP"
        ]

    def test_a_service_port_is_recognised(self) -> None:
        """The hint recognises the port of a Service."""
        code, _, hint = missed(self.policy({"port": 80}), make_deployment(), make_service())
        assert (code, hint) == ("service-port-meant", "it reaches Deployment shop/web on 8080: write 8080")
        code, _, hint = missed(self.policy({"port": "http"}), make_deployment(), make_service())
        assert code == "service-port-meant"
        assert hint == "it reaches Deployment shop/web on 8080, named 'web': write web"
        assert missed(self.policy({"port": "http"}), make_deployment())[0] == "no-such-container-port"

    def test_a_name_goes_with_its_protocol(self) -> None:
        """Name and protocol must be equal; the default protocol is TCP."""
        udp = {"ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]}
        assert missed(self.policy({"port": "dns"}), make_deployment(container=udp))[0] == "protocol-mismatch"
        assert targets_of(self.policy({"port": "dns", "protocol": "UDP"}), make_deployment(container=udp)) == [
            "Deployment shop/web app 53/UDP"
        ]

    def test_a_missing_name_is_missed(self) -> None:
        """A name that no pod declares is a miss."""
        assert missed(self.policy({"port": "wep"}), make_deployment())[::2] == (
            "no-such-container-port",
            "did you mean 'web'?",
        )

    def test_a_range_has_every_declared_port_in_it(self) -> None:
        """A range resolves to each declared port from `port` to `endPort`."""
        assert targets_of(self.policy({"port": 8000, "endPort": 8100}), make_deployment()) == [APP]
        found = resolved(self.policy({"port": 9000, "endPort": 9100}), make_deployment())
        assert (found.targets, found.miss) == ((), None)
        assert found.unknown is not None

    def test_expressions_select(self) -> None:
        """Expressions of a selector apply like labels."""
        expression = {"key": "app", "operator": "In", "values": ["web", "api"]}
        policy = self.policy({"port": 8080}, podSelector={"matchExpressions": [expression]})
        assert targets_of(policy, make_deployment()) == [APP]
        expression = {"key": "app", "operator": "NotIn", "values": ["web"]}
        policy = self.policy({"port": 8080}, podSelector={"matchExpressions": [expression]})
        assert missed(policy, make_deployment())[0] == "selector-matches-nothing"

    @pytest.mark.parametrize(
        "peer",
        [
            {"podSelector": {"matchLabels": {"app": "web"}}},
            {"podSelector": {}, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}},
            {"namespaceSelector": {}},
        ],
    )
    def test_egress_refers_to_ports_of_the_peers(self, peer: Manifest) -> None:
        """Peers are selected by the labels of pods and namespaces."""
        policy = self.policy({"port": 8080}, "egress", rule={"to": [peer]})
        assert targets_of(policy, make_deployment()) == [APP]

    def test_namespaces_are_found_by_their_labels(self) -> None:
        """A namespaceSelector matches the Namespace objects of the set."""
        peer = {"namespaceSelector": {"matchLabels": {"team": "shop"}}}
        policy = self.policy({"port": 8080}, "egress", rule={"to": [peer]})
        namespace = make("Namespace", "shop", namespace=None, metadata={"labels": {"team": "shop"}})
        assert targets_of(policy, make_deployment(), namespace) == [APP]
        assert resolved(policy, make_deployment()).unknown is not None

    @pytest.mark.parametrize("rule", [{}, {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])
    def test_egress_to_any_address_is_unknown(self, rule: Manifest) -> None:
        """Egress without peers, or to blocks of addresses, can leave the set."""
        found = resolved(self.policy({"port": 53}, "egress", rule=rule), make_deployment())
        assert (found.miss, found.targets) == (None, ())
        assert found.unknown == "it may lead to addresses beyond the set"


class TestProbesAndHooks:
    """The kubelet looks a name up in the same container, for any protocol."""

    @pytest.mark.parametrize(
        ("field", "handler"),
        [
            ("livenessProbe.httpGet.port", {"livenessProbe": {"httpGet": {"port": "web"}}}),
            ("readinessProbe.tcpSocket.port", {"readinessProbe": {"tcpSocket": {"port": "web"}}}),
            ("startupProbe.grpc.port", {"startupProbe": {"grpc": {"port": 8080}}}),
            ("lifecycle.preStop.httpGet.port", {"lifecycle": {"preStop": {"httpGet": {"port": "web"}}}}),
        ],
    )
    def test_each_handler_is_read(self, field: str, handler: Manifest) -> None:
        """Each kind of probe and hook has a reference to a port of its container."""
        found = resolved(make_deployment(container=handler))
        assert found.field == f"spec.template.spec.containers[0].{field}"
        assert [str(each) for each in found.targets] == [APP]

    def test_the_protocol_does_not_matter(self) -> None:
        """A probe can name a UDP port; the first port of the name is used."""
        ports = [{"name": "web", "containerPort": 53, "protocol": "UDP"}]
        container = {"ports": ports, "livenessProbe": {"httpGet": {"port": "web"}}}
        assert targets_of(make_deployment(container=container)) == ["Deployment shop/web app 53/UDP"]

    def test_a_port_of_another_container_does_not_count(self) -> None:
        """Only the ports of the container itself are searched."""
        deployment = make_deployment(container={"livenessProbe": {"httpGet": {"port": "admin"}}})
        other = {"name": "proxy", "ports": [{"name": "admin", "containerPort": 9901}]}
        deployment["spec"]["template"]["spec"]["containers"].append(other)
        assert missed(deployment)[0] == "port-of-other-container"

    def test_a_missing_name_is_missed(self) -> None:
        """A name that the container does not declare is a miss."""
        code, field, hint = missed(make_deployment(container={"readinessProbe": {"httpGet": {"port": "wep"}}}))
        assert (code, hint) == ("no-such-container-port", "did you mean 'web'?")
        assert field == "spec.template.spec.containers[0].readinessProbe.httpGet.port"

    def test_a_number_need_not_be_declared(self) -> None:
        """A number always resolves."""
        found = targets_of(make_deployment(container={"livenessProbe": {"tcpSocket": {"port": 9999}}}))
        assert found == ["Deployment shop/web app 9999/TCP"]

    def test_a_request_to_another_host_is_ignored(self) -> None:
        """A probe with `host` does not refer to its pod."""
        probe = {"livenessProbe": {"httpGet": {"port": "http", "host": "example.com"}}}
        assert PortMap.of([make_deployment(container=probe)]).references == ()


class TestServicesByName:
    """StatefulSets, webhooks, APIServices and conversions refer to a Service by name."""

    def test_a_stateful_set_names_its_service(self) -> None:
        """`serviceName` refers to a Service of the same namespace."""
        spec = {"serviceName": "web", "template": make_deployment()["spec"]["template"]}
        stateful = make("StatefulSet", "web", spec, api="apps/v1")
        assert targets_of(stateful, make_service()) == ["Service shop/web"]
        assert missed(stateful, make_service("wbe"))[::2] == ("no-such-service", "did you mean 'wbe'?")

    def webhook(self, service: Manifest) -> Manifest:
        """Return a webhook configuration with one webhook."""
        api = "admissionregistration.k8s.io/v1"
        hooks = [{"name": "a.example", "clientConfig": {"service": service}}]
        return make("ValidatingWebhookConfiguration", "hook", api=api, namespace=None, webhooks=hooks)

    def test_the_default_port_of_a_webhook_is_443(self) -> None:
        """A webhook without a port refers to Service port 443."""
        service = make_service("web", {"port": 443, "targetPort": 9443})
        assert targets_of(self.webhook({"name": "web", "namespace": "shop"}), service) == ["Service shop/web 443"]
        code, field, hint = missed(self.webhook({"name": "web", "namespace": "shop", "port": 9443}), service)
        assert (code, field) == ("target-port-meant", "webhooks[0].clientConfig.service.port")
        assert hint == "9443 is the target port; the Service port is 443"

    def test_the_default_port_of_a_webhook_can_miss(self) -> None:
        """If the Service has no port 443, the default is a miss, and its field is the Service reference."""
        found = missed(self.webhook({"name": "web", "namespace": "shop"}), make_service())
        assert found == (
            "no-such-service-port",
            "webhooks[0].clientConfig.service",
            "443 is the default: write port: 80",
        )
        code, _, hint = missed(self.webhook({"name": "web", "namespace": "shop", "port": 443}), make_service())
        assert (code, hint) == ("no-such-service-port", "")

    def test_an_api_service_and_a_conversion_are_read(self) -> None:
        """An APIService and a CustomResourceDefinition refer to a Service like a webhook."""
        service = {"name": "web", "namespace": "shop", "port": 80}
        api = make("APIService", "v1.x", {"service": service}, api="apiregistration.k8s.io/v1", namespace=None)
        assert targets_of(api, make_service()) == [WEB]
        conversion = {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": service}}}}
        crd = make("CustomResourceDefinition", "x", conversion, api="apiextensions.k8s.io/v1", namespace=None)
        assert targets_of(crd, make_service()) == [WEB]


class TestMonitors:
    """A ServiceMonitor refers to Service ports, or by targetPort to pod ports; a PodMonitor to pod ports."""

    def monitor(self, endpoint: Manifest, kind: str = "ServiceMonitor", **spec: Any) -> Manifest:
        """Return a monitor that selects app=web."""
        endpoints = "endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"
        given = {"selector": {"matchLabels": {"app": "web"}}, endpoints: [endpoint]} | spec
        return make(kind, "web", given, api="monitoring.coreos.com/v1")

    def service(self, *ports: Manifest, namespace: str = "shop") -> Manifest:
        """Return a Service that has the label itself."""
        service = make_service("web", *ports, namespace=namespace)
        service["metadata"]["labels"] = {"app": "web"}
        return service

    def test_port_is_the_name_of_a_service_port(self) -> None:
        """Services are selected by their own labels."""
        assert targets_of(self.monitor({"port": "http"}), self.service()) == [WEB]

    @pytest.mark.parametrize(
        ("name", "port", "code"),
        [
            ("web", {"port": 80, "name": "http", "targetPort": "web"}, "target-port-meant"),
            ("web", {"port": 80, "targetPort": "web"}, "unnamed-service-port"),
            ("http", {"port": 80}, "unnamed-service-port"),
            ("80", {"port": 80}, "port-number-as-name"),
        ],
    )
    def test_a_wrong_name_has_a_code(self, name: str, port: Manifest, code: str) -> None:
        """The code distinguishes a target port's name, a port without a name and a number."""
        assert missed(self.monitor({"port": name}), self.service(port))[0] == code

    def test_labels_of_pods_are_not_those_of_services(self) -> None:
        """A Service that only selects such pods is not selected, and the hint says so."""
        code, _, hint = missed(self.monitor({"port": "http"}), make_service(), make_deployment())
        assert code == "selector-matches-nothing"
        assert "the labels of the Service itself count" in hint

    def test_the_default_namespace(self) -> None:
        """The default is the namespace of the monitor; `namespaceSelector` names others, or all."""
        services = [self.service(namespace="prod"), make_service("other")]
        code, _, hint = missed(self.monitor({"port": "http"}), *services)
        assert (code, hint) == ("selector-matches-nothing", "Service prod/web has them, but in namespace prod")
        for where in ({"any": True}, {"matchNames": ["prod"]}):
            found = targets_of(self.monitor({"port": "http"}, namespaceSelector=where), *services)
            assert found == ["Service prod/web 80 (http)"]

    @pytest.mark.parametrize("port", [8080, "web"])
    def test_target_port_is_a_port_of_the_pods(self, port: object) -> None:
        """A container of the pods that the Service selects must declare `targetPort`."""
        assert targets_of(self.monitor({"targetPort": port}), self.service(), make_deployment()) == [APP]
        found = missed(self.monitor({"targetPort": 81}), self.service(), make_deployment())
        assert found[0] == "no-such-container-port"

    @pytest.mark.parametrize(
        ("port", "hint"),
        [
            (80, "it reaches Deployment shop/web on 8080: write 8080"),
            ("http", "write port: http instead; it reaches Deployment shop/web on 8080, named 'web': write web"),
        ],
    )
    def test_target_port_is_not_the_service_port(self, port: object, hint: str) -> None:
        """The hint recognises the number or name of a Service port."""
        found = missed(self.monitor({"targetPort": port}), self.service(), make_deployment())
        assert (found[0], found[2]) == ("service-port-meant", hint)

    @pytest.mark.parametrize("endpoint", [{"port": "web"}, {"portNumber": 8080}, {"targetPort": "web"}])
    def test_a_pod_monitor_names_declared_ports(self, endpoint: Manifest) -> None:
        """A PodMonitor refers to a port by name, by number, or by the deprecated targetPort."""
        assert targets_of(self.monitor(endpoint, "PodMonitor"), make_deployment()) == [APP]

    def test_a_pod_monitor_with_a_service_port(self) -> None:
        """The hint recognises the name of a Service port."""
        code, _, hint = missed(self.monitor({"port": "http"}, "PodMonitor"), make_deployment(), make_service())
        assert code == "service-port-meant"
        assert hint == "it reaches Deployment shop/web on 8080, named 'web': write web"
        assert missed(self.monitor({"port": "hppt"}, "PodMonitor"), make_deployment())[0] == "no-such-container-port"

    def test_a_pattern_is_unknown(self) -> None:
        """A regular expression in `port` is unknown."""
        assert resolved(self.monitor({"port": "http.*"}), self.service()).unknown == "'http.*' is a pattern"


class TestManualEndpoints:
    """Manual endpoints refer to a Service port by name and protocol."""

    def service(self, port: Manifest) -> Manifest:
        """Return a Service without a selector."""
        return make("Service", "db", {"ports": [port]})

    def endpoints(self, port: Manifest) -> Manifest:
        """Return an Endpoints object for the Service."""
        subsets = [{"addresses": [{"ip": "192.0.2.1"}], "ports": [port]}]
        return make("Endpoints", "db", subsets=subsets)

    def test_the_names_must_be_equal(self) -> None:
        """The names must be equal, or both absent; the numbers can differ."""
        assert targets_of(self.endpoints({"port": 5432}), self.service({"port": 80})) == ["Service shop/db 80"]
        named = self.service({"port": 80, "name": "sql"})
        assert targets_of(self.endpoints({"port": 5432, "name": "sql"}), named) == ["Service shop/db 80 (sql)"]
        assert missed(self.endpoints({"port": 5432}), named)[0] == "endpoints-port-name"
        assert missed(self.endpoints({"port": 5432, "name": "sql", "protocol": "UDP"}), named)[0] == "protocol-mismatch"

    def test_their_addresses(self) -> None:
        """The end of a chain to manual endpoints is each address with its port."""
        found = PortMap.of([self.endpoints({"port": 5432}), self.service({"port": 80})])
        assert found.references[0].reference.addresses == ("192.0.2.1:5432",)
        [trace] = found.trace("db")
        [onward] = trace.onward
        assert (onward.stops, onward.beyond) == ("192.0.2.1:5432 (Endpoints shop/db)", True)
        assert not trace.leads_nowhere
        assert found.why_not(found.services[0], 0) == onward.stops

    def test_addresses_of_slices(self) -> None:
        """Endpoints that are not ready are omitted, IPv6 addresses have brackets, and a port can be left out."""
        labels = {"kubernetes.io/service-name": "db"}
        endpoints = [
            {"addresses": ["192.0.2.1", "fd00::1"]},
            {"addresses": ["192.0.2.2"], "conditions": {"ready": True}},
            {"addresses": ["192.0.2.3"], "conditions": {"ready": False}},
        ]
        piece = make("EndpointSlice", "db-1", api="discovery.k8s.io/v1", metadata={"labels": labels})
        piece |= {"ports": [{"name": "sql", "port": 1}, {"name": "any"}], "endpoints": endpoints}
        ports = [{"name": "sql", "port": 80}, {"name": "any", "port": 81}]
        found = PortMap.of([piece, make("Service", "db", {"ports": ports})])
        assert [each.reference.addresses for each in found.references] == [
            ("192.0.2.1:1", "[fd00::1]:1", "192.0.2.2:1"),
            ("192.0.2.1", "fd00::1", "192.0.2.2"),
        ]

    def test_a_trace_of_a_port_without_endpoints(self) -> None:
        """If the names differ, the Service port has no endpoints, which is a mistake."""
        found = PortMap.of([self.endpoints({"port": 5432}), self.service({"port": 80, "name": "sql"})])
        [trace] = found.trace("db:sql")
        assert trace.leads_nowhere
        assert trace.onward[0].stops == (
            "Endpoints shop/db has no TCP port named 'sql', and the Service has no selector"
        )

    def test_a_port_without_endpoints_is_missed(self) -> None:
        """The misses include the Service port."""
        found = PortMap.of([self.endpoints({"port": 5432}), self.service({"port": 80, "name": "sql"})])
        assert [(miss.code, miss.source.kind, miss.field) for miss in found.misses] == [
            ("endpoints-port-name", "Endpoints", "subsets[0].ports[0]"),
            ("no-endpoints-for-port", "Service", "spec.ports[0]"),
        ]

    def test_a_slice_names_its_service_by_label(self) -> None:
        """An EndpointSlice belongs to the Service of its label, unless a controller of Kubernetes manages it."""
        labels = {"kubernetes.io/service-name": "db"}
        piece = make("EndpointSlice", "db-1", api="discovery.k8s.io/v1", metadata={"labels": labels})
        piece |= {"addressType": "IPv4", "ports": [{"name": "sql", "port": 5432}], "endpoints": []}
        assert targets_of(piece, self.service({"port": 80, "name": "sql"})) == ["Service shop/db 80 (sql)"]
        labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io"
        assert PortMap.of([piece]).references == ()

    def test_endpoints_of_a_service_with_a_selector(self) -> None:
        """The result is unknown, because a controller writes such endpoints."""
        endpoints = make("Endpoints", "web", subsets=[{"ports": [{"port": 1, "name": "other"}]}])
        found = resolved(endpoints, make_service())
        assert found.miss is None
        assert found.unknown is not None


class TestOpenShiftRoutes:
    """A text is the name of a Service port, a number that of the endpoints."""

    def route(self, **port: Any) -> Manifest:
        """Return a Route to the Service."""
        spec = {"to": {"kind": "Service", "name": "web"}, "host": "shop.example"} | port
        return make("Route", "front", spec, api="route.openshift.io/v1")

    def test_a_text_is_the_name_of_the_service_port(self) -> None:
        """The name of a container port does not resolve."""
        assert targets_of(self.route(port={"targetPort": "http"}), make_service(), make_deployment()) == [WEB]
        found = missed(self.route(port={"targetPort": "web"}), make_service(), make_deployment())
        assert found[:2] == ("target-port-meant", "spec.port.targetPort")

    def test_a_number_is_that_of_the_pods(self) -> None:
        """The number of a Service port does not resolve, and the hint recognises it."""
        assert targets_of(self.route(port={"targetPort": 8080}), make_service(), make_deployment()) == [WEB]
        code, _, hint = missed(self.route(port={"targetPort": 80}), make_service(), make_deployment())
        assert code == "service-port-meant"
        assert "write its name, 'http'" in hint

    def test_a_route_without_a_port(self) -> None:
        """A Route without a port reaches every port of the Service."""
        ports = [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]
        assert len(targets_of(self.route(), make_service("web", *ports))) == len(ports)
