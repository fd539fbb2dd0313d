"""Objects of other Kubernetes libraries as manifests, and manifests of portmap in those libraries."""

import datetime as dt
import io
import json
import shutil
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from kubernetes import client as official
from lightkube.codecs import load_all_yaml
from lightkube.core.resource_registry import resource_registry
from lightkube.models import core_v1 as lightkube_models
from lightkube.models import meta_v1 as lightkube_meta
from lightkube.resources import core_v1 as lightkube

from portmap import (
    ManifestError,
    PortMap,
    Service,
    ServicePort,
    ValidationError,
    Workload,
    check_set,
    load,
    resolve,
    to_manifest,
    to_yaml,
)
from portmap.lint import lint
from portmap.manifests import parse, read, stored, to_json, validate

HTTP = ServicePort(80, name="http", target_port="http", node_port=30080)
WEB = Service("web", labels={"a_b": "c"}, type="NodePort", selector={"app_name": "web"}, ports=[HTTP])


def official_service() -> Any:
    return official.V1Service(
        metadata=official.V1ObjectMeta(name="web", labels={"a_b": "c"}),
        spec=official.V1ServiceSpec(
            type="NodePort",
            selector={"app_name": "web"},
            ports=[official.V1ServicePort(name="http", port=80, target_port="http", node_port=30080)],
        ),
    )


def official_pod() -> Any:
    ports = [official.V1ContainerPort(name="http", container_port=8080)]
    return official.V1Pod(
        metadata=official.V1ObjectMeta(name="web-1", labels={"app_name": "web"}),
        spec=official.V1PodSpec(containers=[official.V1Container(name="app", image="example.com/web:1", ports=ports)]),
    )


class TestOfficialClient:
    """The models of the official client."""

    def test_a_service_is_read(self) -> None:
        """A `V1Service` without a kind is a Service; names of labels stay unchanged."""
        assert read(official_service()) == WEB
        assert validate(official_service()) == ()

    def test_fields_of_the_server_are_kept(self) -> None:
        """Times and status from a cluster are kept as the server writes them."""
        service = official_service()
        service.metadata.creation_timestamp = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
        service.status = official.V1ServiceStatus(load_balancer=official.V1LoadBalancerStatus())
        manifest = to_manifest(read(service))  # type: ignore[arg-type]
        assert manifest["metadata"]["creationTimestamp"] == "2026-01-31T12:00:00Z"
        assert manifest["status"] == {"loadBalancer": {}}

    @pytest.mark.parametrize("zone", [None, dt.UTC, dt.timezone(dt.timedelta(hours=-5, minutes=-30))])
    @given(moment=st.datetimes())
    def test_times(self, moment: dt.datetime, zone: dt.tzinfo | None) -> None:
        """Times are written in UTC, to the second; a time without a zone is UTC."""
        service = official_service()
        service.metadata.creation_timestamp = moment.replace(tzinfo=zone)
        try:
            utc = moment.replace(tzinfo=zone or dt.UTC).astimezone(dt.UTC)
        except OverflowError:
            return
        written = to_manifest(read(service))["metadata"]["creationTimestamp"]  # type: ignore[arg-type]
        assert written == f"{utc:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")

    def test_lists(self) -> None:
        """The items of a list get their kind from the class of the list."""
        listed = official.V1ServiceList(items=[official_service(), official_service()])
        assert len(PortMap.of([listed, official_pod()]).services) == 1
        assert lint([listed, official_pod()]).services == 2
        pods = official.V1PodList(items=[official_pod()])
        assert lint([official_service(), pods], complete=True).findings == ()

    def test_writing(self) -> None:
        """`to_yaml` and `to_json` write objects of the client as manifests."""
        [theirs, ours] = load(io.StringIO(to_yaml(official_service(), WEB)))
        assert (theirs.object, ours.object) == (WEB, WEB)
        assert read(json.loads(to_json(official_service()))) == WEB
        assert read(parse(to_yaml(official_service(), explicit=True))[0]) != WEB

    def test_dicts_with_python_names(self) -> None:
        """`to_dict()` has Python names; the error says what to pass instead."""
        for theirs in (official_service().to_dict(), {**official_pod().to_dict(), "kind": "Pod"}):
            for call in (read, validate, to_yaml, lambda each: resolve(each, []), lambda each: lint([each])):
                with pytest.raises(TypeError, match="give the object itself"):
                    call(theirs)

    def test_sets_are_checked(self) -> None:
        """`check_set` takes Services of the client, and refuses other objects."""
        [conflict] = check_set([official_service(), {**to_manifest(WEB), "metadata": {"name": "b"}}])
        assert conflict.violation.code == "node-port-taken"
        assert conflict.other == WEB
        with pytest.raises(TypeError, match="a dict of kind 'Pod'"):
            check_set([official_pod()])
        with pytest.raises(TypeError, match="not int"):
            check_set([5])  # type: ignore[list-item]

    def test_violations(self) -> None:
        """Violations have the field paths of the manifest."""
        service = official_service()
        service.spec.ports[0].target_port = "8080"
        with pytest.raises(ValidationError) as caught:
            read(service)
        assert [each.field for each in caught.value.violations] == ["spec.ports[0].targetPort"]
        assert [each.field for each in validate(service)] == ["spec.ports[0].targetPort"]

    def test_an_update_is_judged(self) -> None:
        """An object from the cluster is the old object of an update."""
        old = official_service()
        old.spec.cluster_ip, old.spec.cluster_ips = "10.0.0.1", ["10.0.0.1"]
        new = official_service()
        new.spec.cluster_ip = "10.0.0.2"
        assert {each.code for each in validate(new, old=old)} >= {"cluster-ip-immutable"}
        assert stored(official_service(), old=old)["spec"]["clusterIP"] == "10.0.0.1"

    def test_ports_are_resolved(self) -> None:
        """Services and pods of the client resolve like typed objects."""
        [endpoint] = resolve(official_service(), [official_pod()]).endpoints()
        assert endpoint.port == 8080
        assert len(PortMap.of([official_service(), official_pod()]).services) == 1

    def test_they_are_linted(self) -> None:
        """The linter takes the models, and reports findings about them."""
        service = official_service()
        service.spec.ports[0].target_port = "htpp"
        assert [finding.rule for finding in lint([service, official_pod()])] == ["unresolved-target-port"]

    def test_a_deployment_is_a_workload(self) -> None:
        """A `V1Deployment` gets its kind from its class."""
        deployment = official.V1Deployment(
            metadata=official.V1ObjectMeta(name="web"),
            spec=official.V1DeploymentSpec(
                selector=official.V1LabelSelector(match_labels={"app_name": "web"}),
                template=official.V1PodTemplateSpec(metadata=official_pod().metadata, spec=official_pod().spec),
            ),
        )
        workload = read(deployment)
        assert isinstance(workload, Workload)
        assert workload.kind == "Deployment"
        assert Service.exposing(deployment).selector == {"app_name": "web"}

    def test_manifests_in_the_client(self) -> None:
        """The client accepts a manifest, and reads it as its own model."""
        api: Any = official.ApiClient()
        manifest = to_manifest(WEB)
        assert api.sanitize_for_serialization(manifest) == manifest
        model = api.deserialize(json.dumps(manifest), "V1Service", "application/json")
        assert read(model) == WEB


