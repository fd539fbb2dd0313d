"""Rules of one port alone, of a Service or of a container, in the server's order.

The two kinds of port have different grammars for their names, which is where most
mistakes come from: a Service port's name is a DNS label of up to 63 characters; a
container port's name, and a `targetPort` given by name, is an IANA service name of
up to 15 characters with at least one letter.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`.
"""

from collections.abc import Sequence
from typing import Final
from typing import Protocol as Shape

from portmap._apiserver.rule import Problem, Rules, rule
from portmap._kubernetes.did_you_mean import nearest, spelt_as_label, spelt_as_port_name
from portmap._kubernetes.enums import PROTOCOLS
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    LONGEST_LABEL,
    LONGEST_PORT_NAME,
    dns_label_reasons,
    port_name_reasons,
    port_number_reasons,
    qualified_name_reasons,
)

__all__ = [
    "CONTAINER_PORT_RULES",
    "SERVICE_PORT_RULES",
    "AnyContainerPort",
    "AnyServicePort",
    "not_supported",
    "port_name_problems",
]

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"


def not_supported(choices: Sequence[str]) -> str:
    """The words that end every complaint about a value that is not in a list."""
    return f"supported values: {', '.join(choices)}"


class AnyServicePort(Shape):
    """What the rules of a Service port look at, authored or with defaults filled in."""

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


class AnyContainerPort(Shape):
    """What the rules of a container port look at."""

    @property
    def name(self) -> str | None: ...
    @property
    def protocol(self) -> str | None: ...
    @property
    def container_port(self) -> int: ...
    @property
    def host_port(self) -> int | None: ...


class HasProtocol(Shape):
    """What the rule of the protocol looks at: a port of either kind."""

    @property
    def protocol(self) -> str | None: ...


_NOT_A_TRANSPORT: Final = frozenset({"HTTP", "HTTPS", "HTTP2", "H2C", "GRPC", "WS", "WSS", "TLS"})


@rule(
    "unsupported-protocol", "ports[*].protocol", "FieldValueNotSupported", source=f"{_VALIDATION}, validateServicePort"
)
def unsupported_protocol(port: HasProtocol) -> list[Problem] | None:
    """The protocol of a Service port or container port is TCP, UDP or SCTP, in upper case.

    Left out or empty, it is TCP. What is spoken over it, such as HTTP, is the
    business of `appProtocol`.
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
        meant = nearest(protocol, PROTOCOLS)
        hint = f"write {meant}" if meant else None
    return [Problem(FieldPath("protocol"), not_supported(PROTOCOLS), protocol, hint)]


def _iana_name_hint(name: str) -> str | None:
    guess = spelt_as_port_name(name)
    return f"for instance {guess!r}" if guess else None


def port_name_problems(name: str, path: FieldPath) -> list[Problem] | None:
    """What is wrong with text that should name a container port (`ValidatePortNumOrName`)."""
    reasons = port_name_reasons(name)
    if not reasons:
        return None
    digits = name.strip()
    if digits.isascii() and digits.isdigit() and not port_number_reasons(int(digits[:6])):
        hint: str | None = f"for port number {int(digits)} write the integer, without quotes"
    else:
        hint = _iana_name_hint(name)
        if len(name) > LONGEST_PORT_NAME:
            hint = (
                f"it names a container port, whose name has at most {LONGEST_PORT_NAME} characters "
                f"(a Service port's name may have {LONGEST_LABEL})" + (f"; {hint}" if hint else "")
            )
    return [Problem(path, "; ".join(reasons), name, hint)]


# --- Service ports ---------------------------------------------------------------------------------------------


@rule("port-name-syntax", "spec.ports[*].name", "FieldValueInvalid", source=f"{_VALIDATION}, validateServicePort")
def service_port_name_syntax(port: AnyServicePort) -> list[Problem] | None:
    """A Service port's name is a DNS label: at most 63 of a-z, 0-9 and hyphens.

    It may be digits only, and may contain `--`, which a container port's name may
    not. An Ingress, though, can only name a port that is a container port's name too.
    """
    name = port.name
    if not name:
        return None
    reasons = dns_label_reasons(name)
    if not reasons:
        return None
    guess = spelt_as_label(name, LONGEST_LABEL)
    return [Problem(FieldPath("name"), "; ".join(reasons), name, f"for instance {guess!r}" if guess else None)]


@rule("port-out-of-range", "spec.ports[*].port", "FieldValueInvalid", source=f"{_VALIDATION}, validateServicePort")
def service_port_out_of_range(port: AnyServicePort) -> list[Problem] | None:
    """`port`, which clients dial, is a number from 1 to 65535. It has no default."""
    reasons = port_number_reasons(port.port)
    if not reasons:
        return None
    hint = "give the port number that clients dial" if port.port == 0 else None
    return [Problem(FieldPath("port"), "; ".join(reasons), port.port, hint)]


@rule(
    "target-port-out-of-range",
    "spec.ports[*].targetPort",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, ValidatePortNumOrName",
)
def service_target_port_number(port: AnyServicePort) -> list[Problem] | None:
    """`targetPort`, as a number, is 1 to 65535.

    Left out, 0 or `""`, it is the value of `port`, and is then out of range wherever
    that is. The number need not be declared by any container.
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


