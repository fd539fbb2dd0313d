"""One mistake in a Service, and what is said of it: its ports, and how its fields go together."""

from typing import Final

from portmap._kubernetes.cluster import Cluster
from portmap._strategies.mistakes.mistake import GONE, As, mistake

__all__ = ["PORTS", "SERVICES"]

TOPOLOGY: Final = "service.kubernetes.io/topology-mode"
HINTS: Final = "service.kubernetes.io/topology-aware-hints"
RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"

PORTS: Final = [
    mistake("an upper-case port name", {"spec.ports.0.name": "HTTP"}, ("port-name-syntax", "spec.ports[0].name")),
    mistake(
        "a port name of 64 characters", {"spec.ports.0.name": "x" * 64}, ("port-name-syntax", "spec.ports[0].name")
    ),
    mistake("port 0", {"spec.ports.1.port": 0}, ("port-out-of-range", "spec.ports[1].port")),
    mistake(
        "port 0, of which targetPort is to be the number",
        {"spec.ports.1.port": 0, "spec.ports.1.targetPort": GONE},
        ("port-out-of-range", "spec.ports[1].port"),
        ("target-port-out-of-range", "spec.ports[1].targetPort"),
    ),
    mistake("port 65536", {"spec.ports.0.port": 65536}, ("port-out-of-range", "spec.ports[0].port")),
    mistake(
        "protocol in lower case", {"spec.ports.0.protocol": "tcp"}, ("unsupported-protocol", "spec.ports[0].protocol")
    ),
    mistake(
        "targetPort 65536", {"spec.ports.0.targetPort": 65536}, ("target-port-out-of-range", "spec.ports[0].targetPort")
    ),
    mistake("targetPort -1", {"spec.ports.0.targetPort": -1}, ("target-port-out-of-range", "spec.ports[0].targetPort")),
    mistake(
        "targetPort in quotes",
        {"spec.ports.0.targetPort": "8080"},
        ("target-port-name-syntax", "spec.ports[0].targetPort"),
    ),
    mistake(
        "appProtocol with a blank",
        {"spec.ports.0.appProtocol": "my http"},
        ("app-protocol-syntax", "spec.ports[0].appProtocol"),
    ),
    mistake(
        "appProtocol without text",
        {"spec.ports.0.appProtocol": ""},
        ("app-protocol-syntax", "spec.ports[0].appProtocol"),
    ),
]

