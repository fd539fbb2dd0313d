"""What the API server checks about the ports of a Service together: names, numbers, node ports.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`, `validateService`.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final, TypeVar

from portmap._apiserver.mistake import GONE, Mistake, SameAs
from portmap._apiserver.problems import Problem
from portmap._apiserver.rule import RuleGroup
from portmap._apiserver.state import PortState, ServiceState
from portmap._kubernetes.did_you_mean import spelt_as_label
from portmap._kubernetes.features import KUBELET_PORT_FORBIDDEN
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import LONGEST_LABEL

_SERVICE: Final = "pkg/apis/core/validation/validation.go, validateService"
Repeated = TypeVar("Repeated", bound=Hashable)

PORT_LIST_RULES: Final = RuleGroup[ServiceState]("ports of a Service", source=_SERVICE)

_PORT: Final = "pkg/apis/core/validation/validation.go, validateServicePort"
KUBELET_PORT: Final = 10250
_WELL_KNOWN: Final = {(80, "TCP"): "http", (443, "TCP"): "https", (53, "TCP"): "dns-tcp", (53, "UDP"): "dns"}


def _repetitions(keys: Sequence[Repeated]) -> Sequence[tuple[int, int, Repeated]]:
    """Return each repetition: its index, the index of the first, and the key."""
    if len(set(keys)) == len(keys):
        return ()
    first: dict[Repeated, int] = {}
    repetitions = []
    for position, key in enumerate(keys):
        if first.setdefault(key, position) != position:
            repetitions.append((position, first[key], key))
    return repetitions


def _suggested_name(port: PortState) -> str:
    """Return a name for a port without one: after its target port, or after a well-known number."""
    target = port.target_port
    name = (spelt_as_label(target, LONGEST_LABEL) or target) if isinstance(target, str) else ""
    # A target port of digits is no better name than a number.
    if any("a" <= letter <= "z" for letter in name):
        return name
    return _WELL_KNOWN.get((port.port, port.protocol)) or f"port-{port.port}"


def _name_with_protocol(port: PortState) -> str:
    return f"{port.name[: LONGEST_LABEL - 5]}-{port.protocol.lower()}"


@PORT_LIST_RULES.rule(
    "ports-required", "spec.ports", "FieldValueRequired", mistakes=[Mistake("no ports", {"spec.ports": []})]
)
def ports_required(service: ServiceState) -> list[Problem] | None:
    """Service has no ports.

    Only headless and ExternalName Services may have none.
    """
    if service.ports or service.headless or service.is_external_name:
        return None
    return [
        Problem(FieldPath("spec", "ports"), "a Service needs at least one port", hint="add a port, or make it headless")
    ]


@PORT_LIST_RULES.rule(
    "port-name-required",
    "spec.ports[*].name",
    "FieldValueRequired",
    source=_PORT,
    when="has_several_ports",
    mistakes=[Mistake("the first of two ports without a name", {"spec.ports.0.name": GONE}, least_ports=2)],
)
def port_name_required(service: ServiceState) -> list[Problem]:
    """Port of a Service with several ports has no name."""
    return [
        Problem(
            FieldPath("spec", "ports", position, "name"),
            "each of several ports needs a name",
            hint=f"name it after what it serves, for instance {_suggested_name(port)!r}",
        )
        for position, port in enumerate(service.ports)
        if not port.name
    ]


@PORT_LIST_RULES.rule(
    "duplicate-port-name",
    "spec.ports[*].name",
    "FieldValueDuplicate",
    source=_PORT,
    when="has_several_ports",
    mistakes=[Mistake("two ports of one name", {"spec.ports.1.name": SameAs("spec.ports.0.name")})],
)
def duplicate_port_name(service: ServiceState) -> list[Problem]:
    """Two ports of a Service have the same name.

    Their protocols do not matter.
    """
    again = _repetitions([port.name for port in service.ports])
    return [
        Problem(
            FieldPath("spec", "ports", position, "name"),
            f"spec.ports[{first}] has this name already",
            name,
            f"give it a name of its own, for instance {_name_with_protocol(service.ports[position])!r}",
        )
        for position, first, name in again
        if name
    ]


@PORT_LIST_RULES.rule(
    "kubelet-port-forbidden",
    "spec.ports[*]",
    "FieldValueInvalid",
    source=f"{_SERVICE} at 1.32",
    when="is_load_balancer",
    mistakes=[
        Mistake(
            "the kubelet's port on a load balancer of 1.32",
            {"spec.type": "LoadBalancer", "spec.ports.0.port": 10250},
            cluster={"version": "1.32"},
        )
    ],
)
def kubelet_port_forbidden(service: ServiceState) -> Iterator[Problem]:
    """LoadBalancer Service has port 10250, which is the kubelet's.

    Up to Kubernetes 1.32.
    """
    if service.cluster.enabled(KUBELET_PORT_FORBIDDEN):
        for position, port in enumerate(service.ports):
            if port.port == KUBELET_PORT:
                yield Problem(FieldPath("spec", "ports", position), f"may not expose port {KUBELET_PORT}", port.port)


@PORT_LIST_RULES.rule(
    "node-port-forbidden",
    "spec.ports[*].nodePort",
    "FieldValueForbidden",
    mistakes=[Mistake("a node port without a type that has them", {"spec.ports.0.nodePort": 30080})],
)
def node_port_forbidden(service: ServiceState) -> list[Problem] | None:
    """ClusterIP Service has a node port."""
    if service.type != "ClusterIP":
        return None
    detail = "may not be used when type is ClusterIP"
    hint = "make the type NodePort or LoadBalancer, or drop the nodePort"
    return [
        Problem(FieldPath("spec", "ports", position, "nodePort"), detail, port.node_port, hint)
        for position, port in enumerate(service.ports)
        if port.node_port
    ]


@PORT_LIST_RULES.rule(
    "duplicate-node-port",
    "spec.ports[*].nodePort",
    "FieldValueDuplicate",
    when="has_several_ports",
    mistakes=[
        Mistake(
            "one node port for two ports of a type that has none",
            {
                "spec.type": "ExternalName",
                "spec.externalName": "example.com",
                "spec.ports.0.nodePort": 30080,
                "spec.ports.1.nodePort": 30080,
            },
        )
    ],
)
def duplicate_node_port(service: ServiceState) -> list[Problem] | None:
    """Two ports with the same protocol have the same node port."""
    if not [port for port in service.ports if port.node_port]:
        return None
    again = _repetitions([(port.protocol, port.node_port) for port in service.ports])
    hint = "give each port its own node port, or leave them out and the cluster picks them"
    return [
        Problem(
            FieldPath("spec", "ports", position, "nodePort"),
            f"spec.ports[{first}] has it already for {protocol}",
            None if service.ports[position].dynamic else number,
            hint,
        )
        for position, first, (protocol, number) in again
        if number
    ]


@PORT_LIST_RULES.rule(
    "duplicate-port",
    "spec.ports[*]",
    "FieldValueDuplicate",
    when="has_several_ports",
    mistakes=[Mistake("one port twice", {"spec.ports.1.port": SameAs("spec.ports.0.port")})],
)
def duplicate_port(service: ServiceState) -> list[Problem]:
    """Two ports of a Service have the same number and protocol.

    53/TCP and 53/UDP in one Service are valid.
    """
    again = _repetitions([(port.protocol, port.port) for port in service.ports])
    return [
        Problem(
            FieldPath("spec", "ports", position),
            f"spec.ports[{first}] is the same port and protocol",
            {"port": number, "protocol": protocol},
            "remove one, or change its port or protocol",
        )
        for position, first, (protocol, number) in again
    ]
