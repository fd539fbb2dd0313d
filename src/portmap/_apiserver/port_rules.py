"""What the API server checks about one port of a Service.

A Service port's name is a DNS label of up to 63 characters; a container port's name, and a
`targetPort` given by name, is an IANA service name of up to 15 characters with at least one letter.
Most mistakes come from that difference.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`.
"""

from typing import Final
from typing import Protocol as Shape

from portmap._apiserver.mistake import GONE, Mistake
from portmap._apiserver.problems import Problem, not_supported, port_name_problems
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.did_you_mean import spelt_as_label
from portmap._kubernetes.enums import PROTOCOLS
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import LONGEST_LABEL, dns_label_reasons, port_number_reasons, qualified_name_reasons

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"


class AnyServicePort(Shape):
    """A Service port, typed or decoded."""

    @property
    def name(self) -> str | None: ...
    @property
    def protocol(self) -> str | None: ...
    @property
    def app_protocol(self) -> str | None: ...
    @property
    def port(self) -> int: ...
    @property
    def target_port(self) -> int | str | None: ...


class HasProtocol(Shape):
    """A port of a Service or of a container."""

    @property
    def protocol(self) -> str | None: ...


_NOT_A_TRANSPORT: Final = frozenset({"HTTP", "HTTPS", "HTTP2", "H2C", "GRPC", "WS", "WSS", "TLS"})


SERVICE_PORT_RULES: Final = RuleGroup[AnyServicePort]("Service ports", source=f"{_VALIDATION}, validateServicePort")


@SERVICE_PORT_RULES.rule(
    "port-name-syntax",
    "spec.ports[*].name",
    "FieldValueInvalid",
    mistakes=[
        Mistake("a port name in upper case", {"spec.ports.0.name": "HTTP"}),
        Mistake("a port name of 64 characters", {"spec.ports.0.name": "x" * 64}),
    ],
)
def service_port_name_syntax(port: AnyServicePort) -> list[Problem] | None:
    """Service port name is not a DNS label.

    A valid name has at most 63 of a-z, 0-9 and hyphens. Unlike the name of a container port, it may consist of digits
    only and may contain `--`. But an Ingress can only refer to a name that is also valid for a container port.
    """
    name = port.name
    if not name:
        return None
    reasons = dns_label_reasons(name)
    if not reasons:
        return None
    guess = spelt_as_label(name, LONGEST_LABEL)
    return [Problem(FieldPath("name"), "; ".join(reasons), name, f"for instance {guess!r}" if guess else None)]


@SERVICE_PORT_RULES.rule(
    "port-out-of-range",
    "spec.ports[*].port",
    "FieldValueInvalid",
    mistakes=[
        Mistake("port 0", {"spec.ports.1.port": 0}),
        Mistake(
            "port 0, which is also the default of targetPort",
            {"spec.ports.1.port": 0, "spec.ports.1.targetPort": GONE},
            also=[("target-port-out-of-range", "spec.ports[1].targetPort")],
        ),
        Mistake("port 65536", {"spec.ports.0.port": 65536}),
    ],
)
def service_port_out_of_range(port: AnyServicePort) -> list[Problem] | None:
    """Service port is not a number from 1 to 65535.

    `port` is the port that clients connect to. It has no default.
    """
    reasons = port_number_reasons(port.port)
    if not reasons:
        return None
    hint = "give the port number that clients dial" if port.port == 0 else None
    return [Problem(FieldPath("port"), "; ".join(reasons), port.port, hint)]


@SERVICE_PORT_RULES.rule(
    "unsupported-protocol",
    "ports[*].protocol",
    "FieldValueNotSupported",
    mistakes=[Mistake("protocol in lower case", {"spec.ports.0.protocol": "tcp"}, at="spec.ports[0].protocol")],
)
def unsupported_protocol(port: HasProtocol) -> list[Problem] | None:
    """Protocol of a port is not TCP, UDP or SCTP.

    The value is case-sensitive, and the default is TCP. For protocols on top of it, such as HTTP, use `appProtocol`.
    """
    protocol = port.protocol
    if not protocol or protocol in PROTOCOLS:
        return None
    upper = protocol.upper()
    if upper in PROTOCOLS:
        hint: str | None = f"write {upper}, in upper case"
    elif upper in _NOT_A_TRANSPORT:
        hint = f"write TCP, and appProtocol: {protocol.lower()} where it matters what is spoken over it"
    else:
        hint = None
    return [not_supported(FieldPath("protocol"), protocol, PROTOCOLS, hint)]


@SERVICE_PORT_RULES.rule(
    "target-port-out-of-range",
    "spec.ports[*].targetPort",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, ValidatePortNumOrName",
    mistakes=[
        Mistake("targetPort 65536", {"spec.ports.0.targetPort": 65536}),
        Mistake("targetPort -1", {"spec.ports.0.targetPort": -1}),
    ],
)
def service_target_port_number(port: AnyServicePort) -> list[Problem] | None:
    """Target port number is not from 1 to 65535.

    Without a value, or with 0 or `""`, the target port is the value of `port`, and invalid if that
    is. No container need declare the number.
    """
    target = port.target_port
    if isinstance(target, str) and target:
        return None
    number = port.port if not target or isinstance(target, str) else target
    reasons = port_number_reasons(number)
    if not reasons:
        return None
    detail = reasons[0] if target else f"{reasons[0]}; left out, it is the value of port"
    return [Problem(FieldPath("targetPort"), detail, number)]


@SERVICE_PORT_RULES.rule(
    "target-port-name-syntax",
    "spec.ports[*].targetPort",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, ValidatePortNumOrName",
    mistakes=[Mistake("targetPort in quotes", {"spec.ports.0.targetPort": "8080"})],
)
def service_target_port_name(port: AnyServicePort) -> list[Problem] | None:
    """Target port name is not a valid name of a container port.

    A valid name has at most 15 of a-z, 0-9 and single hyphens, and at least one letter. A string is
    a name even if it consists of digits: `"8080"` is not a port number.
    """
    target = port.target_port
    return port_name_problems(target, FieldPath("targetPort")) if isinstance(target, str) and target else None


@SERVICE_PORT_RULES.rule(
    "app-protocol-syntax",
    "spec.ports[*].appProtocol",
    "FieldValueInvalid",
    mistakes=[
        Mistake("appProtocol with a blank", {"spec.ports.0.appProtocol": "my http"}),
        Mistake("appProtocol without text", {"spec.ports.0.appProtocol": ""}),
    ],
)
def service_app_protocol(port: AnyServicePort) -> list[Problem] | None:
    """`appProtocol` is not a qualified name.

    Valid are an IANA service name, or a name with a domain, such as kubernetes.io/h2c.
    """
    value = port.app_protocol
    if value is None:
        return None
    reasons = qualified_name_reasons(value)
    if not reasons:
        return None
    hint = "leave it out" if not value else "for instance http, or kubernetes.io/h2c"
    return [Problem(FieldPath("appProtocol"), "; ".join(reasons), value, hint)]