SERVICES: Final = [
    mistake(
        "two topology annotations that differ",
        {"metadata.annotations": {TOPOLOGY: "Auto", HINTS: "Disabled"}},
        ("topology-annotations-differ", f"metadata.annotations[{TOPOLOGY}]"),
    ),
    mistake("no ports", {"spec.ports": []}, ("ports-required", "spec.ports")),
    mistake(
        "headless and NodePort",
        {"spec.type": "NodePort", "spec.clusterIP": "None"},
        ("headless-forbidden", "spec.clusterIPs[0]"),
    ),
    mistake(
        "ExternalName with a cluster IP",
        {"spec.type": "ExternalName", "spec.externalName": "example.com", "spec.clusterIP": "10.0.0.9"},
        ("cluster-ips-forbidden", "spec.clusterIPs"),
    ),
    mistake(
        "ExternalName with IP families",
        {"spec.type": "ExternalName", "spec.externalName": "example.com", "spec.ipFamilies": ["IPv4"]},
        ("ip-families-forbidden", "spec.ipFamilies"),
    ),
    mistake(
        "ExternalName with an IP family policy",
        {"spec.type": "ExternalName", "spec.externalName": "example.com", "spec.ipFamilyPolicy": "SingleStack"},
        ("ip-family-policy-forbidden", "spec.ipFamilyPolicy"),
    ),
    mistake(
        "ExternalName without a name", {"spec.type": "ExternalName"}, ("external-name-required", "spec.externalName")
    ),
    mistake(
        "ExternalName with a URL",
        {"spec.type": "ExternalName", "spec.externalName": "https://example.com"},
        ("external-name-syntax", "spec.externalName"),
    ),
    mistake(
        "the first of two ports unnamed",
        {"spec.ports.0.name": GONE},
        ("port-name-required", "spec.ports[0].name"),
        least_ports=2,
    ),
    mistake(
        "two ports of one name",
        {"spec.ports.1.name": As("spec.ports.0.name")},
        ("duplicate-port-name", "spec.ports[1].name"),
    ),
    mistake(
        "the kubelet's port on a load balancer of 1.32",
        {"spec.type": "LoadBalancer", "spec.ports.0.port": 10250},
        ("kubelet-port-forbidden", "spec.ports[0]"),
        cluster=Cluster("1.32"),
    ),
    mistake("a selector with a blank", {"spec.selector": {"app": "my web"}}, ("selector-syntax", "spec.selector")),
    mistake(
        "a selector's key without a name",
        {"spec.selector": {"example.com/": "x"}},
        ("selector-syntax", "spec.selector"),
    ),
    mistake(
        "session affinity Cookie",
        {"spec.sessionAffinity": "Cookie"},
        ("unsupported-session-affinity", "spec.sessionAffinity"),
    ),
    mistake(
        "session affinity for longer than a day",
        {"spec.sessionAffinity": "ClientIP", "spec.sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}}},
        ("session-affinity-timeout-out-of-range", "spec.sessionAffinityConfig.clientIP.timeoutSeconds"),
    ),
    mistake(
        "session affinity for no time",
        {"spec.sessionAffinity": "ClientIP", "spec.sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}}},
        ("session-affinity-timeout-out-of-range", "spec.sessionAffinityConfig.clientIP.timeoutSeconds"),
    ),
    mistake(
        "a name for an external IP",
        {"spec.externalIPs": ["example.com"]},
        ("external-ip-syntax", "spec.externalIPs[0]"),
    ),
    mistake(
        "the loopback address as external IP",
        {"spec.externalIPs": ["127.0.0.1"]},
        ("external-ip-special", "spec.externalIPs[0]"),
    ),
    mistake("type Headless", {"spec.type": "Headless"}, ("unsupported-type", "spec.type")),
    mistake(
        "a node port without a type that has them",
        {"spec.ports.0.nodePort": 30080},
        ("node-port-forbidden", "spec.ports[0].nodePort"),
    ),
    mistake(
        "one node port for two ports of a type that has none",
        {
            "spec.type": "ExternalName",
            "spec.externalName": "example.com",
            "spec.ports.0.nodePort": 30080,
            "spec.ports.1.nodePort": 30080,
        },
        ("duplicate-node-port", "spec.ports[1].nodePort"),
    ),
    mistake("one port twice", {"spec.ports.1.port": As("spec.ports.0.port")}, ("duplicate-port", "spec.ports[1]")),
    mistake(
        "source ranges without a load balancer",
        {"spec.loadBalancerSourceRanges": ["10.0.0.0/8"]},
        ("source-ranges-forbidden", "spec.LoadBalancerSourceRanges"),
    ),
    mistake(
        "a source range without a prefix length",
        {"spec.type": "LoadBalancer", "spec.loadBalancerSourceRanges": ["10.0.0.0/8", "10.0.0.1"]},
        ("source-range-syntax", "spec.LoadBalancerSourceRanges[1]"),
    ),
    mistake(
        "the annotation of source ranges without a load balancer",
        {"metadata.annotations": {RANGES: "10.0.0.0/8"}},
        ("source-ranges-annotation-forbidden", f"metadata.annotations[{RANGES}]"),
    ),
    mistake(
        "the annotation of source ranges with semicolons",
        {"spec.type": "LoadBalancer", "metadata.annotations": {RANGES: "10.0.0.0/8;192.0.2.0/24"}},
        ("source-ranges-annotation-syntax", f"metadata.annotations[{RANGES}]"),
    ),
    mistake(
        "whether to allocate node ports, without a load balancer",
        {"spec.allocateLoadBalancerNodePorts": False},
        ("allocate-node-ports-forbidden", "spec.allocateLoadBalancerNodePorts"),
    ),
    mistake(
        "a load balancer class without a load balancer",
        {"spec.loadBalancerClass": "example.com/edge"},
        ("load-balancer-class-forbidden", "spec.loadBalancerClass"),
    ),
    mistake(
        "a load balancer class without text",
        {"spec.type": "LoadBalancer", "spec.loadBalancerClass": ""},
        ("load-balancer-class-syntax", "spec.loadBalancerClass"),
    ),
    mistake(
        "an external traffic policy for internal traffic",
        {"spec.externalTrafficPolicy": "Local"},
        ("external-traffic-policy-forbidden", "spec.externalTrafficPolicy"),
    ),
    mistake(
        "an external traffic policy in lower case",
        {"spec.type": "NodePort", "spec.externalTrafficPolicy": "local"},
        ("unsupported-external-traffic-policy", "spec.externalTrafficPolicy"),
    ),
    mistake(
        "a health check node port without policy Local",
        {"spec.type": "LoadBalancer", "spec.healthCheckNodePort": 31000},
        ("health-check-node-port-forbidden", "spec.healthCheckNodePort"),
    ),
    mistake(
        "an internal traffic policy without text",
        {"spec.internalTrafficPolicy": ""},
        ("unsupported-internal-traffic-policy", "spec.internalTrafficPolicy"),
    ),
    mistake(
        "a traffic distribution that 1.33 does not know",
        {"spec.trafficDistribution": "PreferSameZone"},
        ("unsupported-traffic-distribution", "spec.trafficDistribution"),
        cluster=Cluster("1.33"),
    ),
]
