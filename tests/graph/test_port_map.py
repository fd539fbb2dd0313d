"""The map of a set: what every port reaches, what reaches it, and what does not resolve."""

import json
import re
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import portmap
from graph_objects import APP, TEMPLATE, make_deployment, make_ingress, make_rule, make_service
from manifest_objects import Manifest
from portmap import Cluster, Container, ContainerPort, Pod, PortMap, Service, ServicePort, Workload, load
from portmap._model.workloads import makes_pods, read_workload, read_workloads


def shown(found: Any) -> list[str]:
    """Return the display forms of chains or targets."""
    return [str(each) for each in found]


TWO_PORTS: Final = (
    {"name": "http", "port": 80, "targetPort": "htpp"},
    {"name": "metrics", "port": 9113, "targetPort": "admin"},
)


class TestInput:
    """`PortMap.of` accepts objects in any form."""

    def test_plain_mappings_typed_objects_and_documents_give_the_same(self, tmp_path: Path) -> None:
        """Lists, documents and plain mappings give equal maps."""
        manifests = [make_service(), make_deployment()]
        (tmp_path / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
        maps = [
            PortMap.of(manifests),
            PortMap.of(load(tmp_path)),
            PortMap.of([{"apiVersion": "v1", "kind": "List", "items": manifests}]),
        ]
        assert [each.as_dict() for each in maps] == [maps[0].as_dict()] * 3

    def test_typed_objects_are_taken_as_they_are(self) -> None:
        """`Service`, `Pod` and `Workload` objects need no manifest."""
        http = ContainerPort(8080, name="http")
        pod = Pod("web-0", namespace="shop", labels={"app": "web"}, containers=[Container("app", ports=[http])])
        service = Service(
            "web", namespace="shop", selector={"app": "web"}, ports=[ServicePort.targeting(http, port=80)]
        )
        found = PortMap.of([Workload("Deployment", "web", attrs.evolve(pod, name="web")), service, pod])
        assert found.services == (service,)
        assert shown(found.reaches("web")) == [APP, "Pod shop/web-0 app 8080/TCP"]

    @pytest.mark.parametrize("source", ["text", 1, None, [1]])
    def test_other_types_are_errors(self, source: object) -> None:
        """A value that is not a Kubernetes object is a TypeError."""
        with pytest.raises(TypeError):
            PortMap.of([source])

    def test_equal_copies_count_once(self) -> None:
        """Reading a file twice does not change the map."""
        once, twice = [make_service(), make_deployment()], [make_service(), make_deployment()] * 2
        assert PortMap.of(twice).as_dict() == PortMap.of(once).as_dict()

    def test_objects_without_ports_are_counted(self) -> None:
        """`others` is the number of objects that do not concern ports."""
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
        assert PortMap.of([config, make_service()]).others == 1

    def test_it_is_immutable(self) -> None:
        """A map is frozen."""
        found = PortMap.of([make_service()])
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            found.misses = ()  # type: ignore[misc]


class TestMethods:
    """The methods of a map that take a name."""

    @pytest.mark.parametrize("target", ["web", "web:http", "web:80", "service/web:http", "svc/web"])
    def test_reaches(self, target: str) -> None:
        """A Service port is found by each form of its name."""
        assert shown(PortMap.of([make_service(), make_deployment()]).reaches(target)) == [APP]

    def test_a_name_of_digits_is_a_name_first(self) -> None:
        """`web:80` is the port named 80 if there is one, not the port with that number."""
        ports = [{"name": "80", "port": 81, "targetPort": "admin"}, {"name": "http", "port": 80, "targetPort": "web"}]
        found = PortMap.of([make_service(ports=ports), make_deployment()])
        assert shown(found.reaches("web:80")) == ["Deployment shop/web app 9000/TCP"]

    @pytest.mark.parametrize("target", ["other", "web:81", "web:https"])
    def test_a_missing_service_or_port(self, target: str) -> None:
        """A Service or port that is not in the set is a KeyError."""
        with pytest.raises(KeyError):
            PortMap.of([make_service()]).reaches(target)

    def test_an_ambiguous_namespace(self) -> None:
        """If several namespaces have the name, the namespace is required."""
        found = PortMap.of([make_service(), make_service(namespace="prod"), make_deployment()])
        with pytest.raises(KeyError, match="prod, shop"):
            found.reaches("web")
        assert shown(found.reaches("web", namespace="shop")) == [APP]
        assert found.reaches("web", namespace="prod") == ()

    def test_a_resolution_is_that_of_resolve(self) -> None:
        """`resolution` is equal to the result of `resolve`, by name or by object."""
        found = PortMap.of([make_service(), make_deployment()])
        [endpoint] = found.resolution("web").endpoints("http")
        assert (endpoint.workload, endpoint.port) == ("Deployment/web", 8080)
        assert found.resolution(found.services[0]) == found.resolution("service/web", namespace="shop")
        with pytest.raises(KeyError):
            found.resolution(Service("other", ports=[ServicePort(80)]))

    @pytest.mark.parametrize(
        ("service", "port"),
        [
            *(
                ("web", 1),
                ("service/web", "metrics"),
                ("svc/shop/web", ServicePort(9113, name="metrics", target_port="admin")),
            ),
            *(("web:metrics", None), ("service/shop/web:9113", None)),
        ],
    )
    def test_why_not_of_a_port_that_resolves(self, service: str, port: Any) -> None:
        """If a port reaches a container port, `why_not` names it, for each form of the port."""
        found = PortMap.of([make_service(ports=[*TWO_PORTS]), make_deployment()])
        assert found.why_not(service, port) == "it leads to Deployment shop/web app 9000/TCP"
        assert shown(found.targets(service, port)) == ["Deployment shop/web app 9000/TCP"]
        assert found.why_not(found.services[0], 1) == found.why_not(service, port)

    def test_why_not_of_a_port_without_endpoints(self) -> None:
        """`why_not` is the message of the miss, for each form of the port."""
        found = PortMap.of([make_service(ports=[*TWO_PORTS]), make_deployment()])
        [miss] = found.misses
        [service] = found.services
        ports: list[Any] = [0, "http", service.ports[0]]
        assert {found.why_not(each, port) for each in (service, "web") for port in ports} == {miss.message}
        assert found.why_not("web:80") == found.why_not("service/web:http") == miss.message
        assert found.targets("web", "http") == ()

    @pytest.mark.parametrize(
        ("service", "port", "words"),
        [
            ("wbe", 0, "there is no Service 'wbe'; did you mean 'web'?"),
            ("web", None, "which port of Service shop/web? it has http 80, metrics 9113"),
            ("web", 2, "Service shop/web has no port at position 2, counted from 0: it has http 80, metrics 9113"),
            ("web", -1, "Service shop/web has no port at position -1, counted from 0: it has http 80, metrics 9113"),
            ("web", 9113, "metrics 9113; for the port of that number, write 'web:9113'"),
            ("web", "metric", "has no port 'metric': it has http 80, metrics 9113; did you mean 'metrics'?"),
            (
                "web",
                "80",
                "has no port '80': it has http 80, metrics 9113; for the port of that number, write 'web:80'",
            ),
            ("web", "", "has no port without a name: it has http 80, metrics 9113"),
            (
                "web",
                ServicePort(80, name="metrics"),
                "has no port equal to ServicePort(80, name='metrics'): it has http 80, metrics 9113",
            ),
            ("web:https", None, "has no port 'https': it has http 80, metrics 9113"),
            (Service("web", ports=[ServicePort(80)]), 0, "Service web is not in the map"),
        ],
    )
    def test_why_not_of_a_missing_port(self, service: Any, port: Any, words: str) -> None:
        """A Service or port that is not in the set is a KeyError that lists the ports."""
        found = PortMap.of([make_service(ports=[*TWO_PORTS]), make_deployment()])
        for method in (found.why_not, found.targets):
            with pytest.raises(KeyError, match=f"{re.escape(words)}"):
                method(service, port)

    def test_wrong_types(self) -> None:
        """A port is a position, a name or an object, and is given once."""
        found = PortMap.of([make_service(), make_deployment()])
        wrong: Any = True
        with pytest.raises(TypeError, match="port must be a position, a name or a ServicePort, not True"):
            found.why_not("web", wrong)
        wrong = make_service()
        for method in (
            *(found.why_not, found.targets, found.selected, found.selects_unknown),
            *(found.resolution, found.trace),
        ):
            with pytest.raises(TypeError, match="service must be a Service of the map or its name, not"):
                method(wrong)
        with pytest.raises(ValueError, match="'web:http' names a port already, and 0 is given, too"):
            found.why_not("web:http", 0)

    def test_one_number_for_two_protocols(self) -> None:
        """If two ports have a number, `why_not` is about the one without endpoints."""
        ports = [
            {"name": "dns", "port": 53, "targetPort": "web"},
            {"name": "dns-udp", "port": 53, "protocol": "UDP", "targetPort": "web"},
        ]
        found = PortMap.of([make_service(ports=ports), make_deployment()])
        assert found.why_not("web:53") == found.why_not("web", "dns-udp") == found.misses[0].message

    def test_services_by_name(self) -> None:
        """Methods that take a Service take its name, and its namespace if several have it."""
        found = PortMap.of([make_service(), make_service(namespace="prod"), make_deployment()])
        assert found.selected("web", namespace="shop") == found.workloads
        assert not found.selects_unknown("service/prod/web")
        assert found.why_not("web", namespace="prod") == "no pod has the labels app=web"
        with pytest.raises(KeyError, match="prod, shop"):
            found.why_not("web", 0)

    def test_who_reaches_a_container_port(self) -> None:
        """`who_reaches` returns every chain to a port, from the outside in."""
        service = make_service(
            type="LoadBalancer", ports=[{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080}]
        )
        found = PortMap.of([service, make_deployment(), make_ingress(make_rule("shop.example", "/api"))])
        assert shown(found.who_reaches("deployment/web", "app", "web")) == [
            f"direct: {APP}",
            f"cluster-ip: Service shop/web 80 → {APP}",
            f"load-balancer: Service shop/web 80 → Service shop/web 80 → {APP}",
            f"node-port: Service shop/web every node 30080 → Service shop/web 80 → {APP}",
            f"ingress: Ingress shop/front shop.example/api → Service shop/web 80 → {APP}",
            f"probe: Deployment shop/web → {APP}",
        ]
        assert shown(found.who_reaches("web", port=9000)) == ["direct: Deployment shop/web app 9000/TCP"]

    def test_a_port_that_no_container_declares_is_found_by_its_number(self) -> None:
        """A Service can reach a number that no container declares."""
        found = PortMap.of([make_service(ports=[{"port": 80, "targetPort": 7000}]), make_deployment()])
        [direct, through] = found.who_reaches("web", port=7000)
        assert (direct.entry, through.entry) == ("direct", "cluster-ip")
        assert through.end is not None
        assert through.end.container is None

    def test_a_workload_or_port_that_is_not_there_is_a_key_error(self) -> None:
        """A wrong kind or port is a KeyError."""
        found = PortMap.of([make_deployment()])
        for wrong in (("statefulset/web",), ("other",), ("web", "app", 1), ("web", "sidecar")):
            with pytest.raises(KeyError):
                found.who_reaches(*wrong)

    def test_a_headless_service_has_no_address(self) -> None:
        """Clients of a headless Service connect to the pods directly."""
        found = PortMap.of([make_service(clusterIP="None"), make_deployment()])
        assert {chain.entry for chain in found.through("web")} == {"headless"}

    def test_a_node_port_leads_to_containers(self) -> None:
        """`node_port` returns the chains from a node port."""
        ports = [{"port": 80, "targetPort": "web", "nodePort": 30080}]
        found = PortMap.of([make_service(type="NodePort", ports=ports), make_deployment()])
        assert shown(found.node_port(30080)) == [
            f"node-port: Service shop/web every node 30080 → Service shop/web 80 → {APP}"
        ]
        assert found.node_port(30081) == ()


class TestHosts:
    """The backends of a request for a host and path."""

    def hit(self, host: str, path: str, *rules: Manifest, **spec: Any) -> list[str]:
        """Return the Services of the backends of this request."""
        names = ("exact", "prefix", "longer", "wild", "any", "default")
        services = [make_service(name) for name in names]
        chains = PortMap.of([*services, make_deployment(), make_ingress(*rules, **spec)]).host(host, path)
        return [chain.hops[1].object.name for chain in chains]

    RULES: Final = (
        make_rule("shop.example", "/api", "exact", "Exact"),
        make_rule("shop.example", "/", "prefix"),
        make_rule("shop.example", "/api/v1", "longer"),
        make_rule("*.example", "/", "wild"),
        make_rule(None, "/", "any"),
    )

    @pytest.mark.parametrize(
        ("host", "path", "service"),
        [
            ("shop.example", "/api", "exact"),
            ("SHOP.example", "/api", "exact"),
            ("shop.example", "/api/", "prefix"),
            ("shop.example", "/api/v1/x", "longer"),
            ("shop.example", "/api/v10", "prefix"),
            ("other.example", "/api", "wild"),
            ("a.b.example", "/", "any"),
            ("example", "/", "any"),
        ],
    )
    def test_the_most_specific_rule_wins(self, host: str, path: str, service: str) -> None:
        """Exact hosts precede wildcards, which precede none; exact paths precede the longest prefix."""
        assert self.hit(host, path, *self.RULES) == [service]

    def test_the_default_backend_takes_the_rest(self) -> None:
        """A request that matches no path goes to the default backend, if there is one."""
        default = {"service": {"name": "default", "port": {"name": "http"}}}
        rule = make_rule("shop.example", "/api", "exact")
        assert self.hit("shop.example", "/", rule, defaultBackend=default) == ["default"]
        assert self.hit("shop.example", "/", rule) == []

    def test_a_route_splits_its_traffic(self) -> None:
        """A request goes to every backend of the rule; the wildcard of a route stands for several labels."""
        backends = [{"name": "exact", "port": 80}, {"name": "prefix", "port": 80}]
        spec = {"hostnames": ["*.example"], "rules": [{"backendRefs": backends}]}
        route = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "r", "namespace": "shop"},
            "spec": spec,
        }
        found = PortMap.of([make_service("exact"), make_service("prefix"), make_deployment(), route])
        assert [chain.hops[1].object.name for chain in found.host("a.b.example")] == ["exact", "prefix"]

    def test_a_chain_without_an_end(self) -> None:
        """A host that reaches no container port has an incomplete chain that says why."""
        missing = PortMap.of([make_service("other"), make_ingress(make_rule("shop.example", "/"))])
        [chain] = missing.host("shop.example")
        assert (chain.end, len(chain.hops)) == (None, 1)
        assert chain.stops == "there is no Service 'web' in namespace shop"
        idle = PortMap.of([make_service(), make_deployment(replicas=0), make_ingress(make_rule("shop.example", "/"))])
        [chain] = idle.host("shop.example")
        assert (chain.end, len(chain.hops)) == (None, 2)
        assert chain.stops == "Deployment/web makes no pods: its replicas are 0"


