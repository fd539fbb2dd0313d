"""`resolve` and `resolve_all`: the endpoints of the ports of Services."""

from io import StringIO
from json import dumps
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Endpoint,
    Pod,
    Service,
    ServicePort,
    ValidationError,
    Workload,
    load,
    resolve,
    resolve_all,
)
from portmap._model.workloads import could_select
from portmap._resolution.find_port import find_port
from portmap.manifests import Manifests
from typed_objects import HTTP, TO_HTTP, make_running_pod, make_service


class TestFindPort:
    """`FindPort`: one Service port in one pod."""

    @staticmethod
    def number(pod: Pod, port: ServicePort, **options: Any) -> int | None:
        found = resolve(make_service(port), [pod], **options).endpoints(port)
        return found[0].port if found else None

    def test_a_number_passes_through(self) -> None:
        """A number needs no declaration; `container` is None if no container declares it."""
        service = make_service(ServicePort(80, target_port=8080))
        assert resolve(service, [make_running_pod()]).endpoints() == (
            Endpoint("web-0", None, 8080, "TCP", addresses=("10.1.0.1",)),
        )
        assert resolve(service, [make_running_pod("web-0", HTTP)]).endpoints()[0].container == "app"

    def test_left_out_it_is_the_port_itself(self) -> None:
        """The default target port is the port itself."""
        assert self.number(make_running_pod(), ServicePort(80)) == 80

    def test_name_and_protocol_must_match(self) -> None:
        """A container port of the same name but another protocol does not match."""
        pod = make_running_pod("a", ContainerPort(53, name="dns", protocol="UDP"), ContainerPort(5353, name="dns-tcp"))
        assert self.number(pod, ServicePort(53, protocol="UDP", target_port="dns")) == 53
        assert self.number(pod, ServicePort(53, target_port="dns")) is None
        assert self.number(pod, ServicePort(53, target_port="dns-tcp")) == 5353

    def test_the_first_match_wins(self) -> None:
        """Containers are searched in their order, then sidecars."""
        sidecar = Container("proxy", ports=[ContainerPort(15000, name="http")], restart_policy="Always")
        two = [Container("a", ports=[HTTP]), Container("b", ports=[ContainerPort(9090, name="http")])]
        assert (
            self.number(
                make_running_pod(containers=two, init_containers=[sidecar]), ServicePort(80, target_port="http")
            )
            == 8080
        )
        assert self.number(make_running_pod(containers=two[::-1]), ServicePort(80, target_port="http")) == 9090

    def test_sidecars(self) -> None:
        """Sidecars are searched since 1.33; other init containers never are."""
        sidecar = Container("proxy", ports=[HTTP], restart_policy="Always")
        pod = make_running_pod(containers=[Container("app")], init_containers=[sidecar])
        assert self.number(pod, TO_HTTP) == 8080
        assert self.number(pod, TO_HTTP, cluster=Cluster("1.32")) is None
        with Cluster("1.32"):
            assert self.number(pod, TO_HTTP) is None
        ended = make_running_pod(containers=[Container("app")], init_containers=[Container("setup", ports=[HTTP])])
        assert self.number(ended, TO_HTTP) is None

    def test_never_the_host_port(self) -> None:
        """A target port resolves to the container port, never to the host port."""
        assert (
            self.number(
                make_running_pod("a", ContainerPort(8080, name="http", host_port=80)),
                ServicePort(80, target_port="http"),
            )
            == 8080
        )


