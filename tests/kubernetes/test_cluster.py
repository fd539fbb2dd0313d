"""Clusters: versions, ranges and gates, and the cluster in force."""

import asyncio
import contextvars
import copy
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portmap import (
    SUPPORTED_VERSIONS,
    Cluster,
    Service,
    ServicePort,
    ValidationError,
    check,
    manifests,
    set_default_cluster,
)
from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.features import FEATURES, GATES, STRICT_IP_CIDR, Feature


@pytest.fixture
def default_cluster() -> Iterator[None]:
    """Restore the default cluster after the test."""
    before = cluster_in_force()
    yield
    set_default_cluster(before)


def codes(version: str, **fields: Any) -> set[str]:
    """Return the codes of a version for a Service that is valid for 1.36."""
    service = Service("web", **{"ports": [ServicePort(80)]} | fields)
    return {violation.code for violation in check(service, cluster=Cluster(version))}


class TestVersions:
    """Differences between versions."""

    def test_supported(self) -> None:
        """1.32 to 1.37 are supported; 1.37 has no recorded verdicts and is provisional."""
        assert SUPPORTED_VERSIONS == ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
        assert [version for version in SUPPORTED_VERSIONS if Cluster(version).provisional] == ["1.37"]
        assert str(Cluster("1.37")) == "Kubernetes 1.37 (provisional)"
        assert str(Cluster()) == "Kubernetes 1.36"

    @pytest.mark.parametrize("spelling", ["1.34", "v1.34", "1.34.9", "v1.34.9+abc", "1.34.0-rc.1", "v1.34.5-gke.100"])
    def test_spellings(self, spelling: str) -> None:
        """A version may have a `v`, a patch level and a build, which are ignored."""
        assert Cluster(spelling) == Cluster("1.34")

    @pytest.mark.parametrize("version", ["1.31", "1.38", "2.36", "latest", "", "1", "1.36 ", "1.36\n", 1.36, None, 136])
    def test_others(self, version: Any) -> None:
        """Other values are refused, and numbers, because 1.30 is 1.3."""
        with pytest.raises(ValidationError) as caught:
            Cluster(version)
        assert [violation.field for violation in caught.value.violations] == ["version"]

    def test_names_with_a_digit_in_front(self) -> None:
        """From 1.36 on, a Service's name may begin with a digit."""
        service = Service("1web", ports=[ServicePort(80)])
        refused = [version for version in SUPPORTED_VERSIONS if check(service, cluster=Cluster(version))]
        assert refused == ["1.32", "1.33", "1.34", "1.35"]

    def test_traffic_distribution(self) -> None:
        """PreferSameZone is valid from 1.34 on, PreferClose always."""
        assert codes("1.33", traffic_distribution="PreferSameZone") == {"unsupported-traffic-distribution"}
        assert codes("1.34", traffic_distribution="PreferSameZone") == set()
        assert codes("1.32", traffic_distribution="PreferClose") == set()

    def test_the_kubelets_port(self) -> None:
        """Up to 1.32, a load balancer may not have port 10250."""
        fields = {"type": "LoadBalancer", "ports": [ServicePort(10250)]}
        assert codes("1.32", **fields) == {"kubelet-port-forbidden"}
        assert codes("1.33", **fields) == set()

    def test_odd_spellings_of_addresses(self) -> None:
        """From 1.36 on, leading zeros are refused."""
        with Cluster("1.35"):
            service = Service("web", ports=[ServicePort(80)], external_ips=["010.1.2.3"])
        assert [violation.code for violation in check(service)] == ["external-ip-syntax"]

    def test_every_feature_changes_something(self) -> None:
        """Each feature differs between two supported versions, and has a source."""
        for feature in FEATURES:
            assert len({Cluster(version).enabled(feature) for version in SUPPORTED_VERSIONS}) == 2, feature.name
            assert feature.summary.endswith(".")
            assert feature.source

    def test_the_versions_of_a_feature(self) -> None:
        """A feature is on from its first version until the version that drops it."""
        feature = Feature("some-feature", "1.33", "Some.", "here", until="1.35")
        assert [version for version in SUPPORTED_VERSIONS if feature.in_version(version)] == ["1.33", "1.34"]


