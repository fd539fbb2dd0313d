"""Hints: the smallest edit that corrects a violation."""

from collections.abc import Callable
from typing import Any

import pytest

from portmap import Container, ContainerPort, Service, ServicePort
from portmap._kubernetes.names import (
    dns_label_1035_reasons,
    dns_label_reasons,
    dns_subdomain_reasons,
    label_value_reasons,
    port_name_reasons,
    qualified_name_reasons,
)
from portmap.manifests import validate
from typed_objects import make_service
from violations import refusals, violations_of


def service(**fields: Any) -> Callable[[], object]:
    """Return a call that makes a Service with these fields."""
    return lambda: make_service(**fields)


def two(first: dict[str, Any], second: dict[str, Any], **fields: Any) -> Callable[[], object]:
    """Return a call that makes a Service with two ports."""
    ports = [ServicePort(**{"port": 80, "name": "a", **first}), ServicePort(**{"port": 81, "name": "b", **second})]
    return service(ports=ports, **fields)


@pytest.mark.parametrize(
    ("build", "code", "hint"),
    [
        (lambda: ServicePort(80, target_port="8080"), "target-port-name-syntax", "write the integer, without quotes"),
        (lambda: ServicePort(80, target_port="080"), "target-port-name-syntax", "for port number 80 write"),
        (lambda: ServicePort(80, target_port="99999"), "target-port-name-syntax", None),
        (lambda: ServicePort(80, target_port="Web_Port"), "target-port-name-syntax", "for instance 'web-port'"),
        (lambda: ServicePort(80, target_port="a" * 16), "target-port-name-syntax", "a Service port's name may have 63"),
        (lambda: ServicePort(80, target_port="--"), "target-port-name-syntax", None),
        (lambda: ServicePort(0), "port-out-of-range", "the port number that clients dial"),
        (lambda: ServicePort(70000), "port-out-of-range", None),
        (lambda: ServicePort(80, name="HTTP_2"), "port-name-syntax", "for instance 'http-2'"),
        (lambda: ServicePort(80, name="_"), "port-name-syntax", None),
        (lambda: ServicePort(80, protocol="udp"), "unsupported-protocol", "write UDP, in upper case"),  # type: ignore[arg-type]
        (lambda: ServicePort(80, protocol="HTTP"), "unsupported-protocol", "appProtocol: http"),  # type: ignore[arg-type]
        (lambda: ServicePort(80, protocol="TPC"), "unsupported-protocol", "write TCP"),  # type: ignore[arg-type]
        (lambda: ServicePort(80, protocol="QUIC"), "unsupported-protocol", None),  # type: ignore[arg-type]
        (lambda: ServicePort(80, app_protocol=""), "app-protocol-syntax", "leave it out"),
        (lambda: ServicePort(80, app_protocol="a b"), "app-protocol-syntax", "for instance http"),
        (lambda: ContainerPort(0), "container-port-required", "the port that the container listens on"),
        (lambda: ContainerPort(1, name="Metrics!"), "container-port-name-syntax", "for instance 'metrics'"),
        (
            lambda: Container(
                "app", ports=[ContainerPort(53, name="dns"), ContainerPort(53, name="dns", protocol="UDP")]
            ),
            "duplicate-container-port-name",
            "for instance 'dns-udp'",
        ),
        (
            lambda: Container("app", ports=[ContainerPort(1, name="a" * 15), ContainerPort(2, name="a" * 15)]),
            "duplicate-container-port-name",
            f"for instance '{'a' * 11}-tcp'",
        ),
        (
            lambda: Container("app", ports=[ContainerPort(1, name="ab"), ContainerPort(2, name="ab", protocol="SCTP")]),
            "duplicate-container-port-name",
            "for instance 'ab-sct'",
        ),
        (two({"name": None}, {"name": None, "target_port": "grpc"}), "port-name-required", "for instance 'http'"),
        (two({"name": None, "port": 443}, {}), "port-name-required", "for instance 'https'"),
        (two({"name": None, "port": 9000}, {}), "port-name-required", "for instance 'port-9000'"),
        (two({"name": None, "port": 9000, "target_port": "grpc"}, {}), "port-name-required", "for instance 'grpc'"),
        (two({"name": "b"}, {"protocol": "UDP"}), "duplicate-port-name", "for instance 'b-udp'"),
        (two({"name": "b" * 63}, {"name": "b" * 63}), "duplicate-port-name", f"for instance '{'b' * 58}-tcp'"),
        (two({}, {"port": 80}), "duplicate-port", "remove one, or change its port or protocol"),
        (service(ports=[ServicePort(80, node_port=30080)]), "node-port-forbidden", "drop the nodePort"),
        (service(ports=[]), "ports-required", "add a port, or make it headless"),
        (service(type="Headless"), "unsupported-type", "clusterIP: None"),
        (service(type="nodeport"), "unsupported-type", "write NodePort"),
        (service(type="Ingress"), "unsupported-type", None),
        (service(session_affinity="ClientIp"), "unsupported-session-affinity", "write ClientIP"),
        (service(session_affinity="Cookie"), "unsupported-session-affinity", None),
        (service(internal_traffic_policy=""), "unsupported-internal-traffic-policy", "leave it out"),
        (service(internal_traffic_policy="local"), "unsupported-internal-traffic-policy", "write Local"),
        (service(traffic_distribution="PreferClosest"), "unsupported-traffic-distribution", "write PreferClose"),
        (service(type="ExternalName", external_name="DB.Example"), "external-name-syntax", "write db.example"),
        (service(type="ExternalName", external_name="https://x"), "external-name-syntax", "the DNS name alone"),
        (service(type="ExternalName"), "external-name-required", "the DNS name that the Service is an alias of"),
        (service(type="NodePort", cluster_ip="None"), "headless-forbidden", "leave clusterIP out"),
        (service(cluster_ip="none"), "cluster-ip-syntax", "write None, with a capital"),
        (service(cluster_ip="10.0.0"), "cluster-ip-syntax", None),
        (service(cluster_ips=["10.0.0.9"]), "cluster-ips-mismatch", "set clusterIP: 10.0.0.9, too"),
        (service(cluster_ip="10.0.0.8", cluster_ips=["10.0.0.9"]), "cluster-ips-mismatch", "make it 10.0.0.8"),
        (service(ip_families=["ipv4"]), "unsupported-ip-family", "write IPv4"),
        (service(ip_family_policy="DualStack"), "unsupported-ip-family-policy", None),
        (service(ip_family_policy="singlestack"), "unsupported-ip-family-policy", "write SingleStack"),
        (service(load_balancer_class="a"), "load-balancer-class-forbidden", "make the type LoadBalancer"),
        (service(type="LoadBalancer", load_balancer_class=""), "load-balancer-class-syntax", "cluster's default"),
        (service(type="LoadBalancer", load_balancer_class="a b"), "load-balancer-class-syntax", None),
        (service(labels={"a": "-" * 64}), "label-syntax", "shorten it to 63 characters"),
        (service(labels={"a": "two words"}), "label-syntax", "free text belongs in an annotation"),
        (lambda: Service("Web", ports=[ServicePort(80)]), "name-syntax", "for instance 'web'"),
        (lambda: Service("_", ports=[ServicePort(80)]), "name-syntax", None),
    ],
)
def test_hints(build: Callable[[], object], code: str, hint: str | None) -> None:
    """A violation that one edit corrects has a hint, another has none."""
    hints = {violation.code: violation.hint for violation in reversed(violations_of(build))}
    assert code in hints
    if hint is None:
        assert hints[code] is None
    else:
        assert hint in str(hints[code])


