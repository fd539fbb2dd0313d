"""Objects and manifests round-trip without loss."""

import copy
import io
import pickle
import shutil
import subprocess
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import portmap
from portmap import (
    Cluster,
    Pod,
    Service,
    ValidationError,
    Workload,
    check,
    load,
    manifests,
    to_manifest,
    to_yaml,
)
from portmap.strategies import pods
from random_objects import EVERYWHERE, clusters, service_manifests, services


@given(services())
def test_a_service_reads_back(service: Service) -> None:
    """`read(to_manifest(x)) == x` for every Service."""
    assert manifests.read(to_manifest(service), cluster=EVERYWHERE) == service


@given(pods())
def test_a_pod_reads_back(pod: Pod) -> None:
    """`read(to_manifest(x)) == x` for every pod, observed or projected."""
    assert manifests.read(to_manifest(pod)) == pod


@given(service_manifests())
def test_a_manifest_writes_back(manifest: dict[str, Any]) -> None:
    """`to_manifest(read(m)) == m` for manifests of other tools: nulls, empty lists, finalizers and status stay."""
    before = copy.deepcopy(manifest)
    service = manifests.read(manifest, cluster=EVERYWHERE)
    assert isinstance(service, Service)
    assert manifest == before
    assert to_manifest(service) == before
    assert manifests.read(to_manifest(service), cluster=EVERYWHERE) == service


@given(st.lists(services() | pods(), min_size=1, max_size=4))
def test_yaml_loads_back(objects: list[Service | Pod]) -> None:
    """`load(to_yaml(x))` gives x back, in order."""
    loaded = load(io.StringIO(to_yaml(*objects)), cluster=EVERYWHERE)
    assert loaded.objects() == tuple(objects)


@given(service_manifests())
def test_yaml_of_a_manifest_is_the_manifest(manifest: dict[str, Any]) -> None:
    """A plain manifest written as YAML parses as itself, and so does a manifest that was read."""
    assert manifests.parse(to_yaml(manifest)) == [manifest]
    service = manifests.read(manifest, cluster=EVERYWHERE)
    assert isinstance(service, Service)
    assert manifests.parse(to_yaml(service)) == [manifest]


@given(services(), service_manifests())
def test_every_library_reads_back_what_is_written(service: Service, manifest: dict[str, Any]) -> None:
    """PyYAML (YAML 1.1) and ruamel.yaml (YAML 1.2) read Services and plain dicts as the written values."""
    expected = [to_manifest(service), manifest]
    written = to_yaml(service, manifest)
    assert [*yaml.load_all(written, Loader=yaml.CSafeLoader)] == expected
    assert [*YAML(typ="safe", pure=True).load_all(io.StringIO(written))] == expected


