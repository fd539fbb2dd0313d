"""The answer of an API server to a manifest, and what it would store and warn about."""

import json
from typing import Any

import pytest

from manifest_objects import service_manifest
from portmap import Cluster, ManifestError, ServerWarning, ValidationError
from portmap.manifests import stored, validate, warnings

DUAL = Cluster(service_cidrs=("10.0.0.0/16", "fd00:10::/108"))


def fields(manifest: Any, **options: Any) -> list[tuple[str, str]]:
    return [(violation.code, violation.field) for violation in validate(manifest, **options)]


class TestStages:
    """An earlier stage of the server hides later ones."""

    def test_one_after_the_other(self) -> None:
        """Wrong types hide families, families hide addresses, addresses node ports, and these all other rules."""
        manifest = service_manifest(
            {
                "type": "NodePort",
                "ports": [{"port": 0, "nodePort": 80}, {"port": 1, "nodePort": 81, "targetPort": "8080"}],
                "ipFamilies": ["IPv4", "IPv4"],
                "clusterIP": "192.0.2.1",
                "typo": 1,
            },
            {"name": "Web"},
        )
        steps = []
        spec = manifest["spec"]
        for place, field in (
            *((spec, "typo"), (spec, "ipFamilies"), (spec, "clusterIP")),
            *((spec["ports"][0], "nodePort"), (spec["ports"][1], "nodePort")),
        ):
            steps.append([code for code, _ in fields(manifest, cluster=DUAL)])
            del place[field]
        assert steps == [
            ["unknown-field"],
            ["duplicate-ip-family"],
            ["cluster-ip-out-of-range"],
            ["node-port-out-of-range"],
            ["node-port-out-of-range"],
        ]
        assert fields(manifest, cluster=DUAL) == [
            ("name-syntax", "metadata.name"),
            ("port-name-required", "spec.ports[0].name"),
            ("port-out-of-range", "spec.ports[0].port"),
            ("target-port-out-of-range", "spec.ports[0].targetPort"),
            ("port-name-required", "spec.ports[1].name"),
            ("target-port-name-syntax", "spec.ports[1].targetPort"),
        ]

    def test_addresses_come_before_names(self) -> None:
        """A Service without a name gets no address, which the server reports first."""
        manifest = service_manifest(metadata={"name": ""})
        assert fields(manifest) == [("address-needs-name", "spec.clusterIPs")]
        assert fields(manifest, cluster=Cluster("1.32")) == [("name-required", "metadata.name")]


class TestTexts:
    """JSON text, whose spelling matters."""

    def test_good(self) -> None:
        """A text is validated like the mapping that it represents."""
        assert validate(json.dumps(service_manifest())) == ()
        assert stored(json.dumps(service_manifest())) == stored(service_manifest())

    @pytest.mark.parametrize(
        ("port", "code"),
        [("80", None), ("80.0", "wrong-type"), ("8e1", "wrong-type"), ('"80"', "wrong-type"), ("true", "wrong-type")],
    )
    def test_spellings_of_numbers(self, port: str, code: str | None) -> None:
        """A number with a point or an exponent is not an integer for a strict server."""
        text = json.dumps(service_manifest()).replace('"port": 80', f'"port": {port}')
        assert [each.code for each in validate(text)] == ([code] if code else [])

    def test_keys_given_twice(self) -> None:
        """A key given twice is refused, with its path."""
        text = json.dumps(service_manifest()).replace('"port": 80', '"port": 80, "port": 81')
        assert fields(text) == [("duplicate-field", "spec.ports[0].port")]

    @pytest.mark.parametrize("text", ["", "{", "nothing", "[]", "5", '"a"', "kind: Service"])
    def test_what_is_no_json(self, text: str) -> None:
        """A text that cannot be read is refused as a whole."""
        assert [code for code, _ in fields(text)] == ["undecodable"]
        with pytest.raises(ValidationError):
            stored(text)
        assert warnings(text) == ()

    @pytest.mark.parametrize("data", [None, 5, [], ["a"], b"{}"])
    def test_what_is_no_manifest(self, data: Any) -> None:
        """Only mappings are manifests."""
        assert [code for code, _ in fields(data)] == ["undecodable"]


