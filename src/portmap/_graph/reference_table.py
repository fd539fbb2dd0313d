"""The table of references to ports: the kind of object, the path of the field, and the reader.

A row of `REFERENCES` has the kinds of objects, the path to the reference (`*` is every item of a list) and the
function that reads it. To support another kind, add a row; the readers are in `read_service_references` and
`read_pod_references`. `lookup` resolves a `Reference` by its `lookup` attribute alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from portmap._graph import read_pod_references as of_pods
from portmap._graph import read_service_references as of_services
from portmap._graph.object_name import ObjectName
from portmap._graph.reference import EVERY, Node, Reader, Reference
from portmap._kubernetes.field_path import Step
from portmap._kubernetes.kinds import OTHER_KINDS, SEVERAL_TEMPLATES, USUAL_PLACE, WORKLOAD_KINDS, any_template_path

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
    """A field in which objects of some kinds refer to ports.

    Attributes:
        kinds: The API group and kind of the objects.
        where: The path to the node that has the reference.
        read: The function that reads the node.
    """

    kinds: tuple[tuple[str, str], ...]
    where: tuple[Step, ...]
    read: Reader


def _template_rows() -> Iterator[Row]:
    """Yield the rows of the containers of all workloads, for their probes and hooks."""
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
    *(
        Row((("argoproj.io", "Rollout"),), ("spec", "strategy", *path), of_services.rollout_service)
        for path in (
            ("blueGreen", "activeService"),
            ("blueGreen", "previewService"),
            ("canary", "stableService"),
            ("canary", "canaryService"),
            ("canary", "pingPong", "pingService"),
            ("canary", "pingPong", "pongService"),
        )
    ),
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
"""Every row of the table."""


def _by_kind() -> dict[tuple[str, str], tuple[Row, ...]]:
    rows: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in REFERENCES:
        for kind in row.kinds:
            rows[kind] = (*rows.get(kind, ()), row)
    return rows


_BY_KIND: Final = _by_kind()
_USUAL: Final = tuple(Row((), where, of_pods.handlers) for where in _containers_of(USUAL_PLACE))
"""The rows of a custom kind with a pod template at the usual path."""


def references_of(manifest: Mapping[str, Any], source: ObjectName | None = None) -> Iterator[Reference]:
    """Yield every reference to a port or to a Service in an object.

    Args:
        manifest: The object, of any kind.
        source: The name of the object, if it is known already.

    Malformed fields are skipped: the API server would refuse them.
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
        for path, parents in _nodes(manifest, row.where):
            yield from row.read(Node(source, manifest, path, parents))


def _nodes(manifest: Mapping[str, Any], where: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], tuple[Any, ...]]]:
    """Yield each node that the path matches: its path, and the nodes from the manifest down to it."""
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
                for index, item in enumerate(node):
                    yield from _below((*path, index), (*parents, item), rest)
            return
        node = node.get(step) if type(node) is dict or isinstance(node, Mapping) else None
        if node is None:
            return
        deeper.append(node)
    yield (*path, *where), (*parents, *deeper)
