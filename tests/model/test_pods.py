"""Containers and pods: what they declare, and whether they were observed."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from portmap import Cluster, Container, ContainerPort, Pod, ValidationError, check, to_manifest

HTTP = ContainerPort(8080, name="http")


def broken(build: Callable[[], object]) -> list[tuple[str, str]]:
    """Code and field of everything that is wrong."""
    with pytest.raises(ValidationError) as caught:
        build()
    return [(violation.code, violation.field) for violation in caught.value.violations]


class TestContainers:
    """A container and its ports."""

    def test_all_fields(self) -> None:
        """Everything about ports that a manifest can say, and the image."""
        container = Container("app", ports=[HTTP], image="example.com/app:1", restart_policy="Always")
        assert to_manifest(container) == {
            "name": "app",
            "image": "example.com/app:1",
            "restartPolicy": "Always",
            "ports": [{"name": "http", "containerPort": 8080}],
        }
        assert container.is_sidecar
        assert not Container("app").is_sidecar

    def test_port_names_are_unique(self) -> None:
        """Two ports of a container have two names, also for two protocols."""
        ports = [ContainerPort(53, name="dns"), ContainerPort(53, name="dns", protocol="UDP")]
        assert broken(lambda: Container("dns", ports=ports)) == [("duplicate-container-port-name", "ports[1].name")]

    def test_unnamed_ports(self) -> None:
        """Any number of ports may have no name, and one number may be declared for two protocols."""
        assert len(Container("dns", ports=[ContainerPort(53), ContainerPort(53, protocol="UDP")]).ports) == 2

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"name": None}, [("wrong-type", "name")]),
            ({"name": 5}, [("wrong-type", "name")]),
            ({"ports": HTTP}, [("wrong-type", "ports")]),
            ({"ports": "http"}, [("wrong-type", "ports")]),
            ({"ports": [8080, {"containerPort": 80}]}, [("wrong-type", "ports[0]"), ("wrong-type", "ports[1]")]),
            ({"image": 1}, [("wrong-type", "image")]),
        ],
    )
    def test_mistakes(self, fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
        """What is of the wrong type is said with its place."""
        assert broken(lambda: Container(**{"name": "app"} | fields)) == expected

    def test_several_containers_may_share_a_name(self) -> None:
        """A port name counts within its container."""
        pod = Pod("web", containers=[Container("a", ports=[HTTP]), Container("b", ports=[HTTP])])
        assert check(pod) == ()


class TestPods:
    """A pod, as far as Services are concerned."""

    def test_projected(self) -> None:
        """A pod built in Python stands for those that will be: it has no addresses, which is not `()`."""
        pod = Pod("web")
        assert pod.is_projected
        assert pod.addresses is None
        assert not pod.is_terminating
        assert to_manifest(pod) == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}

    @pytest.mark.parametrize(
        "fields", [{"addresses": ()}, {"phase": "Pending"}, {"ready": False}, {"addresses": ["10.0.0.1"]}]
    )
    def test_observed(self, fields: dict[str, Any]) -> None:
        """A pod of which anything was observed has the addresses that were, if only none."""
        pod = Pod("web", **fields)
        assert not pod.is_projected
        assert pod.addresses == tuple(fields.get("addresses", ()))

    def test_all_fields(self) -> None:
        """Everything about a pod that concerns Services."""
        pod = Pod(
            "web-0",
            namespace="shop",
            labels={"app": "web"},
            annotations={"a": "b"},
            containers=[Container("app", ports=[HTTP])],
            init_containers=[Container("proxy", restart_policy="Always")],
            host_network=False,
            node_name="node-a",
            hostname="web-0",
            subdomain="web",
            addresses=["10.0.0.1", "fd00::1"],
            phase="Running",
            ready=True,
            deletion_timestamp="2026-01-31T12:00:00Z",
        )
        assert pod.is_terminating
        assert to_manifest(pod) == {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "web-0",
                "namespace": "shop",
                "labels": {"app": "web"},
                "annotations": {"a": "b"},
                "deletionTimestamp": "2026-01-31T12:00:00Z",
            },
            "spec": {
                "hostNetwork": False,
                "hostname": "web-0",
                "subdomain": "web",
                "nodeName": "node-a",
                "initContainers": [{"name": "proxy", "restartPolicy": "Always"}],
                "containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}],
            },
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}],
                "podIP": "10.0.0.1",
                "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
            },
        }

    def test_where_ports_are_looked_up(self) -> None:
        """In containers first and then in sidecars; other init containers have ended by then."""
        sidecar, setup = Container("proxy", restart_policy="Always"), Container("setup")
        pod = Pod("web", containers=[Container("app")], init_containers=[setup, sidecar])
        assert pod.sidecars == (sidecar,)
        assert pod.port_containers == (Container("app"), sidecar)

    def test_host_ports(self) -> None:
        """Two containers cannot bind one port of the node."""
        one = Container("a", ports=[ContainerPort(80, host_port=80)])
        other = Container("b", ports=[ContainerPort(81, host_port=80)])
        field = "spec.containers[1].ports[0].hostPort"
        assert broken(lambda: Pod("web", containers=[one, other])) == [("duplicate-host-port", field)]
        udp = Container("b", ports=[ContainerPort(81, host_port=80, protocol="UDP")])
        elsewhere = Container("b", ports=[ContainerPort(81, host_port=80, host_ip="127.0.0.1")])
        assert check(Pod("web", containers=[one, udp])) == check(Pod("web", containers=[one, elsewhere])) == ()

    def test_init_containers_bind_for_themselves(self) -> None:
        """An init container is compared with itself alone; the server says `initContainers[0]` whichever it is."""
        ports = [ContainerPort(80, host_port=80), ContainerPort(81, host_port=80)]
        once = Container("b", ports=[ContainerPort(80, host_port=80)])
        assert check(Pod("web", containers=[once], init_containers=[once])) == ()
        twice = [Container("setup"), Container("b", ports=ports)]
        field = "spec.initContainers[0].ports[1].hostPort"
        assert broken(lambda: Pod("web", init_containers=twice)) == [("duplicate-host-port", field)]

    def test_host_network(self) -> None:
        """On the node's own network, a container's port is the node's, and no other can be asked for."""
        field = "spec.containers[0].ports[0].hostPort"
        other = Container("a", ports=[ContainerPort(80, host_port=81)])
        assert broken(lambda: Pod("web", host_network=True, containers=[other])) == [("host-port-differs", field)]
        plain = Container("a", ports=[ContainerPort(80)])
        assert check(Pod("web", host_network=True, containers=[plain])) == ()

    def test_templates(self) -> None:
        """In a template host ports are not filled in yet, and so they must be given."""
        plain = Container("a", ports=[ContainerPort(80)])
        twice = [plain, Container("b", ports=[ContainerPort(80)])]
        assert broken(lambda: Pod("web", host_network=True, containers=twice))
        assert check(Pod("web", host_network=True, containers=twice, template=True)) == ()

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": None}, "metadata.name"),
            ({"labels": {"a": 1}}, "metadata.labels[a]"),
            ({"labels": None}, "metadata.labels"),
            ({"containers": Container("a")}, "spec.containers"),
            ({"containers": [5]}, "spec.containers[0]"),
            ({"init_containers": ["a"]}, "spec.initContainers[0]"),
            ({"host_network": "yes"}, "spec.hostNetwork"),
            ({"addresses": "10.0.0.1"}, "status.podIPs"),
            ({"addresses": [5]}, "status.podIPs[0]"),
            ({"phase": 1}, "status.phase"),
            ({"ready": "True"}, "status.conditions"),
            ({"deletion_timestamp": "now"}, "metadata.deletionTimestamp"),
        ],
    )
    def test_wrong_types(self, fields: dict[str, Any], field: str) -> None:
        """What is of the wrong type is said with its place in a manifest."""
        assert broken(lambda: Pod(**{"name": "web"} | fields)) == [("wrong-type", field)]

    def test_values(self) -> None:
        """Pods compare, hash, copy and pickle."""
        pod = Pod("web", labels={"a": "b"}, containers=[Container("app", ports=[HTTP])], addresses=["10.0.0.1"])
        for twin in (copy.copy(pod), copy.deepcopy(pod), pickle.loads(pickle.dumps(pod)), attrs.evolve(pod)):
            assert twin == pod
            assert len({twin, pod}) == 1

    def test_shown(self) -> None:
        """A pod is called by kind, namespace and name."""
        assert str(Pod("web")) == "Pod web"
        assert str(Pod("web", namespace="shop")) == "Pod shop/web"
        assert repr(Container("app")) == "Container('app')"

    def test_the_judge(self) -> None:
        """A refusal names the cluster in force."""
        with Cluster("1.33"), pytest.raises(ValidationError, match=r"for Kubernetes 1\.33"):
            Pod("web", containers=5)  # type: ignore[arg-type]
