"""The quick look at Services, compared with recorded refusals and with the rules."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap import Cluster, Service, ServicePort
from portmap._apiserver.admission import server_verdict
from portmap._apiserver.service_manifest import state_of
from portmap._apiserver.service_schema import SERVICE
from portmap._apiserver.surely_valid import is_surely_valid_manifest
from portmap._kubernetes.field_path import ROOT
from portmap._strategies.mistakes import MISTAKES, WEB, MistakeCase, changed
from portmap.manifests import to_manifest
from portmap.strategies import services
from recordings import VERSIONS, cases, cluster

CLUSTERS = [Cluster(version) for version in VERSIONS]
FIELDS: Final[dict[str, list[Any]]] = {
    "type": ["NodePort", "LoadBalancer", "ExternalName", "ClusterIP", "", "nodeport", 1, []],
    "clusterIP": ["None", "10.0.0.7", "fd00:10::7", "none", "", "010.0.0.1", 7],
    "clusterIPs": [
        ["None"],
        ["10.0.0.7"],
        ["10.0.0.7", "fd00:10::7"],
        ["fd00:10::7", "10.0.0.7"],
        [],
        ["10.0.0.7"] * 2,
    ],
    "ipFamilies": [["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv4", "IPv4"], [], ["ipv4"]],
    "ipFamilyPolicy": ["SingleStack", "PreferDualStack", "RequireDualStack", "DualStack", ""],
    "externalIPs": [["192.0.2.7"], ["127.0.0.1"], ["x"], [], ["192.0.2.7", "::ffff:1.2.3.4"]],
    "externalName": ["db.example.com", "db.example.com.", "Db", "", "10.0.0.1"],
    "sessionAffinity": ["None", "ClientIP", "clientip", ""],
    "sessionAffinityConfig": [{"clientIP": {"timeoutSeconds": 10}}, {"clientIP": {"timeoutSeconds": 0}}, {}],
    "loadBalancerIP": ["192.0.2.7", "x", ""],
    "loadBalancerClass": ["example.com/edge", "a/b/c", ""],
    "loadBalancerSourceRanges": [["10.0.0.0/8"], ["10.0.0.1/8"], [" 10.0.0.0/8"], ["x"], []],
    "allocateLoadBalancerNodePorts": [True, False, "yes"],
    "externalTrafficPolicy": ["Cluster", "Local", "local", ""],
    "healthCheckNodePort": [0, 30000, 80],
    "internalTrafficPolicy": ["Cluster", "Local", "local", ""],
    "trafficDistribution": ["PreferClose", "PreferSameZone", "PreferSameNode", "Close", ""],
    "publishNotReadyAddresses": [True, False, 1],
    "selector": [{"app": "web"}, {"app": "a b"}, {"a/b/c": "x"}, {"app": ""}, {"app": 1}, {}],
}
PORT_FIELDS: Final[dict[str, list[Any]]] = {
    "name": ["http", "HTTP", "80", "", "a" * 64, 1],
    "protocol": ["TCP", "UDP", "SCTP", "tcp", ""],
    "appProtocol": ["http", "a/b/c", "", "kubernetes.io/h2c"],
    "port": [80, 443, 0, 65536, -1, 10250, "80", 80.5],
    "targetPort": [8080, "http", 0, "", "8080", 65536, "a" * 16],
    "nodePort": [30080, 30081, 80, 0, 40000],
}
METADATA_FIELDS: Final[dict[str, list[Any]]] = {
    "name": ["web", "1web", "Web", "", "a" * 64, "web.shop"],
    "generateName": ["web-", "Web-"],
    "namespace": ["shop", "Shop", "a.b", ""],
    "labels": [{"app": "web"}, {"app": "a b"}, {"A/b": "x"}, {"app": 1}],
    "annotations": [
        {"example.com/a": "b"},
        {"service.kubernetes.io/topology-mode": "Auto", "service.kubernetes.io/topology-aware-hints": "Disabled"},
        {"service.beta.kubernetes.io/load-balancer-source-ranges": "x"},
        {"a": "é" * 140_000},
        {"A/B": "c"},
    ],
}


def some_of(fields: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in fields.items()})


def verdict(manifest: dict[str, Any], target: Cluster) -> list[Any]:
    """Return what the rules say, without the quick look."""
    found: list[Any] = []
    decoded = SERVICE.read(manifest, ROOT, found)
    return found or server_verdict(state_of(decoded, target))


@given(
    some_of(METADATA_FIELDS),
    some_of(FIELDS),
    st.lists(some_of(PORT_FIELDS).map(lambda port: {"port": 80} | port), max_size=3),
    st.sampled_from(CLUSTERS),
)
def test_the_rules_object_to_nothing_that_is_surely_valid(
    metadata: dict[str, Any], spec: dict[str, Any], ports: list[dict[str, Any]], target: Cluster
) -> None:
    """Values from around the limits of every field, in any combination."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"} | metadata,
        "spec": spec | {"ports": ports},
    }
    if is_surely_valid_manifest(manifest, target):
        assert verdict(manifest, target) == []


