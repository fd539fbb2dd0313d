"""Typed objects as plain data."""

from typing import Any

import pytest

from portmap import Cluster, Container, ContainerPort, Pod, Service, ServicePort, Workload, to_manifest


def test_the_order_is_what_people_read() -> None:
    """Keys have the order of hand-written manifests, whatever the order of the arguments."""
    port = ServicePort(80, node_port=30080, target_port="http", protocol="TCP", name="http", app_protocol="http")
    service = Service(
        "web", ports=[port], selector={"app": "web"}, type="NodePort", labels={"b": "1", "a": "2"}, namespace="shop"
    )
    manifest = to_manifest(service)
    assert list(manifest) == ["apiVersion", "kind", "metadata", "spec"]
    assert list(manifest["metadata"]) == ["name", "namespace", "labels"]
    assert list(manifest["metadata"]["labels"]) == ["b", "a"]
    assert list(manifest["spec"]) == ["type", "selector", "ports"]
    assert list(manifest["spec"]["ports"][0]) == ["name", "protocol", "appProtocol", "port", "targetPort", "nodePort"]


def test_the_result_is_a_copy() -> None:
    """A change of the result does not change the object."""
    service = Service(
        "web", selector={"app": "web"}, ports=[ServicePort(80)], unmodelled={"status": {"conditions": []}}
    )
    manifest = to_manifest(service)
    manifest["spec"]["selector"]["app"] = "other"
    manifest["spec"]["ports"].clear()
    manifest["status"]["conditions"].append(1)
    assert to_manifest(service)["spec"] == {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    assert to_manifest(service)["status"] == {"conditions": []}


def test_the_result_is_plain() -> None:
    """The result has dicts, lists, text, numbers and booleans, and no subclasses of these."""

    class Name(str):
        __slots__ = ()

    class Number(int):
        pass

    def kinds(data: Any) -> set[type]:
        inner: Any = data.items() if isinstance(data, dict) else data if isinstance(data, list) else ()
        parts = [part for item in inner for part in (item if isinstance(data, dict) else (item,))]
        return {type(data)}.union(*map(kinds, parts))

    service = Service(
        Name("web"),
        labels={Name("app"): Name("web")},
        ports=[ServicePort(80, name=Name("http"), node_port=Number(30080))],
        type="NodePort",
        external_ips=[Name("192.0.2.1")],
        publish_not_ready_addresses=True,
    )
    assert kinds(to_manifest(service)) == {dict, list, str, int, bool}
    pod = Pod(
        "web", labels={"a": "b"}, containers=[Container("app", ports=[ContainerPort(80)])], addresses=["10.0.0.1"]
    )
    assert kinds(to_manifest(pod)) == {dict, list, str, int}


def test_fragments() -> None:
    """A port or container becomes a fragment for other manifests."""
    app = Container("app", ports=[ContainerPort(8080, name="http")], image="example.com/app:1")
    assert to_manifest(app) | {"resources": {}} == {
        "name": "app",
        "image": "example.com/app:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {},
    }
    assert to_manifest(ServicePort(80)) == {"port": 80}
    assert to_manifest(ContainerPort(80)) == {"containerPort": 80}


def test_empty_values_are_written() -> None:
    """An authored empty value is written; a missing one is not."""
    service = Service("web", ports=[ServicePort(80, name="")], selector={}, external_ips=[], labels={}, cluster_ip="")
    assert to_manifest(service) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "labels": {}},
        "spec": {"selector": {}, "clusterIP": "", "externalIPs": [], "ports": [{"name": "", "port": 80}]},
    }


def test_pods_without_fields() -> None:
    """A pod without fields has an empty spec. An observed pod has a status."""
    assert to_manifest(Pod("web")) == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}
    assert to_manifest(Pod("web", addresses=()))["status"] == {"podIPs": []}
    assert to_manifest(Pod("web", ready=False))["status"] == {"conditions": [{"type": "Ready", "status": "False"}]}


@pytest.mark.parametrize("subject", [None, 80, {"kind": "Service"}, Cluster(), Workload("Job", "a", Pod("a"))])
def test_other_objects(subject: Any) -> None:
    """Anything else is a `TypeError`."""
    with pytest.raises(TypeError, match="to_manifest takes"):
        to_manifest(subject)
