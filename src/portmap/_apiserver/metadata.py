"""What the API server checks about object metadata.

The rules apply to Services and Pods, with different grammars for the name.

Source: kubernetes/kubernetes 1.36.2,
`staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.
"""

from collections.abc import Iterator
from typing import Final

from portmap._apiserver.field_grammars import MOST_ANNOTATION_BYTES
from portmap._apiserver.metadata_schema import Metadata
from portmap._apiserver.mistake import GONE, Mistake
from portmap._apiserver.problems import Problem, label_problems
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.did_you_mean import spelt_as_label
from portmap._kubernetes.features import OWNER_REFERENCES_INDEXED
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import LONGEST_LABEL, dns_label_reasons, masked_name, qualified_name_reasons

_SOURCE: Final = "staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go"
_OWNER_FIELDS: Final = ("kind", "name", "uid")
_CORE: Final = frozenset({"v1", "/v1"})
_OWNER: Final = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "one"}
_STANDARD_FINALIZERS: Final = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


METADATA_RULES: Final = RuleGroup[Metadata]("metadata", source=_SOURCE)


@METADATA_RULES.rule(
    "generate-name-syntax",
    "metadata.generateName",
    "FieldValueInvalid",
    when="generate_name",
    mistakes=[Mistake("a generateName in upper case", {"metadata.generateName": "Web-"})],
)
def generate_name_syntax(meta: Metadata) -> Iterator[Problem]:
    """`generateName` is not the beginning of a valid name.

    The server appends five random characters, so it may end with a hyphen. Up to 1.33, an update
    checks it in the same way. From 1.34 on, an update rejects only `/` and `%`.
    """
    reasons = meta.name_reasons(masked_name(meta.generate_name))
    if reasons:
        yield Problem(FieldPath("generateName"), "; ".join(reasons), meta.generate_name)


@METADATA_RULES.rule(
    "name-required",
    "metadata.name",
    "FieldValueRequired",
    mistakes=[Mistake("no name, without service CIDRs", {"metadata.name": GONE}, cluster={"version": "1.32"})],
)
def name_required(meta: Metadata) -> list[Problem] | None:
    """Object has neither a name nor a `generateName`."""
    if meta.name or meta.generate_name:
        return None
    return [Problem(FieldPath("name"), "name or generateName is required", hint="set metadata.name")]


@METADATA_RULES.rule(
    "name-syntax",
    "metadata.name",
    "FieldValueInvalid",
    mistakes=[
        Mistake("a name in upper case", {"metadata.name": "Web"}),
        Mistake("a name with a dot", {"metadata.name": "web.shop"}),
        Mistake("a name with a digit in front, before 1.36", {"metadata.name": "1web"}, cluster={"version": "1.35"}),
    ],
)
def name_syntax(meta: Metadata) -> list[Problem] | None:
    """Name of an object is not valid for its kind.

    The name of a Service is a DNS label, because it becomes a DNS name. Before Kubernetes 1.36, it
    must begin with a letter (RFC 1035); from 1.36 on, it may begin with a digit (RFC 1123). The
    name of a Pod is a DNS subdomain.
    """
    name = meta.name or generated_name(meta.generate_name)
    reasons = meta.name_reasons(name) if name else ()
    if not reasons:
        return None
    guess = spelt_as_label(name, LONGEST_LABEL) if meta.name else None
    good = guess is not None and not meta.name_reasons(guess)
    hint = f"for instance {guess!r}" if good else None
    return [Problem(FieldPath("name"), "; ".join(reasons), meta.name or meta.generate_name, hint)]


def generated_name(prefix: str | None) -> str:
    """Return a name like those that the server generates: the prefix, cut, and five characters."""
    return f"{prefix[:58]}xxxxx" if prefix else ""


@METADATA_RULES.rule(
    "namespace-syntax",
    "metadata.namespace",
    "FieldValueInvalid",
    when="namespace",
    mistakes=[Mistake("a namespace in upper case", {"metadata.namespace": "Shop"})],
)
def namespace_syntax(meta: Metadata) -> list[Problem] | None:
    """Namespace is not a DNS label."""
    reasons = dns_label_reasons(meta.namespace)
    return [Problem(FieldPath("namespace"), "; ".join(reasons), meta.namespace)] if reasons else None


@METADATA_RULES.rule(
    "negative-generation",
    "metadata.generation",
    "FieldValueInvalid",
    when="generation",
    mistakes=[Mistake("a negative generation", {"metadata.generation": -1})],
)
def negative_generation(meta: Metadata) -> Iterator[Problem]:
    """`generation` is negative.

    The server sets it and counts changes with it.
    """
    if meta.generation < 0:
        yield Problem(FieldPath("generation"), "must not be negative", meta.generation, "leave it out")


