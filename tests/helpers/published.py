"""A naive transliteration of the EndpointSlice controller's selection of pods."""

from collections.abc import Collection, Iterable

from portmap import (
    Pod,
    Service,
)

__all__ = ["published"]


def published(service: Service, found: Iterable[Pod], nodes: Collection[str]) -> list[Pod]:
    """Return the pods in slices: selected, not finished, with an address, and on an existing node."""
    return [
        pod
        for pod in found
        if (service.namespace is None or pod.namespace is None or service.namespace == pod.namespace)
        and all(pod.labels.get(key) == value for key, value in (service.selector or {}).items())
        and pod.phase not in {"Succeeded", "Failed"}
        and (pod.addresses is None or len(pod.addresses) > 0)
        and (pod.addresses is None or pod.node_name in nodes or service.publish_not_ready_addresses)
    ]