class TestMisses:
    """`misses`: Service ports without endpoints, and references that do not resolve."""

    def codes(self, *objects: Manifest) -> list[tuple[str, str, str]]:
        """Return the kind, field and code of every miss."""
        return [(miss.source.kind, miss.field, miss.code) for miss in PortMap.of(objects).misses]

    def test_ports_and_references_are_in_one_list(self) -> None:
        """The misses of Service ports and references are sorted by object and field."""
        service = make_service(ports=[{"name": "http", "port": 80, "targetPort": "wep"}])
        ingress = make_ingress(make_rule("shop.example", "/", "other"))
        assert self.codes(service, make_deployment(), ingress) == [
            ("Ingress", "spec.rules[0].http.paths[0].backend.service.port.name", "no-such-service"),
            ("Service", "spec.ports[0].targetPort", "unresolved-target-port"),
        ]

    def test_workloads_without_replicas_make_no_pods(self) -> None:
        """A Service for workloads without replicas has a miss of its own, not one about the selector."""
        assert self.codes(make_service(), make_deployment(replicas=0)) == [("Service", "", "makes-no-pods")]
        found = PortMap.of([make_service(), make_deployment(replicas=0), make_deployment("two", replicas=2)])
        assert shown(found.reaches("web")) == ["Deployment shop/two app 8080/TCP"]
        assert [miss.code for miss in found.misses] == ["makes-no-pods"]

    def test_invalid_objects_are_unknown_and_cause_no_misses(self) -> None:
        """The pods of a Service that selects an invalid workload are unknown."""
        bad = make_deployment()
        bad["spec"] = {"template": {**TEMPLATE, "spec": {"containers": [{"name": "app", "ports": [{"name": "x"}]}]}}}
        found = PortMap.of([make_service(), bad])
        assert ([str(each.name) for each in found.unknown], found.misses) == (["Deployment shop/web"], ())
        assert found.unknown[0].violations[0].field == "spec.template.spec.containers[0].ports[0].containerPort"
        [chain] = found.through("web")
        assert chain.stops == "its pods are unknown: Deployment shop/web is invalid"

    def test_invalid_services_are_unknown(self) -> None:
        """The pods that an invalid Service would select are not unreached."""
        bad = make_service(ports=[{"port": 0}])
        found = PortMap.of([bad, make_deployment()])
        assert (found.services, found.misses, found.unreached) == ((), (), ())
        assert [str(each.name) for each in found.unknown] == ["Service shop/web"]