@settings(max_examples=3, phases=[Phase.generate])
@given(st.lists(services().map(to_manifest) | service_manifests(), min_size=10, max_size=30))
def test_kubectl_reads_back_what_is_written(values: list[dict[str, Any]]) -> None:
    """kubectl itself, if it is installed, reads the written values."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    # kubectl sets a label without a server, which may change the metadata, so only the other fields are compared.
    expected = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}"}, "spec": value}
        for number, value in enumerate(values)
    ]
    command = [kubectl, "label", "--local", "-f", "-", "read=back", "-o", "json"]
    done = subprocess.run(command, input=to_yaml(*expected).encode(), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    found = load(io.StringIO(done.stdout.decode()))
    assert [document.raw["spec"] for document in found] == values


@given(services())
def test_what_is_written_explicitly_is_what_the_server_would_store(service: Service) -> None:
    """`explicit=True` fills in all defaults, and does not change what the server would store."""
    with EVERYWHERE:
        [explicit] = manifests.parse(to_yaml(service, explicit=True))
        assert to_yaml(service, explicit=True) == to_yaml(explicit, explicit=True) == to_yaml(explicit)
        expected = manifests.stored(to_manifest(service))
        assert manifests.stored(explicit) == expected
        if service.namespace is None:
            del expected["metadata"]["namespace"]
        assert explicit == expected


@given(services(), clusters())
def test_every_service_that_is_built_is_accepted(service: Service, cluster: Cluster) -> None:
    """A Service that a constructor accepts for a cluster is accepted by its server, for any cluster."""
    manifest = to_manifest(service)
    assert check(service, cluster=EVERYWHERE) == ()
    assert manifests.validate(manifest, cluster=EVERYWHERE) == ()
    # Of any other cluster, `check` says at least what its server would.
    theirs = {(each.reason, each.field) for each in manifests.validate(manifest, cluster=cluster)}
    ours = {(each.reason, each.field) for each in check(service, cluster=cluster)}
    assert theirs <= ours
    assert bool(theirs) == bool(ours)


@given(pods(), clusters())
def test_every_pod_that_is_built_is_accepted(pod: Pod, cluster: Cluster) -> None:
    """A server accepts the ports of every pod with containers that a constructor accepts."""
    manifest = to_manifest(pod)
    found = manifests.validate(manifest, cluster=cluster)
    # A typed pod need not have containers or images; other restart policies are known since 1.35.
    assert {each.code for each in found} <= {"containers-required", "image-required", "unsupported-restart-policy"}
    assert ("containers-required" in {each.code for each in found}) == (not pod.containers)


@given(services())
def test_a_service_is_a_value(service: Service) -> None:
    """Copies, pickles and rebuilt objects are equal, with equal hashes and reprs."""
    with EVERYWHERE:
        rebuilt = attrs.evolve(service)
        twins = [copy.copy(service), copy.deepcopy(service), pickle.loads(pickle.dumps(service)), rebuilt]
    for twin in twins:
        assert twin == service
        assert hash(twin) == hash(service)
        assert repr(twin) == repr(service)
        assert to_manifest(twin) == to_manifest(service)


PUBLIC = {name: getattr(portmap, name) for name in portmap.__all__}


@given(services(), pods())
def test_a_repr_is_the_expression(service: Service, pod: Pod) -> None:
    """A repr is the Python expression that builds the object."""
    with EVERYWHERE:
        assert eval(repr(service), PUBLIC) == service
        assert eval(repr(pod), PUBLIC) == pod


@given(pods())
def test_a_template_makes_a_workload(pod: Pod) -> None:
    """A pod's manifest as the template of a Deployment becomes a workload with the same ports."""
    manifest = to_manifest(pod)
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"template": {"metadata": {"labels": dict(pod.labels)}, "spec": manifest["spec"]}},
    }
    workload = manifests.read(deployment)
    assert isinstance(workload, Workload)
    assert workload.pod.containers == pod.containers
    assert workload.pod.init_containers == pod.init_containers
    assert workload.pod.labels == pod.labels
    assert workload.pod.is_projected


@given(service_manifests())
def test_storing_twice_is_storing_once(manifest: dict[str, Any]) -> None:
    """`stored(stored(m)) == stored(m)`."""
    once = manifests.stored(manifest, cluster=EVERYWHERE)
    assert manifests.stored(once, cluster=EVERYWHERE) == once


@given(service_manifests(), service_manifests())
def test_an_update_by_itself_changes_nothing(manifest: dict[str, Any], other: dict[str, Any]) -> None:
    """A stored object as an update of itself is accepted and unchanged; other updates are validated."""
    stored = manifests.stored(manifest, cluster=EVERYWHERE)
    spec = stored["spec"]
    # The Service lacks the values that only a live cluster picks.
    whole = "clusterIP" in spec and (spec.get("externalTrafficPolicy") != "Local" or "healthCheckNodePort" in spec)
    if stored["metadata"].get("name") and whole:
        assert manifests.validate(stored, old=stored, cluster=EVERYWHERE) == ()
        assert manifests.stored(stored, old=stored, cluster=EVERYWHERE) == stored
    expected = manifests.validate(other, old=stored, cluster=EVERYWHERE)
    if not expected:
        manifests.stored(other, old=stored, cluster=EVERYWHERE)
        return
    with pytest.raises(ValidationError) as caught:
        manifests.stored(other, old=stored, cluster=EVERYWHERE)
    assert caught.value.violations == expected
