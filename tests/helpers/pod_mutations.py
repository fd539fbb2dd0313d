"""Mistakes in pods: their ports, probes and hooks."""

from typing import Final

from mutations import pod
from portmap import Cluster
from portmap._apiserver.mistake import GONE

__all__ = ["HANDLERS", "PODS"]

APP: Final = "spec.containers[0]"

PODS: Final = [
    pod(
        "a container port's name of 16 characters",
        {"spec.containers.0.ports.0.name": "a" * 16},
        ("container-port-name-syntax", f"{APP}.ports[0].name"),
    ),
    pod(
        "a container port's name in upper case",
        {"spec.containers.0.ports.0.name": "HTTP"},
        ("container-port-name-syntax", f"{APP}.ports[0].name"),
    ),
    pod(
        "no containerPort",
        {"spec.containers.0.ports.0.containerPort": GONE},
        ("container-port-required", f"{APP}.ports[0].containerPort"),
    ),
    pod(
        "containerPort 65536",
        {"spec.containers.0.ports.0.containerPort": 65536},
        ("container-port-out-of-range", f"{APP}.ports[0].containerPort"),
    ),
    pod(
        "hostPort -1",
        {"spec.containers.0.ports.0.hostPort": -1},
        ("host-port-out-of-range", f"{APP}.ports[0].hostPort"),
    ),
    pod(
        "protocol HTTP",
        {"spec.containers.0.ports.0.protocol": "HTTP"},
        ("unsupported-protocol", f"{APP}.ports[0].protocol"),
    ),
    pod(
        "one port name twice in a container",
        {"spec.containers.0.ports.1.name": "http"},
        ("duplicate-container-port-name", f"{APP}.ports[1].name"),
    ),
    pod(
        "one host port twice",
        {"spec.containers.0.ports.0.hostPort": 80, "spec.containers.0.ports.1.hostPort": 80},
        ("duplicate-host-port", f"{APP}.ports[1].hostPort"),
    ),
    pod(
        "one container port twice on the host's network",
        {"spec.hostNetwork": True, "spec.containers.0.ports.1.containerPort": 8080},
        ("duplicate-host-port", f"{APP}.ports[1].hostPort"),
    ),
    pod(
        "another host port on the host's network",
        {"spec.hostNetwork": True, "spec.containers.0.ports.0.hostPort": 80},
        ("host-port-differs", f"{APP}.ports[0].hostPort"),
    ),
    pod("no containers", {"spec.containers": []}, ("containers-required", "spec.containers")),
    pod(
        "an ephemeral container",
        {"spec.ephemeralContainers": [{"name": "debug", "image": "debug"}]},
        ("ephemeral-containers-forbidden", "spec.ephemeralContainers"),
    ),
    pod(
        "an ephemeral container with ports",
        {"spec.ephemeralContainers": [{"name": "debug", "image": "debug", "ports": [{"containerPort": 80}]}]},
        ("ephemeral-containers-forbidden", "spec.ephemeralContainers"),
        ("ephemeral-container-field-forbidden", "spec.ephemeralContainers[0].ports"),
    ),
    pod(
        "a probe of an init container",
        {"spec.initContainers.0.livenessProbe": {"tcpSocket": {"port": 80}}},
        ("init-container-probe-forbidden", "spec.initContainers[0].livenessProbe"),
    ),
    pod(
        "restart policy Sometimes",
        {"spec.initContainers.0.restartPolicy": "Sometimes"},
        ("unsupported-restart-policy", "spec.initContainers[0].restartPolicy"),
    ),
    pod(
        "a restart policy of a container, in 1.33",
        {"spec.containers.0.restartPolicy": "Always"},
        ("restart-policy-forbidden", f"{APP}.restartPolicy"),
        cluster=Cluster("1.33"),
    ),
    pod(
        "a field of 1.37, in 1.36",
        {"spec.containers.0.livenessProbe.httpGet.protocol": "HTTP2"},
        ("field-not-in-version", f"{APP}.livenessProbe.httpGet.protocol"),
    ),
    pod(
        "a pod of another namespace than the request's",
        {"metadata.namespace": "shop"},
        ("another-object", "metadata.namespace"),
        namespace="default",
    ),
    pod("a pod's name in upper case", {"metadata.name": "Web"}, ("name-syntax", "metadata.name")),
    pod("a container without a name", {"spec.containers.0.name": GONE}, ("container-name-required", f"{APP}.name")),
    pod(
        "a container's name in upper case", {"spec.containers.0.name": "App"}, ("container-name-syntax", f"{APP}.name")
    ),
    pod("a container without an image", {"spec.containers.0.image": GONE}, ("image-required", f"{APP}.image")),
    pod("an image with a blank behind it", {"spec.containers.0.image": "app "}, ("image-with-blanks", f"{APP}.image")),
    pod(
        "one name for two containers",
        {"spec.initContainers.0.name": "app"},
        ("duplicate-container-name", "spec.initContainers[0].name"),
    ),
    pod(
        "an environment variable without a name",
        {"spec.containers.0.env": [{"value": "1"}]},
        ("env-name-required", f"{APP}.env[0].name"),
    ),
    pod(
        "an environment variable with = in its name",
        {"spec.containers.0.env": [{"name": "A=B"}]},
        ("env-name-syntax", f"{APP}.env[0].name"),
    ),
    pod(
        "an environment variable with an empty source",
        {"spec.containers.0.env": [{"name": "A", "valueFrom": {}}]},
        ("env-value-source", f"{APP}.env[0].valueFrom"),
    ),
    pod(
        "an environment variable with a value and a source",
        {
            "spec.containers.0.env": [
                {"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
            ]
        },
        ("env-value-source", f"{APP}.env[0].valueFrom"),
    ),
    pod(
        "restart rules without a restart policy",
        {
            "spec.containers.0.restartPolicyRules": [
                {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}
            ]
        },
        ("container-restart-policy-required", f"{APP}.restartPolicy"),
    ),
    pod(
        "a restart rule without exit codes",
        {"spec.containers.0.restartPolicy": "Never", "spec.containers.0.restartPolicyRules": [{"action": "Restart"}]},
        ("restart-rule-required", f"{APP}.restartPolicyRules[0].exitCodes"),
    ),
    pod(
        "a restart rule with an unknown action",
        {
            "spec.containers.0.restartPolicy": "Never",
            "spec.containers.0.restartPolicyRules": [
                {"action": "Stop", "exitCodes": {"operator": "In", "values": [1]}}
            ],
        },
        ("unsupported-restart-rule", f"{APP}.restartPolicyRules[0].action"),
    ),
    pod("a host name with a dot", {"spec.hostname": "a.b"}, ("host-name-syntax", "spec.hostname")),
    pod("a subdomain in upper case", {"spec.subdomain": "Web"}, ("host-name-syntax", "spec.subdomain")),
    pod(
        "a hostnameOverride in upper case",
        {"spec.hostnameOverride": "Web"},
        ("host-name-override-syntax", "spec.hostnameOverride"),
    ),
    pod(
        "a hostnameOverride of 65 characters",
        {"spec.hostnameOverride": "a" * 32 + "." + "b" * 32},
        ("host-name-override-syntax", "spec.hostnameOverride"),
    ),
    pod(
        "a hostnameOverride as the whole domain name",
        {"spec.hostnameOverride": "web", "spec.setHostnameAsFQDN": True},
        ("host-name-override-forbidden", "spec.hostnameOverride"),
    ),
    pod(
        "a host alias without an address",
        {"spec.hostAliases": [{"ip": "localhost", "hostnames": ["web"]}]},
        ("host-alias-syntax", "spec.hostAliases[0].ip"),
    ),
    pod("a DNS policy in lower case", {"spec.dnsPolicy": "default"}, ("unsupported-dns-policy", "spec.dnsPolicy")),
    pod("no DNS configuration", {"spec.dnsPolicy": "None"}, ("dns-config-required", "spec.dnsConfig")),
    pod(
        "a readiness gate with a blank",
        {"spec.readinessGates": [{"conditionType": "a b"}]},
        ("readiness-gate-syntax", "spec.readinessGates[0].conditionType"),
    ),
    pod(
        "a restart policy in lower case",
        {"spec.restartPolicy": "always"},
        ("unsupported-pod-restart-policy", "spec.restartPolicy"),
    ),
]

HANDLERS: Final = [
    pod(
        "a hook that sleeps for longer than the pod has",
        {"spec.containers.0.lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
        ("hook-sleep-too-long", f"{APP}.lifecycle.preStop.sleep"),
    ),
    pod(
        "a probe that does nothing",
        {"spec.containers.0.livenessProbe": {}},
        ("handler-required", f"{APP}.livenessProbe"),
    ),
    pod(
        "a probe that does two things",
        {"spec.containers.0.readinessProbe": {"exec": {"command": ["true"]}, "tcpSocket": {"port": 80}}},
        ("several-handlers", f"{APP}.readinessProbe.tcpSocket"),
    ),
    pod(
        "a probe without a command",
        {"spec.containers.0.livenessProbe": {"exec": {}}},
        ("command-required", f"{APP}.livenessProbe.exec.command"),
    ),
    pod(
        "a probe without a port",
        {"spec.containers.0.livenessProbe.httpGet.port": GONE},
        ("probe-port-out-of-range", f"{APP}.livenessProbe.httpGet.port"),
    ),
    pod(
        "a probe of port 65536",
        {"spec.containers.0.livenessProbe": {"grpc": {"port": 65536}}},
        ("probe-port-out-of-range", f"{APP}.livenessProbe.grpc.port"),
    ),
    pod(
        "a probe of a port in quotes",
        {"spec.containers.0.readinessProbe.tcpSocket.port": "8080"},
        ("probe-port-name-syntax", f"{APP}.readinessProbe.tcpSocket.port"),
    ),
    pod(
        "a hook of a port in quotes",
        {"spec.containers.0.lifecycle": {"preStop": {"httpGet": {"port": "8080"}}}},
        ("probe-port-name-syntax", f"{APP}.lifecycle.preStop.httpGet.port"),
    ),
    pod(
        "the scheme http",
        {"spec.containers.0.livenessProbe.httpGet.scheme": "http"},
        ("unsupported-scheme", f"{APP}.livenessProbe.httpGet.scheme"),
    ),
    pod(
        "an HTTP header with a blank",
        {
            "spec.containers.0.livenessProbe.httpGet.httpHeaders": [
                {"name": "X-Good", "value": "x"},
                {"name": "my header", "value": "x"},
            ]
        },
        ("header-name-syntax", f"{APP}.livenessProbe.httpGet.httpHeaders"),
    ),
    pod(
        "a negative delay",
        {"spec.containers.0.livenessProbe.initialDelaySeconds": -1},
        ("probe-number-negative", f"{APP}.livenessProbe.initialDelaySeconds"),
    ),
    pod(
        "two successes for a liveness probe",
        {"spec.containers.0.livenessProbe.successThreshold": 2},
        ("probe-success-threshold", f"{APP}.livenessProbe.successThreshold"),
    ),
    pod(
        "a grace period for a readiness probe",
        {"spec.containers.0.readinessProbe.terminationGracePeriodSeconds": 5},
        ("probe-grace-period", f"{APP}.readinessProbe.terminationGracePeriodSeconds"),
    ),
    pod(
        "a grace period of nothing",
        {"spec.containers.0.livenessProbe.terminationGracePeriodSeconds": 0},
        ("probe-grace-period", f"{APP}.livenessProbe.terminationGracePeriodSeconds"),
    ),
]