class TestUnreached:
    """`unreached`: declared ports that nothing reaches."""

    def test_a_policy_does_not_reach_a_port(self) -> None:
        """A Service and a probe reach a port; a NetworkPolicy does not."""
        policy = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "p", "namespace": "shop"},
            "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 9000}]}]},
        }
        found = PortMap.of([make_service(), make_deployment(), policy])
        assert shown(found.unreached) == ["Deployment shop/web app 9000/TCP"]

    @pytest.mark.parametrize(
        "spec",
        [{"replicas": 0}, {"template": {**TEMPLATE, "spec": {**TEMPLATE["spec"], "hostNetwork": True}}}],
    )
    def test_workloads_without_pods_or_on_the_network_of_the_node_are_skipped(self, spec: Manifest) -> None:
        """Such workloads have no unreached ports."""
        assert PortMap.of([make_deployment(**spec)]).unreached == ()


class TestNodePorts:
    """Node ports belong to one Service of the cluster."""

    def node_service(self, name: str, *ports: int, **spec: Any) -> Manifest:
        """Return a NodePort Service that requests these numbers; 0 leaves one to the cluster."""
        given = [
            {"name": f"p{place}", "port": 80 + place} | ({"nodePort": number} if number else {})
            for place, number in enumerate(ports)
        ]
        return make_service(name, type="NodePort", ports=given, **spec)

    def test_taken_and_free_numbers_by_band(self) -> None:
        """`free_static` has the static band, `free_dynamic` the rest of the range."""
        found = PortMap.of([self.node_service("a", 30001, 30500, 0)]).node_ports
        assert [(each.number, each.band, each.position) for each in found.taken] == [
            (30001, "static", 0),
            (30500, "dynamic", 1),
        ]
        assert found.left_to_the_cluster == 1
        assert found.free_static == (range(30000, 30001), range(30002, 30086))
        assert found.free_dynamic == (range(30086, 30500), range(30501, 32768))

    def test_the_range_is_that_of_the_cluster(self) -> None:
        """The bands depend on the range of the cluster."""
        cluster = Cluster(node_port_range=range(20000, 20016))
        found = PortMap.of([self.node_service("a", 20001)], cluster=cluster).node_ports
        assert (found.free_static, found.free_dynamic) == ((), (range(20000, 20001), range(20002, 20016)))

    def test_two_services_collide_whatever_the_protocol(self) -> None:
        """The second Service by name is the one that the API server would refuse."""
        services = [self.node_service("a", 30001), self.node_service("b", 30001)]
        [collision] = PortMap.of(services).node_ports.collisions
        assert (collision.service.name, collision.other.name) == ("b", "a")
        assert collision.violation.code == "node-port-taken"
        assert {each.service.name for each in PortMap.of(services).node_ports.of(30001)} == {"a", "b"}

    def test_a_health_check_node_port_is_taken_from_the_same_numbers(self) -> None:
        """A health check node port has no position in `ports`."""
        balancer = make_service("lb", type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=30001)
        found = PortMap.of([balancer, self.node_service("z", 30001)])
        assert [each.position for each in found.node_ports.of(30001)] == [None, 0]
        assert len(found.node_ports.collisions) == 1


