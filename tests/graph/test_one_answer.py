"""The commands, the map and the linter give one answer for each port, also where names or files are not unique."""

import json
from pathlib import Path
from typing import Any

import pytest

from command_line import portmap, write
from manifest_texts import deployment, service
from portmap import Container, ContainerPort, Pod, PortMap, Service, ServicePort, Workload


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make_workload(namespace: str, container: str, port: str) -> Workload:
    """Return a Deployment `web` with one named port."""
    pod = Pod(
        "web",
        namespace=namespace,
        labels={"app": "web"},
        containers=[Container(container, ports=[ContainerPort(8080, name=port)])],
        template=True,
    )
    return Workload("Deployment", "web", pod)


def test_workloads_of_one_name_in_two_namespaces() -> None:
    """Endpoints belong to the workload that declares the port, in both directions of a trace."""
    web = Service("web", selector={"app": "web"}, ports=[ServicePort(80, name="http", target_port="http")])
    shop = PortMap.of([web, make_workload("a", "bad", "htpp"), make_workload("b", "good", "http")])
    [target] = shop.reaches("web:http")
    assert (target.workload.namespace, target.container) == ("b", "good")
    [trace] = shop.trace("deployment/b/web")
    assert trace.approaches
    assert "Deployment b/web good" in " ".join(map(str, shop.through("web:http")))


def test_two_variants_in_two_folders() -> None:
    """Each Service reaches the workload of its own folder, at its own place."""
    for folder, number in (("dev", 8080), ("prod", 9090)):
        text = service("web", "app: web", f"{{port: 80, targetPort: {number}}}", namespace="")
        pods = deployment("web", "app: web", f"{{containerPort: {number}}}", namespace="")
        write(f"{folder}/web.yaml", text.replace(", namespace: }", "}"), pods.replace(", namespace: }", "}"))
    report = json.loads(portmap("resolve", ".", "--format=json").out)
    reached = {
        each["source"]: [(end["source"], end["port"]) for end in each["ports"][0]["endpoints"]]
        for each in report["services"]
    }
    assert reached == {"dev/web.yaml": [("dev/web.yaml", 8080)], "prod/web.yaml": [("prod/web.yaml", 9090)]}
    lines = portmap("trace", "deployment/web", ".").out.splitlines()
    assert {line for line in lines if line.startswith("Deployment")} == {
        "Deployment web app 8080/TCP (dev/web.yaml:8)",
        "Deployment web app 9090/TCP (prod/web.yaml:8)",
    }


def test_pods_of_an_operator() -> None:
    """A port whose pods an operator creates is in doubt for all commands, and no failure."""
    monitor = (
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: shop}\nspec: {}\n"
    )
    write("k8s.yaml", service("prometheus", "prometheus: k8s", "{port: 9090}"), monitor)
    reason = "the operator of Prometheus shop/k8s creates pods with these labels"
    run = portmap("resolve", "k8s.yaml")
    assert run.code == 0
    assert f"in doubt: {reason}" in run.out
    assert portmap("trace", "prometheus", "k8s.yaml").code == 0
    assert portmap("lint", "k8s.yaml").code == 0
    drawn = " ".join(portmap("draw", "k8s.yaml").out.split())
    assert f"? no pod has the labels prometheus=k8s ({reason})" in drawn


def test_pods_in_another_part_of_the_input() -> None:
    """A picture shows that the targets are in doubt, with the reason."""
    text = service("web", "app: web", "{port: 80, targetPort: http}", namespace="")
    pods = deployment("web", "app: web", "{name: http, containerPort: 8080}", namespace="")
    write("a/web.yaml", text.replace(", namespace: }", "}"))
    write("b/web.yaml", pods.replace(", namespace: }", "}"))
    reason = "Deployment web in another part of the input has the labels"
    assert f"? in doubt: {reason}" in " ".join(portmap("resolve", ".").out.split())
    assert f"? Deployment web app 8080 http ({reason})" in " ".join(portmap("draw", ".").out.split())
    assert "  s0_0 -.->|? in doubt| w0_0\n" in portmap("draw", ".", "--format=mermaid").out
    picture = portmap("draw", ".", "--format=svg").out
    assert "0 ports are unresolved, 1 in doubt;" in picture
    assert f"Service web 80 → http is in doubt: {reason}." in picture


