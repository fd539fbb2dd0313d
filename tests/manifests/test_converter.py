"""portmap's objects in other people's classes, by way of cattrs."""

from dataclasses import dataclass, field
from typing import Any

import attrs
import cattrs
import pytest

from portmap import Container, ContainerPort, Pod, Service, ServicePort, ValidationError, Workload, to_manifest
from portmap.manifests import converter


@attrs.frozen
class Settings:
    """What a deploy script may have."""

    service: Service
    port: ServicePort
    containers: list[Container]
    replicas: int = 1


@dataclass
class Plain:
    """The same as a dataclass."""

    pod: Pod
    ports: dict[str, ContainerPort] = field(default_factory=dict)


SERVICE = Service("web", selector={"app": "web"}, ports=[ServicePort(80, target_port="http")])
APP = Container("app", ports=[ContainerPort(8080, name="http")])


def test_settings_of_ones_own() -> None:
    """Objects inside attrs classes and dataclasses become their manifests, and come back."""
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
    """What a server would refuse is refused with its field, whatever it stands in."""
    with pytest.raises(ValidationError) as caught:
        converter().structure(data, kind)
    assert expected in [violation.field for violation in caught.value.violations]


def test_workloads_are_read() -> None:
    """A Deployment's dict becomes a `Workload`."""
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"spec": {"containers": [to_manifest(APP)]}}},
    }
    assert converter().structure(manifest, Workload).pod.containers == (APP,)


def test_ones_own_converter_is_taught() -> None:
    """A converter that one has learns about portmap's objects, and stays as strict or lax as it is."""
    mine = cattrs.Converter()
    assert converter(mine) is mine
    data = mine.unstructure(Settings(SERVICE, ServicePort(80), []))
    assert mine.structure(data | {"unknown": 1}, Settings).service == SERVICE
    with pytest.raises(Exception, match="unknown"):
        converter().structure(data | {"unknown": 1}, Settings)