def test_a_picked_node_port_has_no_value() -> None:
    """The violation of two ports that would share a picked node port has no value."""
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 80}]
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": ports}}
    [shared] = [violation for violation in validate(manifest) if violation.code == "duplicate-node-port"]
    assert (shared.field, shared.value) == ("spec.ports[1].nodePort", None)


def test_an_authored_node_port_is_the_value() -> None:
    """The violation of two ports that share an authored node port has its number."""
    ports = [{"name": "a", "port": 80, "nodePort": 30080}, {"name": "b", "port": 80}]
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": ports}}
    [shared] = [violation for violation in validate(manifest) if violation.code == "duplicate-node-port"]
    assert shared.value == 30080


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ({"matchLabels": {"app": "web"}}, "a Service's selector is the labels themselves"),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, "a Service selects by equal labels alone"),
        ("app=web", 'write {"app": "web"}'),
        ("app=web,tier=front", None),
        ("app!=web", None),
        ("app", None),
        (["app"], None),
        ({"version": 2}, 'quote it: "2"'),
        ({"version": [2]}, None),
    ],
)
def test_selectors_in_other_forms(selector: Any, hint: str | None) -> None:
    """The hint for a selector of Deployments or of kubectl is that of a Service, in Python and in manifests."""
    [constructed] = violations_of(service(selector=selector))
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}], "selector": selector}}
    [decoded] = validate(manifest)
    for violation in (constructed, decoded):
        assert (violation.code, (violation.hint or "")[: len(hint or "")]) == ("wrong-type", hint or "")
        assert (violation.hint is None) == (hint is None)


