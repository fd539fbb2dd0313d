"""Objects of portmap in classes of users, by cattrs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import attrs
import cattrs
import pytest

from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Labels,
    Pod,
    Service,
    ServicePort,
    Span,
    ValidationError,
    Workload,
    to_manifest,
)
from portmap.lint import Severity
from portmap.manifests import converter


@attrs.frozen
class Settings:
    """The settings of a deploy script."""

    service: Service
    port: ServicePort
    containers: list[Container]
    replicas: int = 1


@dataclass
class Plain:
    """The settings as a dataclass."""

    pod: Pod
    ports: dict[str, ContainerPort] = field(default_factory=dict)


@attrs.frozen
class Deep(Settings):
    """Settings with values of other kinds."""

    cluster: Cluster = attrs.field(factory=Cluster)
    severities: Mapping[str, Severity] = attrs.field(factory=dict)
    span: Span | None = None


SERVICE = Service("web", selector={"app": "web"}, ports=[ServicePort(80, target_port="http")])
APP = Container("app", ports=[ContainerPort(8080, name="http")])


def to_deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [to_manifest(APP)]}}
    selector = {"matchLabels": {"app": name}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": selector, "template": template},
    }


def test_settings_of_ones_own() -> None:
    """Objects in attrs classes and dataclasses are converted to their manifests and back."""
    taught = converter()
    settings = Settings(SERVICE, ServicePort(9090, name="metrics"), [APP], replicas=3)
    data = taught.unstructure(settings)
    assert data == {
        "service": to_manifest(SERVICE),
        "port": {"name": "metrics", "port": 9090},
        "containers": [to_manifest(APP)],
        "replicas": 3,
    }
    assert taught.structure(data, Settings) == settings
    plain = Plain(Pod("web", containers=[APP]), {"http": ContainerPort(8080)})
    assert taught.structure(taught.unstructure(plain), Plain) == plain


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        (to_manifest(SERVICE) | {"spec": {"ports": [{"port": 0}]}}, Service, "spec.ports[0].port"),
        (to_manifest(SERVICE), Pod, "kind"),
        (to_manifest(Pod("a")), Service, "kind"),
        (to_manifest(Pod("a")), Workload, "kind"),
        ({"port": "80"}, ServicePort, "port"),
        ({"port": 80, "prot": "TCP"}, ServicePort, "prot"),
        ({}, ServicePort, "port"),
        ({"port": None}, ServicePort, "port"),
        ({}, ContainerPort, "containerPort"),
        (5, ServicePort, ""),
        ({"containerPort": 0}, ContainerPort, "containerPort"),
        ({"name": "a", "ports": [{"containerPort": 0}]}, Container, "ports[0].containerPort"),
    ],
)
def test_mistakes(data: Any, kind: type[Any], expected: str) -> None:
    """An object that a server would refuse is refused with the path of the field, at any depth."""
    with pytest.raises(ValidationError) as caught:
        converter().structure(data, kind)
    assert expected in [violation.field for violation in caught.value.violations]


def test_workloads_are_read() -> None:
    """The dict of a Deployment becomes a `Workload`."""
    assert converter().structure(to_deployment("web"), Workload).pod.containers == (APP,)


def test_every_fault_is_reported_with_its_path() -> None:
    """One error lists all faults of all kinds, at any depth."""
    ports = [{"port": 0, "targetPort": 80}]
    data = {
        "service": to_manifest(SERVICE) | {"metadata": {"name": "Web"}, "spec": {"ports": ports}},
        "port": {"port": "80"},
        "containers": [{"name": "app", "ports": [{"containerPort": 80}]}, {"name": "b", "ports": [{}]}],
        "replicas": "3",
        "replcas": 1,
        "cluster": {"version": "1.3", "node_port_range": "a-b", "feature_gates": {"A": True}},
        "severities": {"a": "error", "b": "erorr"},
        "span": {"line": 1, "column": True, "end_line": 2},
    }
    with pytest.raises(ValidationError) as caught:
        converter().structure(data, Deep)
    error = caught.value
    assert error.subject == "Deep"
    assert [(violation.field, violation.code) for violation in error.violations] == [
        ("cluster.node_port_range", "wrong-type"),
        ("containers[1].ports[0].containerPort", "container-port-required"),
        ("port.port", "wrong-type"),
        ("replcas", "unknown-field"),
        ("replicas", "wrong-type"),
        ("service.metadata.name", "name-syntax"),
        ("service.spec.ports[0].port", "port-out-of-range"),
        ("severities[b]", "wrong-type"),
        ("span.column", "wrong-type"),
        ("span.end_column", "wrong-type"),
    ]
    text = str(error)
    assert "did you mean 'replicas'?" in text
    assert 'severities[b]: Unsupported value: "erorr": supported values: error, warning, info' in text
    assert "span.end_column: Required value: must be given" in text
    assert "BaseException" not in text
    assert "Group" not in text


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (5, Settings, "must be a mapping, not"),
        ("80", int, "must be an integer, not text"),
        (True, int, "must be an integer, not"),
        (1, bool, "must be true or false, not"),
        ("x", Cluster, "must be a mapping, not text"),
        ({"app": 1}, Labels, "must be text, not"),
        (
            {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 0}]}]}},
            Pod,
            "\n  spec.containers[0].ports[0]",
        ),
        ({"spec": {"containers": 5}}, Pod, "spec.containers"),
        ({"kind": "Job", "name": "a"}, Workload, "template"),
        (5, Workload, "a mapping"),
        (Ellipsis, Workload, "a mapping"),
    ],
)
def test_a_wrong_value_by_itself(data: Any, kind: type[Any], words: str) -> None:
    """No value is converted to another type, and every error is a `ValidationError`."""
    with pytest.raises(ValidationError) as caught:
        converter().structure(data, kind)
    assert words in str(caught.value)


def test_an_integer_is_a_number() -> None:
    """An integer is accepted for a float."""
    assert converter().structure(3, float) == 3


def test_a_cluster_as_people_write_it() -> None:
    """The node port range of a cluster has the form of the API server's flag."""
    cluster = Cluster("1.33", node_port_range=range(20000, 20100), feature_gates={"RelaxedServiceNameValidation": True})
    data = converter().unstructure(cluster)
    assert data == {
        "version": "1.33",
        "node_port_range": "20000-20099",
        "service_cidrs": None,
        "feature_gates": {"RelaxedServiceNameValidation": True},
        "cluster_domain": "cluster.local",
    }
    assert converter().structure(data, Cluster) == cluster
    assert converter().structure({"version": "1.34"}, Cluster) == Cluster("1.34")


def test_templates_have_no_kind() -> None:
    """The pod of a workload is written as a pod template, without a kind."""
    workload = converter().structure(to_deployment("web"), Workload)
    data = converter().unstructure(workload)
    assert data["pod"].keys() == {"metadata", "spec"}
    assert converter().structure(data, Workload) == workload


def test_a_converter_of_ones_own() -> None:
    """A user's converter learns portmap's classes and keeps its own configuration."""
    mine = cattrs.Converter()
    assert converter(mine) is mine
    data = mine.unstructure(Settings(SERVICE, ServicePort(80), []))
    assert mine.structure(data | {"unknown": 1}, Settings).service == SERVICE
    with pytest.raises(Exception, match="unknown"):
        converter().structure(data | {"unknown": 1}, Settings)
