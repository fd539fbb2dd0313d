"""The fields of a reference to an object, which several kinds have.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/api/core/v1/types.go`.
"""

from typing import Final

from portmap._kubernetes.schema import TEXT, struct

OBJECT_REFERENCE: Final = struct(
    dict.fromkeys(("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"), TEXT)
)
