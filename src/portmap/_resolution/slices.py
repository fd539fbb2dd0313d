"""Endpoints grouped into EndpointSlices, as the EndpointSlice controller publishes them.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/endpointslice/utils.go`
(`getEndpointPorts`, `podToEndpoint`) and `reconciler.go`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import final

import attrs

from portmap._model.pods import Pod
from portmap._model.services import Service


@final
@attrs.frozen
class EndpointPort:
    """A port of an EndpointSlice: the name is that of the Service port, the number that of the pod.

    Example:
        >>> [published] = resolve(web, [pod]).slices
        >>> published.ports
        (EndpointPort(name='http', protocol='TCP', port=8080, app_protocol=None),)
    """

    __module__ = "portmap"

    name: str
    protocol: str
    port: int
    app_protocol: str | None = None


@final
@attrs.frozen
class SliceEndpoint:
    """A pod in an EndpointSlice.

    Attributes:
        pod: The name of the pod.
        addresses: The addresses of the pod that have the slice's address type.
        ready: Whether the pod receives traffic.
        serving: Whether the pod is ready, terminating or not.
        terminating: Whether the pod is being deleted.
        node_name: The node on which the pod runs.
        hostname: The host name, if the Service gives the pod a DNS name of its own.

    Example:
        >>> [published] = resolve(web, [pod]).slices
        >>> [(endpoint.pod, endpoint.ready) for endpoint in published.endpoints]
        [('web-0', True)]
    """

    __module__ = "portmap"

    pod: str
    addresses: tuple[str, ...]
    ready: bool
    serving: bool
    terminating: bool
    node_name: str | None = None
    hostname: str | None = None


@final
@attrs.frozen
class EndpointSlice:
    """The pods of one address type that have the same ports, as the controller publishes them.

    A real controller splits them into slices of 100 endpoints. Here they stay together.

    Attributes:
        address_type: `IPv4` or `IPv6`.
        ports: The name, protocol and number of each Service port that resolves in these pods.
        endpoints: The pods, sorted by name.
        projected: Whether the pods are those that workloads will create, which have no addresses yet.

    Example:
        >>> [published] = resolve(web, [pod]).slices
        >>> published.address_type, published.ports[0].port, published.endpoints[0].pod
        ('IPv4', 8080, 'web-0')
    """

    __module__ = "portmap"

    address_type: str
    ports: tuple[EndpointPort, ...]
    endpoints: tuple[SliceEndpoint, ...]
    projected: bool = False


@final
@attrs.frozen
class PublishedPod:
    """A pod that the controller publishes for a Service.

    Attributes:
        pod: The pod.
        addresses: Its addresses, by IP family.
        numbers: For each port of the Service, the number in this pod; `None` where it does not resolve.
    """

    pod: Pod
    addresses: Mapping[str, tuple[str, ...]]
    numbers: tuple[int | None, ...]


def is_ready(service: Service, pod: Pod) -> bool:
    """Return whether the pod receives traffic of the Service. A projected pod counts as ready."""
    return bool(service.publish_not_ready_addresses) or (_is_serving(pod) and not pod.is_terminating)


def _is_serving(pod: Pod) -> bool:
    return pod.is_projected or bool(pod.ready)


def slices_of(service: Service, pods: Sequence[PublishedPod], families: Sequence[str]) -> Iterator[EndpointSlice]:
    """Yield the EndpointSlices of a Service. A family without any pod has one empty slice."""
    # Nearly all pods have the same numbers, so the ports of a slice are built once for each set of numbers.
    built: dict[tuple[int | None, ...], tuple[frozenset[EndpointPort], tuple[EndpointPort, ...]]] = {}
    for family in families:
        groups: dict[tuple[frozenset[EndpointPort], bool], tuple[tuple[EndpointPort, ...], list[SliceEndpoint]]] = {}
        for published in pods:
            pod, addresses, numbers = published.pod, published.addresses[family], published.numbers
            if not (addresses or pod.is_projected):
                continue
            if numbers not in built:
                ports = _slice_ports(service, numbers)
                # The controller ignores the order of ports when it compares slices (`NewPortMapKey`).
                built[numbers] = frozenset(ports), ports
            key, ports = built[numbers]
            _, endpoints = groups.setdefault((key, pod.is_projected), (ports, []))
            endpoints.append(_slice_endpoint(service, pod, addresses))
        if not groups:
            yield EndpointSlice(family, (), ())
        for (_, projected), (ports, endpoints) in groups.items():
            ordered = tuple(sorted(endpoints, key=lambda endpoint: (endpoint.pod, endpoint.addresses)))
            yield EndpointSlice(family, ports, ordered, projected)


def _slice_ports(service: Service, numbers: tuple[int | None, ...]) -> tuple[EndpointPort, ...]:
    return tuple(
        EndpointPort(port.name or "", port.effective_protocol, number, port.app_protocol)
        for port, number in zip(service.ports, numbers, strict=True)
        if number is not None
    )


def _slice_endpoint(service: Service, pod: Pod, addresses: tuple[str, ...]) -> SliceEndpoint:
    has_dns_name = bool(pod.hostname) and pod.subdomain == service.name
    return SliceEndpoint(
        pod.name,
        addresses,
        ready=is_ready(service, pod),
        serving=_is_serving(pod),
        terminating=pod.is_terminating,
        node_name=pod.node_name,
        hostname=pod.hostname if has_dns_name else None,
    )
