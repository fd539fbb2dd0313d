"""Object metadata: its fields on the wire, and the metadata as the rules see it.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, final

from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.schema import BOOLEAN, INT64, OPAQUE, TEXT, TEXT_MAP, TEXTS, TIME, list_of, struct

NameGrammar: TypeAlias = Callable[[str], tuple[str, ...]]
"""A function that returns why a name is invalid."""

_OWNER_REFERENCE: Final = struct(
    {"apiVersion": TEXT, "kind": TEXT, "name": TEXT, "uid": TEXT, "controller": BOOLEAN, "blockOwnerDeletion": BOOLEAN}
)
_MANAGED_FIELDS: Final = struct(
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
        "ownerReferences": list_of(_OWNER_REFERENCE),
        "managedFields": list_of(_MANAGED_FIELDS),
        "resourceVersion": TEXT,
        "uid": TEXT,
        "generation": INT64,
        "creationTimestamp": TIME,
        "deletionTimestamp": TIME,
        "deletionGracePeriodSeconds": INT64,
        "selfLink": TEXT,
    }
)


@final
class Metadata:
    """The metadata of an object, decoded, as the rules see it.

    Attributes:
        fields: All fields, by their names on the wire.
        old: The metadata of the stored object, if this is an update.
        name_reasons: The grammar of the name.
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
        # An update keeps the generation.
        self.generation: int = (fields if old is None else old).get("generation") or 0
