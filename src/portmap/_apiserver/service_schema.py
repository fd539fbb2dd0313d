"""How a Service stands on the wire: its fields, their names and the kinds of their values."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from portmap._apiserver.metadata_schema import METADATA
from portmap._apiserver.port_schema import SERVICE_PORT
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.schema import BOOLEAN, INT32, INT64, TEXT, TEXT_MAP, TEXTS, TIME, Reader, list_of, struct
from portmap._kubernetes.violations import Violation, quote
from portmap._kubernetes.wire import Rows, Wire

__all__ = ["METADATA_ROWS", "SERVICE", "SPEC_ROWS"]


def _selector(value: object, path: FieldPath, found: list[Violation]) -> object:
    """Labels, with what to write for the selector of a Deployment or of kubectl."""
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


METADATA_ROWS: Final = Rows(
    Wire("name", ("name",), TEXT, required=True),
    Wire("generate_name", ("generateName",), TEXT),
    Wire("namespace", ("namespace",), TEXT),
    Wire("labels", ("labels",), TEXT_MAP),
    Wire("annotations", ("annotations",), TEXT_MAP),
)
SPEC_ROWS: Final = Rows(
    Wire("type", ("type",), TEXT),
    Wire("selector", ("selector",), Reader(_selector, None, TEXT_MAP.exact, item=TEXT_MAP.item)),
    Wire("cluster_ip", ("clusterIP",), TEXT),
    Wire("cluster_ips", ("clusterIPs",), TEXTS),
    Wire("ip_families", ("ipFamilies",), TEXTS),
    Wire("ip_family_policy", ("ipFamilyPolicy",), TEXT),
    Wire("external_ips", ("externalIPs",), TEXTS),
    Wire("external_name", ("externalName",), TEXT),
    Wire("session_affinity", ("sessionAffinity",), TEXT),
    Wire(
        "session_affinity_timeout_seconds",
        ("sessionAffinityConfig", "clientIP", "timeoutSeconds"),
        INT32,
    ),
    Wire("load_balancer_ip", ("loadBalancerIP",), TEXT),
    Wire("load_balancer_class", ("loadBalancerClass",), TEXT),
    Wire("load_balancer_source_ranges", ("loadBalancerSourceRanges",), TEXTS),
    Wire("allocate_load_balancer_node_ports", ("allocateLoadBalancerNodePorts",), BOOLEAN),
    Wire("external_traffic_policy", ("externalTrafficPolicy",), TEXT),
    Wire("health_check_node_port", ("healthCheckNodePort",), INT32),
    Wire("internal_traffic_policy", ("internalTrafficPolicy",), TEXT),
    Wire("traffic_distribution", ("trafficDistribution",), TEXT),
    Wire("publish_not_ready_addresses", ("publishNotReadyAddresses",), BOOLEAN),
)

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


def _nested(rows: Sequence[Wire]) -> dict[str, Reader]:
    """The readers of these rows by name, a mapping of its own for each deeper path."""
    fields: dict[str, Reader] = {}
    deeper: dict[str, list[Wire]] = {}
    for row in rows:
        if len(row.path) == 1:
            fields[row.path[0]] = row.reader
        else:
            deeper.setdefault(row.path[0], []).append(row._replace(path=row.path[1:]))
    return fields | {name: struct(_nested(tuple(below))) for name, below in deeper.items()}


_SPEC: Final = struct({**_nested(SPEC_ROWS), "ports": list_of(SERVICE_PORT)})

SERVICE: Final = struct({"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA, "spec": _SPEC, "status": _STATUS})
"""Reads a whole Service."""