class TestRequests:
    """Namespace and old object of a request."""

    def test_namespaces(self) -> None:
        """The namespaces of the manifest and of the request must be equal."""
        assert validate(service_manifest(metadata={"namespace": "shop"})) == ()
        assert validate(service_manifest(metadata={"namespace": "shop"}), namespace="shop") == ()
        assert fields(service_manifest(metadata={"namespace": "shop"}), namespace="other") == [
            ("another-object", "metadata.namespace")
        ]
        assert stored(service_manifest())["metadata"]["namespace"] == "default"
        assert stored(service_manifest(), namespace="shop")["metadata"]["namespace"] == "shop"
        assert stored(service_manifest(metadata={"namespace": "shop"}))["metadata"]["namespace"] == "shop"

    def test_updates(self) -> None:
        """An update is compared with the stored Service, and keeps the fields that it omits."""
        old = stored(
            service_manifest({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}], "clusterIP": "10.0.0.5"}),
            cluster=DUAL,
        )
        new = service_manifest({"type": "NodePort", "ports": [{"port": 80}]}, {"labels": {"a": "b"}})
        assert validate(new, old=old, cluster=DUAL) == ()
        again = stored(new, old=old, cluster=DUAL)
        assert again["spec"] == old["spec"]
        assert again["metadata"]["labels"] == {"a": "b"}
        moved = service_manifest({"clusterIP": "10.0.0.6"})
        assert ("cluster-ip-immutable", "spec.clusterIPs[0]") in fields(moved, old=old, cluster=DUAL)

    def test_another_object(self) -> None:
        """Another name, namespace or uid is not an update of this object."""
        old = stored(service_manifest(), cluster=DUAL) | {"metadata": {"name": "web", "namespace": "shop", "uid": "1"}}
        assert fields(service_manifest(metadata={"name": "other"}), old=old) == [("another-object", "metadata.name")]
        assert fields(service_manifest(metadata={"uid": "2"}), old=old) == [("another-object", "metadata.uid")]
        assert stored(service_manifest(), old=old)["metadata"]["namespace"] == "shop"

    @pytest.mark.parametrize(
        "old",
        [
            {"spec": 5},
            {"metadata": {"name": 5}},
            {"metadata": 5},
            {"spec": {"ports": "80"}},
            [],
            "text",
            {"metadata": {"name": "web"}, "a": 1},
        ],
    )
    def test_what_cannot_have_been_stored(self, old: Any) -> None:
        """An old object that is not a Service is an error of the caller."""
        for judge in (validate, stored, warnings):
            with pytest.raises(ManifestError):
                judge(service_manifest(), old=old)

    def test_status_of_load_balancers(self) -> None:
        """A load balancer keeps its status in an update, other types have none."""
        status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
        old = stored(service_manifest({"type": "LoadBalancer", "clusterIP": "10.0.0.5"}), cluster=DUAL) | {
            "status": status
        }
        assert stored(service_manifest({"type": "LoadBalancer"}), old=old, cluster=DUAL)["status"] == status
        assert "status" not in stored(service_manifest(), old=old, cluster=DUAL)

    def test_resource_versions(self) -> None:
        """An object to create has no resource version; empty and 0 are none."""
        for version, refused in (("7", True), ("0", False), ("", False), (None, False)):
            found = fields(service_manifest(metadata={"resourceVersion": version}))
            assert found == ([("resource-version-forbidden", "metadata.resourceVersion")] if refused else [])


