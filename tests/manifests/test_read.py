"""Parsed manifests read as typed objects, without loss."""

from typing import Any

import attrs
import pytest

from manifest_objects import service_manifest
from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Pod,
    Service,
    ServicePort,
    ValidationError,
    Workload,
    manifests,
    to_manifest,
)
from portmap.manifests import read
from violations import refusals

OWNER = {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1"}


class TestServices:
    """Manifests of Services."""

    def test_example(self) -> None:
        """Each field has an attribute."""
        manifest = service_manifest(
            metadata={"namespace": "shop", "labels": {"team": "shop"}},
            spec={"type": "NodePort", "ports": [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080}]},
        )
        assert read(manifest) == Service(
            "web",
            namespace="shop",
            labels={"team": "shop"},
            type="NodePort",
            selector={"app": "web"},
            ports=[ServicePort(80, name="http", target_port="web", node_port=30080)],
        )

    def test_the_class_that_it_must_be(self) -> None:
        """A manifest of another kind than the requested class is refused, with its kind."""
        read_one: Service = read(service_manifest(), Service)
        assert read_one == read(service_manifest())
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
        assert isinstance(read(pod, Pod), Pod)
        with pytest.raises(ValidationError) as caught:
            read(pod, Service)
        assert str(caught.value.violations[0]).startswith('kind: Wrong kind: "Pod": must be a Service')

    @pytest.mark.parametrize(
        "manifest",
        [
            service_manifest(metadata={"finalizers": ["example.com/cleanup"]}),
            service_manifest(
                metadata={
                    "ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1", "controller": None}]
                }
            ),
            service_manifest(metadata={"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]}),
            service_manifest(metadata={"creationTimestamp": None, "uid": "1", "resourceVersion": "7", "generation": 2}),
            service_manifest(metadata={"labels": None, "annotations": {}}),
            service_manifest(spec={"type": None, "clusterIP": "", "externalIPs": [], "sessionAffinityConfig": {}}),
            service_manifest(spec={"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": None}}}),
            service_manifest(
                spec={"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 5}}}
            ),
            service_manifest(
                spec={"ports": [{"port": 80, "name": None, "targetPort": 0, "nodePort": 0, "protocol": ""}]}
            ),
            service_manifest(spec={"ports": [{"port": 80, "name": "a", "nodePort": None}, {"port": 81, "name": "b"}]}),
            service_manifest(spec={"selector": {}, "publishNotReadyAddresses": False}),
            service_manifest(spec={"clusterIP": "None", "ports": None}),
            service_manifest(spec={"clusterIP": "None", "ports": []}),
            service_manifest(status={"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ports": [{"port": 80}]}]}}),
            service_manifest(status={}),
            service_manifest(status=None),
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"generateName": "web-"},
                "spec": {"clusterIP": "None"},
            },
        ],
    )
    def test_nothing_is_lost(self, manifest: dict[str, Any]) -> None:
        """Fields that are not modelled, nulls and empty values are kept and written back."""
        read_back = read(manifest)
        assert isinstance(read_back, Service)
        assert to_manifest(read_back) == manifest
        assert read(to_manifest(read_back)) == read_back

    def test_the_model_wins(self) -> None:
        """A changed copy keeps the unmodelled fields and has the new values."""
        read_back = read(service_manifest(metadata={"finalizers": ["a.b/c"]}, status={"loadBalancer": {}}))
        assert isinstance(read_back, Service)
        manifest = to_manifest(attrs.evolve(read_back, name="other", ports=[ServicePort(81)]))
        assert manifest["metadata"] == {"name": "other", "finalizers": ["a.b/c"]}
        assert manifest["spec"]["ports"] == [{"port": 81}]
        assert manifest["status"] == {"loadBalancer": {}}

    def test_everything_at_once(self) -> None:
        """One error has wrong types, unknown fields and broken rules, each with its path."""
        manifest = service_manifest(
            metadata={"name": "Web", "labels": {"a": 1}},
            spec={"typ": "NodePort", "ports": [{"port": "80"}, {"port": 0, "targetPort": 80}]},
        )
        assert refusals(read, manifest) == [
            ("wrong-type", "metadata.labels[a]"),
            ("name-syntax", "metadata.name"),
            ("wrong-type", "spec.ports[0].port"),
            ("port-out-of-range", "spec.ports[1].port"),
            ("unknown-field", "spec.typ"),
        ]

    def test_unknown_fields_hide_nothing(self) -> None:
        """A misspelt field does not hide other violations."""
        manifest = service_manifest(spec={"selectors": {}, "ports": [{"port": 80}, {"port": 80}]})
        assert ("unknown-field", "spec.selectors") in refusals(read, manifest)
        assert ("duplicate-port", "spec.ports[1]") in refusals(read, manifest)

    @pytest.mark.parametrize("part", ["metadata", "spec", "status"])
    @pytest.mark.parametrize("value", [5, "text", [], True])
    def test_parts_of_the_wrong_type(self, part: str, value: Any) -> None:
        """A part that must be a mapping and is not is a violation."""
        assert ("wrong-type", part) in refusals(read, service_manifest() | {part: value})

    @pytest.mark.parametrize("items", [[None], ["a.b/c", None]])
    def test_nulls_in_lists(self, items: list[Any]) -> None:
        """A null in a list is the empty text, as for a server, and is refused as such."""
        assert refusals(read, service_manifest(metadata={"finalizers": items}))[0][0] in {
            "finalizer-syntax",
            "finalizer-unqualified",
        }
        assert refusals(read, service_manifest(metadata={"ownerReferences": [None]}))[0][0] == "owner-reference-field"
        assert refusals(read, service_manifest(spec={"ports": [None]}))[0] == (
            "port-out-of-range",
            "spec.ports[0].port",
        )

    def test_by_which_cluster(self) -> None:
        """The manifest is validated for the given cluster, which the error names."""
        manifest = service_manifest(metadata={"name": "1web"})
        assert isinstance(read(manifest), Service)
        assert refusals(read, manifest, cluster=Cluster("1.35")) == [("name-syntax", "metadata.name")]
        with pytest.raises(ValidationError, match=r"Service 1web is invalid for Kubernetes 1\.35"):
            read(manifest, cluster=Cluster("1.35"))

    def test_by_what_name(self) -> None:
        """The error has namespace and name of the object if they exist."""
        with pytest.raises(ValidationError, match=r"^Service shop/web is invalid"):
            read(service_manifest({"ports": "80"}, {"namespace": "shop"}))
        with pytest.raises(ValidationError, match=r"^Service \(no name\) is invalid"):
            read(service_manifest() | {"metadata": 5})

    def test_nothing_is_changed(self) -> None:
        """The manifest is not changed, and can be changed afterwards."""
        manifest = service_manifest(metadata={"finalizers": ["a.b/c"]})
        read_back = read(manifest)
        manifest["metadata"]["finalizers"].append("a.b/d")
        manifest["spec"]["selector"]["app"] = "other"
        assert isinstance(read_back, Service)
        assert to_manifest(read_back) == service_manifest(metadata={"finalizers": ["a.b/c"]})


