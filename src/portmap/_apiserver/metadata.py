"""Object metadata: how it is decoded, and what the API server checks about it.

The same rules serve Services and Pods; only the grammar of the name differs. The
subject is the decoded `metadata` of a manifest under its wire names.

Source: kubernetes/kubernetes 1.36.2,
`staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, final

from portmap._apiserver.rule import Problem, Rules, rule
from portmap._kubernetes.cluster import GENERATE_NAME_KEPT, OWNER_REFERENCES_INDEXED, Cluster
from portmap._kubernetes.did_you_mean import spelt_as_label
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    LONGEST_LABEL,
    dns_label_reasons,
    label_value_reasons,
    masked_name,
    qualified_name_reasons,
)
from portmap._kubernetes.schema import BOOLEAN, INT64, OPAQUE, TEXT, TEXT_MAP, TEXTS, TIME, list_of, struct

__all__ = ["METADATA", "METADATA_RULES", "METADATA_UPDATE_RULES", "Metadata", "NameGrammar", "label_problems"]

NameGrammar = Callable[[str], tuple[str, ...]]

OWNER_REFERENCE: Final = struct(
    {
        "apiVersion": TEXT,
        "kind": TEXT,
        "name": TEXT,
        "uid": TEXT,
        "controller": BOOLEAN,
        "blockOwnerDeletion": BOOLEAN,
    }
)
MANAGED_FIELDS: Final = struct(
    {
        "manager": TEXT,
        "operation": TEXT,
        "apiVersion": TEXT,
        "time": TIME,
        "fieldsType": TEXT,
        "fieldsV1": OPAQUE,
        "subresource": TEXT,
    }
)
METADATA: Final = struct(
    {
        "name": TEXT,
        "generateName": TEXT,
        "namespace": TEXT,
        "labels": TEXT_MAP,
        "annotations": TEXT_MAP,
        "finalizers": TEXTS,
        "ownerReferences": list_of(OWNER_REFERENCE),
        "managedFields": list_of(MANAGED_FIELDS),
        "resourceVersion": TEXT,
        "uid": TEXT,
        "generation": INT64,
        "creationTimestamp": TIME,
        "deletionTimestamp": TIME,
        "deletionGracePeriodSeconds": INT64,
        "selfLink": TEXT,
    }
)

_SOURCE: Final = "staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go"
_MOST_ANNOTATION_BYTES: Final = 256 * 1024
_OWNER_FIELDS: Final = ("kind", "name", "uid")
_STANDARD_FINALIZERS: Final = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


@final
class Metadata:
    """The subject of the metadata rules: decoded metadata, and what it is judged by.

    Attributes:
        fields: The metadata under its wire names.
        old: That of the stored object, if this is an update.
        name_reasons: The grammar of the object's name.
    """

    __slots__ = (
        "annotations",
        "cluster",
        "fields",
        "finalizers",
        "generate_name",
        "generation",
        "labels",
        "name",
        "name_reasons",
        "namespace",
        "old",
        "owner_references",
    )

    def __init__(
        self,
        fields: Mapping[str, Any],
        cluster: Cluster,
        name_reasons: NameGrammar,
        old: Mapping[str, Any] | None = None,
    ) -> None:
        get = fields.get
        self.fields = fields
        self.cluster = cluster
        self.name_reasons = name_reasons
        self.old = old
        self.name: str = get("name") or ""
        self.generate_name: str = get("generateName") or ""
        self.namespace: str = get("namespace") or ""
        self.labels: Mapping[str, str] = get("labels") or {}
        self.annotations: Mapping[str, str] = get("annotations") or {}
        self.finalizers: Sequence[str] = get("finalizers") or ()
        self.owner_references: Sequence[Mapping[str, Any]] = get("ownerReferences") or ()
        self.generation: int = get("generation") or 0


def label_problems(labels: Mapping[str, str], path: FieldPath) -> list[Problem]:
    """What is wrong with label keys and values (`ValidateLabels`). The path names no key, as the server's."""
    found = []
    for key, value in labels.items():
        reasons = qualified_name_reasons(key)
        if reasons:
            found.append(Problem(path, "key " + "; ".join(reasons), key))
        reasons = label_value_reasons(value)
        if reasons:
            found.append(Problem(path, f"value of label {key!r} " + "; ".join(reasons), value, _label_hint(value)))
    return found


def _label_hint(value: str) -> str:
    if len(value) > LONGEST_LABEL:
        return f"shorten it to {LONGEST_LABEL} characters, or make it an annotation"
    return "free text belongs in an annotation, not in a label"


@rule("generate-name-syntax", "metadata.generateName", "FieldValueInvalid", source=_SOURCE, when="generate_name")
def generate_name_syntax(meta: Metadata) -> Iterator[Problem]:
    """A `generateName` must be the beginning of a good name.

    The server appends five random characters to it, so a hyphen at its end is fine.
    Up to 1.33 an update checks it as well.
    """
    if meta.old is None or not meta.cluster.enabled(GENERATE_NAME_KEPT):
        reasons = meta.name_reasons(masked_name(meta.generate_name))
        if reasons:
            yield Problem(FieldPath("generateName"), "; ".join(reasons), meta.generate_name)


