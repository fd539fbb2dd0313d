"""Why a Service port leads nowhere, and what was probably meant."""

from typing import Any

import pytest

from portmap import Cluster, Container, ContainerPort, Miss, Pod, Service, ServicePort, Workload, resolve

HTTP = ContainerPort(8080, name="http")


def pod(*ports: ContainerPort, **fields: Any) -> Pod:
    """A projected pod with these ports."""
    return Pod("web-0", **{"labels": {"app": "web"}, "containers": [Container("app", ports=ports)]} | fields)


def miss(port: ServicePort, *pods: Pod | Workload, **options: Any) -> Miss:
    """The one miss of this port."""
    service = Service("web", namespace="shop", selector={"app": "web"}, ports=[port])
    [found] = resolve(service, pods, **options).misses
    return found


def target(name: str, **fields: Any) -> ServicePort:
    """A port that leads to this name."""
    return ServicePort(fields.pop("port", 80), target_port=name, **fields)


class TestUnresolved:
    """A name that no container declares."""

    def test_what_is_said(self) -> None:
        """The miss names the port, the pod, and what is declared there."""
        found = miss(target("web"), pod(HTTP, ContainerPort(9100)))
        assert (found.code, found.field) == ("unresolved-target-port", "spec.ports[0].targetPort")
        assert (found.port, found.position, found.pod, found.workload) == (target("web"), 0, "web-0", None)
        assert "'web' for TCP in Pod/web-0" in found.message
        assert "http/TCP → 8080 in app, TCP → 9100 in app" in found.message

    def test_nothing_declared(self) -> None:
        """A pod that declares nothing is said to."""
        assert "declare no ports" in miss(target("http"), pod()).message

    def test_many_declared(self) -> None:
        """A long list is cut."""
        ports = [ContainerPort(8000 + number, name=f"p-{number}") for number in range(20)]
        assert "and 12 more" in miss(target("x"), pod(*ports)).message

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
        """A name spelt almost so, the same number, or the one port without a name was probably meant."""
        found = miss(port, pod(*declared))
        assert (found.code, found.hint) == ("unresolved-target-port", hint)
        assert str(found) == (f"{found.message} ({hint})" if hint else found.message)

    def test_the_protocol(self) -> None:
        """The right name with the wrong protocol is a mismatch, and the hint says which is which."""
        found = miss(target("dns"), pod(ContainerPort(53, name="dns", protocol="UDP")))
        assert found.code == "protocol-mismatch"
        assert found.hint is not None
        assert "UDP" in found.hint

    def test_an_init_container(self) -> None:
        """A name that only an init container has that ends is none."""
        found = miss(target("http"), pod(init_containers=[Container("setup", ports=[HTTP])]))
        assert found.code == "not-a-sidecar"
        assert found.hint is not None
        assert "'setup'" in found.hint

    def test_a_sidecar_before_its_time(self) -> None:
        """Before 1.33 a sidecar's ports were not looked at."""
        sidecar = Container("proxy", ports=[HTTP], restart_policy="Always")
        found = miss(target("http"), pod(init_containers=[sidecar]), cluster=Cluster("1.32"))
        assert found.code == "sidecar-not-searched"

    def test_a_workload(self) -> None:
        """Of a workload the miss names the workload."""
        found = miss(target("web"), Workload("Deployment", "web", pod(HTTP)))
        assert found.workload == "Deployment/web"
        assert "in Deployment/web" in found.message

    def test_each_pod_by_itself(self) -> None:
        """During a rollout one pod may have the port and another not."""
        service = Service("web", selector={"app": "web"}, ports=[target("http")])
        old, new = pod(HTTP), Pod("web-1", labels={"app": "web"}, containers=[Container("app")])
        found = resolve(service, [old, new])
        assert [each.pod for each in found.endpoints()] == ["web-0"]
        assert [each.pod for each in found.misses] == ["web-1"]


class TestNothingSelected:
    """A selector that matches nothing."""

    def test_what_is_said(self) -> None:
        """The labels that no pod has are named; the selector is to blame."""
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
        """A pod whose labels are almost those is pointed out."""
        assert miss(target("http"), pod(HTTP, labels=labels)).hint == hint

    def test_the_nearest(self) -> None:
        """Of several pods the one that agrees most is pointed out."""
        service = Service("web", selector={"app": "web", "tier": "front"}, ports=[ServicePort(80)])
        pods = [Pod("a", labels={"tier": "front"}), Pod("b", labels={"app": "web", "tier": "frnot"})]
        [found] = resolve(service, pods).misses
        assert found.hint == "Pod/b has tier=frnot instead"

    def test_one_label_of_several_proves_nothing(self) -> None:
        """A pod that shares one label of three is not pointed out, one that shares two is."""
        selector = {"app": "web", "tier": "front", "shop": "one"}
        service = Service("web", selector=selector, ports=[ServicePort(80)])
        assert resolve(service, [Pod("a", labels={"shop": "one"})]).misses[0].hint is None
        hint = resolve(service, [Pod("a", labels={"shop": "one", "tier": "front"})]).misses[0].hint
        assert hint is not None
        assert "no label app" in hint

    def test_a_label_that_lacks(self) -> None:
        """A label that a pod does not have at all is said to lack."""
        service = Service("web", selector={"app": "web", "tier": "front"}, ports=[ServicePort(80)])
        [found] = resolve(service, [Pod("a", labels={"app": "web"})]).misses
        assert found.hint == "Pod/a has no label tier"

    def test_another_namespace(self) -> None:
        """The right labels in the wrong namespace are pointed out, of a workload by its kind."""
        found = miss(target("http"), Workload("Deployment", "web", pod(HTTP, namespace="other")))
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
        [found] = resolve(service, [pod(HTTP, **fields)], nodes=["a"]).misses
        assert (found.code, found.field, found.port) == ("pod-not-published", "", None)
        assert words in found.message
