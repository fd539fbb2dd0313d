"""How the lists and maps of a Service merge, for patches and for server-side apply.

Few fields of a Service merge; all others are leaves, which a write replaces as a whole. The two ways to merge differ
for ports: a strategic merge patch identifies them by number, server-side apply by number and protocol.

Source: kubernetes/kubernetes 1.36.2, the tags `patchStrategy`, `patchMergeKey`,
`listType`, `listMapKey` and `mapType` in `staging/src/k8s.io/api/core/v1/types.go` and
`staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias, final

import attrs

from portmap._kubernetes.enums import DEFAULT_PROTOCOL
from portmap._kubernetes.violations import Violation


@final
@attrs.frozen
class Fields:
    """A struct: each field merges by itself. Fields that are not listed are leaves."""

    of: Mapping[str, "MergeType"]


@final
@attrs.frozen
class Names:
    """A map of text to text whose entries merge one by one, such as labels."""


@final
@attrs.frozen
class KeyedList:
    """A list of objects that merges item by item.

    Attributes:
        keys: The fields that tell items apart in server-side apply, with the value that a missing one has.
        patch_key: The field that tells items apart in a strategic merge patch.
        item: How two items of one key merge; `None` where one replaces the other.
    """

    keys: Mapping[str, object]
    patch_key: str
    item: Fields | None


@final
@attrs.frozen
class ScalarSet:
    """A list of scalars that merges as a set, such as finalizers."""


MergeType: TypeAlias = Fields | Names | KeyedList | ScalarSet | None
"""The way in which values of a field merge; `None` for a leaf."""

SERVICE_MERGE: Final = Fields(
    {
        "metadata": Fields(
            {
                "labels": Names(),
                "annotations": Names(),
                "finalizers": ScalarSet(),
                "ownerReferences": KeyedList({"uid": None}, "uid", None),
            }
        ),
        "spec": Fields(
            {
                "ports": KeyedList({"port": None, "protocol": DEFAULT_PROTOCOL}, "port", Fields({})),
                "sessionAffinityConfig": Fields({"clientIP": Fields({})}),
            }
        ),
        "status": Fields({"conditions": KeyedList({"type": None}, "type", Fields({})), "loadBalancer": Fields({})}),
    }
)
"""How a Service merges. The selector is a leaf in server-side apply: it has one owner."""


@final
class WriteRefusedError(Exception):
    """A write that fails before there is an object to validate."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__(*violations)
        self.violations: tuple[Violation, ...] = violations
