"""One mistake in the metadata of a Service, and what is said of it."""

from typing import Final

from portmap._kubernetes.cluster import Cluster
from portmap._strategies.mistakes.mistake import GONE, mistake

__all__ = ["METADATA"]

_OWNER: Final = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "one"}

METADATA: Final = [
    mistake(
        "a generateName in upper case",
        {"metadata.generateName": "Web-"},
        ("generate-name-syntax", "metadata.generateName"),
    ),
    mistake("a name in upper case", {"metadata.name": "Web"}, ("name-syntax", "metadata.name")),
    mistake("a name with a dot", {"metadata.name": "web.shop"}, ("name-syntax", "metadata.name")),
    mistake(
        "a name with a digit in front, before 1.36",
        {"metadata.name": "1web"},
        ("name-syntax", "metadata.name"),
        cluster=Cluster("1.35"),
    ),
    mistake(
        "no name, without service CIDRs",
        {"metadata.name": GONE},
        ("name-required", "metadata.name"),
        cluster=Cluster("1.32"),
    ),
    mistake("a namespace in upper case", {"metadata.namespace": "Shop"}, ("namespace-syntax", "metadata.namespace")),
    mistake("a negative generation", {"metadata.generation": -1}, ("negative-generation", "metadata.generation")),
    mistake("a label with a blank", {"metadata.labels": {"app": "my web"}}, ("label-syntax", "metadata.labels")),
    mistake("a label of 64 characters", {"metadata.labels": {"app": "x" * 64}}, ("label-syntax", "metadata.labels")),
    mistake("a label's key with two slashes", {"metadata.labels": {"a/b/c": ""}}, ("label-syntax", "metadata.labels")),
    mistake(
        "an annotation's key with a blank",
        {"metadata.annotations": {"my key": ""}},
        ("annotation-key-syntax", "metadata.annotations"),
    ),
    mistake(
        "annotations of 256 KiB",
        {"metadata.annotations": {"a": "x" * (256 * 1024)}},
        ("annotations-too-long", "metadata.annotations"),
    ),
    mistake(
        "an owner without a uid",
        {"metadata.ownerReferences": [{**_OWNER, "uid": ""}]},
        ("owner-reference-field", "metadata.ownerReferences.uid"),
    ),
    mistake(
        "an owner with two groups",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "a/b/v1"}]},
        ("owner-reference-field", "metadata.ownerReferences.apiVersion"),
    ),
    mistake(
        "an owner without a uid, in 1.37",
        {"metadata.ownerReferences": [{**_OWNER, "uid": ""}]},
        ("owner-reference-field-required", "metadata.ownerReferences[0].uid"),
        cluster=Cluster("1.37"),
    ),
    mistake(
        "an owner without a version, in 1.37",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": ""}]},
        ("owner-reference-field-required", "metadata.ownerReferences[0].apiVersion"),
        cluster=Cluster("1.37"),
    ),
    mistake(
        "an owner with two groups, in 1.37",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "a/b/v1"}]},
        ("owner-reference-field", "metadata.ownerReferences[0].apiVersion"),
        cluster=Cluster("1.37"),
    ),
    mistake(
        "an Event as owner",
        {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "v1", "kind": "Event"}]},
        ("owner-reference-banned", "metadata.ownerReferences"),
    ),
    mistake(
        "two controllers",
        {"metadata.ownerReferences": [{**_OWNER, "controller": True}, {**_OWNER, "name": "other", "controller": True}]},
        ("several-controllers", "metadata.ownerReferences"),
    ),
    mistake(
        "a finalizer with a blank",
        {"metadata.finalizers": ["example.com/my cleanup"]},
        ("finalizer-syntax", "metadata.finalizers"),
    ),
    mistake(
        "a finalizer without a domain",
        {"metadata.finalizers": ["cleanup"]},
        ("finalizer-unqualified", "metadata.finalizers[0]"),
    ),
    mistake(
        "two finalizers that contradict each other",
        {"metadata.finalizers": ["orphan", "foregroundDeletion"]},
        ("finalizer-conflict", "metadata.finalizers"),
    ),
    mistake(
        "a resource version",
        {"metadata.resourceVersion": "7"},
        ("resource-version-forbidden", "metadata.resourceVersion"),
    ),
]