@rule(
    "target-port-name-syntax",
    "spec.ports[*].targetPort",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, ValidatePortNumOrName",
)
def service_target_port_name(port: AnyServicePort) -> list[Problem] | None:
    """`targetPort`, as text, is the name of a container port.

    At most 15 of a-z, 0-9 and single hyphens, with at least one letter. Text is a
    name also where it is all digits: `"8080"` is no port number.
    """
    target = port.target_port
    return port_name_problems(target, FieldPath("targetPort")) if isinstance(target, str) and target else None


@rule(
    "app-protocol-syntax",
    "spec.ports[*].appProtocol",
    "FieldValueInvalid",
    source=f"{_VALIDATION}, validateServicePort",
)
def service_app_protocol(port: AnyServicePort) -> list[Problem] | None:
    """`appProtocol` is a qualified name: an IANA service name, or one with a domain, such as kubernetes.io/h2c."""
    value = port.app_protocol
    if value is None:
        return None
    reasons = qualified_name_reasons(value)
    if not reasons:
        return None
    hint = "leave it out" if not value else "for instance http, or kubernetes.io/h2c"
    return [Problem(FieldPath("appProtocol"), "; ".join(reasons), value, hint)]


SERVICE_PORT_RULES: Final[Rules[AnyServicePort]] = Rules(
    service_port_name_syntax,
    service_port_out_of_range,
    unsupported_protocol,
    service_target_port_number,
    service_target_port_name,
    service_app_protocol,
)
"""The rules of one Service port alone, in the server's order."""


# --- container ports -------------------------------------------------------------------------------------------

_CONTAINER_PORTS: Final = f"{_VALIDATION}, validateContainerPorts"


@rule(
    "container-port-name-syntax",
    "spec.containers[*].ports[*].name",
    "FieldValueInvalid",
    source=_CONTAINER_PORTS,
)
def container_port_name_syntax(port: AnyContainerPort) -> list[Problem] | None:
    """A container port's name is an IANA service name.

    At most 15 of a-z, 0-9 and hyphens, with at least one letter, no two hyphens
    together and none at either end.
    """
    name = port.name
    if not name:
        return None
    reasons = port_name_reasons(name)
    return [Problem(FieldPath("name"), "; ".join(reasons), name, _iana_name_hint(name))] if reasons else None


@rule(
    "container-port-required",
    "spec.containers[*].ports[*].containerPort",
    "FieldValueRequired",
    source=_CONTAINER_PORTS,
)
def container_port_required(port: AnyContainerPort) -> list[Problem] | None:
    """`containerPort`, where the container listens, must be given, and is not 0."""
    if port.container_port != 0:
        return None
    return [
        Problem(
            FieldPath("containerPort"), "must be given", 0, "give the number of the port on which the container listens"
        )
    ]


@rule(
    "container-port-out-of-range",
    "spec.containers[*].ports[*].containerPort",
    "FieldValueInvalid",
    source=_CONTAINER_PORTS,
)
def container_port_out_of_range(port: AnyContainerPort) -> list[Problem] | None:
    """`containerPort` is a number from 1 to 65535."""
    number = port.container_port
    reasons = port_number_reasons(number) if number != 0 else ()
    return [Problem(FieldPath("containerPort"), "; ".join(reasons), number)] if reasons else None


@rule(
    "host-port-out-of-range",
    "spec.containers[*].ports[*].hostPort",
    "FieldValueInvalid",
    source=_CONTAINER_PORTS,
)
def host_port_out_of_range(port: AnyContainerPort) -> list[Problem] | None:
    """`hostPort` is a number from 1 to 65535; 0 is none."""
    number = port.host_port
    reasons = port_number_reasons(number) if number else ()
    return [Problem(FieldPath("hostPort"), "; ".join(reasons), number)] if reasons else None


CONTAINER_PORT_RULES: Final[Rules[AnyContainerPort]] = Rules(
    container_port_name_syntax,
    container_port_required,
    container_port_out_of_range,
    host_port_out_of_range,
    unsupported_protocol,
)
"""The rules of one container port alone, in the server's order."""
