"""Objects that are deployed together, as rules see them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, final

from portmap._graph.graph import Graph
from portmap._graph.group_graph import GroupGraph
from portmap._graph.input_context import Elsewhere
from portmap._graph.items import Item
from portmap._graph.near_selectors import NearWorkloads
from portmap._graph.object_name import ObjectName
from portmap._graph.port_map import PortMap, port_map_of
from portmap._graph.reach import ServiceNode
from portmap._graph.targets import ContainerTarget, ServiceTarget
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.kinds import USUAL_PLACE, any_template_path
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._resolution.resolution import Resolution


@final
class Bundle:
    """Objects that are deployed together, and the map of their ports.

    Attributes:
        items: The objects, in the order of the input.
        complete: Why the bundle holds everything that its objects refer to; `None` if that may be elsewhere.
        added_labels: The keys of labels that a build step adds to every object.
        graph: The graph of the objects, for the rules of portmap.
        cluster: The cluster whose rules apply.

    Example:
        >>> from portmap.lint import Bundle, lint, rule
        >>> seen = []
        >>> @rule("acme.look", on=Bundle, severity="info")
        ... def look(bundle, _):
        ...     "Look at what is deployed together."
        ...     seen.append(bundle)
        ...     return ()
        ...
        >>> report = lint([web, pod], rules=[look])
        >>> [bundle] = seen
    """

    __module__ = "portmap.lint"

    def __init__(self, graph: GroupGraph, cluster: Cluster) -> None:
        self.graph = graph
        self.items: tuple[Item, ...] = graph.group.items
        self.complete: str | None = graph.group.complete
        self.added_labels: frozenset[str] = graph.group.added_labels
        self.cluster = cluster

    @property
    def elsewhere(self) -> Elsewhere:
        """The rest of the input, for rules that ask for objects of other bundles.

        Example:
            >>> bundle.elsewhere.has_label("app")
            True
        """
        return self.graph.elsewhere

    @property
    def declared_complete(self) -> bool:
        """Whether the user declared the input complete, rather than the objects showing it.

        Example:
            >>> bundle.declared_complete
            False
        """
        return self.graph.group.is_declared_complete

    @cached_property
    def port_map(self) -> PortMap:
        """The map of the bundle's ports.

        Example:
            >>> len(bundle.port_map.services)
            1
        """
        return port_map_of(Graph.of([self.graph]), self.cluster)

    @property
    def services(self) -> tuple[Service, ...]:
        """The valid Services, sorted by namespace and name.

        Example:
            >>> [str(service) for service in bundle.services]
            ['Service web']
        """
        return self.port_map.services

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """The valid workloads and pods, sorted by namespace, kind and name.

        Example:
            >>> [str(workload) for workload in bundle.workloads]
            ['Pod web-0']
        """
        return self.port_map.workloads

    def resolution(self, service: Service) -> Resolution:
        """Return where the ports of one of `services` lead.

        Example:
            >>> bundle.resolution(bundle.services[0]).leads_nowhere
            ()
        """
        return self.port_map.resolution(service)

    def node(self, service: Service) -> ServiceNode:
        """Return one of `services` in the graph.

        Example:
            >>> print(bundle.node(bundle.services[0]).name)
            Service web
        """
        return self.graph.nodes[id(service)]

    def selected(self, service: Service) -> tuple[Workload, ...]:
        """Return the workloads that one of `services` selects.

        Example:
            >>> [str(workload) for workload in bundle.selected(bundle.services[0])]
            ['Pod web-0']
        """
        return self.port_map.selected(service)

    def services_named(self, name: str, namespace: str | None) -> Sequence[Service]:
        """Return the Services of this name that may be in this namespace.

        Those that name the namespace come before those that name none. If `namespace` is `None`, it may be any.

        Example:
            >>> [str(service) for service in bundle.services_named("web", "shop")]
            ['Service web']
        """
        return self.graph.services_named(name, namespace)

    def selecting(self, workload: Workload) -> Sequence[Service]:
        """Return the Services that select one of `workloads`.

        Example:
            >>> [str(service) for service in bundle.selecting(bundle.workloads[0])]
            ['Service web']
        """
        return self.graph.selecting(workload)

    @property
    def near_workloads(self) -> NearWorkloads:
        """An index of the workloads by what a selector that matches none of them may have in common.

        Example:
            >>> bundle.near_workloads.owner(bundle.services[0]) is None
            True
        """
        return self.graph.near_workloads

    def name_of(self, subject: Service | Workload) -> ObjectName:
        """Return the name of one of `services` or `workloads`, with its number if several have the name.

        Example:
            >>> str(bundle.name_of(bundle.services[0]))
            'Service web'
        """
        return self.graph.inventory.name(subject)

    def file_of(self, subject: Service | Workload) -> str:
        """Return the file of one of `services` or `workloads`; `""` if it was not read from one.

        Example:
            >>> bundle.file_of(bundle.services[0])
            ''
        """
        return self.graph.file_of(subject)

    @cached_property
    def declared(self) -> Mapping[ObjectName, Sequence[ContainerTarget]]:
        """The ports that the containers and sidecars of each workload declare.

        Example:
            >>> [target.port for targets in bundle.declared.values() for target in targets]
            [8080]
        """
        return {self.name_of(each): self.port_map.declared(each) for each in self.workloads}

    @cached_property
    def referenced_services(self) -> frozenset[ObjectName]:
        """The Services that something of the bundle refers to.

        Example:
            >>> bundle.referenced_services
            frozenset()
        """
        return frozenset(
            target.service
            for each in self.port_map.references
            for target in each.targets
            if isinstance(target, ServiceTarget)
        )

    @cached_property
    def linked_services(self) -> Mapping[str, Sequence[Service]]:
        """The Services for which the kubelet sets environment variables, by the prefix of the variables.

        Example:
            >>> [str(service) for services in bundle.linked_services.values() for service in services]
            ['Service web']
        """
        found: dict[str, list[Service]] = defaultdict(list)
        for service in self.services:
            if service.effective_type != "ExternalName" and service.cluster_ip != "None" and service.ports:
                found[link_prefix(service)].append(service)
        return found

    # --- items and fields ---

    def has_like(self, workload: Workload) -> bool:
        """Return whether one of `workloads` has the same name and labels.

        Example:
            >>> bundle.has_like(bundle.workloads[0])
            True
        """
        return self.graph.has_like(workload)

    def place_of(self, subject: Service | Workload | Pod | Item | ObjectName) -> tuple[Item, FieldPath]:
        """Return the item of an object, and the path of the object in the item.

        The path is empty unless the item holds several workloads.

        Raises:
            KeyError: The object is not in the bundle.

        Example:
            >>> item, path = bundle.place_of(bundle.services[0])
            >>> item.position, path
            (0, FieldPath())
        """
        return (subject, ROOT) if isinstance(subject, Item) else self.graph.place_of(subject)

    def raw(self, subject: Service | Workload | Pod | ObjectName) -> Mapping[str, Any]:
        """Return an object of the bundle as plain data.

        Example:
            >>> bundle.raw(bundle.services[0])["kind"]
            'Service'
        """
        return self.graph.raw(subject)

    def container_ports(self, workload: Workload) -> Iterator[tuple[FieldPath, Container, ContainerPort]]:
        """Yield the ports that a workload's containers and sidecars declare, each with its path and container.

        Example:
            >>> [(str(path), port.name) for path, container, port in bundle.container_ports(bundle.workloads[0])]
            [('spec.containers[0].ports[0]', 'http')]
        """
        pod = workload.pod
        spec: FieldPath | None = None
        for field, containers in (("containers", pod.containers), ("initContainers", pod.init_containers)):
            for place, container in enumerate(containers):
                if field == "containers" or container.is_sidecar:
                    for position, port in enumerate(container.ports):
                        spec = self.pod_spec(workload) if spec is None else spec
                        yield FieldPath(*spec, field, place, "ports", position), container, port

    def pod_spec(self, workload: Workload) -> FieldPath:
        """Return the path of a workload's pod spec: `spec.template.spec` in a Deployment.

        Example:
            >>> print(bundle.pod_spec(bundle.workloads[0]))
            spec
        """
        raw = self.raw(workload)
        path = any_template_path(raw) if raw.get("kind") else None
        return (USUAL_PLACE if path is None else path).child("spec")


def link_prefix(service: Service) -> str:
    """Return the prefix of the variables that the kubelet sets for a Service: `REDIS_MASTER` for `redis-master`.

    Source: kubernetes/kubernetes 1.36.2, `pkg/kubelet/envvars/envvars.go`.
    """
    return service.name.upper().replace("-", "_")
