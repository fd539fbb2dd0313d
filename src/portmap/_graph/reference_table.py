"""Everything but a Service that refers to a port: one table of kind, where it stands, and how it is looked up.

A row of `REFERENCES` names the kinds of objects that have the reference, the path to it
(`*` is every item of a list) and the function that reads what stands there. To teach
portmap another kind, add a row; the readers are in
`_service_references` and `_pod_references`. What a
`Reference` leads to is looked up elsewhere, by its `lookup` alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from portmap._graph import read_pod_references as of_pods
from portmap._graph import read_service_references as of_services
from portmap._graph.object_name import ObjectName
from portmap._graph.reference import EVERY, Found, Reader, Reference
from portmap._kubernetes.field_path import Step
from portmap._kubernetes.kinds import (
    OTHER_KINDS,
    SEVERAL_TEMPLATES,
    USUAL_PLACE,
    WORKLOAD_KINDS,
    any_template_path,
)

__all__ = ["REFERENCES", "Row", "references_of"]

_GATEWAY: Final = "gateway.networking.k8s.io"
_INGRESS: Final = (("networking.k8s.io", "Ingress"), ("extensions", "Ingress"))
_ROUTES: Final = tuple((_GATEWAY, kind) for kind in ("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"))
_POLICY: Final = (("networking.k8s.io", "NetworkPolicy"), ("extensions", "NetworkPolicy"))
_WEBHOOKS: Final = tuple(
    ("admissionregistration.k8s.io", f"{kind}WebhookConfiguration") for kind in ("Mutating", "Validating")
)
_CRD: Final = (("apiextensions.k8s.io", "CustomResourceDefinition"),)
_ROUTE: Final = (("route.openshift.io", "Route"), ("", "Route"))


class Row(NamedTuple):
    """One place where objects of some kinds refer to ports.

    Attributes:
        kinds: API group and kind of each.
        where: The path to the reference, or to what it is read from.
        read: What stands there, as references.
    """

    kinds: tuple[tuple[str, str], ...]
    where: tuple[Step, ...]
    read: Reader


def _template_rows() -> Iterator[Row]:
    """Containers of whatever makes pods: their probes and hooks."""
    templates = [(kind, path.steps) for kind, path in (*WORKLOAD_KINDS.items(), *OTHER_KINDS.items())]
    templates += [(kind, (*path, EVERY, "spec", "template")) for kind, (_, path) in SEVERAL_TEMPLATES.items()]
    for kind, path in templates:
        for where in _containers_of(path):
            yield Row((kind,), where, of_pods.handlers)


def _containers_of(template: Iterable[Step]) -> tuple[tuple[Step, ...], ...]:
    return tuple((*template, "spec", group, EVERY) for group in ("initContainers", "containers"))


REFERENCES: Final[tuple[Row, ...]] = (
    Row(_INGRESS, ("spec", "defaultBackend"), of_services.ingress_backend),
    Row(_INGRESS, ("spec", "backend"), of_services.ingress_backend),
    Row(_INGRESS, ("spec", "rules", EVERY, "http", "paths", EVERY, "backend"), of_services.ingress_backend),
    Row(_ROUTES, ("spec", "rules", EVERY, "backendRefs", EVERY), of_services.route_backend),
    Row(_ROUTES, ("spec", "rules", EVERY, "filters", EVERY, "requestMirror", "backendRef"), of_services.route_backend),
    Row(
        _ROUTES,
        ("spec", "rules", EVERY, "backendRefs", EVERY, "filters", EVERY, "requestMirror", "backendRef"),
        of_services.route_backend,
    ),
    Row(_ROUTES, ("spec", "parentRefs", EVERY), of_services.route_parent),
    Row(_POLICY, ("spec", "ingress", EVERY, "ports", EVERY), of_pods.policy_ingress_port),
    Row(_POLICY, ("spec", "egress", EVERY, "ports", EVERY), of_pods.policy_egress_port),
    Row((("apps", "StatefulSet"),), ("spec", "serviceName"), of_services.governing_service),
    Row(_WEBHOOKS, ("webhooks", EVERY, "clientConfig", "service"), of_services.webhook),
    Row((("apiregistration.k8s.io", "APIService"),), ("spec", "service"), of_services.api_service),
    Row(_CRD, ("spec", "conversion", "webhook", "clientConfig", "service"), of_services.webhook),
    Row(_CRD, ("spec", "conversion", "webhookClientConfig", "service"), of_services.webhook),
    Row((("monitoring.coreos.com", "ServiceMonitor"),), ("spec", "endpoints", EVERY), of_pods.service_monitor),
    Row((("monitoring.coreos.com", "PodMonitor"),), ("spec", "podMetricsEndpoints", EVERY), of_pods.pod_monitor),
    Row((("", "Endpoints"),), ("subsets", EVERY, "ports", EVERY), of_pods.endpoints_port),
    Row((("discovery.k8s.io", "EndpointSlice"),), ("ports", EVERY), of_pods.slice_port),
    Row(_ROUTE, ("spec", "to"), of_services.openshift_backend),
    Row(_ROUTE, ("spec", "alternateBackends", EVERY), of_services.openshift_backend),
    *_template_rows(),
)
"""Every place that portmap knows."""


def _by_kind() -> dict[tuple[str, str], tuple[Row, ...]]:
    rows: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in REFERENCES:
        for kind in row.kinds:
            rows[kind] = (*rows.get(kind, ()), row)
    return rows


_BY_KIND: Final = _by_kind()
_USUAL: Final = tuple(Row((), where, of_pods.handlers) for where in _containers_of(USUAL_PLACE))
"""What a custom kind has that no row is for, where it makes pods all the same."""


def references_of(manifest: Mapping[str, Any], source: ObjectName | None = None) -> Iterator[Reference]:
    """Every reference to a port, or to a Service, in this object.

    Args:
        manifest: The object, of any kind.
        source: What it is called, where that is known already.

    What is not shaped as its API says is passed over: it is the server's to refuse.
    """
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(kind, str):
        return
    group = api_version.rpartition("/")[0] if isinstance(api_version, str) else ""
    rows = _BY_KIND.get((group, kind))
    if rows is None and group == "extensions":
        rows = _BY_KIND.get(("apps", kind))
    if rows is None and any_template_path(manifest) == USUAL_PLACE:
        rows = _USUAL
    if not rows:
        return
    source = source or ObjectName.of(manifest)
    for row in rows:
        for path, parents in _places(manifest, row.where):
            yield from row.read(Found(source, manifest, path, parents))


def _places(manifest: Mapping[str, Any], where: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], tuple[Any, ...]]]:
    """Each place that the path leads to, with what stands there and all that it is in, the innermost last."""
    return _below((), (manifest,), where)


def _below(
    path: tuple[Step, ...], parents: tuple[Any, ...], where: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], tuple[Any, ...]]]:
    node: Any = parents[-1]
    deeper: list[Any] = []
    for depth, step in enumerate(where):
        if step == EVERY:
            if isinstance(node, list | tuple):
                path, parents, rest = (*path, *where[:depth]), (*parents, *deeper), where[depth + 1 :]
                for place, each in enumerate(node):
                    yield from _below((*path, place), (*parents, each), rest)
            return
        node = node.get(step) if type(node) is dict or isinstance(node, Mapping) else None
        if node is None:
            return
        deeper.append(node)
    yield (*path, *where), (*parents, *deeper)