@rule("name-required", "metadata.name", "FieldValueRequired", source=_SOURCE)
def name_required(meta: Metadata) -> list[Problem] | None:
    """Every object has a name, or a `generateName` to make one of."""
    if meta.name or meta.generate_name:
        return None
    return [Problem(FieldPath("name"), "name or generateName is required", hint="give the object a name")]


@rule("name-syntax", "metadata.name", "FieldValueInvalid", source=_SOURCE)
def name_syntax(meta: Metadata) -> list[Problem] | None:
    """A Service's name is a DNS label, since it becomes a DNS name.

    Before Kubernetes 1.36 it must also begin with a letter (RFC 1035); from 1.36 on
    it may begin with a digit (RFC 1123). A Pod's name is a DNS subdomain.
    """
    name = meta.name or _generated(meta.generate_name)
    reasons = meta.name_reasons(name) if name else ()
    if not reasons:
        return None
    guess = spelt_as_label(name, LONGEST_LABEL) if meta.name else None
    good = guess is not None and not meta.name_reasons(guess)
    hint = f"for instance {guess!r}" if good else None
    return [Problem(FieldPath("name"), "; ".join(reasons), meta.name or meta.generate_name, hint)]


def _generated(prefix: str | None) -> str:
    """A name such as the server makes of a `generateName`: cut to leave room, plus five characters."""
    return f"{prefix[:58]}xxxxx" if prefix else ""


@rule("namespace-syntax", "metadata.namespace", "FieldValueInvalid", source=_SOURCE, when="namespace")
def namespace_syntax(meta: Metadata) -> list[Problem] | None:
    """A namespace's name is a DNS label."""
    reasons = dns_label_reasons(meta.namespace)
    return [Problem(FieldPath("namespace"), "; ".join(reasons), meta.namespace)] if reasons else None


@rule("negative-generation", "metadata.generation", "FieldValueInvalid", source=_SOURCE, when="generation")
def negative_generation(meta: Metadata) -> Iterator[Problem]:
    """`generation` counts changes and is the server's to set; it is never negative."""
    if meta.generation < 0:
        yield Problem(FieldPath("generation"), "must not be negative", meta.generation, "leave it out")


@rule("label-syntax", "metadata.labels", "FieldValueInvalid", source=_SOURCE, when="labels")
def label_syntax(meta: Metadata) -> list[Problem]:
    """Label keys are qualified names, label values at most 63 bytes of `A-Za-z0-9-_.`."""
    return label_problems(meta.labels, FieldPath("labels"))


@rule("annotation-key-syntax", "metadata.annotations", "FieldValueInvalid", source=_SOURCE, when="annotations")
def annotation_key_syntax(meta: Metadata) -> Iterator[Problem]:
    """Annotation keys are qualified names, whatever their case. Their values are free."""
    for key in meta.annotations:
        reasons = qualified_name_reasons(key.lower())
        if reasons:
            yield Problem(FieldPath("annotations"), "key " + "; ".join(reasons), key)


@rule("annotations-too-long", "metadata.annotations", "FieldValueTooLong", source=_SOURCE, when="annotations")
def annotations_too_long(meta: Metadata) -> Iterator[Problem]:
    """All annotations of an object together hold at most 262144 bytes, keys included."""
    size = sum(len(text.encode("utf-8", "surrogatepass")) for pair in meta.annotations.items() for text in pair)
    if size > _MOST_ANNOTATION_BYTES:
        yield Problem(FieldPath("annotations"), f"may not be more than {_MOST_ANNOTATION_BYTES} bytes, and is {size}")


@rule(
    "owner-reference-field", "metadata.ownerReferences.*", "FieldValueInvalid", source=_SOURCE, when="owner_references"
)
def owner_reference_field(meta: Metadata) -> Iterator[Problem]:
    """An owner is named by a version, a kind, a name and a uid.

    Up to 1.36 the server's path has no index, and what is missing counts as invalid.
    """
    indexed = meta.cluster.enabled(OWNER_REFERENCES_INDEXED)
    for position, owner in enumerate(meta.owner_references):
        root = _owner_path(meta, position)
        group_version = owner.get("apiVersion", "")
        # `a/b/c` is no group and version, and leaves the server with no version at all.
        if not group_version.rpartition("/")[2] or group_version.count("/") > 1:
            if group_version or not indexed:
                yield Problem(root.child("apiVersion"), "must name a version", group_version)
        for field in () if indexed else _OWNER_FIELDS:
            if not owner.get(field):
                yield Problem(root.child(field), "must not be empty", "")


def _owner_path(meta: Metadata, position: int) -> FieldPath:
    path = FieldPath("ownerReferences")
    return path.index(position) if meta.cluster.enabled(OWNER_REFERENCES_INDEXED) else path


