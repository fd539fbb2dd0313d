"""Container ports and Service ports."""

import copy
import pickle
from typing import Any

import attrs
import pytest

from portmap import ContainerPort, ServicePort, ValidationError, check, to_manifest
from typed_objects import HTTP
from violations import refusals, violations_of


class TestServicePort:
    """`ServicePort`."""

    def test_all_fields(self) -> None:
        """Every field has an attribute with the name that Kubernetes gives it."""
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
        """Defaults are not written. The effective properties return them."""
        port = ServicePort(80)
        assert to_manifest(port) == {"port": 80}
        assert port.effective_protocol == "TCP"
        assert port.effective_target_port == 80

    @pytest.mark.parametrize(("target", "effective"), [(None, 80), (0, 80), ("", 80), (8080, 8080), ("http", "http")])
    def test_the_effective_target_port(self, target: int | str | None, effective: int | str) -> None:
        """An absent, zero or empty target port is the number of the port."""
        assert ServicePort(80, target_port=target).effective_target_port == effective

    def test_a_string_of_digits_is_a_name_not_a_number(self) -> None:
        """`"8080"` is not a number, and not a valid name since it has no letter."""
        assert refusals(ServicePort, 80, target_port="8080") == [("target-port-name-syntax", "targetPort")]
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
    def test_hints_for_target_ports(self, target: str, hint: str | None) -> None:
        """The hint is the number or a similar valid name."""
        assert [violation.hint for violation in violations_of(ServicePort, 80, target_port=target)] == [hint]

    def test_the_hint_for_a_long_target_port(self) -> None:
        """The hint names the maximum lengths of both kinds of names."""
        [violation] = violations_of(ServicePort, 80, target_port="metrics-exporter")
        assert violation.hint is not None
        assert "15" in violation.hint
        assert "63" in violation.hint

    def test_the_grammars_of_the_two_names_differ(self) -> None:
        """The name of a Service port is a DNS label of up to 63 characters, a target port has up to 15."""
        assert ServicePort(80, name="8080").name == "8080"
        assert ServicePort(80, name="x" * 63, target_port="x" * 15).name == "x" * 63
        assert refusals(ServicePort, 80, name="x" * 64, target_port="x" * 16) == [
            ("port-name-syntax", "name"),
            ("target-port-name-syntax", "targetPort"),
        ]

    @pytest.mark.parametrize("port", [0, -1, 65536])
    def test_out_of_range(self, port: int) -> None:
        """A port is 1 to 65535. An absent target port has the same number, so it is refused as well."""
        assert refusals(ServicePort, port, target_port=80) == [("port-out-of-range", "port")]
        assert refusals(ServicePort, port) == [
            ("port-out-of-range", "port"),
            ("target-port-out-of-range", "targetPort"),
        ]

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
        """There are three protocols, in upper case. The hint explains application protocols."""
        [violation] = violations_of(ServicePort, 80, protocol=protocol)
        assert (violation.code, violation.field, violation.hint) == ("unsupported-protocol", "protocol", hint)

    @pytest.mark.parametrize("value", ["", "my http", "a/b/c"])
    def test_app_protocols(self, value: str) -> None:
        """An application protocol is a qualified name, and not empty."""
        assert refusals(ServicePort, 80, app_protocol=value) == [("app-protocol-syntax", "appProtocol")]

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
        """Values are not coerced: a wrong type is a violation."""
        arguments = {"port": 80} | {field: value}
        [(code, _)] = refusals(ServicePort, **arguments)
        assert code == "wrong-type"

    def test_the_range_of_node_ports_is_not_checked(self) -> None:
        """It depends on the cluster and on the type of the Service."""
        assert ServicePort(80, node_port=80).node_port == 80


class TestTargeting:
    """`ServicePort.targeting`."""

    def test_by_name(self) -> None:
        """Name and protocol are those of the container port."""
        dns = ContainerPort(5353, name="dns", protocol="UDP")
        assert ServicePort.targeting(dns, port=53) == ServicePort(53, name="dns", protocol="UDP", target_port="dns")

    def test_by_number(self) -> None:
        """A container port without a name is referred to by number."""
        assert ServicePort.targeting(ContainerPort(8080), port=80) == ServicePort(80, target_port=8080)
        assert ServicePort.targeting(ContainerPort(8080, name=""), port=80).target_port == 8080

    def test_a_name_of_its_own(self) -> None:
        """The Service port may have another name than the container port."""
        port = ServicePort.targeting(HTTP, port=81, name="http-alt", app_protocol="http", node_port=30081)
        assert port == ServicePort(81, name="http-alt", app_protocol="http", target_port="http", node_port=30081)

    def test_it_takes_a_container_port(self) -> None:
        """The error for a number says to write `target_port`."""
        with pytest.raises(TypeError, match="target_port"):
            ServicePort.targeting(8080, port=80)  # type: ignore[arg-type]

    def test_it_is_checked(self) -> None:
        """It is checked like any Service port."""
        assert refusals(ServicePort.targeting, ContainerPort(80), port=0) == [("port-out-of-range", "port")]


class TestContainerPort:
    """`ContainerPort`."""

    def test_all_fields(self) -> None:
        """Every field has an attribute."""
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
        """Each mistake has a code and a field."""
        assert refusals(ContainerPort, **{"container_port": 80} | fields) == [expected]

    def test_host_port_zero_is_none(self) -> None:
        """0 means that there is no host port."""
        assert ContainerPort(80, host_port=0).host_port == 0

    def test_several_mistakes(self) -> None:
        """All mistakes are in one error."""
        assert refusals(ContainerPort, 0, name="HTTP", protocol="X", host_port=99999) == [
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
    """Ports are immutable values."""

    def test_equal(self, port: ServicePort | ContainerPort) -> None:
        """Copies, pickles and evolved ports are equal and have equal hashes."""
        for twin in (copy.copy(port), copy.deepcopy(port), pickle.loads(pickle.dumps(port)), attrs.evolve(port)):
            assert twin == port
            assert hash(twin) == hash(port)

    def test_frozen(self, port: Any) -> None:
        """Attributes cannot be set."""
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            port.name = "other"

    def test_checked(self, port: ServicePort | ContainerPort) -> None:
        """A port is valid for the cluster in force, and `evolve` checks again."""
        assert check(port) == ()
        with pytest.raises(ValidationError):
            attrs.evolve(port, protocol="tcp")  # type: ignore[arg-type]


def test_reprs_are_short() -> None:
    """The repr has the number and the authored fields."""
    assert repr(ServicePort(80)) == "ServicePort(80)"
    assert repr(ServicePort(80, name="http", target_port=8080)) == "ServicePort(80, name='http', target_port=8080)"
    assert repr(ContainerPort(8080, protocol="UDP")) == "ContainerPort(8080, protocol='UDP')"


def test_unmodelled_data_is_kept() -> None:
    """A null of a manifest is written back."""
    port = ServicePort(80, unmodelled={"name": None})
    assert to_manifest(port) == {"port": 80, "name": None}
    assert port != ServicePort(80)
    assert refusals(ServicePort, 80, unmodelled=[1])[0][0] == "wrong-type"


def test_the_number_alone_is_positional() -> None:
    """Every other argument is a keyword argument."""
    with pytest.raises(TypeError):
        ServicePort(80, "http")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ServicePort()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ServicePort(80, targetPort=80)  # type: ignore[call-arg]
