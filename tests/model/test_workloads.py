"""Workloads, reduced to the pods that they create."""

import io
from typing import Any

import pytest

from portmap import Container, ContainerPort, Pod, ValidationError, Workload, manifests
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import ADDED_LABELS, OTHER_KINDS, WORKLOAD_KINDS, kind_of_workload, template_path
from portmap._model.pod_reading import read_container
from portmap._model.workloads import (
    as_workload,
    could_select,
    makes_pods,
    read_workload,
    read_workloads,
)
from violations import refusals


def template(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a pod template with one container."""
    containers = [{"name": "app", "image": "example.com/app:1", "ports": list(ports)}]
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers} | spec}


def workload(api_version: str, kind: str, **spec: Any) -> dict[str, Any]:
    """Return the manifest of a workload, with the template where its kind has it."""
    path = {**WORKLOAD_KINDS, **OTHER_KINDS}[api_version.rpartition("/")[0], kind]
    manifest: dict[str, Any] = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
    }
    place = manifest
    for step in path[:-1]:
        place = place.setdefault(str(step), {})
    if path:
        place[str(path[-1])] = template({"containerPort": 8080, "name": "http"})
    manifest.setdefault("spec", {}).update(spec)
    return manifest


class TestKinds:
    """The kinds that create pods."""

    @pytest.mark.parametrize(
        ("api_version", "kind"),
        [
            *(("v1", "ReplicationController"), ("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet")),
            *(("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet"), ("batch/v1", "Job"), ("batch/v1", "CronJob")),
            *(("argoproj.io/v1alpha1", "Rollout"), ("apps.openshift.io/v1", "DeploymentConfig")),
        ],
    )
    def test_kinds(self, api_version: str, kind: str) -> None:
        """The template is read at the path of the kind."""
        read = manifests.read(workload(api_version, kind))
        assert isinstance(read, Workload)
        assert (read.kind, read.name, read.namespace) == (kind, "web", "shop")
        assert read.pod.labels == {"app": "web"}
        assert read.pod.containers[0].ports == (ContainerPort(8080, name="http"),)
        assert read.pod.is_projected
        assert read.pod.template
        assert str(read) == f"{kind} shop/web"

    @pytest.mark.parametrize(
        ("api_version", "kind", "path"),
        [
            ("v1", "Pod", ROOT),
            ("extensions/v1beta1", "Deployment", FieldPath("spec", "template")),
            (None, "Deployment", FieldPath("spec", "template")),
            ("", "CronJob", FieldPath("spec", "jobTemplate", "spec", "template")),
            ("v1", "Deployment", None),
            ("example.com/v1", "Deployment", None),
            ("v1", "ConfigMap", None),
            ("v1", None, None),
            ("v1", ["Pod"], None),
            (5, "Pod", ROOT),
        ],
    )
    def test_groups(self, api_version: Any, kind: Any, path: FieldPath | None) -> None:
        """Kinds are looked up with their group, including the old group `extensions`."""
        assert template_path(api_version, kind) == path

    def test_ambiguous_kinds(self) -> None:
        """Kinds of other projects have the group in their name."""
        assert kind_of_workload("serving.knative.dev/v1", "Service") == "Service.serving.knative.dev"
        assert kind_of_workload("batch.volcano.sh/v1alpha1", "Job") == "Job.batch.volcano.sh"
        assert kind_of_workload("argoproj.io/v1alpha1", "Rollout") == "Rollout"
        for api_version in ("apps/v1", "extensions/v1beta1", "", None):
            assert kind_of_workload(api_version, "StatefulSet") == "StatefulSet"

    @pytest.mark.parametrize("api_version", ["example.com/v1", "sets.x-k8s.io/v1alpha1"])
    def test_any_custom_kind_with_a_template(self, api_version: str) -> None:
        """An unknown custom kind creates pods if it has a pod template at `spec.template`."""
        manifest = {"apiVersion": api_version, "kind": "Fleet", "metadata": {"name": "web"}}
        assert not makes_pods(manifest)
        complete = manifest | {"spec": {"template": template({"containerPort": 8080}), "replicas": 2}}
        assert makes_pods(complete)
        read = manifests.read(complete)
        assert isinstance(read, Workload)
        assert (read.kind, read.name, read.replicas, read.pod.labels) == ("Fleet", "web", 2, {"app": "web"})
        [document] = manifests.load(io.StringIO(manifests.to_json(complete)))
        assert document.object == read

    @pytest.mark.parametrize(
        ("api_version", "spec"),
        [
            ("example.com/v1", {"template": {"spec": {"containers": []}}}),
            ("example.com/v1", {"template": {"spec": {"containers": [{"name": "app"}]}}}),
            ("example.com/v1", {"template": {"spec": {"containers": [{"image": "a"}, {"name": "app"}]}}}),
            ("example.com/v1", {"template": {"spec": {"containers": {"app": {"image": "a"}}}}}),
            ("example.com/v1", {"template": {"spec": {"containers": [{"image": 5}]}}}),
            ("example.com/v1", {"template": {"spec": "none"}}),
            ("example.com/v1", {"podTemplate": template()}),
            ("operators.coreos.com/v1", {"template": None}),
            ("v1", {"template": template()}),
            ("policy/v1", {"template": template()}),
            ("node.k8s.io/v1", {"template": template()}),
            (None, {"template": template()}),
        ],
    )
    def test_incomplete_templates(self, api_version: str | None, spec: Any) -> None:
        """Parts of a template create no pods, nor do other kinds of Kubernetes itself."""
        assert not makes_pods({"apiVersion": api_version, "kind": "Fleet", "metadata": {"name": "web"}, "spec": spec})

    def test_other_kinds(self) -> None:
        """Manifests of other kinds and other values are refused."""
        assert refusals(read_workload, {"apiVersion": "v1", "kind": "ConfigMap"}) == [("wrong-kind", "kind")]
        assert refusals(read_workload, {}) == [("wrong-kind", "kind")]
        assert refusals(read_workload, [])[0][0] == "wrong-type"
        assert refusals(read_workload, "kind: Pod")[0][0] == "wrong-type"


class TestReading:
    """The fields that are read from a manifest."""

    def test_selectors(self) -> None:
        """The selector is `matchLabels`. That of a Job is generated by the server."""
        selector = {"matchLabels": {"app": "web"}}
        assert read_workload(workload("apps/v1", "Deployment", selector=selector)).selector == {"app": "web"}
        assert read_workload(workload("v1", "ReplicationController", selector={"a": "b"})).selector == {"a": "b"}
        assert read_workload(workload("batch/v1", "Job", selector=selector)).selector is None
        assert read_workload(workload("apps/v1", "Deployment")).selector is None
        expressions = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
        assert read_workload(workload("apps/v1", "Deployment", selector=expressions)).selector is None

    def test_replicas(self) -> None:
        """The number of replicas, if it is an integer."""
        assert read_workload(workload("apps/v1", "Deployment", replicas=3)).replicas == 3
        assert read_workload(workload("apps/v1", "Deployment")).replicas is None
        assert read_workload(workload("apps/v1", "Deployment", replicas="3")).replicas is None

    def test_other_fields_are_ignored(self) -> None:
        """Fields that do not concern ports may have any value."""
        manifest = workload("apps/v1", "Deployment", strategy=5)
        manifest["spec"]["template"]["spec"]["volumes"] = "none"
        assert read_workload(manifest).name == "web"

    def test_a_generated_name(self) -> None:
        """`generateName` is the name of a workload that has no other."""
        manifest = workload("batch/v1", "Job")
        manifest["metadata"] = {"generateName": "batch-"}
        assert read_workload(manifest).name == "batch-"

    @pytest.mark.parametrize(
        ("status", "addresses", "ready", "phase"),
        [
            (None, None, None, None),
            ({}, None, None, None),
            ({"conditions": None, "podIPs": None}, None, None, None),
            ({"qosClass": "BestEffort"}, (), None, None),
            ({"phase": "Pending"}, (), None, "Pending"),
            ({"podIP": "10.0.0.1"}, ("10.0.0.1",), None, None),
            (
                {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}], "podIP": "10.0.0.1"},
                ("10.0.0.1", "fd00::1"),
                None,
                None,
            ),
            ({"conditions": [{"type": "Ready", "status": "True"}]}, (), True, None),
            ({"conditions": [{"type": "Ready", "status": "False"}]}, (), False, None),
            ({"conditions": [{"type": "Initialized", "status": "True"}]}, (), None, None),
        ],
    )
    def test_status(self, status: Any, addresses: Any, ready: bool | None, phase: str | None) -> None:
        """A pod with a status is observed, one with an empty status is projected."""
        manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0"}, "spec": {}, "status": status}
        pod = manifests.read(manifest)
        assert isinstance(pod, Pod)
        assert (pod.addresses, pod.ready, pod.phase) == (addresses, ready, phase)

    @pytest.mark.parametrize(
        ("ports", "field", "code"),
        [
            ([{"containerPort": "80"}], "[0].containerPort", "wrong-type"),
            ([{"containerPort": 80}, {"containerPort": 0}], "[1].containerPort", "container-port-required"),
            ([{}], "[0].containerPort", "container-port-required"),
            ([None], "[0].containerPort", "container-port-required"),
            ([{"containerPort": 80, "name": "HTTP"}], "[0].name", "container-port-name-syntax"),
            ([{"containerPort": 80, "nmae": "http"}], "[0].nmae", "unknown-field"),
            (
                [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}],
                "[1].name",
                "duplicate-container-port-name",
            ),
            (
                [{"containerPort": 80, "hostPort": 1}, {"containerPort": 81, "hostPort": 1}],
                "[1].hostPort",
                "duplicate-host-port",
            ),
        ],
    )
    def test_bad_ports(self, ports: list[Any], field: str, code: str) -> None:
        """An invalid port is reported with its full path, which depends on the kind."""
        for api_version, kind, root in (
            ("apps/v1", "Deployment", "spec.template"),
            ("batch/v1", "CronJob", "spec.jobTemplate.spec.template"),
        ):
            manifest = workload(api_version, kind)
            place: Any = manifest
            for step in root.split("."):
                place = place[step]
            place["spec"]["containers"][0]["ports"] = ports
            assert refusals(read_workload, manifest) == [(code, f"{root}.spec.containers[0].ports{field}")]

    def test_everything_at_once(self) -> None:
        """The invalid ports of all containers are in one error."""
        manifest = workload("apps/v1", "Deployment")
        spec = manifest["spec"]["template"]["spec"]
        spec["containers"].append({"name": "other", "ports": [{"containerPort": 70000}]})
        spec["initContainers"] = [{"name": "setup", "ports": [{"containerPort": 1, "protocol": "tcp"}]}]
        assert [field for _, field in refusals(read_workload, manifest)] == [
            "spec.template.spec.containers[1].ports[0].containerPort",
            "spec.template.spec.initContainers[0].ports[0].protocol",
        ]

    def test_without_a_template(self) -> None:
        """A missing template is reported."""
        manifest = workload("apps/v1", "Deployment")
        del manifest["spec"]["template"]
        assert refusals(read_workload, manifest) == [("template-required", "spec.template")]
        assert refusals(read_workload, manifest | {"spec": None}) == [("template-required", "spec.template")]

    def test_containers(self) -> None:
        """A container can be read alone."""
        data = {"name": "app", "ports": [{"containerPort": 80}], "resources": {}}
        assert read_container(data) == Container("app", ports=[ContainerPort(80)])
        with pytest.raises(ValidationError) as caught:
            read_container({"name": "app", "ports": [{"containerPort": 0}]})
        assert caught.value.violations[0].field == "ports[0].containerPort"
        with pytest.raises(ValidationError):
            read_container([])  # type: ignore[arg-type]


class TestSeveral:
    """Objects that create several workloads, or none."""

    CSV = {  # noqa: RUF012 - never changed
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {"name": "operator.v1", "namespace": "operators"},
        "spec": {
            "install": {
                "spec": {
                    "deployments": [
                        {"name": "one", "spec": {"template": template({"containerPort": 80})}},
                        {"name": "two", "spec": {"template": template({"containerPort": 81})}},
                    ]
                }
            }
        },
    }

    def test_several(self) -> None:
        """Each Deployment of an operator is a workload."""
        one, two = read_workloads(self.CSV)
        assert (str(one), str(two)) == ("Deployment operators/one", "Deployment operators/two")
        assert read_workloads(workload("apps/v1", "Deployment"))[0].name == "web"

    def test_violations(self) -> None:
        """A violation has the path of its Deployment."""
        bad = {"name": "bad", "spec": {"template": template({"containerPort": 0})}}
        manifest = self.CSV | {"spec": {"install": {"spec": {"deployments": [bad, bad]}}}}
        assert [field for _, field in refusals(read_workloads, manifest)] == [
            f"spec.install.spec.deployments[{index}].spec.template.spec.containers[0].ports[0].containerPort"
            for index in (0, 1)
        ]

    @pytest.mark.parametrize("deployments", [None, 5, "text", {}, [5], [None]])
    def test_lists_of_wrong_types(self, deployments: Any) -> None:
        """A list of the wrong type has no workloads or violations."""
        manifest = self.CSV | {"spec": {"install": {"spec": {"deployments": deployments}}}}
        try:
            assert read_workloads(manifest) == ()
        except ValidationError as error:
            assert error.violations  # noqa: PT017 - both are valid

    def test_makes_pods(self) -> None:
        """`makes_pods` looks at the kind alone."""
        assert makes_pods(self.CSV)
        assert makes_pods({"apiVersion": "apps/v1", "kind": "Deployment"})
        assert not makes_pods({"apiVersion": "v1", "kind": "ConfigMap"})
        assert not makes_pods({"kind": ["Pod"]})

    def test_a_rollout_of_another_workload(self) -> None:
        """A Rollout that refers to a Deployment creates no pods itself."""
        manifest = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web"}}
        assert read_workloads(manifest | {"spec": {"workloadRef": {"kind": "Deployment", "name": "web"}}}) == ()
        with pytest.raises(ValidationError):
            read_workloads(manifest | {"spec": {}})


class TestAsWorkload:
    """`as_workload`."""

    def test_forms(self) -> None:
        """A pod becomes a workload of kind Pod, and a dict is read."""
        pod = Pod("web")
        assert as_workload(Workload("Job", "a", pod)) == Workload("Job", "a", pod)
        assert as_workload(pod) == Workload("Pod", "web", pod)
        assert as_workload(workload("apps/v1", "Deployment")).kind == "Deployment"
        with pytest.raises(TypeError):
            as_workload(5)  # type: ignore[arg-type]

    def test_shown(self) -> None:
        """A workload has its kind, namespace and name in messages."""
        assert str(Workload("Job", "a", Pod("a"))) == "Job a"
        assert Workload("Job", "a", Pod("a", namespace="b")).namespace == "b"


def test_labels_that_controllers_add() -> None:
    """A selector matches added labels with a value that the controller would set, and only for workloads."""
    pod = Pod("a.b", labels={"app": "web"})
    for kind, labels in ADDED_LABELS.items():
        made = Workload(kind, "a.b", pod)
        for key, pattern in labels.items():
            value = pattern.replace("{name}", "a.b").replace("[0-9]+", "12").replace(".+", "any")
            assert could_select({"app": "web", key: value}, None, made), (kind, key)
            assert not could_select({"app": "web", key: ""}, None, made)
            assert not could_select({"app": "other", key: value}, None, made)
            assert not could_select({"app": "web", key: value}, None, pod)
            if "{name}" in pattern:
                assert not could_select({key: value.replace("a.b", "axb")}, None, made), "a dot is a dot"