@METADATA_RULES.rule(
    "label-syntax",
    "metadata.labels",
    "FieldValueInvalid",
    when="labels",
    mistakes=[
        Mistake("a label with a blank", {"metadata.labels": {"app": "my web"}}),
        Mistake("a label of 64 characters", {"metadata.labels": {"app": "x" * 64}}),
        Mistake("a label's key with two slashes", {"metadata.labels": {"a/b/c": ""}}),
    ],
)
def label_syntax(meta: Metadata) -> list[Problem]:
    """Key or value of a label is not valid.

    A key is a qualified name, and a value has at most 63 bytes of `A-Za-z0-9-_.`.
    """
    return label_problems(meta.labels, FieldPath("labels"))


@METADATA_RULES.rule(
    "annotation-key-syntax",
    "metadata.annotations",
    "FieldValueInvalid",
    when="annotations",
    mistakes=[Mistake("an annotation's key with a blank", {"metadata.annotations": {"my key": ""}})],
)
def annotation_key_syntax(meta: Metadata) -> Iterator[Problem]:
    """Annotation key is not a qualified name.

    Upper case is allowed. A value may be any text.
    """
    for key in meta.annotations:
        reasons = qualified_name_reasons(key.lower())
        if reasons:
            yield Problem(FieldPath("annotations"), "key " + "; ".join(reasons), key)


@METADATA_RULES.rule(
    "annotations-too-long",
    "metadata.annotations",
    "FieldValueTooLong",
    when="annotations",
    mistakes=[Mistake("annotations of 256 KiB", {"metadata.annotations": {"a": "x" * (256 * 1024)}})],
)
def annotations_too_long(meta: Metadata) -> Iterator[Problem]:
    """Annotations of an object have more than 262144 bytes.

    The keys count, too.
    """
    size = sum(len(text.encode("utf-8", "surrogatepass")) for pair in meta.annotations.items() for text in pair)
    if size > MOST_ANNOTATION_BYTES:
        yield Problem(FieldPath("annotations"), f"may have at most {MOST_ANNOTATION_BYTES} bytes, and has {size}")


@METADATA_RULES.rule(
    "owner-reference-field",
    "metadata.ownerReferences.*",
    "FieldValueInvalid",
    when="owner_references",
    mistakes=[
        Mistake(
            "an owner without a uid",
            {"metadata.ownerReferences": [{**_OWNER, "uid": ""}]},
            at="metadata.ownerReferences.uid",
        ),
        Mistake(
            "an owner with two groups",
            {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "a/b/v1"}]},
            at="metadata.ownerReferences.apiVersion",
        ),
        Mistake(
            "an owner with two groups, in 1.37",
            {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "a/b/v1"}]},
            at="metadata.ownerReferences[0].apiVersion",
            cluster={"version": "1.37"},
        ),
    ],
)
def owner_reference_field(meta: Metadata) -> Iterator[Problem]:
    """Owner reference has no valid version, kind, name or uid.

    Up to 1.36, the server's path has no index, and a missing value is an invalid one.
    """
    indexed = meta.cluster.enabled(OWNER_REFERENCES_INDEXED)
    for position, owner in enumerate(meta.owner_references):
        root = _owner_path(meta, position)
        group_version = owner.get("apiVersion", "")
        # `a/b/c` is not a group and version, and leaves the server with no version at all.
        if not group_version.rpartition("/")[2] or group_version.count("/") > 1:
            if group_version or not indexed:
                yield Problem(root.child("apiVersion"), "must name a version", group_version)
        for field in () if indexed else _OWNER_FIELDS:
            if not owner.get(field):
                yield Problem(root.child(field), "must not be empty", "")


def _owner_path(meta: Metadata, position: int) -> FieldPath:
    path = FieldPath("ownerReferences")
    return path.index(position) if meta.cluster.enabled(OWNER_REFERENCES_INDEXED) else path


@METADATA_RULES.rule(
    "owner-reference-field-required",
    "metadata.ownerReferences[*].*",
    "FieldValueRequired",
    source=f"{_SOURCE} at 1.37",
    when="owner_references",
    mistakes=[
        Mistake(
            "an owner without a uid, in 1.37",
            {"metadata.ownerReferences": [{**_OWNER, "uid": ""}]},
            at="metadata.ownerReferences[0].uid",
            cluster={"version": "1.37"},
        ),
        Mistake(
            "an owner without a version, in 1.37",
            {"metadata.ownerReferences": [{**_OWNER, "apiVersion": ""}]},
            at="metadata.ownerReferences[0].apiVersion",
            cluster={"version": "1.37"},
        ),
    ],
)
def owner_reference_field_required(meta: Metadata) -> Iterator[Problem]:
    """Owner reference has no version, kind, name or uid.

    From 1.37 on, the server names the index, and a missing value is a required one.
    """
    if meta.cluster.enabled(OWNER_REFERENCES_INDEXED):
        for position, owner in enumerate(meta.owner_references):
            for field in ("apiVersion", *_OWNER_FIELDS):
                if not owner.get(field):
                    yield Problem(_owner_path(meta, position).child(field), "must not be empty")


