"""Container ports and Service ports: each by itself."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from portmap import ContainerPort, ServicePort, ValidationError, check, to_manifest


def broken(kind: Callable[..., Any], *arguments: Any, **fields: Any) -> list[tuple[str, str]]:
    """Code and field of everything that is wrong with a port."""
    with pytest.raises(ValidationError) as caught:
        kind(*arguments, **fields)
    return [(violation.code, violation.field) for violation in caught.value.violations]


class TestServicePort:
    """What clients dial."""

    def test_all_fields(self) -> None:
        """Everything that a manifest can say, under Kubernetes' own names."""
        port = ServicePort(
            443, name="https", protocol="TCP", app_protocol="kubernetes.io/h2c", target_port="tls", node_port=30443
        )
        assert to_manifest(port) == {
            "name": "https",
            "protocol": "TCP",
            "appProtocol": "kubernetes.io/h2c",
            "port": 443,
            "targetPort": "tls",
            "nodePort": 30443,
        }

    def test_only_what_was_authored_is_written(self) -> None:
        """Defaults are the server's to fill in; here they can be asked for."""
        port = ServicePort(80)
        assert to_manifest(port) == {"port": 80}
        assert port.effective_protocol == "TCP"
        assert port.effective_target_port == 80

    @pytest.mark.parametrize(("target", "effective"), [(None, 80), (0, 80), ("", 80), (8080, 8080), ("http", "http")])
    def test_where_it_leads(self, target: int | str | None, effective: int | str) -> None:
        """Left out, 0 and no text all mean the number of the port itself."""
        assert ServicePort(80, target_port=target).effective_target_port == effective

    def test_a_string_of_digits_is_a_name_not_a_number(self) -> None:
        """`"8080"` is no port number, and no name either as it lacks a letter."""
        assert broken(ServicePort, 80, target_port="8080") == [("target-port-name-syntax", "targetPort")]
        assert ServicePort(80, target_port="8080-tcp").effective_target_port == "8080-tcp"

    @pytest.mark.parametrize(
        ("target", "hint"),
        [
            ("8080", "for port number 8080 write the integer, without quotes"),
            (" 8080 ", "for port number 8080 write the integer, without quotes"),
            ("99999", None),
            ("My_Port", "for instance 'my-port'"),
            ("--", None),
        ],
    )
    def test_hints_about_targets(self, target: str, hint: str | None) -> None:
        """What was meant is said, where it can be guessed: a number, or a name that fits."""
        with pytest.raises(ValidationError) as caught:
            ServicePort(80, target_port=target)
        assert [violation.hint for violation in caught.value.violations] == [hint]

    def test_a_long_target_says_what_it_names(self) -> None:
        """Who mixes up the two kinds of names is told of both."""
        with pytest.raises(ValidationError) as caught:
            ServicePort(80, target_port="metrics-exporter")
        [violation] = caught.value.violations
        assert violation.hint is not None
        assert "15" in violation.hint
        assert "63" in violation.hint

    def test_the_grammars_of_the_two_names_differ(self) -> None:
        """The port's own name is a DNS label of 63; the target's name ends at 15 characters."""
        assert ServicePort(80, name="8080").name == "8080"
        assert ServicePort(80, name="x" * 63, target_port="x" * 15).name == "x" * 63
        assert broken(ServicePort, 80, name="x" * 64, target_port="x" * 16) == [
            ("port-name-syntax", "name"),
            ("target-port-name-syntax", "targetPort"),
        ]

    @pytest.mark.parametrize("port", [0, -1, 65536])
    def test_out_of_range(self, port: int) -> None:
        """A port is 1 to 65535; a target left out is of the same number, and as wrong."""
        assert broken(ServicePort, port, target_port=80) == [("port-out-of-range", "port")]
        assert broken(ServicePort, port) == [("port-out-of-range", "port"), ("target-port-out-of-range", "targetPort")]

    @pytest.mark.parametrize(
        ("protocol", "hint"),
        [
            ("tcp", "write TCP, in upper case"),
            ("HTTP", "write TCP, and appProtocol: http where it matters what is spoken over it"),
            ("grpc", "write TCP, and appProtocol: grpc where it matters what is spoken over it"),
            ("TPC", "write TCP"),
            ("QUIC", None),
        ],
    )
    def test_protocols(self, protocol: Any, hint: str | None) -> None:
        """There are three protocols, in upper case; what is spoken over them is the app protocol."""
        with pytest.raises(ValidationError) as caught:
            ServicePort(80, protocol=protocol)
        [violation] = caught.value.violations
        assert (violation.code, violation.field, violation.hint) == ("unsupported-protocol", "protocol", hint)

    @pytest.mark.parametrize("value", ["", "my http", "a/b/c"])
    def test_app_protocols(self, value: str) -> None:
        """An app protocol is a qualified name, and not nothing."""
        assert broken(ServicePort, 80, app_protocol=value) == [("app-protocol-syntax", "appProtocol")]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("port", "80"),
            ("port", 80.0),
            ("port", True),
            ("port", None),
            ("name", 80),
            ("target_port", 80.5),
            ("node_port", "30080"),
        ],
    )
    def test_wrong_types(self, field: str, value: Any) -> None:
        """Nothing is coerced, and a wrong type is a violation like any other."""
        arguments = {"port": 80} | {field: value}
        [(code, _)] = broken(ServicePort, **arguments)
        assert code == "wrong-type"

    def test_node_ports_are_the_services_business(self) -> None:
        """Whether a node port is in range depends on the Service's type and on the cluster."""
        assert ServicePort(80, node_port=80).node_port == 80


