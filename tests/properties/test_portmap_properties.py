"""Properties of the map of any set of objects."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from manifest_objects import Manifest
from portmap import Pod, Service, Workload, resolve
from portmap._graph.port_map import PortMap
from random_sets import (
    NUMBERS,
    an_object,
    containers,
    deployments,
    ingresses,
    monitors,
    policies,
    routes,
    services,
    services_with_pods,
    sets,
    some,
)


@given(sets, st.randoms())
def test_the_order_of_the_objects_does_not_matter(objects: list[Manifest], random: Any) -> None:
    """A shuffled set with duplicates has an equal map."""
    first = PortMap.of(objects).as_dict()
    shuffled = objects + objects[:2]
    random.shuffle(shuffled)
    second = PortMap.of(shuffled).as_dict()
    assert {**second, "others": 0} == {**first, "others": 0}
    assert json.loads(json.dumps(first)) == first


@given(sets)
def test_everything_is_sorted_by_object(objects: list[Manifest]) -> None:
    """Everything is sorted by namespace, kind and name, so that a report groups what concerns one object."""
    data = PortMap.of(objects).as_dict()
    for key in ("services", "workloads", "references", "misses", "unknown"):
        names = [(each["namespace"] or "", each["kind"], each["name"]) for each in data[key]]
        assert names == sorted(names), key


def _closed(schema: Any) -> Any:
    """Return the schema without additional properties."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed(each) for key, each in schema.items()}
    return inner | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


SCHEMA: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "schemas" / "portmap-1.json").read_text(encoding="utf-8")
)
VALIDATOR: Final = jsonschema.Draft202012Validator(_closed(SCHEMA))


@given(sets)
def test_plain_data_conforms_to_its_schema(objects: list[Manifest]) -> None:
    """The plain data of a map conforms to docs/schemas/portmap-1.json, which has every field."""
    VALIDATOR.validate(PortMap.of(objects).as_dict())


@given(sets)
def test_every_reference_has_one_outcome(objects: list[Manifest]) -> None:
    """A reference has targets, or a miss with a message, or an unknown result with a reason."""
    found = PortMap.of(objects)
    for each in found.references:
        outcomes = (bool(each.targets), each.miss is not None, each.unknown is not None)
        assert outcomes.count(True) == 1, each
        if each.miss is not None:
            assert each.miss.message
            assert (each.miss.source, each.miss.field) == (each.source, each.field)
            assert each.miss in found.misses


@given(sets)
def test_both_directions_agree(objects: list[Manifest]) -> None:
    """A container port has a chain from a Service if and only if the Service reaches it."""
    data = PortMap.of(objects).as_dict()
    down = {
        (service["namespace"], service["name"], port["port"], *_target(each))
        for service in data["services"]
        if not service["headless"]
        for port in service["ports"]
        for each in port["reaches"]
    }
    up = {
        (hop["namespace"], hop["name"], hop["port"], *_target({**workload, **port}))
        for workload in data["workloads"]
        for port in workload["ports"]
        for chain in port["chains"]
        if chain["entry"] == "cluster-ip"
        for hop in chain["hops"]
    }
    assert up == down


def _target(data: Manifest) -> tuple[Any, ...]:
    return tuple(data[key] for key in ("kind", "namespace", "name", "container", "port", "protocol"))


@given(sets)
def test_no_port_is_both_reached_and_unreached(objects: list[Manifest]) -> None:
    """An unreached port has only the direct chain."""
    found = PortMap.of(objects)
    unreached = set(found.unreached)
    for workload in found.workloads:
        for target in {chain.end for chain in found.who_reaches(workload)} if _declares(workload) else ():
            assert target is not None
            [*chains] = found.who_reaches(workload, target.container, target.port)
            entries = {chain.entry for chain in chains if chain.end == target}
            if target in unreached:
                assert entries == {"direct"}


