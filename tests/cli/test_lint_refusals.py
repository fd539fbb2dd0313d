"""`portmap lint`: what an API server refuses of other kinds than Services."""

import json
from pathlib import Path

import pytest

from command_line import portmap


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in an empty folder."""
    monkeypatch.chdir(tmp_path)


def workload(container: str) -> str:
    """Return a Deployment whose container has these fields, which replace its own."""
    fields = {"name": "name: web", "image": "image: web"} | {container.partition(":")[0]: container}
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - {{{", ".join(filter(None, fields.values()))}}}
"""


def pod(field: str) -> str:
    """Return a Pod with this field in its spec."""
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec: {{{field}, containers: [{{name: web, image: web}}]}}
"""


def policy(field: str) -> str:
    """Return a NetworkPolicy with this field in its ingress rule."""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web}}
spec: {{podSelector: {{}}, ingress: [{{{field}}}]}}
"""


def ingress(port: str) -> str:
    """Return an Ingress that names this port."""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web}}
spec: {{defaultBackend: {{service: {{name: web, port: {{name: {port}}}}}}}}}
"""


def endpoint_slice(ports: str) -> str:
    """Return an EndpointSlice with these ports."""
    return f"""\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web}}
addressType: IPv4
endpoints: [{{addresses: [192.0.2.1]}}]
ports: {ports}
"""


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (workload("livenessProbe: {grpc: {port: grpc}}"), "wrong-type", "livenessProbe.grpc.port"),
        (
            workload("livenessProbe: {httpGet: {port: 80800}}"),
            "probe-port-out-of-range",
            "livenessProbe.httpGet.port",
        ),
        (
            workload("readinessProbe: {httpGet: {port: 80}, tcpSocket: {port: 80}}"),
            "several-handlers",
            "readinessProbe.tcpSocket",
        ),
        (
            workload("livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}"),
            "probe-success-threshold",
            "livenessProbe.successThreshold",
        ),
        (workload("livenessprobe: {tcpSocket: {port: 80}}"), "unknown-field", "livenessprobe"),
        (workload("image: ''"), "image-required", "image"),
        (workload("name: Web"), "container-name-syntax", "name"),
        (
            workload("lifecycle: {preStop: {sleep: {seconds: 31}}}"),
            "hook-sleep-too-long",
            "lifecycle.preStop.sleep",
        ),
        (pod("hostnetwork: true"), "unknown-field", "spec.hostnetwork"),
        (pod("hostname: a_b"), "host-name-syntax", "spec.hostname"),
        (policy("port: [{port: 80}]"), "unknown-field", "spec.ingress[0].port"),
        (policy('ports: [{port: "80"}]'), "policy-port-name-syntax", "spec.ingress[0].ports[0].port"),
        (policy("ports: [{port: 90, endPort: 80}]"), "policy-end-port", "spec.ingress[0].ports[0].endPort"),
        (ingress("seventeen-letters"), "ingress-port-name-syntax", "spec.defaultBackend.service.port.name"),
        (ingress('"80"'), "ingress-port-name-syntax", "spec.defaultBackend.service.port.name"),
        (endpoint_slice("[{name: a, port: 1}, {name: a, port: 2}]"), "duplicate-endpoint-port-name", "ports[1].name"),
    ],
)
def test_each_is_an_error(text: str, code: str, field: str) -> None:
    """A refusal is an error with a location, which `--select` and `--ignore` know by its code."""
    Path("web.yaml").write_text(text)
    report = json.loads(portmap("lint", "web.yaml", f"--select={code}", "--format=json").out)
    [finding] = report["findings"]
    assert (finding["rule"], finding["severity"]) == (code, "error")
    assert finding["field"].endswith(field)
    assert finding["location"]["source"] == "web.yaml"
    assert portmap("lint", "web.yaml").code == 1
    assert code not in portmap("lint", "web.yaml", f"--ignore={code}").out


@pytest.mark.parametrize(
    "text",
    [
        workload("").replace("labels: {app: web}", "labels: {app: web}, name: A_b, generation: -1, uid: x"),
        pod("terminationGracePeriodSeconds: 1").replace("name: web", "name: web, generation: -1", 1),
        pod("initContainers: [{name: once, image: once, lifecycle: {stopSignal: SIGTERM}}], os: {name: linux}"),
    ],
)
def test_what_a_server_accepts(text: str) -> None:
    """Metadata of a pod template beside labels and annotations is not checked, nor is the generation of a pod."""
    assert portmap("lint", "-", stdin=text)[:2] == (0, "")
