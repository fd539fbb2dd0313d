"""EndpointSlices: their fields, and what the API server checks about them.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/discovery/validation/validation.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from portmap._apiserver.object_kind import DecodedObject, ObjectKind, object_schema, rules_of_object
from portmap._apiserver.problems import Problem, invalid, not_supported, too_many
from portmap._apiserver.reference_schema import OBJECT_REFERENCE
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.addresses import endpoint_ip_reasons, family_of, ip_reasons, standard_form
from portmap._kubernetes.enums import PROTOCOLS
from portmap._kubernetes.features import STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    dns_label_reasons,
    dns_subdomain_reasons,
    domain_name_reasons,
    label_value_reasons,
    qualified_name_reasons,
)
from portmap._kubernetes.schema import BOOLEAN, INT32, TEXT, TEXT_MAP, TEXTS, list_of, struct

_SOURCE: Final = "pkg/apis/discovery/validation/validation.go"
_ADDRESS_TYPES: Final = ("FQDN", "IPv4", "IPv6")
_MAX_ENDPOINTS: Final = 1000
_MAX_ADDRESSES: Final = 100
_MAX_PORTS: Final = 20000
_MAX_HINTS: Final = 8

_NAMES: Final = list_of(struct({"name": TEXT}))
_ENDPOINT: Final = struct(
    {
        "addresses": TEXTS,
        "conditions": struct({"ready": BOOLEAN, "serving": BOOLEAN, "terminating": BOOLEAN}),
        "hostname": TEXT,
        "targetRef": OBJECT_REFERENCE,
        "deprecatedTopology": TEXT_MAP,
        "nodeName": TEXT,
        "zone": TEXT,
        "hints": struct({"forZones": _NAMES, "forNodes": _NAMES}),
    }
)
_PORT: Final = struct({"name": TEXT, "protocol": TEXT, "port": INT32, "appProtocol": TEXT})
_SCHEMA: Final = object_schema({"addressType": TEXT, "endpoints": list_of(_ENDPOINT), "ports": list_of(_PORT)})

ENDPOINT_SLICE_RULES: Final = RuleGroup[DecodedObject]("EndpointSlices", source=_SOURCE, about="EndpointSlice")


@ENDPOINT_SLICE_RULES.rule("address-type-required", "addressType", "FieldValueRequired")
def address_type_required(subject: DecodedObject) -> Iterator[Problem]:
    """EndpointSlice has no address type."""
    if not subject.data.get("addressType"):
        yield Problem(FieldPath("addressType"), "must be given", hint="add addressType: IPv4")


@ENDPOINT_SLICE_RULES.rule("unsupported-address-type", "addressType", "FieldValueNotSupported")
def unsupported_address_type(subject: DecodedObject) -> Iterator[Problem]:
    """Address type of an EndpointSlice is not IPv4, IPv6 or FQDN.

    The server then does not check the addresses.
    """
    given = subject.data.get("addressType")
    if given and given not in _ADDRESS_TYPES:
        yield not_supported(FieldPath("addressType"), given, _ADDRESS_TYPES)


@ENDPOINT_SLICE_RULES.rule("endpoint-slice-too-large", "*", "FieldValueTooMany")
def endpoint_slice_too_large(subject: DecodedObject) -> Iterator[Problem]:
    """EndpointSlice, or a list in it, has too many items.

    A slice has at most 1000 endpoints with at most 100 addresses each, and at most 20000 ports. Each
    endpoint has hints for at most 8 zones and 8 nodes.
    """
    yield from too_many(FieldPath("endpoints"), subject.data.get("endpoints", ()), _MAX_ENDPOINTS)
    for path, endpoint in _endpoints(subject):
        yield from too_many(path.child("addresses"), endpoint.get("addresses", ()), _MAX_ADDRESSES)
        for field, hints in endpoint.get("hints", {}).items():
            yield from too_many(path.child("hints", field), hints, _MAX_HINTS)
    yield from too_many(FieldPath("ports"), subject.data.get("ports", ()), _MAX_PORTS)


def _endpoints(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield the endpoints with their paths; the server checks none of too many."""
    endpoints: Sequence[Mapping[str, Any]] = subject.data.get("endpoints", ())
    if len(endpoints) <= _MAX_ENDPOINTS:
        for position, endpoint in enumerate(endpoints):
            yield FieldPath("endpoints", position), endpoint


@ENDPOINT_SLICE_RULES.rule("endpoint-addresses-required", "endpoints[*].addresses", "FieldValueRequired")
def endpoint_addresses_required(subject: DecodedObject) -> Iterator[Problem]:
    """Endpoint has no address."""
    for path, endpoint in _endpoints(subject):
        if not endpoint.get("addresses"):
            yield Problem(path.child("addresses"), "must have at least one address")


