"""One mistake in metadata or in an update, and what is said of it."""

from typing import Final

from mutations import GONE, SINGLE, STORED, changed, service, update

from portmap import Cluster

__all__ = ["METADATA", "UPDATES"]

_OWNER: Final = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "one"}

METADATA: Final = [
    service(
        "a generateName in upper case",
        {"metadata.generateName": "Web-"},
        ("generate-name-syntax", "metadata.generateName"),
    ),
    service("a name in upper case", {"metadata.name": "Web"}, ("name-syntax", "metadata.name")),
    service("a name with a dot", {"metadata.name": "web.shop"}, ("name-syntax", "metadata.name")),
    service(
        "a name with a digit in front, before 1.36",
        {"metadata.name": "1web"},
        ("name-syntax", "metadata.name"),
        cluster=Cluster("1.35"),
    ),
    service(
        "no name, without service CIDRs",
        {"metadata.name": GONE},
        ("name-required", "metadata.name"),
        cluster=Cluster("1.32"),
    ),
    service("a namespace in upper case", {"metadata.namespace": "Shop"}, ("namespace-syntax", "metadata.namespace")),
    service("a negative generation", {"metadata.generation": -1}, ("negative-generation", "metadata.generation")),
    service("a label with a blank", {"metadata.labels": {"app": "my web"}}, ("label-syntax", "metadata.labels")),
    service("a label of 64 characters", {"metadata.labels": {"app": "x" * 64}}, ("label-syntax", "metadata.labels")),
    service("a label's key with two slashes", {"metadata.labels": {"a/b/c": ""}}, ("label-syntax", "metadata.labels")),
    service(
        "an annotation's key with a blank",
        {"metadata.annotations": {"my key": ""}},
        ("annotation-key-syntax", "metadata.annotations"),
    ),
    service(
        "annotations of 256 KiB",
        {"metadata.annotations": {"a": "x" * (256 * 1024)}},
        ("annotations-too-long", "metadata.annotations"),
    ),
    service(
        "an owner without a uid",
        {"metadata.ownerReferences": [{**_OWNER, "uid": ""}]},
        ("owner-reference-field", "metadata.ownerReferences.uid"),
    ),
    service(
        "an owner with two groups",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "a/b/v1"}]},
        ("owner-reference-field", "metadata.ownerReferences.apiVersion"),
    ),
    service(
        "an owner without a uid, in 1.37",
        {"metadata.ownerReferences": [{**_OWNER, "uid": ""}]},
        ("owner-reference-field-required", "metadata.ownerReferences[0].uid"),
        cluster=Cluster("1.37"),
    ),
    service(
        "an owner without a version, in 1.37",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": ""}]},
        ("owner-reference-field-required", "metadata.ownerReferences[0].apiVersion"),
        cluster=Cluster("1.37"),
    ),
    service(
        "an owner with two groups, in 1.37",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "a/b/v1"}]},
        ("owner-reference-field", "metadata.ownerReferences[0].apiVersion"),
        cluster=Cluster("1.37"),
    ),
    service(
        "an Event as owner",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "v1", "kind": "Event"}]},
        ("owner-reference-banned", "metadata.ownerReferences"),
    ),
    service(
        "two controllers",
        {"metadata.ownerReferences": [{**_OWNER, "controller": True}, {**_OWNER, "name": "other", "controller": True}]},
        ("several-controllers", "metadata.ownerReferences"),
    ),
    service(
        "a finalizer with a blank",
        {"metadata.finalizers": ["example.com/my cleanup"]},
        ("finalizer-syntax", "metadata.finalizers"),
    ),
    service(
        "a finalizer without a domain",
        {"metadata.finalizers": ["cleanup"]},
        ("finalizer-unqualified", "metadata.finalizers[0]"),
    ),
    service(
        "two finalizers that contradict each other",
        {"metadata.finalizers": ["orphan", "foregroundDeletion"]},
        ("finalizer-conflict", "metadata.finalizers"),
    ),
    service(
        "a resource version",
        {"metadata.resourceVersion": "7"},
        ("resource-version-forbidden", "metadata.resourceVersion"),
    ),
]

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
    update("another name, by update", {"metadata.name": "other"}, ("another-object", "metadata.name")),
    update(
        "another namespace, by update",
        {"metadata.namespace": "other"},
        ("another-object", "metadata.namespace"),
        namespace="shop",
    ),
    update("another uid, by update", {"metadata.uid": "two"}, ("another-object", "metadata.uid")),
]
