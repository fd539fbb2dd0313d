"""What an API server rejects about workloads, policies and endpoints, as findings."""

import json
from pathlib import Path
from typing import Any

import pytest

from portmap.lint import lint, lint_paths


def found(*objects: Any) -> list[tuple[str, str]]:
    """Return the codes and fields of the findings that are errors."""
    return [(each.rule, str(each.field)) for each in lint(objects, rules=[]) if each.severity == "error"]


def found_in(folder: Path, **files: Any) -> list[tuple[str, str]]:
    """Return the same of files; `__` in a name is a folder."""
    for name, content in files.items():
        file = folder / f"{name.replace('__', '/')}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content))
    report = lint_paths(str(folder))
    return [(each.rule, str(each.field)) for each in report if each.severity == "error"]


def deployment(**changes: Any) -> dict[str, Any]:
    """Return a Deployment; `changes` are those of its container."""
    container = {"name": "web", "image": "web", "ports": [{"name": "http", "containerPort": 8080}], **changes}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


CONTAINER = "spec.template.spec.containers[0]"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"livenessProbe": {"grpc": {"port": "grpc"}}}, "wrong-type", "livenessProbe.grpc.port"),
        ({"livenessProbe": {"httpGet": {"port": 80800}}}, "probe-port-out-of-range", "livenessProbe.httpGet.port"),
        (
            {"livenessProbe": {"exec": {"command": ["a"]}, "grpc": {"port": 1}}},
            "several-handlers",
            "livenessProbe.grpc",
        ),
        (
            {"livenessProbe": {"httpGet": {"port": 80}, "successThreshold": 2}},
            "probe-success-threshold",
            "livenessProbe.successThreshold",
        ),
        ({"livenessprobe": {"httpGet": {"port": 80}}}, "unknown-field", "livenessprobe"),
        ({"lifecycle": {"preStop": {"sleep": {"seconds": 60}}}}, "hook-sleep-too-long", "lifecycle.preStop.sleep"),
    ],
)
def test_probes_and_hooks(changes: dict[str, Any], code: str, field: str) -> None:
    """Lint applies the rules of probes and hooks."""
    assert found(deployment(**changes)) == [(code, f"{CONTAINER}.{field}")]


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (
            "NetworkPolicy",
            {"spec": {"ingress": [{"ports": [{"port": "80"}, {"port": 90, "endPort": 80}]}]}},
            [
                ("policy-port-name-syntax", "spec.ingress[0].ports[0].port"),
                ("policy-end-port", "spec.ingress[0].ports[1].endPort"),
            ],
        ),
        (
            "Ingress",
            {"spec": {"defaultBackend": {"service": {"name": "web", "port": {"name": "a-name-too-long-x"}}}}},
            [("ingress-port-name-syntax", "spec.defaultBackend.service.port.name")],
        ),
        (
            "Ingress",
            {"spec": {"backend": {"serviceName": "web", "servicePort": 80}}},
            [("unknown-field", "spec.backend")],
        ),
    ],
)
def test_policies_and_ingresses(kind: str, body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Lint applies the rules of Ingresses and NetworkPolicies, and reports no consequence of a misspelt field."""
    assert found({"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": {"name": "web"}, **body}) == expected


def test_endpoint_slices() -> None:
    """Lint applies the rules of EndpointSlices."""
    piece = {"addressType": "IPv4", "ports": [{"name": "a"}, {"name": "a"}], "metadata": {"name": "web"}}
    assert found({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **piece}) == [
        ("duplicate-endpoint-port-name", "ports[1].name")
    ]


def test_one_fault_does_not_hide_another() -> None:
    """Lint reports all faults at once, while a server reports what it cannot decode first."""
    container = {"livenessprobe": {}, "ports": [{"containerPort": 0}], "stdin": "yes", "name": ""}
    assert set(found(deployment(**container))) == {
        ("unknown-field", f"{CONTAINER}.livenessprobe"),
        ("container-port-required", f"{CONTAINER}.ports[0].containerPort"),
        ("wrong-type", f"{CONTAINER}.stdin"),
    }


def test_older_versions_are_not_judged() -> None:
    """A version that is no longer served has other fields."""
    ingress = {"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "web"}}
    assert found(ingress | {"spec": {"backend": {"serviceName": "web", "servicePort": 80}}}) == []


def test_a_refused_workload_keeps_its_pods() -> None:
    """A workload with a fault beside its ports is still one that a Service selects."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
    }
    report = lint([service, deployment(livenessProbe={})])
    assert [each.rule for each in report if each.severity == "error"] == ["handler-required"]


def test_patches_are_not_judged(tmp_path: Path) -> None:
    """What a kustomization completes has no findings of the server."""
    patch = deployment(livenessProbe={})
    del patch["spec"]["selector"]
    del patch["spec"]["template"]["metadata"]
    assert found_in(tmp_path, deployment=patch) == []


def test_kustomize_adds_selectors(tmp_path: Path) -> None:
    """A kustomization that adds labels adds the selector of a Deployment as well."""
    bare = deployment()
    del bare["spec"]["selector"]
    assert found_in(tmp_path, deployment=bare) == [("workload-selector-required", "spec.selector")]
    labels = {"kind": "Kustomization", "resources": ["deployment.yaml"], "commonLabels": {"app": "web"}}
    assert found_in(tmp_path, kustomization=labels) == []


@pytest.mark.parametrize("labels", [{}, None, {"sidecar.istio.io/inject": "false"}])
def test_a_workload_whose_labels_are_added(labels: Any, tmp_path: Path) -> None:
    """A kustomization that the input does not hold adds the selector of a workload whose pods have no identity."""
    bare = deployment()
    bare["spec"]["selector"] = {"matchLabels": None}
    bare["spec"]["template"]["metadata"]["labels"] = labels
    assert found_in(tmp_path, deployment=bare) == []


def test_placeholders_are_not_judged(tmp_path: Path) -> None:
    """A tool replaces placeholders before a server sees the object."""
    assert found_in(tmp_path, deployment=deployment(name="${NAME}")) == []
    named = deployment()
    named["metadata"]["name"] = "web-${NAME}"
    assert list(lint([named], rules=[])) == []


def test_objects_of_a_cluster() -> None:
    """An object that was read from a cluster has fields that only the server may set."""
    job = deployment()
    job |= {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "web", "uid": "1"}}
    job["spec"]["selector"] = {"matchLabels": {"controller-uid": "1"}}
    job["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    job["spec"]["template"]["metadata"]["labels"] |= {"controller-uid": "1"}
    assert found(job) == []


def test_an_object_without_a_kind(tmp_path: Path) -> None:
    """The URL of a request names the kind; a file must, also if it has no other object."""
    assert found_in(tmp_path, web={"apiVersion": "apps/v1", "metadata": {"name": "web"}}) == [("unknown-kind", "kind")]
    assert found_in(tmp_path, web={"apiVersion": "v2", "name": "web"}) == []
    other = {"apiVersion": "networking.k8s.io/v1", "metadata": {"name": "web"}, "spec": {}}
    assert found_in(tmp_path, web=[], both={"kind": "List", "items": [deployment(), other]}) == [
        ("unknown-kind", "kind")
    ]
    [found] = (each for each in lint_paths(str(tmp_path)) if each.rule == "unknown-kind")
    assert str(found.subject) == "object web"
