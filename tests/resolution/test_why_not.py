"""The reason why a Service port has no endpoint, and the hint."""

from typing import Any

import pytest

from portmap import Cluster, Container, ContainerPort, Miss, Pod, Service, ServicePort, Workload, resolve
from typed_objects import HTTP, make_pod


def miss(port: ServicePort, *pods: Pod | Workload, **options: Any) -> Miss:
    """Return the only miss of this port."""
    service = Service("web", namespace="shop", selector={"app": "web"}, ports=[port])
    [found] = resolve(service, pods, **options).misses
    return found


def target(name: str, **fields: Any) -> ServicePort:
    """Return a Service port with this target port."""
    return ServicePort(fields.pop("port", 80), target_port=name, **fields)


class TestUnresolved:
    """A target port that no container declares."""

    def test_the_message(self) -> None:
        """The miss names the port, the pod, and what is declared there."""
        found = miss(target("web"), make_pod("web-0", HTTP, ContainerPort(9100)))
        assert (found.code, found.field) == ("unresolved-target-port", "spec.ports[0].targetPort")
        assert (found.port, found.position, found.pod, found.workload) == (target("web"), 0, "web-0", None)
        assert "'web' for TCP in Pod/web-0" in found.message
        assert "http/TCP → 8080 in app, TCP → 9100 in app" in found.message

    def test_nothing_declared(self) -> None:
        """The message says that a pod declares no ports."""
        assert "declare no ports" in miss(target("http"), make_pod()).message

    def test_many_declared(self) -> None:
        """A long list of ports is truncated."""
        ports = [ContainerPort(8000 + number, name=f"p-{number}") for number in range(20)]
        assert "and 12 more" in miss(target("x"), make_pod("web-0", *ports)).message

    @pytest.mark.parametrize(
        ("port", "declared", "hint"),
        [
            (target("htpt"), (HTTP,), "did you mean 'http'?"),
            (target("https"), (HTTP,), "did you mean 'http'?"),
            (target("web", port=8080), (HTTP,), "port 8080 is named 'http' there"),
            (
                target("web", port=8080),
                (ContainerPort(8080),),
                "port 8080 has no name there: name it 'web', or write targetPort: 8080",
            ),
            (target("web"), (ContainerPort(8080),), "port 8080 has no name there: name it 'web'"),
            (target("web"), (ContainerPort(8080), ContainerPort(8081)), None),
            (target("web"), (HTTP,), None),
        ],
    )
    def test_near_misses(self, port: ServicePort, declared: tuple[ContainerPort, ...], hint: str | None) -> None:
        """The hint names a port of similar spelling, of the same number, or the only port without a name."""
        found = miss(port, make_pod("web-0", *declared))
        assert (found.code, found.hint) == ("unresolved-target-port", hint)
        assert str(found) == (f"{found.message} ({hint})" if hint else found.message)

    def test_the_protocol(self) -> None:
        """The right name with the wrong protocol is a mismatch, and the hint names the protocol."""
        found = miss(target("dns"), make_pod("web-0", ContainerPort(53, name="dns", protocol="UDP")))
        assert found.code == "protocol-mismatch"
        assert found.hint is not None
        assert "UDP" in found.hint

    def test_an_init_container(self) -> None:
        """The ports of an init container that is not a sidecar do not count, and the hint names the container."""
        found = miss(target("http"), make_pod("web-0", init_containers=[Container("setup", ports=[HTTP])]))
        assert found.code == "not-a-sidecar"
        assert found.hint is not None
        assert "'setup'" in found.hint

    def test_a_sidecar_before_1_33(self) -> None:
        """Before 1.33 the control plane does not search sidecars."""
        sidecar = Container("proxy", ports=[HTTP], restart_policy="Always")
        found = miss(target("http"), make_pod("web-0", init_containers=[sidecar]), cluster=Cluster("1.32"))
        assert found.code == "sidecar-not-searched"

    def test_a_workload(self) -> None:
        """The miss in a pod of a workload names the workload."""
        found = miss(target("web"), Workload("Deployment", "web", make_pod("web-0", HTTP)))
        assert found.workload == "Deployment/web"
        assert "in Deployment/web" in found.message

    def test_each_pod_separately(self) -> None:
        """One pod may resolve a port and another not, as during a rollout."""
        service = Service("web", selector={"app": "web"}, ports=[target("http")])
        old, new = make_pod("web-0", HTTP), Pod("web-1", labels={"app": "web"}, containers=[Container("app")])
        found = resolve(service, [old, new])
        assert [each.pod for each in found.endpoints()] == ["web-0"]
        assert [each.pod for each in found.misses] == ["web-1"]