class TestArguments:
    """Arguments that a server accepts as flags."""

    def test_gates(self) -> None:
        """A feature gate turns its feature on or off."""
        strict = Cluster("1.35", feature_gates={"StrictIPCIDRValidation": True})
        assert strict.enabled(STRICT_IP_CIDR)
        assert not Cluster(feature_gates={"StrictIPCIDRValidation": False}).enabled(STRICT_IP_CIDR)
        assert strict != Cluster("1.35")
        assert all(name[0].isupper() for name in GATES)

    @pytest.mark.parametrize("gate", ["NoSuchGate", "sidecar-ports"])
    def test_unknown_gates(self, gate: str) -> None:
        """Unknown gates, and the names of features that are not gates, are refused."""
        with pytest.raises(ValidationError) as caught:
            Cluster(feature_gates={gate: True})
        assert [violation.field for violation in caught.value.violations] == [f"feature_gates[{gate}]"]

    @pytest.mark.parametrize(
        "ports",
        [
            range(0),
            range(30000, 30000),
            range(100),
            range(30000, 65537),
            range(30000, 32768, 2),
            "30000-32767",
            None,
            30000,
        ],
    )
    def test_node_port_ranges(self, ports: Any) -> None:
        """A node port range is a range of valid ports without gaps."""
        with pytest.raises(ValidationError) as caught:
            Cluster(node_port_range=ports)
        assert [violation.field for violation in caught.value.violations] == ["node_port_range"]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"service_cidrs": 5}, "service_cidrs"),
            ({"service_cidrs": (5,)}, "service_cidrs[0]"),
            ({"service_cidrs": [None]}, "service_cidrs[0]"),
            ({"feature_gates": 5}, "feature_gates"),
            ({"feature_gates": ["StrictIPCIDRValidation"]}, "feature_gates"),
            ({"feature_gates": {7: True, "StrictIPCIDRValidation": True}}, "feature_gates[7]"),
            ({"feature_gates": {"StrictIPCIDRValidation": "yes"}}, "feature_gates[StrictIPCIDRValidation]"),
        ],
    )
    def test_wrong_types(self, fields: dict[str, Any], field: str) -> None:
        """An argument of the wrong type is a violation with a path."""
        with pytest.raises(ValidationError) as caught:
            Cluster(**fields)
        assert [violation.field for violation in caught.value.violations] == [field]

    @pytest.mark.parametrize(
        ("cidrs", "field"),
        [
            ("10.0.0.0", None),
            ("10.0.0.1/8", "service_cidrs[0]"),
            (["10.0.0.0/8", "nothing"], "service_cidrs[1]"),
            (["10.0.0.0/8", "192.0.2.0/24"], "service_cidrs"),
            (["10.0.0.0/8", "fd00::/108", "fd01::/108"], "service_cidrs"),
        ],
    )
    def test_service_cidrs(self, cidrs: Any, field: str | None) -> None:
        """Service CIDRs are one block, or one of each family; an address alone is a block."""
        if field is None:
            assert Cluster(service_cidrs=cidrs).service_networks is not None
            return
        with pytest.raises(ValidationError) as caught:
            Cluster(service_cidrs=cidrs)
        assert [violation.field for violation in caught.value.violations] == [field]

    def test_ip_families(self) -> None:
        """The families are those of the service CIDRs, the default first; without these they are unknown."""
        assert Cluster().ip_families is None
        assert Cluster(service_cidrs="10.0.0.0/16").ip_families == ("IPv4",)
        assert Cluster(service_cidrs=["fd00::/108", "10.0.0.0/16"]).ip_families == ("IPv6", "IPv4")
        assert Cluster(service_cidrs=[]) == Cluster()

    @pytest.mark.parametrize(
        ("ports", "static"),
        [
            (range(30000, 32768), range(30000, 30086)),
            (range(30000, 30016), range(0)),
            (range(30000, 30017), range(30000, 30016)),
            (range(1, 65536), range(1, 129)),
        ],
    )
    def test_static_node_ports(self, ports: range, static: range) -> None:
        """The lower part of the range is for fixed numbers, the rest for the cluster (KEP-3668)."""
        cluster = Cluster(node_port_range=ports)
        assert cluster.static_node_ports == static
        assert [*cluster.static_node_ports, *cluster.dynamic_node_ports] == list(ports)

    def test_it_is_a_value(self) -> None:
        """Clusters can be compared, hashed and pickled."""
        cluster = Cluster("1.34", node_port_range=range(20000, 21000), service_cidrs="10.0.0.0/16")
        twin = pickle.loads(pickle.dumps(cluster))
        assert twin == cluster
        assert hash(twin) == hash(cluster)
        assert twin.ip_families == ("IPv4",)
        assert twin.enabled(STRICT_IP_CIDR) == cluster.enabled(STRICT_IP_CIDR)


def build(node_port: int = 80) -> Service:
    return Service("web", type="NodePort", ports=[ServicePort(80, node_port=node_port)])


LOW = Cluster("1.34", node_port_range=range(1, 1000))