class TestOtherKinds:
    """Pods and workloads."""

    def test_a_pod(self) -> None:
        """A Pod becomes a `Pod` with the fields about ports."""
        manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web-0", "labels": {"app": "web"}},
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "app", "image": "a", "ports": [{"containerPort": 80, "name": "http"}]}],
            },
        }
        container = Container("app", image="a", ports=[ContainerPort(80, name="http")])
        assert read(manifest) == Pod("web-0", labels={"app": "web"}, containers=[container])

    def test_a_deployment(self) -> None:
        """Any other kind with a pod template becomes a `Workload`."""
        spec = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}}
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
        assert read(manifest) == Workload("Deployment", "web", Pod("web", labels={"app": "web"}, template=True))

    @pytest.mark.parametrize(
        "manifest",
        [
            {"apiVersion": "v1", "kind": "ConfigMap"},
            {"apiVersion": "example.com/v1", "kind": "Service", "spec": {}},
            {"kind": ["Service"]},
            {},
        ],
    )
    def test_kinds_that_are_not_read(self, manifest: Any) -> None:
        """Other kinds, and kinds of other projects with the same name, are refused."""
        assert [field for _, field in refusals(read, manifest)] == ["kind"]

    @pytest.mark.parametrize("data", [None, 5, "kind: Service", [], [{"kind": "Service"}]])
    def test_what_is_no_manifest(self, data: Any) -> None:
        """Text and lists are not manifests."""
        assert refusals(read, data) == [("wrong-type", "")]


def test_it_can_be_had_from_the_package() -> None:
    """`portmap.manifests.read` is the function."""
    assert manifests.read is read
