"""Typed objects as plain data."""

from typing import Any

import pytest

from portmap import Cluster, Container, ContainerPort, Pod, Service, ServicePort, Workload, to_manifest


def test_the_order_is_what_people_read() -> None:
    """Keys come in the order in which manifests are written by hand, whatever the order of the arguments."""
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


def test_it_is_fresh() -> None:
    """What is given out may be changed; the object stays as it is."""
    service = Service(
        "web", selector={"app": "web"}, ports=[ServicePort(80)], unmodelled={"status": {"conditions": []}}
    )
    manifest = to_manifest(service)
    manifest["spec"]["selector"]["app"] = "other"
    manifest["spec"]["ports"].clear()
    manifest["status"]["conditions"].append(1)
    assert to_manifest(service)["spec"] == {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    assert to_manifest(service)["status"] == {"conditions": []}


def test_it_is_plain() -> None:
    """Nothing but dicts, lists, text, numbers and booleans, which any writer takes."""

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
    """A port or container becomes the fragment that stands for it in a dict of one's own."""
    app = Container("app", ports=[ContainerPort(8080, name="http")], image="example.com/app:1")
    assert to_manifest(app) | {"resources": {}} == {
        "name": "app",
        "image": "example.com/app:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {},
    }
    assert to_manifest(ServicePort(80)) == {"port": 80}
    assert to_manifest(ContainerPort(80)) == {"containerPort": 80}


def test_empty_is_not_left_out() -> None:
    """What was authored empty is written empty; what was not authored is not written."""
    service = Service("web", ports=[ServicePort(80, name="")], selector={}, external_ips=[], labels={}, cluster_ip="")
    assert to_manifest(service) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "labels": {}},
        "spec": {"selector": {}, "clusterIP": "", "externalIPs": [], "ports": [{"name": "", "port": 80}]},
    }


def test_nothing_to_say() -> None:
    """A pod of which nothing is known is hardly anything; one that was observed has a status."""
    assert to_manifest(Pod("web")) == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}
    assert to_manifest(Pod("web", addresses=()))["status"] == {"podIPs": []}
    assert to_manifest(Pod("web", ready=False))["status"] == {"conditions": [{"type": "Ready", "status": "False"}]}


@pytest.mark.parametrize("subject", [None, 80, {"kind": "Service"}, Cluster(), Workload("Job", "a", Pod("a"))])
def test_other_things(subject: Any) -> None:
    """Anything else is a wrong call."""
    with pytest.raises(TypeError, match="to_manifest takes"):
        to_manifest(subject)
