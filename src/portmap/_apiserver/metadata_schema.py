"""The fields of object metadata on the wire.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go`.
"""

from typing import Final

from portmap._kubernetes.schema import BOOLEAN, INT64, OPAQUE, TEXT, TEXT_MAP, TEXTS, TIME, list_of, struct

__all__ = ["METADATA"]

_OWNER_REFERENCE: Final = struct(
    {
        "apiVersion": TEXT,
        "kind": TEXT,
        "name": TEXT,
        "uid": TEXT,
        "controller": BOOLEAN,
        "blockOwnerDeletion": BOOLEAN,
    }
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
