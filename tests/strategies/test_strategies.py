"""The strategies generate valid objects that shrink to readable ones, and reject few draws."""

import inspect
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.statistics import collector

import portmap
from portmap import (
    Cluster,
    Container,
    ContainerPort,
    Pod,
    Service,
    ServicePort,
    Workload,
    check,
    manifests,
    resolve,
    strategies,
    to_manifest,
)
from portmap._apiserver.service_schema import METADATA_FIELDS, SERVICE_PORT_FIELDS, SPEC_FIELDS
from portmap._kubernetes.wire import Field
from portmap._strategies.mistakes import DUAL_STACK

CLUSTERS: Final = (
    Cluster(),
    DUAL_STACK,
    Cluster("1.32", service_cidrs="10.0.0.0/16"),
    Cluster("1.33", node_port_range=range(20000, 20003)),
    Cluster("1.37", service_cidrs=("fd00:10::/108", "192.168.0.0/30")),
    Cluster("1.35", service_cidrs="10.0.0.0/32"),
)
clusters: Final = st.sampled_from(CLUSTERS)

ANYTHING: Final[Any] = strategies
"""The strategies, for arguments that a type checker refuses."""

EVERY: Final[dict[str, Callable[[], st.SearchStrategy[Any]]]] = {
    "broken_services": strategies.broken_services,
    "container_ports": lambda: strategies.container_ports(host_ports=None),
    "containers": strategies.containers,
    "manifests": strategies.manifests,
    "pods": strategies.pods,
    "service_ports": lambda: strategies.service_ports(node_ports=None),
    "services": strategies.services,
    "services_with_pods": strategies.services_with_pods,
    "workloads": strategies.workloads,
}


def simplest(strategy: st.SearchStrategy[Any], wanted: Callable[[Any], bool] = lambda _: True) -> Any:
    """Return the example to which a strategy shrinks."""
    quiet = settings(
        database=None, max_examples=2000, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
    )
    return find(strategy, wanted, settings=quiet, random=random.Random(0))


def fates(strategy: st.SearchStrategy[Any], examples: int) -> Counter[str]:
    """Return the outcomes of the test cases of a property that always holds."""
    told: list[Any] = []

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def holds(_: object) -> None:
        pass

    listener: Any = told.append
    with collector.with_value(listener):
        holds()
    phases = [phase for each in told for phase in each.values() if isinstance(phase, dict)]
    return Counter(case["status"] for phase in phases for case in phase["test-cases"])


