"""Kubernetes versions and the features in which they differ.

Every difference between versions is a row of this table; no rule compares versions. A gate that
the API server knows has its upstream name, so that `Cluster(…, feature_gates={…})` can set it as
the server's flag does.
"""

from typing import Final, final

import attrs

SUPPORTED_VERSIONS: Final = ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
"""The Kubernetes versions that portmap knows, oldest first."""

NEWEST_RECORDED: Final = "1.36"
"""The newest version with recorded verdicts of a real server, which is the default."""


@final
@attrs.frozen
class Feature:
    """A behaviour that not every version has.

    Attributes:
        name: The name of the server's feature gate, or portmap's own name in lower case.
        since: The first version in which it is on by default.
        summary: What it changes.
        source: Where Kubernetes defines it.
        until: The first version that no longer has it, if there is one.
    """

    name: str
    since: str
    summary: str
    source: str
    until: str | None = None

    def in_version(self, version: str) -> bool:
        """Return whether it is on by default in this version."""
        place = SUPPORTED_VERSIONS.index(version)
        started = self.since not in SUPPORTED_VERSIONS or place >= SUPPORTED_VERSIONS.index(self.since)
        return started and (self.until is None or place < SUPPORTED_VERSIONS.index(self.until))


_GATES: Final = "pkg/features/kube_features.go"

RELAXED_SERVICE_NAMES: Final = Feature(
    "RelaxedServiceNameValidation",
    "1.36",
    "A Service's name may begin with a digit.",
    f"{_GATES}, KEP-5311",
)
STRICT_IP_CIDR: Final = Feature(
    "StrictIPCIDRValidation",
    "1.36",
    "Leading zeros, IPv4-mapped IPv6 addresses and bits beyond a prefix are refused.",
    f"{_GATES}, KEP-4858",
)
PREFER_SAME_TRAFFIC_DISTRIBUTION: Final = Feature(
    "PreferSameTrafficDistribution",
    "1.34",
    "trafficDistribution may be PreferSameZone or PreferSameNode.",
    f"{_GATES}, KEP-3015",
)
KUBELET_PORT_FORBIDDEN: Final = Feature(
    "kubelet-port-forbidden",
    "1.0",
    "A LoadBalancer Service may not expose port 10250.",
    "pkg/apis/core/validation/validation.go at 1.32",
    until="1.33",
)
SIDECAR_PORTS: Final = Feature(
    "sidecar-ports",
    "1.33",
    "The EndpointSlice controller looks for named ports in sidecars too.",
    "staging/src/k8s.io/endpointslice/utils.go, FindPort",
)
ADDRESS_OBJECTS: Final = Feature(
    "address-objects",
    "1.33",
    "Cluster IPs are IPAddress objects, which a Service without a usable name cannot have.",
    "pkg/registry/core/service/ipallocator/ipallocator.go",
)
LARGE_IPV6_RANGES: Final = Feature(
    "large-ipv6-ranges",
    "1.34",
    "Any address of an IPv6 service CIDR may be requested, not only its first 65536.",
    "pkg/registry/core/service/ipallocator/bitmap.go (in use for IPv6 until 1.34)",
)
INIT_RESTART_POLICY_CHECKED: Final = Feature(
    "ContainerRestartRules",
    "1.35",
    "An init container's restartPolicy may be Never or OnFailure too.",
    f"{_GATES}, KEP-5307",
)
INIT_RESTART_POLICY_DROPPED: Final = Feature(
    "init-restart-policy-dropped",
    "1.34",
    "An unknown restartPolicy of an init container is dropped without a word.",
    "recorded from kube-apiserver 1.34",
    until="1.35",
)
HEADLESS_WARNINGS: Final = Feature(
    "headless-warnings",
    "1.34",
    "A warning about fields that a headless Service ignores.",
    "pkg/api/service/warnings.go",
)
GENERATE_NAME_KEPT: Final = Feature(
    "generate-name-kept",
    "1.34",
    "An update no longer checks generateName by the grammar of names.",
    "staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go",
)
PREFER_CLOSE_DEPRECATED: Final = Feature(
    "prefer-close-deprecated",
    "1.35",
    "A warning that trafficDistribution PreferClose is deprecated.",
    "pkg/api/service/warnings.go",
)
EXTERNAL_IPS_DEPRECATED: Final = Feature(
    "external-ips-deprecated",
    "1.36",
    "A warning that externalIPs is deprecated.",
    "pkg/api/service/warnings.go",
)
SHARED_PORT_NAME_WARNING: Final = Feature(
    "shared-port-name-warning",
    "1.33",
    "A warning that two containers of a pod use one port name.",
    "pkg/api/pod/warnings.go",
)

UNREADABLE_ADDRESS_WARNING: Final = Feature(
    "unreadable-address-warning",
    "1.0",
    "A warning about load balancer addresses and source ranges that cannot be read.",
    "pkg/api/service/warnings.go at 1.32",
    until="1.33",
)

OWNER_REFERENCES_INDEXED: Final = Feature(
    "owner-references-indexed",
    "1.37",
    "What is wrong with an owner reference is said with its index, and what is missing is Required.",
    "staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go at 1.37",
)
PROBE_PROTOCOL_FIELDS: Final = Feature(
    "probe-protocol-fields",
    "1.37",
    "Probes have httpGet.protocol and grpc.mode.",
    "k8s.io/api at v0.37.0",
)
STOP_SIGNAL_FIELD: Final = Feature(
    "stop-signal-field",
    "1.33",
    "A container's lifecycle has stopSignal.",
    "k8s.io/api at v0.33.0, KEP-4960",
)

ENDPOINTS_DEPRECATED: Final = Feature(
    "endpoints-deprecated",
    "1.33",
    "A warning that Endpoints are deprecated.",
    "staging/src/k8s.io/api/core/v1/types.go, KEP-4974",
)

FEATURES: Final = (
    RELAXED_SERVICE_NAMES,
    STRICT_IP_CIDR,
    PREFER_SAME_TRAFFIC_DISTRIBUTION,
    KUBELET_PORT_FORBIDDEN,
    SIDECAR_PORTS,
    ADDRESS_OBJECTS,
    LARGE_IPV6_RANGES,
    INIT_RESTART_POLICY_CHECKED,
    INIT_RESTART_POLICY_DROPPED,
    HEADLESS_WARNINGS,
    GENERATE_NAME_KEPT,
    PREFER_CLOSE_DEPRECATED,
    EXTERNAL_IPS_DEPRECATED,
    SHARED_PORT_NAME_WARNING,
    UNREADABLE_ADDRESS_WARNING,
    OWNER_REFERENCES_INDEXED,
    PROBE_PROTOCOL_FIELDS,
    STOP_SIGNAL_FIELD,
    ENDPOINTS_DEPRECATED,
)
GATES: Final = frozenset(feature.name for feature in FEATURES if feature.name[0].isupper())
"""The features that are feature gates of the server."""