class TestStored:
    """What the server would store."""

    def test_defaults(self) -> None:
        """Defaults are filled in; values that only a live cluster can pick are left out."""
        assert stored(service_manifest(), cluster=DUAL) == {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "type": "ClusterIP",
                "selector": {"app": "web"},
                "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}],
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "sessionAffinity": "None",
                "internalTrafficPolicy": "Cluster",
            },
        }

    def test_without_service_cidrs(self) -> None:
        """Families that depend on unknown service CIDRs are left out."""
        assert "ipFamilies" not in stored(service_manifest())["spec"]

    def test_a_new_address_of_an_external_name(self) -> None:
        """An update to ExternalName keeps a new cluster IP, in both fields: whatever the server reads has both."""
        old = service_manifest({"clusterIP": "10.0.0.5", "clusterIPs": ["10.0.0.5"]})
        new = service_manifest({"type": "ExternalName", "externalName": "example.com", "clusterIP": "::1"})
        found = stored(new, old=old)["spec"]
        assert (found["clusterIP"], found["clusterIPs"]) == ("::1", ["::1"])

    def test_an_update_keeps_the_generation(self) -> None:
        """A negative generation in an update is replaced by the old one, and is no violation."""
        assert fields(service_manifest(metadata={"generation": -1}), old=service_manifest()) == []

    def test_what_is_refused(self) -> None:
        """A refused object is not stored; the error has the violations of `validate`."""
        bad = service_manifest({"ports": []})
        with pytest.raises(ValidationError) as caught:
            stored(bad)
        assert caught.value.violations == validate(bad)

    def test_what_the_server_writes_is_left_out(self) -> None:
        """The result lacks uid, times and the like, which the server sets."""
        metadata: dict[str, Any] = {
            "uid": "1",
            "creationTimestamp": None,
            "generation": 3,
            "selfLink": "x",
            "managedFields": [],
        }
        assert stored(service_manifest(metadata=metadata))["metadata"] == {"name": "web", "namespace": "default"}


def deployment(pod_spec: dict[str, Any]) -> dict[str, Any]:
    """Return a Deployment of pods with this spec."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod_spec}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


class TestPods:
    """Pods and templates."""

    POD: dict[str, Any] = {  # noqa: RUF012 - read, never changed
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-0"},
        "spec": {"containers": [{"name": "app", "image": "app", "ports": [{"containerPort": 0}]}]},
    }

    def test_pods(self) -> None:
        """The ports of pods are validated, and the names of all fields."""
        assert fields(self.POD) == [("container-port-required", "spec.containers[0].ports[0].containerPort")]
        misspelt = {**self.POD, "spec": {**self.POD["spec"], "hostnetwork": True, "volumes": [{"any": "volume"}]}}
        [found] = validate(misspelt)
        assert (found.code, found.field, found.hint) == (
            "unknown-field",
            "spec.hostnetwork",
            "rename it to hostNetwork",
        )

    def test_templates(self) -> None:
        """The template of a workload is validated like a pod."""
        manifest = deployment(self.POD["spec"])
        assert fields(manifest) == [
            ("container-port-required", "spec.template.spec.containers[0].ports[0].containerPort")
        ]
        assert {code for code, _ in fields({"apiVersion": "apps/v1", "kind": "Deployment"})} == {
            "containers-required",
            "name-required",
            "selector-template-mismatch",
            "workload-selector-required",
        }
        assert fields(manifest | {"spec": 5}) == [("wrong-type", "spec")]

    def test_metadata_of_templates(self) -> None:
        """Of the metadata of a template, labels and annotations are checked, under the paths of the server."""
        manifest = deployment({"containers": [{"name": "app", "image": "app"}]})
        manifest["spec"]["template"]["metadata"] |= {"name": "A_B", "generateName": "A_", "generation": -1}
        assert fields(manifest) == []
        manifest["spec"]["template"]["metadata"] |= {"annotations": {"a b": ""}}
        manifest["spec"]["template"]["metadata"]["labels"] |= {"c": "d e"}
        assert fields(manifest) == [
            ("annotation-key-syntax", "spec.template.annotations"),
            ("label-syntax", "spec.template.labels"),
        ]

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, []),
            ({"selector": {}}, []),
            ({"selector": {"matchLabels": {"job-name": "web"}}}, []),
            ({"selector": {"matchLabels": {"app": "web"}}}, [("job-selector-generated", "spec.selector")]),
            ({"selector": {"matchLabels": {"app": "web"}}, "manualSelector": True}, []),
            (
                {"selector": {"matchLabels": {"app": "api"}}, "manualSelector": True},
                [("selector-template-mismatch", "spec.template.metadata.labels")],
            ),
            ({"manualSelector": True}, [("job-selector-required", "spec.selector")]),
        ],
    )
    def test_selectors_of_jobs(self, changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
        """A server generates the selector of a Job, unless it is to be the author's own."""
        job = deployment({"restartPolicy": "Never", "containers": [{"name": "app", "image": "app"}]})
        job["spec"] = {"template": job["spec"]["template"], **changes}
        assert fields(job | {"apiVersion": "batch/v1", "kind": "Job"}) == expected

    def test_cron_jobs_have_no_selectors(self) -> None:
        """A CronJob cannot know the selectors of its Jobs."""
        pod_spec = {"restartPolicy": "Never", "containers": [{"name": "app", "image": "app"}]}
        job = {"template": {"spec": pod_spec}, "selector": {}, "manualSelector": True}
        manifest = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web"}}
        assert fields(manifest | {"spec": {"schedule": "@daily", "jobTemplate": {"spec": job}}}) == [
            ("manual-selector-unsupported", "spec.jobTemplate.spec.manualSelector"),
            ("job-selector-generated", "spec.jobTemplate.spec.selector"),
        ]

    @pytest.mark.parametrize("version", ["apps/v1beta1", "v1", "example.com/v1"])
    def test_another_api_version(self, version: str) -> None:
        """A kind is served in one version of one group."""
        [found] = validate(deployment({}) | {"apiVersion": version})
        assert (found.code, found.hint) == ("wrong-kind", "write apiVersion: apps/v1")

    def test_a_request_may_leave_out_the_version(self) -> None:
        """The URL of a request names it; a create has no resource version."""
        manifest = deployment({"containers": [{"name": "app", "image": "app"}]})
        del manifest["apiVersion"]
        assert validate(manifest) == ()
        manifest["metadata"] |= {"resourceVersion": "7"}
        assert fields(manifest) == [("resource-version-forbidden", "metadata.resourceVersion")]

    @pytest.mark.parametrize("part", ["metadata", "spec"])
    def test_parts_of_the_wrong_type(self, part: str) -> None:
        """A part that must be a mapping and is not is a violation."""
        assert ("wrong-type", part) in fields(self.POD | {part: 5})


