"""Endpoints: their fields, and what the API server checks about them.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`, `ValidateEndpointsCreate`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._apiserver.object_kind import DecodedObject, ObjectKind, object_schema, rules_of_object
from portmap._apiserver.problems import Problem, invalid, not_supported
from portmap._apiserver.reference_schema import OBJECT_REFERENCE
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.addresses import endpoint_ip_reasons, ip_reasons, standard_form
from portmap._kubernetes.enums import PROTOCOLS
from portmap._kubernetes.features import ENDPOINTS_DEPRECATED, STRICT_IP_CIDR
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    dns_label_reasons,
    dns_subdomain_reasons,
    port_number_reasons,
    qualified_name_reasons,
)
from portmap._kubernetes.schema import INT32, TEXT, list_of, struct

_SOURCE: Final = "pkg/apis/core/validation/validation.go, validateEndpointSubsets"
_ADDRESS: Final = struct({"ip": TEXT, "hostname": TEXT, "nodeName": TEXT, "targetRef": OBJECT_REFERENCE})
_PORT: Final = struct({"name": TEXT, "port": INT32, "protocol": TEXT, "appProtocol": TEXT})
_SUBSET: Final = struct(
    {"addresses": list_of(_ADDRESS), "notReadyAddresses": list_of(_ADDRESS), "ports": list_of(_PORT)}
)

ENDPOINTS_RULES: Final = RuleGroup[DecodedObject]("Endpoints", source=_SOURCE, about="Endpoints")


def _subsets(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for position, subset in enumerate(subject.data.get("subsets", ())):
        yield FieldPath("subsets", position), subset


def _addresses(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for path, subset in _subsets(subject):
        for field in ("addresses", "notReadyAddresses"):
            for position, address in enumerate(subset.get(field, ())):
                yield path.child(field).index(position), address


def _ports(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for path, subset in _subsets(subject):
        for position, port in enumerate(subset.get("ports", ())):
            yield path.child("ports").index(position), port


@ENDPOINTS_RULES.rule("subset-addresses-required", "subsets[*]", "FieldValueRequired")
def subset_addresses_required(subject: DecodedObject) -> Iterator[Problem]:
    """Subset of an Endpoints object has no addresses.

    `addresses` or `notReadyAddresses` suffices. Ports may be missing.
    """
    for path, subset in _subsets(subject):
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield Problem(path, "must have addresses or notReadyAddresses", hint="remove the subset")


@ENDPOINTS_RULES.rule("subset-address-syntax", "subsets[*].*[*].ip", "FieldValueInvalid")
def subset_address_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an Endpoints object is not a valid address of an endpoint.

    It must be an IP address, and may not be unspecified, loopback or link-local.
    From 1.36 on, leading zeros and IPv4-mapped IPv6 addresses are not valid.
    """
    strict = subject.cluster.enabled(STRICT_IP_CIDR)
    for path, address in _addresses(subject):
        ip = address.get("ip", "")
        reasons = ip_reasons(ip, strict=strict) or endpoint_ip_reasons(ip)
        yield from invalid(path.child("ip"), reasons, ip)


@ENDPOINTS_RULES.rule("subset-host-name-syntax", "subsets[*].*[*].hostname", "FieldValueInvalid")
def subset_host_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Host name of an address of an Endpoints object is not a DNS label."""
    for path, address in _addresses(subject):
        if address.get("hostname"):
            yield from invalid(path.child("hostname"), dns_label_reasons(address["hostname"]), address["hostname"])


@ENDPOINTS_RULES.rule("subset-node-name-syntax", "subsets[*].*[*].nodeName", "FieldValueInvalid")
def subset_node_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Node name of an address of an Endpoints object is not a DNS subdomain."""
    for path, address in _addresses(subject):
        if "nodeName" in address:
            yield from invalid(path.child("nodeName"), dns_subdomain_reasons(address["nodeName"]), address["nodeName"])


