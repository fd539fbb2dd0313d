"""NetworkPolicies: their fields, and what the API server checks about them.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/networking/validation/validation.go`, `ValidateNetworkPolicy`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._apiserver.label_selector import LABEL_SELECTOR, LABEL_SELECTOR_RULES
from portmap._apiserver.object_kind import DecodedObject, ObjectKind, Part, object_schema, rules_of_object
from portmap._apiserver.problems import Problem, invalid, not_supported, port_name_problems
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.addresses import cidr_reasons, is_within, network_of, standard_block
from portmap._kubernetes.enums import PROTOCOLS
from portmap._kubernetes.features import STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_subdomain_reasons, port_number_reasons
from portmap._kubernetes.schema import INT32, INT_OR_TEXT, TEXT, TEXTS, list_of, struct

_FILE: Final = "pkg/apis/networking/validation/validation.go"
_SPEC_SOURCE: Final = f"{_FILE}, ValidateNetworkPolicySpec"
_PORT_SOURCE: Final = f"{_FILE}, ValidateNetworkPolicyPort"
_PEER_SOURCE: Final = f"{_FILE}, ValidateNetworkPolicyPeer"
_BLOCK_SOURCE: Final = f"{_FILE}, ValidateIPBlock"
_DIRECTIONS: Final = (("ingress", "from"), ("egress", "to"))
_POLICY_TYPES: Final = ("Ingress", "Egress")

_PORT: Final = struct({"protocol": TEXT, "port": INT_OR_TEXT, "endPort": INT32})
_PEER: Final = struct(
    {
        "podSelector": LABEL_SELECTOR,
        "namespaceSelector": LABEL_SELECTOR,
        "ipBlock": struct({"cidr": TEXT, "except": TEXTS}),
    }
)
_SPEC: Final = struct(
    {
        "podSelector": LABEL_SELECTOR,
        "ingress": list_of(struct({"ports": list_of(_PORT), "from": list_of(_PEER)})),
        "egress": list_of(struct({"ports": list_of(_PORT), "to": list_of(_PEER)})),
        "policyTypes": TEXTS,
    }
)

NETWORK_POLICY_RULES: Final = RuleGroup[DecodedObject]("NetworkPolicies", about="NetworkPolicy")


def _items(subject: DecodedObject, *, ports: bool) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield the ports or the peers of all rules of a policy, with their paths."""
    for direction, peers in _DIRECTIONS:
        field = "ports" if ports else peers
        for place, rule in enumerate(subject.spec.get(direction, ())):
            for position, item in enumerate(rule.get(field, ())):
                yield FieldPath("spec", direction, place, field, position), item


@NETWORK_POLICY_RULES.rule(
    "unsupported-policy-protocol", "spec.*[*].ports[*].protocol", "FieldValueNotSupported", source=_PORT_SOURCE
)
def unsupported_policy_protocol(subject: DecodedObject) -> Iterator[Problem]:
    """Protocol of a NetworkPolicy's port is not TCP, UDP or SCTP.

    An empty protocol is not the default: only a missing one is TCP.
    """
    for path, port in _items(subject, ports=True):
        if port.get("protocol", "TCP") not in PROTOCOLS:
            yield not_supported(path.child("protocol"), port["protocol"], PROTOCOLS)


@NETWORK_POLICY_RULES.rule(
    "policy-port-out-of-range", "spec.*[*].ports[*].port", "FieldValueInvalid", source=_PORT_SOURCE
)
def policy_port_out_of_range(subject: DecodedObject) -> Iterator[Problem]:
    """Port number of a NetworkPolicy is not from 1 to 65535.

    Without a port, a rule applies to all ports.
    """
    for path, port in _items(subject, ports=True):
        number = port.get("port")
        if isinstance(number, int):
            yield from invalid(path.child("port"), port_number_reasons(number), number)