class TestWhatIsMade:
    """Every example is valid and as the arguments demand."""

    @given(clusters.flatmap(lambda cluster: st.tuples(st.just(cluster), strategies.services(cluster=cluster))))
    def test_services_are_accepted(self, drawn: tuple[Cluster, Service]) -> None:
        """The given cluster accepts the Service, typed and as a manifest."""
        cluster, service = drawn
        assert check(service, cluster=cluster) == ()
        assert manifests.validate(to_manifest(service), cluster=cluster) == ()

    @given(
        st.sampled_from([cluster for cluster in CLUSTERS if cluster.service_networks]).flatmap(
            lambda cluster: st.tuples(
                st.just(cluster),
                strategies.services(
                    names=st.sampled_from(["kubernetes", "web"]),
                    namespaces=st.sampled_from([None, "default", "shop"]),
                    cluster=cluster,
                ),
            )
        )
    )
    def test_what_every_cluster_has_is_left_out(self, drawn: tuple[Cluster, Service]) -> None:
        """No Service has the name or the cluster IP of the Service of the API server."""
        cluster, service = drawn
        assert cluster.service_networks
        assert (service.name, service.namespace or "default") != ("kubernetes", "default")
        assert str(cluster.service_networks[0].network_address + 1) not in (
            service.cluster_ip,
            *(service.cluster_ips or ()),
        )

    @given(
        clusters.flatmap(lambda cluster: st.tuples(st.just(cluster), strategies.manifests(cluster=cluster))),
    )
    def test_manifests_are_accepted(self, drawn: tuple[Cluster, dict[str, Any]]) -> None:
        """A server accepts the manifest, and portmap reads it without loss."""
        cluster, manifest = drawn
        assert manifests.validate(manifest, cluster=cluster) == ()
        read = manifests.read(manifest, cluster=cluster)
        if isinstance(read, Service):
            assert to_manifest(read) == manifest

    @given(
        clusters.flatmap(lambda cluster: st.tuples(st.just(cluster), strategies.services_with_pods(cluster=cluster)))
    )
    def test_every_port_leads_into_every_pod(self, drawn: tuple[Cluster, tuple[Service, list[Pod]]]) -> None:
        """A Service with its pods has no miss, and each of its ports has an endpoint in each pod."""
        cluster, (service, pods) = drawn
        resolution = resolve(service, pods, cluster=cluster)
        assert resolution.misses == ()
        assert pods
        for port in service.ports:
            assert {each.pod for each in resolution.endpoints(port)} == {pod.name for pod in pods}

    @given(clusters.flatmap(lambda cluster: st.tuples(st.just(cluster), strategies.broken_services(cluster=cluster))))
    def test_a_broken_service_has_the_one_violation(self, drawn: tuple[Cluster, strategies.BrokenService]) -> None:
        """A server refuses the manifest with its violation and no other."""
        cluster, broken = drawn
        assert broken.cluster == cluster
        assert manifests.validate(broken.manifest, cluster=cluster) == (broken.violation,)

    @given(strategies.broken_services())
    def test_a_broken_service_says_for_which_cluster(self, broken: strategies.BrokenService) -> None:
        """Without a given cluster, each mistake has a cluster that refuses it."""
        assert manifests.validate(broken.manifest, cluster=broken.cluster) == (broken.violation,)

    @given(
        strategies.services(
            types=["NodePort", "ClusterIP"],
            headless=False,
            min_ports=2,
            max_ports=3,
            min_port=1000,
            max_port=1001,
            protocols=["UDP", "SCTP"],
            target="name",
            names=st.just("dns"),
            namespaces=st.just("kube"),
            selectors=st.just({"k8s-app": "dns"}),
        )
    )
    def test_services_are_as_asked(self, service: Service) -> None:
        """Types, ports, protocols, targets, names and selectors are as requested."""
        assert service.effective_type in {"NodePort", "ClusterIP"}
        assert not service.is_headless
        assert 2 <= len(service.ports) <= 3
        assert {port.port for port in service.ports} <= {1000, 1001}
        assert {port.protocol for port in service.ports} <= {"UDP", "SCTP"}
        assert all(isinstance(port.target_port, str) for port in service.ports)
        assert (service.name, service.namespace, service.selector) == ("dns", "kube", {"k8s-app": "dns"})

    @given(strategies.services(min_ports=6, max_ports=6, min_port=80, max_port=81))
    def test_there_is_room_to_the_last_port(self, service: Service) -> None:
        """As many ports as there are numbers and protocols can be requested."""
        assert len({(port.port, port.effective_protocol) for port in service.ports}) == 6

    @given(
        strategies.pods(
            min_containers=2,
            max_containers=2,
            min_ports=1,
            max_ports=2,
            named=True,
            protocols=["TCP"],
            observed=True,
            names=st.just("db-0"),
            namespaces=st.just("shop"),
            labels=st.just({"app": "db"}),
        )
    )
    def test_pods_are_as_asked(self, pod: Pod) -> None:
        """Containers, ports, names and observed fields are as requested."""
        assert len(pod.containers) == 2
        assert all(1 <= len(each.ports) <= 2 for each in pod.containers)
        ports = [port for each in pod.containers for port in each.ports]
        assert all(port.name and port.effective_protocol == "TCP" and port.host_port is None for port in ports)
        assert not pod.is_projected
        assert (pod.name, pod.namespace, pod.labels) == ("db-0", "shop", {"app": "db"})

    @given(strategies.workloads(kinds=["StatefulSet", "Job"], min_replicas=1))
    def test_workloads_are_as_asked(self, workload: Workload) -> None:
        """Kinds and replicas are as requested, and the workload selects its own pods."""
        assert workload.kind in {"StatefulSet", "Job"}
        assert workload.replicas is None or workload.replicas >= 1
        assert workload.pod.is_projected
        assert (workload.selector is None) == (workload.kind == "Job")

    @given(strategies.container_ports(min_port=1024, max_port=2000, named=False, host_ports=True))
    def test_container_ports_are_as_asked(self, port: ContainerPort) -> None:
        """Numbers are within their bounds; names and host ports are as requested."""
        assert 1024 <= port.container_port <= 2000
        assert port.name is None
        assert port.host_port is not None

    @given(strategies.service_ports(named=True, target="number", node_ports=True, node_port_range=range(31000, 31002)))
    def test_service_ports_are_as_asked(self, port: ServicePort) -> None:
        """Names, targets and node ports are as requested."""
        assert port.name
        assert not isinstance(port.target_port, str)
        assert port.node_port in {31000, 31001}


