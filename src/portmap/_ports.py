"""Container ports and Service ports: the values, and the rules of one port alone.

The two kinds of port have different grammars for their names, which is where most
mistakes come from: a Service port's name is a DNS label of up to 63 characters; a
container port's name, and a `targetPort` given by name, is an IANA service name of
up to 15 characters with at least one letter.

What several ports of one Service or pod must agree on stands with Services and pods.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, Self, final
from typing import Protocol as Shape

from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.did_you_mean import nearest, spelt_as_label, spelt_as_port_name
from portmap._kubernetes.enums import PROTOCOLS, Protocol
from portmap._kubernetes.errors import ValidationError
from portmap._kubernetes.field_path import Path
from portmap._kubernetes.names import (
    LONGEST_LABEL,
    LONGEST_PORT_NAME,
    dns_label_reasons,
    port_name_reasons,
    port_number_reasons,
    qualified_name_reasons,
)
from portmap._kubernetes.opaque import Opaque
from portmap._kubernetes.schema import INT32, INT_OR_TEXT, INVALID, TEXT, Reader, struct, wrong_type
from portmap._kubernetes.values import attribute, frozen
from portmap._kubernetes.violations import Violation, in_order, quote
from portmap._kubernetes.wire import Rows, Wire, opaque_or_as_is, unmodelled_violations
from portmap._rules import Problem, Rules, rule

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = [
    "CONTAINER_PORT",
    "CONTAINER_PORT_RULES",
    "SERVICE_PORT",
    "SERVICE_PORT_RULES",
    "ContainerPort",
    "ServicePort",
    "not_supported",
    "port_name_problems",
]

_VALIDATION: Final = "pkg/apis/core/validation/validation.go"
_DEFAULT_PROTOCOL: Final = "TCP"


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
    return [Problem(("protocol",), not_supported(PROTOCOLS), protocol, hint)]


def _iana_name_hint(name: str) -> str | None:
    guess = spelt_as_port_name(name)
    return f"for instance {guess!r}" if guess else None


def port_name_problems(name: str, path: tuple[str | int, ...]) -> list[Problem] | None:
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
    return [Problem(("name",), "; ".join(reasons), name, f"for instance {guess!r}" if guess else None)]


@rule("port-out-of-range", "spec.ports[*].port", "FieldValueInvalid", source=f"{_VALIDATION}, validateServicePort")
def service_port_out_of_range(port: AnyServicePort) -> list[Problem] | None:
    """`port`, which clients dial, is a number from 1 to 65535. It has no default."""
    reasons = port_number_reasons(port.port)
    if not reasons:
        return None
    hint = "give the port number that clients dial" if port.port == 0 else None
    return [Problem(("port",), "; ".join(reasons), port.port, hint)]


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
    return [Problem(("targetPort",), detail, number)]


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
    return port_name_problems(target, ("targetPort",)) if isinstance(target, str) and target else None


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
    return [Problem(("appProtocol",), "; ".join(reasons), value, hint)]


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
    return [Problem(("name",), "; ".join(reasons), name, _iana_name_hint(name))] if reasons else None


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
        Problem(("containerPort",), "must be given", 0, "give the number of the port on which the container listens")
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
    return [Problem(("containerPort",), "; ".join(reasons), number)] if reasons else None


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
    return [Problem(("hostPort",), "; ".join(reasons), number)] if reasons else None


CONTAINER_PORT_RULES: Final[Rules[AnyContainerPort]] = Rules(
    container_port_name_syntax,
    container_port_required,
    container_port_out_of_range,
    host_port_out_of_range,
    unsupported_protocol,
)
"""The rules of one container port alone, in the server's order."""


# --- the values ------------------------------------------------------------------------------------------------


def _refuse(kind: str, number: object, violations: list[Violation]) -> NoReturn:
    raise ValidationError(f"{kind} {quote(number)}", in_order(violations), str(cluster_in_force()))