@NETWORK_POLICY_RULES.rule(
    "policy-port-name-syntax", "spec.*[*].ports[*].port", "FieldValueInvalid", source=_PORT_SOURCE
)
def policy_port_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Port name of a NetworkPolicy is not a valid name of a container port.

    A string is a name even if it consists of digits: `"80"` is not a port number.
    """
    for path, port in _items(subject, ports=True):
        name = port.get("port")
        if isinstance(name, str):
            yield from port_name_problems(name, path.child("port")) or ()


@NETWORK_POLICY_RULES.rule("policy-end-port", "spec.*[*].ports[*].endPort", "FieldValueInvalid", source=_PORT_SOURCE)
def policy_end_port(subject: DecodedObject) -> Iterator[Problem]:
    """`endPort` of a NetworkPolicy does not end a range of ports.

    It needs a `port` that is a number, must not be less than that, and must be at most 65535.
    """
    for path, port in _items(subject, ports=True):
        if "endPort" in port:
            end, start = port["endPort"], port.get("port")
            if not isinstance(start, int):
                detail = "may not be given without port" if start is None else "may not be given with a port name"
                hint = "give the first number of the range as port"
                yield Problem(path.child("endPort"), detail, end, hint)
            elif end < start:
                yield Problem(path.child("endPort"), f"must not be less than port, which is {start}", end)
            else:
                yield from invalid(path.child("endPort"), port_number_reasons(end), end)


@NETWORK_POLICY_RULES.rule("policy-peer-required", "spec.*[*].*[*]", "FieldValueRequired", source=_PEER_SOURCE)
def policy_peer_required(subject: DecodedObject) -> Iterator[Problem]:
    """Peer of a NetworkPolicy is empty.

    An empty list of peers allows all, and `podSelector: {}` allows all pods of the namespace.
    """
    for path, peer in _items(subject, ports=False):
        if not peer:
            yield Problem(path, "must have podSelector, namespaceSelector or ipBlock")


@NETWORK_POLICY_RULES.rule("policy-peer-forbidden", "spec.*[*].*[*]", "FieldValueForbidden", source=_PEER_SOURCE)
def policy_peer_forbidden(subject: DecodedObject) -> Iterator[Problem]:
    """Peer of a NetworkPolicy has both an `ipBlock` and a selector."""
    for path, peer in _items(subject, ports=False):
        if "ipBlock" in peer and len(peer) > 1:
            yield Problem(path, "may not have a selector beside ipBlock", hint="write two peers")


def _blocks(subject: DecodedObject) -> Iterator[tuple[FieldPath, str, str | None]]:
    """Yield each CIDR block with its path; an exception also with the block that it is an exception to."""
    for path, peer in _items(subject, ports=False):
        block = peer.get("ipBlock", {})
        cidr = block.get("cidr", "")
        if cidr:
            yield path.child("ipBlock", "cidr"), cidr, None
            # The server does not check the exceptions to a block that it cannot parse.
            for position, exception in enumerate(block.get("except", ()) if network_of(cidr) else ()):
                yield path.child("ipBlock", "except").index(position), exception, cidr


@NETWORK_POLICY_RULES.rule(
    "policy-cidr-required", "spec.*[*].*[*].ipBlock.cidr", "FieldValueRequired", source=_BLOCK_SOURCE
)
def policy_cidr_required(subject: DecodedObject) -> Iterator[Problem]:
    """`ipBlock` of a NetworkPolicy has no CIDR block."""
    for path, peer in _items(subject, ports=False):
        if "ipBlock" in peer and not peer["ipBlock"].get("cidr"):
            yield Problem(path.child("ipBlock", "cidr"), "must be given")


@NETWORK_POLICY_RULES.rule("policy-cidr-syntax", "spec.*[*].*[*].ipBlock.*", "FieldValueInvalid", source=_BLOCK_SOURCE)
def policy_cidr_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Block of a NetworkPolicy is not a valid CIDR block.

    From 1.36 on, leading zeros, IPv4-mapped IPv6 addresses and bits beyond the prefix are not valid.
    """
    strict = subject.cluster.enabled(STRICT_IP_CIDR)
    for path, cidr, _ in _blocks(subject):
        form = standard_block(cidr)
        yield from invalid(path, cidr_reasons(cidr, strict=strict), cidr, f"write {form[0]}" if form else None)


@NETWORK_POLICY_RULES.rule(
    "policy-exception-outside-block", "spec.*[*].*[*].ipBlock.except[*]", "FieldValueInvalid", source=_BLOCK_SOURCE
)
def policy_exception_outside_block(subject: DecodedObject) -> Iterator[Problem]:
    """Exception of a NetworkPolicy's `ipBlock` is not a smaller block within its CIDR block."""
    for path, exception, cidr in _blocks(subject):
        if cidr is not None:
            inner, outer = network_of(exception), network_of(cidr)
            if inner and outer and (inner == outer or not is_within(inner, outer)):
                yield Problem(path, f"must be a smaller block within {cidr}", exception)


@NETWORK_POLICY_RULES.rule("too-many-policy-types", "spec.policyTypes", "FieldValueInvalid", source=_SPEC_SOURCE)
def too_many_policy_types(subject: DecodedObject) -> Iterator[Problem]:
    """NetworkPolicy has more than two policy types."""
    types = subject.spec.get("policyTypes", ())
    if len(types) > len(_POLICY_TYPES):
        yield Problem(FieldPath("spec", "policyTypes"), "may not have more than two items", types)


@NETWORK_POLICY_RULES.rule(
    "unsupported-policy-type", "spec.policyTypes[*]", "FieldValueNotSupported", source=_SPEC_SOURCE
)
def unsupported_policy_type(subject: DecodedObject) -> Iterator[Problem]:
    """Policy type of a NetworkPolicy is not Ingress or Egress.

    The value is case-sensitive.
    """
    types = subject.spec.get("policyTypes", ())
    for position, value in enumerate(types if len(types) <= len(_POLICY_TYPES) else ()):
        if value not in _POLICY_TYPES:
            yield not_supported(FieldPath("spec", "policyTypes", position), value, _POLICY_TYPES)


def _selectors(subject: DecodedObject) -> Iterator[Part]:
    yield LABEL_SELECTOR_RULES, FieldPath("spec", "podSelector"), subject.spec.get("podSelector", {})
    for path, peer in _items(subject, ports=False):
        for field in ("podSelector", "namespaceSelector"):
            if field in peer:
                yield LABEL_SELECTOR_RULES, path.child(field), peer[field]


NETWORK_POLICY_WARNINGS: Final = RuleGroup[DecodedObject](
    "warnings about NetworkPolicies", stage=Stage.WARNINGS, about="NetworkPolicy"
)


@NETWORK_POLICY_WARNINGS.warning(
    "non-standard-policy-block", "spec.*[*].*[*].ipBlock.*", source="pkg/registry/networking/networkpolicy/strategy.go"
)
def non_standard_policy_block(subject: DecodedObject) -> Iterator[Problem]:
    """Block of a NetworkPolicy is not in standard form."""
    for path, cidr, _ in _blocks(subject):
        form = standard_block(cidr)
        if form is not None:
            yield Problem(path, f"non-standard CIDR block {cidr!r}", hint=f"write {form[0]}")


NETWORK_POLICY: Final = ObjectKind(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    object_schema({"spec": _SPEC}),
    rules_of_object(dns_subdomain_reasons, NETWORK_POLICY_RULES, _selectors),
    NETWORK_POLICY_WARNINGS.warnings,
)