class TestHostPorts:
    """Host ports belong to one pod of a node."""

    def on_host(self, name: str, *ports: Manifest, namespace: str | None = "shop", **spec: Any) -> Manifest:
        """Return a DaemonSet whose container has these ports."""
        template = {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "app", "ports": list(ports)}]} | spec,
        }
        return make_deployment(name, namespace, template=template) | {"kind": "DaemonSet"}

    def test_taken_and_colliding_ports(self) -> None:
        """Two workloads with one host port collide."""
        port = {"containerPort": 80, "hostPort": 8080}
        found = PortMap.of([self.on_host("a", port), self.on_host("b", port)]).host_ports
        assert [(each.number, each.workload.name) for each in found.taken] == [(8080, "a"), (8080, "b")]
        assert [[each.workload.name for each in group] for group in found.collisions] == [["a", "b"]]

    @pytest.mark.parametrize(
        ("one", "other", "collide"),
        [
            ({"hostIP": "10.0.0.1"}, {"hostIP": "10.0.0.2"}, False),
            ({"hostIP": "10.0.0.1"}, {}, True),
            ({"hostIP": "0.0.0.0"}, {"hostIP": "10.0.0.2"}, True),
            ({"protocol": "UDP"}, {}, False),
        ],
    )
    def test_address_and_protocol_separate_host_ports(self, one: Manifest, other: Manifest, collide: bool) -> None:
        """No address is all addresses of the node."""
        port = {"containerPort": 80, "hostPort": 8080}
        found = PortMap.of([self.on_host("a", port | one), self.on_host("b", port | other)]).host_ports
        assert bool(found.collisions) == collide

    def test_a_pod_on_the_network_of_the_node_takes_its_ports(self) -> None:
        """Under host networking a container port is a host port."""
        found = PortMap.of([self.on_host("a", {"containerPort": 9100}, hostNetwork=True)])
        assert [(each.number, each.host_network) for each in found.host_ports.taken] == [(9100, True)]
        assert "host-port" in {chain.entry for chain in found.who_reaches("a", port=9100)}

    def test_a_workload_without_a_namespace_can_be_the_same(self) -> None:
        """An object without a namespace does not collide with one of its name in a namespace."""
        port = {"containerPort": 80, "hostPort": 8080}
        objects = [self.on_host("a", port), self.on_host("a", port, namespace=None)]
        assert PortMap.of(objects).host_ports.collisions == ()