@final
@frozen(kw_only=True)
class ContainerPort:
    """A port on which a container listens.

    Declaring it is what lets a Service, a probe or a NetworkPolicy refer to it by
    name; a container that listens on a port it does not declare can be reached by
    number all the same.

    Args:
        container_port: The number, 1 to 65535.
        name: At most 15 of a-z, 0-9 and single hyphens, with a letter; unique in its container.
        protocol: `"TCP"`, `"UDP"` or `"SCTP"`; left out, TCP.
        host_port: The same port on the node's own address, 1 to 65535; rarely wanted.
        host_ip: The node's address on which `host_port` is bound; left out, all of them.
        unmodelled: What a manifest said about it that has no attribute here.

    Raises:
        ValidationError: The API server would refuse it; it lists every violation.

    Source: Kubernetes API v1 ContainerPort (1.36).

    Example:
        >>> ContainerPort(8080, name="http")
        ContainerPort(8080, name='http')
        >>> ContainerPort(8080, name="prometheus-metrics")
        Traceback (most recent call last):
            ...
        portmap.ValidationError: ContainerPort 8080 is invalid for Kubernetes 1.36: 1 violation
          name: Invalid value: "prometheus-metrics": must be no more than 15 characters  [container-port-name-syntax]
              hint: for instance 'prometheus'
    """

    container_port: int = attribute(kw_only=False)
    name: str | None = None
    protocol: Protocol | None = None
    host_port: int | None = None
    host_ip: str | None = None
    unmodelled: Opaque | None = attribute(default=None, converter=opaque_or_as_is, repr=False)

    WIRE: ClassVar[Rows] = Rows(
        Wire("name", ("name",), TEXT),
        Wire("host_port", ("hostPort",), INT32),
        Wire("container_port", ("containerPort",), INT32, required=True),
        Wire("protocol", ("protocol",), TEXT),
        Wire("host_ip", ("hostIP",), TEXT),
    )

    def __attrs_post_init__(self) -> None:
        if self.unmodelled is not None and (found := unmodelled_violations(self, CONTAINER_PORT)):
            _refuse("ContainerPort", self.container_port, found)
        found = self.WIRE.violations(self) or CONTAINER_PORT_RULES.broken_by(self)
        if found:
            _refuse("ContainerPort", self.container_port, found)

    @property
    def effective_protocol(self) -> str:
        """The protocol, `TCP` where none was given.

        Example:
            >>> ContainerPort(8080).effective_protocol
            'TCP'
        """
        return self.protocol or _DEFAULT_PROTOCOL

    def __repr__(self) -> str:
        return shown(self, "container_port")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - as they ask
        printed(self, printer)


def _read_target_port(value: object, path: Path, found: list[Violation]) -> object:
    if isinstance(value, ContainerPort):
        hint = "write ServicePort.targeting(…, port=…) for one that leads to this container port"
        found.append(wrong_type(path, "an integer or text", value, hint))
        return INVALID
    return INT_OR_TEXT.read(value, path, found)


@final
@frozen(kw_only=True)
class ServicePort:
    """A port of a Service: what clients dial, and where it leads.

    Args:
        port: What clients dial, 1 to 65535.
        name: A DNS label of at most 63 characters, unique in the Service; required
            where the Service has several ports. Endpoints, DNS SRV records,
            Ingresses and ServiceMonitors refer to the port by it.
        protocol: `"TCP"`, `"UDP"` or `"SCTP"`; left out, TCP.
        app_protocol: What is spoken over it, such as `"http"` or
            `"kubernetes.io/h2c"`: a hint for proxies and meshes.
        target_port: Where the pod listens: a number, or the name of a container
            port, which is looked up in each pod. Left out, the number of `port`.
        node_port: The port on every node, for types NodePort and LoadBalancer;
            left out, the cluster picks one. In a range that the cluster's
            administrator sets, 30000-32767 by default.
        unmodelled: What a manifest said about it that has no attribute here.

    Raises:
        ValidationError: The API server would refuse it; it lists every violation.

    Source: Kubernetes API v1 ServicePort (1.36).

    Example:
        >>> ServicePort(80, name="http", target_port="http")
        ServicePort(80, name='http', target_port='http')
        >>> ServicePort(80, target_port="8080")
        Traceback (most recent call last):
            ...
        portmap.ValidationError: ServicePort 80 is invalid for Kubernetes 1.36: 1 violation
          targetPort: Invalid value: "8080": must contain at least one letter (a-z)  [target-port-name-syntax]
              hint: for port number 8080 write the integer, without quotes
    """

    port: int = attribute(kw_only=False)
    name: str | None = None
    protocol: Protocol | None = None
    app_protocol: str | None = None
    target_port: int | str | None = None
    node_port: int | None = None
    unmodelled: Opaque | None = attribute(default=None, converter=opaque_or_as_is, repr=False)

    WIRE: ClassVar[Rows] = Rows(
        Wire("name", ("name",), TEXT),
        Wire("protocol", ("protocol",), TEXT),
        Wire("app_protocol", ("appProtocol",), TEXT),
        Wire("port", ("port",), INT32, required=True),
        Wire("target_port", ("targetPort",), Reader(_read_target_port, 0, fields={})),
        Wire("node_port", ("nodePort",), INT32),
    )

    def __attrs_post_init__(self) -> None:
        if self.unmodelled is not None and (found := unmodelled_violations(self, SERVICE_PORT)):
            _refuse("ServicePort", self.port, found)
        values = self.WIRE.values(self)
        try:
            _check_service_port(*values)
        except TypeError:  # What has no hash cannot be remembered.
            pass
        else:
            return
        _check_service_port.__wrapped__(*values)

    @classmethod
    def targeting(
        cls,
        container_port: ContainerPort,
        *,
        port: int,
        name: str | None = None,
        app_protocol: str | None = None,
        node_port: int | None = None,
    ) -> Self:
        """A Service port that leads to this container port.

        It points at the container port by name, or by number if it has none, and
        takes over its protocol, so that the two cannot disagree. No reference is
        kept: the result is a plain `ServicePort`.

        Args:
            container_port: Where it leads.
            port: What clients dial, 1 to 65535.
            name: The Service port's own name; left out, the container port's.
            app_protocol: As in `ServicePort`.
            node_port: As in `ServicePort`.

        Raises:
            ValidationError: The API server would refuse it.

        Example:
            >>> ServicePort.targeting(http, port=80)
            ServicePort(80, name='http', target_port='http')
        """
        target: object = container_port
        if not isinstance(target, ContainerPort):
            raise TypeError(f"targeting takes a ContainerPort, not {target!r}; give a name or number as target_port")
        return cls(
            port,
            name=container_port.name if name is None else name,
            protocol=container_port.protocol,
            app_protocol=app_protocol,
            target_port=container_port.name or container_port.container_port,
            node_port=node_port,
        )

    @property
    def effective_protocol(self) -> str:
        """The protocol, `TCP` where none was given.

        Example:
            >>> ServicePort(80).effective_protocol
            'TCP'
        """
        return self.protocol or _DEFAULT_PROTOCOL

    @property
    def effective_target_port(self) -> int | str:
        """Where it leads: `target_port`, or the number of `port` where that is left out, 0 or empty.

        Example:
            >>> ServicePort(80).effective_target_port
            80
        """
        return self.target_port or self.port

    def __repr__(self) -> str:
        return shown(self, "port")

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # noqa: ANN401, FBT001 - as they ask
        printed(self, printer)


