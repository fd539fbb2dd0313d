"""The fields of a Service and of its ports, with their types and defaults.

These tables are the one place that lists them. Reading, writing, type checks, the state that the rules look at and
the stored form follow from them; the classes `Service`, `ServicePort`, `ServiceState` and `PortState` declare the
attributes with their Python types, and `tests/apiserver/test_service_schema.py` compares them with the tables.

A default depends on other fields where `default_if` names a property of `ServiceState`, and on
the cluster where `filled_in` describes it. A field that has none of these stays as it is.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/api/core/v1/types.go`,
`pkg/apis/core/v1/defaults.go` and `pkg/registry/core/service/storage/alloc.go`.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from portmap._apiserver.field_grammars import (
    are_bad_annotations,
    are_bad_cluster_ips,
    are_bad_external_ips,
    are_bad_ip_families,
    are_bad_labels,
    are_bad_source_ranges,
    is_bad_affinity_timeout,
    is_bad_cluster_ip,
    is_bad_external_name,
    is_bad_target_port,
)
from portmap._apiserver.metadata_schema import METADATA
from portmap._kubernetes.enums import (
    DEFAULT_PROTOCOL,
    DEFAULT_SERVICE_TYPE,
    IP_FAMILIES,
    IP_FAMILY_POLICIES,
    PROTOCOLS,
    SERVICE_TYPES,
    SESSION_AFFINITIES,
    TRAFFIC_DISTRIBUTIONS,
    TRAFFIC_POLICIES,
)
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    dns_label_1035_reasons,
    dns_label_reasons,
    port_number_reasons,
    qualified_name_reasons,
)
from portmap._kubernetes.schema import (
    BOOLEAN,
    INT32,
    INT64,
    INT_OR_TEXT,
    INVALID,
    TEXT,
    TEXT_MAP,
    TEXTS,
    TIME,
    Reader,
    list_of,
    struct,
    wrong_type,
)
from portmap._kubernetes.violations import Violation, quote
from portmap._kubernetes.wire import Field, FieldTable

# --- readers with hints of their own ---------------------------------------------------------------------------


def _read_target_port(value: object, path: FieldPath, found: list[Violation]) -> object:
    if hasattr(value, "container_port"):
        hint = "write ServicePort.targeting(…, port=…) for one that leads to this container port"
        found.append(wrong_type(path, "an integer or text", value, hint))
        return INVALID
    return INT_OR_TEXT.read(value, path, found)


def _read_selector(value: object, path: FieldPath, found: list[Violation]) -> object:
    """Read labels, with hints for the selectors of Deployments and of kubectl."""
    before = len(found)
    labels = TEXT_MAP.read(value, path, found)
    if len(found) > before:
        hint = _hint_of_selector(value)
        found[before:] = [each if each.hint else attrs.evolve(each, hint=hint) for each in found[before:]]
    return labels


def _hint_of_selector(value: object) -> str | None:
    if isinstance(value, Mapping):
        if "matchLabels" in value:
            return "a Service's selector is the labels themselves: write them without matchLabels"
        return "a Service selects by equal labels alone" if "matchExpressions" in value else None
    key, mark, label = value.partition("=") if isinstance(value, str) else ("", "", "")
    plain = key and mark and label and not set(key + label) & set("=!,")
    return f"write {{{quote(key.strip())}: {quote(label.strip())}}}" if plain else None


_TARGET_PORT: Final = Reader(_read_target_port, INT_OR_TEXT.zero, fields={})
_SELECTOR: Final = Reader(_read_selector, TEXT_MAP.zero, TEXT_MAP.exact, item=TEXT_MAP.item)


# --- the tables ------------------------------------------------------------------------------------------------

METADATA_FIELDS: Final = FieldTable(
    Field(
        "name",
        ("name",),
        TEXT,
        required=True,
        filled_in="`generateName` and five random characters",
        grammar=dns_label_1035_reasons,
        since="1.0",
    ),
    Field("generate_name", ("generateName",), TEXT, since="1.0"),
    Field(
        "namespace",
        ("namespace",),
        TEXT,
        filled_in="the namespace of the request",
        grammar=dns_label_reasons,
        since="1.0",
    ),
    Field("labels", ("labels",), TEXT_MAP, grammar=are_bad_labels, since="1.0"),
    Field("annotations", ("annotations",), TEXT_MAP, grammar=are_bad_annotations, since="1.0"),
)
"""The fields of `metadata` that `Service` has as attributes."""

SERVICE_PORT_FIELDS: Final = FieldTable(
    Field("name", ("name",), TEXT, grammar=dns_label_reasons, since="1.0"),
    Field("protocol", ("protocol",), TEXT, words=PROTOCOLS, default=DEFAULT_PROTOCOL, since="1.0"),
    Field("app_protocol", ("appProtocol",), TEXT, pointer=True, grammar=qualified_name_reasons, since="1.18"),
    Field("port", ("port",), INT32, required=True, grammar=port_number_reasons, since="1.0"),
    Field(
        "target_port",
        ("targetPort",),
        _TARGET_PORT,
        filled_in="the number of `port`",
        classes=(int, str),
        grammar=is_bad_target_port,
        since="1.0",
    ),
    Field(
        "node_port",
        ("nodePort",),
        INT32,
        filled_in="a free number of the node port range, for the types NodePort and LoadBalancer",
        types=("NodePort", "LoadBalancer"),
        grammar=port_number_reasons,
        since="1.0",
    ),
)
"""The fields of an item of `spec.ports`."""

SERVICE_PORT: Final = SERVICE_PORT_FIELDS.schema()
"""Reads a Service port."""

_WITH_ADDRESS: Final = ("ClusterIP", "NodePort", "LoadBalancer")

SPEC_FIELDS: Final = FieldTable(
    Field("type", ("type",), TEXT, words=SERVICE_TYPES, default=DEFAULT_SERVICE_TYPE, since="1.0"),
    Field("selector", ("selector",), _SELECTOR, grammar=are_bad_labels, since="1.0"),
    Field("ports", ("ports",), list_of(SERVICE_PORT), since="1.0"),
    Field(
        "cluster_ip",
        ("clusterIP",),
        TEXT,
        filled_in="a free address of the first IP family",
        types=_WITH_ADDRESS,
        grammar=is_bad_cluster_ip,
        since="1.0",
    ),
    Field(
        "cluster_ips",
        ("clusterIPs",),
        TEXTS,
        filled_in="`clusterIP`, and a free address of the second IP family if there is one",
        types=_WITH_ADDRESS,
        grammar=are_bad_cluster_ips,
        since="1.20",
    ),
    Field(
        "ip_families",
        ("ipFamilies",),
        TEXTS,
        words=IP_FAMILIES,
        filled_in="the families of the cluster IPs, else the first of the cluster's, or both by the policy",
        types=_WITH_ADDRESS,
        grammar=are_bad_ip_families,
        since="1.20",
    ),
    Field(
        "ip_family_policy",
        ("ipFamilyPolicy",),
        TEXT,
        pointer=True,
        words=IP_FAMILY_POLICIES,
        filled_in="`SingleStack`, or `RequireDualStack` for a headless Service without selector",
        types=_WITH_ADDRESS,
        since="1.20",
    ),
    Field("external_ips", ("externalIPs",), TEXTS, grammar=are_bad_external_ips, since="1.1", deprecated="1.36"),
    Field("external_name", ("externalName",), TEXT, grammar=is_bad_external_name, since="1.4"),
    Field("session_affinity", ("sessionAffinity",), TEXT, words=SESSION_AFFINITIES, default="None", since="1.0"),
    Field(
        "session_affinity_timeout_seconds",
        ("sessionAffinityConfig", "clientIP", "timeoutSeconds"),
        INT32,
        pointer=True,
        default=10800,
        default_if="has_client_ip_affinity",
        grammar=is_bad_affinity_timeout,
        since="1.8",
    ),
    Field("load_balancer_ip", ("loadBalancerIP",), TEXT, since="1.1", deprecated="1.24"),
    Field(
        "load_balancer_class",
        ("loadBalancerClass",),
        TEXT,
        pointer=True,
        types=("LoadBalancer",),
        grammar=qualified_name_reasons,
        since="1.21",
    ),
    Field(
        "load_balancer_source_ranges",
        ("loadBalancerSourceRanges",),
        TEXTS,
        types=("LoadBalancer",),
        grammar=are_bad_source_ranges,
        since="1.4",
    ),
    Field(
        "allocate_load_balancer_node_ports",
        ("allocateLoadBalancerNodePorts",),
        BOOLEAN,
        pointer=True,
        default=True,
        default_if="is_load_balancer",
        types=("LoadBalancer",),
        since="1.20",
    ),
    Field(
        "external_traffic_policy",
        ("externalTrafficPolicy",),
        TEXT,
        words=TRAFFIC_POLICIES,
        default="Cluster",
        default_if="externally_accessible",
        # And a ClusterIP Service with external IPs.
        types=("NodePort", "LoadBalancer"),
        since="1.7",
    ),
    Field(
        "health_check_node_port",
        ("healthCheckNodePort",),
        INT32,
        filled_in="a free number of the node port range, for type LoadBalancer with external traffic policy Local",
        types=("LoadBalancer",),
        since="1.7",
    ),
    Field(
        "internal_traffic_policy",
        ("internalTrafficPolicy",),
        TEXT,
        pointer=True,
        words=TRAFFIC_POLICIES,
        default="Cluster",
        default_if="has_cluster_traffic",
        since="1.21",
    ),
    Field(
        "traffic_distribution", ("trafficDistribution",), TEXT, pointer=True, words=TRAFFIC_DISTRIBUTIONS, since="1.30"
    ),
    Field("publish_not_ready_addresses", ("publishNotReadyAddresses",), BOOLEAN, since="1.8"),
)
"""The fields of `spec`."""

SPEC_FIELDS_BUT_PORTS: Final = SPEC_FIELDS.without("ports")
"""The fields of `spec` whose values are plain data in Python, too."""


# --- the whole object ------------------------------------------------------------------------------------------

_CONDITION: Final = struct(
    {
        "type": TEXT,
        "status": TEXT,
        "observedGeneration": INT64,
        "lastTransitionTime": TIME,
        "reason": TEXT,
        "message": TEXT,
    }
)
_INGRESS: Final = struct(
    {
        "ip": TEXT,
        "hostname": TEXT,
        "ipMode": TEXT,
        "ports": list_of(struct({"port": INT32, "protocol": TEXT, "error": TEXT})),
    }
)
_STATUS: Final = struct({"loadBalancer": struct({"ingress": list_of(_INGRESS)}), "conditions": list_of(_CONDITION)})

SERVICE: Final = struct(
    {"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA, "spec": SPEC_FIELDS.schema(), "status": _STATUS}
)
"""Reads a whole Service."""