def _declares(workload: Workload) -> bool:
    return any(container.ports for container in workload.pod.port_containers)


@given(sets, NUMBERS)
def test_requests_reach_only_backends_of_rules(objects: list[Manifest], number: int) -> None:
    """A request reaches only Services that a rule or default backend names; a chain without an end says why."""
    found = PortMap.of(objects)
    named = {each.reference.service for each in found.references}
    for chain in (*found.host("a.example"), *found.host("b.example", f"/{number}")):
        assert (chain.end is None) == (chain.stops is not None)
        assert all(hop.object.name in named for hop in chain.hops if hop.object.kind == "Service")


@given(services_with_pods())
def test_a_map_agrees_with_resolve(given_set: tuple[Service, list[Pod]]) -> None:
    """The map has the endpoints of `resolve`, each once."""
    service, among = given_set
    found = PortMap.of([service, *among])
    [placed] = found.services
    in_order = sorted(among, key=lambda pod: (pod.namespace or "", pod.name))
    resolution = resolve(service, in_order)
    assert found.resolution(placed) == resolution
    for port in service.ports:
        reached = [
            (each.workload.name, each.container, each.port, each.protocol) for each in _reached(found, port.name)
        ]
        assert reached == _unique(
            (each.pod, each.container, each.port, each.protocol) for each in resolution.endpoints(port)
        )


def _reached(found: PortMap, port: str | None) -> tuple[Any, ...]:
    return found.reaches(f"web:{port}")


def _unique(given_items: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(given_items))


pods = an_object("v1", "Pod", st.fixed_dictionaries({"containers": some(containers)}))


@given(sets, pods)
def test_another_pod_removes_no_endpoint(objects: list[Manifest], pod: Manifest) -> None:
    """Another pod can add endpoints and removes none."""
    pod["metadata"]["name"] = "another"
    before, after = PortMap.of(objects), PortMap.of([*objects, pod])
    assert after.services == before.services
    for one, other in zip(before.as_dict()["services"], after.as_dict()["services"], strict=True):
        for port, same in zip(one["ports"], other["ports"], strict=True):
            assert [each for each in same["reaches"] if each["name"] != "another"] == port["reaches"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1 << 40) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
grants = st.just(
    {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "x", "namespace": "prod"},
        "spec": {"from": [{"kind": "HTTPRoute", "namespace": "shop"}], "to": [{"kind": "Service", "name": "web"}]},
    }
)
versions = st.just(
    {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {"name": "x", "namespace": "prod"},
        "spec": {"install": {"spec": {"deployments": [{"name": "web", "spec": {"template": {"spec": {}}}}]}}},
    }
)
peers = st.just(
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "x", "namespace": "shop"},
        "spec": {
            "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
            "egress": [
                {
                    "to": [{"podSelector": {}, "namespaceSelector": {"matchLabels": {"team": "shop"}}}],
                    "ports": [{"port": 80, "endPort": 90}],
                }
            ],
        },
    }
)
namespaces = st.just(
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "shop"}}}
)


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in an object, except for its kind and version."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    here = [] if not path or path[0] in {"kind", "apiVersion"} else [path]
    return here + [place for key, value in inner for place in _places(value, (*path, key))]


@given(
    sets,
    services | deployments | ingresses | routes | monitors | policies | grants | versions | peers | namespaces,
    anything,
    st.data(),
)
def test_a_wrong_value_at_any_path(objects: list[Manifest], good: Manifest, wrong: Any, data: st.DataObject) -> None:
    """With any value at any path of an object, the map can be built and written as JSON."""
    bad = json.loads(json.dumps(good))
    *above, last = data.draw(st.sampled_from(_places(bad)))
    place = bad
    for step in above:
        place = place[step]
    place[last] = wrong
    found = PortMap.of([*objects, bad])
    json.dumps(found.as_dict())
    assert len(found.services) + len(found.unknown) >= len(PortMap.of(objects).services)