def _left_out(value: Any, field: "Attribute[Any]") -> bool:  # noqa: ANN401 - as below
    default: Any = field.default
    factory = getattr(default, "factory", None)
    return bool(getattr(value, field.name) == (default if factory is None else factory()))


# Programs make the same few ports over and over. Only those without fault are remembered, whose texts the
# rules keep short; and by type, since `1`, `1.0` and `True` are equal and yet not the same.
@lru_cache(maxsize=1024, typed=True)
def _check_service_port(*values: object) -> None:
    """Refuse a Service port with these values, in the order of its rows, if anything is wrong with them."""
    port: Any = SimpleNamespace(**dict(zip(ServicePort.WIRE.attributes, values, strict=True)))
    found = ServicePort.WIRE.violations(port) or SERVICE_PORT_RULES.broken_by(port)
    if found:
        _refuse("ServicePort", port.port, found)


def shown(value: Any, subject: str) -> str:  # noqa: ANN401 - any of the frozen classes
    """A repr with the subject first and only what was authored after it."""
    from attrs import fields

    rest = [
        f"{field.name}={getattr(value, field.name)!r}"
        for field in fields(type(value))
        if field.repr and field.name != subject and not _left_out(value, field)
    ]
    return f"{type(value).__name__}({', '.join([repr(getattr(value, subject)), *rest])})"


def printed(value: Any, printer: Any, *, also: Collection[str] = ()) -> None:  # noqa: ANN401 - as in `shown`
    """The same in lines, for `_repr_pretty_`, by which Hypothesis and IPython print: they would print every field.

    Args:
        value: The object.
        printer: Theirs, a pretty printer as that of IPython.
        also: Fields that the repr leaves out, and this does not.
    """
    from attrs import fields

    wanted = [
        field
        for field in fields(type(value))
        if not field.kw_only or ((field.repr or field.name in also) and not _left_out(value, field))
    ]
    with printer.group(4, f"{type(value).__name__}(", ")"):
        for place, field in enumerate(wanted):
            if place:
                printer.text(",")
                printer.breakable()
            printer.text(f"{field.name}=" if field.kw_only else "")
            printer.pretty(getattr(value, field.name))


def _schema(wire: Rows) -> Reader:
    return struct({each.path[0]: each.reader for each in wire})


CONTAINER_PORT: Final = _schema(ContainerPort.WIRE)
SERVICE_PORT: Final = _schema(ServicePort.WIRE)