@METADATA_RULES.rule(
    "owner-reference-banned",
    "metadata.ownerReferences",
    "FieldValueInvalid",
    when="owner_references",
    mistakes=[
        Mistake("an Event as owner", {"metadata.ownerReferences": [{**_OWNER, "apiVersion": "v1", "kind": "Event"}]})
    ],
)
def owner_reference_banned(meta: Metadata) -> Iterator[Problem]:
    """Event is the owner of an object."""
    for position, owner in enumerate(meta.owner_references):
        if owner.get("apiVersion") in _CORE and owner.get("kind") == "Event":
            yield Problem(_owner_path(meta, position), "an Event may not be an owner", owner)


@METADATA_RULES.rule(
    "several-controllers",
    "metadata.ownerReferences",
    "FieldValueInvalid",
    when="owner_references",
    mistakes=[
        Mistake(
            "two controllers",
            {
                "metadata.ownerReferences": [
                    {**_OWNER, "controller": True},
                    {**_OWNER, "name": "other", "controller": True},
                ]
            },
        )
    ],
)
def several_controllers(meta: Metadata) -> Iterator[Problem]:
    """Two owners are controllers.

    An owner that is repeated counts once.
    """
    import json

    controllers = [owner for owner in meta.owner_references if owner.get("controller")]
    different = {json.dumps(owner, sort_keys=True): owner for owner in controllers}
    for extra in list(different.values())[1:]:
        yield Problem(FieldPath("ownerReferences"), "only one owner may have controller set to true", extra)


@METADATA_RULES.rule(
    "finalizer-syntax",
    "metadata.finalizers",
    "FieldValueInvalid",
    when="finalizers",
    mistakes=[Mistake("a finalizer with a blank", {"metadata.finalizers": ["example.com/my cleanup"]})],
)
def finalizer_syntax(meta: Metadata) -> Iterator[Problem]:
    """Finalizer is not a qualified name."""
    for finalizer in meta.finalizers:
        reasons = qualified_name_reasons(finalizer)
        if reasons:
            yield Problem(FieldPath("finalizers"), "; ".join(reasons), finalizer)


@METADATA_RULES.rule(
    "finalizer-unqualified",
    "metadata.finalizers[*]",
    "FieldValueInvalid",
    source="pkg/apis/core/validation/validation.go, validateKubeFinalizerName",
    when="finalizers",
    mistakes=[Mistake("a finalizer without a domain", {"metadata.finalizers": ["cleanup"]})],
)
def finalizer_unqualified(meta: Metadata) -> Iterator[Problem]:
    """Finalizer has no domain, and is not one of Kubernetes."""
    for position, finalizer in enumerate(meta.finalizers):
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            detail = "is neither a standard finalizer nor a name with a domain, such as example.com/cleanup"
            yield Problem(FieldPath("finalizers", position), detail, finalizer)


@METADATA_RULES.rule(
    "finalizer-conflict",
    "metadata.finalizers",
    "FieldValueInvalid",
    when="finalizers",
    mistakes=[
        Mistake("two finalizers that contradict each other", {"metadata.finalizers": ["orphan", "foregroundDeletion"]})
    ],
)
def finalizer_conflict(meta: Metadata) -> Iterator[Problem]:
    """Finalizers include both `orphan` and `foregroundDeletion`.

    They contradict each other.
    """
    if {"orphan", "foregroundDeletion"} <= set(meta.finalizers):
        yield Problem(
            FieldPath("finalizers"), "orphan and foregroundDeletion cannot both be set", list(meta.finalizers)
        )


METADATA_UPDATE_RULES: Final = RuleGroup[Metadata]("updates of metadata", source=_SOURCE, request="update")


@METADATA_UPDATE_RULES.rule("new-finalizer", "metadata.finalizers", "FieldValueForbidden", when="finalizers")
def new_finalizer(meta: Metadata) -> Iterator[Problem]:
    """Update adds a finalizer to an object that is being deleted."""
    old = meta.old or {}
    if old.get("deletionTimestamp"):
        extra = sorted(set(meta.finalizers) - set(old.get("finalizers") or ()))
        if extra:
            yield Problem(
                FieldPath("finalizers"), f"no finalizer may be added while it is being deleted: {', '.join(extra)}"
            )


@METADATA_UPDATE_RULES.rule("metadata-immutable", "metadata.*", "FieldValueInvalid")
def metadata_immutable(meta: Metadata) -> Iterator[Problem]:
    """Update sets the deletion fields of an object.

    Only the server sets them. It silently restores other fields of its own, such as the creation
    time. An update with another name, namespace or uid is an update of another object.
    """
    if meta.old is not None:
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            new = meta.fields.get(field)
            if new is not None and new != meta.old.get(field):
                yield Problem(
                    FieldPath(field), "may not be set by an update", new, "leave it out; delete the object instead"
                )
