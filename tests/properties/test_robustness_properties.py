"""Any input gives an object or an error of portmap, and is not changed."""

import contextlib
import copy
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import (
    Container,
    ContainerPort,
    ManifestError,
    Pod,
    PortmapError,
    Service,
    ServicePort,
    ValidationError,
    Violation,
    Workload,
    check,
    load,
    manifests,
    resolve,
    to_manifest,
    to_yaml,
)
from portmap.strategies import pods
from random_objects import EVERYWHERE, json_values, near_manifests, service_manifests, services, untyped


def unchanged(manifest: Any) -> str:
    """Return the manifest as text to compare: `==` does not distinguish `1` from `True` or compare NaN."""
    return repr(manifest)


def sound(error: ValidationError) -> None:
    """Assert what every error has: at least one violation, in order, readable for people and programs."""
    assert error.violations
    assert str(error)
    assert len(set(error.violations)) == len(error.violations)
    for violation in error.violations:
        assert isinstance(violation, Violation)
        assert str(violation)
        assert len(violation.message) < 2000
        json.dumps(violation.as_dict())


def read_or_not(manifest: Any) -> Service | Pod | Workload | None:
    """Return the object, or None if portmap refuses the manifest."""
    try:
        found = manifests.read(manifest, cluster=EVERYWHERE)
    except ValidationError as error:
        sound(error)
        return None
    hash(found)
    assert repr(found)
    return found


@given(json_values)
def test_any_data_reads_or_is_refused(data: Any) -> None:
    """Any data are read, validated, stored and loaded, or refused by an error of portmap."""
    before = unchanged(data)
    read_or_not(data)
    for violation in manifests.validate(data, cluster=EVERYWHERE):
        assert str(violation)
    with pytest.raises(ValidationError):
        manifests.stored(data, cluster=EVERYWHERE)
    assert unchanged(data) == before


@given(near_manifests())
def test_nearly_good_manifests_read_or_are_refused(manifest: Any) -> None:
    """Manifests with the right fields and wrong values are read or refused, and never changed."""
    before = unchanged(manifest)
    read_or_not(manifest)
    found = manifests.validate(manifest, cluster=EVERYWHERE)
    assert all(str(violation) for violation in found)
    assert manifests.warnings(manifest, cluster=EVERYWHERE) is not None
    try:
        manifests.stored(manifest, cluster=EVERYWHERE)
    except ValidationError as error:
        sound(error)
        stored = False
    else:
        stored = True
    assert stored == (not found)
    assert unchanged(manifest) == before


@given(near_manifests(), near_manifests())
def test_nearly_good_updates_are_judged(manifest: Any, old: Any) -> None:
    """An update is validated for any old object; one that cannot have been stored is a `ManifestError`."""
    before = unchanged((manifest, old))
    for judge in (manifests.validate, manifests.stored, manifests.warnings):
        with contextlib.suppress(ValidationError, ManifestError):
            judge(manifest, old=old, cluster=EVERYWHERE)
    assert unchanged((manifest, old)) == before


@given(near_manifests())
def test_reading_says_at_least_what_the_server_says(manifest: Any) -> None:
    """Reading a Service reports every violation of the server, and reads what the server accepts."""
    if not isinstance(manifest, Mapping) or manifest.get("kind") != "Service" or "resourceVersion" in repr(manifest):
        return
    if manifest.get("apiVersion") not in ("v1", "/v1", "", None):
        return
    theirs = {
        (each.reason, each.field)
        for each in manifests.validate(manifest, cluster=EVERYWHERE)
        # Reading reports a missing or wrong name, not the address that needs it.
        if each.code != "address-needs-name"
    }
    try:
        manifests.read(manifest, cluster=EVERYWHERE)
    except ValidationError as error:
        ours = {(each.reason, each.field) for each in error.violations}
        assert theirs <= ours
        assert manifests.validate(manifest, cluster=EVERYWHERE)
    else:
        assert theirs == set()


@given(
    st.sampled_from(["Deployment", "StatefulSet", "CronJob", "Pod", "ReplicationController"]),
    near_manifests(),
    json_values,
)
def test_odd_workloads_read_or_are_refused(kind: str, template: Any, rest: Any) -> None:
    """A workload with any value as template is read or refused."""
    groups = {"CronJob": "batch/v1", "Pod": "v1", "ReplicationController": "v1", "Rollout": "argoproj.io/v1alpha1"}
    group = groups.get(kind, "apps/v1")
    if kind == "Pod":
        manifest = {"apiVersion": group, "kind": kind, "metadata": rest, "spec": template, "status": rest}
    elif kind == "ClusterServiceVersion":
        deployments = [{"name": "a", "spec": {"template": template}}] if rest else rest
        spec = {"install": {"spec": {"deployments": deployments}}}
        manifest = {"apiVersion": "operators.coreos.com/v1", "kind": kind, "metadata": rest, "spec": spec}
    else:
        inner = {"template": template, "selector": rest}
        spec = {"jobTemplate": {"spec": inner}} if kind == "CronJob" else inner
        manifest = {"apiVersion": group, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    before = unchanged(manifest)
    read_or_not(manifest)
    assert isinstance(manifests.validate(manifest), tuple)
    assert isinstance(manifests.warnings(manifest), tuple)
    with contextlib.suppress(ManifestError):  # Data that no YAML can carry.
        assert len(load(io.StringIO(to_yaml(manifest)))) == 1
    assert unchanged(manifest) == before


@given(pods(), st.data())
def test_nearly_good_pods_read_or_are_refused(pod: Pod, data: st.DataObject) -> None:
    """A pod's manifest with one value replaced is read or refused."""
    manifest = to_manifest(pod)
    place: Any = manifest
    while True:
        if isinstance(place, dict) and place:
            key: Any = data.draw(st.sampled_from(sorted(place)))
        elif isinstance(place, list) and place:
            key = data.draw(st.integers(0, len(place) - 1))
        else:
            break
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 4)) == 0:
            place[key] = data.draw(json_values)
            break
        place = place[key]
    before = unchanged(manifest)
    found = read_or_not(manifest)
    if isinstance(found, Pod):
        service = Service("web", selector={"app": "web"}, ports=[ServicePort(80, target_port="http")])
        assert resolve(service, [found]).misses is not None
    assert isinstance(manifests.validate(manifest), tuple)
    assert unchanged(manifest) == before


