"""One mistake in a Service that a server comes upon before it validates: types, IP families, addresses, node ports."""

from typing import Final

from portmap._kubernetes.cluster import Cluster
from portmap._strategies.mistakes.mistake import GONE, mistake

__all__ = ["ALLOCATION", "DECODING", "FAMILIES"]

V4_ONLY: Final = Cluster(service_cidrs="10.0.0.0/16")

DECODING: Final = [
    mistake("a port in quotes", {"spec.ports.0.port": "80"}, ("wrong-type", "spec.ports[0].port")),
    mistake("a port with a point", {"spec.ports.0.port": 80.0}, ("wrong-type", "spec.ports[0].port")),
    mistake("true for a port", {"spec.ports.0.port": True}, ("wrong-type", "spec.ports[0].port")),
    mistake("a port beyond 32 bits", {"spec.ports.0.port": 2**31}, ("wrong-type", "spec.ports[0].port")),
    mistake("a number for a label", {"metadata.labels": {"version": 1}}, ("wrong-type", "metadata.labels[version]")),
    mistake("one port without a list", {"spec.ports": {"port": 80}}, ("wrong-type", "spec.ports")),
    mistake("yes for true", {"spec.publishNotReadyAddresses": "yes"}, ("wrong-type", "spec.publishNotReadyAddresses")),
    mistake(
        "a time without a zone",
        {"metadata.creationTimestamp": "2026-01-31T12:00:00"},
        ("wrong-type", "metadata.creationTimestamp"),
    ),
    mistake(
        "a day that never was",
        {"metadata.creationTimestamp": "2026-02-29T12:00:00Z"},
        ("wrong-type", "metadata.creationTimestamp"),
    ),
    mistake("a misspelt field", {"spec.ports.0.targetport": 80}, ("unknown-field", "spec.ports[0].targetport")),
    mistake("a field of nobody's", {"spec.replicas": 1}, ("unknown-field", "spec.replicas")),
    mistake("another API version", {"apiVersion": "v2"}, ("wrong-kind", "apiVersion")),
    mistake("another kind", {"kind": "Servce"}, ("wrong-kind", "kind")),
]

FAMILIES: Final = [
    mistake(
        "a clusterIP that is not the first of clusterIPs",
        {"spec.clusterIP": "10.0.0.6", "spec.clusterIPs": ["10.0.0.5"]},
        ("cluster-ips-mismatch", "spec.clusterIPs"),
    ),
    mistake(
        "clusterIPs without clusterIP", {"spec.clusterIPs": ["10.0.0.5"]}, ("cluster-ips-mismatch", "spec.clusterIPs")
    ),
    mistake("the IP family ipv4", {"spec.ipFamilies": ["ipv4"]}, ("unsupported-ip-family", "spec.ipFamilies[0]")),
    mistake(
        "one IP family twice", {"spec.ipFamilies": ["IPv4", "IPv4"]}, ("duplicate-ip-family", "spec.ipFamilies[1]")
    ),
    mistake(
        "the IP family policy DualStack",
        {"spec.ipFamilyPolicy": "DualStack"},
        ("unsupported-ip-family-policy", "spec.ipFamilyPolicy"),
    ),
    mistake(
        "an address beside None",
        {"spec.clusterIP": "None", "spec.clusterIPs": ["None", "10.0.0.5"]},
        ("misplaced-none", "spec.clusterIPs"),
    ),
    mistake("the cluster IP none", {"spec.clusterIP": "none"}, ("cluster-ip-syntax", "spec.clusterIPs[0]")),
    mistake(
        "three cluster IPs",
        {"spec.clusterIP": "10.0.0.5", "spec.clusterIPs": ["10.0.0.5", "fd00:10::5", "fd00:10::6"]},
        ("too-many-cluster-ips", "spec.clusterIPs"),
    ),
    mistake(
        "two cluster IPs of one family",
        {"spec.clusterIP": "10.0.0.5", "spec.clusterIPs": ["10.0.0.5", "10.0.0.6"]},
        ("cluster-ips-one-family", "spec.clusterIPs"),
    ),
    mistake(
        "a cluster IP of the other family",
        {"spec.clusterIP": "10.0.0.5", "spec.ipFamilies": ["IPv6"]},
        ("cluster-ip-family-mismatch", "spec.clusterIPs[0]"),
    ),
    mistake(
        "two IP families in a single stack",
        {"spec.ipFamilies": ["IPv4", "IPv6"]},
        ("single-stack-with-two", "spec.ipFamilyPolicy"),
    ),
    mistake(
        "a cluster IP of a family that the cluster has not",
        {"spec.clusterIP": "fd00:10::5"},
        ("cluster-ip-family-unconfigured", "spec.clusterIPs[0]"),
        cluster=V4_ONLY,
    ),
    mistake(
        "dual stack on a cluster without it",
        {"spec.ipFamilyPolicy": "RequireDualStack"},
        ("dual-stack-unavailable", "spec.ipFamilyPolicy"),
        cluster=V4_ONLY,
    ),
    mistake(
        "an IP family that the cluster has not",
        {"spec.ipFamilies": ["IPv6"]},
        ("ip-family-unconfigured", "spec.ipFamilies[0]"),
        cluster=V4_ONLY,
    ),
]

ALLOCATION: Final = [
    mistake("a cluster IP outside", {"spec.clusterIP": "192.0.2.1"}, ("cluster-ip-out-of-range", "spec.clusterIPs")),
    mistake(
        "the first address of the service CIDR",
        {"spec.clusterIP": "10.0.0.0"},
        ("cluster-ip-out-of-range", "spec.clusterIPs"),
    ),
    mistake(
        "the last address of the service CIDR",
        {"spec.clusterIP": "10.0.255.255"},
        ("cluster-ip-out-of-range", "spec.clusterIPs"),
    ),
    mistake(
        "the 65537th IPv6 address, before 1.34",
        {"spec.clusterIP": "fd00:10::1:0"},
        ("cluster-ip-out-of-range", "spec.clusterIPs"),
        cluster=Cluster("1.33", service_cidrs=("10.0.0.0/16", "fd00:10::/108")),
    ),
    mistake("no name", {"metadata.name": GONE}, ("address-needs-name", "spec.clusterIPs")),
    mistake(
        "a node port below the range",
        {"spec.type": "NodePort", "spec.ports.0.nodePort": 80},
        ("node-port-out-of-range", "spec.ports[0].nodePort"),
    ),
    mistake(
        "a node port above the range",
        {"spec.type": "NodePort", "spec.ports.1.nodePort": 32768},
        ("node-port-out-of-range", "spec.ports[1].nodePort"),
    ),
    mistake(
        "one node port for two port numbers",
        {"spec.type": "NodePort", "spec.ports.0.nodePort": 30080, "spec.ports.1.nodePort": 30080},
        ("node-port-already-allocated", "spec.ports[1].nodePort"),
    ),
    mistake(
        "a health check node port outside the range",
        {"spec.type": "LoadBalancer", "spec.externalTrafficPolicy": "Local", "spec.healthCheckNodePort": 80},
        ("health-check-node-port-unallocatable", "spec.healthCheckNodePort"),
    ),
    mistake(
        "a health check node port that is also a node port",
        {
            "spec.type": "LoadBalancer",
            "spec.externalTrafficPolicy": "Local",
            "spec.healthCheckNodePort": 30080,
            "spec.ports.0.nodePort": 30080,
        },
        ("health-check-node-port-unallocatable", "spec.healthCheckNodePort"),
    ),
]
