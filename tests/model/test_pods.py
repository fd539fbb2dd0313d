"""Containers and pods: their ports, and whether pods were observed."""

import copy
import pickle
from typing import Any

import attrs
import pytest

from portmap import Cluster, Container, ContainerPort, Pod, ValidationError, check, to_manifest
from typed_objects import HTTP
from violations import refusals


class TestContainers:
    """`Container`."""

    def test_all_fields(self) -> None:
        """A container has its ports, image and restart policy."""
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
        """Two ports of a container need two names, even for two protocols."""
        ports = [ContainerPort(53, name="dns"), ContainerPort(53, name="dns", protocol="UDP")]
        assert refusals(lambda: Container("dns", ports=ports)) == [("duplicate-container-port-name", "ports[1].name")]

    def test_unnamed_ports(self) -> None:
        """Several ports may have no name, and one number may be declared for two protocols."""
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
        """A wrong type is reported with its field."""
        assert refusals(lambda: Container(**{"name": "app"} | fields)) == expected

    def test_containers_may_share_a_port_name(self) -> None:
        """A port name is unique in its container, not in its pod."""
        pod = Pod("web", containers=[Container("a", ports=[HTTP]), Container("b", ports=[HTTP])])
        assert check(pod) == ()


class TestPods:
    """`Pod`."""

    def test_projected(self) -> None:
        """A pod built in Python is projected: its addresses are `None`, not `()`."""
        pod = Pod("web")
        assert pod.is_projected
        assert pod.addresses is None
        assert not pod.is_terminating
        assert to_manifest(pod) == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}

    @pytest.mark.parametrize(
        "fields", [{"addresses": ()}, {"phase": "Pending"}, {"ready": False}, {"addresses": ["10.0.0.1"]}]
    )
    def test_observed(self, fields: dict[str, Any]) -> None:
        """A pod with an observed field has the observed addresses, `()` if there are none."""
        pod = Pod("web", **fields)
        assert not pod.is_projected
        assert pod.addresses == tuple(fields.get("addresses", ()))

    def test_all_fields(self) -> None:
        """Every field has a place in the manifest."""
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

    def test_containers_with_named_ports(self) -> None:
        """Named ports are looked up in containers and then in sidecars, not in other init containers."""
        sidecar, setup = Container("proxy", restart_policy="Always"), Container("setup")
        pod = Pod("web", containers=[Container("app")], init_containers=[setup, sidecar])
        assert pod.sidecars == (sidecar,)
        assert pod.port_containers == (Container("app"), sidecar)

    def test_host_ports(self) -> None:
        """Two containers cannot have one host port."""
        one = Container("a", ports=[ContainerPort(80, host_port=80)])
        other = Container("b", ports=[ContainerPort(81, host_port=80)])
        field = "spec.containers[1].ports[0].hostPort"
        assert refusals(lambda: Pod("web", containers=[one, other])) == [("duplicate-host-port", field)]
        udp = Container("b", ports=[ContainerPort(81, host_port=80, protocol="UDP")])
        elsewhere = Container("b", ports=[ContainerPort(81, host_port=80, host_ip="127.0.0.1")])
        assert check(Pod("web", containers=[one, udp])) == check(Pod("web", containers=[one, elsewhere])) == ()

    def test_host_ports_of_init_containers(self) -> None:
        """Ports of an init container conflict with each other only. The server always reports index 0."""
        ports = [ContainerPort(80, host_port=80), ContainerPort(81, host_port=80)]
        once = Container("b", ports=[ContainerPort(80, host_port=80)])
        assert check(Pod("web", containers=[once], init_containers=[once])) == ()
        twice = [Container("setup"), Container("b", ports=ports)]
        field = "spec.initContainers[0].ports[1].hostPort"
        assert refusals(lambda: Pod("web", init_containers=twice)) == [("duplicate-host-port", field)]

    def test_host_network(self) -> None:
        """With host networking, a host port must equal the container port."""
        field = "spec.containers[0].ports[0].hostPort"
        other = Container("a", ports=[ContainerPort(80, host_port=81)])
        assert refusals(lambda: Pod("web", host_network=True, containers=[other])) == [("host-port-differs", field)]
        plain = Container("a", ports=[ContainerPort(80)])
        assert check(Pod("web", host_network=True, containers=[plain])) == ()

    def test_templates(self) -> None:
        """A server fills in host ports with host networking, but not in templates."""
        plain = Container("a", ports=[ContainerPort(80)])
        twice = [plain, Container("b", ports=[ContainerPort(80)])]
        assert refusals(lambda: Pod("web", host_network=True, containers=twice))
        assert check(Pod("web", host_network=True, containers=twice, template=True)) == ()

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": None}, "metadata.name"),
            ({"labels": {"a": 1}}, "metadata.labels[a]"),
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
        """A wrong type is reported with its field in the manifest."""
        assert refusals(lambda: Pod(**{"name": "web"} | fields)) == [("wrong-type", field)]

    def test_values(self) -> None:
        """Copies, pickles and evolved pods are equal and have equal hashes."""
        pod = Pod("web", labels={"a": "b"}, containers=[Container("app", ports=[HTTP])], addresses=["10.0.0.1"])
        for twin in (copy.copy(pod), copy.deepcopy(pod), pickle.loads(pickle.dumps(pod)), attrs.evolve(pod)):
            assert twin == pod
            assert len({twin, pod}) == 1

    def test_names_in_messages(self) -> None:
        """A pod has its kind, namespace and name in messages."""
        assert str(Pod("web")) == "Pod web"
        assert str(Pod("web", namespace="shop")) == "Pod shop/web"
        assert repr(Container("app")) == "Container('app')"

    def test_errors_name_the_cluster(self) -> None:
        """An error names the cluster in force."""
        with Cluster("1.33"), pytest.raises(ValidationError, match=r"for Kubernetes 1\.33"):
            Pod("web", containers=5)  # type: ignore[arg-type]


def test_no_labels() -> None:
    """`None` means no labels, as for Services."""
    assert Pod("web-0", labels=None) == Pod("web-0")