class TestSelection:
    """Which pods a Service selects."""

    @pytest.mark.parametrize(
        ("selector", "labels", "selected"),
        [
            ({"app": "web"}, {"app": "web", "tier": "front"}, True),
            ({"app": "web", "tier": "front"}, {"app": "web"}, False),
            ({"app": "web"}, {"app": "other"}, False),
            ({"app": ""}, {"app": ""}, True),
            ({"app": ""}, {}, False),
        ],
    )
    def test_labels(self, selector: dict[str, str], labels: dict[str, str], selected: bool) -> None:
        """A pod needs all labels of the selector and may have more."""
        found = resolve(make_service(ServicePort(80), selector=selector), [make_running_pod(labels=labels)])
        assert bool(found.endpoints()) == selected

    @pytest.mark.parametrize(
        ("service", "pod", "selected"),
        [
            ("shop", "shop", True),
            ("shop", "other", False),
            (None, "shop", True),
            ("shop", None, True),
            (None, None, True),
        ],
    )
    def test_namespaces(self, service: str | None, pod: str | None, selected: bool) -> None:
        """A Service selects pods of its namespace; an unknown namespace matches any."""
        found = resolve(make_service(ServicePort(80), namespace=service), [make_running_pod(namespace=pod)])
        assert bool(found.endpoints()) == selected

    @pytest.mark.parametrize("selector", [None, {}])
    def test_without_a_selector(self, selector: dict[str, str] | None) -> None:
        """A Service without a selector has no endpoints, misses or slices, and says why."""
        found = resolve(make_service(ServicePort(80), selector=selector), [make_running_pod()])
        assert found.elsewhere is not None
        assert "selector" in found.elsewhere
        assert (found.endpoints(), found.misses, found.slices, found.leads_nowhere) == ((), (), (), ())

    def test_external_names(self) -> None:
        """An ExternalName Service has no pods."""
        service = Service.alias_of("db", "db.example.com", [ServicePort(5432)])
        found = resolve(service, [make_running_pod()])
        assert found.elsewhere is not None
        assert "db.example.com" in found.elsewhere
        assert found.slices == ()

    def test_workloads(self) -> None:
        """A workload stands for the pods that it creates, and the endpoint names it."""
        deployment = Workload(
            "Deployment", "web", Pod("web", labels={"app": "web"}, containers=[Container("app", ports=[HTTP])])
        )
        [endpoint] = resolve(make_service(), [deployment]).endpoints()
        assert endpoint == Endpoint("web", "app", 8080, "TCP", workload="Deployment/web")

    @pytest.mark.parametrize(
        ("kind", "label", "value", "selected"),
        [
            ("StatefulSet", "statefulset.kubernetes.io/pod-name", "web-0", True),
            ("StatefulSet", "statefulset.kubernetes.io/pod-name", "db-0", False),
            ("StatefulSet", "apps.kubernetes.io/pod-index", "0", True),
            ("StatefulSet", "apps.kubernetes.io/pod-index", "first", False),
            ("Deployment", "pod-template-hash", "abc", True),
            ("Job", "batch.kubernetes.io/job-name", "web", True),
            ("DaemonSet", "job-name", "web", False),
        ],
    )
    def test_labels_that_controllers_add(self, kind: str, label: str, value: str, selected: bool) -> None:
        """A selector matches labels that controllers add to pods, with a value that they would set."""
        workload = Workload(kind, "web", Pod("web", labels={"app": "web"}))
        service = make_service(ServicePort(80), selector={"app": "web", label: value})
        assert bool(resolve(service, [workload]).endpoints()) == selected
        both = resolve_all([service, make_service(ServicePort(80))], [workload])
        assert [bool(each.endpoints()) for each in both] == [selected, True]

    def test_plain_dicts(self) -> None:
        """A plain dict of a pod or workload is accepted."""
        manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web-0", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080, "name": "http"}]}]},
        }
        assert resolve(make_service(), [manifest]).endpoints()[0].port == 8080
        with pytest.raises(ValidationError):
            resolve(make_service(), [{"kind": "ConfigMap"}])
        with pytest.raises(TypeError):
            resolve(make_service(), [5])  # type: ignore[list-item]
        for pod in (manifest, make_running_pod()):
            with pytest.raises(TypeError, match=rf"not a {type(pod).__name__}: write \[pod\] for one"):
                resolve(make_service(), pod)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="the Service must be a Service or the plain dict of one, not list"):
            resolve([make_running_pod()], make_service())  # type: ignore[arg-type]


