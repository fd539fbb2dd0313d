"""Properties of objects of portmap in plain dicts."""

from typing import Any

from hypothesis import given

from portmap import Container, Pod, PortMap, Service, ValidationError, resolve, strategies, to_manifest, to_yaml
from portmap.lint import lint
from portmap.manifests import read, stored, to_json, validate, warnings


def deployment(pod: Pod, *, typed: bool) -> dict[str, Any]:
    """Return a Deployment whose containers, ports and labels are typed or plain."""

    def container(each: Container) -> Any:
        return each if typed else to_manifest(each)

    def beside(each: Container) -> Any:
        ports = list(each.ports) if typed else [to_manifest(port) for port in each.ports]
        return to_manifest(each) | ({"ports": ports} if ports else {})

    labels = pod.labels if typed else dict(pod.labels)
    spec = {
        "containers": [container(each) for each in pod.containers],
        "initContainers": [beside(each) for each in pod.init_containers],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": pod.namespace or "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }


@given(strategies.services_with_pods(max_pods=1))
def test_typed_and_plain_parts_are_one(world: tuple[Service, list[Pod]]) -> None:
    """A dict with typed objects at any depth is written, linted, resolved and validated as plain data."""
    service, [pod] = world
    typed, plain = deployment(pod, typed=True), deployment(pod, typed=False)
    assert to_yaml(typed) == to_yaml(plain)
    assert to_json(typed) == to_json(plain)
    assert validate(typed) == validate(plain)
    assert warnings(typed) == warnings(plain)
    assert lint([service, typed]).findings == lint([service, plain]).findings
    assert resolve(service, [typed]) == resolve(service, [plain])
    assert PortMap.of([service, typed]).as_dict() == PortMap.of([service, plain]).as_dict()
    assert exposed(typed) == exposed(plain)


def exposed(workload: dict[str, Any]) -> Service | str:
    try:
        return Service.exposing(workload, "web")
    except ValidationError as error:
        return str(error)


@given(strategies.services())
def test_a_service_with_typed_ports(service: Service) -> None:
    """A dict of a Service can have typed ports and labels, and a List typed items."""
    manifest = to_manifest(service)
    spec = manifest.get("spec", {})
    typed = {**manifest, "spec": spec | ({"ports": list(service.ports)} if service.ports else {})}
    assert read(typed) == service
    assert stored(typed) == stored(manifest)
    listed = {"apiVersion": "v1", "kind": "List", "items": [service]}
    assert to_yaml(listed) == to_yaml({**listed, "items": [manifest]})
