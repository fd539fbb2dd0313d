"""The map of a set of objects: what every port reaches, and what reaches it.

One pass reads the objects. They are then joined by labels and names, so the cost is about
the sum of the objects and of the connections between them.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, final

import attrs

from portmap._graph.chain_builder import ChainBuilder
from portmap._graph.chains import Chain
from portmap._graph.graph import Graph, graph_of
from portmap._graph.http_rules import rules_for
from portmap._graph.inventory import UnknownObject
from portmap._graph.items import name_of
from portmap._graph.node_ports import HostPorts, NodePorts, host_ports_of, node_ports_of
from portmap._graph.object_name import ObjectName
from portmap._graph.reach import ServiceNode, declared_targets
from portmap._graph.set_misses import unreached_targets
from portmap._graph.targets import ContainerTarget, MapMiss, ResolvedReference
from portmap._graph.user_names import UserNames, no_container_port
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.printable import safe_repr
from portmap._kubernetes.target_syntax import ObjectTarget, parse_target
from portmap._model.foreign import require_iterable
from portmap._model.pods import Pod
from portmap._model.ports import ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload, as_workload
from portmap._resolution.resolution import Resolution
from portmap._resolution.why_not import some

if TYPE_CHECKING:
    from portmap._graph.trace import Trace


@final
@attrs.frozen(eq=False)
class PortMap:
    """What every port of a set of objects reaches, and what reaches it.

    Create one with `PortMap.of`. It is immutable. Everything in it is sorted, so the order
    of the objects does not matter. An object without a namespace matches any namespace.

    Attributes:
        cluster: The cluster whose control plane resolves the ports.
        references: The references to ports and Services in other objects, with their targets.
        misses: The ports of Services without endpoints, and the references that do not resolve.
        unreached: The declared container ports that no Service, host port, probe, hook or
            monitor reaches.
        node_ports: The node ports of the Services, their collisions, and the free ones.
        host_ports: The host ports of the workloads, and their collisions.
        graph: The nodes of the graph, for the other parts of portmap; and so those that follow.
        chains: Builds chains through the graph.
        names: Finds the objects that a user names.

    Example:
        >>> shop = PortMap.of([web, typo, pod, front])
        >>> [(str(miss.source), miss.field, miss.hint) for miss in shop.misses]
        [('Service typo', 'spec.ports[0].targetPort', "did you mean 'http'?")]
    """

    __module__ = "portmap"

    cluster: Cluster
    references: tuple[ResolvedReference, ...] = attrs.field(repr=False)
    misses: tuple[MapMiss, ...] = attrs.field(repr=False)
    unreached: tuple[ContainerTarget, ...] = attrs.field(repr=False)
    node_ports: NodePorts = attrs.field(repr=False)
    host_ports: HostPorts = attrs.field(repr=False)
    graph: Graph = attrs.field(repr=False)
    chains: ChainBuilder = attrs.field(repr=False)
    names: UserNames = attrs.field(repr=False)
    _workload_names: Mapping[int, ObjectName] = attrs.field(repr=False)

    @classmethod
    def of(
        cls, objects: Iterable[object], *, cluster: Cluster | None = None, namespace: str | None = None
    ) -> "PortMap":
        """Return the map of these objects.

        Args:
            objects: Plain mappings of any kind, `Service`, `Pod`, `Workload`, and the
                documents that `portmap.load` returns, in any combination. Objects that the
                API server would refuse are in `unknown`.
            cluster: The cluster that validates the objects, and whose control plane
                resolves the ports; by default, the cluster in force.
            namespace: The namespace of the objects without one; by default, they match any.

        Raises:
            TypeError: One of the objects has another type.

        Example:
            >>> PortMap.of([web, pod], namespace="shop").services[0].namespace
            'shop'
        """
        cluster = cluster or cluster_in_force()
        return port_map_of(
            graph_of(list(require_iterable(objects, "PortMap.of")), cluster, namespace=namespace), cluster
        )

    @property
    def services(self) -> tuple[Service, ...]:
        """The Services, by namespace and name.

        Example:
            >>> [str(service) for service in shop.services]
            ['Service typo', 'Service web']
        """
        return tuple(node.service for node in self.graph.services)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """The workloads, by namespace, kind and name. A pod is a workload of kind Pod.

        Example:
            >>> [str(workload) for workload in shop.workloads]
            ['Pod web-0']
        """
        return tuple(workload for workload, _ in self.graph.workloads)

    @property
    def unknown(self) -> tuple[UnknownObject, ...]:
        """The objects that the API server would refuse. References to them are not misses.

        Example:
            >>> broken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "broken"}, "spec": {}}
            >>> [str(unknown.name) for unknown in PortMap.of([broken]).unknown]
            ['Service broken']
        """
        return self.graph.unknown

    @property
    def others(self) -> int:
        """The number of objects that do not concern ports.

        Example:
            >>> settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
            >>> PortMap.of([web, settings]).others
            1
        """
        return self.graph.others

    def resolution(self, service: Service | str, *, namespace: str | None = None) -> Resolution:
        """Return the resolution of a Service.

        Args:
            service: One of `services`, or its name: `"web"` or `"service/web"`.
            namespace: The namespace; can be left out if only one has such a Service.

        Raises:
            KeyError: There is no such Service, or several namespaces have one.
            ValueError: The text is not the name of a Service.
            TypeError: `service` is neither a Service nor a name.

        Example:
            >>> shop.resolution("typo").leads_nowhere
            (ServicePort(80, target_port='htpp'),)
        """
        return self._node(service, namespace).resolution

    def selected(self, service: Service | str, *, namespace: str | None = None) -> tuple[Workload, ...]:
        """Return the workloads that a Service selects.

        The arguments and errors are those of `resolution`.

        Example:
            >>> [str(workload) for workload in shop.selected(web)]
            ['Pod web-0']
        """
        return self._node(service, namespace).selected

    def targets(
        self, service: Service | str, port: ServicePort | int | str | None = None, *, namespace: str | None = None
    ) -> tuple[ContainerTarget, ...]:
        """Return the container ports that a Service port reaches.

        The arguments and errors are those of `why_not`.

        Example:
            >>> print(*shop.targets(web, 0))
            Pod web-0 app 8080/TCP
        """
        node, position = self._port(service, port, namespace)
        return node.targets[position]

    def why_not(
        self, service: Service | str, port: ServicePort | int | str | None = None, *, namespace: str | None = None
    ) -> str:
        """Return why a Service port reaches no container port, or `"it leads to …"` if it does.

        The text is for people and never empty. `targets` takes the same arguments and says
        whether the port reaches anything. For a Service without a selector, the text says who
        manages its endpoints, or the addresses of its manual endpoints.

        Args:
            service: One of `services`, or its name: `"web"` or `"service/web"`; or the
                name with the port after it, as for `reaches`: `"web:http"`, `"web:80"`.
            port: The Service port, by its position in `ports`, by name or as an object; can be
                left out if there is only one. `0` is the first port, not a port number;
                `""` is the port without a name.
            namespace: The namespace; can be left out if only one has such a Service.

        Raises:
            KeyError: There is no such Service or port, or several namespaces have the Service.
            ValueError: The text is not the name of a Service, or it names a port and `port` is given, too.
            TypeError: `service` is neither a Service nor a name, or `port` has another type.

        Example:
            >>> shop.why_not("typo")
            "no container port named 'htpp' for TCP in Pod/web-0: it declares http/TCP → 8080 in app"
            >>> shop.why_not("web:http")
            'it leads to Pod web-0 app 8080/TCP'
            >>> shop.why_not(web, 0) == shop.why_not("web", "http") == shop.why_not("web:80")
            True
        """
        node, position = self._port(service, port, namespace)
        reached = [str(target) for target in node.targets[position]]
        return f"it leads to {some(reached)}" if reached else self.graph.outcome(node, position).reason

    def declared(self, workload: Workload) -> tuple[ContainerTarget, ...]:
        """Return the ports that the containers and sidecars of one of `workloads` declare.

        Example:
            >>> print(*shop.declared(shop.workloads[0]))
            Pod web-0 app 8080/TCP
        """
        return tuple(declared_targets(workload, self._workload_names.get(id(workload)) or name_of(workload)))

    def selects_unknown(self, service: Service | str, *, namespace: str | None = None) -> bool:
        """Return whether a Service selects pods that an object of `unknown` would create.

        The arguments and errors are those of `resolution`.

        Example:
            >>> shop.selects_unknown(web)
            False
        """
        return bool(self._node(service, namespace).unknown)

    def reaches(self, target: str, *, namespace: str | None = None) -> tuple[ContainerTarget, ...]:
        """Return the container ports that a Service port reaches.

        Args:
            target: `"service/web:http"`, `"service/shop/web:http"` or `"web:80"`: the
                Service, and its port by name or number, which can be left out if
                there is only one.
            namespace: The namespace; can be left out if only one has such a Service.

        Raises:
            KeyError: There is no such Service or port, or several namespaces have the Service.
            ValueError: The text does not name a Service and port.

        Example:
            >>> print(*shop.reaches("service/web:http"))
            Pod web-0 app 8080/TCP
        """
        ports = self.names.ports(self.names.parse(target), namespace)
        return tuple(dict.fromkeys(target for node, position in ports for target in node.targets[position]))

    def through(self, target: str, *, namespace: str | None = None) -> tuple[Chain, ...]:
        """Return every chain through a Service port, from the outside to a container port.

        The arguments and errors are those of `reaches`.

        Example:
            >>> for chain in shop.through("web:http"):
            ...     print(chain)
            ...
            cluster-ip: Service web 80 → Pod web-0 app 8080/TCP
            ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP
        """
        ports = self.names.ports(self.names.parse(target), namespace)
        chains = (chain for node, position in ports for chain in self.chains.through(node, position))
        return tuple(dict.fromkeys(chains))

    def who_reaches(
        self,
        workload: Workload | Pod | str,
        container: str | None = None,
        port: int | str | None = None,
        *,
        namespace: str | None = None,
    ) -> tuple[Chain, ...]:
        """Return every chain to the container ports of a workload.

        Args:
            workload: One of `workloads`, a pod, or a name: `"deployment/web"` or `"web"`.
            container: Only the ports of this container.
            port: Only the port of this number or name.
            namespace: The namespace; can be left out if only one has such a workload.

        Raises:
            KeyError: There is no such workload or port, or several namespaces have the workload.

        Example:
            >>> [chain.entry for chain in shop.who_reaches("pod/web-0", port="http")]
            ['direct', 'cluster-ip', 'ingress']
        """
        own = self._workload_names.get(id(workload))
        if isinstance(workload, str):
            workloads = self.names.workloads(self.names.parse(workload), namespace)
        elif isinstance(workload, Workload) and own is not None:
            workloads = [(workload, own)]
        else:
            name = name_of(as_workload(workload))
            workloads = self.names.workloads(ObjectTarget(name.kind, name.name), name.namespace)
        targets = dict.fromkeys(target for named in workloads for target in self.chains.targets_of(*named))
        matching = [
            target
            for target in targets
            if container in {None, target.container} and port in {None, target.port, target.name}
        ]
        if not matching:
            text = ":".join(str(part) for part in (container, port) if part is not None)
            raise KeyError(no_container_port(workloads[0][1], text, targets))
        return tuple(chain for target in matching for chain in self.chains.to(target))

    def host(self, host: str, path: str = "/") -> tuple[Chain, ...]:
        """Return the chains of a request for this host and path, through Ingresses and routes.

        There are several if a Service selects several workloads or a route splits its
        traffic, and none if no rule matches. `stops` says why a chain reaches no container port.

        Args:
            host: The host name of the request, such as `"shop.example"`.
            path: The path of the request.

        Example:
            >>> print(*shop.host("shop.example", "/cart"))
            ingress: Ingress front */ → Service web 80 → Pod web-0 app 8080/TCP
        """
        rules = rules_for(self.references, host, path)
        return tuple(dict.fromkeys(chain for rule in rules for chain in self.chains.onward(rule)))

    def node_port(self, number: int) -> tuple[Chain, ...]:
        """Return the chains of a node port; none if no Service requests that number.

        Example:
            >>> port = ServicePort(80, node_port=30080, target_port="http")
            >>> public = Service.node_port("web", [port], selector={"app": "web"})
            >>> print(*PortMap.of([public, pod]).node_port(30080))
            node-port: Service web every node 30080 → Service web 80 → Pod web-0 app 8080/TCP
        """
        ports = dict.fromkeys((port.service, port.position) for port in self.node_ports.of(number))
        return tuple(dict.fromkeys(chain for port in ports for chain in self.chains.from_node_port(*port)))

    def trace(self, target: str | Service, *, namespace: str | None = None) -> "tuple[Trace, ...]":
        """Return what reaches a port or serves a request, and what it reaches.

        Args:
            target: A Service or one of its ports (`"service/web"`, `"web:http"`); a workload, a
                container or a port of it (`"deployment/web:http"`, `"deployment/web:app:8080"`);
                a host and path (`"shop.example/api"`); a port of nodes (`"30080"`).
                docs/portmap.md describes how these forms differ. Or one of `services`.
            namespace: The namespace of the object; can be left out if only one has it,
                or if the text names it: `"service/shop/web:http"`.

        Returns:
            One trace for each port, and for each rule that a request matches: at least one,
            except for one of `services` that has no ports.

        Raises:
            KeyError: There is no such object, port or rule, or several namespaces have the object.
            ValueError: The text has none of these forms.

        Example:
            >>> [trace] = shop.trace("web:http")
            >>> for approach in trace.approaches:
            ...     print(approach)
            ...
            cluster-ip
            ingress: Ingress front */
            >>> print(trace.onward[0].end)
            Pod web-0 app 8080/TCP
        """
        from portmap._graph.trace import Tracer  # The linter traces nothing.

        tracer = Tracer(self.graph, self.chains, self.names, self.references, self.node_ports, self.host_ports)
        if isinstance(target, str):
            return tracer.trace(parse_target(target, self.names.kinds), namespace)
        node = self._node(target)
        return tuple(tracer.trace_port(node, position) for position, _ in enumerate(target.ports))

    def as_dict(self) -> dict[str, Any]:
        """Return the map as plain data, which docs/portmap.md describes.

        Example:
            >>> shop.as_dict()["services"][0]["name"]
            'typo'
        """
        ports = self.node_ports, self.host_ports
        from portmap._graph.as_dict import as_plain_data

        return as_plain_data(self.cluster, self.graph, self.chains, self.unreached, ports)

    def _node(self, service: Service | str, namespace: str | None = None) -> ServiceNode:
        """Return a Service of the graph."""
        if isinstance(service, str):
            return self.names.services(self.names.parse(service), namespace)[0]
        argument: object = service
        if not isinstance(argument, Service):
            raise TypeError(f"service must be a Service of the map or its name, not {safe_repr(argument)}")
        return self.graph.node(service)

    def _port(
        self, service: Service | str, port: ServicePort | int | str | None, namespace: str | None
    ) -> tuple[ServiceNode, int]:
        """Return a Service of the graph, and the position of one of its ports."""
        wanted = self.names.parse(service) if isinstance(service, str) else None
        if wanted is None or wanted.port is None:
            node = self._node(service, namespace)
            return node, self.names.position(node, port)
        if port is not None:
            raise ValueError(f"{service!r} names a port already, and {port!r} is given, too")
        ports = self.names.ports(wanted, namespace)
        # A number can be two ports, for TCP and UDP. A question about it is about the one without endpoints.
        return next(((node, position) for node, position in ports if not node.targets[position]), ports[0])


def port_map_of(graph: Graph, cluster: Cluster) -> PortMap:
    """Return the map of a graph."""
    names = {id(workload): name for workload, name in graph.workloads}
    host_ports = host_ports_of((workload for workload, _ in graph.workloads), lambda each: names[id(each)])
    node_ports = node_ports_of([node.service for node in graph.services], cluster, lambda each: graph.node(each).name)
    chains = ChainBuilder.of(graph, host_ports)
    return PortMap(
        cluster,
        graph.references,
        graph.misses,
        unreached_targets(graph.workloads, graph.unknown, chains.services_of, graph.references),
        node_ports,
        host_ports,
        graph,
        chains,
        UserNames(graph.services, graph.workloads, graph.unknown),
        names,
    )
