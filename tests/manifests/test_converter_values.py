"""Round trips of every public value through the converter and JSON."""

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import attrs
from hypothesis import given
from hypothesis import strategies as st

import portmap
from manifest_objects import Manifest
from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Labels,
    Pod,
    PortMap,
    Service,
    ServicePort,
    Violation,
    Workload,
    check_set,
    contract,
    lint,
    load,
    manifests,
    resolve,
    to_manifest,
)
from portmap.lint import Baseline
from portmap.lint import lint as run_lint
from portmap.manifests import Edit, converter
from portmap.strategies import containers, pods, service_ports
from random_objects import clusters, services
from random_sets import sets

MODULES: Final = (portmap, lint, manifests)
LIVE: Final = {"Bundle", "Document", "Found", "Item", "Place", "PortMap", "Rule"}
"""The classes of what belongs to a running program."""
VALUES: Final = frozenset(
    kind
    for module in MODULES
    for name in set(module.__all__) - LIVE
    if attrs.has(kind := getattr(module, name)) or kind is portmap.Labels
)
CONVERTER: Final = converter()


def values_in(value: Any) -> Iterator[Any]:
    """Yield the values of public classes in this value, and the value itself if its class is public."""
    if type(value) in VALUES:
        yield value
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from values_in(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from values_in(item)


def results_of(objects: list[Manifest], others: Iterable[Manifest] = ()) -> Iterator[Any]:
    """Yield the results of portmap's functions for some objects."""
    port_map = PortMap.of(objects)
    yield (port_map.references, port_map.misses, port_map.unreached, port_map.node_ports, port_map.host_ports)
    yield (port_map.services, port_map.workloads, port_map.unknown)
    for service in port_map.services:
        yield (port_map.resolution(service), port_map.trace(service))
    with suppress(KeyError):  # No rule is for this host.
        yield port_map.host("a.example")
    other_map = PortMap.of(others)
    yield contract([*port_map.services, *port_map.workloads], [*other_map.services, *other_map.workloads])
    yield check_set(port_map.services)
    report = run_lint(objects)
    yield (report, Baseline.of(report))


def assert_round_trip(value: Any) -> None:
    data = CONVERTER.unstructure(value)
    assert CONVERTER.structure(data, type(value)) == value
    if not isinstance(value, Edit):  # JSON has no bytes.
        assert CONVERTER.structure(json.loads(json.dumps(data)), type(value)) == value


@given(sets, sets)
def test_results_round_trip(objects: list[Manifest], others: list[Manifest]) -> None:
    """Results about any objects are equal after a round trip through plain data and JSON."""
    for result in results_of(objects, others):
        for value in values_in(result):
            assert_round_trip(value)


@given(services() | pods() | containers() | service_ports() | clusters())
def test_objects_round_trip(value: Any) -> None:
    """Services, pods, their parts and clusters round-trip."""
    assert_round_trip(value)


@given(pods(), st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["web", ""])) | st.none())
def test_workloads_round_trip(pod: Pod, selector: dict[str, str] | None) -> None:
    """Workloads of every kind round-trip by their fields, with their templates."""
    template = attrs.evolve(pod, template=True)
    assert_round_trip(template)
    labels = None if selector is None else Labels(selector)
    for kind, made in (("Pod", pod), ("Deployment", template), ("Service.serving.knative.dev", template)):
        assert_round_trip(Workload(kind, "web", made, selector=labels, replicas=3))


FILE: Final = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {portmap.ignore/external-ips-deprecated: they are ours}
spec: {type: NodePort, externalIPs: [192.0.2.7], ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {type: NodePort, selector: {app: api}, ports: [{port: 80, nodePort: 30080, targetPort: "8080"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: fragment}
spec: {template: {spec: {containers: [{name: web, resources: {}}]}}}
"""


def examples() -> Iterator[Any]:
    """Yield results with values of classes that generated results seldom have."""
    documents = load(io.StringIO(FILE))
    yield run_lint(documents)
    yield PortMap.of(documents).unknown
    yield [document.violations for document in documents]
    yield manifests.warnings(documents[0].raw)
    ports = [ServicePort(80, node_port=30080)]
    shop = [Service.node_port(name, ports, selector={"app": name}) for name in ("web", "api")]
    http = ContainerPort(8080, name="http", host_port=80)
    pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app", ports=[http])], addresses=["10.0.0.7"])
    yield from results_of([*map(to_manifest, shop), to_manifest(pod), FRONT], map(to_manifest, shop[:1]))
    yield check_set(shop)
    yield resolve(shop[0], [pod])
    yield Edit("web.yaml", b"a: 1", b"a: 2")
    yield Violation.about("spec.ports[0].port", "a", "FieldValueInvalid", "b", value=[80, {"a": None}])
    yield Cluster("1.33", service_cidrs=("10.0.0.0/16",), feature_gates={"RelaxedServiceNameValidation": True})


FRONT: Final = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "front"},
    "spec": {
        "rules": [
            {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": backend}}]}}
            for host, backend in (
                ("a.example", {"name": "web", "port": {"number": 80}}),
                ("b.example", {"name": "wep", "port": {"name": "http"}}),
            )
        ]
    },
}


def test_every_public_class_round_trips() -> None:
    """The converter knows every public class of values."""
    found = [value for example in examples() for value in values_in(example)]
    for value in found:
        assert_round_trip(value)
    assert {kind.__name__ for kind in VALUES - {type(value) for value in found}} == set()