class TestLightkube:
    """The models of lightkube."""

    def test_services_and_pods(self) -> None:
        """A Service is read, validated and resolved; so is one that lightkube read from a manifest."""
        service = lightkube.Service(
            metadata=lightkube_meta.ObjectMeta(name="web", labels={"a_b": "c"}),
            spec=lightkube_models.ServiceSpec(
                type="NodePort",
                selector={"app_name": "web"},
                ports=[lightkube_models.ServicePort(name="http", port=80, targetPort="http", nodePort=30080)],
            ),
        )
        assert read(service) == WEB
        assert validate(service) == ()
        pod = lightkube.Pod.from_dict(
            {
                "metadata": {"name": "web-1", "labels": {"app_name": "web"}},
                "spec": {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]},
            }
        )
        assert [each.port for each in resolve(service, [pod]).endpoints()] == [8080]

    def test_manifests_in_lightkube(self) -> None:
        """lightkube reads the data and the YAML of portmap."""
        assert read(lightkube.Service.from_dict(to_manifest(WEB))) == WEB
        [loaded] = load_all_yaml(to_yaml(WEB))
        assert read(loaded) == WEB
        assert resource_registry.get("v1", "Service") is lightkube.Service


def test_kr8s() -> None:
    """An object of kr8s is read, and can be made from a manifest."""
    objects = pytest.importorskip("kr8s.asyncio.objects", reason="kr8s is not installed")
    service = objects.Service(to_manifest(WEB), api=SimpleNamespace(namespace="default"))
    assert read(service) == read({**to_manifest(WEB), "metadata": dict(service.raw["metadata"])})
    assert validate(service) == ()
    assert to_manifest(read(service))["spec"] == to_manifest(WEB)["spec"]  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("node") is None, reason="cdk8s runs in Node.js, which is not installed")