class TestNothingSelected:
    """A selector that matches no pod."""

    def test_the_message(self) -> None:
        """The message names the labels, and the field is the selector."""
        found = miss(target("http"))
        assert (found.code, found.field, found.hint) == ("selector-matches-nothing", "spec.selector", None)
        assert "app=web" in found.message

    @pytest.mark.parametrize(
        ("labels", "hint"),
        [
            ({"app": "wbe"}, "Pod/web-0 has app=wbe instead"),
            ({"app": "other"}, None),
            ({}, None),
        ],
    )
    def test_near_misses(self, labels: dict[str, str], hint: str | None) -> None:
        """The hint names a pod whose labels are similar."""
        assert miss(target("http"), make_pod("web-0", HTTP, labels=labels)).hint == hint

    def test_the_nearest(self) -> None:
        """The hint names the pod that matches most of the selector."""
        service = Service("web", selector={"app": "web", "tier": "front"}, ports=[ServicePort(80)])
        pods = [Pod("a", labels={"tier": "front"}), Pod("b", labels={"app": "web", "tier": "frnot"})]
        [found] = resolve(service, pods).misses
        assert found.hint == "Pod/b has tier=frnot instead"

    def test_one_shared_label_of_several_gives_no_hint(self) -> None:
        """A pod that shares one label of three gives no hint; one that shares two does."""
        selector = {"app": "web", "tier": "front", "shop": "one"}
        service = Service("web", selector=selector, ports=[ServicePort(80)])
        assert resolve(service, [Pod("a", labels={"shop": "one"})]).misses[0].hint is None
        hint = resolve(service, [Pod("a", labels={"shop": "one", "tier": "front"})]).misses[0].hint
        assert hint is not None
        assert "no label app" in hint

    def test_a_missing_label(self) -> None:
        """The hint names a label that the pod does not have."""
        service = Service("web", selector={"app": "web", "tier": "front"}, ports=[ServicePort(80)])
        [found] = resolve(service, [Pod("a", labels={"app": "web"})]).misses
        assert found.hint == "Pod/a has no label tier"

    def test_another_namespace(self) -> None:
        """The hint names a pod or workload that has the labels in another namespace."""
        found = miss(target("http"), Workload("Deployment", "web", make_pod("web-0", HTTP, namespace="other")))
        assert found.hint is not None
        assert "Deployment/web" in found.hint
        assert "other" in found.hint


class TestNotPublished:
    """A pod that is selected but gets no traffic at all."""

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"phase": "Succeeded", "addresses": ["10.0.0.1"]}, "it has ended (Succeeded)"),
            ({"phase": "Pending"}, "it has no address yet"),
            ({"phase": "Running"}, "it has no address"),
            ({"addresses": ["10.0.0.1"], "node_name": "gone"}, "its node gone does not exist"),
            ({"addresses": ["10.0.0.1"]}, "its node (none) does not exist"),
            ({"addresses": ["fd00::1"], "node_name": "a"}, "no IPv4 address"),
        ],
    )
    def test_why(self, fields: dict[str, Any], words: str) -> None:
        """The miss says why, once for the pod and not for each port."""
        service = Service("web", selector={"app": "web"}, ports=[ServicePort(80, name="a"), ServicePort(81, name="b")])
        [found] = resolve(service, [make_pod("web-0", HTTP, **fields)], nodes=["a"]).misses
        assert (found.code, found.field, found.port) == ("pod-not-published", "", None)
        assert words in found.message