class TestOtherKindsOfWorkloads:
    """Kinds of other projects with pod templates."""

    @pytest.mark.parametrize(
        ("api", "kind", "shown_kind"),
        [
            ("argoproj.io/v1alpha1", "Rollout", "Rollout"),
            ("apps.openshift.io/v1", "DeploymentConfig", "DeploymentConfig"),
            ("serving.knative.dev/v1", "Service", "Service.serving.knative.dev"),
            ("apps.kruise.io/v1alpha1", "CloneSet", "CloneSet"),
            ("apps.kruise.io/v1beta1", "StatefulSet", "StatefulSet.apps.kruise.io"),
            ("example.com/v1", "Fleet", "Fleet"),
        ],
    )
    def test_a_template_at_the_usual_place_is_read(self, api: str, kind: str, shown_kind: str) -> None:
        """A template at the usual path is read like that of a Deployment."""
        # The selector of a DeploymentConfig is a map of labels, and by default it is that of the template.
        found = PortMap.of([make_service(), make_deployment(selector={}) | {"apiVersion": api, "kind": kind}])
        assert shown(found.reaches("web")) == [f"{shown_kind} shop/web app 8080/TCP"]
        [probe] = found.references
        assert (probe.field, shown(probe.targets)) == (
            "spec.template.spec.containers[0].readinessProbe.httpGet.port",
            [f"{shown_kind} shop/web app 8080/TCP"],
        )

    def test_labels_that_controllers_add(self) -> None:
        """A selector matches the label that a DeploymentConfig adds to its pods."""
        config = make_deployment(selector={"app": "web"}) | {
            "apiVersion": "apps.openshift.io/v1",
            "kind": "DeploymentConfig",
        }
        service = make_service(selector={"deploymentconfig": "web"})
        assert shown(PortMap.of([service, config]).reaches("web")) == ["DeploymentConfig shop/web app 8080/TCP"]
        assert read_workload(config).selector == {"app": "web"}

    def test_a_cluster_service_version_makes_several_deployments(self) -> None:
        """Each Deployment has its own name, labels and probes."""
        deployments = [
            {"name": name, "spec": {"selector": {"matchLabels": {"app": name}}, "template": TEMPLATE}}
            for name in ("one", "two")
        ]
        version = {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "ClusterServiceVersion",
            "metadata": {"name": "operator.v1", "namespace": "shop"},
            "spec": {"install": {"spec": {"deployments": deployments}}},
        }
        assert makes_pods(version)
        assert [(each.kind, each.name) for each in read_workloads(version)] == [
            ("Deployment", "one"),
            ("Deployment", "two"),
        ]
        found = PortMap.of([version, make_service()])
        assert shown(found.reaches("web")) == [
            "Deployment shop/one app 8080/TCP",
            "Deployment shop/two app 8080/TCP",
        ]
        assert [str(target) for each in found.references for target in each.targets] == shown(found.reaches("web"))
        assert found.references[1].field.startswith("spec.install.spec.deployments[1].spec.template")

    def test_a_rollout_that_refers_to_a_deployment(self) -> None:
        """A Rollout with a `workloadRef` is not a workload itself."""
        spec = {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
        rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web"}, "spec": spec}
        assert read_workloads(rollout) == ()
        assert PortMap.of([rollout]).unknown == ()

    def test_an_invalid_template_of_several(self) -> None:
        """The violations name the field of the whole object."""
        version = {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "ClusterServiceVersion",
            "metadata": {"name": "operator.v1"},
            "spec": {"install": {"spec": {"deployments": [{"name": "one", "spec": {}}]}}},
        }
        [unknown] = PortMap.of([version]).unknown
        assert unknown.violations[0].field == "spec.install.spec.deployments[0].spec.template"

    def test_replicas_are_read(self) -> None:
        """Replicas are read if they are a number."""
        assert read_workload(make_deployment(replicas=3)).replicas == 3
        assert read_workload(make_deployment()).replicas is None
        assert read_workload(make_deployment(replicas="3")).replicas is None


class TestPlainData:
    """`as_dict`: plain data with a documented schema."""

    def test_it_is_json_and_has_a_version(self) -> None:
        """The data can be written as JSON and has the version of its schema."""
        data = PortMap.of([make_service(), make_deployment(), make_ingress(make_rule("h", "/"))]).as_dict()
        assert json.loads(json.dumps(data)) == data
        assert (data["version"], data["kubernetesVersion"]) == (1, "1.36")

    def test_every_field_is_documented(self) -> None:
        """docs/portmap.md names every field of the data."""
        ports = [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30001}]
        services = [make_service(name, type="NodePort", ports=ports) for name in ("a", "b")]
        hosts = TestHostPorts().on_host("h", {"containerPort": 1, "hostPort": 1})
        more = TestHostPorts().on_host("i", {"containerPort": 1, "hostPort": 1})
        bad = make_service("bad", ports=[{"port": 0}])
        ingress = make_ingress(make_rule("h", "/", "a"), make_rule("h", "/x", "c"))
        page = (Path(__file__).resolve().parents[2] / "docs" / "portmap.md").read_text(encoding="utf-8")
        data = PortMap.of([*services, hosts, more, bad, ingress, make_deployment()]).as_dict()
        missing = {name for name in _names(data) if f"`{name}`" not in page}
        assert not missing

    def test_known_data(self) -> None:
        """The complete data of a small map."""
        data = PortMap.of([make_service(), make_deployment()]).as_dict()
        target = {
            "kind": "Deployment",
            "namespace": "shop",
            "name": "web",
            "container": "app",
            "port": 8080,
            "portName": "web",
            "protocol": "TCP",
        }
        assert data["services"] == [
            {
                "kind": "Service",
                "namespace": "shop",
                "name": "web",
                "type": "ClusterIP",
                "headless": False,
                "elsewhere": None,
                "ports": [
                    {
                        "name": "http",
                        "port": 80,
                        "protocol": "TCP",
                        "appProtocol": None,
                        "targetPort": "web",
                        "nodePort": None,
                        "reaches": [target],
                        "stops": None,
                        "doubt": None,
                        "referredToBy": [],
                    }
                ],
            }
        ]
        assert data["unreached"] == [target | {"port": 9000, "portName": "admin"}]