class TestShrinking:
    """The simplest example is what a person would write."""

    @pytest.mark.parametrize(
        ("strategy", "expected"),
        [
            (strategies.container_ports(), ContainerPort(80)),
            (strategies.container_ports(named=True, protocols=["UDP"]), ContainerPort(80, name="http", protocol="UDP")),
            (strategies.service_ports(min_port=9000, target="name"), ServicePort(9090, target_port="http")),
            (strategies.containers(), Container("app")),
            (strategies.pods(), Pod("web-0", containers=[Container("app")])),
            (strategies.services(), Service("web", ports=[ServicePort(80)])),
            (
                strategies.services(types=["LoadBalancer"]),
                Service("web", type="LoadBalancer", ports=[ServicePort(80)]),
            ),
            (strategies.services(headless=True), Service("web", cluster_ip="None", ports=[ServicePort(80)])),
            (
                strategies.manifests(kinds=["Service"]),
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}},
            ),
        ],
        ids=repr,
    )
    def test_the_simplest_example(self, strategy: st.SearchStrategy[Any], expected: object) -> None:
        """Without a condition, an example is as small as its arguments allow."""
        assert simplest(strategy) == expected

    def test_the_simplest_world(self) -> None:
        """The simplest Service with pods has one port and one pod, without declared ports."""
        service = Service("web", selector={"app": "web"}, ports=[ServicePort(80)])
        pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app")])
        assert simplest(strategies.services_with_pods()) == (service, [pod])

    def test_a_world_with_a_named_target(self) -> None:
        """If a target must have a name, the pod declares this name only."""
        service = Service("web", selector={"app": "web"}, ports=[ServicePort(80, target_port="http")])
        pod = Pod("web-0", labels={"app": "web"}, containers=[Container("app", ports=[ContainerPort(80, name="http")])])
        world = simplest(
            strategies.services_with_pods(),
            lambda drawn: any(isinstance(port.target_port, str) for port in drawn[0].ports),
        )
        assert world == (service, [pod])

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (
                lambda service: len(service.ports) > 1,
                [ServicePort(80, name="port-80"), ServicePort(81, name="port-81")],
            ),
            (lambda service: any(port.port > 9090 for port in service.ports), [ServicePort(9091)]),
            (
                lambda service: any(port.protocol == "SCTP" for port in service.ports),
                [ServicePort(80, protocol="SCTP")],
            ),
        ],
    )
    def test_a_condition_keeps_the_rest_small(
        self, wanted: Callable[[Service], bool], expected: list[ServicePort]
    ) -> None:
        """Fields that a condition does not need are not set."""
        found = simplest(strategies.services(types=["ClusterIP"], headless=False), wanted)
        assert found == Service("web", ports=expected)

    @pytest.mark.parametrize("code", ["port-out-of-range", "node-port-out-of-range"])
    def test_a_broken_service_is_small(self, code: str) -> None:
        """A broken Service has only the ports and fields that its mistake needs."""
        found = simplest(strategies.broken_services(codes=[code]))
        assert found.manifest["metadata"] == {"name": "web"}
        assert found.manifest["spec"]["selector"] == {"app": "web"}
        assert len(found.manifest["spec"]["ports"]) <= 2


EXAMPLES: Final = """\
from hypothesis import HealthCheck, Phase, given, seed, settings
from portmap import strategies

@seed(3)
@settings(database=None, max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=HealthCheck)
@given(strategies.services_with_pods(), strategies.manifests(), strategies.broken_services(), strategies.workloads())
def show(world, manifest, broken, workload):
    print(world, manifest, broken, workload)

show()
"""


