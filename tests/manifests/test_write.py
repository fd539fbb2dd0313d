"""Typed objects and plain dicts as YAML text."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from portmap import Container, ContainerPort, ManifestError, Pod, Service, ServicePort, Workload, load, to_yaml
from portmap.manifests import parse

WEB = Service("web", selector={"app": "web"}, ports=[ServicePort(80, name="http", target_port="http")])


def test_example() -> None:
    """A Service as people write it."""
    assert to_yaml(WEB) == (
        "apiVersion: v1\n"
        "kind: Service\n"
        "metadata:\n"
        "  name: web\n"
        "spec:\n"
        "  selector:\n"
        "    app: web\n"
        "  ports:\n"
        "  - name: http\n"
        "    port: 80\n"
        "    targetPort: http\n"
    )


def test_several() -> None:
    """Several objects are several documents, in the order given, plain dicts of any kind among them."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    text = to_yaml(namespace, WEB, namespace)
    assert text.count("\n---\n") == 2
    assert [each["kind"] for each in yaml.safe_load_all(text)] == ["Namespace", "Service", "Namespace"]


def test_nothing() -> None:
    """Nothing is an empty text."""
    assert to_yaml() == ""


@pytest.mark.parametrize(
    "value",
    [
        "8080",
        "true",
        "no",
        "y",
        "null",
        "~",
        "1e3",
        "0x10",
        "1_000",
        "2026-01-31",
        "12:30",
        "",
        " a ",
        "a: b",
        "#",
        "é\u2028",
    ],
)
def test_text_stays_text(value: str) -> None:
    """A text that some reader would take for something else is quoted."""
    service = Service("web", annotations={"a": value}, ports=[ServicePort(80)])
    text = to_yaml(service)
    assert yaml.safe_load(text)["metadata"]["annotations"] == {"a": value}
    assert parse(text)[0]["metadata"]["annotations"] == {"a": value}


def test_fragments() -> None:
    """A port or container is written as the fragment that it is."""
    assert to_yaml(ServicePort(80, target_port="http")) == "port: 80\ntargetPort: http\n"
    assert to_yaml(ContainerPort(80)) == "containerPort: 80\n"
    assert to_yaml(Container("app", ports=[ContainerPort(80)])) == "name: app\nports:\n- containerPort: 80\n"
    assert to_yaml(Pod("web")).endswith("spec: {}\n")


def test_the_same_bytes() -> None:
    """The same object gives the same text, whatever way it was made."""
    assert to_yaml(WEB) == to_yaml(load(io.StringIO(to_yaml(WEB))).objects(Service)[0])


def test_documents_are_written_as_they_were_read(tmp_path: Path) -> None:
    """A document of any kind is written with all that it said."""
    path = tmp_path / "all.yaml"
    path.write_text("kind: ConfigMap\napiVersion: v1\ndata: {a: '1'}\n---\n" + to_yaml(WEB), encoding="utf-8")
    loaded = load(path)
    assert parse(to_yaml(*loaded)) == parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "data", [{"a": float("nan")}, {"a": {1: 2}}, {"a": object()}, {"a": "\ud800"}, {"a": 2**70 + 1}]
)
def test_what_yaml_cannot_carry(data: Any) -> None:
    """What no reader would read back is refused."""
    with pytest.raises(ManifestError):
        to_yaml(data)


@pytest.mark.parametrize("subject", [[WEB], (WEB,), Workload("Job", "a", Pod("a")), None, "text", 5])
def test_what_is_no_object(subject: Any) -> None:
    """A list of objects, a workload and other things are a wrong call."""
    with pytest.raises(TypeError):
        to_yaml(subject)