class TestEndpoints:
    """`endpoints(port)`: the port by name, by number or as an object."""

    DNS = (
        ServicePort(53, name="dns", protocol="UDP"),
        ServicePort(53, name="dns-tcp"),
        ServicePort(9153, name="metrics"),
    )

    def test_a_port_by_name_number_or_object(self) -> None:
        """A name, a number and a ServicePort select the port; a number may select two."""
        found = resolve(make_service(*self.DNS), [make_running_pod("a")])
        assert found.endpoints("metrics") == found.endpoints(9153) == found.endpoints(self.DNS[2])
        assert [each.protocol for each in found.endpoints(53)] == ["UDP", "TCP"]
        assert [each.protocol for each in found.endpoints("dns")] == ["UDP"]
        assert found.endpoints(attrs.evolve(self.DNS[0])) == found.endpoints("dns")

    def test_one_port_needs_no_name(self) -> None:
        """The port can be left out if the Service has only one."""
        assert resolve(make_service(ServicePort(80)), [make_running_pod()]).endpoints()

    @pytest.mark.parametrize("port", [None, "http", 54, ServicePort(54)])
    def test_no_such_port(self, port: Any) -> None:
        """A port that the Service does not have is a `KeyError` that lists its ports."""
        found = resolve(make_service(*self.DNS), [make_running_pod("a")])
        with pytest.raises(KeyError, match=r"dns-tcp 53.*metrics 9153"):
            found.endpoints(port)

    @pytest.mark.parametrize("port", [True, 53.0, b"dns", ["dns"]])
    def test_wrong_types(self, port: Any) -> None:
        """Nothing is converted to a number: `True` is not 1, and 53.0 is not 53."""
        found = resolve(make_service(*self.DNS, ServicePort(1, name="one")), [make_running_pod("a")])
        with pytest.raises(TypeError, match="port must be a name, a number, a ServicePort or a ContainerPort, not"):
            found.endpoints(port)

    def test_the_empty_name_selects_the_port_without_a_name(self) -> None:
        """`""` selects the port without a name, or is a `KeyError`."""
        assert resolve(make_service(ServicePort(80)), [make_running_pod("a")]).endpoints("")
        with pytest.raises(KeyError, match="has no port without a name: it has dns 53"):
            resolve(make_service(*self.DNS), [make_running_pod("a")]).endpoints("")

    def test_digits_in_quotes_are_a_name(self) -> None:
        """A number written as text is a `KeyError` whose hint is the number without quotes."""
        with pytest.raises(KeyError, match="'53' is a name, and the number is written 53"):
            resolve(make_service(*self.DNS), [make_running_pod("a")]).endpoints("53")

    def test_a_service_without_ports(self) -> None:
        """A headless Service without ports has endpoints only in its slices."""
        found = resolve(Service.headless("db", selector={"app": "web"}), [make_running_pod("a")])
        assert [each.pod for each in found.slices[0].endpoints] == ["a"]
        with pytest.raises(KeyError, match="none"):
            found.endpoints()


def test_the_cost_of_resolving_all_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of N Services and 10 N pods grows with the matches, not with the product."""
    comparisons = 0

    def counting(*arguments: Any) -> bool:
        nonlocal comparisons
        comparisons += 1
        return could_select(*arguments)

    monkeypatch.setattr("portmap._resolution.selection.could_select", counting)

    def cost(count: int) -> int:
        nonlocal comparisons
        services = [Service(f"s{n}", selector={"app": f"a{n}"}, ports=[ServicePort(80)]) for n in range(count)]
        pods = [Pod(f"p{n}", labels={"app": f"a{n % count}", "tier": "all"}) for n in range(10 * count)]
        comparisons = 0
        resolutions = resolve_all(services, pods)
        assert all(len(resolution.endpoints()) == 10 for resolution in resolutions)
        return comparisons

    once, twice = cost(500), cost(1_000)
    assert twice == 2 * once
    assert twice <= 2 * 10_000


def test_resolving_one_is_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each port is looked up once in each selected pod."""
    lookups = 0

    def counting(*arguments: Any, **options: Any) -> Any:
        nonlocal lookups
        lookups += 1
        return find_port(*arguments, **options)

    monkeypatch.setattr("portmap._resolution.find_port.find_port", counting)
    pods = [make_running_pod(f"p{n}", HTTP, labels={"app": "web" if n % 2 else "other"}) for n in range(1_000)]
    resolve(
        make_service(ServicePort(80, name="a", target_port="http"), ServicePort(81, name="b", target_port="x")), pods
    )
    assert lookups == 2 * 500


def test_a_number_of_another_protocol_is_not_declared() -> None:
    """A number that a container declares for another protocol counts as undeclared."""
    pod = Pod("p", labels={"app": "web"}, containers=[Container("dns", ports=[ContainerPort(53, protocol="UDP")])])
    service = Service("web", selector={"app": "web"}, ports=[ServicePort(53)])
    [endpoint] = resolve(service, [pod]).endpoints()
    assert (endpoint.container, endpoint.port, endpoint.protocol) == (None, 53, "TCP")


def test_a_finished_pod_does_not_hide_the_miss_of_another() -> None:
    """Each pod has its own miss."""
    ended = Pod("a", labels={"app": "web"}, phase="Succeeded", addresses=["10.0.0.1"])
    other = Pod("b", labels={"app": "web"})
    service = Service("web", selector={"app": "web"}, ports=[ServicePort(80, target_port="http")])
    codes = [(miss.pod, miss.code) for miss in resolve(service, [ended, other]).misses]
    assert codes == [("a", "pod-not-published"), ("b", "unresolved-target-port")]