def _names(data: Any) -> set[str]:
    """Return the name of every field."""
    if isinstance(data, dict):
        return set(data) | {name for value in data.values() for name in _names(value)}
    return {name for item in data for name in _names(item)} if isinstance(data, list) else set()


SIX: Final = (
    "argoproj__argo-cd",
    "istio__istio",
    "kubernetes-sigs__gateway-api",
    "kubernetes__examples",
    "kubernetes__ingress-nginx",
    "prometheus-operator__kube-prometheus",
)


@pytest.mark.parametrize("repository", SIX)
def test_maps_of_public_repositories_hold_together(shared: Path, repository: str) -> None:
    """Every target is a workload of the map, and every reference has targets, a miss or an unknown result."""
    found = PortMap.of(load(shared / "corpus" / repository))
    data = found.as_dict()
    assert json.loads(json.dumps(data)) == data
    known = {(each["kind"], each["namespace"], each["name"]) for each in data["workloads"]}
    reached = [target for service in data["services"] for port in service["ports"] for target in port["reaches"]]
    assert reached
    assert all((target["kind"], target["namespace"], target["name"]) in known for target in reached)
    for each in found.references:
        assert not each.targets or (each.miss, each.unknown) == (None, None)
        assert each.miss is None or each.miss in found.misses


VALUES: Final = (
    *("Approach", "Chain", "ContainerTarget", "Hop", "HostPort", "HostPorts", "MapMiss", "NodePort", "NodePorts"),
    *("ObjectName", "Onward", "PathMatch", "ResolvedReference", "ServiceTarget", "Trace", "UnknownObject"),
)
PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "portmap.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", VALUES)
def test_result_classes_are_documented(name: str) -> None:
    """Every result class is exported, and docs/portmap.md has a row with its attributes."""
    value = getattr(portmap, name)
    [row] = [line for line in PAGE.splitlines() if line.startswith("| ") and f"`{name}`" in line.split("|")[1]]
    documented = set(re.findall(r"`(\w+)`", row.split("|")[3]))
    fields = {field.alias for field in attrs.fields(value) if field.repr and not field.name.startswith("_")}
    assert fields - {"cluster"} <= documented
    assert documented <= set(dir(value)) | fields or name in {"NodePort", "NodePorts", "HostPort", "HostPorts"}