@rule(
    "owner-reference-field-required",
    "metadata.ownerReferences[*].*",
    "FieldValueRequired",
    source=f"{_SOURCE} at 1.37",
    when="owner_references",
)
def owner_reference_field_required(meta: Metadata) -> Iterator[Problem]:
    """From 1.37 on, what is missing of an owner reference is required, and named with its index."""
    if meta.cluster.enabled(OWNER_REFERENCES_INDEXED):
        for position, owner in enumerate(meta.owner_references):
            for field in ("apiVersion", *_OWNER_FIELDS):
                if not owner.get(field):
                    yield Problem(_owner_path(meta, position).child(field), "must not be empty")


@rule(
    "owner-reference-banned", "metadata.ownerReferences", "FieldValueInvalid", source=_SOURCE, when="owner_references"
)
def owner_reference_banned(meta: Metadata) -> Iterator[Problem]:
    """An Event may not own anything."""
    for position, owner in enumerate(meta.owner_references):
        if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
            yield Problem(_owner_path(meta, position), "an Event may not be an owner", owner)


@rule("several-controllers", "metadata.ownerReferences", "FieldValueInvalid", source=_SOURCE, when="owner_references")
def several_controllers(meta: Metadata) -> Iterator[Problem]:
    """At most one owner is the controller. The same owner written twice counts once."""
    import json

    controllers = [owner for owner in meta.owner_references if owner.get("controller")]
    different = {json.dumps(owner, sort_keys=True): owner for owner in controllers}
    for extra in list(different.values())[1:]:
        yield Problem(FieldPath("ownerReferences"), "only one owner may have controller set to true", extra)


@rule("finalizer-syntax", "metadata.finalizers", "FieldValueInvalid", source=_SOURCE, when="finalizers")
def finalizer_syntax(meta: Metadata) -> Iterator[Problem]:
    """A finalizer's name is a qualified name."""
    for finalizer in meta.finalizers if meta.old is None else ():
        reasons = qualified_name_reasons(finalizer)
        if reasons:
            yield Problem(FieldPath("finalizers"), "; ".join(reasons), finalizer)


@rule(
    "finalizer-unqualified",
    "metadata.finalizers[*]",
    "FieldValueInvalid",
    source="pkg/apis/core/validation/validation.go, validateKubeFinalizerName",
    when="finalizers",
)
def finalizer_unqualified(meta: Metadata) -> Iterator[Problem]:
    """A finalizer is one of Kubernetes' own or has a domain in front of it."""
    for position, finalizer in enumerate(meta.finalizers):
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            detail = "is neither a standard finalizer nor a name with a domain, such as example.com/cleanup"
            yield Problem(FieldPath("finalizers", position), detail, finalizer)


@rule("finalizer-conflict", "metadata.finalizers", "FieldValueInvalid", source=_SOURCE, when="finalizers")
def finalizer_conflict(meta: Metadata) -> Iterator[Problem]:
    """`orphan` and `foregroundDeletion` contradict each other."""
    if meta.old is None and {"orphan", "foregroundDeletion"} <= set(meta.finalizers):
        yield Problem(
            FieldPath("finalizers"), "orphan and foregroundDeletion cannot both be set", list(meta.finalizers)
        )


@rule("new-finalizer", "metadata.finalizers", "FieldValueForbidden", source=_SOURCE, when="finalizers")
def new_finalizer(meta: Metadata) -> Iterator[Problem]:
    """An object that is being deleted takes no new finalizers."""
    old = meta.old or {}
    if old.get("deletionTimestamp"):
        extra = sorted(set(meta.finalizers) - set(old.get("finalizers") or ()))
        if extra:
            yield Problem(
                FieldPath("finalizers"), f"no finalizer may be added while it is being deleted: {', '.join(extra)}"
            )


@rule("metadata-immutable", "metadata.*", "FieldValueInvalid", source=_SOURCE)
def metadata_immutable(meta: Metadata) -> Iterator[Problem]:
    """An update does not delete: the deletion fields are the server's to set.

    Other fields that are the server's (creation time, generation) are put back in
    silence; another name, namespace or uid is no update of this object at all.
    """
    if meta.old is not None:
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            new = meta.fields.get(field)
            if new is not None and new != meta.old.get(field):
                yield Problem(
                    FieldPath(field), "may not be set by an update", new, "leave it out; delete the object instead"
                )


METADATA_RULES: Final[Rules[Metadata]] = Rules(
    generate_name_syntax,
    name_required,
    name_syntax,
    namespace_syntax,
    negative_generation,
    label_syntax,
    annotation_key_syntax,
    annotations_too_long,
    owner_reference_field,
    owner_reference_field_required,
    owner_reference_banned,
    several_controllers,
    finalizer_syntax,
    finalizer_unqualified,
    finalizer_conflict,
)
"""The rules of a create, in the server's order."""

METADATA_UPDATE_RULES: Final[Rules[Metadata]] = Rules(
    generate_name_syntax,
    new_finalizer,
    metadata_immutable,
    label_syntax,
    annotation_key_syntax,
    annotations_too_long,
    owner_reference_field,
    owner_reference_field_required,
    owner_reference_banned,
    several_controllers,
    finalizer_unqualified,
)
"""The rules of an update, in the server's order."""