def examples_with(seed: str) -> str:
    """Return examples of strategies, drawn in a process with this hash seed."""
    path = os.pathsep.join([str(Path(portmap.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def told_of_failure(strategy: st.SearchStrategy[Any]) -> str:
    """Return what Hypothesis prints of the example of a property that never holds."""

    @settings(max_examples=5, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink])
    @given(strategy)
    def never(it: object) -> None:
        raise AssertionError(type(it))

    with pytest.raises(AssertionError) as caught:
        never()
    return "".join(caught.value.__notes__)


class TestFailures:
    """A failing test prints readable examples."""

    @pytest.mark.parametrize(
        ("strategy", "expected"),
        [
            (strategies.services(), "Service('web', ports=(ServicePort(80),))"),
            (strategies.container_ports(named=True), "ContainerPort(80, name='http')"),
            (strategies.pods(), "Pod('web-0', containers=(Container('app'),))"),
            (
                strategies.workloads(kinds=["Job"]),
                "Workload('Job', 'web', Pod('web', labels={'app': 'web'}, containers=(Container('app'),)))",
            ),
        ],
        ids=repr,
    )
    def test_only_what_was_given_is_printed(self, strategy: st.SearchStrategy[Any], expected: str) -> None:
        """Only given fields are printed; a pretty printer would print all."""
        assert expected in " ".join(told_of_failure(strategy).split()).replace("( ", "(")

    def test_a_workload_shows_what_it_selects(self) -> None:
        """The printed expression makes an equal object, with the selector that the repr omits."""
        assert "selector={'app': 'web'}" in told_of_failure(strategies.workloads(kinds=["Deployment"]))

    @pytest.mark.parametrize("name", EVERY)
    def test_a_strategy_is_shown_as_the_call(self, name: str) -> None:
        """Hypothesis shows a strategy as its call."""
        assert repr(getattr(strategies, name)()) == f"{name}()"

    def test_arguments_are_shown(self) -> None:
        """The call has the given arguments."""
        assert repr(strategies.services(types=["NodePort"], names=st.just("a"))) in {
            "services(types=['NodePort'], names=just('a'))",
            "services(names=just('a'), types=['NodePort'])",
        }

    def test_a_long_text_is_cut(self) -> None:
        """A mistake of 256 KiB is printed cut."""
        told = told_of_failure(strategies.broken_services(codes=["annotations-too-long"]))
        assert "… (262144 characters)" in told
        assert len(told) < 3000


class TestEffort:
    """Few draws are rejected."""

    @pytest.mark.parametrize("name", EVERY)
    def test_hypothesis_has_no_complaint(self, name: str) -> None:
        """Hypothesis' health checks pass: examples are small, and few are rejected."""

        # The speed of the machine must not fail the test.
        @settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
        @given(EVERY[name]())
        def holds(_: object) -> None:
            pass

        holds()

    def test_the_same_seed_gives_the_same_examples(self) -> None:
        """Examples depend on Hypothesis' choices only, not on the seed of Python's hashes."""
        assert len({examples_with(str(each)) for each in (1, 2)}) == 1

    @pytest.mark.parametrize("name", EVERY)
    def test_nearly_nothing_is_rejected(self, name: str) -> None:
        """At least 95 of 100 draws give an example."""
        count = fates(EVERY[name](), 200)
        assert count["invalid"] <= 0.05 * count["valid"]

    def test_there_is_variety(self) -> None:
        """A thousand Services have every type, with and without ports, each protocol and kind of target."""
        drawn: list[Service] = []

        @settings(max_examples=1500, database=None, deadline=None, phases=[Phase.generate], derandomize=True)
        @given(strategies.services(cluster=DUAL_STACK))
        def collect(service: Service) -> None:
            drawn.append(service)

        collect()
        assert {service.effective_type for service in drawn} == {
            "ClusterIP",
            "NodePort",
            "LoadBalancer",
            "ExternalName",
        }
        ports = [port for service in drawn for port in service.ports]
        assert {port.effective_protocol for port in ports} == {"TCP", "UDP", "SCTP"}
        assert {type(port.target_port) for port in ports} == {int, str, type(None)}
        for has in (
            lambda each: each.is_headless,
            lambda each: not each.ports,
            lambda each: len(each.ports) > 2,
            lambda each: each.cluster_ips and len(each.cluster_ips) == 2,
        ):
            assert any(map(has, drawn))

        def never_drawn(fields: Iterable[Field], objects: Sequence[object]) -> set[str]:
            return {field.attribute for field in fields if not any(getattr(each, field.attribute) for each in objects)}

        assert never_drawn([*METADATA_FIELDS, *SPEC_FIELDS], drawn) == {"generate_name"}
        assert never_drawn(SERVICE_PORT_FIELDS, ports) == set()


class TestArguments:
    """Invalid arguments are refused when the strategy is made, by name."""

    @pytest.mark.parametrize("nonsense", [-1, "x", 1.5, {}, ("a",), b"x"], ids=repr)
    @pytest.mark.parametrize("name", EVERY)
    def test_every_argument_is_looked_at(self, name: str, nonsense: object) -> None:
        """A wrong value of any argument is an error that names the argument."""
        make = getattr(strategies, name)
        for argument in inspect.signature(make).parameters:
            with pytest.raises(InvalidArgument, match=argument):
                make(**{argument: nonsense})

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: ANYTHING.container_ports(min_port=0), "min_port=0 must be between 1 and 65535"),
            (lambda: ANYTHING.container_ports(min_port=90, max_port=80), "min_port=90 is more than max_port=80"),
            (lambda: ANYTHING.container_ports(max_port="80"), "max_port='80' must be an integer"),
            (lambda: ANYTHING.container_ports(named="yes"), "named='yes' must be True, False, or None"),
            (lambda: ANYTHING.container_ports(protocols=["tcp"]), "'tcp' is none of them"),
            (lambda: ANYTHING.container_ports(protocols=[]), "none is left"),
            (lambda: ANYTHING.container_ports(protocols="TCP"), "must be a collection of words"),
            (lambda: ANYTHING.service_ports(target="port"), "target='port' must be 'name', 'number'"),
            (lambda: ANYTHING.service_ports(node_port_range=range(0)), "must be a range of ports"),
            (lambda: ANYTHING.service_ports(node_port_range=range(70000, 70002)), "node_port_range=70000 must be"),
            (lambda: ANYTHING.containers(min_ports=3, max_ports=2), "min_ports=3 is more than max_ports=2"),
            (lambda: ANYTHING.pods(min_containers=-1), "min_containers=-1 must be an integer of at least 0"),
            (lambda: ANYTHING.pods(labels={"app": "web"}), "labels={'app': 'web'} must be a strategy"),
            (lambda: ANYTHING.workloads(kinds=["Pod"]), "'Pod' is none of them"),
            (lambda: ANYTHING.workloads(labels="web"), "labels='web' must be a strategy"),
            (lambda: ANYTHING.workloads(min_replicas=None), "min_replicas=None must be an integer of at least 0"),
            (lambda: ANYTHING.services(types=["ExternalName"], headless=True), "headless=True leaves none"),
            (lambda: ANYTHING.services(max_ports=0), "max_ports=0 leaves no ClusterIP Service"),
            (lambda: ANYTHING.services(min_ports=4, max_ports=4, min_port=80, max_port=80), "more than there are: 3"),
            (lambda: ANYTHING.services(cluster="1.33"), "must be a portmap.Cluster: write Cluster('1.33')"),
            (lambda: ANYTHING.services(names="web"), "names='web' must be a strategy, such as strategies.just"),
            (lambda: ANYTHING.services_with_pods(types=["ExternalName"]), "'ExternalName' is none of them"),
            (lambda: ANYTHING.services_with_pods(min_pods=0), "min_pods=0 must be an integer of at least 1"),
            (lambda: ANYTHING.manifests(kinds=["Servce"]), "'Servce' is none of them"),
            (lambda: ANYTHING.broken_services(codes="x"), "must be a collection of codes"),
            (lambda: ANYTHING.broken_services(codes=["port-out-of-rage"]), "did you mean 'port-out-of-range'?"),
            (
                lambda: ANYTHING.broken_services(codes=["kubelet-port-forbidden"], cluster=Cluster()),
                "cannot be broken by a create on Kubernetes 1.36",
            ),
        ],
    )
    def test_nonsense_is_refused(self, make: Callable[[], object], words: str) -> None:
        """The error names the argument and its valid values."""
        with pytest.raises(InvalidArgument) as caught:
            make()
        assert words in str(caught.value)