def _addresses(subject: DecodedObject, *types: str) -> Iterator[tuple[FieldPath, str]]:
    """Yield the addresses with their paths, if they are of one of these types."""
    if subject.data.get("addressType") in types:
        for path, endpoint in _endpoints(subject):
            for position, address in enumerate(endpoint.get("addresses", ())):
                yield path.child("addresses").index(position), address


def _ip_faults(subject: DecodedObject, address: str) -> Sequence[str]:
    """Return why an address is not in the form that an EndpointSlice requires."""
    strict = subject.cluster.enabled(STRICT_IP_CIDR)
    reasons = ip_reasons(address, strict=strict)
    form = standard_form(address) if strict and not reasons else None
    if form is not None and family_of(address) == subject.data.get("addressType"):
        return (f"must be in canonical form ({form[0]})",)
    return reasons


@ENDPOINT_SLICE_RULES.rule("endpoint-address-syntax", "endpoints[*].addresses[*]", "FieldValueInvalid")
def endpoint_address_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an endpoint is not a valid IP address in canonical form.

    Names, ports, zones and prefixes are not part of an address. From 1.36 on, an IPv6 address must be
    in lower case and as short as possible.
    """
    for path, address in _addresses(subject, "IPv4", "IPv6"):
        form = standard_form(address)
        yield from invalid(path, _ip_faults(subject, address), address, f"write {form[0]}" if form else None)


@ENDPOINT_SLICE_RULES.rule("endpoint-address-family", "endpoints[*].addresses", "FieldValueInvalid")
def endpoint_address_family(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an endpoint is not of the slice's address type.

    The path of the server has no index.
    """
    family = subject.data.get("addressType")
    for path, address in _addresses(subject, "IPv4", "IPv6"):
        if family_of(address) not in {family, None} and not _ip_faults(subject, address):
            yield Problem(path.parent, f"must be an {family} address", address, "use one slice for each address type")