class TestWarnings:
    """What the server accepts with a warning."""

    @pytest.mark.parametrize(
        ("spec", "code", "field"),
        [
            ({"externalIPs": ["192.0.2.1"]}, "external-ips-deprecated", "spec.externalIPs"),
            ({"trafficDistribution": "PreferClose"}, "prefer-close-deprecated", "spec.trafficDistribution"),
            ({"externalName": "a.b"}, "external-name-ignored", "spec.externalName"),
            ({"clusterIP": "None", "sessionAffinity": "ClientIP"}, "ignored-when-headless", "spec.sessionAffinity"),
            ({"clusterIP": "None", "loadBalancerIP": "192.0.2.1"}, "ignored-when-headless", "spec.loadBalancerIP"),
            ({"loadBalancerIP": "::ffff:10.0.0.1"}, "load-balancer-ip-spelling", "spec.loadBalancerIP"),
            ({"clusterIP": "FD00::1"}, "cluster-ip-spelling", "spec.clusterIPs[0]"),
        ],
    )
    def test_services(self, spec: dict[str, Any], code: str, field: str) -> None:
        """Each warning has a code, a field and a hint."""
        [warning] = warnings(service_manifest(spec))
        assert isinstance(warning, ServerWarning)
        assert (warning.code, warning.field) == (code, field)
        assert warning.hint

    def test_pods(self) -> None:
        """Repeated ports of a pod are a warning."""
        ports = [{"containerPort": 80, "name": "a"}, {"containerPort": 80, "name": "b"}]
        pod = TestPods.POD | {"spec": {"containers": [{"name": "app", "image": "app", "ports": ports}]}}
        assert [each.code for each in warnings(pod)] == ["repeated-container-port"]
        assert [each.field for each in warnings(deployment(pod["spec"]))] == [
            "spec.template.spec.containers[0].ports[1]"
        ]

    def test_what_is_refused_is_not_warned_about(self) -> None:
        """A refused manifest has no warnings."""
        assert warnings(service_manifest({"externalIPs": ["192.0.2.1"], "ports": []})) == ()
        assert warnings(service_manifest()) == ()