@given(services(), st.data())
def test_one_changed_field_of_a_valid_service_is_seen(service: Service, data: st.DataObject) -> None:
    """A valid Service with one field from around its limits is surely valid only where the rules agree."""
    manifest = to_manifest(service)
    fields, place = data.draw(
        st.sampled_from(
            [(FIELDS, manifest["spec"]), (METADATA_FIELDS, manifest["metadata"])]
            + [(PORT_FIELDS, port) for port in manifest["spec"].get("ports", [])]
        )
    )
    name = data.draw(st.sampled_from(sorted(fields)))
    place[name] = data.draw(st.sampled_from(fields[name]))
    for target in CLUSTERS:
        if is_surely_valid_manifest(manifest, target):
            assert verdict(manifest, target) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_no_recorded_refusal_is_surely_valid(version: str) -> None:
    """No recorded create that a server of this version refused passes, and hundreds that it accepted do."""
    passed = 0
    for case in cases("create", version):
        manifest = case.asked.get("object")
        if case.unanswered or not isinstance(manifest, dict):
            continue
        if (
            is_surely_valid_manifest(manifest, cluster(version))
            and manifest["metadata"].get("namespace", "default") == "default"
        ):
            passed += 1
            assert case.answer["accepted"], case.id
    assert passed > 500


@pytest.mark.parametrize("case", MISTAKES, ids=str)
def test_no_mistake_is_surely_valid(case: MistakeCase) -> None:
    """A rule whose mistakes pass would never run: the grammar of its field has to doubt them."""
    assert not is_surely_valid_manifest(changed(WEB, case.mistake.changes), case.cluster)


def test_usual_services_need_no_rules() -> None:
    """Services of each type with names, labels and addresses are surely valid."""
    port = ServicePort(80, name="http", target_port="http", app_protocol="http")
    fields: dict[str, Any] = {"namespace": "shop", "labels": {"app": "web"}, "selector": {"app": "web"}}
    usual = [
        Service("web", ports=[port, ServicePort(53, name="dns", protocol="UDP")], **fields),
        Service.headless("web", **fields),
        Service.node_port("web", [ServicePort(80, node_port=30080)], external_traffic_policy="Local", **fields),
        Service.load_balancer("web", [port], load_balancer_source_ranges=["10.0.0.0/8"], **fields),
        Service.alias_of("db", "db.example.com", namespace="shop"),
        Service("web", ports=[port], cluster_ip="10.0.0.7", external_ips=["192.0.2.7"], **fields),
        Service("web", ports=[port], ip_families=["IPv4", "IPv6"], ip_family_policy="PreferDualStack", **fields),
        Service("web", ports=[port], session_affinity="ClientIP", traffic_distribution="PreferClose", **fields),
    ]
    assert [str(each) for each in usual if not is_surely_valid_manifest(to_manifest(each), Cluster())] == []