class TestInForce:
    """The cluster that constructors check against."""

    def test_the_default(self) -> None:
        """The default is 1.36 with default flags."""
        assert cluster_in_force() == Cluster("1.36", node_port_range=range(30000, 32768))
        with pytest.raises(ValidationError):
            build()

    def test_a_block(self) -> None:
        """In a `with` block it is the cluster of the block, also for `attrs.evolve`, `check`, `read` and `validate`."""
        with LOW as cluster:
            assert cluster is LOW
            service = build()
            assert check(service) == ()
            assert manifests.read(manifests.to_manifest(service)) == service
            assert manifests.validate(manifests.to_manifest(service)) == ()
        assert [violation.code for violation in check(service)] == ["node-port-out-of-range"]

    def test_blocks_nest(self) -> None:
        """The innermost block is in force; after it, the next one is again."""
        with LOW:
            with Cluster("1.33"):
                assert cluster_in_force() == Cluster("1.33")
                with LOW:
                    assert cluster_in_force() == LOW
                assert cluster_in_force() == Cluster("1.33")
            assert cluster_in_force() == LOW
        assert cluster_in_force() == Cluster()

    def test_an_error_leaves_the_block(self) -> None:
        """A block also ends with an exception."""
        with pytest.raises(RuntimeError), LOW:
            raise RuntimeError
        assert cluster_in_force() == Cluster()

    def test_an_argument_has_precedence(self) -> None:
        """An argument has precedence over the block."""
        with LOW:
            service = build()
            assert check(service, cluster=Cluster()) != ()
            assert manifests.validate(manifests.to_manifest(service), cluster=Cluster()) != ()
            with pytest.raises(ValidationError):
                manifests.read(manifests.to_manifest(service), cluster=Cluster())

    def test_other_threads(self) -> None:
        """A block does not affect other threads."""
        seen: list[Cluster] = []
        entered, done = threading.Event(), threading.Event()

        def other() -> None:
            seen.append(cluster_in_force())
            with Cluster("1.33"):
                entered.set()
                done.wait(10)

        with LOW:
            thread = threading.Thread(target=other)
            thread.start()
            assert entered.wait(10)
            assert cluster_in_force() == LOW
            done.set()
            thread.join()
        assert seen == [Cluster()]

    def test_a_copied_context(self) -> None:
        """A copied context carries the cluster to another thread."""
        with LOW:
            context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(context.run, build).result().ports[0].node_port == 80
            with pytest.raises(ValidationError):
                pool.submit(build).result()

    def test_concurrent_tasks(self) -> None:
        """Concurrent tasks have clusters of their own."""

        async def task(version: str) -> str:
            with Cluster(version):
                await asyncio.sleep(0)
                return cluster_in_force().version

        async def both() -> list[str]:
            return list(await asyncio.gather(task("1.33"), task("1.34")))

        assert asyncio.run(both()) == ["1.33", "1.34"]

    @pytest.mark.usefixtures("default_cluster")
    def test_the_default_can_be_set(self) -> None:
        """A default is in force in all threads, except in blocks."""
        set_default_cluster(LOW)
        assert build().ports[0].node_port == 80
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(build).result().ports[0].node_port == 80
        with Cluster(), pytest.raises(ValidationError):
            build()

    @pytest.mark.usefixtures("default_cluster")
    @pytest.mark.parametrize("cluster", [None, "1.34", 5])
    def test_only_a_cluster_can_be_the_default(self, cluster: Any) -> None:
        """Other values raise at once."""
        with pytest.raises(TypeError):
            set_default_cluster(cluster)

    @pytest.mark.usefixtures("default_cluster")
    @pytest.mark.parametrize("version", SUPPORTED_VERSIONS)
    def test_any_version_can_be_the_default(self, version: str) -> None:
        """Every supported version can be the default."""
        set_default_cluster(Cluster(version))
        with pytest.raises(ValidationError, match=f"for Kubernetes {version}"):
            build()


def test_a_cluster_has_one_hash_in_every_process() -> None:
    """The hash of a cluster is the same in each process, so that unpickled clusters are found in dicts."""
    cluster = Cluster("1.33", node_port_range=range(20000, 22768), service_cidrs="10.96.0.0/16")
    assert hash(cluster) == hash((1, range(20000, 22768)))
    assert len({cluster, copy.deepcopy(cluster), Cluster("1.33"), Cluster("1.34")}) == 3


def test_a_feature_gate_is_asked_for_by_its_name() -> None:
    """`enabled` accepts the names of gates, and lists them in the error for any other name."""
    assert Cluster("1.36").enabled("RelaxedServiceNameValidation")
    assert not Cluster("1.36", feature_gates={"RelaxedServiceNameValidation": False}).enabled(
        "RelaxedServiceNameValidation"
    )
    with pytest.raises(ValueError, match=r"there is no feature gate 'Relaxed' .*RelaxedServiceNameValidation"):
        Cluster().enabled("Relaxed")
