"""Mistakes in updates."""

from typing import Final

from mutations import SINGLE, STORED, update
from portmap import Cluster
from portmap._apiserver.mistake import GONE
from portmap._strategies.mistakes import changed

__all__ = ["UPDATES"]

_OWNER: Final = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "one"}

_DYING: Final = changed(
    STORED, {"metadata.deletionTimestamp": "2026-01-31T12:00:00Z", "metadata.finalizers": ["a.b/c"]}
)

UPDATES: Final = [
    update(
        "another cluster IP",
        {"spec.clusterIP": "10.0.0.6", "spec.clusterIPs": ["10.0.0.6", "fd00:10::5"]},
        ("cluster-ip-immutable", "spec.clusterIPs[0]"),
    ),
    update(
        "headless from now on",
        {
            "spec.type": "ClusterIP",
            "spec.clusterIP": "None",
            "spec.clusterIPs": ["None"],
            "spec.loadBalancerClass": GONE,
        },
        ("cluster-ip-immutable", "spec.clusterIPs[0]"),
        old=changed(SINGLE, {"spec.healthCheckNodePort": GONE, "spec.externalTrafficPolicy": GONE}),
    ),
    update(
        "the second IP family let go in silence",
        {"spec.ipFamilies": GONE},
        ("second-cluster-ip-kept", "spec.ipFamilyPolicy"),
        old=changed(STORED, {"spec.clusterIPs": ["10.0.0.5"]}),
        cluster=Cluster(),
    ),
    update(
        "another primary IP family, and so another address",
        {"spec.clusterIP": "fd00:10::6", "spec.clusterIPs": ["fd00:10::6"], "spec.ipFamilies": ["IPv6"]},
        ("cluster-ip-immutable", "spec.clusterIPs[0]"),
        ("ip-family-immutable", "spec.ipFamilies[0]"),
        old=SINGLE,
    ),
    update(
        "another load balancer class",
        {"spec.loadBalancerClass": "example.com/other"},
        ("load-balancer-class-immutable", "spec.loadBalancerClass"),
    ),
    update(
        "another health check node port",
        {"spec.healthCheckNodePort": 31001},
        ("health-check-node-port-immutable", "spec.healthCheckNodePort"),
    ),
    update(
        "a health check node port that is no port",
        {},
        ("health-check-node-port-out-of-range", "spec.healthCheckNodePort"),
        old=changed(STORED, {"spec.healthCheckNodePort": 70000}),
    ),
    update(
        "a health check node port that never was",
        {},
        ("health-check-node-port-required", "spec.healthCheckNodePort"),
        old=changed(STORED, {"spec.healthCheckNodePort": GONE}),
    ),
    update(
        "a finalizer for what is being deleted",
        {"metadata.finalizers": ["a.b/c", "a.b/d"]},
        ("new-finalizer", "metadata.finalizers"),
        old=_DYING,
    ),
    update(
        "a deletion by update",
        {"metadata.deletionTimestamp": "2026-01-31T12:00:00Z"},
        ("metadata-immutable", "metadata.deletionTimestamp"),
    ),
    update(
        "a generateName in upper case, before 1.34",
        {"metadata.generateName": "Web-"},
        ("generate-name-syntax", "metadata.generateName"),
        cluster=Cluster("1.33"),
    ),
    update(
        "a label with a blank, by update", {"metadata.labels": {"app": "my web"}}, ("label-syntax", "metadata.labels")
    ),
    update(
        "an annotation's key with a blank, by update",
        {"metadata.annotations": {"my key": ""}},
        ("annotation-key-syntax", "metadata.annotations"),
    ),
    update(
        "annotations of 256 KiB, by update",
        {"metadata.annotations": {"a": "x" * (256 * 1024)}},
        ("annotations-too-long", "metadata.annotations"),
    ),
    update(
        "an owner without a name, by update",
        {"metadata.ownerReferences": [{**_OWNER, "name": ""}]},
        ("owner-reference-field", "metadata.ownerReferences.name"),
    ),
    update(
        "an owner without a name in 1.37, by update",
        {"metadata.ownerReferences": [{**_OWNER, "name": ""}]},
        ("owner-reference-field-required", "metadata.ownerReferences[0].name"),
        cluster=Cluster("1.37"),
    ),
    update(
        "an Event as owner, by update",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "v1", "kind": "Event"}]},
        ("owner-reference-banned", "metadata.ownerReferences"),
    ),
    update(
        "two controllers, by update",
        {"metadata.ownerReferences": [{**_OWNER, "controller": True}, {**_OWNER, "name": "other", "controller": True}]},
        ("several-controllers", "metadata.ownerReferences"),
    ),
    update(
        "a finalizer without a domain, by update",
        {"metadata.finalizers": ["cleanup"]},
        ("finalizer-unqualified", "metadata.finalizers[0]"),
    ),
    update(
        "a finalizer with a hyphen in front, by update",
        {"metadata.finalizers": ["-x/y"]},
        ("finalizer-syntax", "metadata.finalizers"),
    ),
    update(
        "a finalizer with two slashes, by update",
        {"metadata.finalizers": ["a/b/c"]},
        ("finalizer-syntax", "metadata.finalizers"),
    ),
    update(
        "two finalizers that contradict each other, by update",
        {"metadata.finalizers": ["orphan", "foregroundDeletion"]},
        ("finalizer-conflict", "metadata.finalizers"),
    ),
    update(
        "a generateName with a slash, by update",
        {"metadata.generateName": "web/"},
        ("generate-name-syntax", "metadata.generateName"),
    ),
    update("another name, by update", {"metadata.name": "other"}, ("another-object", "metadata.name")),
    update(
        "another namespace, by update",
        {"metadata.namespace": "other"},
        ("another-object", "metadata.namespace"),
        namespace="shop",
    ),
    update(
        "the second cluster IP taken away",
        {"spec.clusterIPs": ["10.0.0.5"]},
        ("dual-stack-not-released", "spec.ipFamilyPolicy"),
    ),
    update(
        "the second address before the first",
        {
            "spec.clusterIP": "fd00:10::5",
            "spec.clusterIPs": ["fd00:10::5", "10.0.0.5"],
            "spec.ipFamilies": ["IPv6", "IPv4"],
            "spec.ipFamilyPolicy": "PreferDualStack",
        },
        ("cluster-ip-already-allocated", "spec.clusterIPs"),
        old=SINGLE,
    ),
    update(
        "one node port for two ports of a protocol",
        {"spec.ports.1.nodePort": 30080},
        ("node-port-twice", "spec.ports[1].nodePort"),
    ),
    update("another uid, by update", {"metadata.uid": "two"}, ("another-object", "metadata.uid")),
]