def test_cdk8s() -> None:
    """A chart contains a Service of portmap unchanged, and its objects are read."""
    cdk8s = pytest.importorskip("cdk8s", reason="cdk8s is not installed")
    chart = cdk8s.Testing.chart()
    manifest = to_manifest(WEB)
    metadata = {"name": "web", "labels": {"a_b": "c"}}
    made = cdk8s.ApiObject(chart, "web", api_version="v1", kind="Service", metadata=metadata)
    made.add_json_patch(cdk8s.JsonPatch.add("/spec", manifest["spec"]))
    assert cdk8s.Testing.synth(chart) == [manifest]
    assert made.to_json() == manifest
    assert read(made) == WEB
    assert validate(made) == ()
    assert [finding.rule for finding in lint([made], complete=True)] == ["selector-matches-nothing"]


class TestPulumi:
    """Classes like those of Pulumi's provider for Kubernetes, whose import takes half a minute."""

    @pulumi.input_type
    class PortArgs:
        def __init__(self, *, port: int, target_port: object = None) -> None:
            pulumi.set(self, "port", port)
            pulumi.set(self, "target_port", target_port)

        @property
        @pulumi.getter
        def port(self) -> Any:
            return pulumi.get(self, "port")

        @property
        @pulumi.getter(name="targetPort")
        def target_port(self) -> Any:
            return pulumi.get(self, "target_port")

    @pulumi.input_type
    class ServiceInitArgs:
        def __init__(self, *, metadata: object, spec: object) -> None:
            pulumi.set(self, "metadata", metadata)
            pulumi.set(self, "spec", spec)

        @property
        @pulumi.getter
        def metadata(self) -> Any:
            return pulumi.get(self, "metadata")

        @property
        @pulumi.getter
        def spec(self) -> Any:
            return pulumi.get(self, "spec")

    @pulumi.output_type
    class Spec(dict):  # type: ignore[type-arg]
        def __init__(self, *, ports: object, external_ips: object) -> None:
            pulumi.set(self, "ports", ports)
            pulumi.set(self, "external_ips", external_ips)

        @property
        @pulumi.getter
        def ports(self) -> Any:
            return pulumi.get(self, "ports")

        @property
        @pulumi.getter(name="externalIPs")
        def external_ips(self) -> Any:
            return pulumi.get(self, "external_ips")

    def test_arguments(self) -> None:
        """The arguments of a Service are read by their API names."""
        ports = [self.PortArgs(port=80, target_port="http")]
        arguments: Any = self.ServiceInitArgs(metadata={"name": "web"}, spec={"ports": ports})
        assert read(arguments) == Service("web", ports=[ServicePort(80, target_port="http")])
        assert validate(arguments) == ()

    def test_outputs(self) -> None:
        """A part that Pulumi passes to the function of an `apply` is read by its API names."""
        spec = self.Spec(ports=[{"port": 80}], external_ips=["10.0.0.1"])
        manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
        assert read(manifest) == Service("web", external_ips=["10.0.0.1"], ports=[ServicePort(80)])

    def test_unknown_outputs(self) -> None:
        """An `Output` has no value yet; the error says when it has."""
        unknown = object.__new__(pulumi.Output)
        arguments: Any = self.ServiceInitArgs(metadata={"name": unknown}, spec={"ports": [self.PortArgs(port=80)]})
        with pytest.raises(TypeError, match="apply"):
            read(arguments)
        for call in (
            lambda: lint([unknown]),
            lambda: PortMap.of([unknown]),
            lambda: to_yaml(unknown),
            lambda: resolve(unknown, []),
        ):
            with pytest.raises(TypeError, match="apply"):
                call()


def test_times_that_pyyaml_makes() -> None:
    """Times that PyYAML makes of the text of `kubectl get -o yaml` are read; dates elsewhere are refused."""
    metadata = "metadata: {name: web, creationTimestamp: 2026-01-31T12:00:00Z}"
    text = f"apiVersion: v1\nkind: Service\n{metadata}\nspec: {{ports: [{{port: 80}}]}}"
    manifest = yaml.safe_load(text)
    assert to_manifest(read(manifest))["metadata"]["creationTimestamp"] == "2026-01-31T12:00:00Z"  # type: ignore[arg-type]
    assert validate(manifest) == ()
    assert parse(to_yaml(manifest)) == parse(text)
    manifest["metadata"]["annotations"] = {"built": dt.date(2026, 1, 31)}
    assert [each.field for each in validate(manifest)] == ["metadata.annotations[built]"]
    with pytest.raises(ManifestError, match="built"):
        to_yaml(manifest)


@pytest.mark.parametrize(
    "other", [object(), SimpleNamespace(raw=5), SimpleNamespace(to_dict=lambda: 5), 5, b"x", ["a"]]
)
def test_other_objects_are_refused(other: Any) -> None:
    """An object of an unknown library is refused."""
    with pytest.raises(ValidationError):
        read(other)
    assert validate(other)
    for call in (lambda: resolve(other, []), lambda: PortMap.of([other]), lambda: to_yaml(other)):
        with pytest.raises(TypeError):
            call()
