"""Hints: the smallest edit that mends what a violation is about, where there is one."""

from collections.abc import Callable
from typing import Any

import pytest

from portmap import Container, ContainerPort, Service, ServicePort, ValidationError, Violation
from portmap._kubernetes.names import (
    dns_label_1035_reasons,
    dns_label_reasons,
    dns_subdomain_reasons,
    label_value_reasons,
    port_name_reasons,
    qualified_name_reasons,
)
from portmap.manifests import validate

SELECTOR = {"app": "web"}


def violations_of(build: Callable[[], object]) -> list[Violation]:
    with pytest.raises(ValidationError) as caught:
        build()
    return list(caught.value.violations)


def service(**fields: Any) -> Callable[[], object]:
    return lambda: Service("web", **{"selector": SELECTOR, "ports": [ServicePort(80)], **fields})


def two(first: dict[str, Any], second: dict[str, Any], **fields: Any) -> Callable[[], object]:
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
    """Where one edit mends it, the hint says which; where none does, there is no hint."""
    hints = {violation.code: violation.hint for violation in reversed(violations_of(build))}
    assert code in hints
    if hint is None:
        assert hints[code] is None
    else:
        assert hint in str(hints[code])


def test_a_node_port_that_the_cluster_picks_is_not_shown_as_a_number() -> None:
    """Two ports of one number and protocol share a node port that nobody knows yet."""
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 80}]
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": ports}}
    [shared] = [each for each in validate(manifest) if each.code == "duplicate-node-port"]
    assert (shared.field, shared.value) == ("spec.ports[1].nodePort", None)


def test_a_node_port_that_was_written_is_shown() -> None:
    """Where the number was written, it is named."""
    ports = [{"name": "a", "port": 80, "nodePort": 30080}, {"name": "b", "port": 80}]
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": ports}}
    [shared] = [each for each in validate(manifest) if each.code == "duplicate-node-port"]
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
def test_the_selector_of_something_else(selector: Any, hint: str | None) -> None:
    """Who writes the selector of a Deployment or of kubectl is told how a Service says it, in Python and YAML alike."""
    [built] = violations_of(service(selector=selector))
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}], "selector": selector}}
    [judged] = validate(manifest)
    for each in (built, judged):
        assert (each.code, (each.hint or "")[: len(hint or "")]) == ("wrong-type", hint or "")
        assert (each.hint is None) == (hint is None)


def test_a_field_that_is_there_was_not_meant() -> None:
    """An unknown field is not to be renamed to one that the object has already."""
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"port": 80, "ports": [{"prt": 1, "port": 80}]}}
    for violation in validate(manifest):
        assert (violation.code, "did you mean" in violation.message) == ("unknown-field", False)
        assert str(violation.hint).startswith("remove it")


def test_a_dict_for_a_port() -> None:
    """It is told what takes dicts."""
    [given] = violations_of(service(ports=[{"port": 80}]))
    assert "portmap.manifests.read takes a whole Service as a dict" in str(given.hint)


@pytest.mark.parametrize(
    ("port", "target", "name"),
    [(80, "8080", "http"), (9000, "8080", "port-9000"), (9000, "--", "port-9000"), (9000, "Web_8080", "web-8080")],
)
def test_a_name_to_be_given_says_something(port: int, target: str, name: str) -> None:
    """A port that needs a name is not named after a target that is no name itself."""
    ports = [{"port": port, "targetPort": target}, {"name": "b", "port": 81}]
    manifest = {"kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": ports}}
    [unnamed] = [each for each in validate(manifest) if each.code == "port-name-required"]
    assert unnamed.hint == f"name it after what it serves, for instance {name!r}"


def test_a_default_target_is_told_from_a_given_one() -> None:
    """A target port that was never written is said to be the value of port; one that was, is not."""
    [_, left_out] = violations_of(lambda: ServicePort(70000))
    assert (left_out.field, "left out, it is the value of port" in left_out.message) == ("targetPort", True)
    [given] = violations_of(lambda: ServicePort(80, target_port=70000))
    assert (given.field, "left out" in given.message) == ("targetPort", False)


@pytest.mark.parametrize("kind", [ContainerPort, ServicePort])
def test_what_is_not_modelled_must_fit_into_a_manifest(kind: type) -> None:
    """Data beside the model goes into the manifest, so it is judged as strictly."""
    assert [each.code for each in violations_of(lambda: kind(80, unmodelled={"prt": 1}))] == ["unknown-field"]
    assert [each.code for each in violations_of(lambda: kind(80, unmodelled=[]))] == ["wrong-type"]
    assert kind(80, unmodelled={}) != kind(80)
    assert "unmodelled" not in repr(kind(80, unmodelled={"protocol": None}))


@pytest.mark.parametrize("kind", [ContainerPort, ServicePort])
def test_only_the_number_is_positional(kind: type) -> None:
    """Argument order can never be wrong, since there is none."""
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
def test_the_longest_name_is_not_too_long(
    reasons_of: Callable[[str], tuple[str, ...]], longest: int, spoil: str
) -> None:
    """A name of just the greatest length is blamed for its characters alone, one more for both."""
    bad = spoil + "a" * (longest - 1)
    assert not any("no more than" in reason for reason in reasons_of(bad))
    assert len(reasons_of(bad)) == 1
    assert sum("no more than" in reason for reason in reasons_of(bad + "a")) == 1
    assert reasons_of("a" * longest) == ()


@pytest.mark.parametrize(
    ("length", "hint"),
    [(63, "free text belongs in an annotation"), (64, "shorten it to 63 characters")],
)
def test_only_what_is_too_long_is_to_be_shortened(length: int, hint: str) -> None:
    """A label's value of 63 characters that is wrong in another way is not too long."""
    [found] = violations_of(service(labels={"app": "a" * (length - 1) + "!"}))
    assert found.hint is not None
    assert found.hint.startswith(hint)


def test_a_bad_name_is_shown_as_written() -> None:
    """The value of a violation is what stands in the field."""
    [found] = violations_of(lambda: Service("Web!", selector=SELECTOR, ports=[ServicePort(80)]))
    assert (found.field, found.value) == ("metadata.name", "Web!")


def test_an_address_that_cannot_be_read_is_of_no_family() -> None:
    """A cluster IP with bad syntax is reported for that alone, not also as one of the wrong family."""
    found = violations_of(service(cluster_ip="nonsense", ip_families=["IPv6"]))
    assert [each.code for each in found] == ["cluster-ip-syntax"]
