"""The annotations of Services whose values an API server checks."""

from typing import Final

__all__ = ["SOURCE_RANGES", "TOPOLOGY_AWARE_HINTS", "TOPOLOGY_MODE"]

SOURCE_RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
TOPOLOGY_AWARE_HINTS: Final = "service.kubernetes.io/topology-aware-hints"
TOPOLOGY_MODE: Final = "service.kubernetes.io/topology-mode"