@given(st.text() | near_manifests().map(lambda manifest: json.dumps(manifest, default=str)))
def test_any_text_is_judged(text: str) -> None:
    """Any text, JSON or not, is validated; as a file it is loaded or refused with a position."""
    assert isinstance(manifests.validate(text, cluster=EVERYWHERE), tuple)
    try:
        loaded = load(io.StringIO(text), cluster=EVERYWHERE)
    except ManifestError:
        return
    for document in loaded:
        assert str(document)
        assert (document.object is None) or not document.violations
        for violation in document.violations:
            document.span(violation.field)
            document.key_span(violation.field)


@given(near_manifests())
def test_one_bad_object_does_not_raise(manifest: Any) -> None:
    """A file with an invalid object loads; only that object has violations."""
    good = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "good"}, "spec": {"ports": [{"port": 80}]}}
    try:
        text = to_yaml({"apiVersion": "v1", "kind": "List", "items": [good, manifest]})
    except ManifestError:
        return  # Data that no YAML can carry.
    loaded = load(io.StringIO(text), cluster=EVERYWHERE)
    assert loaded[0].object is not None
    assert loaded[0].raw == good


CONSTRUCTORS: list[tuple[type[Any], dict[str, Any]]] = [
    (Service, {"name": "web", "ports": [ServicePort(80)]}),
    (ServicePort, {"port": 80}),
    (ContainerPort, {"container_port": 80}),
    (Container, {"name": "app", "ports": [ContainerPort(80)]}),
    (Pod, {"name": "web-0", "containers": [Container("app")]}),
]


@pytest.mark.parametrize(("kind", "arguments"), CONSTRUCTORS, ids=lambda each: getattr(each, "__name__", ""))
@given(data=st.data())
def test_any_argument_makes_an_object_or_violations(
    kind: type[Any], arguments: dict[str, Any], data: st.DataObject
) -> None:
    """Any argument of a constructor gives an object or a `ValidationError`."""
    names = [field.name for field in kind.__attrs_attrs__]
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    odd = {name: data.draw(untyped) for name in chosen}
    try:
        made = kind(**arguments | odd)
    except ValidationError as error:
        sound(error)
        return
    # The object is a value like any other.
    hash(made)
    assert repr(made)
    assert made == copy.copy(made)
    assert check(made) == ()
    assert isinstance(to_manifest(made), dict)


@pytest.mark.parametrize("name", ["ports", "selector", "labels", "cluster_ips", "containers", "unmodelled"])
@given(value=untyped)
def test_series_and_mappings_of_the_wrong_things(name: str, value: Any) -> None:
    """A list, mapping or text with a wrong value is refused as the value is."""
    for wrapped in ([value], (value,), {"a": value}, {"metadata": value}, {"metadata": {"finalizers": [value]}}):
        for kind, arguments in CONSTRUCTORS:
            if name in {field.name for field in kind.__attrs_attrs__}:
                try:
                    kind(**arguments | {name: wrapped})
                except ValidationError as error:
                    sound(error)


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status", "kind", "a"]), json_values, max_size=3))
def test_any_unmodelled_data(data: Any) -> None:
    """Unmodelled data can be any JSON data; they are validated, kept, and written back where they fit."""
    try:
        service = Service("web", ports=[ServicePort(80)], unmodelled=data)
    except ValidationError as error:
        sound(error)
        return
    written = to_manifest(service)
    assert written["metadata"]["name"] == "web"
    assert written["spec"]["ports"] == [{"port": 80}]
    for field, value in data.items():
        if field not in {"metadata", "spec", "kind"}:
            assert json.dumps(written[field], sort_keys=True) == json.dumps(value, sort_keys=True)


@given(services(), untyped)
def test_any_name_of_a_port(service: Service, key: Any) -> None:
    """A resolution raises `KeyError` for an unknown port, and `TypeError` for a value that cannot be one."""
    resolution = resolve(service, [])
    try:
        found = resolution.endpoints(key)
    except KeyError:
        assert key is None or type(key) in {int, str}
    except TypeError:
        assert type(key) not in {int, str, type(None)}
    else:
        assert found == ()


@given(service_manifests())
def test_errors_are_portmaps_own(manifest: Any) -> None:
    """All errors have one base class, and are `ValueError`s."""
    manifest["spec"] = {"ports": [{"port": 0}]}
    with pytest.raises(PortmapError) as caught:
        manifests.read(manifest)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "path", [("metadata", "managedFields", "fieldsV1"), ("metadata", "labels"), ("spec", "selector"), ("status",)]
)
def test_endless_nesting(path: tuple[str, ...]) -> None:
    """Data that nest deeper than Python's stack are read or refused."""
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(100_000):
        inner["a"] = inner = {}
    spec = {"ports": [{"port": 80}]}
    manifest: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
    match path:
        case ("metadata", "managedFields", field):
            manifest["metadata"]["managedFields"] = [{field: deep}]
        case (part, field):
            manifest[part][field] = deep
        case (part,):
            manifest[part] = deep
    assert isinstance(manifests.validate(manifest), tuple)
    with contextlib.suppress(ValidationError):
        manifests.read(manifest)