def test_a_present_field_is_not_suggested() -> None:
    """The hint for an unknown field is not a field that the object has already."""
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"port": 80, "ports": [{"prt": 1, "port": 80}]}}
    for violation in validate(manifest):
        assert (violation.code, "did you mean" in violation.message) == ("unknown-field", False)
        assert str(violation.hint).startswith("remove it")


def test_a_dict_as_port() -> None:
    """The hint names the function that takes dicts."""
    [violation] = violations_of(service(ports=[{"port": 80}]))
    assert "portmap.manifests.read takes a whole Service as a dict" in str(violation.hint)


@pytest.mark.parametrize(
    ("port", "target", "name"),
    [(80, "8080", "http"), (9000, "8080", "port-9000"), (9000, "--", "port-9000"), (9000, "Web_8080", "web-8080")],
)
def test_suggested_port_names(port: int, target: str, name: str) -> None:
    """The suggested name is the target port only if that is a valid name."""
    ports = [{"port": port, "targetPort": target}, {"name": "b", "port": 81}]
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": ports}}
    [unnamed] = [violation for violation in validate(manifest) if violation.code == "port-name-required"]
    assert unnamed.hint == f"name it after what it serves, for instance {name!r}"


def test_messages_about_default_target_ports() -> None:
    """The message about an absent target port says that it is the value of `port`."""
    [_, absent] = violations_of(ServicePort, 70000)
    assert (absent.field, "left out, it is the value of port" in absent.message) == ("targetPort", True)
    [authored] = violations_of(ServicePort, 80, target_port=70000)
    assert (authored.field, "left out" in authored.message) == ("targetPort", False)


@pytest.mark.parametrize("kind", [ContainerPort, ServicePort])
def test_unmodelled_data_is_checked(kind: type) -> None:
    """Unmodelled data is a part of the manifest, so it is decoded strictly."""
    assert [code for code, _ in refusals(kind, 80, unmodelled={"prt": 1})] == ["unknown-field"]
    assert [code for code, _ in refusals(kind, 80, unmodelled=[])] == ["wrong-type"]
    assert kind(80, unmodelled={}) != kind(80)
    assert "unmodelled" not in repr(kind(80, unmodelled={"protocol": None}))


@pytest.mark.parametrize("kind", [ContainerPort, ServicePort])
def test_only_the_number_is_positional(kind: type) -> None:
    """Every other argument is a keyword argument."""
    with pytest.raises(TypeError, match="positional"):
        kind(80, "http")


@pytest.mark.parametrize(
    ("reasons_of", "longest", "spoil"),
    [
        (port_name_reasons, 15, "A"),
        (dns_label_reasons, 63, "A"),
        (dns_label_1035_reasons, 63, "A"),
        (dns_subdomain_reasons, 253, "A"),
        (label_value_reasons, 63, "!"),
        (qualified_name_reasons, 63, "!"),
    ],
)
def test_the_longest_names(reasons_of: Callable[[str], tuple[str, ...]], longest: int, spoil: str) -> None:
    """A name of the greatest length is not too long, and a name with one character more is."""
    bad = spoil + "a" * (longest - 1)
    assert not any("no more than" in reason for reason in reasons_of(bad))
    assert len(reasons_of(bad)) == 1
    assert sum("no more than" in reason for reason in reasons_of(bad + "a")) == 1
    assert reasons_of("a" * longest) == ()


@pytest.mark.parametrize(
    ("length", "hint"),
    [(63, "free text belongs in an annotation"), (64, "shorten it to 63 characters")],
)
def test_the_hint_to_shorten_a_label(length: int, hint: str) -> None:
    """An invalid value of 63 characters is not too long."""
    [found] = violations_of(service(labels={"app": "a" * (length - 1) + "!"}))
    assert found.hint is not None
    assert found.hint.startswith(hint)


def test_the_value_of_a_violation() -> None:
    """The value of a violation is that of the field."""
    [found] = violations_of(service(name="Web!"))
    assert (found.field, found.value) == ("metadata.name", "Web!")


def test_an_invalid_address_has_no_family() -> None:
    """An invalid cluster IP is not reported as one of the wrong family, too."""
    found = refusals(service(cluster_ip="nonsense", ip_families=["IPv6"]))
    assert [code for code, _ in found] == ["cluster-ip-syntax"]