@ENDPOINT_SLICE_RULES.rule(
    "endpoint-address-forbidden",
    "endpoints[*].addresses[*]",
    "FieldValueInvalid",
    source=f"{_SOURCE}, ValidateEndpointIP",
)
def endpoint_address_forbidden(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an endpoint is unspecified, loopback or link-local."""
    for path, address in _addresses(subject, "IPv4", "IPv6"):
        if not _ip_faults(subject, address):
            yield from invalid(path, endpoint_ip_reasons(address), address)


@ENDPOINT_SLICE_RULES.rule("endpoint-domain-syntax", "endpoints[*].addresses[*]", "FieldValueInvalid")
def endpoint_domain_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an FQDN slice is not a domain name with at least two labels."""
    for path, address in _addresses(subject, "FQDN"):
        if address:
            yield from invalid(path, domain_name_reasons(address), address)


@ENDPOINT_SLICE_RULES.rule("endpoint-domain-required", "endpoints[*].addresses[*]", "FieldValueRequired")
def endpoint_domain_required(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an FQDN slice is empty."""
    for path, address in _addresses(subject, "FQDN"):
        if not address:
            yield Problem(path, "must be a domain name")


@ENDPOINT_SLICE_RULES.rule("endpoint-host-name-syntax", "endpoints[*].hostname", "FieldValueInvalid")
def endpoint_host_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Host name of an endpoint is not a DNS label."""
    for path, endpoint in _endpoints(subject):
        if "hostname" in endpoint:
            yield from invalid(path.child("hostname"), dns_label_reasons(endpoint["hostname"]), endpoint["hostname"])


@ENDPOINT_SLICE_RULES.rule("endpoint-node-name-syntax", "endpoints[*].nodeName", "FieldValueInvalid")
def endpoint_node_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Node name of an endpoint is not a DNS subdomain."""
    for path, endpoint in _endpoints(subject):
        if "nodeName" in endpoint:
            name = endpoint["nodeName"]
            yield from invalid(path.child("nodeName"), dns_subdomain_reasons(name), name)


_HINT_GRAMMARS: Final = {"forZones": label_value_reasons, "forNodes": dns_subdomain_reasons}


def _hints(subject: DecodedObject) -> Iterator[tuple[str, FieldPath, Sequence[str]]]:
    """Yield each list of hints: its field, its path and the names in it. The server checks none of too many."""
    for path, endpoint in _endpoints(subject):
        for field, hints in endpoint.get("hints", {}).items():
            if len(hints) <= _MAX_HINTS:
                yield field, path.child("hints", field), [hint.get("name", "") for hint in hints]


@ENDPOINT_SLICE_RULES.rule("endpoint-hint-syntax", "endpoints[*].hints.*[*].name", "FieldValueInvalid")
def endpoint_hint_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Hint of an endpoint does not name a zone or node.

    The name of a zone is a label value, and the name of a node is a DNS subdomain.
    """
    for field, path, names in _hints(subject):
        for position, name in enumerate(names):
            yield from invalid(path.index(position).child("name"), _HINT_GRAMMARS[field](name), name)


@ENDPOINT_SLICE_RULES.rule("duplicate-endpoint-hint", "endpoints[*].hints.*[*].name", "FieldValueDuplicate")
def duplicate_endpoint_hint(subject: DecodedObject) -> Iterator[Problem]:
    """Two hints of an endpoint name the same zone or node."""
    for _, path, names in _hints(subject):
        for position, name in enumerate(names):
            if name in names[:position]:
                yield Problem(path.index(position).child("name"), "another hint has this name", name, "remove one")


def _ports(subject: DecodedObject) -> Sequence[Mapping[str, Any]]:
    """Return the ports; the server checks none of too many."""
    ports: Sequence[Mapping[str, Any]] = subject.data.get("ports", ())
    return ports if len(ports) <= _MAX_PORTS else ()


@ENDPOINT_SLICE_RULES.rule("endpoint-port-name-syntax", "ports[*].name", "FieldValueInvalid")
def endpoint_port_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Port name of an EndpointSlice is not a DNS label.

    It is the name of a Service port, which may have up to 63 characters.
    """
    for position, port in enumerate(_ports(subject)):
        if port.get("name"):
            yield from invalid(FieldPath("ports", position, "name"), dns_label_reasons(port["name"]), port["name"])


@ENDPOINT_SLICE_RULES.rule("duplicate-endpoint-port-name", "ports[*].name", "FieldValueDuplicate")
def duplicate_endpoint_port_name(subject: DecodedObject) -> Iterator[Problem]:
    """Two ports of an EndpointSlice have the same name.

    Their protocols do not matter, and one port only may have no name.
    """
    seen: set[str] = set()
    for position, port in enumerate(_ports(subject)):
        name = port.get("name", "")
        if name in seen:
            yield Problem(FieldPath("ports", position, "name"), "another port has it", name, "give each port a name")
        seen.add(name)


@ENDPOINT_SLICE_RULES.rule("unsupported-endpoint-protocol", "ports[*].protocol", "FieldValueNotSupported")
def unsupported_endpoint_protocol(subject: DecodedObject) -> Iterator[Problem]:
    """Protocol of an EndpointSlice's port is not TCP, UDP or SCTP.

    An empty protocol is not the default: only a missing one is TCP.
    """
    for position, port in enumerate(_ports(subject)):
        if port.get("protocol", "TCP") not in PROTOCOLS:
            yield not_supported(FieldPath("ports", position, "protocol"), port["protocol"], PROTOCOLS)


@ENDPOINT_SLICE_RULES.rule("endpoint-app-protocol-syntax", "ports[*].appProtocol", "FieldValueInvalid")
def endpoint_app_protocol_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """`appProtocol` of an EndpointSlice's port is not a qualified name."""
    for position, port in enumerate(_ports(subject)):
        if "appProtocol" in port:
            value = port["appProtocol"]
            yield from invalid(FieldPath("ports", position, "appProtocol"), qualified_name_reasons(value), value)


ENDPOINT_SLICE_WARNINGS: Final = RuleGroup[DecodedObject](
    "warnings about EndpointSlices", stage=Stage.WARNINGS, about="EndpointSlice"
)
_STRATEGY: Final = "pkg/registry/discovery/endpointslice/strategy.go"


@ENDPOINT_SLICE_WARNINGS.warning("fqdn-endpoints-deprecated", "addressType", source=_STRATEGY)
def fqdn_endpoints_deprecated(subject: DecodedObject) -> Iterator[Problem]:
    """EndpointSlice has the address type FQDN, which is deprecated.

    kube-proxy does not use such slices.
    """
    if subject.data.get("addressType") == "FQDN":
        yield Problem(FieldPath("addressType"), "FQDN endpoints are deprecated", "FQDN")


@ENDPOINT_SLICE_WARNINGS.warning("non-standard-endpoint-address", "endpoints[*].addresses[*]", source=_STRATEGY)
def non_standard_endpoint_address(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an endpoint is not in standard form."""
    for path, address in _addresses(subject, "FQDN", "IPv4", "IPv6"):
        form = standard_form(address)
        if form is not None:
            yield Problem(path, f"non-standard IP address {address!r}", hint=f"write {form[0]}")


ENDPOINT_SLICE: Final = ObjectKind(
    "discovery.k8s.io/v1",
    "EndpointSlice",
    _SCHEMA,
    rules_of_object(dns_subdomain_reasons, ENDPOINT_SLICE_RULES),
    ENDPOINT_SLICE_WARNINGS.warnings,
)