@ENDPOINTS_RULES.rule("subset-port-name-required", "subsets[*].ports[*].name", "FieldValueRequired")
def subset_port_name_required(subject: DecodedObject) -> Iterator[Problem]:
    """Port of a subset with several ports has no name."""
    for path, subset in _subsets(subject):
        ports = subset.get("ports", ())
        for position, port in enumerate(ports):
            if len(ports) > 1 and not port.get("name"):
                yield Problem(
                    path.child("ports").index(position).child("name"),
                    "a subset with several ports names each of them",
                    hint="use the name of the Service port",
                )


@ENDPOINTS_RULES.rule("subset-port-name-syntax", "subsets[*].ports[*].name", "FieldValueInvalid")
def subset_port_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Port name of an Endpoints object is not a DNS label.

    It is the name of a Service port, which may have up to 63 characters. Two ports may have the same name.
    """
    for path, port in _ports(subject):
        if port.get("name"):
            yield from invalid(path.child("name"), dns_label_reasons(port["name"]), port["name"])


@ENDPOINTS_RULES.rule("subset-port-out-of-range", "subsets[*].ports[*].port", "FieldValueInvalid")
def subset_port_out_of_range(subject: DecodedObject) -> Iterator[Problem]:
    """Port of an Endpoints object is not a number from 1 to 65535.

    It has no default.
    """
    for path, port in _ports(subject):
        yield from invalid(path.child("port"), port_number_reasons(port.get("port", 0)), port.get("port", 0))


@ENDPOINTS_RULES.rule("unsupported-subset-protocol", "subsets[*].ports[*].protocol", "FieldValueNotSupported")
def unsupported_subset_protocol(subject: DecodedObject) -> Iterator[Problem]:
    """Protocol of an Endpoints object's port is not TCP, UDP or SCTP."""
    for path, port in _ports(subject):
        if (port.get("protocol") or "TCP") not in PROTOCOLS:
            yield not_supported(path.child("protocol"), port["protocol"], PROTOCOLS)


@ENDPOINTS_RULES.rule("subset-app-protocol-syntax", "subsets[*].ports[*].appProtocol", "FieldValueInvalid")
def subset_app_protocol_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """`appProtocol` of an Endpoints object's port is not a qualified name."""
    for path, port in _ports(subject):
        if "appProtocol" in port:
            value = port["appProtocol"]
            yield from invalid(path.child("appProtocol"), qualified_name_reasons(value), value)


ENDPOINTS_WARNINGS: Final = RuleGroup[DecodedObject](
    "warnings about Endpoints", stage=Stage.WARNINGS, about="Endpoints"
)
_STRATEGY: Final = "pkg/registry/core/endpoint/strategy.go"


@ENDPOINTS_WARNINGS.warning("endpoints-deprecated", "*", source="staging/src/k8s.io/api/core/v1/types.go")
def endpoints_deprecated(subject: DecodedObject) -> Iterator[Problem]:
    """Endpoints are deprecated; EndpointSlices replace them.

    The server warns from 1.33 on.
    """
    if subject.cluster.enabled(ENDPOINTS_DEPRECATED):
        detail = "v1 Endpoints is deprecated"
        yield Problem(FieldPath(), detail, hint="write an EndpointSlice of discovery.k8s.io/v1")


@ENDPOINTS_WARNINGS.warning("non-standard-subset-address", "subsets[*].*[*].ip", source=_STRATEGY)
def non_standard_subset_address(subject: DecodedObject) -> Iterator[Problem]:
    """Address of an Endpoints object is not in standard form."""
    for path, address in _addresses(subject):
        ip = address.get("ip", "")
        form = standard_form(ip)
        if form is not None:
            yield Problem(path.child("ip"), f"non-standard IP address {ip!r}", hint=f"write {form[0]}")


ENDPOINTS: Final = ObjectKind(
    "v1",
    "Endpoints",
    object_schema({"subsets": list_of(_SUBSET)}),
    rules_of_object(dns_subdomain_reasons, ENDPOINTS_RULES, has_generation=True),
    ENDPOINTS_WARNINGS.warnings,
)