def test_the_error_for_a_missing_port() -> None:
    """The error asks which port is meant, or names the port that does not exist."""
    service = Service("web", selector={"app": "web"}, ports=[ServicePort(80, name="a"), ServicePort(81, name="b")])
    with pytest.raises(KeyError, match="which port"):
        resolve(service, []).endpoints()
    with pytest.raises(KeyError, match="has no port 'c'"):
        resolve(service, []).endpoints("c")


def test_a_workload_without_replicas_has_no_endpoints() -> None:
    """A workload with 0 replicas creates no pods and receives no traffic."""
    workload = Workload("Deployment", "web", Pod("web", labels={"app": "web"}), replicas=0)
    resolution = resolve(Service("web", selector={"app": "web"}, ports=[ServicePort(80)]), [workload])
    assert resolution.leads_nowhere == resolution.service.ports
    assert [miss.code for miss in resolution.misses] == ["makes-no-pods"]


MIXED: Final = """
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: a}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: x, ports: [{name: a, containerPort: 1}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: web}}, spec: {containers: [{name: x, ports: [PORT]}]}}
"""


class TestDocuments:
    """`resolve` accepts the result of `load`."""

    @staticmethod
    def loaded(port: str = "{name: a, containerPort: 2}") -> Manifests:
        """Return a Service, a Deployment, a Pod and a ConfigMap."""
        return load(StringIO(MIXED.replace("PORT", port)))

    def test_other_kinds_are_ignored(self) -> None:
        """Documents that create pods are used as pods, documents of Services as Services, and others are ignored."""
        found = self.loaded()
        [service] = found.objects(Service)
        routes = resolve(service, found)
        assert [(each.pod, each.port) for each in routes.endpoints()] == [("web", 1), ("p", 2)]
        assert (
            resolve(found[1], list(found))
            == resolve(found[1], [each for each in found if each.kind != "Service"])
            == routes
        )
        assert resolve_all(found, found) == (routes,)
        assert routes.service is service

    def test_invalid_documents(self) -> None:
        """An invalid pod or Service is an error that names its place; other invalid documents are ignored."""
        found = self.loaded("{name: A, containerPort: 2}")
        with pytest.raises(ValidationError, match=r"^Pod p \(<stream>:12\) is invalid"):
            resolve(found[1], found)
        broken = load(StringIO("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {}}"))
        for services in (broken, [broken[0]]):
            with pytest.raises(ValidationError, match=r"^Service web \(<stream>:1\) is invalid"):
                resolve_all(services, [])
        assert resolve(Service("web", selector={"app": "web"}, ports=[ServicePort(80)]), broken).endpoints() == ()

    def test_an_object_that_holds_several_workloads(self) -> None:
        """A ClusterServiceVersion stands for each of its Deployments."""
        spec = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "x"}]}}}
        version = {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "ClusterServiceVersion",
            "metadata": {"name": "shop"},
            "spec": {"install": {"spec": {"deployments": [{"name": name, "spec": spec} for name in "ab"]}}},
        }
        routes = resolve(
            Service("web", selector={"app": "web"}, ports=[ServicePort(80)]), load(StringIO(dumps(version)))
        )
        assert [each.workload for each in routes.endpoints()] == ["Deployment/a", "Deployment/b"]

    def test_a_plain_dict_that_makes_no_pods(self) -> None:
        """A plain dict of a kind without pods is an error that lists the kinds with pods."""
        with pytest.raises(ValidationError) as caught:
            resolve(make_service(TO_HTTP), [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}])
        [violation] = caught.value.violations
        assert violation.code == "wrong-kind"
        assert violation.message.startswith('Wrong kind: "Service": portmap knows no pods of it; pods are made by ')

    @pytest.mark.parametrize("path", ["k8s", Path("k8s")])
    def test_the_name_of_a_file(self, path: Any) -> None:
        """A path is an error whose hint is to load it."""
        with pytest.raises(TypeError, match=r"not the name of a file: write load\('k8s'\)"):
            resolve(make_service(TO_HTTP), path)
        with pytest.raises(TypeError, match=r"not the name of a file: write resolve_all\(load\('k8s'\)\)"):
            resolve_all(path, [])