def test_a_kustomization_of_a_folder_with_variants() -> None:
    """The files that a kustomization lists are resolved together, and the near miss is an error for all commands."""
    write("web/svc.yaml", service("web", "app: web", "{port: 80, targetPort: htpp}"))
    write("web/deploy.yaml", deployment("web", "app: web", "{name: http, containerPort: 8080}"))
    write("web/kustomization.yaml", "resources: [svc.yaml, deploy.yaml]\n")
    for number in (1, 2):
        text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front, namespace: shop}\n"
        write(
            f"web/front{number}.yaml",
            f"{text}spec: {{defaultBackend: {{service: {{name: web, port: {{number: {number}}}}}}}}}\n",
        )
    report = json.loads(portmap("lint", "web", "--format=json").out)
    assert [each["severity"] for each in report["findings"] if each["rule"] == "unresolved-target-port"] == ["error"]
    run = portmap("resolve", "web")
    assert (run.code, "did you mean 'http'?" in run.out) == (1, True)


def test_a_job_does_not_hide_a_near_miss() -> None:
    """The most telling miss comes first: that of the workload that declares ports."""
    write(
        "web.yaml",
        service("web", "app: web", "{port: 80, targetPort: fabric}"),
        deployment("bootstrap", "app: web", "", kind="Job").replace("apps/v1", "batch/v1"),
        deployment("db", "app: web", "{name: server-fabric, containerPort: 80}", kind="StatefulSet"),
    )
    [found] = json.loads(portmap("resolve", "web.yaml", "--format=json").out)["services"]
    assert found["ports"][0]["misses"][0]["workload"] == "StatefulSet/db"


def test_one_parser_of_targets() -> None:
    """A namespace between kind and name selects, and a kind that is none is named."""
    write("web.yaml", service("web", "app: web", "{port: 80}"), deployment("web", "app: web", "{containerPort: 80}"))
    assert portmap("resolve", "web.yaml", "service/shop/web").code == 0
    assert portmap("trace", "svc/shop/web:80", "web.yaml").code == 0
    web = Service("web", namespace="shop", selector={"app": "web"}, ports=[ServicePort(80)])
    with pytest.raises(ValueError, match="write 'service/shop/web:80'"):
        PortMap.of([web]).reaches("shop/web:80")


def findings_in(file: str, rule: str, *options: str) -> list[dict[str, Any]]:
    """Return the findings of a rule about a file."""
    report = json.loads(portmap("lint", file, "--format=json", *options).out)
    return [each for each in report["findings"] if each["rule"] == rule]


def test_a_finding_points_at_the_workload_that_it_is_about() -> None:
    """Of two workloads of one name, the related place is in the one that lacks the port."""
    front = service("web", "app: web", "{port: 80, targetPort: http}", namespace="").replace(", namespace: }", "}")
    good = deployment("web", "app: web", "{name: http, containerPort: 8080}", namespace="a")
    bad = deployment("web", "app: web", "{name: htpp, containerPort: 8080}", namespace="b")
    write("web.yaml", front, good, bad)
    [found] = findings_in("web.yaml", "partial-target-port")
    [related] = found["related"]
    lines = Path("web.yaml").read_text(encoding="utf-8").splitlines()
    assert related["namespace"] == "b"
    assert "htpp" in lines[related["location"]["line"] - 1]


@pytest.mark.parametrize("options", [[], ["--complete"]], ids=["default", "complete"])
@pytest.mark.parametrize("wrong", [0, 1], ids=["first", "second"])
def test_each_of_two_workloads_of_one_name_is_judged(wrong: int, options: list[str]) -> None:
    """A selector that does not match its own pods is found in the right one of two equal names."""
    texts = [deployment("web", "app: web", "{containerPort: 8080}") for _ in range(2)]
    texts[wrong] = texts[wrong].replace("matchLabels: {app: web}", "matchLabels: {app: other}")
    write("web.yaml", *texts)
    [found] = findings_in("web.yaml", "workload-selector", *options)
    lines = Path("web.yaml").read_text(encoding="utf-8").splitlines()
    assert "app: other" in lines[found["location"]["line"] - 1]