class TestTargeting:
    """A Service port made of the container port to which it leads."""

    def test_by_name(self) -> None:
        """Name and protocol are the container port's, so they cannot disagree."""
        dns = ContainerPort(5353, name="dns", protocol="UDP")
        assert ServicePort.targeting(dns, port=53) == ServicePort(53, name="dns", protocol="UDP", target_port="dns")

    def test_by_number(self) -> None:
        """A container port without a name is referred to by number."""
        assert ServicePort.targeting(ContainerPort(8080), port=80) == ServicePort(80, target_port=8080)
        assert ServicePort.targeting(ContainerPort(8080, name=""), port=80).target_port == 8080

    def test_a_name_of_its_own(self) -> None:
        """Two Service ports onto one container port need two names."""
        http = ContainerPort(8080, name="http")
        port = ServicePort.targeting(http, port=81, name="http-alt", app_protocol="http", node_port=30081)
        assert port == ServicePort(81, name="http-alt", app_protocol="http", target_port="http", node_port=30081)

    def test_it_takes_a_container_port(self) -> None:
        """A number or a name is a target by itself."""
        with pytest.raises(TypeError, match="target_port"):
            ServicePort.targeting(8080, port=80)  # type: ignore[arg-type]

    def test_it_is_judged(self) -> None:
        """It is a Service port like any other."""
        assert broken(ServicePort.targeting, ContainerPort(80), port=0) == [("port-out-of-range", "port")]


class TestContainerPort:
    """Where a container listens."""

    def test_all_fields(self) -> None:
        """Everything that a manifest can say."""
        port = ContainerPort(8080, name="http", protocol="TCP", host_port=80, host_ip="127.0.0.1")
        assert to_manifest(port) == {
            "name": "http",
            "hostPort": 80,
            "containerPort": 8080,
            "protocol": "TCP",
            "hostIP": "127.0.0.1",
        }
        assert ContainerPort(8080).effective_protocol == "TCP"

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"name": "a" * 16}, ("container-port-name-syntax", "name")),
            ({"name": "8080"}, ("container-port-name-syntax", "name")),
            ({"protocol": "tcp"}, ("unsupported-protocol", "protocol")),
            ({"host_port": 65536}, ("host-port-out-of-range", "hostPort")),
            ({"host_port": -1}, ("host-port-out-of-range", "hostPort")),
            ({"container_port": 0}, ("container-port-required", "containerPort")),
            ({"container_port": 65536}, ("container-port-out-of-range", "containerPort")),
            ({"container_port": "8080"}, ("wrong-type", "containerPort")),
            ({"container_port": None}, ("wrong-type", "containerPort")),
            ({"host_ip": 1}, ("wrong-type", "hostIP")),
        ],
    )
    def test_mistakes(self, fields: dict[str, Any], expected: tuple[str, str]) -> None:
        """Each mistake has its code and field."""
        assert broken(ContainerPort, **{"container_port": 80} | fields) == [expected]

    def test_host_port_zero_is_none(self) -> None:
        """0 means that there is none."""
        assert ContainerPort(80, host_port=0).host_port == 0

    def test_several_mistakes(self) -> None:
        """All mistakes are in one error."""
        assert broken(ContainerPort, 0, name="HTTP", protocol="X", host_port=99999) == [
            ("container-port-required", "containerPort"),
            ("host-port-out-of-range", "hostPort"),
            ("container-port-name-syntax", "name"),
            ("unsupported-protocol", "protocol"),
        ]


PORTS = [
    ServicePort(80),
    ServicePort(80, name="http", protocol="UDP", app_protocol="http", target_port="web", node_port=30080),
    ContainerPort(8080),
    ContainerPort(8080, name="http", protocol="SCTP", host_port=80, host_ip="10.0.0.1"),
    ServicePort(80, unmodelled={"name": None}),
]


@pytest.mark.parametrize("port", PORTS, ids=repr)
class TestValues:
    """Both kinds of port are values."""

    def test_equal(self, port: ServicePort | ContainerPort) -> None:
        """Copies, pickles and rebuilt ports are equal and hash alike."""
        for twin in (copy.copy(port), copy.deepcopy(port), pickle.loads(pickle.dumps(port)), attrs.evolve(port)):
            assert twin == port
            assert hash(twin) == hash(port)

    def test_frozen(self, port: Any) -> None:
        """They cannot change."""
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            port.name = "other"

    def test_checked(self, port: ServicePort | ContainerPort) -> None:
        """What came to be is good for the cluster in force, and `evolve` asks again."""
        assert check(port) == ()
        with pytest.raises(ValidationError):
            attrs.evolve(port, protocol="tcp")  # type: ignore[arg-type]


def test_reprs_are_short() -> None:
    """A repr shows the number, and of the rest only what was given."""
    assert repr(ServicePort(80)) == "ServicePort(80)"
    assert repr(ServicePort(80, name="http", target_port=8080)) == "ServicePort(80, name='http', target_port=8080)"
    assert repr(ContainerPort(8080, protocol="UDP")) == "ContainerPort(8080, protocol='UDP')"


def test_what_is_not_modelled_stays() -> None:
    """A null that a manifest had is written back."""
    port = ServicePort(80, unmodelled={"name": None})
    assert to_manifest(port) == {"port": 80, "name": None}
    assert port != ServicePort(80)
    assert broken(ServicePort, 80, unmodelled=[1])[0][0] == "wrong-type"


def test_one_subject_stands_without_its_name() -> None:
    """The number comes first; everything else is named, as in Python anywhere."""
    with pytest.raises(TypeError):
        ServicePort(80, "http")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ServicePort()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ServicePort(80, targetPort=80)  # type: ignore[call-arg]
